"""Splits of short ranges: sorted along each axis and tried at every place, eight places at a time, without branches.

`prims` as in binary.py: the records behind a range may be read, the last one is empty.
"""

import numpy as np
from numba import types

from specrender.kernel.accel.rows import areas8, centroids8, first_numbers, make_sort, union8
from specrender.kernel.accel.simd8 import both, get8, put8, splat8
from specrender.kernel.arrays import frame_array
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, hmin, lane, lowest_bit, mask_bits, select, to_int

#: Longest range that is split exactly.
SMALL_RANGE = 32

_new_sides = frame_array(types.float32, 16 * 8)


@kernel
def split_4(prims, first, count, out):
    """The best of all ways to part 3 or 4 primitives, in order along an axis or not: the size of the left one.

    out : as below.
    """
    nothing = splat8(f32(np.inf))
    a, b, c = get8(prims, first), get8(prims, first + 1), get8(prims, first + 2)
    d = get8(prims, first + 3 if count == 4 else len(prims) // 8 - 1)
    ab, ac, ad, bc, bd, cd = union8(a, b), union8(a, c), union8(a, d), union8(b, c), union8(b, d), union8(c, d)
    sides = _new_sides()
    lefts = (a, b, c, d, ab, ac, ad, nothing)
    rights = (union8(bc, d), union8(ac, d), union8(ab, d), union8(ab, c), cd, bd, bc, nothing)
    for k in range(8):
        put8(sides, k, lefts[k])
        put8(sides, 8 + k, rights[k])
    on_left = select(first_numbers() < f32(4.0), splat8(f32(1.0)), splat8(f32(2.0)))
    cost = areas8(sides, 0) * on_left + areas8(sides, 8) * (f32(count) - on_left)
    is_way = first_numbers() < f32(7.0 if count == 4 else 3.0)
    cost = select(both(is_way, cost < nothing), cost, nothing)
    way = lowest_bit(mask_bits(cost <= hmin(cost)))
    put8(out, 0, get8(sides, way))
    put8(out, 2, get8(sides, 8 + way))
    # a way is the single primitive of its number, or the first one with the one of its number - 3
    pairs = 1 if way >= 4 else 0
    place, other = first + pairs, first + way - 3 * pairs
    moved = get8(prims, place)
    put8(prims, place, get8(prims, other))
    put8(prims, other, moved)
    return 1 + pairs


def _make_split(groups):
    """The kernel that splits ranges of 2 to 8 * groups primitives; groups is 1, 2 or 4."""
    sort = make_sort(groups)
    most = 8 * groups
    new_keys, new_order = frame_array(types.float32, 3 * most), frame_array(types.int32, most)
    new_rows = frame_array(types.float32, (3 * most + 1) * 8)

    @kernel
    def split(prims, first, count, out):
        """Order a range along the best axis for the best cut: the size of the left part.

        out : receives the boxes of the left and of the right part (rows 0 and 2).
        """
        keys, order = new_keys(), new_order()
        rows, left, right = new_rows(), new_rows(), new_rows()
        for g in range(groups):
            x, y, z = centroids8(prims, first + 8 * g)
            put8(keys, g, x)
            put8(keys, groups + g, y)
            put8(keys, 2 * groups + g, z)
        empty = len(prims) // 8 - 1
        nothing = splat8(f32(np.inf))
        best, place = nothing, splat8(f32(count // 2))
        for axis in range(3):
            start = axis * most
            sort(keys, axis * groups, count, order, empty - first)
            box = nothing
            for k in range(most):
                row = get8(prims, first + np.int64(order[k]))
                box = union8(row, box)
                put8(rows, start + k, row)
                put8(left, start + k, box)
            box = nothing
            for k in range(most - 1, -1, -1):
                box = union8(get8(rows, start + k), box)
                put8(right, start + k, box)
            for k in range(0, most, 8):
                on_left = first_numbers() + f32(k + 1)
                on_right = f32(count) - on_left
                cost = areas8(left, start + k) * on_left + areas8(right, start + k + 1) * on_right
                is_less = both(cost < best, on_right > f32(0.0))
                best = select(is_less, cost, best)
                place = select(is_less, on_left + f32(start), place)
        chosen = np.int64(to_int(lane(place, np.int32(lowest_bit(mask_bits(best <= hmin(best)))))))
        put8(out, 0, get8(left, chosen - 1))
        put8(out, 2, get8(right, chosen))
        axis = chosen // most
        for k in range(count):
            put8(prims, first + k, get8(rows, axis * most + k))
        return chosen - axis * most

    return split


split_8, split_16, split_32 = (_make_split(groups) for groups in (1, 2, 4))
