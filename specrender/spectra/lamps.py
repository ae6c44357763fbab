"""What describes the light of a lamp: correlated colour temperature and Duv, dominant wavelength, luminous efficacy."""

from __future__ import annotations

from functools import cache

import numpy as np

from specrender.spectra.spectrum import Blackbody, Spectrum, integrate, integrate_xyz
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL, cmf, visible

#: Luminous efficacy of 540 THz, K_m with the SI's constant at 555.017 nm in air [CIE15] [lm / W].
LUMINOUS_EFFICACY_LM_W = 683.002

#: cd/m^2 of Y = 1: the luminance of a radiance of 1 W m^-2 sr^-1 nm^-1 at all wavelengths.
CDM2_OF_Y = LUMINOUS_EFFICACY_LM_W * CIE_Y_INTEGRAL

#: Temperatures between which a correlated one is looked for [K].
CCT_MIN_K, CCT_MAX_K = 1000.0, 100_000.0

#: Beyond this distance from the Planckian locus a temperature says nothing, [CIE15] note 2 on correlated temperature.
DUV_LIMIT = 0.05


def xyz_to_uv_1960(xyz: np.ndarray) -> np.ndarray:
    """CIE 1960 (u, v), (..., 2), in which temperatures are correlated [CIE15]."""
    x, y, z = np.moveaxis(np.asarray(xyz, np.float64), -1, 0)
    return np.stack([4.0 * x, 6.0 * y], axis=-1) / (x + 15.0 * y + 3.0 * z)[..., None]


def planckian_uv(temperatures_k: np.ndarray) -> np.ndarray:
    """(n, 2) CIE 1960 (u, v) of black bodies."""
    spectra = np.stack([Blackbody(t)(visible()) for t in temperatures_k])
    return xyz_to_uv_1960(spectra @ cmf())


@cache
def _locus() -> tuple[np.ndarray, np.ndarray]:
    """Temperatures in steps of 1 % [Ohno2014], and their (u, v)."""
    temperatures = np.geomspace(CCT_MIN_K, CCT_MAX_K, 464)
    return temperatures, planckian_uv(temperatures)


def cct_duv(xyz: np.ndarray) -> tuple[float, float] | None:
    """Correlated colour temperature [K] and Duv, the distance to the Planckian locus, positive above it [Ohno2014].

    The nearest of a table, then of a finer table around it, then the minimum of the parabola through its neighbours
    (the published method goes from the first table to the parabola; the difference is below 1 K).

    Returns
    -------
    None where there is none: |Duv| above `DUV_LIMIT`, or a temperature at the ends of 1000 to 100000 K.
    """
    point = xyz_to_uv_1960(xyz)
    temperatures, locus = _locus()
    nearest = int(np.argmin(np.square(locus - point).sum(axis=1)))
    if not 0 < nearest < len(temperatures) - 1 or not np.all(np.isfinite(point)):
        return None
    fine = np.geomspace(temperatures[nearest - 1], temperatures[nearest + 1], 41)
    points = planckian_uv(fine)
    squared = np.square(points - point).sum(axis=1)
    nearest = min(max(int(np.argmin(squared)), 1), len(fine) - 2)
    a, b, c = squared[nearest - 1 : nearest + 2]
    shift = 0.5 * (a - c) / (a - 2.0 * b + c)
    step = np.log(fine[1] / fine[0])
    temperature = float(fine[nearest] * np.exp(shift * step))
    foot = planckian_uv(np.array([temperature]))[0]
    distance = float(np.hypot(*(point - foot)))
    if distance > DUV_LIMIT:
        return None
    # above the locus, which runs towards smaller u with temperature: to the left of its direction seen from u to v
    along = points[nearest + 1] - points[nearest - 1]
    above = along[0] * (point - foot)[1] - along[1] * (point - foot)[0] < 0
    return temperature, distance if above else -distance


def dominant_wavelength(xyz: np.ndarray, white: tuple[float, float]) -> tuple[float, float] | None:
    """Dominant wavelength [nm] and excitation purity of a colour seen beside a white (xy) [CIE15].

    Purples have a complementary wavelength instead, given as a negative number; their purity is towards the line of
    purples.  None for the white itself, to 1e-4: the last digit of tables.
    """
    x, y, z = np.asarray(xyz, np.float64)
    origin = np.array(white)
    ray = np.array([x, y]) / (x + y + z) - origin
    length = np.hypot(*ray)
    if not length > 1e-4:
        return None
    # beyond 700 nm the locus turns back on itself in the last digits
    nm = np.arange(380.0, 700.5)
    spectral = cmf()[20:341]
    locus = spectral[:, :2] / spectral.sum(axis=1, keepdims=True)
    hit = _first_crossing(origin, ray, locus)
    if hit is not None:
        index, share, distance = hit
        return float(nm[index] + share), float(1.0 / distance)
    complement = _first_crossing(origin, -ray, locus)
    purple = _first_crossing(origin, ray, locus[[-1, 0]])
    if complement is None or purple is None:
        return None
    return -float(nm[complement[0]] + complement[1]), float(1.0 / purple[2])


def _first_crossing(origin, ray, points):
    """(segment, share along it, distance in rays) of where a ray crosses a line of points, or None."""
    a, b = points[:-1] - origin, np.diff(points, axis=0)
    cross = ray[0] * b[:, 1] - ray[1] * b[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / cross
        share = (a[:, 0] * ray[1] - a[:, 1] * ray[0]) / cross
    found = np.flatnonzero((distance > 0) & (share >= 0) & (share <= 1))
    return None if not found.size else (int(found[0]), float(share[found[0]]), float(distance[found[0]]))


def luminous_efficacy(spectrum: Spectrum) -> float:
    """Luminous efficacy of radiation [lm / W] over 360 to 830 nm; 0 for darkness."""
    power = float(integrate(spectrum, np.ones((len(visible()), 1)))[0])
    return CDM2_OF_Y * float(integrate_xyz(spectrum)[1]) / power if power > 0 else 0.0
