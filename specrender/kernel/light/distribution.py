"""Choosing from tabulated shares: cumulative tables in `tables.values`, with the random number used again."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fmax, fmin, lowest_bit, mask_bits, pick, sqrt, to_int
from specrender.kernel.tables import four_from

ONE_MINUS_EPSILON = f32(1.0 - 2.0**-24)


@kernel(forceinline=True)
def _search(values, offset, low, size, u):
    """Largest i in [low, low + size) with values[offset + i] <= u, of which low is one."""
    while size > 1:
        half = size >> 1
        low = pick(values[offset + low + half] <= u, low + half, low)
        size -= half
    return low


@kernel(forceinline=True)
def _within(values, offset, i, u):
    """(probability of interval i, u stretched to [0, 1) within it)."""
    low = values[offset + i]
    share = values[offset + i + 1] - low
    rest = (u - low) / share if share > f32(0.0) else f32(0.0)
    return share, fmin(rest, ONE_MINUS_EPSILON)


@kernel(forceinline=True)
def find_interval(values, offset, count, u):
    """Largest i in [0, count) with values[offset + i] <= u; the table has count + 1 increasing entries from 0 to 1."""
    return _search(values, offset, np.int64(0), np.int64(count), u)


@kernel(forceinline=True)
def guided_start(values, guide, guide_size, u):
    """Where `find_guided` begins to look."""
    return np.int64(values[guide + to_int(u * f32(guide_size))])


@kernel(forceinline=True)
def find_guided(values, offset, guide, guide_size, u):
    """`find_interval` in a table with a guide: entry g is the interval of u = g / guide_size, a power of two.

    The next four entries are looked at together: a search of few steps is as long as a mispredicted branch.  There must
    be three more numbers after the table.
    """
    g = guide + to_int(u * f32(guide_size))
    low, last = np.int64(values[g]), np.int64(values[g + 1])
    passed = mask_bits(four_from(values, offset + low + 1) <= u)
    # what follows the table may be anything: only those passed without a gap count
    steps = lowest_bit(np.int32(~passed))
    if steps == 4 and low + 4 < last:
        return _search(values, offset, low + 4, last - low - 3, u)
    return low + steps


@kernel(forceinline=True)
def sample_guided(values, offset, guide, guide_size, u):
    """(index, u stretched to [0, 1) within it)."""
    i = find_guided(values, offset, guide, guide_size, u)
    _, rest = _within(values, offset, i, u)
    return i, rest


@kernel(forceinline=True)
def sample_linear(a, b, u):
    """x in [0, 1) with density proportional to a (1 - x) + b x; a and b are not negative."""
    # the root that does not cancel
    root = sqrt(a * a + u * (b * b - a * a))
    return fmin(u * (a + b) / fmax(a + root, f32(1e-37)), ONE_MINUS_EPSILON)


@kernel(forceinline=True)
def sample_discrete(values, offset, count, u):
    """(index, its probability, u stretched to [0, 1) within it)."""
    i = find_interval(values, offset, count, u)
    share, rest = _within(values, offset, i, u)
    return i, share, rest
