"""Code values to integers, with or without dither."""

import numpy as np

#: Distance from an integer, in codes, that counts as none.  PQ has 7e-4 of 10 bits at black.
SNAP = 1e-3


def quantised(values: np.ndarray, bits: int, corner: tuple[int, int] | None) -> np.ndarray:
    """Code values in [0, 1] as integers of the given depth, left-aligned in uint8 or uint16.

    Values in between become one of the two integers around them, the nearer one the more often: the mean over pixels is
    the value itself, so that a gradient has no steps.  Integers, and so black and white, stay exactly what they are.

    Parameters
    ----------
    values : (h, w, c) float64; what lies outside [0, 1] is clipped.
    bits : 8 to 16.
    corner : (x, y) of the first pixel in the full image, on which the pattern depends (and so not on the crop);
        None rounds to the nearest integer.
    """
    top = 2**bits - 1
    threshold = 0.5 if corner is None else dither_pattern(values.shape, corner)
    codes = np.clip(values, 0.0, 1.0) * top
    # what a power or a matrix left beside an integer was meant to be one
    nearest = np.rint(codes)
    codes = np.where(np.abs(codes - nearest) < SNAP, nearest, codes)
    codes = np.minimum(np.floor(codes + threshold), top).astype(np.uint16)
    if bits == 8:
        return codes.astype(np.uint8)
    # repeat the leading bits: a reader that cuts off the low bits and one that scales by 65535 / top both find the code
    return codes << (16 - bits) | codes >> (2 * bits - 16)


def dither_pattern(shape: tuple[int, int, int], corner: tuple[int, int]) -> np.ndarray:
    """(h, w, c) numbers in [0, 1) from a hash of pixel and channel: white noise, the same in every run."""
    height, width, channels = shape
    y = np.arange(corner[1], corner[1] + height, dtype=np.uint32)[:, None, None]
    x = np.arange(corner[0], corner[0] + width, dtype=np.uint32)[:, None]
    c = np.arange(channels, dtype=np.uint32)
    return _hash(x + _hash(y + _hash(c))).astype(np.float64) / 2.0**32


def _hash(x: np.ndarray) -> np.ndarray:
    """A permutation of the 32-bit integers that scatters neighbours: "lowbias32" of [Wellons2018]."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))
