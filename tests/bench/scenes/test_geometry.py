"""The generated meshes are closed, of the asked size, and read back from PLY."""

import numpy as np
import pytest

from specrender.bench.scenes.geometry import bumpy_sphere, soup, terrain, write_environment, write_ply
from specrender.scene.compile.images import load_image
from specrender.scene.readers.meshes import load_mesh


@pytest.mark.parametrize("count", [20, 980, 5120])
def test_sphere_is_closed_and_faces_outwards(count):
    mesh = bumpy_sphere(count)
    assert len(mesh.faces) == count
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    # Euler's formula of a sphere, and every edge is met once in each direction
    assert len(mesh.positions) - len(edges) // 2 + len(mesh.faces) == 2
    forward, backward = {tuple(edge) for edge in edges}, {tuple(edge) for edge in edges[:, ::-1]}
    assert len(forward) == len(edges) and forward == backward
    a, b, c = mesh.corners.astype(np.float64).transpose(1, 0, 2)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert 2.4 < volume < 4.6  # of an icosahedron and of the unit sphere, less and more the bumps


def test_soup_and_terrain():
    mesh = soup(1000, edge=0.01)
    assert mesh.faces.shape == (1000, 3)
    extent = np.ptp(mesh.corners, axis=1).max()
    assert 0.01 < extent <= 0.02
    mesh = terrain(1800)
    assert len(mesh.faces) == 1800
    normals = np.cross(mesh.corners[:, 1] - mesh.corners[:, 0], mesh.corners[:, 2] - mesh.corners[:, 0])
    assert (normals[:, 1] > 0).all()


def test_ply_is_read_back(tmp_path):
    mesh = bumpy_sphere(80)
    write_ply(tmp_path / "m.ply", mesh)
    found = load_mesh(tmp_path / "m.ply")
    np.testing.assert_array_equal(found.positions, mesh.positions)
    np.testing.assert_array_equal(found.faces, mesh.faces)


def test_environment_has_a_sun_and_is_the_same_each_time(tmp_path):
    write_environment(tmp_path / "a.exr", 32)
    write_environment(tmp_path / "b.exr", 32)
    pixels = load_image(tmp_path / "a.exr", raw=True)
    assert pixels.shape == (32, 64, 3) and pixels.min() > 0.05
    write_environment(tmp_path / "c.exr", 256)
    pixels = load_image(tmp_path / "c.exr", raw=True)
    assert pixels.max() > 100.0 * np.median(pixels)
    assert (tmp_path / "a.exr").read_bytes() == (tmp_path / "b.exr").read_bytes()
