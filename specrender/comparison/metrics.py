"""How far two pictures are apart: maps of colour differences and what is told of them in numbers.

Colours are CIE XYZ relative to D65.  `exposure` (stops) says what is white: Y = 2^-exposure has L* = 100, is the
white of display files, and has `reference_white` cd/m^2 on the display for Delta E ITP.  Lamps that are brighter
keep their L* above 100 in CIEDE2000 and are clipped in FLIP, which judges display files.  The difference is always
second minus first, so that "RGB against spectral" has RGB as the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specrender.color import delta_e_2000, delta_e_itp, srgb_encode, xyz_to_lab, xyz_to_rgb

#: Delta E 2000 of 1 is about what a trained eye finds side by side; 2.3 is the "just noticeable difference" of
#: [Mahy1994], found for Delta E 1976 and since used as the usual limit for pictures.
VISIBLE, CLEAR = 1.0, 2.3

#: Chroma C* below which a hue angle says nothing.
LEAST_CHROMA = 5.0


@dataclass(frozen=True)
class Viewing:
    """How a picture is looked at.

    Parameters
    ----------
    exposure : stops; luminance 2^-exposure is white.
    reference_white : luminance of white on the display [cd/m^2]; [BT2408] has 203 for diffuse white.
    """

    exposure: float = 0.0
    reference_white: float = 203.0

    def scaled(self, xyz: np.ndarray) -> np.ndarray:
        """XYZ with white at Y = 1."""
        return xyz * 2.0**self.exposure

    def lab(self, xyz: np.ndarray) -> np.ndarray:
        """CIE L*a*b* relative to D65 and the white of the picture."""
        return xyz_to_lab(self.scaled(xyz))


def ciede2000(first: np.ndarray, second: np.ndarray, viewing: Viewing) -> np.ndarray:
    """(...) CIEDE2000 of (..., 3) XYZ colours [Sharma2005]."""
    return delta_e_2000(viewing.lab(first), viewing.lab(second))


def itp(first: np.ndarray, second: np.ndarray, viewing: Viewing) -> np.ndarray:
    """(...) Delta E ITP of (..., 3) XYZ colours [BT2124]."""
    return delta_e_itp(viewing.scaled(first), viewing.scaled(second), viewing.reference_white)


def display_codes(xyz: np.ndarray, viewing: Viewing) -> np.ndarray:
    """(..., 3) float32 sRGB code values in [0, 1], clipped."""
    linear = viewing.scaled(xyz) @ xyz_to_rgb("srgb").T
    return srgb_encode(np.clip(linear, 0.0, 1.0)).astype(np.float32)


def flip(first: np.ndarray, second: np.ndarray, viewing: Viewing) -> np.ndarray:
    """(h, w) LDR-FLIP of the two display pictures at 67 pixels a degree, by its authors' code [Andersson2020]."""
    from flip_evaluator import evaluate

    codes = (np.ascontiguousarray(display_codes(xyz, viewing)) for xyz in (first, second))
    error, _, _ = evaluate(*codes, "LDR", applyMagma=False, computeMeanError=False)
    return np.asarray(error, np.float64).reshape(first.shape[:2])


def distribution(values: np.ndarray, weights_over: tuple[float, ...] = ()) -> dict[str, float]:
    """Mean, median, 95th percentile and maximum of numbers, and the shares above limits; all 0 of none."""
    if values.size == 0:
        values = np.zeros(1)
    result = {
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "p95": float(np.percentile(values, 95)),
        "max": float(values.max()),
    }
    for limit in weights_over:
        result[f"share_above_{limit:g}"] = float(np.mean(values > limit))
    return result


def shifts(first: np.ndarray, second: np.ndarray, viewing: Viewing) -> dict[str, float | None]:
    """What happens to hue, chroma and luminance of (n, 3) XYZ colours from first to second.

    Returns
    -------
    chroma_shift : mean change of C*.
    hue_shift_deg : mean change of the hue angle of those with C* above `LEAST_CHROMA` in both, weighted by chroma
        [deg]; None where there are none.
    hue_difference : mean of |Delta H*|, the part of the difference that hue makes.
    luminance_ratio : sum of Y second over first; None for black.
    xyz_error : root mean square of the XYZ difference over that of the first picture; None for black.
    xyz_bias : mean difference of X, Y, Z over the mean Y of the first picture; None for black.
    """
    one, two = viewing.lab(first), viewing.lab(second)
    c1, c2 = np.hypot(one[:, 1], one[:, 2]), np.hypot(two[:, 1], two[:, 2])
    turn = np.degrees(np.arctan2(two[:, 2], two[:, 1]) - np.arctan2(one[:, 2], one[:, 1]))
    turn = (turn + 180.0) % 360.0 - 180.0
    coloured = np.minimum(c1, c2) > LEAST_CHROMA
    weight = np.sqrt(c1 * c2) * coloured
    square = (two[:, 1] - one[:, 1]) ** 2 + (two[:, 2] - one[:, 2]) ** 2 - (c2 - c1) ** 2
    luminance, power = first[:, 1].sum(), np.square(first).sum()
    lit = luminance > 0.0
    return {
        "chroma_shift": float(np.mean(c2 - c1)),
        "hue_shift_deg": float((weight * turn).sum() / weight.sum()) if coloured.any() else None,
        "hue_difference": float(np.mean(np.sqrt(np.maximum(square, 0.0)))),
        "luminance_ratio": float(second[:, 1].sum() / luminance) if lit else None,
        "xyz_error": float(np.sqrt(np.square(second - first).sum() / power)) if power > 0.0 else None,
        "xyz_bias": [float(b) for b in (second - first).sum(axis=0) / luminance] if lit else None,
    }


def hue_and_chroma_maps(first: np.ndarray, second: np.ndarray, viewing: Viewing) -> tuple[np.ndarray, np.ndarray]:
    """(h, w) change of the hue angle [deg], 0 where a colour has no hue, and change of C*."""
    one, two = viewing.lab(first), viewing.lab(second)
    c1, c2 = np.hypot(one[..., 1], one[..., 2]), np.hypot(two[..., 1], two[..., 2])
    turn = np.degrees(np.arctan2(two[..., 2], two[..., 1]) - np.arctan2(one[..., 2], one[..., 1]))
    turn = (turn + 180.0) % 360.0 - 180.0
    return np.where(np.minimum(c1, c2) > LEAST_CHROMA, turn, 0.0), c2 - c1
