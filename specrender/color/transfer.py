"""Transfer functions between linear light and the code values of display files.

All take and return float arrays; 0 and 1 are black and white.  Negative values keep their sign (odd extension), so that
encode and decode invert one another on the whole line; whoever needs [0, 1] clips.
"""

from collections.abc import Callable

import numpy as np


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    """Linear light to sRGB code values [IEC61966-2-1]; the curve is continuous to 1e-7 with these rounded constants."""
    size = np.abs(linear)
    curve = 1.055 * np.power(np.maximum(size, 0.0031308), 1 / 2.4) - 0.055
    return np.copysign(np.where(size <= 0.0031308, 12.92 * size, curve), linear)


def srgb_decode(code: np.ndarray) -> np.ndarray:
    """sRGB code values to linear light [IEC61966-2-1]."""
    size = np.abs(code)
    return np.copysign(np.where(size <= 0.04045, size / 12.92, np.power((size + 0.055) / 1.055, 2.4)), code)


def romm_encode(linear: np.ndarray) -> np.ndarray:
    """Linear light to ROMM (ProPhoto) code values: gamma 1.8 above a linear toe [ISO22028-2]."""
    size = np.abs(linear)
    return np.copysign(np.where(size < 1 / 512, 16.0 * size, np.power(size, 1 / 1.8)), linear)


def romm_decode(code: np.ndarray) -> np.ndarray:
    """ROMM (ProPhoto) code values to linear light [ISO22028-2]."""
    size = np.abs(code)
    return np.copysign(np.where(size < 16 / 512, size / 16.0, np.power(size, 1.8)), code)


def gamma_encode(linear: np.ndarray, gamma: float) -> np.ndarray:
    """linear^(1/gamma), odd."""
    return np.copysign(np.power(np.abs(linear), 1 / gamma), linear)


def gamma_decode(code: np.ndarray, gamma: float) -> np.ndarray:
    """code^gamma, odd."""
    return np.copysign(np.power(np.abs(code), gamma), code)


def _power(gamma: float) -> tuple[Callable, Callable]:
    return (lambda linear: gamma_encode(linear, gamma)), (lambda code: gamma_decode(code, gamma))


# name -> (encode, decode)
TRANSFERS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "linear": (np.asarray, np.asarray),
    "srgb": (srgb_encode, srgb_decode),
    "romm": (romm_encode, romm_decode),
    "adobe": _power(563 / 256),  # 2.19921875 [AdobeRGB1998]
    "gamma2.6": _power(2.6),  # [RP431-2]
}
