"""The hierarchy against a brute-force twin, its invariants and its edge cases."""

import numpy as np
import pytest

from specrender.kernel.accel import build as build_module
from specrender.kernel.accel.build import build
from specrender.kernel.accel.layout import (
    BOTTOM,
    CORNER_ROWS,
    ID_BIAS,
    INNER,
    LEAF_SIZE,
    LINE_BYTES,
    LINE_FLOATS,
    LINE_PLACES,
    MAX_DEPTH,
    MOST_LINES,
    NODE_FLOATS,
    NODE_PLACES,
    NODE_REFS,
    OBJECT_LEAF,
    PLACE,
    STACK_SIZE,
    WIDTH,
    leaf_lines,
)
from specrender.kernel.accel.traverse import make_rooted_traversal, make_traversal
from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, f32, sqrt, vec3
from specrender.kernel.tables import Tables

LAYOUT = {"bvh": np.float32, "spheres": np.float32}
NO_TRIANGLES = np.zeros((0, 4), np.int32)
NO_BOXES = np.zeros((0, 6), np.float32)


@kernel
def intersect_sphere(tables, number, origin, direction, t_max):
    """Object `number` is the sphere in elements 4 number .. 4 number + 3 of `spheres`: centre, radius."""
    i = 4 * number
    center = vec3(tables.spheres[i], tables.spheres[i + 1], tables.spheres[i + 2])
    radius = tables.spheres[i + 3]
    s = origin - center
    b = dot(s, direction)
    discriminant = b * b - (dot(s, s) - radius * radius)
    if discriminant >= f32(0.0):
        root = sqrt(discriminant)
        t = -b - root if -b - root > f32(0.0) else -b + root
        if t > f32(0.0) and t < t_max:
            return t, f32(0.25), f32(0.5), np.int32(number + 1000)
    return f32(np.inf), f32(0.0), f32(0.0), np.int32(-1)


closest_hit, occluded = make_traversal(intersect_sphere)
closest_hit_below, occluded_below = make_rooted_traversal(intersect_sphere)


@kernel
def cast(tables, root, rays, hits, numbers, shadowed):
    for i in range(len(rays)):
        origin = vec3(rays[i, 0], rays[i, 1], rays[i, 2])
        direction = vec3(rays[i, 3], rays[i, 4], rays[i, 5])
        if root == 0:
            t, u, v, primitive, number = closest_hit(tables, origin, direction, rays[i, 6])
            shadowed[i] = occluded(tables, origin, direction, rays[i, 6])
        else:
            t, u, v, primitive, number = closest_hit_below(tables, root, origin, direction, rays[i, 6])
            shadowed[i] = occluded_below(tables, root, origin, direction, rays[i, 6])
        hits[i, 0], hits[i, 1], hits[i, 2] = t, u, v
        numbers[i, 0], numbers[i, 1] = primitive, number


def tables_of(*accels, spheres=()):
    return Tables(
        LAYOUT,
        {
            "bvh": np.concatenate([a.table for a in accels]),
            "spheres": np.asarray(spheres, np.float32).reshape(-1),
        },
    )


def shoot(tables, rays, root=0):
    """(t, u, v) (n, 3), (primitive, object) (n, 2), shadowed (n,)."""
    hits = np.zeros((len(rays), 3), np.float32)
    numbers = np.zeros((len(rays), 2), np.int32)
    shadowed = np.zeros(len(rays), np.bool_)
    cast(tables, root, np.ascontiguousarray(rays, np.float32), hits, numbers, shadowed)
    return hits, numbers, shadowed


def mesh(corners):
    """(positions, triangles) of separate triangles, corners (n, 3, 3)."""
    corners = np.asarray(corners, np.float32).reshape(-1, 3, 3)
    positions = np.zeros((3 * len(corners), 4), np.float32)
    positions[:, :3] = corners.reshape(-1, 3)
    triangles = np.full((len(corners), 4), 77, np.int32)
    triangles[:, :3] = np.arange(3 * len(corners)).reshape(-1, 3)
    return positions, triangles


def random_corners(rng, count, size=0.05):
    return (rng.random((count, 1, 3)) + size * rng.normal(size=(count, 3, 3))).astype(np.float32)


def random_rays(rng, count):
    """Rays from within the unit cube; many run along axes or planes, with both zeros; two thirds are short."""
    rays = np.zeros((count, 7), np.float32)
    rays[:, :3] = rng.random((count, 3))
    d = rng.normal(size=(count, 3))
    d[::5, 0] = 0.0
    d[::7, 1] = -0.0
    d[::10, 2] = 0.0
    d[np.all(d == 0, axis=1), 1] = -1.0
    d /= np.linalg.norm(d, axis=1)[:, None]
    d[1::20] = np.eye(3)[rng.integers(3, size=len(d[1::20]))] * rng.choice([-1, 1], size=(len(d[1::20]), 1))
    rays[:, 3:6] = d
    rays[:, 6] = np.inf
    rays[::3, 6] = 0.3
    rays[1::3, 6] = 1.5
    return rays


def brute_force(corners, rays):
    """Nearest hits in float64: t (n,), triangle (n,)."""
    v0 = corners[:, 0].astype(np.float64)
    e1, e2 = corners[:, 1] - v0, corners[:, 2] - v0
    nearest, triangle = np.full(len(rays), np.inf), np.full(len(rays), -1)
    for i, ray in enumerate(rays.astype(np.float64)):
        with np.errstate(divide="ignore", invalid="ignore"):
            p = np.cross(ray[3:6], e2)
            scale = 1.0 / np.sum(e1 * p, axis=1)
            s = ray[:3] - v0
            u = np.sum(s * p, axis=1) * scale
            q = np.cross(s, e1)
            v = q @ ray[3:6] * scale
            t = np.sum(e2 * q, axis=1) * scale
            t = np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0) & (t < ray[6]), t, np.inf)
        k = np.argmin(t)
        if t[k] < np.inf:
            nearest[i], triangle[i] = t[k], k
    return nearest, triangle


def same_bits(a, b):
    return np.array_equal(a.table.view(np.int32), b.table.view(np.int32))


@pytest.mark.parametrize("count", [*range(1, 10), 60, 1500])
def test_random_triangles_as_brute_force(count):
    rng = np.random.default_rng(count)
    corners = random_corners(rng, count, 0.05 if count > 100 else 0.3)
    rays = random_rays(rng, 1000)
    aim = corners.mean(axis=1)[rng.integers(count, size=500)] - rays[::2, :3]
    rays[::2, 3:6] = aim / np.linalg.norm(aim, axis=1)[:, None]
    hits, numbers, shadowed = shoot(tables_of(build(*mesh(corners), NO_BOXES)), rays)
    t, triangle = brute_force(corners, rays)
    assert (triangle >= 0).any() and (triangle < 0).any()
    np.testing.assert_array_equal(numbers[:, 0], triangle)
    assert np.all(numbers[:, 1] == -1)
    np.testing.assert_array_equal(np.isinf(hits[:, 0]), triangle < 0)
    np.testing.assert_array_equal(shadowed, triangle >= 0)
    hit = triangle >= 0
    np.testing.assert_allclose(hits[hit, 0], t[hit], rtol=1e-4, atol=1e-6)
    u, v = hits[hit, 1:2], hits[hit, 2:3]
    a, b, c = corners[triangle[hit]].transpose(1, 0, 2)
    points = rays[hit, :3] + hits[hit, :1] * rays[hit, 3:6]
    np.testing.assert_allclose((1 - u - v) * a + u * b + v * c, points, atol=1e-4)


def test_empty_scene():
    accel = build(np.zeros((0, 4), np.float32), NO_TRIANGLES, NO_BOXES)
    assert len(accel.table) == NODE_FLOATS and accel.node_count == 1 and accel.skipped == 0
    assert np.all(accel.bounds[0] > accel.bounds[1])
    hits, numbers, shadowed = shoot(tables_of(accel), random_rays(np.random.default_rng(0), 50))
    assert np.all(np.isinf(hits[:, 0])) and np.all(numbers == -1) and not shadowed.any()


def test_grid_seen_edge_on_and_through_its_seams():
    """A flat tessellated square: rays through shared edges and corners hit, rays within its plane do not."""
    n = 16
    x, y = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    right, up = np.array([1, 0, 0]), np.array([0, 1, 0])
    a = np.stack([x, y, 0 * x], -1).reshape(-1, 3)
    lower = np.stack([a, a + right, a + right + up], 1)
    upper = np.stack([a, a + right + up, a + up], 1)
    tables = tables_of(build(*mesh(np.concatenate([lower, upper])), NO_BOXES))
    steps = np.arange(1, 2 * n) / 2
    px, py = (g.reshape(-1) for g in np.meshgrid(steps, steps))
    rays = np.zeros((len(px), 7), np.float32)
    rays[:, 0], rays[:, 1], rays[:, 2] = px, py, 5.0
    rays[:, 5], rays[:, 6] = -1.0, np.inf
    hits, _, shadowed = shoot(tables, rays)
    np.testing.assert_array_equal(hits[:, 0], 5.0)
    assert shadowed.all()
    rays[:, 2], rays[:, 5], rays[:, 3] = 0.0, 0.0, 1.0
    hits, _, shadowed = shoot(tables, rays)
    assert np.all(np.isinf(hits[:, 0])) and not shadowed.any()


@pytest.mark.parametrize("offset", [0.0, 50.0])
def test_no_ray_leaves_a_closed_surface(offset):
    """From within a tessellated ball, at points of its edges and at its corners."""
    rng = np.random.default_rng(9)
    theta, phi = np.meshgrid(np.arange(25) / 24 * np.pi, np.arange(48) / 24 * np.pi, indexing="ij")
    ball = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1)
    ball[0], ball[-1] = ball[0, 0], ball[-1, 0]
    ball = (ball + offset).astype(np.float32)
    after = np.roll(ball, -1, axis=1)
    a, b, c, d = (corner.reshape(-1, 3) for corner in (ball[:-1], ball[1:], after[1:], after[:-1]))
    corners = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    accel = build(*mesh(corners), NO_BOXES)
    assert accel.skipped == 2 * 48  # the poles
    weight = rng.integers(0, 17, (20000, 1)) / 16
    edge = corners[rng.integers(len(corners), size=20000)]
    rays = np.zeros((20000, 7), np.float32)
    rays[:, :3] = offset + 0.4 * rng.random((20000, 3))
    aim = edge[:, 0] * weight + edge[:, 1] * (1 - weight) - rays[:, :3].astype(np.float64)
    rays[:, 3:6] = aim / np.linalg.norm(aim, axis=1)[:, None]
    rays[:, 6] = np.inf
    hits, _, shadowed = shoot(tables_of(accel), rays)
    np.testing.assert_allclose(hits[:, 0], np.linalg.norm(aim, axis=1), rtol=1e-3)
    assert shadowed.all()


LIMITS = (1.0, 1.0001, 0.0, -0.0, -1.0, -1e-40, np.inf, -np.inf, np.nan, -np.nan)


def test_ends_of_the_range_are_open():
    tables = tables_of(build(*mesh([[[0, 0, 1], [4, 0, 1], [0, 4, 1]]]), NO_BOXES))
    rays = np.array([[1, 1, 0, 0, 0, 1, t] for t in LIMITS], np.float32)
    rays = np.concatenate([rays, [[1, 1, 1, 0, 0, 1, 9], [1, 1, 1, 0, 0, -1, 9]]])
    hits, _, shadowed = shoot(tables, rays)
    np.testing.assert_array_equal(np.isfinite(hits[:, 0]), [t > 1 for t in LIMITS] + [False] * 2)
    np.testing.assert_array_equal(shadowed, [t > 1 for t in LIMITS] + [False] * 2)


def test_degenerate_and_broken_triangles_are_never_hit():
    rng = np.random.default_rng(3)
    corners = random_corners(rng, 300, 0.2)
    corners[::3, 2] = corners[::3, 1]
    corners[1::30] = corners[1::30, :1]
    corners[2::30, 0, 1] = np.nan
    corners[5::30, 1, 2] = np.inf
    accel = build(*mesh(corners), NO_BOXES)
    assert accel.skipped == 100 + 10 + 10 + 10
    rays = random_rays(rng, 500)
    _, numbers, _ = shoot(tables_of(accel), rays)
    good = np.ones(300, bool)
    for first, step in ((0, 3), (1, 30), (2, 30), (5, 30)):
        good[first::step] = False
    _, triangle = brute_force(corners[good], rays)
    np.testing.assert_array_equal(numbers[:, 0], np.where(triangle >= 0, np.flatnonzero(good)[triangle], -1))


def test_spheres_among_triangles():
    rng = np.random.default_rng(4)
    corners = random_corners(rng, 400)
    spheres = np.concatenate([rng.random((100, 3)), 0.02 + 0.05 * rng.random((100, 1))], 1).astype(np.float32)
    boxes = np.concatenate([spheres[:, :3] - spheres[:, 3:], spheres[:, :3] + spheres[:, 3:]], 1)
    accel = build(*mesh(corners), boxes)
    rays = random_rays(rng, 1000)
    hits, numbers, shadowed = shoot(tables_of(accel, spheres=spheres), rays)
    t, triangle = brute_force(corners, rays)
    s = rays[:, None, :3].astype(np.float64) - spheres[:, :3]
    b = np.einsum("ijk,ik->ij", s, rays[:, 3:6])
    inner = b * b - np.sum(s * s, -1) + spheres[:, 3] ** 2
    root = np.sqrt(np.maximum(inner, 0))
    t_sphere = np.where(-b - root > 0, -b - root, -b + root)
    t_sphere = np.where((inner >= 0) & (t_sphere > 0) & (t_sphere < rays[:, 6:]), t_sphere, np.inf)
    nearest = np.argmin(t_sphere, axis=1)
    t_sphere = t_sphere[np.arange(1000), nearest]
    on_sphere = t_sphere < t
    assert on_sphere.sum() > 100 and (triangle[~on_sphere] >= 0).sum() > 50
    np.testing.assert_array_equal(numbers[:, 1], np.where(on_sphere, nearest, -1))
    np.testing.assert_array_equal(numbers[:, 0], np.where(on_sphere, nearest + 1000, triangle))
    np.testing.assert_allclose(hits[:, 0], np.minimum(t, t_sphere), rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(shadowed, np.isfinite(hits[:, 0]))
    np.testing.assert_array_equal(hits[on_sphere, 1:], [[0.25, 0.5]] * on_sphere.sum())


def leaf_at(accel, ref):
    """(first line, corners (n, 3, 3), primitive numbers (n,)) of a leaf; the rest of its lines is zero."""
    first, size = (ref & PLACE) // LINE_PLACES, (ref & LEAF_SIZE) + 1
    words = accel.table[first * LINE_FLOATS :][: LINE_FLOATS * leaf_lines(size)]
    rows = words[: (CORNER_ROWS + 1) * size].reshape(-1, size)
    assert not words[rows.size :].view(np.int32).any()
    return first, rows[:CORNER_ROWS].T.reshape(size, 3, 3), rows[CORNER_ROWS].view(np.int32) - ID_BIAS


def nodes_of(accel):
    """(n, 64) float32."""
    return accel.table[: accel.node_count * NODE_FLOATS].reshape(-1, NODE_FLOATS)


def leaf_refs(accel):
    """All references of leaves."""
    nodes = nodes_of(accel)
    refs = nodes.view(np.int32)[:, NODE_REFS // 4 : NODE_REFS // 4 + WIDTH]
    return [int(ref) for ref in refs[nodes[:, :WIDTH] <= nodes[:, WIDTH : 2 * WIDTH]] if ref >= 0]


def walk(accel):
    """Check the wide tree's structure: (triangle ids, object ids, depth, greatest stack use)."""
    nodes = nodes_of(accel)
    refs = nodes.view(np.int32)[:, NODE_REFS // 4 :]
    triangles, objects, seen_nodes, seen_lines = [], [], [], []
    pending = [(0, 0, 1, None)]
    depth, need = 0, 0
    while pending:
        node, level, stack, box = pending.pop()
        seen_nodes.append(node)
        depth, need = max(depth, level), max(need, stack)
        boxes = nodes[node, : 6 * WIDTH].reshape(3, 2, WIDTH)
        present = np.flatnonzero(boxes[0, 0] <= boxes[0, 1])
        if box is not None:
            assert np.all(boxes[:, 0, present] >= box[:, :1]) and np.all(boxes[:, 1, present] <= box[:, 1:])
        for k in present:
            ref = refs[node, k]
            if ref < 0:
                number, rest = divmod(ref - INNER, NODE_PLACES)
                assert rest == 0
                pending.append((number, level + 1, stack + len(present) - 1, boxes[:, :, k]))
            else:
                assert ref != BOTTOM
                first, _, ids = leaf_at(accel, ref)
                seen_lines.extend(range(first, first + leaf_lines(len(ids))))
                (objects if ref & OBJECT_LEAF else triangles).extend(ids)
    assert sorted(seen_nodes) == list(range(len(nodes)))
    first_line = len(nodes) * NODE_FLOATS // LINE_FLOATS
    assert sorted(seen_lines) == list(range(first_line, len(accel.table) // LINE_FLOATS))
    return sorted(triangles), sorted(objects), depth, need


def test_every_primitive_is_in_one_leaf():
    rng = np.random.default_rng(5)
    lower = rng.random((70, 3))
    accel = build(*mesh(random_corners(rng, 500)), np.concatenate([lower, lower + 0.1], 1))
    triangles, objects, _, need = walk(accel)
    assert triangles == list(range(500)) and objects == list(range(70))
    assert need + WIDTH <= STACK_SIZE
    assert accel.table.ctypes.data % 64 == 0


@pytest.mark.parametrize("kind", ["coincident", "geometric", "line"])
def test_depth_is_bounded(kind):
    """Coincident centroids, extents that shrink without end, and centroids on a line."""
    rng = np.random.default_rng(6)
    corners = random_corners(rng, 5000)
    if kind == "coincident":
        corners[:] = corners[0]
    elif kind == "geometric":
        corners = (corners[:1] * np.logspace(-15, 15, 5000)[:, None, None]).astype(np.float32)
    else:
        corners[:, :, 1:] = corners[0, :, 1:]
    accel = build(*mesh(corners), NO_BOXES)
    triangles, _, depth, need = walk(accel)
    assert triangles == list(range(5000))
    assert depth <= MAX_DEPTH and need + WIDTH <= STACK_SIZE
    hits, _, _ = shoot(tables_of(accel), random_rays(rng, 50))
    assert not np.isnan(hits).any()


def test_threads_do_not_change_the_tree():
    corners = random_corners(np.random.default_rng(7), 20000, 0.01)
    one = build(*mesh(corners), NO_BOXES, threads=1)
    for threads in (2, 3):
        assert same_bits(one, build(*mesh(corners), NO_BOXES, threads=threads))


def test_second_tree_in_the_same_tables():
    """A moved tree below its own root sees its own triangles only, and the one before it likewise."""
    rng = np.random.default_rng(8)
    first, second = random_corners(rng, 200), random_corners(rng, 300)
    above = build(*mesh(first), NO_BOXES)
    below = build(*mesh(second), NO_BOXES)
    root = above.places
    tables = tables_of(above, below.moved(root))
    rays = random_rays(rng, 500)
    np.testing.assert_array_equal(shoot(tables, rays)[1][:, 0], brute_force(first, rays)[1])
    np.testing.assert_array_equal(shoot(tables, rays, root)[1][:, 0], brute_force(second, rays)[1])


@pytest.mark.parametrize("size", range(1, WIDTH + 1))
def test_rows_of_a_leaf_are_read_within_its_own_lines(size):
    end = 4 * size * (CORNER_ROWS - 1) + 4 * WIDTH  # of the eight lanes of the last row of corners
    assert max(end, 4 * size * (CORNER_ROWS + 1)) <= LINE_BYTES * leaf_lines(size)
    assert LINE_BYTES * (leaf_lines(size) - 1) < 4 * size * (CORNER_ROWS + 1)


def test_leaves_of_all_sizes_hold_their_triangles():
    corners = random_corners(np.random.default_rng(11), 3000)
    accel = build(*mesh(corners), NO_BOXES)
    sizes = set()
    for ref in leaf_refs(accel):
        _, inside, ids = leaf_at(accel, ref)
        np.testing.assert_array_equal(inside, corners[ids])
        sizes.add(len(ids))
    assert sizes == set(range(1, WIDTH + 1))


@pytest.mark.parametrize("count", range(1, WIDTH))
def test_what_follows_a_row_is_no_triangle(count):
    """Rays at the triangles that lanes beyond those of a leaf seem to hold: rows that follow, numbers, zeros."""
    rng = np.random.default_rng(20 + count)
    corners = rng.random((count, 3, 3)).astype(np.float32)
    accel = build(*mesh(corners), NO_BOXES)
    (ref,) = leaf_refs(accel)
    start = (ref // LINE_PLACES) * LINE_FLOATS
    row = np.arange(CORNER_ROWS)[:, None] * count + np.arange(count, WIDTH)
    phantoms = accel.table[start:][row].T.reshape(-1, 3, 3)
    weights = rng.dirichlet([1, 1, 1], size=(200, len(phantoms)))
    aims = np.einsum("ijk,jkl->ijl", weights, phantoms).reshape(-1, 3)
    rays = np.zeros((len(aims), 7), np.float32)
    rays[:, :3], rays[:, 6] = 3 * rng.random((len(aims), 3)) - 1, np.inf
    rays[:, 3:6] = aims - rays[:, :3]
    rays[:, 3:6] /= np.linalg.norm(rays[:, 3:6], axis=1)[:, None]
    hits, numbers, shadowed = shoot(tables_of(accel), rays)
    _, triangle = brute_force(corners, rays)
    assert (triangle < 0).any()
    np.testing.assert_array_equal(numbers[:, 0], triangle)
    np.testing.assert_array_equal(shadowed, triangle >= 0)
    np.testing.assert_array_equal(np.isinf(hits[:, 0]), triangle < 0)


def test_moved_trees_name_other_primitives():
    rng = np.random.default_rng(12)
    lower = rng.random((30, 3))
    accel = build(*mesh(random_corners(rng, 200)), np.concatenate([lower, lower + 0.1], 1))
    numbers = rng.permutation(1000)[:30]
    moved = accel.moved(first_triangle=5000, objects=numbers)
    triangles, objects, _, _ = walk(moved)
    assert triangles == list(range(5000, 5200)) and objects == sorted(numbers)
    for ref in leaf_refs(accel):
        _, corners, ids = leaf_at(accel, ref)
        _, same_corners, new_ids = leaf_at(moved, ref)
        np.testing.assert_array_equal(corners, same_corners)
        np.testing.assert_array_equal(new_ids, numbers[ids] if ref & OBJECT_LEAF else ids + 5000)
    assert leaf_refs(accel.moved(72)) == [ref + 72 for ref in leaf_refs(accel)]


def test_longer_tables_than_references_can_name(monkeypatch):
    triangles = mesh(random_corners(np.random.default_rng(13), 500))
    accel = build(*triangles, NO_BOXES)
    lines = len(accel.table) // LINE_FLOATS
    accel.moved((MOST_LINES - lines) * LINE_PLACES)
    with pytest.raises(MemoryError, match=f"{MOST_LINES + 1} lines"):
        accel.moved((MOST_LINES - lines + 1) * LINE_PLACES)
    monkeypatch.setattr(build_module, "MOST_LINES", lines)
    assert same_bits(build(*triangles, NO_BOXES), accel)
    monkeypatch.setattr(build_module, "MOST_LINES", lines - 1)
    with pytest.raises(MemoryError, match="lines"):
        build(*triangles, NO_BOXES)
