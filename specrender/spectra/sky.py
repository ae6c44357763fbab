"""The clear sky of [Hosek2012] and the sun of [Hosek2013] at eleven wavelengths, and where the sun is.

The data (data/sky.npz) are the authors' own fits: parameters over turbidity 1 .. 10, ground albedo 0 and 1, and six
control points of the sun's elevation; the sun's radiance as cubic pieces over elevation, and its limb darkening.
"""

from __future__ import annotations

import math

import numpy as np

from specrender.spectra import store

#: Wavelengths of the model [nm].
WAVELENGTHS_NM = np.arange(320.0, 721.0, 40.0)

#: Half the angle under which the sun is seen [rad]: the model's radiance is for this size.
SUN_HALF_APERTURE = math.radians(0.5 * 0.5358)

#: Tokyo on a summer afternoon: Mitsuba's defaults.
DEFAULT_PLACE_AND_TIME = {
    "latitude": 35.6894,
    "longitude": 139.6917,
    "timezone": 9.0,
    "year": 2010,
    "month": 7,
    "day": 10,
    "hour": 15.0,
    "minute": 0.0,
    "second": 0.0,
}


def _over_turbidity(table, turbidity):
    low = min(int(turbidity) - 1, len(table) - 2)
    share = turbidity - 1.0 - low
    return (1.0 - share) * table[low] + share * table[low + 1]


def sky_parameters(turbidity: float, albedo, elevation: float) -> tuple[np.ndarray, np.ndarray]:
    """((11, 9) parameters, (11,) radiance [W m^-2 sr^-1 nm^-1]) of the sky's formula.

    Parameters
    ----------
    turbidity : 1 .. 10.  albedo : (11,) of the ground, at the model's wavelengths.  elevation : of the sun [rad].
    """
    # a quintic Bezier curve in the cube root of the elevation, [Hosek2012] eq. 11
    x = (elevation / (0.5 * math.pi)) ** (1.0 / 3.0)
    bezier = np.array([math.comb(5, k) * (1.0 - x) ** (5 - k) * x**k for k in range(6)])
    albedo = np.asarray(albedo, np.float64)
    found = []
    for name in ("parameters", "radiance"):
        table = _over_turbidity(store.array("sky", name).astype(np.float64), turbidity)
        dark, bright = np.tensordot(bezier, table, axes=(0, 1))
        share = albedo[:, None] if dark.ndim == 2 else albedo
        found.append((1.0 - share) * dark + share * bright)
    return found[0], found[1]


def sky_radiance(parameters, radiance, cos_theta, gamma) -> np.ndarray:
    """(..., 11) radiance [W m^-2 sr^-1 nm^-1] at angles to the zenith (its cosine, at least 0) and to the sun [rad].

    Source: [Hosek2012] eq. 8 and 9, with the square root of the authors' code.  Where the fit is negative, 0.
    """
    a, b, c, d, e, f, g, h, i = parameters.T
    cos_theta, gamma = np.asarray(cos_theta, np.float64)[..., None], np.asarray(gamma, np.float64)[..., None]
    cos_gamma = np.cos(gamma)
    chi = (1.0 + cos_gamma**2) / (1.0 + i * i - 2.0 * i * cos_gamma) ** 1.5
    glow = c + d * np.exp(e * gamma) + f * cos_gamma**2 + g * chi + h * np.sqrt(cos_theta)
    return np.maximum((1.0 + a * np.exp(b / (cos_theta + 0.01))) * glow, 0.0) * radiance


def sun_radiance(turbidity: float, elevation: float) -> np.ndarray:
    """(11,) mean radiance [W m^-2 sr^-1 nm^-1] of the sun's disk at an elevation [rad], what the air leaves of it.

    The mean is over the disk with its limb darkening, and with the air of each point's own elevation; what is below
    the horizon is dark.
    """
    pieces = _over_turbidity(store.array("sky", "sun").astype(np.float64), turbidity)
    darkening = store.array("sky", "limb_darkening").astype(np.float64)
    # rings and spokes of equal area
    r = np.sqrt((np.arange(16) + 0.5) / 16.0)
    around = (np.arange(32) + 0.5) * (2.0 * math.pi / 32.0)
    heights = elevation + SUN_HALF_APERTURE * r[:, None] * np.sin(around)
    cos_psi = np.sqrt(1.0 - r * r)
    limb = (cos_psi[:, None, None] ** np.arange(6) * darkening).sum(axis=-1)
    segments = len(pieces)
    up = np.clip(heights, 0.0, 0.5 * math.pi)
    k = np.minimum((np.cbrt(up / (0.5 * math.pi)) * segments).astype(int), segments - 1)
    x = up - 0.5 * math.pi * (k / segments) ** 3
    values = (pieces[k] * x[..., None, None] ** np.arange(4)).sum(axis=-1)
    values = np.where((heights > 0.0)[..., None], np.maximum(values, 0.0), 0.0) * limb[:, None, :]
    return values.mean(axis=(0, 1))


def sun_angles(latitude, longitude, timezone, year, month, day, hour, minute, second) -> tuple[float, float]:
    """(angle to the zenith, azimuth from south to west) of the sun [rad], good to half a minute of arc.

    latitude, longitude [deg north, east]; timezone [h ahead of Greenwich].  Source: [BlancoMuriel2001], its algorithm.
    """
    decimal_hours = hour - timezone + (minute + second / 60.0) / 60.0
    shift = int((month - 14) / 12)
    julian_day = (
        (1461 * (year + 4800 + shift)) // 4
        + int((367 * (month - 2 - 12 * shift)) / 12)
        - (3 * ((year + 4900 + shift) // 100)) // 4
        + day
        - 32075
    )
    days = julian_day - 0.5 + decimal_hours / 24.0 - 2451545.0
    omega = 2.1429 - 0.0010394594 * days
    mean_longitude = 4.8950630 + 0.017202791698 * days
    anomaly = 6.2400600 + 0.0172019699 * days
    ecliptic = mean_longitude + 0.03341607 * math.sin(anomaly) + 0.00034894 * math.sin(2.0 * anomaly)
    ecliptic += -0.0001134 - 0.0000203 * math.sin(omega)
    obliquity = 0.4090928 - 6.2140e-9 * days + 0.0000396 * math.cos(omega)
    right_ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    sidereal_hours = 6.6974243242 + 0.0657098283 * days + decimal_hours
    hour_angle = math.radians(sidereal_hours * 15.0 + longitude) - right_ascension
    phi = math.radians(latitude)
    cosine = math.cos(phi) * math.cos(hour_angle) * math.cos(declination) + math.sin(declination) * math.sin(phi)
    zenith = math.acos(min(max(cosine, -1.0), 1.0))
    # from north to east
    azimuth = math.atan2(
        -math.sin(hour_angle), math.tan(declination) * math.cos(phi) - math.sin(phi) * math.cos(hour_angle)
    )
    # the earth's radius over its distance: parallax
    zenith += 6371.01 / 149597890.0 * math.sin(zenith)
    return zenith, azimuth - math.pi
