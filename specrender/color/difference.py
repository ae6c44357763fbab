"""Differences between colours: CIE L*a*b* and Delta E 2000, ICtCp and Delta E ITP; u'v' for chromaticity alone.

XYZ here is what films hold: relative to D65, Y = 1 for the white.  All functions work on the last axis of arrays of any
shape, in float64.
"""

import numpy as np

from specrender.color.gamuts import D65, white_xyz, xyz_to_rgb
from specrender.color.hdr import PQ_PEAK_CDM2, REFERENCE_WHITE_CDM2, pq_encode

# [BT2100] table 7: linear Rec.2020 RGB to LMS, and PQ-coded LMS to I, Ct, Cp.
_LMS = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
_ICTCP = np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096


def xyz_to_xy(xyz: np.ndarray) -> np.ndarray:
    """CIE 1931 (x, y), (..., 2); NaN where X + Y + Z is 0."""
    xyz = np.asarray(xyz, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return xyz[..., :2] / xyz.sum(axis=-1, keepdims=True)


def xyz_to_uv_prime(xyz: np.ndarray) -> np.ndarray:
    """CIE 1976 (u', v'), (..., 2) [CIE15]; NaN where X + 15 Y + 3 Z is 0."""
    x, y, z = np.moveaxis(np.asarray(xyz, np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([4.0 * x, 9.0 * y], axis=-1) / (x + 15.0 * y + 3.0 * z)[..., None]


def xyz_to_lab(xyz: np.ndarray, white: tuple[float, float] = D65) -> np.ndarray:
    """CIE 1976 L*, a*, b*, (..., 3) [CIE15]; Y = 1 of the given white (xy) has L* = 100."""
    ratio = np.asarray(xyz, np.float64) / white_xyz(white)
    # (6/29)^3: below, a straight line that also takes negative values
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def delta_e_2000(lab_1: np.ndarray, lab_2: np.ndarray) -> np.ndarray:
    """CIEDE2000 colour difference of L*a*b* colours, (...) [Sharma2005]; symmetric, 1 is about just noticeable."""
    l1, a1, b1 = np.moveaxis(np.asarray(lab_1, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(lab_2, np.float64), -1, 0)
    # a* is stretched near the neutral axis: eqs. 2-7
    stretch = 1.0 + 0.5 * (1.0 - _chroma_ratio((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = _hue(a1, b1), _hue(a2, b2)
    # differences: eqs. 8-11
    turn = h2 - h1
    turn = np.where(turn > 180.0, turn - 360.0, np.where(turn < -180.0, turn + 360.0, turn))
    turn = np.where(c1 * c2 == 0.0, 0.0, turn)
    dl, dc, dh = l2 - l1, c2 - c1, 2.0 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    # means: eqs. 12-14
    l, c, h = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + h2) / 2
    h = np.where(np.abs(h1 - h2) > 180.0, np.where(h1 + h2 < 360.0, h + 180.0, h - 180.0), h)
    h = np.where(c1 * c2 == 0.0, h1 + h2, h)
    # weights: eqs. 15-21
    t = (
        1.0
        - 0.17 * np.cos(np.radians(h - 30.0))
        + 0.24 * np.cos(np.radians(2.0 * h))
        + 0.32 * np.cos(np.radians(3.0 * h + 6.0))
        - 0.20 * np.cos(np.radians(4.0 * h - 63.0))
    )
    rotation = -np.sin(np.radians(60.0 * np.exp(-(((h - 275.0) / 25.0) ** 2)))) * 2.0 * _chroma_ratio(c)
    sl = 1.0 + 0.015 * (l - 50.0) ** 2 / np.sqrt(20.0 + (l - 50.0) ** 2)
    sc, sh = 1.0 + 0.045 * c, 1.0 + 0.015 * c * t
    dl, dc, dh = dl / sl, dc / sc, dh / sh
    # rounding can make the form of a tiny difference negative
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0.0))  # eq. 22


def _chroma_ratio(chroma: np.ndarray) -> np.ndarray:
    """sqrt(C^7 / (C^7 + 25^7))."""
    seventh = np.power(chroma, 7.0)
    return np.sqrt(seventh / (seventh + 25.0**7))


def _hue(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hue angle in [0, 360) degrees, 0 for greys."""
    return np.where((a == 0.0) & (b == 0.0), 0.0, np.degrees(np.arctan2(b, a)) % 360.0)


def xyz_to_ictcp(xyz: np.ndarray, reference_white: float = REFERENCE_WHITE_CDM2) -> np.ndarray:
    """I, Ct, Cp, (..., 3), of [BT2100] table 7 (PQ).

    Parameters
    ----------
    xyz : (..., 3) relative to D65.
    reference_white : luminance of Y = 1 [cd/m^2].
    """
    matrix = _LMS @ xyz_to_rgb("rec2020") * (reference_white / PQ_PEAK_CDM2)
    return pq_encode(np.asarray(xyz, np.float64) @ matrix.T) @ _ICTCP.T


def delta_e_itp(xyz_1: np.ndarray, xyz_2: np.ndarray, reference_white: float = REFERENCE_WHITE_CDM2) -> np.ndarray:
    """Delta E ITP of XYZ colours at the given luminance of Y = 1 [cd/m^2], (...) [BT2124]; 1 is just noticeable."""
    difference = xyz_to_ictcp(xyz_1, reference_white) - xyz_to_ictcp(xyz_2, reference_white)
    return 720.0 * np.sqrt(np.square(difference * [1.0, 0.5, 1.0]).sum(axis=-1))
