"""The binary tree below the 8-wide one: surface area heuristic in bins, down to single primitives [Wald2007].

Primitives are records of 8 float32: lower corner, identity bits, upper corner with its sign inverted, 0.  They are
permuted in place, so that every subtree holds a contiguous range of them.  A range of n primitives takes n - 1
consecutive tree nodes in preorder, whoever builds it: the tree does not depend on the number of threads.

All boxes here are such vectors of 8, whose union is one `least`.

Tree node, 8 float32: lower corner, left reference, upper corner, right reference (bit patterns of int32).  A reference
>= 0 is a tree node, ~ref otherwise the position of a primitive.
"""

import numpy as np

from specrender.kernel.accel.layout import MAX_DEPTH
from specrender.kernel.accel.simd8 import (
    get4,
    get8,
    high4,
    join8,
    least,
    low4,
    most,
    put4,
    put8,
    splat8,
    union8,
)
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, float_bits, int_bits, lane, to_int, to_int4, vec4, with_lane

#: 32 bins give trees that are 3 to 6 % faster than 16 do (a room of spheres and beams, a soup of a million triangles).
BINS = 32
#: Shorter ranges are sorted and tried at every place: exact, and quicker than clearing and sweeping bins.
SMALL_RANGE = 12

#: Extents of the centroids below this are not split by their position (bins would overflow float32).
SMALLEST_EXTENT = f32(1e-30)

#: Triangles whose edges meet at an angle of a smaller sine count as lines.
LEAST_SINE = 2.0**-22

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
def box_area(box):
    """`half_area` of a box of 8."""
    return half_area(low4(box), -high4(box))


@kernel(forceinline=True)
def _centroid(box):
    """Twice the centroid of a box of 8."""
    return low4(box) - high4(box)


@kernel(forceinline=True)
def _point_box(point):
    """The box of 8 around one point."""
    return join8(point, -point)


@kernel(forceinline=True)
def primitive_box(prims, position):
    """(lower, upper) corner of a primitive."""
    box = get8(prims, position)
    return low4(box), -high4(box)


@kernel
def range_bounds(prims, first, count):
    """(box, box of the doubled centroids) of a range of primitives."""
    box = splat8(f32(np.inf))
    centroids = box
    for i in range(first, first + count):
        here = get8(prims, i)
        box = union8(here, box)
        centroids = union8(_point_box(_centroid(here)), centroids)
    return box, centroids


@kernel(forceinline=True)
def _bins_of(centroid, origin, scale):
    """Bin numbers along the axes (four int32): products of finite numbers that are 0 or more and below BINS."""
    return to_int4((centroid - origin) * scale)


@kernel
def _fill_bins(prims, first, count, origin, scale, boxes, counts):
    """Boxes and counts of the primitives in each bin of the three axes."""
    for i in range(3 * BINS):
        put8(boxes, i, splat8(f32(np.inf)))
        counts[i] = 0
    for i in range(first, first + count):
        box = get8(prims, i)
        x, y, z, _ = _bins_of(_centroid(box), origin, scale)
        for k in (np.int64(x), BINS + np.int64(y), 2 * BINS + np.int64(z)):
            put8(boxes, k, union8(box, get8(boxes, k)))
            counts[k] += 1


@kernel
def _best_split(scale, boxes, counts, right_costs):
    """(axis, bin): the bins before it go left; axis = -1 if nothing separates the primitives."""
    best_cost = f32(np.inf)
    best_axis = -1
    best_bin = 0
    for axis in range(3):
        if lane(scale, np.int32(axis)) == f32(0.0):
            continue
        box = splat8(f32(np.inf))
        total = 0
        for j in range(BINS - 1, 0, -1):
            k = axis * BINS + j
            box = union8(get8(boxes, k), box)
            total += counts[k]
            right_costs[j] = box_area(box) * f32(total) if total > 0 else f32(np.inf)
        box = splat8(f32(np.inf))
        total = 0
        for j in range(1, BINS):
            k = axis * BINS + j - 1
            if counts[k] == 0:
                continue  # the same split as the one before
            box = union8(get8(boxes, k), box)
            total += counts[k]
            cost = box_area(box) * f32(total) + right_costs[j]
            if cost < best_cost:
                best_cost = cost
                best_axis = axis
                best_bin = j
    return best_axis, best_bin


@kernel
def _partition(prims, first, count, origin, scale, axis, split, out):
    """Move the primitives whose bin is below `split` to the front; their number.

    out : float32, receives the bounds (as a work entry) of the left part, then of the right part.
    """
    i = first
    j = first + count - 1
    start, factor = lane(origin, axis), lane(scale, axis)
    left = right = left_centroids = right_centroids = splat8(f32(np.inf))
    while i <= j:
        box = get8(prims, i)
        c = _centroid(box)
        if to_int((lane(c, axis) - start) * factor) < split:
            left = union8(box, left)
            left_centroids = union8(_point_box(c), left_centroids)
            i += 1
        else:
            right = union8(box, right)
            right_centroids = union8(_point_box(c), right_centroids)
            put8(prims, i, get8(prims, j))
            put8(prims, j, box)
            j -= 1
    put8(out, 0, left)
    put8(out, 1, left_centroids)
    put8(out, 2, right)
    put8(out, 3, right_centroids)
    return i - first


@kernel
def _cut(prims, first, count, left, out):
    """Split a range after its first `left` primitives; bounds go to `out` as in `_partition`."""
    for part in range(2):
        size = count - left if part else left
        if size == 1:
            continue  # nobody asks
        box, centroids = range_bounds(prims, first + part * left, size)
        put8(out, 2 * part, box)
        put8(out, 2 * part + 1, centroids)
    return left


@kernel
def _sort_small(prims, first, count, axis, order, keys):
    """Numbers of a short range's primitives in ascending order of their centroids along an axis."""
    for i in range(count):
        key = prims[8 * (first + i) + axis] - prims[8 * (first + i) + 4 + axis]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j], order[j] = keys[j - 1], order[j - 1]
            j -= 1
        keys[j], order[j] = key, first + i


@kernel
def _split_small(prims, first, count, order, keys, right_costs, scratch, out):
    """Sort a range of at most SMALL_RANGE primitives along the best axis and cut it in the best place."""
    best_cost = f32(np.inf)
    best_axis, best_left = 0, count // 2
    for axis in range(3):
        _sort_small(prims, first, count, axis, order, keys)
        box = get8(prims, order[count - 1])
        for i in range(count - 1, 0, -1):
            box = union8(get8(prims, order[i]), box)
            right_costs[i] = box_area(box) * f32(count - i)
        box = get8(prims, order[0])
        for i in range(1, count):
            box = union8(get8(prims, order[i - 1]), box)
            cost = box_area(box) * f32(i) + right_costs[i]
            if cost < best_cost:
                best_cost, best_axis, best_left = cost, axis, i
    if best_axis != 2:  # else it is the order left behind
        _sort_small(prims, first, count, best_axis, order, keys)
    for i in range(count):
        put8(scratch, i, get8(prims, order[i]))
    for i in range(count):
        put8(prims, first + i, get8(scratch, i))
    return _cut(prims, first, count, best_left, out)


@kernel(forceinline=True)
def _axis_scale(extent):
    return f32(BINS) * f32(0.99999) / extent if extent > SMALLEST_EXTENT else f32(0.0)


@kernel
def _split(prims, first, count, depth, centroids, boxes, counts, order, right_costs, out):
    """Split a range of at least 2 primitives into two parts; the size of the left one."""
    if count == 2:
        return 1
    levels = 0  # that halving needs from here
    while (1 << levels) < count:
        levels += 1
    if depth + levels >= MAX_DEPTH:
        return _cut(prims, first, count, count // 2, out)
    if count <= SMALL_RANGE:
        keys = right_costs[SMALL_RANGE:]
        return _split_small(prims, first, count, order, keys, right_costs, boxes, out)
    c_lower = low4(centroids)
    extent = -high4(centroids) - c_lower
    scale = vec4(
        _axis_scale(lane(extent, 0)), _axis_scale(lane(extent, 1)), _axis_scale(lane(extent, 2)), f32(0.0)
    )  # fmt: skip
    _fill_bins(prims, first, count, c_lower, scale, boxes, counts)
    axis, split = _best_split(scale, boxes, counts, right_costs)
    if axis < 0:
        return _cut(prims, first, count, count // 2, out)
    return _partition(prims, first, count, c_lower, scale, np.int32(axis), split, out)


@kernel(entry=True)
def bounds_entry(prims, count, out):
    """Box and doubled centroids' box of the first `count` primitives, as the floats of a work entry."""
    box, centroids = range_bounds(prims, 0, count)
    put8(out, 0, box)
    put8(out, 1, centroids)


@kernel(entry=True)
def split_ranges(prims, tree, ints, floats, waiting, stop_count, done_ints, done_floats):
    """Split ranges until each has one primitive, or at most `stop_count`.

    prims : (8 n,) float32, permuted.  tree : (8 (n - 1),) float32, written.
    ints, floats : (k, 4) int32, (k, 16) float32: stack of ranges, the first `waiting` rows are to be done;
        k >= waiting + MAX_DEPTH.
    done_ints, done_floats : ranges of at most stop_count primitives, handed back.

    Returns the number of ranges handed back.
    """
    boxes = np.empty(3 * BINS * 8, np.float32)
    counts = np.empty(3 * BINS, np.int32)
    order = np.empty(SMALL_RANGE, np.int64)
    right_costs = np.empty(BINS, np.float32)
    out = np.empty(32, np.float32)
    done = 0
    while waiting > 0:
        waiting -= 1
        first, count, node, depth = ints[waiting, 0], ints[waiting, 1], ints[waiting, 2], ints[waiting, 3]
        bounds = floats[waiting]
        if count <= stop_count:
            for k in range(WORK_INTS):  # whole rows at once take a second to compile
                done_ints[done, k] = ints[waiting, k]
            for k in range(2):
                put8(done_floats[done], k, get8(bounds, k))
            done += 1
            continue
        box = get8(bounds, 0)
        left = _split(prims, first, count, depth, get8(bounds, 1), boxes, counts, order, right_costs, out)
        right = count - left
        left_ref = ~first if left == 1 else node + 1
        right_ref = ~(first + left) if right == 1 else node + left
        put4(tree, 2 * node, with_lane(low4(box), np.int32(3), float_bits(np.int32(left_ref))))
        put4(tree, 2 * node + 1, with_lane(-high4(box), np.int32(3), float_bits(np.int32(right_ref))))
        for part in range(2):
            part_count = right if part else left
            if part_count > 1:
                ints[waiting, 0] = first + left if part else first
                ints[waiting, 1] = part_count
                ints[waiting, 2] = right_ref if part else left_ref
                ints[waiting, 3] = depth + 1
                for k in range(2):
                    put8(floats[waiting], k, get8(out, 2 * part + k))
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


@kernel(entry=True)
def fill_primitives(positions, triangles, object_boxes, prims):
    """Write the primitives that can be hit; their number.

    Triangles without area or with corners that are not finite, and boxes that are not finite or are empty, are left
    out.  Identity: the triangle's number, or ~number of an object.
    """
    n = 0
    for i in range(len(triangles)):
        a = get4(positions, np.int64(triangles[i, 0]))
        b = get4(positions, np.int64(triangles[i, 1]))
        c = get4(positions, np.int64(triangles[i, 2]))
        if not has_area(b - a, c - a):
            continue
        lower = least(least(a, b), c)
        upper = most(most(a, b), c)
        if not half_area(lower, upper) < f32(np.inf):
            continue
        put4(prims, 2 * n, with_lane(lower, np.int32(3), float_bits(np.int32(i))))
        put4(prims, 2 * n + 1, with_lane(-upper, np.int32(3), f32(0.0)))
        n += 1
    for i in range(len(object_boxes)):
        box = object_boxes[i]
        lower = vec4(box[0], box[1], box[2], float_bits(np.int32(~i)))
        upper = vec4(box[3], box[4], box[5], f32(0.0))
        if (
            box[0] <= box[3] and box[1] <= box[4] and box[2] <= box[5] and half_area(lower, upper) < f32(np.inf)
        ):  # fmt: skip
            put4(prims, 2 * n, lower)
            put4(prims, 2 * n + 1, -upper)
            n += 1
    return n


@kernel(forceinline=True)
def identity(prims, position):
    """Triangle number, or ~number of an object."""
    return int_bits(prims[8 * position + 3])
