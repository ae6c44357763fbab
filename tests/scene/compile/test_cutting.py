"""Large triangles near small things: cut where they must be, and nothing else changed."""

import numpy as np
import pytest
from rendering import moved

from specrender.scene import description as d
from specrender.scene.compile import compile_scene, cutting
from specrender.scene.compile.cutting import LARGEST_RATIO, REACH, Details, cut_large_triangles, details_of_boxes
from specrender.scene.compile.geometry import PlacedMesh

#: A slanted plane: normals, texture coordinates and values of vertices are linear on it.
AXES = np.array([[0.8, 0.1, 0.59], [-0.1, 0.99, 0.0]])


def plane(half_size, **fields):
    """A mesh of three triangles: two of a square, and one of length 1 far away."""
    places = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half_size
    places = np.concatenate([places, [[3 * half_size, 0], [3 * half_size + 1, 0], [3 * half_size, 0.5]]])
    positions = np.zeros((7, 4), np.float32)
    positions[:, :3] = places @ AXES
    faces = np.array([[0, 1, 2], [2, 3, 0], [4, 5, 6]], np.int32)
    uvs = (places / half_size).astype(np.float32)
    normals = np.tile(np.array([0.0, 0.6, 0.8, 0.0], np.float32), (7, 1))
    attributes = {
        "vertex_value": (uvs @ [[2.0], [3.0]]).astype(np.float32),
        "face_number": np.arange(3, dtype=np.float32)[:, None],
    }
    given = {"normals": normals, "uvs": uvs, "attributes": attributes, "emits": False}
    return PlacedMesh(0, positions, faces, **given | fields)


def one_detail(size=1.0, centre=(0.0, 0.0, 0.0)):
    return Details(np.array([centre]), np.array([size / 2]), np.array([size]))


def crosses(mesh):
    """(m, 3) twice the areas of the triangles times their normals."""
    a, b, c = np.moveaxis(mesh.positions[mesh.faces, :3].astype(np.float64), 1, 0)
    return np.cross(b - a, c - a)


def lengths(corners):
    return np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)


def test_pieces_are_small_near_a_detail_and_few():
    mesh = plane(1e6)
    cut_large_triangles([mesh], one_detail())
    corners = mesh.positions[mesh.faces, :3].astype(np.float64)
    size = lengths(corners)
    outside = np.maximum(np.maximum(corners.min(axis=1), -corners.max(axis=1)), 0.0)
    near = np.linalg.norm(outside, axis=1) - 0.5 < REACH * size
    assert near.any() and (size[near] <= LARGEST_RATIO).all()
    assert 20 < len(mesh.faces) < 400


def test_pieces_are_the_triangle():
    """Areas add up; every piece faces the same way; what is blended stays linear in the place."""
    whole, mesh = plane(1e6), plane(1e6)
    cut_large_triangles([mesh], one_detail())
    before, after = crosses(whole), crosses(mesh)
    owners = mesh.attributes["face_number"][:, 0].astype(int)
    for face in range(3):
        np.testing.assert_allclose(after[owners == face].sum(axis=0), before[face], rtol=1e-6, atol=1e-6 * 1e12)
    along = np.einsum("ij,ij->i", after, before[owners])
    norms = np.linalg.norm(after, axis=1) * np.linalg.norm(before[owners], axis=1)
    assert (along > 0.999 * norms).all()
    used = np.unique(mesh.faces)
    places = mesh.positions[used, :3].astype(np.float64) @ np.linalg.pinv(AXES)
    np.testing.assert_allclose(mesh.uvs[used], places / 1e6, atol=2e-6)
    np.testing.assert_allclose(mesh.attributes["vertex_value"][used], mesh.uvs[used] @ [[2.0], [3.0]], atol=1e-5)
    np.testing.assert_allclose(mesh.normals, whole.normals[:1].repeat(len(mesh.normals), axis=0), atol=1e-6)


def test_triangles_keep_their_numbers():
    """The first piece takes the number of its triangle; those that are not cut are untouched."""
    whole, mesh = plane(1e6), plane(1e6)
    cut_large_triangles([mesh], one_detail())
    assert mesh.attributes["face_number"][:3, 0].tolist() == [0.0, 1.0, 2.0]
    np.testing.assert_array_equal(mesh.faces[2], whole.faces[2])
    np.testing.assert_array_equal(mesh.positions[:7], whole.positions)


@pytest.mark.parametrize(
    ("half_size", "fields", "detail"),
    [
        pytest.param(1000.0, {}, one_detail(), id="not that large"),
        pytest.param(1e6, {}, one_detail(centre=(0.0, 0.0, 5e6)), id="nothing near"),
        pytest.param(1e6, {}, Details.joined([]), id="nothing at all"),
        pytest.param(1e6, {"emits": True}, one_detail(), id="a lamp"),
    ],
)
def test_others_stay_whole(half_size, fields, detail):
    mesh, whole = plane(half_size, **fields), plane(half_size)
    cut_large_triangles([mesh], detail)
    np.testing.assert_array_equal(mesh.faces, whole.faces)
    np.testing.assert_array_equal(mesh.positions, whole.positions)


def test_where_single_precision_ends_cuts_end():
    """Far from the origin a place is known no better than to a share of its distance: smaller pieces would not help."""
    mesh = plane(1e6)
    cut_large_triangles([mesh], one_detail(1e-3, centre=tuple(np.array([5e5, 5e5]) @ AXES)))
    assert len(mesh.faces) < 60


def test_cuts_end_at_a_number_of_pieces(monkeypatch):
    monkeypatch.setattr(cutting, "MOST_PIECES", 50)
    places = np.random.default_rng(3).uniform(-1e6, 1e6, (500, 2)) @ AXES
    mesh = plane(1e6)
    cut_large_triangles([mesh], Details(places, np.full(500, 0.1), np.full(500, 0.1)))
    assert 40 <= len(mesh.faces) <= 53
    np.testing.assert_allclose(crosses(mesh).sum(axis=0), crosses(plane(1e6)).sum(axis=0), rtol=1e-6, atol=1e6)


def test_texture_coordinates_of_a_mesh_that_has_none():
    """The kernel takes places within a triangle for them, and so it does on its pieces; other triangles keep theirs."""
    mesh = plane(1e6, uvs=None, attributes={"vertex_value": np.arange(7, dtype=np.float32)[:, None]})
    whole = plane(1e6)
    cut_large_triangles([mesh], one_detail())
    owners = np.concatenate([np.arange(3), mesh.pieces])
    assert len(owners) == len(mesh.faces) > 20
    for face in range(3):
        corners = whole.positions[whole.faces[face], :3].astype(np.float64)
        rows = mesh.faces[owners == face].ravel()
        u, v = mesh.uvs[rows].astype(np.float64).T
        weights = np.stack([1.0 - u - v, u, v], axis=1)
        np.testing.assert_allclose(weights @ corners, mesh.positions[rows, :3], atol=1.0)
        np.testing.assert_allclose(mesh.attributes["vertex_value"][rows, 0], weights @ whole.faces[face], atol=1e-5)


def test_triangles_near_nothing_do_not_use_up_the_pieces(monkeypatch):
    """Between two small things are many triangles, all large beside them and near neither: the floor is cut still."""
    monkeypatch.setattr(cutting, "MOST_PIECES", 200)
    floor, others = plane(1e6), plane(1e6)
    places = np.random.default_rng(5).uniform([-100.0, -100.0, 200.0], [100.0, 100.0, 400.0], (300, 3))
    corners = places[:, None] + np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
    others.positions = np.zeros((900, 4), np.float32)
    others.positions[:, :3] = corners.reshape(-1, 3)
    others.faces = np.arange(900, dtype=np.int32).reshape(-1, 3)
    small = [one_detail(1e-5, (x, x, x)) for x in (-500.0, 500.0)]
    ball = one_detail(10.0)
    cut_large_triangles([others, floor], Details.joined([*small, ball]))
    assert len(others.faces) == 300
    assert len(floor.faces) > 100


def test_one_small_thing_among_very_many():
    random = np.random.default_rng(2)
    centres = np.concatenate([random.uniform(-5e3, 5e3, (9000, 2)), np.full((9000, 1), 10.0)], axis=1)
    boxes = np.concatenate([centres - 10.0, centres + 10.0], axis=1)
    boxes[4321] = (-0.01, -0.01, 0.0, 0.01, 0.01, 0.02)
    details = details_of_boxes(boxes)
    assert details.sizes.min() == 0.02
    assert len(details.sizes) <= 3 * cutting.MOST_DETAILS


def test_details_of_all_sizes_and_places():
    """However many there are, a triangle that one of them is near is cut."""
    random = np.random.default_rng(8)
    sizes = 10.0 ** random.uniform(-3.0, 3.0, 3000)
    centres = random.normal(size=(3000, 3)) * [1.0, 1.0, 0.0] * 300.0 + [0.0, 0.0, 3e4]
    for centre, is_cut in (((0.0, 0.0, 0.0), True), ((0.0, 0.0, 3e4), False)):
        details = Details.joined([Details(centres, sizes / 2, sizes), one_detail(0.1, centre)])
        mesh = plane(2e3)
        cut_large_triangles([mesh], details)
        assert (len(mesh.faces) > 3) == is_cut


def test_things_of_every_kind_count():
    """Meshes, spheres and instances on a floor are what it is cut for; a floor of a group, for those of its group."""
    floor = d.Rectangle(to_world=moved(scale=(1e6, 1e6, 1.0)))
    box, ball = d.Cube(to_world=moved(z=1.0)), d.Sphere(center=(0.0, 0.0, 1.0))
    group = {"thing": d.ShapeGroup(shapes=[box])}
    own = compile_scene(d.Scene(shapes=[box])).triangle_count
    for scene, others in (
        (d.Scene(shapes=[floor, box]), own),
        (d.Scene(shapes=[floor, ball]), 0),
        (d.Scene(shapes=[floor, d.Instance(group="thing")], groups=group), own),
        (d.Scene(shapes=[d.Instance(group="all")], groups={"all": d.ShapeGroup(shapes=[floor, box])}), own),
    ):
        assert compile_scene(scene).triangle_count - others > 20
    assert compile_scene(d.Scene(shapes=[floor])).triangle_count == 2


def test_tables_of_a_cut_scene_fit_together():
    """Each triangle names its shape, and shapes number their triangles one after the other."""
    shapes = [
        d.Cube(to_world=moved(z=1.0)),
        d.Rectangle(to_world=moved(scale=(1e6, 1e6, 1.0))),
        d.Cube(to_world=moved(x=4.0, z=1.0)),
    ]
    arrays = compile_scene(d.Scene(shapes=shapes)).tables.arrays
    first = 0
    for index, record in enumerate(arrays["shapes"]):
        assert record["first_triangle"] == first
        last = first + record["triangle_count"]
        assert (arrays["triangles"][first:last, 3] == index).all()
        first = last
    assert first == len(arrays["triangles"])
    assert arrays["triangles"][:, :3].max() < len(arrays["vertices"])
