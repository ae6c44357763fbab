"""The binary tree over emitters, by the surface area orientation heuristic.

A split is chosen among bins along each axis by [ConteyEstevez2018] eq. 2, strength times the measures of box and cone.
For the bins, how far directions spread is guessed from the length of their mean; the cones of nodes are exact bounds.
float64, as it runs once a scene.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import types

from specrender.kernel.arrays import borrowed, frame_array
from specrender.kernel.jit import kernel

#: Columns of the bounds of an emitter or of a binary node.
LOW, HIGH, AXIS = 0, 3, 6
THETA_O, POWER = 9, 10
#: Its place, how far it extends from there, and how far along its axis.
PLACE, EXTENT, THICKNESS = 11, 14, 15
COLUMNS = 16
BINS = 16
#: What splits take from the extent of emitters along the axis that all shine along: from there it is foreshortened.
FORESHORTENING = 0.5
#: A deeper tree than this has nothing but emitters in one place; they are split by number.
MAX_DEPTH = 64
#: int64 of a range that waits to be split.
WORK = 5
#: Ranges that are one task of a thread have at most this share of the emitters, and at least that many.
_TASK_SHARE, _TASK_LEAST = 64, 4096

_new_row = frame_array(types.float64, COLUMNS)
_new_triple = frame_array(types.float64, 3)
_new_bins = frame_array(types.float64, 3 * BINS * COLUMNS)
_new_costs = frame_array(types.float64, BINS)
_new_stack = frame_array(types.int64, (MAX_DEPTH + 64) * WORK)


@kernel
def spread(theta_o):
    """Measure of a cone of normals and a right angle around them.  Source: [ConteyEstevez2018] eq. 1."""
    theta_o = max(theta_o, 0.0)
    theta_w = min(theta_o + 0.5 * math.pi, math.pi)
    sine, cosine = math.sin(theta_o), math.cos(theta_o)
    rim = 2.0 * theta_w * sine - math.cos(theta_o - 2.0 * theta_w) - 2.0 * theta_o * sine + cosine
    return 2.0 * math.pi * (1.0 - cosine) + 0.5 * math.pi * rim


@kernel
def extent(low, high):
    """Surface area of a box, and a little of its diagonal, so that points in a row have some, too."""
    x, y, z = max(high[0] - low[0], 0.0), max(high[1] - low[1], 0.0), max(high[2] - low[2], 0.0)
    return 2.0 * (x * y + y * z + z * x) + 1e-2 * (x * x + y * y + z * z)


@kernel
def _bound(emitters, order, first, last, out):
    """Bounds of a range of emitters into the row `out`; its place is their centre of strength.

    So the place of what lies in a plane lies in it, too, and the thickness is 0.
    """
    out[:] = 0.0
    out[THETA_O] = -0.5 * math.pi
    out[LOW : LOW + 3] = np.inf
    out[HIGH : HIGH + 3] = -np.inf
    for i in range(first, last):
        e = emitters[order[i]]
        for k in range(3):
            out[LOW + k] = min(out[LOW + k], e[LOW + k])
            out[HIGH + k] = max(out[HIGH + k], e[HIGH + k])
            out[AXIS + k] += e[AXIS + k] * e[POWER]
            out[PLACE + k] += e[PLACE + k] * e[POWER]
        out[POWER] += e[POWER]
    length = math.sqrt(out[AXIS] ** 2 + out[AXIS + 1] ** 2 + out[AXIS + 2] ** 2)
    has_axis = length > 1e-9 * out[POWER]
    for k in range(3):
        out[PLACE + k] /= out[POWER]
        out[AXIS + k] = out[AXIS + k] / length if has_axis else 0.0
    if not has_axis:
        out[AXIS + 2] = 1.0
    for i in range(first, last):
        e = emitters[order[i]]
        x, y, z = e[AXIS], e[AXIS + 1], e[AXIS + 2]
        cosine = out[AXIS] * x + out[AXIS + 1] * y + out[AXIS + 2] * z
        sine = math.sqrt(
            (out[AXIS + 1] * z - out[AXIS + 2] * y) ** 2
            + (out[AXIS + 2] * x - out[AXIS] * z) ** 2
            + (out[AXIS] * y - out[AXIS + 1] * x) ** 2
        )
        out[THETA_O] = max(out[THETA_O], min(math.atan2(sine, cosine) + e[THETA_O], math.pi))
        height, distance2 = 0.0, 0.0
        for k in range(3):
            offset = e[PLACE + k] - out[PLACE + k]
            height += offset * out[AXIS + k]
            distance2 += offset * offset
        out[EXTENT] = max(out[EXTENT], math.sqrt(distance2) + e[EXTENT])
        out[THICKNESS] = max(out[THICKNESS], abs(height) + e[THICKNESS] + sine * e[EXTENT])
    if not has_axis:
        out[THETA_O] = math.pi
    out[THICKNESS] = min(out[THICKNESS], out[EXTENT])


@kernel
def _clear(boxes, count):
    """Make `count` rows of bounds empty."""
    for j in range(count):
        for k in range(COLUMNS):
            boxes[COLUMNS * j + k] = 0.0
        for k in range(3):
            boxes[COLUMNS * j + LOW + k] = np.inf
            boxes[COLUMNS * j + HIGH + k] = -np.inf


@kernel
def _bin_costs(bins, start, step, costs):
    """Into costs[j] what the first j + 1 bins from row `start` on cost; step : 1 or -1, the way to the next row."""
    sides = _new_row()
    _clear(sides, 1)
    low, high, axis = sides[LOW : LOW + 3], sides[HIGH : HIGH + 3], sides[AXIS : AXIS + 3]
    power, theta_o = 0.0, 0.0
    for j in range(BINS - 1):
        b = bins[COLUMNS * (start + step * j) :]
        if b[POWER] == 0.0:
            costs[j] = costs[j - 1] if j else np.inf
            continue
        for i in range(3):
            low[i] = min(low[i], b[LOW + i])
            high[i] = max(high[i], b[HIGH + i])
            axis[i] += b[AXIS + i]
        power += b[POWER]
        theta_o = max(theta_o, b[THETA_O])
        mean = math.sqrt(axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2) / power
        # directions even within a cap of half angle t have a mean of length (1 + cos t) / 2
        fan = math.acos(min(max(2.0 * mean - 1.0, -1.0), 1.0))
        costs[j] = power * extent(low, high) * spread(min(fan + theta_o, math.pi))


@kernel
def _fill_bins(emitters, order, first, last, low, width, scale, bins):
    """Bounds of the emitters in each bin of the axes, rows BINS * axis + bin; axes of width 0 are left out."""
    _clear(bins, 3 * BINS)
    for i in range(first, last):
        e = emitters[order[i]]
        for k in range(3):
            if width[k] == 0.0:
                continue
            c = 0.5 * (e[LOW + k] + e[HIGH + k])
            b = bins[COLUMNS * (BINS * k + min(int((c - low[k]) / width[k] * BINS), BINS - 1)) :]
            for j in range(3):
                b[LOW + j] = min(b[LOW + j], scale[j] * e[LOW + j])
                b[HIGH + j] = max(b[HIGH + j], scale[j] * e[HIGH + j])
                b[AXIS + j] += e[AXIS + j] * e[POWER]
            b[THETA_O] = max(b[THETA_O], e[THETA_O])
            b[POWER] += e[POWER]


@kernel
def _best_split(emitters, order, first, last, whole):
    """(axis, border of the centres along it); axis -1 if all centres are in one place.  whole : their bounds."""
    low, high, width, seen, scale = _new_triple(), _new_triple(), _new_triple(), _new_triple(), _new_triple()
    for k in range(3):
        scale[k] = 1.0 - FORESHORTENING * whole[AXIS + k] ** 2 * max(math.cos(whole[THETA_O]), 0.0)
        low[k], high[k] = np.inf, -np.inf
    for i in range(first, last):
        e = emitters[order[i]]
        for k in range(3):
            c = 0.5 * (e[LOW + k] + e[HIGH + k])
            low[k], high[k] = min(low[k], c), max(high[k], c)
    widest = 0.0
    for k in range(3):
        seen[k] = (high[k] - low[k]) * scale[k]
        widest = max(widest, seen[k])
    for k in range(3):
        width[k] = high[k] - low[k] if seen[k] > 1e-9 * widest else 0.0
    bins, left, right = _new_bins(), _new_costs(), _new_costs()
    _fill_bins(emitters, order, first, last, low, width, scale, bins)
    best, best_axis, best_border = np.inf, -1, 0.0
    for k in range(3):
        if width[k] == 0.0:
            continue
        _bin_costs(bins, BINS * k, 1, left)
        _bin_costs(bins, BINS * k + BINS - 1, -1, right)
        for j in range(BINS - 1):
            # [ConteyEstevez2018] eq. 2 favours cuts across the long side
            cost = (left[j] + right[BINS - 2 - j]) * widest / seen[k]
            if cost < best:
                best, best_axis, best_border = cost, k, low[k] + width[k] * (j + 1) / BINS
    return best_axis, best_border


@kernel
def _partition(emitters, order, room, first, last, axis, border):
    """Put the emitters before the border first, in their order; returns how many."""
    count, others = 0, 0
    for i in range(first, last):
        e = emitters[order[i]]
        if 0.5 * (e[LOW + axis] + e[HIGH + axis]) < border:
            order[first + count] = order[i]
            count += 1
        else:
            room[first + others] = order[i]
            others += 1
    for i in range(others):
        order[first + count + i] = room[first + i]
    return count


@kernel(entry=True)
def split_emitters(emitters, order, room, bounds, children, start, stop_count, handed):
    """Split a range of emitters down to single ones, or to ranges of at most stop_count.

    emitters : (n, COLUMNS) float64.  order : (n,) int64, a permutation, rearranged.  room : (n,) int64, scratch.
    bounds : (2 n - 1, COLUMNS), children : (2 n - 1, 2) int64, written: children of a node, or (-1, emitter).
    start : (WORK,) int64: the node of the range, its first emitter, the one behind its last, the node's depth, the
        number of the first node below it; those below a node of m emitters are 2 m - 2 in a row.
    handed : (k, WORK) int64, receives the ranges that are left.

    Returns the number of ranges left.
    """
    emitters, order, room = borrowed(emitters), borrowed(order), borrowed(room)
    bounds, children, start, handed = borrowed(bounds), borrowed(children), borrowed(start), borrowed(handed)
    stack = _new_stack()
    for k in range(WORK):
        stack[k] = start[k]
    waiting, left = 1, 0
    while waiting:
        waiting -= 1
        work = stack[WORK * waiting :]
        node, first, last, depth, below = work[0], work[1], work[2], work[3], work[4]
        if last - first <= stop_count:
            for k in range(WORK):
                handed[left, k] = work[k]
            left += 1
            continue
        _bound(emitters, order, first, last, bounds[node])
        if last - first == 1:
            children[node, 0], children[node, 1] = -1, order[first]
            continue
        count = 0
        if depth < MAX_DEPTH:
            axis, border = _best_split(emitters, order, first, last, bounds[node])
            if axis >= 0:
                count = _partition(emitters, order, room, first, last, axis, border)
        if count == 0 or count == last - first:
            count = (last - first) // 2
        children[node, 0], children[node, 1] = below, below + 1
        middle = first + count
        for is_second in (False, True):
            # the larger part waits below, so that the stack stays short
            is_left = (count > last - middle) != is_second
            work = stack[WORK * waiting :]
            work[0] = below if is_left else below + 1
            work[1], work[2] = (first, middle) if is_left else (middle, last)
            work[3] = depth + 1
            work[4] = below + 2 if is_left else below + 2 * count
            waiting += 1
    return left


def binary_tree(emitters, threads):
    """(bounds, children) of the binary tree, as `split_emitters` writes them; the same for all numbers of threads."""
    n = len(emitters)
    bounds, children = np.empty((2 * n - 1, COLUMNS)), np.empty((2 * n - 1, 2), np.int64)
    order, room = np.arange(n), np.empty(n, np.int64)

    def split(work, stop):
        handed = np.empty((2, WORK), np.int64)
        return handed[: split_emitters(emitters, order, room, bounds, children, work, stop, handed)]

    def size(work):
        return int(work[2] - work[1])

    stop = max(n // _TASK_SHARE, _TASK_LEAST)
    level, tasks = [np.array([0, 0, n, 0, 1])], []
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        while level:
            tasks += [work for work in level if size(work) <= stop]
            large = [work for work in level if size(work) > stop]
            level = [part for parts in pool.map(lambda work: split(work, size(work) - 1), large) for part in parts]
        tasks.sort(key=size, reverse=True)
        for _ in pool.map(lambda work: split(work, 0), tasks):
            pass
    return bounds, children
