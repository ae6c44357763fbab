"""Building the hierarchy of a scene.

Stages: primitives with their boxes -> binary tree (binary.py) -> optimal 8-wide collapse (collapse.py) -> tables.
The upper part of the binary tree is made by one thread, the subtrees below by all; the result does not depend on how
many there are.  Peak memory: 110 bytes a primitive before the tables are written, 75 besides the tables then.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from specrender.kernel.accel import binary, collapse
from specrender.kernel.accel.layout import LEAF_FLOATS, MAX_DEPTH, NODE_FLOATS, NODE_REFS, WIDTH

#: Subtrees handed to threads have at most this share of the primitives, and at least that many.
_SUBTREE_SHARE = 16
_SUBTREE_LEAST = 4096


@dataclass(frozen=True, kw_only=True)
class Accel:
    """The hierarchy over a scene's triangles and objects (layout.py).

    Attributes
    ----------
    nodes : (64 n,) float32, table `bvh_nodes`; begins on a 64-byte boundary
    leaves : (80 m,) float32, table `bvh_leaves`; likewise; at least one leaf
    bounds : (2, 3) float32, lower and upper corner of all; lower > upper if there is nothing to hit
    skipped : number of triangles without area or with corners that are not finite, and of objects with such boxes
    """

    nodes: np.ndarray
    leaves: np.ndarray
    bounds: np.ndarray
    skipped: int

    @property
    def nbytes(self) -> int:
        """Bytes of both tables."""
        return self.nodes.nbytes + self.leaves.nbytes

    def moved(self, node_count: int, leaf_count: int) -> "Accel":
        """The same tree for tables that hold `node_count` nodes and `leaf_count` leaves before it."""
        nodes = aligned_zeros(len(self.nodes))
        nodes[:] = self.nodes
        rows = nodes.reshape(-1, NODE_FLOATS)
        refs = rows[:, NODE_REFS // 4 : NODE_REFS // 4 + WIDTH].view(np.int32)
        present = rows[:, :WIDTH] <= rows[:, WIDTH : 2 * WIDTH]
        refs[...] = np.where(present, refs + np.where(refs < 0, node_count, leaf_count), refs)
        return Accel(nodes=nodes, leaves=self.leaves, bounds=self.bounds, skipped=self.skipped)


def aligned_zeros(count):
    """(count,) float32 zeros that begin on a 64-byte boundary."""
    buffer = np.zeros(count + 16, np.float32)
    start = -buffer.ctypes.data % 64 // 4
    return buffer[start : start + count]


def build(positions, triangles, object_boxes, threads=2) -> Accel:
    """Build the hierarchy.

    Parameters
    ----------
    positions : (n, 4) float32, corners (x, y, z, 0)
    triangles : (m, 4) int32, corner numbers i0, i1, i2; the fourth number is not read
    object_boxes : (k, 6) float32, lower and upper corner of each object's box
    threads : how many threads may work; the result is the same for all numbers
    """
    positions = np.ascontiguousarray(positions, np.float32).reshape(-1)
    triangles = np.ascontiguousarray(triangles, np.int32).reshape(-1, 4)
    object_boxes = np.ascontiguousarray(object_boxes, np.float32).reshape(-1, 6)
    possible = len(triangles) + len(object_boxes)
    prims = np.empty(8 * possible, np.float32)
    count = binary.fill_primitives(positions, triangles, object_boxes, prims)
    skipped = possible - count
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        tree, subtrees, top_nodes, bounds = _build_binary(pool, prims, count)
        choices = _solve(pool, prims, tree, subtrees, top_nodes)
    room = np.empty(2 * (MAX_DEPTH * WIDTH + WIDTH), np.int32)
    n_nodes, n_leaves = collapse.count_nodes(count, tree, choices, room)
    nodes = aligned_zeros(n_nodes * NODE_FLOATS)
    leaves = aligned_zeros(n_leaves * LEAF_FLOATS)
    collapse.write_nodes(
        prims, count, tree, choices, positions, triangles, room,
        nodes.reshape(n_nodes, NODE_FLOATS), leaves.reshape(n_leaves, LEAF_FLOATS),
    )  # fmt: skip
    return Accel(nodes=nodes, leaves=leaves, bounds=bounds, skipped=skipped)


def _each(pool, function, items):
    for _ in pool.map(function, items):
        pass


def _build_binary(pool, prims, count):
    """(tree, subtrees (k, 4) int32 as work entries, nodes above them, bounds)."""
    tree = np.empty(8 * max(count - 1, 0), np.float32)
    bounds = np.empty(binary.WORK_FLOATS, np.float32)
    binary.bounds_entry(prims, count, bounds)
    stop = max(count // _SUBTREE_SHARE, _SUBTREE_LEAST)
    ints, floats = _work(MAX_DEPTH + 1)
    ints[0] = 0, count, 0, 0
    floats[0] = bounds
    # a level of the tree has at most count / stop nodes above `stop`; below them hang the ranges handed back
    room = (_SUBTREE_SHARE + 1) * MAX_DEPTH + 2
    done_ints, done_floats = _work(room)
    top_nodes = np.empty(room, np.int32)
    waiting = 1 if count > 1 else 0
    done, written = binary.split_ranges(prims, tree, ints, floats, waiting, stop, done_ints, done_floats, top_nodes)
    subtrees = done_ints[:done].copy()
    none_ints, none_floats = _work(0)

    def finish(k):
        ints, floats = _work(MAX_DEPTH + 1)
        ints[0] = done_ints[k]
        floats[0] = done_floats[k]
        binary.split_ranges(prims, tree, ints, floats, 1, 1, none_ints, none_floats, np.empty(0, np.int32))

    _each(pool, finish, np.argsort(-subtrees[:, 1], kind="stable"))
    return tree, subtrees, top_nodes[:written].copy(), bounds.reshape(4, 4)[:2, :3].copy()


def _solve(pool, prims, tree, subtrees, top_nodes):
    """The choices of the optimal collapse, (n - 1, 8) uint8."""
    inner = len(tree) // 8
    costs = np.empty((inner, WIDTH - 1), np.float32)
    choices = np.empty((inner, WIDTH), np.uint8)
    kinds = np.empty(inner, np.uint8)

    def solve(subtree):
        nodes = np.arange(subtree[2] + subtree[1] - 2, subtree[2] - 1, -1, dtype=np.int32)
        collapse.solve_nodes(prims, tree, costs, choices, kinds, nodes)

    _each(pool, solve, subtrees)
    collapse.solve_nodes(prims, tree, costs, choices, kinds, np.sort(top_nodes)[::-1].copy())
    return choices


def _work(rows):
    return np.empty((rows, binary.WORK_INTS), np.int32), np.empty((rows, binary.WORK_FLOATS), np.float32)
