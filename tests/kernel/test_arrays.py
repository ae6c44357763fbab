"""Arrays without reference counts, and arrays in a function's frame."""

import sys

import numpy as np
from numba import types

from specrender.kernel.arrays import ALIGNMENT, borrowed, frame_array
from specrender.kernel.jit import kernel

_new_room = frame_array(types.float64, 5)


@kernel
def _write(row, value):
    for k in range(len(row)):
        row[k] = value


@kernel(entry=True)
def _number_rows(rows):
    rows = borrowed(rows)
    for i in range(len(rows)):
        _write(rows[i], i)


@kernel
def _sum_of(value):
    room = _new_room()
    _write(room, value)
    total = 0.0
    for k in range(len(room)):
        total += room[k]
    return total


@kernel(entry=True)
def _rooms(out):
    first, second = _new_room(), _new_room()
    _write(first, 1.0)
    _write(second, 2.0)
    for i in range(len(out)):  # inlined: the callee's room is neither of these
        out[i] = _sum_of(np.float64(i)) + first[i] + 100.0 * second[4]
    out[0] += first.ctypes.data % ALIGNMENT + second.ctypes.data % ALIGNMENT


def test_what_is_written_through_a_borrowed_array_stays():
    rows = np.full((4, 3), -1.0)
    before = sys.getrefcount(rows)
    _number_rows(rows)
    np.testing.assert_array_equal(rows, np.repeat(np.arange(4.0)[:, None], 3, axis=1))
    assert sys.getrefcount(rows) == before


def test_every_array_of_a_frame_has_room_of_its_own():
    out = np.zeros(5)
    _rooms(out)
    np.testing.assert_array_equal(out, 5.0 * np.arange(5) + 201.0)
