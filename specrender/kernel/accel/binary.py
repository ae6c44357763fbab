"""The binary tree below the 8-wide one: binned surface area heuristic, down to single primitives [Wald2007].

Primitives are records of 8 float32: lower corner, identity bits, upper corner, 0.  They are permuted in place, so that
every subtree holds a contiguous range of them.  A range of n primitives takes n - 1 consecutive tree nodes in preorder,
whoever builds it: the tree does not depend on the number of threads.

Tree node, 8 float32: lower corner, left reference, upper corner, right reference (bit patterns of int32).  A reference
>= 0 is a tree node, ~ref otherwise the position of a primitive.
"""

import numpy as np

from specrender.kernel.accel.layout import MAX_DEPTH
from specrender.kernel.accel.simd8 import float_bits, get4, int_bits, least, most, put4
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, lane, splat4, vec4, with_lane

#: 32 bins give trees that are 3 to 6 % faster than 16 do (a room of spheres and beams, a soup of a million triangles).
BINS = 32
#: Bins of ranges shorter than SMALL_RANGE, which have fewer candidates than that.
SMALL_BINS = 16
SMALL_RANGE = 12

#: Extents of the centroids below this are not split by their position (bins would overflow float32).
SMALLEST_EXTENT = f32(1e-30)

#: Triangles whose edges meet at an angle of a smaller sine count as lines.
LEAST_SINE = 2.0**-22

#: int32 of a work entry: first primitive, count, tree node, depth.
WORK_INTS = 4
#: float32 of a work entry: box and twice the centroids' box, each (lower, 0, upper, 0).
WORK_FLOATS = 16


@kernel(forceinline=True)
def half_area(lower, upper):
    """Half the surface of a box: proportional to the chance of a random ray to enter it."""
    d = upper - lower
    x, y, z = lane(d, 0), lane(d, 1), lane(d, 2)
    return x * y + y * z + z * x


@kernel
def range_bounds(prims, first, count):
    """(lower, upper, lower centroid, upper centroid) of a range of primitives; centroids are doubled."""
    lower = splat4(f32(np.inf))
    upper = splat4(f32(-np.inf))
    c_lower = lower
    c_upper = upper
    for i in range(first, first + count):
        a = get4(prims, 2 * i)
        b = get4(prims, 2 * i + 1)
        c = a + b
        lower = least(a, lower)
        upper = most(b, upper)
        c_lower = least(c, c_lower)
        c_upper = most(c, c_upper)
    return lower, upper, c_lower, c_upper


@kernel(forceinline=True)
def _bin_of(centroid, origin, scale, axis, last):
    """Bin number along an axis."""
    number = np.int64((lane(centroid, axis) - lane(origin, axis)) * lane(scale, axis))
    return min(max(number, 0), last)


@kernel
def _fill_bins(prims, first, count, origin, scale, bins, boxes, counts):
    """Boxes and counts of the primitives in each bin of the three axes."""
    for i in range(3 * bins):
        put4(boxes, 2 * i, splat4(f32(np.inf)))
        put4(boxes, 2 * i + 1, splat4(f32(-np.inf)))
        counts[i] = 0
    for i in range(first, first + count):
        a = get4(prims, 2 * i)
        b = get4(prims, 2 * i + 1)
        c = a + b
        for axis in range(3):
            k = axis * bins + _bin_of(c, origin, scale, np.int32(axis), bins - 1)
            put4(boxes, 2 * k, least(a, get4(boxes, 2 * k)))
            put4(boxes, 2 * k + 1, most(b, get4(boxes, 2 * k + 1)))
            counts[k] += 1


@kernel
def _best_split(scale, bins, boxes, counts, right_costs):
    """(axis, bin): the bins before it go left; axis = -1 if nothing separates the primitives."""
    best_cost = f32(np.inf)
    best_axis = -1
    best_bin = 0
    for axis in range(3):
        if lane(scale, np.int32(axis)) == f32(0.0):
            continue
        lower = splat4(f32(np.inf))
        upper = splat4(f32(-np.inf))
        total = 0
        for j in range(bins - 1, 0, -1):
            k = axis * bins + j
            lower = least(get4(boxes, 2 * k), lower)
            upper = most(get4(boxes, 2 * k + 1), upper)
            total += counts[k]
            right_costs[j] = half_area(lower, upper) * f32(total) if total > 0 else f32(np.inf)
        lower = splat4(f32(np.inf))
        upper = splat4(f32(-np.inf))
        total = 0
        for j in range(1, bins):
            k = axis * bins + j - 1
            if counts[k] == 0:
                continue  # the same split as the one before
            lower = least(get4(boxes, 2 * k), lower)
            upper = most(get4(boxes, 2 * k + 1), upper)
            total += counts[k]
            cost = half_area(lower, upper) * f32(total) + right_costs[j]
            if cost < best_cost:
                best_cost = cost
                best_axis = axis
                best_bin = j
    return best_axis, best_bin


@kernel
def _partition(prims, first, count, origin, scale, axis, split, last, out):
    """Move the primitives whose bin is below `split` to the front; their number.

    out : float32, receives the bounds (as a work entry) of the left part, then of the right part.
    """
    i = first
    j = first + count - 1
    inf = splat4(f32(np.inf))
    left_lower, left_upper, left_c_lower, left_c_upper = inf, -inf, inf, -inf
    right_lower, right_upper, right_c_lower, right_c_upper = inf, -inf, inf, -inf
    while i <= j:
        a = get4(prims, 2 * i)
        b = get4(prims, 2 * i + 1)
        c = a + b
        if _bin_of(c, origin, scale, axis, last) < split:
            left_lower = least(a, left_lower)
            left_upper = most(b, left_upper)
            left_c_lower = least(c, left_c_lower)
            left_c_upper = most(c, left_c_upper)
            i += 1
        else:
            right_lower = least(a, right_lower)
            right_upper = most(b, right_upper)
            right_c_lower = least(c, right_c_lower)
            right_c_upper = most(c, right_c_upper)
            put4(prims, 2 * i, get4(prims, 2 * j))
            put4(prims, 2 * i + 1, get4(prims, 2 * j + 1))
            put4(prims, 2 * j, a)
            put4(prims, 2 * j + 1, b)
            j -= 1
    put4(out, 0, left_lower)
    put4(out, 1, left_upper)
    put4(out, 2, left_c_lower)
    put4(out, 3, left_c_upper)
    put4(out, 4, right_lower)
    put4(out, 5, right_upper)
    put4(out, 6, right_c_lower)
    put4(out, 7, right_c_upper)
    return i - first


@kernel
def _halve(prims, first, count, out):
    """Split a range in its middle; bounds go to `out` as in `_partition`."""
    left = count // 2
    for part in range(2):
        lower, upper, c_lower, c_upper = range_bounds(prims, first + part * left, count - left if part else left)
        put4(out, 4 * part, lower)
        put4(out, 4 * part + 1, upper)
        put4(out, 4 * part + 2, c_lower)
        put4(out, 4 * part + 3, c_upper)
    return left


@kernel(forceinline=True)
def _axis_scale(extent, bins):
    return f32(bins) * f32(0.99999) / extent if extent > SMALLEST_EXTENT else f32(0.0)


@kernel
def _split(prims, first, count, depth, c_lower, c_upper, boxes, counts, right_costs, out):
    """Split a range of at least 2 primitives into two parts; the size of the left one."""
    if count == 2:
        return _halve(prims, first, count, out)
    levels = 0  # that halving needs from here
    while (1 << levels) < count:
        levels += 1
    if depth + levels >= MAX_DEPTH:
        return _halve(prims, first, count, out)
    bins = BINS if count >= SMALL_RANGE else SMALL_BINS
    extent = c_upper - c_lower
    scale = vec4(
        _axis_scale(lane(extent, 0), bins), _axis_scale(lane(extent, 1), bins), _axis_scale(lane(extent, 2), bins),
        f32(0.0),
    )  # fmt: skip
    _fill_bins(prims, first, count, c_lower, scale, bins, boxes, counts)
    axis, split = _best_split(scale, bins, boxes, counts, right_costs)
    if axis < 0:
        return _halve(prims, first, count, out)
    return _partition(prims, first, count, c_lower, scale, np.int32(axis), split, bins - 1, out)


@kernel(entry=True)
def bounds_entry(prims, count, out):
    """Box and doubled centroids' box of the first `count` primitives, as the floats of a work entry."""
    lower, upper, c_lower, c_upper = range_bounds(prims, 0, count)
    put4(out, 0, lower)
    put4(out, 1, upper)
    put4(out, 2, c_lower)
    put4(out, 3, c_upper)


@kernel(entry=True)
def split_ranges(prims, tree, ints, floats, waiting, stop_count, done_ints, done_floats, top_nodes):
    """Split ranges until each has one primitive, or at most `stop_count`.

    prims : (8 n,) float32, permuted.  tree : (8 (n - 1),) float32, written.
    ints, floats : (k, 4) int32, (k, 16) float32: stack of ranges, the first `waiting` rows are to be done;
        k >= waiting + MAX_DEPTH.
    done_ints, done_floats : ranges of at most stop_count primitives, handed back.
    top_nodes : int32, receives the tree nodes written, if it has room for any; else unused.

    Returns (number of ranges handed back, number of nodes written to top_nodes).
    """
    boxes = np.empty(3 * BINS * 8, np.float32)
    counts = np.empty(3 * BINS, np.int32)
    right_costs = np.empty(BINS, np.float32)
    out = np.empty(32, np.float32)
    done = 0
    written = 0
    while waiting > 0:
        waiting -= 1
        first, count, node, depth = ints[waiting, 0], ints[waiting, 1], ints[waiting, 2], ints[waiting, 3]
        bounds = floats[waiting]
        if count <= stop_count:
            for k in range(WORK_INTS):  # whole rows at once take a second to compile
                done_ints[done, k] = ints[waiting, k]
            for k in range(WORK_FLOATS):
                done_floats[done, k] = bounds[k]
            done += 1
            continue
        lower, upper = get4(bounds, 0), get4(bounds, 1)
        left = _split(
            prims, first, count, depth, get4(bounds, 2), get4(bounds, 3), boxes, counts, right_costs, out
        )  # fmt: skip
        right = count - left
        left_ref = ~first if left == 1 else node + 1
        right_ref = ~(first + left) if right == 1 else node + left
        put4(tree, 2 * node, with_lane(lower, np.int32(3), float_bits(np.int32(left_ref))))
        put4(tree, 2 * node + 1, with_lane(upper, np.int32(3), float_bits(np.int32(right_ref))))
        if len(top_nodes):
            top_nodes[written] = node
            written += 1
        for part in range(2):
            part_count = right if part else left
            if part_count > 1:
                ints[waiting, 0] = first + left if part else first
                ints[waiting, 1] = part_count
                ints[waiting, 2] = right_ref if part else left_ref
                ints[waiting, 3] = depth + 1
                for k in range(WORK_FLOATS):
                    floats[waiting, k] = out[16 * part + k]
                waiting += 1
    return done, written


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
        put4(prims, 2 * n + 1, with_lane(upper, np.int32(3), f32(0.0)))
        n += 1
    for i in range(len(object_boxes)):
        box = object_boxes[i]
        lower = vec4(box[0], box[1], box[2], float_bits(np.int32(~i)))
        upper = vec4(box[3], box[4], box[5], f32(0.0))
        if (
            box[0] <= box[3] and box[1] <= box[4] and box[2] <= box[5] and half_area(lower, upper) < f32(np.inf)
        ):  # fmt: skip
            put4(prims, 2 * n, lower)
            put4(prims, 2 * n + 1, upper)
            n += 1
    return n


@kernel(forceinline=True)
def identity(prims, position):
    """Triangle number, or ~number of an object."""
    return int_bits(prims[8 * position + 3])
