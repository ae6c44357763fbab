"""Light of high dynamic range: the PQ and HLG curves of [BT2100], and what lies between display and scene light.

PQ codes say how many cd/m^2 a display shows.  HLG codes are relative: they hold the light of the scene, and the display
applies a power of its luminance (OOTF) that depends on its peak.
"""

import numpy as np

PQ_PEAK_CDM2 = 10000.0

#: Luminance of the diffuse white of graphics and scenes on HDR displays [BT2408].
REFERENCE_WHITE_CDM2 = 203.0

#: Peak of the nominal HLG display, for which `hlg_scene_light` and the OOTF's power are stated [BT2100].
HLG_PEAK_CDM2 = 1000.0
HLG_SYSTEM_GAMMA = 1.2

# [BT2100] table 4: m1 = 2610/16384, m2 = 2523/4096 * 128, c1 = c3 - c2 + 1.
_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128

# [BT2100] table 5, with b and c as it defines them from a.
_A = 0.17883277
_B = 1.0 - 4.0 * _A
_C = 0.5 - _A * np.log(4.0 * _A)


def pq_encode(linear: np.ndarray) -> np.ndarray:
    """Luminance / (10000 cd/m^2) to PQ code values, the inverse EOTF of [BT2100] table 4; odd; 0 becomes 7.3e-7."""
    power = np.power(np.abs(linear), _M1)
    return np.copysign(np.power((_C1 + _C2 * power) / (1.0 + _C3 * power), _M2), linear)


def pq_decode(code: np.ndarray) -> np.ndarray:
    """PQ code values to luminance / (10000 cd/m^2), the EOTF of [BT2100] table 4; odd."""
    power = np.power(np.abs(code), 1.0 / _M2)
    return np.copysign(np.power(np.maximum(power - _C1, 0.0) / (_C2 - _C3 * power), 1.0 / _M1), code)


def hlg_encode(scene: np.ndarray) -> np.ndarray:
    """Scene light, 1 at the peak, to HLG code values, the OETF of [BT2100] table 5; odd."""
    size = np.abs(scene)
    log = _A * np.log(12.0 * np.maximum(size, 1 / 12) - _B) + _C
    return np.copysign(np.where(size <= 1 / 12, np.sqrt(3.0 * size), log), scene)


def hlg_decode(code: np.ndarray) -> np.ndarray:
    """HLG code values to scene light, 1 at the peak, [BT2100] table 5; odd."""
    size = np.abs(code)
    # the exponential of the branch not taken must not overflow
    high = (np.exp((np.maximum(size, 0.5) - _C) / _A) + _B) / 12.0
    return np.copysign(np.where(size <= 0.5, np.square(size) / 3.0, high), code)


def hlg_scene_light(display: np.ndarray, luminance_weights: np.ndarray) -> np.ndarray:
    """Scene light that the nominal HLG display shows as the given light: the inverse OOTF of [BT2100] table 5.

    Parameters
    ----------
    display : (..., 3) linear RGB, 1 at the peak of the display, `HLG_PEAK_CDM2`.
    luminance_weights : (3,) share of R, G and B in luminance: the row of Y of the gamut's matrix.

    Returns
    -------
    (..., 3) float64; black where the luminance is not positive.
    """
    y = np.asarray(display @ luminance_weights)[..., None]
    lit = y > 0
    gain = np.where(lit, np.power(np.where(lit, y, 1.0), (1.0 - HLG_SYSTEM_GAMMA) / HLG_SYSTEM_GAMMA), 0.0)
    return display * gain
