"""Building the tree of `tree.py`: a binary one (binary.py), put in order and collapsed to wide nodes.

Children are put in an order that makes neighbours in space neighbours in the tree: random numbers that are evenly
spread then choose lights that are, too.  float64, as it runs once a scene.
"""

import math

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.binary import (
    AXIS,
    EXTENT,
    HIGH,
    LOW,
    PLACE,
    POWER,
    THETA_O,
    THICKNESS,
    binary_tree,
    extent,
    spread,
)
from specrender.kernel.light.tree import (
    AXIS_X,
    CENTER_X,
    COS_O,
    GROUP_ROWS,
    LINK,
    NODE_GROUPS,
    RADIUS,
    REACH,
    SIN_O,
    STRENGTH,
    WIDTH,
)

#: A node with so many emitters below it at most has them for children; others, but the root, have so many children.
MOST_LEAVES = 24
BRANCHES = 8


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
def _gather(bounds, children, root, room, chosen):
    """The children of the wide node at binary node `root`, in order, into `chosen`; returns how many, at most `room`.

    The one that counts most by [ConteyEstevez2018] eq. 2 is opened as long as there is room.
    """
    chosen[0], count = root, 1
    while count < room:
        best, worst = -1, -1.0
        for i in range(count):
            b = bounds[chosen[i]]
            if children[chosen[i], 0] >= 0:
                cost = b[POWER] * extent(b[LOW : LOW + 3], b[HIGH : HIGH + 3]) * spread(b[THETA_O])
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
    parents : (m,) int32, written: the slot whose child the node of a group is; -1: of the root.
    slots : (n,) int32, written: the slot of each emitter.   Returns the numbers of groups of the root and of all.
    """
    sizes = np.empty(len(bounds), np.int64)
    # children have higher numbers than their parents
    for i in range(len(bounds) - 1, -1, -1):
        left, right = children[i]
        sizes[i] = 1 if left < 0 else sizes[left] + sizes[right]
    # binary nodes that are wide ones, and the slots that lead there
    roots, leads = np.zeros(len(nodes), np.int64), np.empty(len(nodes), np.int64)
    leads[0] = -1
    chosen = np.empty(WIDTH * NODE_GROUPS, np.int64)
    waiting, found, written, root_groups = 0, 1, 0, 0
    while waiting < found:
        room = BRANCHES if sizes[roots[waiting]] > MOST_LEAVES else MOST_LEAVES
        if waiting == 0:
            room = len(chosen)
        count = _gather(bounds, children, roots[waiting], room, chosen)
        groups = (count + WIDTH - 1) // WIDTH
        if waiting == 0:
            root_groups = groups
        else:
            lead = leads[waiting]
            links[lead // WIDTH, LINK, lead % WIDTH] = NODE_GROUPS * written + groups - 1
        parents[written : written + groups] = leads[waiting]
        for k in range(count):
            child, group, lane = chosen[k], written + k % groups, k // groups
            _write_child(nodes[group], lane, bounds[child])
            if children[child, 0] < 0:
                links[group, LINK, lane] = ~children[child, 1]
                slots[children[child, 1]] = WIDTH * group + lane
            else:
                roots[found], leads[found] = child, WIDTH * group + lane
                found += 1
        waiting += 1
        written += groups
    return root_groups, written


def build_tree(emitters, threads=2):
    """The tables of the tree over some emitters.

    Parameters
    ----------
    emitters : (n, COLUMNS) float64, n > 0: box, axis (unit vector), theta_o [rad, may be negative], strength (above 0),
        a point of it (in the plane of what is flat), extent from there, thickness along the axis.
    threads : how many threads may work; the result is the same for all numbers.

    Returns
    -------
    nodes : (m, GROUP_ROWS, WIDTH) float32, the row LINK of which is int32.
    parents : (m,) int32, the slots whose children the nodes of groups are; -1: of the root.
    slots : (n,) int32, those of emitters.
    """
    emitters = np.ascontiguousarray(emitters, np.float64)
    n = len(emitters)
    bounds, children = binary_tree(emitters, threads)
    straighten(bounds, children)
    # each group takes the place of at least one binary node with two children
    nodes = np.zeros((max(n - 1, 1), GROUP_ROWS, WIDTH), np.float32)
    parents, slots = np.empty(len(nodes), np.int32), np.empty(n, np.int32)
    _, count = wide_tree(bounds, children, nodes, nodes.view(np.int32), parents, slots)
    return nodes[:count], parents[:count], slots
