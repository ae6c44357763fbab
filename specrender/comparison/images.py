"""Two finished images with the same metrics."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specrender.color import rgb_to_xyz, srgb_decode
from specrender.comparison import metrics
from specrender.comparison.assess import Findings, maps_of
from specrender.comparison.metrics import CLEAR, VISIBLE, Viewing
from specrender.comparison.statistics import FALSE_DISCOVERY_RATE, ROUNDING, discoveries
from specrender.errors import InputError
from specrender.output import Image, read_image
from specrender.output.developing import file_to_xyz

#: Layers that tell the noise of a picture, as `OutputOptions.variance` writes them.
VARIANCE = ("variance.X", "variance.Y", "variance.Z")

#: Formats that hold linear light; others hold sRGB code values.
LINEAR = (".exr", ".hdr", ".pfm")


@dataclass
class ImageComparison:
    """Two images and what was found.

    Parameters
    ----------
    names : of the files, without folders.
    findings : maps and numbers of the second against the first.
    numbers : all that is written to `report.json`, without the command.
    """

    names: tuple[str, str]
    size: tuple[int, int]
    window: tuple[int, int, int, int]
    viewing: Viewing
    findings: Findings
    numbers: dict

    def write(self, folder: str | os.PathLike, command: str | None = None) -> list[os.PathLike]:
        """Write report.html, report.json and pictures into a folder; returns the files.  As `Comparison.write`."""
        from specrender.comparison.report import write_image_report

        return write_image_report(self, folder, command)


def compare_images(
    first: str | os.PathLike, second: str | os.PathLike, *, exposure: float = 0.0, reference_white: float = 203.0
) -> ImageComparison:
    """Compare two image files of the same size.

    Parameters
    ----------
    first, second : EXR and other linear files in the gamut of their `chromaticities` (Rec.709 without), relative to
        that gamut's white; PNG, JPEG and TIFF as sRGB.
    exposure, reference_white : as for `compare`.

    Returns
    -------
    ImageComparison : significance is known if both have `variance.X/Y/Z` layers (`specrender compare` writes them, and
        `specrender.write(film, path, variance=True)`).  Their errors are taken as independent, which makes the test
        cautious where the two share random numbers.

    Raises
    ------
    InputError : a file cannot be read, has no colours, or the sizes differ.
    """
    from specrender.comparison.run import checked_viewing

    viewing = checked_viewing(exposure, reference_white)
    images = [read_image(path) for path in (first, second)]
    one, two = images
    if one.window != two.window:
        sizes = [f"{w[2] - w[0]}x{w[3] - w[1]} at {w[0]},{w[1]}" for w in (one.window, two.window)]
        raise InputError(f"the images differ in size or place: '{first}' is {sizes[0]}, '{second}' is {sizes[1]}")
    colours = [xyz_of(image) for image in images]
    maps = maps_of(*colours, viewing)
    significant, error, noise_text = None, None, NOISE_UNKNOWN
    if all(set(VARIANCE) <= set(image.channels) for image in images):
        variance = sum(image.stacked(*VARIANCE).astype(np.float64) for image in images)
        maps["p"] = independent_p_values(*colours, variance)
        significant, error, noise_text = discoveries(maps["p"]), np.sqrt(variance), NOISE_KNOWN
    findings = Findings(*colours, maps, significant, error)
    statistics = image_statistics(findings, viewing)
    kind, text = verdict(findings)
    numbers = {
        "files": [str(first), str(second)],
        "size": list(one.size),
        "window": list(one.window),
        "viewing": {"exposure": viewing.exposure, "reference_white_cdm2": viewing.reference_white},
        "verdict": kind,
        "verdict_text": text,
        "noise_text": noise_text,
        "statistics": statistics,
    }
    names = (Path(first).name, Path(second).name)
    if names[0] == names[1]:
        names = (str(first), str(second))
    return ImageComparison(names, one.size, one.window, viewing, findings, numbers)


NOISE_KNOWN = (
    "Both files tell their variance. X, Y and Z are tested one by one, as if the errors of the files were "
    "independent and "
    f"normal, with Bonferroni's factor 3, at a false discovery rate of {100 * FALSE_DISCOVERY_RATE:g} % (Benjamini "
    "and Hochberg)."
)
NOISE_UNKNOWN = (
    "The files do not both tell their variance, so that difference and noise cannot be told apart. EXR files with the "
    "layers variance.X, variance.Y, variance.Z do; `specrender compare SCENE` writes such files."
)


def xyz_of(image: Image) -> np.ndarray:
    """(h, w, 3) float64 XYZ relative to D65 of an image; InputError if it has no colours."""
    names = set(image.channels)
    if names >= {"R", "G", "B"}:
        rgb = image.stacked("R", "G", "B").astype(np.float64)
        if Path(image.path).suffix.lower() not in LINEAR:
            return srgb_decode(rgb) @ rgb_to_xyz("srgb").T
        to_xyz, _ = file_to_xyz(image)
        return rgb @ (rgb_to_xyz("srgb") if to_xyz is None else to_xyz).T
    if names >= {"X", "Y", "Z"}:
        return image.stacked("X", "Y", "Z").astype(np.float64)
    if "Y" in names:
        return image.stacked("Y").astype(np.float64) * (rgb_to_xyz("srgb") @ np.ones(3))
    raise InputError(f"'{image.path}' has neither R, G, B nor X, Y, Z nor Y; it has: {', '.join(image.channels)}")


def independent_p_values(first: np.ndarray, second: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(h, w) two-sided p-values of the largest of three normal deviates, times 3; `ROUNDING` as in `p_values`."""
    from scipy.special import ndtr

    scale = ROUNDING * np.maximum(np.abs(first), np.abs(second)).max(axis=-1, keepdims=True)
    error = np.sqrt(variance + scale**2)
    deviate = np.divide(np.abs(second - first), error, out=np.zeros_like(first), where=error > 0.0)
    return np.minimum(1.0, 3.0 * 2.0 * ndtr(-deviate.max(axis=-1)))


def image_statistics(findings: Findings, viewing: Viewing) -> dict:
    """The numbers of `assess.region_numbers` that need no batches."""
    from specrender.comparison.assess import region_numbers

    everything = np.ones(findings.first.shape[:2], bool)
    numbers = region_numbers(findings, None, everything, viewing)
    if findings.significant is not None:
        for limit in (VISIBLE, CLEAR):
            seen = findings.significant & (findings.maps["delta_e_2000"] > limit)
            numbers[f"share_significant_and_above_{limit:g}"] = float(seen.mean())
    return numbers


def verdict(findings: Findings) -> tuple[str, str]:
    """As `assess.verdict`, for two files."""
    if np.array_equal(findings.first, findings.second):
        return "none", "The colours are identical."
    delta = findings.maps["delta_e_2000"]
    above = metrics.distribution(delta, (VISIBLE, CLEAR))
    if findings.significant is None:
        text = (
            f"Delta E 2000 is {above['mean']:.3g} on average, above {VISIBLE:g} in "
            f"{100 * above['share_above_1']:.3g} % of the "
            "pixels. How much of it is noise is not known."
        )
        return ("visible" if above["share_above_1"] > 0.0 else "invisible"), text
    marked = findings.significant
    if not marked.any():
        return "none", "No difference beyond noise."
    seen = marked & (delta > VISIBLE)
    text = (
        f"The images differ in {100 * marked.mean():.3g} % of the pixels, visibly (Delta E 2000 above {VISIBLE:g}) in "
    )
    return ("visible" if seen.any() else "invisible"), text + f"{100 * seen.mean():.3g} %."
