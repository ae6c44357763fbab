"""Splits of long ranges: the primitives in bins of their centroids along each axis, cut between two bins [Wald2007]."""

import numpy as np
from numba import types

from specrender.kernel.accel.rows import areas8, centroid, first_numbers, point_box, union8
from specrender.kernel.accel.simd8 import get8, put8, splat8
from specrender.kernel.arrays import frame_array
from specrender.kernel.jit import kernel
from specrender.kernel.simd import (
    f32,
    high4,
    hmin,
    lane,
    low4,
    lowest_bit,
    mask_bits,
    select,
    to_int,
    to_int4,
    vec4,
)

#: 32 bins give trees that are 3 to 6 % faster than 16 do (a room of spheres and beams, a soup of a million triangles).
BINS = 32
#: Boxes of a sweep over the bins of an axis, with one that is empty.
SWEEP = BINS + 1

#: Extents of the centroids below this are not split by their position (bins would overflow float32).
SMALLEST_EXTENT = f32(1e-30)

_new_boxes = frame_array(types.float32, 3 * BINS * 8)
_new_counts = frame_array(types.int32, 3 * BINS)
_new_sweeps = frame_array(types.float32, 3 * SWEEP * 8)
_new_left_counts = frame_array(types.float32, BINS)


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
        x, y, z, _ = _bins_of(centroid(box), origin, scale)
        for k in (np.int64(x), BINS + np.int64(y), 2 * BINS + np.int64(z)):
            put8(boxes, k, union8(box, get8(boxes, k)))
            counts[np.uint64(k)] += 1  # without a sign, so that it is not tested for being negative


@kernel
def _sweep_bins(count, boxes, counts, left, right):
    """axis * SWEEP + bin: the bins before it go left; -1 if nothing separates the primitives.

    left, right : (3 * SWEEP * 8,) float32, receive boxes for each axis: up to and with a bin, from a bin on.
    """
    left_counts = _new_left_counts()
    best = splat8(f32(np.inf))
    place = splat8(f32(-1.0))
    for axis in range(3):
        box = splat8(f32(np.inf))
        total = 0
        for j in range(BINS):
            box = union8(get8(boxes, axis * BINS + j), box)
            put8(left, axis * SWEEP + j, box)
            total += counts[axis * BINS + j]
            left_counts[j] = f32(total)
        box = splat8(f32(np.inf))
        put8(right, axis * SWEEP + BINS, box)
        for j in range(BINS - 1, -1, -1):
            box = union8(get8(boxes, axis * BINS + j), box)
            put8(right, axis * SWEEP + j, box)
        for j in range(0, BINS, 8):
            on_left = get8(left_counts, j // 8)
            on_right = f32(count) - on_left
            # an empty side has an infinite area and a count of 0: the cost is not a number, and never less
            cost = areas8(left, axis * SWEEP + j) * on_left + areas8(right, axis * SWEEP + j + 1) * on_right
            is_less = cost < best
            best = select(is_less, cost, best)
            place = select(is_less, first_numbers() + f32(axis * SWEEP + j + 1), place)
    return np.int64(to_int(lane(place, np.int32(lowest_bit(mask_bits(best <= hmin(best)))))))


@kernel
def _partition(prims, first, count, origin, scale, axis, split, out):
    """Move the primitives whose bin is below `split` to the front; their number.

    out : float32, receives the boxes of the doubled centroids of the left and of the right part (rows 1 and 3).
    """
    nothing = splat8(f32(np.inf))
    left_centroids = right_centroids = nothing
    start, factor = splat8(lane(origin, axis)), splat8(lane(scale, axis))
    limit = splat8(f32(split))
    end = first
    for i in range(first, first + count):
        box = get8(prims, i)
        c = point_box(centroid(box))
        key = splat8(prims[8 * i + axis] - prims[8 * i + 4 + axis])
        is_left = (key - start) * factor < limit
        left_centroids = union8(select(is_left, c, nothing), left_centroids)
        right_centroids = union8(select(is_left, nothing, c), right_centroids)
        # without a branch, as no processor predicts it: the first one on the right changes places with this one
        put8(prims, i, get8(prims, end))
        put8(prims, end, box)
        end += np.int64(mask_bits(is_left) & 1)
    put8(out, 1, left_centroids)
    put8(out, 3, right_centroids)
    return end - first


@kernel(forceinline=True)
def _axis_scale(extent):
    return f32(BINS) * f32(0.99999) / extent if extent > SMALLEST_EXTENT else f32(0.0)


@kernel
def split_by_bins(prims, first, count, centroids, out):
    """Move the left part of a range to its front: its size, 0 if nothing separates the primitives.

    centroids : box of the doubled centroids.
    out : receives the bounds (as a work entry) of the left part, then of the right part.
    """
    origin = low4(centroids)
    extent = -high4(centroids) - origin
    x, y, z = _axis_scale(lane(extent, 0)), _axis_scale(lane(extent, 1)), _axis_scale(lane(extent, 2))
    scale = vec4(x, y, z, f32(0.0))
    boxes, counts, left, right = _new_boxes(), _new_counts(), _new_sweeps(), _new_sweeps()
    _fill_bins(prims, first, count, origin, scale, boxes, counts)
    place = _sweep_bins(count, boxes, counts, left, right)
    if place < 0:
        return 0
    put8(out, 0, get8(left, place - 1))
    put8(out, 2, get8(right, place))
    return _partition(prims, first, count, origin, scale, np.int32(place // SWEEP), place % SWEEP, out)
