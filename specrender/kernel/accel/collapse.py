"""From the binary tree to the 8-wide one: the optimal collapse by dynamic programming [Ylitie2017] section 4.1.

cost[n, i]: least expected work of the subtree at binary node n as a forest of at most i wide trees, i = 1 .. 7:
    cost[n, 1] = min(area * LEAF_COST if its primitives fit into one leaf, area * NODE_COST + best[n, 8])
    cost[n, i] = min(cost[n, i - 1], best[n, i])
    best[n, i] = min over 0 < k < i of cost[left, k] + cost[right, i - k]
Deviation from the paper: a leaf costs the same however many triangles it has, as they are tested together.
"""

import numpy as np
from numba import types

from specrender.kernel.accel.binary import half_area, identity, primitive_box
from specrender.kernel.accel.budgets import least_up_to, one_up, put_bytes, shared_budgets
from specrender.kernel.accel.layout import (
    BOX_SLACK,
    CORNER_ROWS,
    ID_BIAS,
    INNER,
    LINE_FLOATS,
    LINE_PLACES,
    NODE_FLOATS,
    NODE_PLACES,
    NODE_REFS,
    OBJECT_LEAF,
    WIDTH,
    leaf_lines,
)
from specrender.kernel.accel.simd8 import get4, get8, prefetch_row, put8, splat8
from specrender.kernel.arrays import borrowed, frame_array
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fabs, float_bits, int_bits, lane, select, with_lane

NODE_COST = f32(1.0)
#: Eight triangles need about as long as eight boxes with their sorting.
LEAF_COST = f32(0.9)
#: One object, whose test is a call with divisions and roots.
OBJECT_COST = f32(1.5)

#: Bits of `kinds`: number of primitives (saturated) and the classes below a binary node.
COUNT_MASK = 15
HAS_TRIANGLES = 16
HAS_OBJECTS = 32

_IS_LEAF = 1  # in choice[n, 0]

lines_of = kernel(forceinline=True)(leaf_lines)

_new_pending = frame_array(types.int64, 2 * WIDTH)
_new_children = frame_array(types.int64, WIDTH)
_new_ranks = frame_array(types.float32, WIDTH)


@kernel(forceinline=True)
def _left(tree, node):
    return int_bits(tree[8 * node + 3])


@kernel(forceinline=True)
def _right(tree, node):
    return int_bits(tree[8 * node + 7])


@kernel(forceinline=True)
def _child_costs(prims, costs, ref):
    """cost[ref, 1 .. 8] as one vector, also of a single primitive."""
    if ref >= 0:
        return get8(costs, np.int64(ref))
    lower, upper = primitive_box(prims, ~np.int64(ref))
    return splat8(half_area(lower, upper) * (LEAF_COST if identity(prims, ~np.int64(ref)) >= 0 else OBJECT_COST))


@kernel(forceinline=True)
def _child_kind(prims, kinds, ref):
    if ref >= 0:
        return np.int64(kinds[ref])
    return np.int64(1 | HAS_TRIANGLES) if identity(prims, ~np.int64(ref)) >= 0 else np.int64(1 | HAS_OBJECTS)


@kernel(forceinline=True)
def _solve_node(prims, tree, costs, choices, kinds, node):
    left, right = _left(tree, node), _right(tree, node)
    area = half_area(get4(tree, 2 * node), get4(tree, 2 * node + 1))
    kind_left, kind_right = _child_kind(prims, kinds, left), _child_kind(prims, kinds, right)
    count = min((kind_left & COUNT_MASK) + (kind_right & COUNT_MASK), COUNT_MASK)
    kind = count | ((kind_left | kind_right) & ~COUNT_MASK)
    kinds[node] = kind
    best, share = shared_budgets(_child_costs(prims, costs, left), _child_costs(prims, costs, right))
    one, is_leaf = lane(best, np.int32(WIDTH - 1)) + area * NODE_COST, f32(0)
    if count <= WIDTH and (kind & HAS_TRIANGLES == 0 or kind & HAS_OBJECTS == 0):
        leaf = area * (LEAF_COST if kind & HAS_TRIANGLES else OBJECT_COST * f32(count))
        if leaf <= one:
            one, is_leaf = leaf, f32(_IS_LEAF)
    best = with_lane(best, np.int32(0), one)
    least = least_up_to(best)
    put8(costs, node, least)
    # all children of a wide node are in its own budget of 8, whatever fewer would cost
    all_shared = lane(share, np.int32(WIDTH - 1))
    share = select(one_up(least) <= best, splat8(f32(0)), share)
    share = with_lane(with_lane(share, np.int32(0), is_leaf), np.int32(WIDTH - 1), all_shared)
    put_bytes(choices, node, share)


@kernel(entry=True)
def solve_nodes(prims, tree, costs, choices, kinds, nodes):
    """Solve the given tree nodes, (k,) int32, in this order: children, which have greater numbers, before parents."""
    prims, tree, kinds = borrowed(prims), borrowed(tree), borrowed(kinds)
    costs, choices = borrowed(costs), borrowed(choices)
    for node in borrowed(nodes):
        _solve_node(prims, tree, costs, choices, kinds, np.int64(node))


@kernel(forceinline=True)
def _left_count(tree, node, count):
    """Number of primitives on the left of a binary node that has `count`: subtrees are numbered in preorder."""
    right = _right(tree, node)
    return count - 1 if right < 0 else np.int64(right) - node


@kernel
def _children(tree, choices, node, first, node_count, refs, firsts, sizes):
    """Collect the (at most 8) children of the wide node made of binary node `node`, with their ranges of primitives.

    Its own are node_count from `first`.  Returns how many children there are.  A root that is a primitive or fits into
    one leaf becomes the only child; without primitives there is none.
    """
    if node_count == 0:
        return 0
    pending, budgets, starts, counts = _new_pending(), _new_pending(), _new_pending(), _new_pending()
    waiting, n = 1, 0
    pending[0], starts[0], counts[0] = node, first, node_count
    budgets[0] = 1 if node < 0 or choices[node, 0] == _IS_LEAF else WIDTH
    while waiting > 0:
        waiting -= 1
        ref, budget, start, count = pending[waiting], budgets[waiting], starts[waiting], counts[waiting]
        while ref >= 0 and budget > 1 and choices[ref, budget - 1] == 0:
            budget -= 1
        if ref < 0 or budget == 1:
            refs[n], firsts[n], sizes[n] = ref, start, count
            n += 1
            continue
        k = np.int64(choices[ref, budget - 1])
        left_count = _left_count(tree, ref, count)
        pending[waiting], budgets[waiting] = _right(tree, ref), budget - k
        starts[waiting], counts[waiting] = start + left_count, count - left_count
        pending[waiting + 1], budgets[waiting + 1] = _left(tree, ref), k
        starts[waiting + 1], counts[waiting + 1] = start, left_count
        waiting += 2
    return n


@kernel(forceinline=True)
def _is_leaf(choices, ref):
    return ref < 0 or choices[ref, 0] == _IS_LEAF


@kernel(entry=True)
def count_nodes(tree, choices, node, node_count, stop_count, room, handed):
    """(wide nodes, lines of leaves, handed back) of the wide tree below a binary node that has node_count primitives.

    room : (k, 2) int64 scratch for a stack; k >= MAX_DEPTH * WIDTH.
    handed : (m, 2) int64, receives the nodes of at most stop_count primitives and their numbers of primitives; they
        are counted as nodes, but not what is below them.
    """
    tree, choices, room, handed = borrowed(tree), borrowed(choices), borrowed(room), borrowed(handed)
    refs, firsts, sizes = _new_children(), _new_children(), _new_children()
    nodes, lines, done, waiting = 1, 0, 0, 1
    room[0, 0], room[0, 1] = node, node_count
    while waiting > 0:
        waiting -= 1
        n = _children(tree, choices, room[waiting, 0], 0, room[waiting, 1], refs, firsts, sizes)
        for k in range(n):
            if _is_leaf(choices, refs[k]):
                lines += lines_of(sizes[k])
                continue
            nodes += 1
            if sizes[k] <= stop_count:
                handed[done, 0], handed[done, 1] = refs[k], sizes[k]
                done += 1
            else:
                room[waiting, 0], room[waiting, 1] = refs[k], sizes[k]
                waiting += 1
    return nodes, lines, done


@kernel
def _sort_children(prims, tree, choices, refs, firsts, sizes, ranks, count):
    """Into ascending order of surface, leaves after nodes.

    Nodes are numbered in this order, so of several boxes around the origin of a ray the smallest is entered first.
    """
    for k in range(count):
        ref, first, size = refs[k], firsts[k], sizes[k]
        if ref < 0:
            lower, upper = primitive_box(prims, ~ref)
        else:
            lower, upper = get4(tree, 2 * ref), get4(tree, 2 * ref + 1)
        rank = half_area(lower, upper)
        is_leaf = _is_leaf(choices, ref)
        j = k - 1
        while j >= 0:
            above_is_leaf = _is_leaf(choices, refs[j])
            if above_is_leaf == is_leaf:
                if ranks[j] <= rank:
                    break
            elif is_leaf:
                break
            refs[j + 1], firsts[j + 1], sizes[j + 1], ranks[j + 1] = refs[j], firsts[j], sizes[j], ranks[j]
            j -= 1
        refs[j + 1], firsts[j + 1], sizes[j + 1], ranks[j + 1] = ref, first, size, rank


@kernel
def _prefetch_corners(prims, positions, triangles, first, size, is_second):
    """Ask for a leaf's triangles, then, in a second call, for their corners: both lie anywhere in memory."""
    for i in range(first, first + size):
        who = np.int64(identity(prims, i))
        if who < 0:
            return
        if not is_second:
            prefetch_row(triangles, who)
            continue
        for corner in range(3):
            prefetch_row(positions, np.int64(triangles[who, corner]))


@kernel
def _write_leaf(prims, positions, triangles, first, size, row):
    """Write `size` primitives as the leaf at the beginning of `row`; whether they are objects."""
    ids = CORNER_ROWS * size
    is_object = identity(prims, first) < 0
    for k in range(0 if is_object else ids + size, LINE_FLOATS * lines_of(size)):
        row[k] = f32(0.0)
    for n in range(size):
        who = np.int64(identity(prims, first + n))
        if is_object:
            row[ids + n] = float_bits(np.int32(~who + ID_BIAS))
            continue
        row[ids + n] = float_bits(np.int32(who + ID_BIAS))
        for corner in range(3):
            position = get4(positions, np.int64(triangles[who, corner]))
            for axis in range(3):
                row[(3 * corner + axis) * size + n] = lane(position, np.int32(axis))
    return is_object


@kernel
def _write_boxes(prims, tree, refs, count, row):
    """The boxes of a wide node's children, and absent ones in the rest of its row."""
    for k in range(WIDTH):
        for axis in range(3):
            row[16 * axis + k] = f32(np.inf)
            row[16 * axis + 8 + k] = f32(-np.inf)
    for k in range(count):
        ref = refs[k]
        if ref < 0:
            lower, upper = primitive_box(prims, ~ref)
        else:
            lower, upper = get4(tree, 2 * ref), get4(tree, 2 * ref + 1)
        lower = lower - fabs(lower) * f32(BOX_SLACK)
        upper = upper + fabs(upper) * f32(BOX_SLACK)
        for axis in range(3):
            row[16 * axis + k] = lane(lower, np.int32(axis))
            row[16 * axis + 8 + k] = lane(upper, np.int32(axis))
    for k in range(NODE_REFS // 4, NODE_FLOATS):
        row[k] = f32(0.0)


@kernel(entry=True)
def write_nodes(
    prims, tree, choices, positions, triangles, start, stop_count, next_node, next_line, room, table, handed
):
    """Write the wide tree below a binary node.

    start : (4,) int64: the binary node, its first primitive, how many it has, the number of the wide node made of it.
    stop_count : children of at most so many primitives are handed back as rows of `handed`, (m, 4) int64, like `start`.
    next_node, next_line : numbers of the first wide node and the first line of leaves below it; lines are counted from
        the beginning of the table.
    room : (k, 4) int64 scratch for a stack; k >= MAX_DEPTH * WIDTH.
    table : (16 m,) float32; whole nodes and lines are written.

    Returns the number of nodes handed back.  Children of a node lie side by side; the biggest one's subtree is first.
    """
    prims, tree, choices = borrowed(prims), borrowed(tree), borrowed(choices)
    room, handed = borrowed(room), borrowed(handed)
    positions, triangles, table = borrowed(positions), borrowed(triangles), borrowed(table)
    refs, firsts, sizes, ranks = _new_children(), _new_children(), _new_children(), _new_ranks()
    done, waiting = 0, 1
    for k in range(4):
        room[0, k] = start[k]
    while waiting > 0:
        waiting -= 1
        number = room[waiting, 3]
        count = _children(
            tree, choices, room[waiting, 0], room[waiting, 1], room[waiting, 2], refs, firsts, sizes
        )  # fmt: skip
        for second in (False, True):
            for k in range(count):
                if _is_leaf(choices, refs[k]):
                    _prefetch_corners(prims, positions, triangles, firsts[k], sizes[k], second)
        _sort_children(prims, tree, choices, refs, firsts, sizes, ranks, count)
        row = table[NODE_FLOATS * number :]
        row_refs = row[NODE_REFS // 4 :]
        _write_boxes(prims, tree, refs, count, row)
        for k in range(count):
            ref = refs[k]
            if _is_leaf(choices, ref):
                lines = table[LINE_FLOATS * next_line :]
                is_object = _write_leaf(prims, positions, triangles, firsts[k], sizes[k], lines)
                leaf = LINE_PLACES * next_line + sizes[k] - 1
                row_refs[k] = float_bits(np.int32(leaf | (OBJECT_LEAF if is_object else 0)))
                next_line += lines_of(sizes[k])
                continue
            row_refs[k] = float_bits(np.int32(NODE_PLACES * next_node + INNER))
            if sizes[k] <= stop_count:
                handed[done, 0], handed[done, 1], handed[done, 2], handed[done, 3] = ref, firsts[k], sizes[k], next_node
                done += 1
            else:
                room[waiting, 0], room[waiting, 1], room[waiting, 2], room[waiting, 3] = (
                    ref, firsts[k], sizes[k], next_node,
                )  # fmt: skip
                waiting += 1
            next_node += 1
    return done
