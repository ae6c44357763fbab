"""Pixels with their full spectra: given ones, or those where the difference is largest."""

from __future__ import annotations

import functools

import numpy as np

from specrender.comparison import metrics
from specrender.comparison.assess import Findings
from specrender.comparison.batches import Variant, batch_seed
from specrender.comparison.metrics import Viewing
from specrender.comparison.statistics import GROUPS, with_interval
from specrender.errors import InputError

#: Samples of a probe in each of `GROUPS` batches.  A pixel costs nothing, so that its numbers are far better than those
#: of the picture around it.
PROBE_SAMPLES = 2048

#: Probes that are picked where none is given.
PICKED = 4

#: Batch number of the first batch of probes.
FIRST_PROBE_BATCH = 1 << 23


def checked_probes(probes, film) -> list[tuple[int, int]]:
    """Pixel positions inside the data window; InputError for others."""
    x0, y0, x1, y1 = film.crop
    for x, y in probes:
        if not (x0 <= x < x1 and y0 <= y < y1):
            raise InputError(f"probe {x},{y} lies outside the picture: x {x0} to {x1 - 1}, y {y0} to {y1 - 1}")
    return [(int(x), int(y)) for x, y in dict.fromkeys(probes)]


def picked_probes(findings: Findings, masks: dict[str, np.ndarray], crop) -> list[tuple[int, int]]:
    """Pixels that stand for the largest differences, at most one in each part of the picture.

    A part is taken in the order of its mean difference, and in it the pixel in the middle of the 5 x 5 block with the
    largest mean difference among its significant pixels.
    """
    delta_e = np.where(findings.significant, findings.maps["delta_e_2000"], 0.0)
    smooth = _block_mean(delta_e)
    order = sorted(masks.values(), key=lambda mask: -float(delta_e[mask].mean()))
    found = []
    for mask in order:
        inside = np.where(mask & (_block_mean(mask.astype(np.float64)) > 0.99), smooth, -1.0)
        if inside.max() <= 0.0:
            inside = np.where(mask, delta_e, -1.0)
        if inside.max() > 0.0:
            y, x = np.unravel_index(np.argmax(inside), inside.shape)
            found.append((int(x) + crop[0], int(y) + crop[1]))
        if len(found) == PICKED:
            break
    return found


def _block_mean(picture, radius=2):
    """Mean over (2 radius + 1)^2 pixels, edges repeated."""
    size = 2 * radius + 1
    padded = np.pad(picture, radius, mode="edge")
    rows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=0).mean(axis=-1)
    return np.lib.stride_tricks.sliding_window_view(rows, size, axis=1).mean(axis=-1)


def probe(x: int, y: int, spectral: Variant, rgb: dict[str, Variant], seed: int, viewing: Viewing) -> dict:
    """Spectrum and colours of a pixel.

    Returns
    -------
    x, y; wavelengths_nm (bin centres) and edges_nm; radiance [W m^-2 sr^-1 nm^-1] and its standard error; xyz_spectral;
    spaces: space -> xyz and delta_e_2000, delta_e_itp with the half widths of their 95 % intervals, hue_shift_deg,
    chroma_shift, luminance_ratio.
    """
    crop = (x, y, x + 1, y + 1)
    films = [
        spectral.window(crop, batch_seed(seed, FIRST_PROBE_BATCH + g), PROBE_SAMPLES, bins=True) for g in range(GROUPS)
    ]
    spectra = np.array([film.spectral_radiance()[0, 0] for film in films])
    edges = films[0].bin_edges_nm
    colours = np.array([film.mean_xyz()[0, 0] for film in films])
    result = {
        "x": x,
        "y": y,
        "samples": GROUPS * PROBE_SAMPLES,
        "wavelengths_nm": (0.5 * (edges[1:] + edges[:-1])).tolist(),
        "edges_nm": edges.tolist(),
        "radiance": spectra.mean(axis=0).tolist(),
        "radiance_standard_error": (spectra.std(axis=0, ddof=1) / np.sqrt(GROUPS)).tolist(),
        "xyz_spectral": colours.mean(axis=0).tolist(),
        "spaces": {},
    }
    for space, variant in rgb.items():
        others = np.array([
            variant.window(crop, batch_seed(seed, FIRST_PROBE_BATCH + g), PROBE_SAMPLES).mean_xyz()[0, 0]
            for g in range(GROUPS)
        ])  # fmt: skip
        numbers = {"xyz": others.mean(axis=0).tolist()}
        for name, function in (("delta_e_2000", metrics.ciede2000), ("delta_e_itp", metrics.itp)):
            judged = functools.partial(function, viewing=viewing)
            numbers[name], numbers[f"{name}_ci95"] = with_interval(judged, colours, others)
        shift = metrics.shifts(colours.mean(axis=0)[None], others.mean(axis=0)[None], viewing)
        numbers |= {name: shift[name] for name in ("hue_shift_deg", "chroma_shift", "luminance_ratio")}
        result["spaces"][space] = numbers
    return result
