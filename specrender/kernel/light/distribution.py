"""Choosing from tabulated shares: cumulative tables in `tables.values`, with the random number used again."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fmin, pick

ONE_MINUS_EPSILON = f32(1.0 - 2.0**-24)


@kernel(forceinline=True)
def find_interval(values, offset, count, u):
    """Largest i in [0, count) with values[offset + i] <= u; the table has count + 1 increasing entries from 0 to 1."""
    low, size = np.int64(0), np.int64(count)
    while size > 1:
        half = size >> 1
        low = pick(values[offset + low + half] <= u, low + half, low)
        size -= half
    return low


@kernel(forceinline=True)
def sample_discrete(values, offset, count, u):
    """(index, its probability, u stretched to [0, 1) within it)."""
    i = find_interval(values, offset, count, u)
    low = values[offset + i]
    share = values[offset + i + 1] - low
    rest = (u - low) / share if share > f32(0.0) else f32(0.0)
    return i, share, fmin(rest, ONE_MINUS_EPSILON)
