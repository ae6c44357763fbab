"""Daylight of any temperature, and the whites a picture can be balanced for: illuminants by name, or kelvin."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from specrender.errors import InputError
from specrender.spectra import catalogue, store
from specrender.spectra.spectrum import Blackbody, Spectrum, Tabulated, integrate_xyz

#: Where the locus of daylight begins and ends [K] [CIE15].
DAYLIGHT_MIN_K, DAYLIGHT_MAX_K = 4000.0, 25000.0

_KELVIN = re.compile(r"([+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?)\s*k?", re.IGNORECASE)


@dataclass(frozen=True)
class White:
    """What a picture is balanced for.

    name : as it was asked for.  spectrum : of the light.  xy : its CIE 1931 chromaticity.
    """

    name: str
    spectrum: Spectrum
    xy: tuple[float, float]


def daylight_xy(temperature_k: float) -> tuple[float, float]:
    """Chromaticity of a phase of daylight, 4000 to 25000 K, [CIE15] eqs. 4.1 to 4.3."""
    t = 1000.0 / temperature_k
    if temperature_k <= 7000.0:
        x = -4.6070 * t**3 + 2.9678 * t**2 + 0.09911 * t + 0.244063
    else:
        x = -2.0064 * t**3 + 1.9018 * t**2 + 0.24748 * t + 0.237040
    return x, -3.0 * x**2 + 2.870 * x - 0.275


def daylight(temperature_k: float) -> Tabulated:
    """A phase of daylight, 300 to 830 nm, 100 at 560 nm, [CIE15]; the factors M1, M2 are not rounded.

    D65 is the temperature 6504 K: the name is older than today's value of the second radiation constant.
    InputError outside 4000 to 25000 K.
    """
    if not DAYLIGHT_MIN_K <= temperature_k <= DAYLIGHT_MAX_K:
        raise InputError(f"daylight has {DAYLIGHT_MIN_K:g} to {DAYLIGHT_MAX_K:g} K, not {temperature_k:g}")
    x, y = daylight_xy(temperature_k)
    scale = 0.0241 + 0.2562 * x - 0.7341 * y
    m1, m2 = (-1.3515 - 1.7703 * x + 5.9114 * y) / scale, (0.0300 - 31.4424 * x + 30.0717 * y) / scale
    nm, s0, s1, s2 = store.array("cie", "daylight").T
    return Tabulated(nm, np.maximum(s0 + m1 * s1 + m2 * s2, 0.0), label=f"daylight of {temperature_k:g} K")


def white(text: str) -> White:
    """The white of an illuminant or lamp by name, or of a temperature: black body below 4000 K, daylight above.

    Raises
    ------
    InputError : no such name, or a temperature outside 1000 to 25000 K.
    """
    match = _KELVIN.fullmatch(str(text).strip())
    if match:
        kelvin = float(match[1])
        if not 1000.0 <= kelvin <= DAYLIGHT_MAX_K:
            raise InputError(f"a white balance in kelvin goes from 1000 to {DAYLIGHT_MAX_K:g}, got '{text}'")
        spectrum = daylight(kelvin) if kelvin >= DAYLIGHT_MIN_K else Blackbody(kelvin)
    else:
        spectrum = catalogue.illuminant(text)
    x, y, z = integrate_xyz(spectrum)
    return White(str(text), spectrum, (float(x / (x + y + z)), float(y / (x + y + z))))
