"""Analytic shapes and triangles: where rays meet them and what the surface is there, in double precision."""

import numpy as np
import pytest
from rendering import moved

from specrender.kernel.jit import kernel
from specrender.kernel.rays import closest_hit
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import f32, lane, vec3
from specrender.kernel.visibility import leave
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

FIELDS = ("p", "normal", "n", "s", "t", "uv")


@kernel(entry=True)
def _trace(tables, origins, directions, distances, surfaces, left):
    """Nearest hits: distances (n,), surfaces (n, 6, 4) as FIELDS, left (n, 4): start of a ray that goes on."""
    for i in range(origins.shape[0]):
        o = vec3(origins[i, 0], origins[i, 1], origins[i, 2])
        w = vec3(directions[i, 0], directions[i, 1], directions[i, 2])
        t, u, v, primitive, item = closest_hit(tables, o, w, f32(np.inf))
        distances[i] = t
        if t < f32(np.inf):
            hit = surface_hit(tables, o, w, t, u, v, primitive, item)
            start = leave(tables, hit, w)
            for k in range(4):
                surfaces[i, 0, k], surfaces[i, 1, k] = lane(hit.p, k), lane(hit.normal, k)
                surfaces[i, 2, k], surfaces[i, 3, k] = lane(hit.n, k), lane(hit.s, k)
                surfaces[i, 4, k], surfaces[i, 5, k] = lane(hit.t, k), lane(hit.uv, k)
                left[i, k] = lane(start, k)


def trace(shapes, origins, directions):
    """(distances (n,), {field: (n, 3) or (n, 4)}, starts (n, 3)) of rays into shapes, or into a scene."""
    tables = compile_scene(shapes if isinstance(shapes, d.Scene) else d.Scene(shapes=list(shapes))).tables
    origins, directions = (np.ascontiguousarray(a, np.float32) for a in (origins, directions))
    n = len(origins)
    distances, surfaces, left = np.zeros(n, np.float32), np.zeros((n, 6, 4), np.float32), np.zeros((n, 4), np.float32)
    _trace(tables, origins, directions, distances, surfaces, left)
    fields = {name: surfaces[:, i].astype(np.float64) for i, name in enumerate(FIELDS)}
    for name in FIELDS[:5]:
        assert np.all(fields[name][:, 3] == 0.0)
        fields[name] = fields[name][:, :3]
    return distances.astype(np.float64), fields, left[:, :3].astype(np.float64)


def rays(n=4000, seed=0, spread=3.0, center=(0.0, 0.0, 0.0)):
    """Rays from a shell around a centre to points near it, as float32 numbers in double precision."""
    rng = np.random.default_rng(seed)
    origins = rng.normal(size=(n, 3))
    origins *= spread * rng.uniform(1.0, 2.0, (n, 1)) / np.linalg.norm(origins, axis=1, keepdims=True)
    targets = rng.uniform(-1.2, 1.2, (n, 3))
    directions = targets - origins
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    origins += center
    return origins.astype(np.float32).astype(np.float64), directions.astype(np.float32).astype(np.float64)


TURNED = moved(0.3, -0.2, 0.4, scale=0.7, axis=(1, 2, -1), degrees=50.0)
STRETCHED = moved(0.3, -0.2, 0.4, scale=(0.8, 0.8, 1.3), axis=(1, 2, -1), degrees=50.0)


def local_rays(matrix, origins, directions):
    inverse = np.linalg.inv(matrix)
    return origins @ inverse[:3, :3].T + inverse[:3, 3], directions @ inverse[:3, :3].T


def nearest(*candidates):
    """Smallest positive of several distances with their validity."""
    values = [np.where(valid & (t > 0.0), t, np.inf) for t, valid in candidates]
    return np.min(values, axis=0)


def sphere_distance(o, w):
    a, b, c = np.sum(w * w, 1), np.sum(o * w, 1), np.sum(o * o, 1) - 1.0
    root = b * b - a * c
    half = np.sqrt(np.maximum(root, 0.0))
    return nearest(((-b - half) / a, root >= 0), ((-b + half) / a, root >= 0)), np.abs(root) > 1e-4


def disk_distance(o, w):
    t = -o[:, 2] / w[:, 2]
    r2 = np.sum((o + t[:, None] * w)[:, :2] ** 2, axis=1)
    return nearest((t, r2 <= 1.0)), np.abs(r2 - 1.0) > 1e-4


def cylinder_distance(o, w):
    a = np.sum(w[:, :2] ** 2, 1)
    b, c = np.sum(o[:, :2] * w[:, :2], 1), np.sum(o[:, :2] ** 2, 1) - 1.0
    root = b * b - a * c
    half = np.sqrt(np.maximum(root, 0.0))
    ends, sure = [], np.abs(root) > 1e-4
    for t in ((-b - half) / a, (-b + half) / a):
        z = o[:, 2] + t * w[:, 2]
        ends.append((t, (root >= 0) & (z >= 0.0) & (z <= 1.0)))
        sure &= (np.abs(z) > 1e-4) & (np.abs(z - 1.0) > 1e-4)
    return nearest(*ends), sure


def rectangle_distance(o, w):
    t = -o[:, 2] / w[:, 2]
    far = np.abs((o + t[:, None] * w)[:, :2]).max(axis=1)
    return nearest((t, far <= 1.0)), np.abs(far - 1.0) > 1e-4


def cube_distance(o, w):
    low, high = np.sort(np.stack([(-1.0 - o) / w, (1.0 - o) / w]), axis=0)
    enter, leave_ = low.max(axis=1), high.min(axis=1)
    return nearest((enter, enter <= leave_), (leave_, enter <= leave_)), np.abs(enter - leave_) > 1e-4


CASES = {
    "sphere": (d.Sphere, TURNED, sphere_distance),
    "disk": (d.Disk, STRETCHED, disk_distance),
    "cylinder": (d.Cylinder, STRETCHED, cylinder_distance),
    "rectangle": (d.Rectangle, STRETCHED, rectangle_distance),
    "cube": (d.Cube, STRETCHED, cube_distance),
}


@pytest.mark.parametrize("name", CASES)
def test_distances(name):
    """Hits and misses as in double precision, except within 1e-4 of the outline; distances to 2e-5 of a unit."""
    kind, place, distance = CASES[name]
    origins, directions = rays()
    found, fields, _ = trace([kind(to_world=place)], origins, directions)
    expected, sure = distance(*local_rays(place.matrix, origins, directions))
    hit = np.isfinite(expected)
    assert 0.1 < hit.mean() < 0.9
    assert np.array_equal(np.isfinite(found)[sure], hit[sure])
    both = hit & np.isfinite(found)
    # a grazing hit moves by the root of the rounding
    allowed = np.where(sure & (np.abs(np.sum(fields["normal"] * directions, 1)) > 0.05), 2e-5, 5e-3)[both]
    assert np.all(np.abs(found[both] - expected[both]) < allowed)


def surfaces(name):
    """(p, n, local p, fields) at the hits of a case."""
    kind, place, _ = CASES[name]
    origins, directions = rays()
    found, fields, _ = trace([kind(to_world=place)], origins, directions)
    hit = np.isfinite(found)
    fields = {key: value[hit] for key, value in fields.items()}
    local = (fields["p"] - place.matrix[:3, 3]) @ np.linalg.inv(place.matrix[:3, :3]).T
    return fields, local, place.matrix


def world_normal(matrix, local):
    n = local @ np.linalg.inv(matrix[:3, :3])
    return n / np.linalg.norm(n, axis=1, keepdims=True)


@pytest.mark.parametrize("name", CASES)
def test_surfaces(name):
    """Points lie on the surface, normals point outwards, frames are orthonormal."""
    fields, local, matrix = surfaces(name)
    if name == "sphere":
        assert np.allclose(np.linalg.norm(local, axis=1), 1.0, atol=2e-6)
        normal = world_normal(matrix, local)
    elif name == "cylinder":
        assert np.allclose(np.linalg.norm(local[:, :2], axis=1), 1.0, atol=2e-6)
        normal = world_normal(matrix, local * [1.0, 1.0, 0.0])
    elif name == "cube":
        assert np.allclose(np.abs(local).max(axis=1), 1.0, atol=2e-6)
        normal = world_normal(matrix, np.where(np.abs(local) > 0.99999, np.sign(local), 0.0))
        edges = np.sum(np.abs(local) > 0.99999, axis=1) > 1
        normal[edges] = fields["normal"][edges]
    else:
        assert np.abs(local[:, 2]).max() < 2e-6
        normal = world_normal(matrix, np.tile([0.0, 0.0, 1.0], (len(local), 1)))
    assert np.allclose(fields["normal"], normal, atol=1e-5)
    assert np.allclose(fields["n"], fields["normal"], atol=1e-6)
    basis = np.stack([fields["s"], fields["t"], fields["n"]], axis=1)
    assert np.allclose(basis @ basis.transpose(0, 2, 1), np.eye(3), atol=5e-6)
    assert np.allclose(np.linalg.det(basis), 1.0, atol=5e-6)


@pytest.mark.parametrize("name", CASES)
def test_texture_coordinates(name):
    """As in Mitsuba: angles of a sphere, (r, phi) of a disk, (phi, z) of a cylinder, the square of a rectangle."""
    fields, local, _ = surfaces(name)
    u, v = fields["uv"][:, 0], fields["uv"][:, 1]
    phi = np.arctan2(local[:, 1], local[:, 0]) / (2.0 * np.pi) % 1.0
    seam = (phi > 1e-3) & (phi < 0.999)
    if name == "sphere":
        assert np.allclose(u[seam], phi[seam], atol=1e-4)
        assert np.allclose(v, np.arccos(np.clip(local[:, 2], -1, 1)) / np.pi, atol=1e-3)
    elif name == "disk":
        assert np.allclose(u, np.hypot(local[:, 0], local[:, 1]), atol=1e-5)
        assert np.allclose(v[seam], phi[seam], atol=1e-3)
    elif name == "cylinder":
        assert np.allclose(u[seam], phi[seam], atol=1e-5)
        assert np.allclose(v, local[:, 2], atol=1e-5)
    elif name == "rectangle":
        assert np.allclose(np.stack([u, v], 1), 0.5 * local[:, :2] + 0.5, atol=1e-5)
    else:
        assert u.min() >= -1e-5
        assert max(u.max(), v.max()) <= 1.0 + 1e-5


@pytest.mark.parametrize("name", CASES)
def test_flipped_normals(name):
    kind, place, _ = CASES[name]
    origins, directions = rays(500)
    _, plain, _ = trace([kind(to_world=place)], origins, directions)
    _, flipped, _ = trace([kind(to_world=place, flip_normals=True)], origins, directions)
    assert np.array_equal(plain["p"], flipped["p"])
    assert np.array_equal(plain["normal"], -flipped["normal"])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_rays_leave_the_surface(name, offset):
    """A ray that goes on from a convex shape's hit towards the outside meets nothing, also far from the origin."""
    kind, place, _ = CASES[name]
    matrix = place.matrix.copy()
    matrix[:3, 3] += offset
    shape = [kind(to_world=d.Transform(matrix))]
    origins, directions = rays(center=matrix[:3, 3] - place.matrix[:3, 3])
    found, fields, _ = trace(shape, origins, directions)
    hit = np.isfinite(found)
    rng = np.random.default_rng(5)
    normals = fields["normal"][hit]
    if name != "cylinder":  # whose inside is seen too, and is not convex
        normals = normals * -np.sign(np.sum(normals * directions[hit], axis=1, keepdims=True))
        towards = rng.normal(size=normals.shape)
        towards *= np.sign(np.sum(towards * normals, axis=1, keepdims=True))
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        points = fields["p"][hit]
        # from the outside of what was hit: the start as `leave` gives it for a ray that comes back
        again, _, starts = trace(shape, origins[hit], directions[hit])
        starts = points + normals * np.linalg.norm(starts - points, axis=1, keepdims=True)
        again, _, _ = trace(shape, starts, towards)
        assert not np.isfinite(again).any()


def test_triangle_with_normals_and_uvs():
    """Barycentric interpolation of normals and texture coordinates, tangents along u for anisotropic materials."""
    vertices = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 0]])
    normals = np.array([[0.0, 0, 1], [0.6, 0, 0.8], [0, -0.6, 0.8]])
    uvs = np.array([[0.1, 0.2], [0.9, 0.4], [0.3, 0.8]])
    metal = d.RoughConductor(material="none", alpha_u=0.1, alpha_v=0.3)
    mesh = d.TriangleMesh(vertices=vertices, faces=[(0, 1, 2)], normals=normals, uvs=uvs, material=metal)
    rng = np.random.default_rng(1)
    b = rng.dirichlet([1.0, 1.0, 1.0], 200)
    points = b @ vertices
    found, fields, _ = trace([mesh], points + np.array([0.0, 0.0, 2.0]), np.tile([0.0, 0.0, -1.0], (200, 1)))
    assert np.allclose(found, 2.0, atol=1e-6)
    smooth = b @ normals
    smooth /= np.linalg.norm(smooth, axis=1, keepdims=True)
    assert np.allclose(fields["n"], smooth, atol=1e-5)
    assert np.allclose(fields["normal"], [0, 0, 1])
    assert np.allclose(fields["uv"], np.concatenate([b @ uvs, b[:, 1:]], axis=1), atol=1e-5)
    edges, delta = vertices[1:] - vertices[0], uvs[1:] - uvs[0]
    dp_du = np.linalg.inv(delta)[0] @ edges
    tangent = dp_du - smooth * (smooth @ dp_du)[:, None]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    assert np.allclose(fields["s"], tangent, atol=1e-5)


def test_face_normals_drop_vertex_normals():
    mesh = d.TriangleMesh(
        vertices=[(0, 0, 0), (2, 0, 0), (0, 2, 0)], faces=[(0, 1, 2)], normals=[(1, 0, 0)] * 3, face_normals=True
    )
    _, fields, _ = trace([mesh], [[0.3, 0.3, 1.0]], [[0.0, 0.0, -1.0]])
    assert np.allclose(fields["n"], [0, 0, 1])


def test_nearest_of_several():
    shapes = [d.Disk(to_world=moved(z=-1.0)), d.Sphere(radius=0.5), d.Rectangle(to_world=moved(z=0.6)), d.Cube()]
    found, fields, _ = trace(shapes, [[0.0, 0.0, 3.0], [0.0, 0.0, 0.8]], [[0.0, 0.0, -1.0]] * 2)
    assert np.allclose(found, [2.0, 0.2], atol=1e-6)
    assert np.allclose(fields["p"], [[0, 0, 1.0], [0, 0, 0.6]], atol=1e-6)


def test_sphere_far_away_keeps_its_digits():
    """A unit sphere seen from 1000 away: the silhouette stays round."""
    rng = np.random.default_rng(8)
    angle, r = rng.uniform(0.0, 2.0 * np.pi, 2000), rng.uniform(0.98, 1.02, 2000)
    targets = np.stack([r * np.cos(angle), r * np.sin(angle), np.zeros(2000)], axis=1)
    origins = np.tile([0.0, 0.0, 1000.0], (2000, 1))
    directions = targets - origins
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
    found, _, _ = trace([d.Sphere()], origins, directions)
    closest = np.linalg.norm(np.cross(origins, directions), axis=1) / np.linalg.norm(directions, axis=1)
    sure = np.abs(closest - 1.0) > 2e-4
    assert np.array_equal(np.isfinite(found)[sure], closest[sure] < 1.0)
