"""The picture files of a comparison: EXR with all layers, PNG to look at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specrender.comparison import figures
from specrender.comparison.assess import Findings
from specrender.comparison.metrics import Viewing, display_codes
from specrender.output.picture import Picture, save

#: Largest value that the float channels hold.
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Frame:
    """Where the pixels of a comparison lie: (width, height) of the full image and the data window."""

    size: tuple[int, int]
    window: tuple[int, int, int, int]


@dataclass(frozen=True)
class HeatMap:
    """A map as the report shows it.

    Parameters
    ----------
    title, unit, colours : of `figures.MAPS`.
    low, high : ends of its scale.
    pixels : (h, w, 3) uint8.
    """

    name: str
    title: str
    unit: str
    colours: str
    low: float
    high: float
    pixels: np.ndarray


def heat_maps(findings: Findings) -> list[HeatMap]:
    """The maps of a pair, in the order of the report."""
    values = dict(findings.maps)
    if findings.significant is not None:
        values["significant"] = findings.maps["delta_e_2000"]
    values["luminance_ratio"] = np.log2(np.maximum(findings.maps["luminance_ratio"], 1e-6))
    tops = {name: figures.top_of_scale(values[name]) for name in ("delta_e_2000", "delta_e_itp")}
    tops["significant"] = tops["noise_delta_e_2000"] = tops["delta_e_2000"]
    result = []
    for name, (title, unit, colours, (low, high)) in figures.MAPS.items():
        if name not in values:
            continue
        high = tops[name] if high is None else high
        grey = ~findings.significant if name == "significant" else None
        result.append(
            HeatMap(name, title, unit, colours, low, high, figures.heat_map(values[name], colours, low, high, grey))
        )
    return result


def map_stem(name: str, space: str) -> str:
    """File name of a map without its extension."""
    return name.replace("_", "-") + (f"-{space}" if space else "")


def save_pixels(pixels: np.ndarray, path: os.PathLike, frame: Frame) -> Path:
    """Write (h, w, 3) uint8 sRGB code values to a PNG or JPEG file."""
    path = Path(path)
    attributes = {"Software": "specrender", "oiio:ColorSpace": "srgb_rec709_scene"}
    if path.suffix == ".jpg":
        attributes |= {"compression": "jpeg:92", "jpeg:subsampling": "4:4:4"}
    save(Picture(pixels, ("R", "G", "B"), ("uint8",) * 3, attributes, frame.window, frame.size), path)
    return path


def picture_codes(xyz: np.ndarray, viewing: Viewing) -> np.ndarray:
    """(h, w, 3) uint8 sRGB code values of a picture."""
    finite = np.nan_to_num(xyz, nan=0.0, posinf=1e30, neginf=-1e30)
    return np.rint(255.0 * display_codes(finite, viewing)).astype(np.uint8)


def save_layers(findings: Findings, path: os.PathLike, frame: Frame, attributes: dict) -> Path:
    """Write the difference and all maps to an EXR file.

    Channels: `difference.X/Y/Z` (second minus first), `standard_error.X/Y/Z`, `significant` (0 or 1) and every map
    by its name (`luminance_ratio` is NaN where the first picture is black, and 0 in the file).
    """
    planes = {f"difference.{c}": (findings.second - findings.first)[..., i] for i, c in enumerate("XYZ")}
    if findings.standard_error is not None:
        planes |= {f"standard_error.{c}": findings.standard_error[..., i] for i, c in enumerate("XYZ")}
    if findings.significant is not None:
        planes["significant"] = findings.significant
    planes |= findings.maps
    pixels = np.stack([np.nan_to_num(plane, posinf=_LARGEST, neginf=-_LARGEST) for plane in planes.values()], axis=-1)
    pixels = np.clip(pixels, -_LARGEST, _LARGEST).astype(np.float32)
    header = {"Software": "specrender", "compression": "zip", **attributes}
    save(Picture(pixels, tuple(planes), ("float",) * len(planes), header, frame.window, frame.size), path)
    return Path(path)
