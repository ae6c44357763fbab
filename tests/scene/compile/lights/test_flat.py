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


@pytest.mark.parametrize("second", [(0, 2, 3), (2, 3, 0), (3, 0, 2)])
@pytest.mark.parametrize("first", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("flip", [False, True])
def test_two_triangles_of_a_parallelogram(first, second, flip):
    """However its triangles are numbered: corner and edges span it, the normal is that of the side that shines."""
    emitter = lights_of(mesh([first, second], flip_normals=flip))["emitters"][0]
    assert emitter["share"] == 1.0
    corner, left, right = (emitter[name].astype(float) for name in ("corner", "edge1", "edge2"))
    spanned = [corner, corner + left, corner + right, corner + left + right]
    for wanted in (*CORNERS, FOURTH):
        assert min(np.abs(wanted - found).max() for found in spanned) < 1e-6
    normal = np.cross(CORNERS[1] - CORNERS[0], CORNERS[2] - CORNERS[0])
    np.testing.assert_allclose(np.cross(left, right), (-1 if flip else 1) * normal, atol=1e-6)


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
    assert lights_of(shape)["emitters"][0]["share"] == 0.0


def test_a_radiance_that_varies_needs_the_surface(tmp_path):
    write_image(tmp_path / "image.exr", np.ones((2, 2, 3), np.float32))
    varied = d.Rectangle(emitter=d.AreaLight(radiance=d.SpectrumSpec(texture="image")))
    image = d.Bitmap(filename=str(tmp_path / "image.exr"))
    arrays = compile_scene(d.Scene(shapes=[varied], textures={"image": image}), "rgb").tables.arrays
    assert arrays["emitters"][0]["share"] == 0.0


def test_emitters_of_the_tree_have_what_their_lights_have():
    """Rectangles are one emitter each, larger meshes one for each triangle; point lights have no rows."""
    rectangles = [d.Rectangle(to_world=moved(3.0 * i), emitter=LIGHT) for i in range(3)]
    cube = d.Cube(to_world=moved(0.0, 5.0), emitter=d.AreaLight(radiance=0.5), flip_normals=True)
    arrays = lights_of(*rectangles, cube, lights=[d.PointLight(position=(0.0, 0.0, 9.0))])
    emitters = arrays["emitters"]
    assert len(emitters) == 3 + 12 + 1
    assert emitters["share"].tolist() == [1.0] * 3 + [0.5] * 12 + [0.0]
    facing = np.cross(emitters["edge1"], emitters["edge2"]) * emitters["share"][:, None]
    for emitter, towards in zip(emitters[:-1], facing, strict=False):
        light = arrays["lights"][emitter["light"]]
        assert emitter["color"] == light["color"] and emitter["scale"] == light["scale"]
        np.testing.assert_allclose(np.linalg.norm(towards), 4.0 if emitter["share"] == 1.0 else 2.0, rtol=1e-6)
    # turned over: the normals point to the middle of the cube
    outwards = emitters["corner"][3:15] - [0.0, 5.0, 0.0]
    assert np.all((facing[3:15] * outwards).sum(axis=1) < 0.0)


def test_what_is_chosen_with_equal_probability():
    """Few lights: one emitter each, in their order; a beam of parallel light leaves a rectangle, but is none."""
    beam = d.Rectangle(to_world=moved(9.0), emitter=d.DirectionalAreaLight(radiance=1.0))
    arrays = lights_of(beam, d.Rectangle(emitter=LIGHT))
    emitters = arrays["emitters"]
    assert emitters["light"].tolist() == [0, 1] and emitters["share"].tolist() == [1.0, 0.0]
    assert arrays["lights"]["emitter"].tolist() == [0, 1] and emitters["slot"].tolist() == [-1, -1]


def test_triangles_of_no_area():
    flat = np.zeros((2, 4, 4))
    assert parallelogram(flat) is None
