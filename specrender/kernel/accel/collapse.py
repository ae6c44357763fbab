"""From the binary tree to the 8-wide one: the optimal collapse by dynamic programming [Ylitie2017] section 4.1.

cost[n, i]: least expected work of the subtree at binary node n as a forest of at most i wide trees, i = 1 .. 7:
    cost[n, 1] = min(area * LEAF_COST if its primitives fit into one leaf, area * NODE_COST + best[n, 8])
    cost[n, i] = min(cost[n, i - 1], best[n, i])
    best[n, i] = min over 0 < k < i of cost[left, k] + cost[right, i - k]
Deviation from the paper: a leaf costs the same however many triangles it has, as they are tested together.
"""

import numpy as np

from specrender.kernel.accel.binary import half_area, identity
from specrender.kernel.accel.layout import BOX_SLACK, INNER, LEAF_IDS, NODE_REFS, OBJECT_LEAF, WIDTH
from specrender.kernel.accel.simd8 import float_bits, get4, int_bits
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fabs, lane

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
_LEAF_REF_FLOATS = LEAF_IDS // 4


@kernel(forceinline=True)
def _left(tree, node):
    return int_bits(tree[8 * node + 3])


@kernel(forceinline=True)
def _right(tree, node):
    return int_bits(tree[8 * node + 7])


@kernel(forceinline=True)
def _child_cost(prims, costs, ref, i):
    """cost[ref, i], also of a single primitive."""
    if ref >= 0:
        return costs[ref, i - 1]
    area = half_area(get4(prims, 2 * ~np.int64(ref)), get4(prims, 2 * ~np.int64(ref) + 1))
    return area * (LEAF_COST if identity(prims, ~np.int64(ref)) >= 0 else OBJECT_COST)


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
    for i in range(2, WIDTH + 1):
        best = f32(np.inf)
        choice = 1
        for k in range(1, i):
            cost = _child_cost(prims, costs, left, k) + _child_cost(prims, costs, right, i - k)
            if cost < best:
                best = cost
                choice = k
        choices[node, i - 1] = choice
        if i < WIDTH:
            costs[node, i - 1] = best
        else:
            costs[node, 0] = best + area * NODE_COST
    choices[node, 0] = 0
    if count <= WIDTH and (kind & HAS_TRIANGLES == 0 or kind & HAS_OBJECTS == 0):
        leaf = area * (LEAF_COST if kind & HAS_TRIANGLES else OBJECT_COST * f32(count))
        if leaf <= costs[node, 0]:
            costs[node, 0] = leaf
            choices[node, 0] = _IS_LEAF
    for i in range(2, WIDTH):
        if costs[node, i - 2] <= costs[node, i - 1]:
            costs[node, i - 1] = costs[node, i - 2]
            choices[node, i - 1] = 0


@kernel(entry=True)
def solve_nodes(prims, tree, costs, choices, kinds, nodes):
    """Solve the given tree nodes, (k,) int32, in this order: children, which have greater numbers, before parents."""
    for node in nodes:
        _solve_node(prims, tree, costs, choices, kinds, np.int64(node))


@kernel
def _children(tree, choices, node, refs):
    """Collect the (at most 8) children of the wide node made of binary node `node`; their number.

    A root that is a primitive or fits into one leaf becomes the only child.
    """
    pending = np.empty(2 * WIDTH, np.int32)
    budgets = np.empty(2 * WIDTH, np.int32)
    waiting, n = 1, 0
    pending[0] = node
    budgets[0] = 1 if node < 0 or choices[node, 0] == _IS_LEAF else WIDTH
    while waiting > 0:
        waiting -= 1
        ref, budget = np.int64(pending[waiting]), np.int64(budgets[waiting])
        while ref >= 0 and budget > 1 and choices[ref, budget - 1] == 0:
            budget -= 1
        if ref < 0 or budget == 1:
            refs[n] = ref
            n += 1
            continue
        k = np.int64(choices[ref, budget - 1])
        pending[waiting], budgets[waiting] = _right(tree, ref), budget - k
        pending[waiting + 1], budgets[waiting + 1] = _left(tree, ref), k
        waiting += 2
    return n


@kernel(forceinline=True)
def _root(prim_count):
    return 0 if prim_count > 1 else -1


@kernel(entry=True)
def count_nodes(prim_count, tree, choices, room):
    """(wide nodes, leaves) of the collapsed tree; room : int32 scratch for a stack."""
    refs = np.empty(WIDTH, np.int64)
    nodes, leaves, waiting = 1, 0, 1
    room[0] = _root(prim_count)
    while waiting > 0:
        waiting -= 1
        n = _children(tree, choices, np.int64(room[waiting]), refs) if prim_count > 0 else 0
        for k in range(n):
            if refs[k] < 0 or choices[refs[k], 0] == _IS_LEAF:
                leaves += 1
            else:
                nodes += 1
                room[waiting] = refs[k]
                waiting += 1
    return nodes, leaves


@kernel
def _sort_children(prims, tree, choices, refs, ranks, count):
    """Into ascending order of surface, leaves after nodes.

    Nodes are numbered in this order, so of several boxes around the origin of a ray the smallest is entered first.
    """
    for k in range(count):
        ref = refs[k]
        if ref < 0:
            rank = half_area(get4(prims, 2 * ~ref), get4(prims, 2 * ~ref + 1))
        else:
            rank = half_area(get4(tree, 2 * ref), get4(tree, 2 * ref + 1))
        is_leaf = ref < 0 or choices[ref, 0] == _IS_LEAF
        j = k - 1
        while j >= 0:
            above_is_leaf = refs[j] < 0 or choices[refs[j], 0] == _IS_LEAF
            if above_is_leaf == is_leaf:
                if ranks[j] <= rank:
                    break
            elif is_leaf:
                break
            refs[j + 1], ranks[j + 1] = refs[j], ranks[j]
            j -= 1
        refs[j + 1], ranks[j + 1] = ref, rank


@kernel
def _write_leaf(prims, tree, positions, triangles, ref, leaves, number):
    """Write the primitives below `ref` to a leaf; whether they are objects."""
    pending = np.empty(WIDTH + 1, np.int64)
    waiting, n = 1, 0
    pending[0] = ref
    row = leaves[number]
    ids = row[_LEAF_REF_FLOATS:]
    is_object = False
    while waiting > 0:
        waiting -= 1
        at = pending[waiting]
        if at >= 0:
            pending[waiting] = _right(tree, at)
            pending[waiting + 1] = _left(tree, at)
            waiting += 2
            continue
        who = np.int64(identity(prims, ~at))
        is_object = who < 0
        if is_object:
            ids[n] = float_bits(np.int32(~who))
        else:
            ids[n] = float_bits(np.int32(who))
            for corner in range(3):
                position = get4(positions, np.int64(triangles[who, corner]))
                for axis in range(3):
                    row[24 * corner + 8 * axis + n] = lane(position, np.int32(axis))
        n += 1
    for k in range(n, WIDTH):
        ids[k] = float_bits(np.int32(-1))
    return is_object


@kernel(entry=True)
def write_nodes(prims, prim_count, tree, choices, positions, triangles, room, nodes, leaves):
    """Write the wide tree; nodes, leaves : (n, 64), (m, 80) float32, zero; room : (2 k) int32 scratch for a stack.

    Children of a node lie side by side; the biggest one's subtree follows first.
    """
    refs = np.empty(WIDTH, np.int64)
    ranks = np.empty(WIDTH, np.float32)
    n_nodes, n_leaves, waiting = 1, 0, 1
    room[0], room[1] = _root(prim_count), 0
    while waiting > 0:
        waiting -= 1
        number = np.int64(room[2 * waiting + 1])
        count = _children(tree, choices, np.int64(room[2 * waiting]), refs) if prim_count > 0 else 0
        _sort_children(prims, tree, choices, refs, ranks, count)
        row = nodes[number]
        row_refs = row[NODE_REFS // 4 :]
        for k in range(WIDTH):
            for axis in range(3):
                row[16 * axis + k] = f32(np.inf)
                row[16 * axis + 8 + k] = f32(-np.inf)
        for k in range(count):
            ref = refs[k]
            if ref < 0:
                lower, upper = get4(prims, 2 * ~ref), get4(prims, 2 * ~ref + 1)
            else:
                lower, upper = get4(tree, 2 * ref), get4(tree, 2 * ref + 1)
            lower = lower - fabs(lower) * f32(BOX_SLACK)
            upper = upper + fabs(upper) * f32(BOX_SLACK)
            for axis in range(3):
                row[16 * axis + k] = lane(lower, np.int32(axis))
                row[16 * axis + 8 + k] = lane(upper, np.int32(axis))
            if ref < 0 or choices[ref, 0] == _IS_LEAF:
                is_object = _write_leaf(prims, tree, positions, triangles, ref, leaves, n_leaves)
                row_refs[k] = float_bits(np.int32(n_leaves | (OBJECT_LEAF if is_object else 0)))
                n_leaves += 1
            else:
                row_refs[k] = float_bits(np.int32(n_nodes + INNER))
                room[2 * waiting], room[2 * waiting + 1] = ref, n_nodes
                waiting += 1
                n_nodes += 1
    return n_nodes, n_leaves
