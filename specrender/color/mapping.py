"""Colours that a gamut does not hold: how many there are, and what becomes of them.

Policies
--------
"keep"      negative components stay; what files of scene-linear light can hold and lose nothing by.
"clip"      negative components become 0: nearest in each component, but hue and luminance shift.
"compress"  the colour moves towards the grey of its own luminance, along a straight line in linear light, so that
            luminance and dominant wavelength stay.  So that no two colours become one, those within but near the edge
            (beyond `KNEE` of the way to it) move a little too.  What is too bright for a display is darkened.
"""

import numpy as np

from specrender.errors import InputError, did_you_mean

POLICIES = ("keep", "clip", "compress")

#: Share of the way from grey to the edge of the gamut that "compress" leaves alone.
KNEE = 0.8

#: A component counts as outside below this share of the largest one: rounding of half floats is 5e-4.
TOLERANCE = 1e-3


def check_policy(name: str) -> str:
    """The name, or InputError with a suggestion when it is not one of `POLICIES`."""
    if name not in POLICIES:
        raise InputError(f"there is no out-of-gamut policy '{name}'{did_you_mean(name, POLICIES)}")
    return name


def share_outside(rgb: np.ndarray) -> float:
    """Share of the pixels of (..., 3) linear RGB that lie outside the gamut, whatever their brightness."""
    if rgb.size == 0:
        return 0.0
    outside = rgb.min(axis=-1) < -TOLERANCE * np.abs(rgb).max(axis=-1)
    return float(np.count_nonzero(outside) / outside.size)


def compress(rgb: np.ndarray, luminance_weights: np.ndarray, peak: float | None = None) -> np.ndarray:
    """Colours moved towards the grey of their luminance until no component is negative.

    With d the distance from grey in units of the distance to the edge, d' = d up to the knee k and
    k + (1 - k) x / (1 + x), x = (d - k) / (1 - k), beyond: smooth, increasing, and below 1.

    Parameters
    ----------
    rgb : (..., 3) linear.
    luminance_weights : (3,) share of R, G and B in luminance: the row of Y of the gamut's matrix.
    peak : largest component that can be shown; brighter colours are darkened until they fit, so that hue and
        saturation stay where "clip" would turn orange into yellow.  None is no limit.

    Returns
    -------
    (..., 3) float64 without negative components; black where the luminance is not positive.
    """
    rgb = np.asarray(rgb, np.float64)
    y = (rgb @ (luminance_weights / luminance_weights.sum()))[..., None]
    lit = y > 0
    grey = np.where(lit, y, 0.0)
    offset = np.where(lit, rgb - grey, 0.0)
    scale = np.where(lit, y, 1.0)
    distance = np.max(-offset, axis=-1, keepdims=True) / scale
    x = np.maximum(distance - KNEE, 0.0) / (1.0 - KNEE)
    factor = np.where(x > 0, (KNEE + (1.0 - KNEE) * x / (1.0 + x)) / np.where(x > 0, distance, 1.0), 1.0)
    inside = grey + factor * offset
    if peak is not None:
        inside = inside / np.maximum(inside.max(axis=-1, keepdims=True) / peak, 1.0)
    return inside


def mapped(rgb: np.ndarray, policy: str, luminance_weights: np.ndarray, peak: float | None = None) -> np.ndarray:
    """(..., 3) linear RGB after one of `POLICIES`; with a peak, "clip" and "compress" also keep below it."""
    if policy == "compress":
        return compress(rgb, luminance_weights, peak)
    return np.clip(rgb, 0.0, peak) if policy == "clip" else rgb
