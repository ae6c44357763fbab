"""The binary tree below the 8-wide one, by the surface area heuristic (bins.py, small.py) down to single primitives.

Primitives are records of 8 float32: lower corner, identity bits, upper corner with its sign inverted, 0; behind the
last one SMALL_RANGE records of infinity, which are empty boxes.  They are permuted in place, so that every subtree
holds a contiguous range of them.  A range of n primitives takes n - 1 consecutive tree nodes in preorder, whoever
builds it: the tree does not depend on the number of threads.

All boxes here are such vectors of 8, whose union is one `union8`.

Tree node, 8 float32: lower corner, left reference, upper corner, right reference (bit patterns of int32).  A reference
>= 0 is a tree node, ~ref otherwise the position of a primitive.
"""

import numpy as np
from numba import types

from specrender.kernel.accel.bins import split_by_bins
from specrender.kernel.accel.layout import MAX_DEPTH
from specrender.kernel.accel.rows import centroid, point_box, union8
from specrender.kernel.accel.simd8 import get4, get8, least, most, put4, put8, splat8
from specrender.kernel.accel.small import SMALL_RANGE, split_4, split_8, split_16, split_32
from specrender.kernel.arrays import borrowed, frame_array
from specrender.kernel.jit import kernel
from specrender.kernel.simd import (
    f32,
    fabs,
    float_bits,
    high4,
    highest_bit,
    hsum,
    int_bits,
    lane,
    low4,
    vec4,
    with_lane,
)

#: Bit of an identity that is stored inverted: numbers up to 2^30 read as float32 are ordinary then, and arithmetic on
#: whole records meets no denormal ones, which some processors are slow at.
IDENTITY_FLIP = np.int32(1 << 30)

#: Triangles whose edges meet at an angle of a smaller sine count as lines.
LEAST_SINE = 2.0**-22

#: Doubled centroids whose coordinates sum up to more could be farther from each other than float32 can tell.
FARTHEST_CENTROID = f32(1.5e38)

#: int32 of a work entry: first primitive, count, tree node, depth.
WORK_INTS = 4
#: float32 of a work entry: box and twice the centroids' box.
WORK_FLOATS = 16


@kernel(forceinline=True)
def half_area(lower, upper):
    """Half the surface of a box: proportional to the chance of a random ray to enter it."""
    d = upper - lower
    x, y, z = lane(d, 0), lane(d, 1), lane(d, 2)
    return x * y + y * z + z * x


@kernel(forceinline=True)
def primitive_box(prims, position):
    """(lower, upper) corner of a primitive."""
    box = get8(prims, position)
    return low4(box), -high4(box)


@kernel
def _put_bounds(prims, first, count, out, part):
    """Box and doubled centroids' box of a range, as the floats of work entry `part` of `out`."""
    box = splat8(f32(np.inf))
    centroids = box
    for i in range(first, first + count):
        here = get8(prims, i)
        box = union8(here, box)
        centroids = union8(point_box(centroid(here)), centroids)
    put8(out, 2 * part, box)
    put8(out, 2 * part + 1, centroids)


@kernel
def _cut(prims, first, count, left, out):
    """Split a range after its first `left` primitives; bounds go to `out` as in `split_by_bins`."""
    _put_bounds(prims, first, left, out, 0)
    _put_bounds(prims, first + left, count - left, out, 1)
    return left


@kernel
def _split(prims, first, count, depth, centroids, out):
    """Split a range of at least 2 primitives into two parts; the size of the left one."""
    if count == 2:
        return 1
    halvings = highest_bit(np.int32(count - 1)) + 1
    if depth + halvings >= MAX_DEPTH:
        return _cut(prims, first, count, count // 2, out)
    if count <= 4:
        return split_4(prims, first, count, out)
    if count <= 8:
        return split_8(prims, first, count, out)
    if count <= 16:
        return split_16(prims, first, count, out)
    if count <= SMALL_RANGE:
        return split_32(prims, first, count, out)
    left = split_by_bins(prims, first, count, centroids, out)
    return left if left else _cut(prims, first, count, count // 2, out)


@kernel(forceinline=True)
def _put_node(tree, node, box, left_ref, right_ref):
    put4(tree, 2 * node, with_lane(low4(box), np.int32(3), float_bits(np.int32(left_ref))))
    put4(tree, 2 * node + 1, with_lane(-high4(box), np.int32(3), float_bits(np.int32(right_ref))))


_new_parts = frame_array(types.float32, 2 * WORK_FLOATS)


@kernel(entry=True)
def split_ranges(prims, tree, ints, floats, waiting, stop_count, done_ints, done_floats):
    """Split ranges until each has one primitive, or at most `stop_count`.

    prims : (8 (n + SMALL_RANGE),) float32, permuted.  tree : (8 (n - 1),) float32, written.
    ints, floats : (k, 4) int32, (k, 16) float32: stack of ranges, the first `waiting` rows are to be done;
        k >= waiting + MAX_DEPTH.
    done_ints, done_floats : ranges of at most stop_count primitives, handed back.

    Returns the number of ranges handed back.
    """
    prims, tree, ints, floats = borrowed(prims), borrowed(tree), borrowed(ints), borrowed(floats)
    done_ints, done_floats = borrowed(done_ints), borrowed(done_floats)
    out = _new_parts()
    done = 0
    while waiting > 0:
        waiting -= 1
        first, count, node, depth = ints[waiting, 0], ints[waiting, 1], ints[waiting, 2], ints[waiting, 3]
        if count <= stop_count:
            for k in range(WORK_INTS):  # whole rows at once take a second to compile
                done_ints[done, k] = ints[waiting, k]
            for k in range(2):
                put8(done_floats, 2 * done + k, get8(floats, 2 * waiting + k))
            done += 1
            continue
        box = get8(floats, 2 * waiting)
        left = _split(prims, first, count, depth, get8(floats, 2 * waiting + 1), out)
        right = count - left
        left_ref = ~first if left == 1 else node + 1
        right_ref = ~(first + left) if right == 1 else node + left
        _put_node(tree, node, box, left_ref, right_ref)
        for part in range(2):
            part_first, part_count, part_node = first, left, left_ref
            if part:
                part_first, part_count, part_node = first + left, right, right_ref
            if part_count == 1:
                continue
            if part_count == 2 and stop_count < 2:  # two of five ranges; their turn on the stack would cost more
                _put_node(tree, part_node, get8(out, 2 * part), ~part_first, ~(part_first + 1))
                continue
            ints[waiting, 0], ints[waiting, 1] = part_first, part_count
            ints[waiting, 2], ints[waiting, 3] = part_node, depth + 1
            for k in range(2):
                put8(floats, 2 * waiting + k, get8(out, 2 * part + k))
            waiting += 1
    return done


@kernel
def has_area(x, y):
    """Whether the edges x, y span more than the rounding of float32 (false for NaN).

    Without area the determinant of the ray test is noise, and so would be the hits.
    """
    x0, x1, x2 = np.float64(lane(x, 0)), np.float64(lane(x, 1)), np.float64(lane(x, 2))
    y0, y1, y2 = np.float64(lane(y, 0)), np.float64(lane(y, 1)), np.float64(lane(y, 2))
    normal = abs(x1 * y2 - x2 * y1) + abs(x2 * y0 - x0 * y2) + abs(x0 * y1 - x1 * y0)
    return normal > LEAST_SINE * np.sqrt((x0 * x0 + x1 * x1 + x2 * x2) * (y0 * y0 + y1 * y1 + y2 * y2))


@kernel(forceinline=True)
def _is_bounded(lower, upper):
    """Whether a box's area, its doubled centroid and distances between such centroids are finite (false for NaN)."""
    return half_area(lower, upper) < f32(np.inf) and hsum(fabs(lower + upper)) < FARTHEST_CENTROID


@kernel(entry=True)
def fill_primitives(positions, triangles, first, last, prims, bounds):
    """Write the primitives of triangles first .. last - 1 that can be hit, from record `first` on; their number.

    Left out are triangles without area, with corners that are not finite or so far away that sums are not.
    Identity: the triangle's number, or ~number of an object.

    bounds : (16,) float32, receives box and doubled centroids' box as the floats of a work entry.
    """
    positions, triangles, prims, bounds = borrowed(positions), borrowed(triangles), borrowed(prims), borrowed(bounds)
    n = first
    for i in range(first, last):
        a = get4(positions, np.int64(triangles[i, 0]))
        b = get4(positions, np.int64(triangles[i, 1]))
        c = get4(positions, np.int64(triangles[i, 2]))
        if not has_area(b - a, c - a):
            continue
        lower = least(least(a, b), c)
        upper = most(most(a, b), c)
        if not _is_bounded(lower, upper):
            continue
        put4(prims, 2 * n, with_lane(lower, np.int32(3), float_bits(np.int32(i) ^ IDENTITY_FLIP)))
        put4(prims, 2 * n + 1, with_lane(-upper, np.int32(3), f32(0.0)))
        n += 1
    _put_bounds(prims, first, n - first, bounds, 0)
    return n - first


@kernel(entry=True)
def fill_objects(object_boxes, start, prims, bounds):
    """The same for objects, from record `start` on: left out are boxes that are empty or not finite."""
    n = start
    for i in range(len(object_boxes)):
        box = object_boxes[i]
        lower = vec4(box[0], box[1], box[2], f32(0.0))
        upper = vec4(box[3], box[4], box[5], f32(0.0))
        if not (box[0] <= box[3] and box[1] <= box[4] and box[2] <= box[5] and _is_bounded(lower, upper)):
            continue
        put4(prims, 2 * n, with_lane(lower, np.int32(3), float_bits(np.int32(~i) ^ IDENTITY_FLIP)))
        put4(prims, 2 * n + 1, -upper)
        n += 1
    _put_bounds(prims, start, n - start, bounds, 0)
    return n - start


@kernel(forceinline=True)
def identity(prims, position):
    """Triangle number, or ~number of an object."""
    return int_bits(prims[8 * position + 3]) ^ IDENTITY_FLIP
