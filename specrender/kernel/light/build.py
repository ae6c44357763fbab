"""Building the tree of `tree.py`: binary by the surface area orientation heuristic, then collapsed to wide nodes.

A split is chosen among bins along each axis by [ConteyEstevez2018] eq. 2, strength times the measures of box and cone.
For the bins, how far directions spread is guessed from the length of their mean; the cones of nodes are exact bounds.
Children are put in an order that makes neighbours in space neighbours in the tree: random numbers that are evenly
spread then choose lights that are, too.  float64, as it runs once a scene.
"""

import math

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.tree import (
    AXIS_X,
    CENTER_X,
    COS_O,
    GROUP_ROWS,
    LINK,
    RADIUS,
    REACH,
    ROOT_GROUPS,
    SIN_O,
    STRENGTH,
    WIDTH,
)

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


@kernel
def _spread(theta_o):
    """Measure of a cone of normals and a right angle around them.  Source: [ConteyEstevez2018] eq. 1."""
    theta_o = max(theta_o, 0.0)
    theta_w = min(theta_o + 0.5 * math.pi, math.pi)
    sine, cosine = math.sin(theta_o), math.cos(theta_o)
    rim = 2.0 * theta_w * sine - math.cos(theta_o - 2.0 * theta_w) - 2.0 * theta_o * sine + cosine
    return 2.0 * math.pi * (1.0 - cosine) + 0.5 * math.pi * rim


@kernel
def _extent(low, high):
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
def _bin_costs(bins, costs, k):
    """Add to costs[k + 1] what the bins 0 .. k of one side cost; the caller turns them round for the other side."""
    low, high, axis = np.full(3, np.inf), np.full(3, -np.inf), np.zeros(3)
    power, theta_o = 0.0, 0.0
    for j in range(k):
        b = bins[j]
        if b[POWER] > 0.0:
            for i in range(3):
                low[i] = min(low[i], b[LOW + i])
                high[i] = max(high[i], b[HIGH + i])
                axis[i] += b[AXIS + i]
            power += b[POWER]
            theta_o = max(theta_o, b[THETA_O])
        if power > 0.0:
            mean = math.sqrt(axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2) / power
            # directions even within a cap of half angle t have a mean of length (1 + cos t) / 2
            fan = math.acos(min(max(2.0 * mean - 1.0, -1.0), 1.0))
            costs[j] = power * _extent(low, high) * _spread(min(fan + theta_o, math.pi))
        else:
            costs[j] = np.inf


@kernel
def _best_split(emitters, order, first, last, whole):
    """(axis, border of the centres along it); axis -1 if all centres are in one place.  whole : their bounds."""
    low, high, scale = np.full(3, np.inf), np.full(3, -np.inf), np.empty(3)
    for k in range(3):
        scale[k] = 1.0 - FORESHORTENING * whole[AXIS + k] ** 2 * max(math.cos(whole[THETA_O]), 0.0)
    for i in range(first, last):
        e = emitters[order[i]]
        for k in range(3):
            c = 0.5 * (e[LOW + k] + e[HIGH + k])
            low[k], high[k] = min(low[k], c), max(high[k], c)
    seen = high - low
    for k in range(3):
        seen[k] *= scale[k]
    widest = max(seen[0], seen[1], seen[2])
    best, best_axis, best_border = np.inf, -1, 0.0
    bins, mirrored = np.empty((BINS, COLUMNS)), np.empty((BINS, COLUMNS))
    left, right = np.empty(BINS), np.empty(BINS)
    for k in range(3):
        width = high[k] - low[k]
        if not seen[k] > 1e-9 * widest:
            continue
        bins[:] = 0.0
        bins[:, LOW : LOW + 3] = np.inf
        bins[:, HIGH : HIGH + 3] = -np.inf
        for i in range(first, last):
            e = emitters[order[i]]
            c = 0.5 * (e[LOW + k] + e[HIGH + k])
            b = bins[min(int((c - low[k]) / width * BINS), BINS - 1)]
            for j in range(3):
                b[LOW + j] = min(b[LOW + j], scale[j] * e[LOW + j])
                b[HIGH + j] = max(b[HIGH + j], scale[j] * e[HIGH + j])
                b[AXIS + j] += e[AXIS + j] * e[POWER]
            b[THETA_O] = max(b[THETA_O], e[THETA_O])
            b[POWER] += e[POWER]
        for j in range(BINS):
            mirrored[j] = bins[BINS - 1 - j]
        _bin_costs(bins, left, BINS - 1)
        _bin_costs(mirrored, right, BINS - 1)
        for j in range(BINS - 1):
            # [ConteyEstevez2018] eq. 2 favours cuts across the long side
            cost = (left[j] + right[BINS - 2 - j]) * widest / seen[k]
            if cost < best:
                best, best_axis, best_border = cost, k, low[k] + width * (j + 1) / BINS
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
            room[others] = order[i]
            others += 1
    order[first + count : last] = room[:others]
    return count


@kernel(entry=True)
def binary_tree(emitters, order, bounds, children):
    """Split emitters down to single ones.

    emitters : (n, COLUMNS) float64.  order : (n,) int64, a permutation, rearranged.
    bounds : (2 n - 1, COLUMNS), children : (2 n - 1, 2) int64, written: children of a node, or (-1, emitter).
    """
    room = np.empty(len(order), np.int64)
    stack = np.empty((MAX_DEPTH + 64, 4), np.int64)  # node, first, last, depth
    stack[0] = 0, 0, len(order), 0
    waiting, nodes = 1, 1
    while waiting:
        waiting -= 1
        node, first, last, depth = stack[waiting]
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
        children[node, 0], children[node, 1] = nodes, nodes + 1
        middle = first + count
        # the larger part waits below, so that the stack stays short
        if count > last - middle:
            stack[waiting] = nodes, first, middle, depth + 1
            stack[waiting + 1] = nodes + 1, middle, last, depth + 1
        else:
            stack[waiting] = nodes + 1, middle, last, depth + 1
            stack[waiting + 1] = nodes, first, middle, depth + 1
        waiting += 2
        nodes += 2


@kernel
def _is_nearer(bounds, node, left, right):
    """How much nearer the place of `node` is to that of `left` than to that of `right`."""
    to_left, to_right = 0.0, 0.0
    for k in range(PLACE, PLACE + 3):
        to_left += (bounds[node, k] - bounds[left, k]) ** 2
        to_right += (bounds[node, k] - bounds[right, k]) ** 2
    return math.sqrt(to_right) - math.sqrt(to_left)


@kernel(entry=True)
def straighten(bounds, children):
    """Turn children round so that the way from emitter to emitter, in the order of the tree, makes few leaps.

    Level by level: each pair so that it is near to the node before it and the one after it, as in a Hilbert curve.
    With 10,000 lights on a ceiling and 64 evenly spread numbers the variance of their shadows on a floor is 10 % lower.
    """
    here, below = np.zeros(len(bounds), np.int64), np.empty(len(bounds), np.int64)
    count, is_done = 1, False
    while not is_done:
        is_done, made = True, 0
        for i in range(count):
            left, right = children[here[i]]
            if left < 0:
                below[made] = here[i]
                made += 1
                continue
            is_done = False
            gain = 0.0
            if made > 0:
                gain -= _is_nearer(bounds, below[made - 1], left, right)
            if i + 1 < count:
                gain += _is_nearer(bounds, here[i + 1], left, right)
            if gain > 0.0:
                left, right = right, left
                children[here[i], 0], children[here[i], 1] = left, right
            below[made], below[made + 1] = left, right
            made += 2
        here, below, count = below, here, made


@kernel
def _solve(bounds, children, costs, choices):
    """The optimal collapse by dynamic programming, as for the BVH in [Ylitie2017] section 4.1.

    costs[n, i - 1] : least cost of the subtree at binary node n as at most i children of a wide node, i = 1 .. 8;
    choices : how many of them the left child gets; 0: as for i - 1.
    """
    total = bounds[0, POWER]
    # children have higher numbers than their parents
    for n in range(len(bounds) - 1, -1, -1):
        left, right = children[n]
        if left < 0:
            costs[n], choices[n] = 0.0, 0
            continue
        for i in range(2, WIDTH + 1):
            costs[n, i - 1] = np.inf
            for k in range(1, i):
                cost = costs[left, k - 1] + costs[right, i - k - 1]
                if cost < costs[n, i - 1]:
                    costs[n, i - 1], choices[n, i - 1] = cost, k
        # a node of its own: how often it is visited, and its share of the cache
        choices[n, 0] = choices[n, WIDTH - 1]
        costs[n, 0] = costs[n, WIDTH - 1] + bounds[n, POWER] / total + 0.25 / len(bounds)
        for i in range(2, WIDTH + 1):
            if costs[n, i - 2] <= costs[n, i - 1]:
                costs[n, i - 1], choices[n, i - 1] = costs[n, i - 2], 0


@kernel
def _gather(children, choices, root, slots):
    """The children of the wide node at binary node `root` into `slots`; returns how many."""
    if children[root, 0] < 0:
        slots[0] = root
        return 1
    waiting = np.empty((WIDTH + 1, 2), np.int64)
    k = choices[root, 0]
    waiting[0, 0], waiting[0, 1] = children[root, 1], WIDTH - k
    waiting[1, 0], waiting[1, 1] = children[root, 0], k
    left, count = 2, 0
    while left:
        left -= 1
        node, room = waiting[left, 0], waiting[left, 1]
        while room > 1 and choices[node, room - 1] == 0:
            room -= 1
        if room == 1 or children[node, 0] < 0:
            slots[count] = node
            count += 1
            continue
        k = choices[node, room - 1]
        waiting[left, 0], waiting[left, 1] = children[node, 1], room - k
        waiting[left + 1, 0], waiting[left + 1, 1] = children[node, 0], k
        left += 2
    return count


@kernel
def _write_child(nodes, lane, b):
    """Bounds of a binary node into one lane; spheres and cones are widened by the rounding of float32."""
    largest = 0.0
    for k in range(3):
        nodes[CENTER_X + k, lane] = b[PLACE + k]
        nodes[AXIS_X + k, lane] = b[AXIS + k]
        largest = max(largest, abs(b[PLACE + k]))
    slack = 1e-6 * largest + 1e-5 * b[EXTENT]
    nodes[RADIUS, lane] = b[EXTENT] + slack
    theta_o = b[THETA_O] + 1e-4
    # what stands for the cosine from the nearest normal must not fall below it
    if theta_o < 0.5 * math.pi:
        nodes[COS_O, lane], nodes[SIN_O, lane] = math.cos(theta_o), max(math.sin(theta_o), 0.0)
        nodes[REACH, lane] = min(b[THICKNESS] + max(math.sin(theta_o), 0.0) * b[EXTENT], b[EXTENT]) + slack
    else:
        nodes[COS_O, lane], nodes[SIN_O, lane] = 0.0, 1.0
        nodes[REACH, lane] = b[EXTENT] + slack
    nodes[STRENGTH, lane] = b[POWER]


@kernel
def _gather_root(bounds, children, chosen):
    """The children of the root, in order, into `chosen`; returns how many.

    The one that counts most by [ConteyEstevez2018] eq. 2 is opened as long as there is room.
    """
    chosen[0], count = 0, 1
    while count < len(chosen):
        best, worst = -1, -1.0
        for i in range(count):
            b = bounds[chosen[i]]
            if children[chosen[i], 0] >= 0:
                cost = b[POWER] * _extent(b[LOW : LOW + 3], b[HIGH : HIGH + 3]) * _spread(b[THETA_O])
                if cost > worst:
                    best, worst = i, cost
        if best < 0:
            break
        for i in range(count, best + 1, -1):
            chosen[i] = chosen[i - 1]
        chosen[best + 1] = children[chosen[best], 1]
        chosen[best] = children[chosen[best], 0]
        count += 1
    return count


@kernel(entry=True)
def wide_tree(bounds, children, nodes, links, parents, slots):
    """Collapse the binary tree.

    nodes : (m, GROUP_ROWS, WIDTH) float32, and `links`, the same memory as int32; written, zero before.
    parents : (m,) int32, written: the slot whose child a group is; -1: of the root.
    slots : (n,) int32, written: the slot of each emitter.   Returns the numbers of groups of the root and of all.
    """
    costs, choices = np.empty((len(bounds), WIDTH)), np.zeros((len(bounds), WIDTH), np.int8)
    _solve(bounds, children, costs, choices)
    roots = np.empty(len(nodes), np.int64)
    chosen = np.empty(WIDTH * ROOT_GROUPS, np.int64)
    count = _gather_root(bounds, children, chosen)
    groups = (count + WIDTH - 1) // WIDTH
    parents[:groups] = -1
    written, made = 0, groups
    while written < made:
        first, step = written, 1
        if written == 0:
            step = groups
        else:
            count = _gather(children, choices, roots[written], chosen)
        for k in range(count):
            child, group, lane = chosen[k], first + k % step, k // step
            _write_child(nodes[group], lane, bounds[child])
            if children[child, 0] < 0:
                links[group, LINK, lane] = ~children[child, 1]
                slots[children[child, 1]] = WIDTH * group + lane
            else:
                links[group, LINK, lane] = made
                parents[made] = WIDTH * group + lane
                roots[made] = child
                made += 1
        written += step
    return groups, made


def build_tree(emitters):
    """The tables of the tree over some emitters.

    Parameters
    ----------
    emitters : (n, COLUMNS) float64, n > 0: box, axis (unit vector), theta_o [rad, may be negative], strength (above 0),
        a point of it (in the plane of what is flat), extent from there, thickness along the axis.

    Returns
    -------
    nodes : (m, GROUP_ROWS, WIDTH) float32, the row LINK of which is int32.
    parents : (m,) int32, the slots of groups; -1: of the root.
    slots : (n,) int32, those of emitters.
    """
    emitters = np.ascontiguousarray(emitters, np.float64)
    n = len(emitters)
    bounds, children = np.empty((2 * n - 1, COLUMNS)), np.empty((2 * n - 1, 2), np.int64)
    binary_tree(emitters, np.arange(n), bounds, children)
    straighten(bounds, children)
    # each group takes the place of at least one binary node with two children
    nodes = np.zeros((max(n - 1, 1), GROUP_ROWS, WIDTH), np.float32)
    parents, slots = np.empty(len(nodes), np.int32), np.empty(n, np.int32)
    _, count = wide_tree(bounds, children, nodes, nodes.view(np.int32), parents, slots)
    return nodes[:count], parents[:count], slots
