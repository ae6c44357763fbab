"""Transfer functions between linear light and the code values of display files.

All take and return float arrays.  For most, 0 and 1 are black and the white of the display; for `pq` 1 is 10000 cd/m^2,
and for `hlg` 1 is the peak of the scene light of a display (see `color.hdr`).  Negative values keep their sign (odd
extension), so that encode and decode invert one another on the whole line; whoever needs [0, 1] clips.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from specrender.color import hdr
from specrender.errors import InputError, did_you_mean


class Transfer(NamedTuple):
    """A transfer function.

    Parameters
    ----------
    encode, decode : linear light to code values and back, elementwise.
    cicp : its code in [H273] table 3; None where there is none.
    """

    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]
    cicp: int | None = None


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


def _power(gamma: float, cicp: int | None = None) -> Transfer:
    return Transfer(partial(gamma_encode, gamma=gamma), partial(gamma_decode, gamma=gamma), cicp)


TRANSFERS: dict[str, Transfer] = {
    "linear": Transfer(np.asarray, np.asarray, 8),
    "srgb": Transfer(srgb_encode, srgb_decode, 13),
    # [BT1886] with a black of 0 cd/m^2 is the power 2.4; code 1 names the camera curve of BT.709, whose display it is.
    "bt1886": _power(2.4, 1),
    "pq": Transfer(hdr.pq_encode, hdr.pq_decode, 16),
    "hlg": Transfer(hdr.hlg_encode, hdr.hlg_decode, 18),
    "romm": Transfer(romm_encode, romm_decode),
    "adobe": _power(563 / 256),  # 2.19921875 [AdobeRGB1998]
    "gamma2.2": _power(2.2, 4),
    "gamma2.4": _power(2.4),
    "gamma2.6": _power(2.6),  # [RP431-2]
    "gamma2.8": _power(2.8, 5),
}

_GAMMA = re.compile(r"gamma(\d(?:\.\d+)?)")


def transfer(name: str) -> Transfer:
    """A transfer function by name: one of `TRANSFERS`, or "gammaX" with a number X from 1 to 5; else InputError."""
    match = _GAMMA.fullmatch(str(name))
    if name not in TRANSFERS and match and 1.0 <= float(match[1]) <= 5.0:
        return _power(float(match[1]))
    if name not in TRANSFERS:
        raise InputError(f"there is no encoding '{name}'{did_you_mean(str(name).lower(), TRANSFERS)}")
    return TRANSFERS[name]
