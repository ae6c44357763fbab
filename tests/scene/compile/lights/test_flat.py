"""Which lamps are one flat piece, and what their rows hold."""

import numpy as np
import pytest
from image_files import write_image
from rendering import moved

from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.lights.flat import parallelogram

LIGHT = d.AreaLight(radiance=2.0)
CORNERS = np.array([[0.2, 0.1, 1.0], [1.2, 0.3, 1.5], [1.0, 1.4, 1.1]])
FOURTH = CORNERS[0] + CORNERS[2] - CORNERS[1]


def mesh(faces, fourth=FOURTH, **more):
    return d.TriangleMesh(vertices=[tuple(c) for c in (*CORNERS, fourth)], faces=faces, emitter=LIGHT, **more)


def lights_of(*shapes, lights=()):
    return compile_scene(d.Scene(shapes=list(shapes), lights=list(lights)), "rgb").tables.arrays


def rows_of(arrays, record):
    return arrays["values"][4 * record["corners"] :][:16].reshape(4, 4)


@pytest.mark.parametrize("second", [(0, 2, 3), (2, 3, 0), (3, 0, 2)])
@pytest.mark.parametrize("first", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("flip", [False, True])
def test_two_triangles_of_a_parallelogram(first, second, flip):
    """However its triangles are numbered: corner and edges span it, the normal is that of the side that shines."""
    arrays = lights_of(mesh([first, second], flip_normals=flip))
    light = arrays["lights"][0]
    assert light["is_parallelogram"] and light["corners"] >= 0
    row = rows_of(arrays, light)
    corner, left, right = row[:3, :3].astype(float)
    spanned = [corner, corner + left, corner + right, corner + left + right]
    for wanted in (*CORNERS, FOURTH):
        assert min(np.abs(wanted - found).max() for found in spanned) < 1e-6
    normal = np.cross(CORNERS[1] - CORNERS[0], CORNERS[2] - CORNERS[0])
    np.testing.assert_allclose(row[3, 3], np.linalg.norm(normal), rtol=1e-6)
    np.testing.assert_allclose(row[3, :3], (-1 if flip else 1) * normal / np.linalg.norm(normal), atol=1e-6)


@pytest.mark.parametrize(
    "shape",
    [
        mesh([(0, 1, 2), (0, 3, 2)]),  # faces the other way
        mesh([(0, 1, 2), (0, 2, 3)], fourth=FOURTH + np.array([0.1, 0.0, 0.0])),
        mesh([(0, 1, 2), (0, 2, 3)], fourth=FOURTH + np.array([0.0, 0.0, 0.1])),
        mesh([(0, 1, 2), (0, 1, 2)]),
    ],
)
def test_two_other_triangles(shape):
    light = lights_of(shape)["lights"][0]
    assert light["corners"] == -1 and not light["is_parallelogram"]


def test_a_radiance_that_varies_needs_the_surface(tmp_path):
    write_image(tmp_path / "image.exr", np.ones((2, 2, 3), np.float32))
    varied = d.Rectangle(emitter=d.AreaLight(radiance=d.SpectrumSpec(texture="image")))
    image = d.Bitmap(filename=str(tmp_path / "image.exr"))
    arrays = compile_scene(d.Scene(shapes=[varied], textures={"image": image}), "rgb").tables.arrays
    assert arrays["lights"][0]["corners"] == -1


def test_emitters_of_the_tree_have_what_their_lights_have():
    """Rectangles are one emitter each, larger meshes one for each triangle; point lights have no rows."""
    rectangles = [d.Rectangle(to_world=moved(3.0 * i), emitter=LIGHT) for i in range(3)]
    cube = d.Cube(to_world=moved(0.0, 5.0), emitter=d.AreaLight(radiance=0.5), flip_normals=True)
    arrays = lights_of(*rectangles, cube, lights=[d.PointLight(position=(0.0, 0.0, 9.0))])
    emitters = arrays["emitters"]
    assert len(emitters) == 3 + 12 + 1
    assert emitters["is_parallelogram"].tolist() == [1] * 3 + [0] * 13
    assert emitters["corners"][-1] == -1
    for emitter in emitters[:-1]:
        light = arrays["lights"][emitter["light"]]
        assert emitter["color"] == light["color"] and emitter["scale"] == light["scale"]
        row = rows_of(arrays, emitter).astype(float)
        area = np.linalg.norm(np.cross(row[1, :3], row[2, :3])) * (1.0 if emitter["is_parallelogram"] else 0.5)
        np.testing.assert_allclose(row[3, 3], area, rtol=1e-6)
    inward = [rows_of(arrays, e) for e in emitters[3:15]]
    for row in inward:  # turned over: the normals point to the middle of the cube
        assert np.dot(row[3, :3], row[0, :3] - [0.0, 5.0, 0.0]) < 0.0


def test_triangles_of_no_area():
    flat = np.zeros((2, 4, 4))
    assert parallelogram(flat) is None
