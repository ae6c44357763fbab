"""Building the hierarchy of a scene.

Stages: primitives with their boxes -> binary tree (binary.py) -> optimal 8-wide collapse (collapse.py) -> table.
Each stage is cut into tasks by the tree alone, so the result does not depend on the number of threads: the upper part
of the binary tree level by level, then its subtrees; the upper part of the wide tree, then what hangs below it.
Peak memory: 115 bytes a primitive before the table is written, 75 besides the table then.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from specrender.kernel.accel import binary, collapse
from specrender.kernel.accel.layout import (
    CORNER_ROWS,
    FAR_BYTES,
    ID_BIAS,
    LEAF_SIZE,
    LINE_FLOATS,
    LINE_PLACES,
    MAX_DEPTH,
    MOST_LINES,
    NODE_FAR,
    NODE_FLOATS,
    NODE_REFS,
    OBJECT_LEAF,
    PLACE,
    PLACE_BYTES,
    WIDTH,
)
from specrender.kernel.accel.small import SMALL_RANGE

#: Subtrees handed to threads have at most this share of the primitives, and at least that many.
_SUBTREE_SHARE = 64
_SUBTREE_LEAST = 4096
#: Triangles whose boxes are one task.
_PIECE = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Accel:
    """The hierarchy over a scene's triangles and objects (layout.py).

    Attributes
    ----------
    table : (16 m,) float32, table `bvh`; begins on a 64-byte boundary
    node_count : number of nodes at its beginning
    bounds : (2, 3) float32, lower and upper corner of all; lower > upper if there is nothing to hit
    skipped : number of triangles without area, with corners that are not finite or so far away (2e37) that sums are
        not, and of objects with such boxes
    """

    table: np.ndarray
    node_count: int
    bounds: np.ndarray
    skipped: int

    @property
    def places(self) -> int:
        """Length of the table in units of PLACE_BYTES, a multiple of LINE_PLACES."""
        return self.table.nbytes // PLACE_BYTES

    def moved(self, root: int = 0, first_triangle: int = 0, objects=None) -> "Accel":
        """The same tree for a table in which its root is at place `root`, a multiple of LINE_PLACES.

        first_triangle : added to the numbers of triangles.
        objects : (k,) int32 new numbers of the objects, or None to keep them.

        Raises
        ------
        MemoryError : the table has more lines than references can name.
        """
        check_lines((root + self.places) // LINE_PLACES)
        table = aligned_empty(len(self.table))
        table[:] = self.table
        rows = table[: NODE_FLOATS * self.node_count].reshape(-1, NODE_FLOATS)
        refs = rows[:, NODE_REFS // 4 : NODE_REFS // 4 + WIDTH].view(np.int32)
        present = rows[:, :WIDTH] <= rows[:, WIDTH : 2 * WIDTH]
        if first_triangle or objects is not None:
            leaf_refs = refs[present & (refs >= 0)]
            is_object = leaf_refs & OBJECT_LEAF != 0
            words = table.view(np.int32)
            words[id_places(leaf_refs[~is_object])] += np.int32(first_triangle)
            if objects is not None:
                places = id_places(leaf_refs[is_object])
                words[places] = np.asarray(objects, np.int32)[words[places] - ID_BIAS] + ID_BIAS
        refs[present] += np.int32(root)
        return Accel(table=table, node_count=self.node_count, bounds=self.bounds, skipped=self.skipped)


def check_lines(count):
    """MemoryError if a table of so many lines is longer than references can name."""
    if count > MOST_LINES:
        raise MemoryError(f"the hierarchy of the scene needs {count} lines of 64 bytes; there are {MOST_LINES} at most")


def id_places(refs):
    """Where in the table, in words of 4 bytes, the numbers of leaves' primitives are; refs (n,) int32."""
    sizes = (refs & LEAF_SIZE).astype(np.int64) + 1
    firsts = (refs & PLACE).astype(np.int64) // LINE_PLACES * LINE_FLOATS + CORNER_ROWS * sizes
    ends = np.cumsum(sizes)
    return np.repeat(firsts - (ends - sizes), sizes) + np.arange(sizes.sum())


def aligned_empty(count):
    """(count,) float32 that begin on a 64-byte boundary, not initialised."""
    buffer = np.empty(count + 16, np.float32)
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

    Raises
    ------
    MemoryError : there are more triangles than references can name.
    """
    positions = np.ascontiguousarray(positions, np.float32).reshape(-1)
    triangles = np.ascontiguousarray(triangles, np.int32).reshape(-1, 4)
    object_boxes = np.ascontiguousarray(object_boxes, np.float32).reshape(-1, 6)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        prims, count, bounds = _primitives(pool, positions, triangles, object_boxes)
        tree, subtrees, top_nodes = _build_binary(pool, prims, count, bounds)
        choices = _solve(pool, prims, tree, subtrees, top_nodes)
        table, node_count = _write(pool, prims, count, tree, choices, positions, triangles)
    box = np.stack([bounds[:3], -bounds[4:7]])
    skipped = len(triangles) + len(object_boxes) - count
    return Accel(table=table, node_count=node_count, bounds=box, skipped=skipped)


def _primitives(pool, positions, triangles, object_boxes):
    """(primitives, their number, bounds of all as the floats of a work entry)."""
    possible = len(triangles) + len(object_boxes)
    prims = np.empty(8 * (possible + SMALL_RANGE), np.float32)
    starts = range(0, len(triangles), _PIECE)
    bounds = np.empty((len(starts) + 1, binary.WORK_FLOATS), np.float32)

    def fill(start, bounds):
        return binary.fill_primitives(positions, triangles, start, min(start + _PIECE, len(triangles)), prims, bounds)

    found = [*pool.map(fill, starts, bounds), binary.fill_objects(object_boxes, len(triangles), prims, bounds[-1])]
    count = 0
    for start, n in zip([*starts, len(triangles)], found, strict=True):
        if n and start > count:  # close the gap that what was left out has made
            prims[8 * count : 8 * (count + n)] = prims[8 * start : 8 * (start + n)]
        count += n
    prims = prims[: 8 * (count + SMALL_RANGE)]
    prims[8 * count :] = np.inf
    return prims, count, bounds.min(axis=0)


def _subtree_size(count):
    """Most primitives of a subtree that is one task."""
    return max(count // _SUBTREE_SHARE, _SUBTREE_LEAST)


def _work(rows):
    return np.empty((rows, binary.WORK_INTS), np.int32), np.empty((rows, binary.WORK_FLOATS), np.float32)


def _build_binary(pool, prims, count, bounds):
    """(tree, subtrees (k, 4) int32 as work entries, nodes above them); bounds as the floats of a work entry."""
    tree = np.empty(8 * max(count - 1, 0), np.float32)
    stop = _subtree_size(count)

    def split(entry, stop):
        """Split a range until no part has more than `stop` primitives; the parts."""
        ints, floats = _work(MAX_DEPTH + 1)
        ints[0], floats[0] = entry
        done_ints, done_floats = _work(2)
        done = binary.split_ranges(prims, tree, ints, floats, 1, stop, done_ints, done_floats)
        return [(done_ints[k], done_floats[k]) for k in range(done)]

    level = [(np.array([0, count, 0, 0], np.int32), bounds)] if count > 1 else []
    subtrees, top_nodes = [], []
    while level:
        large = [entry for entry in level if entry[0][1] > stop]
        subtrees += [entry for entry in level if entry[0][1] <= stop]
        top_nodes += [entry[0][2] for entry in large]
        level = [part for parts in pool.map(lambda e: split(e, int(e[0][1]) - 1), large) for part in parts]
    subtrees.sort(key=lambda entry: -entry[0][1])
    for _ in pool.map(lambda e: split(e, 1), subtrees):
        pass
    ranges = np.array([ints for ints, _ in subtrees], np.int32).reshape(-1, binary.WORK_INTS)
    return tree, ranges, np.array(top_nodes, np.int32)


def _solve(pool, prims, tree, subtrees, top_nodes):
    """The choices of the optimal collapse, (n - 1, 8) uint8."""
    inner = len(tree) // 8
    costs = np.empty((inner, WIDTH), np.float32)
    choices = np.empty((inner, WIDTH), np.uint8)
    kinds = np.empty(inner, np.uint8)

    def solve(subtree):
        nodes = np.arange(subtree[2] + subtree[1] - 2, subtree[2] - 1, -1, dtype=np.int32)
        collapse.solve_nodes(prims, tree, costs, choices, kinds, nodes)

    for _ in pool.map(solve, subtrees):
        pass
    collapse.solve_nodes(prims, tree, costs, choices, kinds, np.sort(top_nodes)[::-1].copy())
    return choices


def _write(pool, prims, count, tree, choices, positions, triangles):
    """The wide tree: (table, number of nodes)."""
    root, stop = (0 if count > 1 else -1), _subtree_size(count)
    stack = MAX_DEPTH * WIDTH + WIDTH
    # at most `count / stop` wide nodes of a level have more than `stop` primitives
    room = (_SUBTREE_SHARE + 1) * MAX_DEPTH * WIDTH

    def size(node, node_count, stop, handed):
        return collapse.count_nodes(tree, choices, node, node_count, stop, np.empty((stack, 2), np.int64), handed)

    handed = np.empty((room, 2), np.int64)
    top_nodes, top_lines, below = size(root, count, stop, handed)
    nothing = np.empty((0, 2), np.int64)
    sizes = list(pool.map(lambda row: size(row[0], row[1], 0, nothing), handed[:below]))
    sizes = {int(node): (n - 1, m) for (node, _), (n, m, _) in zip(handed, sizes, strict=False)}
    node_count = top_nodes + sum(n for n, _ in sizes.values())
    first_line = node_count * NODE_FLOATS // LINE_FLOATS
    line_count = first_line + top_lines + sum(m for _, m in sizes.values())
    check_lines(line_count)
    table = aligned_empty(line_count * LINE_FLOATS)

    def write(start, stop, next_node, next_line, handed):
        return collapse.write_nodes(
            prims, tree, choices, positions, triangles, np.array(start, np.int64), stop, next_node, next_line,
            np.empty((stack, 4), np.int64), table, handed,
        )  # fmt: skip

    handed = np.empty((room, 4), np.int64)
    write((root, 0, count, 0), stop, 1, first_line, handed)
    tasks, next_node, next_line = [], top_nodes, first_line + top_lines
    for row in handed[:below]:
        tasks.append((row, next_node, next_line))
        n, m = sizes[int(row[0])]
        next_node, next_line = next_node + n, next_line + m
    tasks.sort(key=lambda task: -task[0][2])
    nothing = np.empty((0, 4), np.int64)
    for _ in pool.map(lambda task: write(task[0], 0, task[1], task[2], nothing), tasks):
        pass
    table.view(np.int32)[NODE_FAR // 4] = table.nbytes > FAR_BYTES
    return table, node_count
