"""Mesh attributes as textures: values of faces and vertices where they belong, in both modes; PLY files; errors."""

import numpy as np
import pytest
from rendering import film, rendered, scene

from specrender.color import srgb_decode, xyz_to_rgb
from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.readers.meshes import load_mesh
from specrender.scene.validate import validate
from specrender.spectra.spectrum import integrate_xyz
from specrender.spectra.uplift import uplift_reflectance

CORNERS = [(-1.0, -1.0, 3.0), (-1.0, 1.0, 3.0), (1.0, 1.0, 3.0), (1.0, -1.0, 3.0)]
FACES = [(0, 1, 2), (0, 2, 3)]
COLOURS = [[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.2, 0.1, 0.9], [0.5, 0.5, 0.5]]
PIXELS = 8


def glowing(attributes, name, scale=1.0, before=0):
    """A square that emits what an attribute says, seen by a camera whose x goes to the left; other meshes before."""
    spec = d.SpectrumSpec(texture="t", white=False)
    square = d.TriangleMesh(
        vertices=CORNERS,
        faces=FACES,
        attributes=attributes,
        material=d.Diffuse(reflectance=0.0),
        emitter=d.AreaLight(radiance=spec),
    )
    other = d.TriangleMesh(
        vertices=[(9.0, 9.0, 9.0)] * 2 + [(9.0, 8.0, 9.0)], faces=[(0, 1, 2)], attributes={"face_other": [[1.0]]}
    )
    return scene(
        [other] * before + [square],
        camera=d.Orthographic(),
        film=film(PIXELS),
        textures={"t": d.MeshAttribute(name=name, scale=scale)},
    )


def centres():
    """(x, y) in the world of each pixel's centre, (h, w)."""
    across = 1.0 - 2.0 * (np.arange(PIXELS) + 0.5) / PIXELS
    return np.meshgrid(across, across)


def blend(values):
    """(h, w, c): values of the four corners, linear in each of the two triangles."""
    x, y = centres()
    values = np.asarray(values)
    # triangle 0 is above the diagonal x = y, with corners 0, 1, 2; triangle 1 has 0, 2, 3
    u, v = 0.5 * (x + 1.0), 0.5 * (y + 1.0)
    first = (v >= u)[..., None]
    upper = values[0] + (v - u)[..., None] * (values[1] - values[0]) + u[..., None] * (values[2] - values[0])
    lower = values[0] + v[..., None] * (values[2] - values[0]) + (u - v)[..., None] * (values[3] - values[0])
    return np.where(first, upper, lower)


def picture(description, spp=4096, mode="rgb"):
    validate(description)
    return rendered(description, spp, mode).mean_xyz()


@pytest.mark.parametrize("before", [0, 2])
def test_vertex_colours_are_interpolated(before):
    image = picture(glowing({"vertex_color": COLOURS}, "vertex_color", 2.0, before)) @ xyz_to_rgb("srgb").T
    off_diagonal = ~np.eye(PIXELS, dtype=bool)  # pixels that both triangles share hold the mean of a bend
    assert np.abs(image - 2.0 * blend(COLOURS))[off_diagonal].max() < 0.01


@pytest.mark.parametrize("before", [0, 2])
def test_face_colours_are_not(before):
    image = picture(glowing({"face_color": COLOURS[:2]}, "face_color", before=before)) @ xyz_to_rgb("srgb").T
    x, y = centres()
    for where, colour in ((y > x + 0.2, COLOURS[0]), (y < x - 0.2, COLOURS[1])):
        assert np.abs(image[where] - colour).max() < 1e-3


def test_vertex_colours_in_spectral_mode_are_blended_as_spectra():
    """The XYZ of the uplifted corners, blended: what an equal-energy light would show of them."""
    image = picture(glowing({"vertex_color": COLOURS}, "vertex_color"), 4096, "spectral")
    expected = blend([integrate_xyz(uplift_reflectance(tuple(colour))) for colour in COLOURS])
    off_diagonal = ~np.eye(PIXELS, dtype=bool)
    assert np.abs(image - expected)[off_diagonal].max() < 0.03


def test_numbers_of_vertices():
    """One number a vertex is a grey colour, or the opacity of a mask."""
    numbers = [[0.1], [0.9], [0.3], [0.5]]
    image = picture(glowing({"vertex_w": numbers}, "vertex_w"))[..., 1]
    off_diagonal = ~np.eye(PIXELS, dtype=bool)
    assert np.abs(image - blend(numbers)[..., 0])[off_diagonal].max() < 0.01
    description = glowing({"vertex_w": numbers}, "vertex_w")
    square = description.shapes[0]
    square.emitter = None
    square.material = d.Mask(material=d.Diffuse(reflectance=0.0), opacity=d.TextureRef(texture="t"))
    description.lights = [d.ConstantLight(radiance=1.0)]
    image = picture(description)[..., 1]
    assert np.abs(image - (1.0 - blend(numbers)[..., 0]))[off_diagonal].max() < 0.03


def test_meshes_without_the_attribute_are_told():
    description = glowing({"vertex_color": COLOURS}, "vertex_colour")
    with pytest.raises(SceneError, match=r"the attribute 'vertex_colour', .*did you mean 'vertex_color'"):
        compile_scene(description)
    description = glowing({}, "vertex_color")
    with pytest.raises(SceneError, match="it has none"):
        compile_scene(description)
    sphere = d.Sphere(material="m")
    materials = {"m": d.TwoSided(material=d.Diffuse(reflectance=d.SpectrumSpec(texture="t")))}
    textures = {"t": d.MeshAttribute(name="face_color")}
    with pytest.raises(SceneError, match="face_color"):
        compile_scene(scene([sphere], materials=materials, textures=textures))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"color": [[1.0]] * 4}, "begins with vertex_ or face_"),
        ({"vertex_c": [[1.0, 2.0]] * 4}, "shape"),
        ({"vertex_c": [[1.0]] * 3}, "has 3 values, the mesh has 4 vertices"),
        ({"face_c": [[1.0]] * 4}, "has 4 values, the mesh has 2 faces"),
        ({"face_c": [[1.0], [float("nan")]]}, "out of range"),
        ({"face_c": [[1.0], [1.0, 2.0, 3.0]]}, "different lengths"),
    ],
)
def test_attributes_are_checked(attributes, message):
    with pytest.raises(SceneError, match=message):
        validate(glowing(attributes, "vertex_c"))


PLY = """ply
format ascii 1.0
element vertex 5
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
property float glow
property float speed_x
property float speed_y
element face 2
property list uchar int vertex_indices
property float color_0
property float color_1
property float color_2
property ushort weight
end_header
0 0 0 255 0 51 0.5 1 2
1 0 0 0 255 0 1.5 1 2
1 1 0 0 0 255 2.5 1 2
0 1 0 0 0 0 3.5 1 2
2 2 0 0 0 0 4.5 1 2
4 0 1 2 3 0.1 0.2 0.3 65535
3 1 4 2 0.4 0.5 0.6 0
"""


def test_ply_files(tmp_path):
    """Names as Mitsuba makes them; a polygon's value goes to its triangles; integers are shares of their largest."""
    path = tmp_path / "m.ply"
    path.write_text(PLY)
    found = load_mesh(path).attributes
    assert set(found) == {"vertex_color", "vertex_glow", "face_color", "face_weight"}
    assert np.allclose(found["vertex_color"][0], srgb_decode(np.array([1.0, 0.0, 0.2])), atol=1e-6)
    assert np.allclose(found["vertex_glow"][:, 0], [0.5, 1.5, 2.5, 3.5, 4.5])
    assert np.allclose(found["face_color"], [[0.1, 0.2, 0.3]] * 2 + [[0.4, 0.5, 0.6]])
    assert np.allclose(found["face_weight"][:, 0], [1.0, 1.0, 0.0])
