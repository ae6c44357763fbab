"""Materials, textures and lights of glTF files, held against closed forms and against the same thing said natively."""

import math

import numpy as np
import OpenImageIO as oiio
import pytest
from gltf_documents import document, written
from image_files import write_image
from rendering import film, look_at, rendered, scene

from specrender.color import srgb_decode, xyz_to_rgb
from specrender.errors import SpecrenderWarning
from specrender.scene import description as d
from specrender.scene.readers.gltf import load_gltf
from specrender.scene.validate import validate

SKY = d.ConstantLight(radiance=d.SpectrumSpec(rgb=(1.0, 1.0, 1.0)), normalize=False)
#: A lamp that lights the square from the left (-x), for what has a highlight.
SIDE = d.DirectionalLight(irradiance=3.0, direction=(1.0, 0.3, -1.0))


def image(path, pixels):
    """Writes a PNG of (h, w, 3 or 4) numbers of 0 to 255; returns its glTF entry."""
    write_image(path, np.asarray(pixels, np.uint8), kind=oiio.UINT8, **{"oiio:UnassociatedAlpha": 1})
    return {"uri": path.name}


def square(tmp_path, material, images=(), sampler=None, **extra):
    """A file with the square (0, 0) to (1, 1) in z = 0; its images' top left is at (0, 1)."""
    text, data = document(
        materials=[material],
        images=[image(tmp_path / f"{k}.png", pixels) for k, pixels in enumerate(images)],
        samplers=[{"magFilter": 9728, "wrapS": 33071, "wrapT": 33071, **(sampler or {})}],
        textures=[{"source": k, "sampler": 0} for k in range(len(images))],
        nodes=[{"mesh": 0}],
        scenes=[{"nodes": [0]}],
        **extra,
    )
    return written(tmp_path / "a.glb", text, data)


def seen(shape, lights=(), size=2, spp=16, depth=2):
    """(size, size, 3) linear sRGB of the unit square from above, +y up; of a path to a file or of a shape."""
    camera = look_at((0.5, 0.5, 2.0), (0.5, 0.5, 0.0)).matrix
    camera[:3, :2] *= 0.5
    if not isinstance(shape, d.Node):
        shape = d.GltfFile(filename=str(shape))
    description = scene(
        [shape],
        lights,
        camera=d.Orthographic(to_world=d.Transform(camera)),
        film=film(size),
        integrator=d.PathIntegrator(max_depth=depth),
    )
    validate(description)
    return rendered(description, spp, "rgb").mean_xyz() @ xyz_to_rgb("srgb").T


def native(material):
    """The same square in a material of the vocabulary."""
    vertices = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0)]
    uvs = [(0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]
    return d.TriangleMesh(
        vertices=vertices, faces=[(0, 1, 2), (0, 2, 3)], uvs=uvs, face_normals=True, material=material
    )


def texel(value):
    """sRGB code -> linear."""
    return float(srgb_decode(np.array(value / 255.0)))


def assert_same_as(path, material, lights=(SIDE,)):
    """A file looks as a material of the vocabulary does."""
    np.testing.assert_allclose(seen(path, lights), seen(native(material), lights), rtol=2e-4, atol=1e-6)


QUARTERS = [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [188, 188, 188]]]
LINEAR = srgb_decode(np.array(QUARTERS) / 255.0)


# ---------------------------------------------------------------- colours


def test_emissive_texture_factor_and_strength(tmp_path):
    """What is seen of a lamp is texel times factor times strength, in nits."""
    material = {
        "emissiveTexture": {"index": 0},
        "emissiveFactor": [1.0, 0.5, 0.25],
        "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": 4.0}},
        "pbrMetallicRoughness": {"baseColorFactor": [0, 0, 0, 1]},
    }
    expected = LINEAR * (4.0, 2.0, 1.0)
    np.testing.assert_allclose(seen(square(tmp_path, material, [QUARTERS])), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("transform", "order"),
    [
        # the coordinates turn counter-clockwise about the top left, out of the image, and are moved back: the image
        # turns clockwise
        ({"rotation": math.pi / 2, "offset": [0, 1]}, [[(1, 0), (0, 0)], [(1, 1), (0, 1)]]),
        ({"scale": [-1, 1], "offset": [1, 0]}, [[(0, 1), (0, 0)], [(1, 1), (1, 0)]]),
        ({"scale": [0.5, 0.5]}, [[(0, 0), (0, 0)], [(0, 0), (0, 0)]]),
        ({"scale": [0.5, 0.5], "offset": [0.5, 0]}, [[(0, 1), (0, 1)], [(0, 1), (0, 1)]]),
    ],
)
def test_texture_transform(tmp_path, transform, order):
    """order: (row, column) of the texel that each of the four quarters shows."""
    info = {"index": 0, "extensions": {"KHR_texture_transform": transform}}
    material = {
        "emissiveTexture": info,
        "emissiveFactor": [1, 1, 1],
        "pbrMetallicRoughness": {"baseColorFactor": [0, 0, 0, 1]},
    }
    expected = np.array([[LINEAR[texel] for texel in row] for row in order])
    np.testing.assert_allclose(seen(square(tmp_path, material, [QUARTERS])), expected, rtol=1e-4, atol=1e-4)


def test_base_color_texture_times_factor(tmp_path):
    surface = {"baseColorTexture": {"index": 0}, "baseColorFactor": [1.0, 0.5, 0.25, 1.0], "metallicFactor": 0.0}
    path = square(tmp_path, {"pbrMetallicRoughness": surface}, [[[[200, 100, 50]]]])
    color = (texel(200), 0.5 * texel(100), 0.25 * texel(50))
    assert_same_as(path, d.Principled(base_color=d.SpectrumSpec(rgb=color), roughness=1.0, eta=1.5))


def test_vertex_colors_times_factor(tmp_path):
    text, data = document(
        materials=[{"pbrMetallicRoughness": {"baseColorFactor": [0.5, 1, 1, 1], "metallicFactor": 0}}]
    )
    text["nodes"], text["scenes"] = [{"mesh": 0}], [{"nodes": [0]}]
    colors = np.tile(np.array([65535, 32768, 0, 65535], "<u2"), 4).tobytes()
    text["bufferViews"].append({"buffer": 0, "byteOffset": len(data), "byteLength": len(colors)})
    accessor = {"bufferView": 4, "componentType": 5123, "count": 4, "type": "VEC4", "normalized": True}
    text["accessors"].append(accessor)
    text["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = 3
    text["buffers"][0]["byteLength"] += len(colors)
    path = written(tmp_path / "a.glb", text, data + colors)
    color = d.SpectrumSpec(rgb=(0.5, 32768 / 65535, 0.0))
    assert_same_as(path, d.Principled(base_color=color, roughness=1.0, eta=1.5))


# ---------------------------------------------------------------- numbers


def test_roughness_and_metalness_of_a_texture(tmp_path):
    """Green times roughnessFactor, blue times metallicFactor, both as they are stored; red is not looked at."""
    surface = {
        "baseColorFactor": [0.8, 0.6, 0.3, 1.0],
        "metallicRoughnessTexture": {"index": 0},
        "roughnessFactor": 0.75,
        "metallicFactor": 0.5,
    }
    path = square(tmp_path, {"pbrMetallicRoughness": surface}, [[[[7, 170, 102]]]])
    base = d.SpectrumSpec(rgb=(0.8, 0.6, 0.3))
    expected = d.Principled(base_color=base, roughness=0.75 * 170 / 255, metallic=0.5 * 102 / 255, eta=1.5)
    assert_same_as(path, expected)
    rougher = d.Principled(base_color=base, roughness=0.75, metallic=0.5 * 102 / 255, eta=1.5)
    assert abs(seen(native(rougher), [SIDE]).mean() / seen(path, [SIDE]).mean() - 1.0) > 0.02


def test_clearcoat_of_textures(tmp_path):
    coat = {
        "clearcoatFactor": 0.8,
        "clearcoatTexture": {"index": 0},
        "clearcoatRoughnessFactor": 0.9,
        "clearcoatRoughnessTexture": {"index": 0},
    }
    surface = {"metallicFactor": 0.0, "baseColorFactor": [0.2, 0.2, 0.2, 1.0]}
    material = {"pbrMetallicRoughness": surface, "extensions": {"KHR_materials_clearcoat": coat}}
    path = square(tmp_path, material, [[[[204, 51, 0]]]])
    base = d.SpectrumSpec(rgb=(0.2, 0.2, 0.2))
    gloss = 1.0 - 0.9 * 51 / 255
    expected = d.Principled(base_color=base, roughness=1.0, eta=1.5, clearcoat=0.8 * 0.8, clearcoat_gloss=gloss)
    assert_same_as(path, expected, [SIDE, SKY])


def test_ior(tmp_path):
    material = {"pbrMetallicRoughness": {"metallicFactor": 0.0}, "extensions": {"KHR_materials_ior": {"ior": 1.9}}}
    expected = d.Principled(base_color=d.SpectrumSpec(rgb=(1.0, 1.0, 1.0)), roughness=1.0, eta=1.9)
    assert_same_as(square(tmp_path, material), expected)


@pytest.mark.parametrize("scale", [1.0, 0.5, -1.0])
def test_normal_map_and_its_scale(tmp_path, scale):
    """x and y of the texel's direction are scaled; a tilt towards the lamp (to the left) is brighter."""
    surface = {"metallicFactor": 0.0, "baseColorFactor": [0.5, 0.5, 0.5, 1.0]}
    material = {"pbrMetallicRoughness": surface, "normalTexture": {"index": 0, "scale": scale}}
    path = square(tmp_path, material, [[[[64, 128, 230]]]])
    x, y, z = 2 * 64 / 255 - 1, 2 * 128 / 255 - 1, 2 * 230 / 255 - 1
    base = d.Principled(base_color=d.SpectrumSpec(rgb=(0.5, 0.5, 0.5)), roughness=1.0, eta=1.5)
    colors = tuple((c + 1) / 2 for c in (x * scale, y * scale, z))
    assert_same_as(path, d.NormalMap(material=base, normalmap=colors))
    ratio = seen(path, [SIDE]).mean() / seen(native(base), [SIDE]).mean()
    assert ratio > 1.05 if scale > 0 else ratio < 0.9


def test_the_y_of_a_normal_map_points_up(tmp_path):
    """A texel that is greener than 128 leans to the top of the image, and is brighter under a lamp from there."""
    surface = {"metallicFactor": 0.0, "baseColorFactor": [0.5, 0.5, 0.5, 1.0]}
    material = {"pbrMetallicRoughness": surface, "normalTexture": {"index": 0}}
    path = square(tmp_path, material, [[[[128, 200, 220]]]])
    above, below = (d.DirectionalLight(irradiance=3.0, direction=(0.0, y, -1.0)) for y in (-1.0, 1.0))
    assert seen(path, [above]).mean() > 1.5 * seen(path, [below]).mean()


#: Texture coordinates of the corners (0, 0), (1, 0), (1, 1), (0, 1) -> x and y in the world of the image's own.
LAID = {
    "upright": ([(0, 1), (1, 1), (1, 0), (0, 0)], (1, 1)),
    "u mirrored": ([(1, 1), (0, 1), (0, 0), (1, 0)], (-1, 1)),
    "v mirrored": ([(0, 0), (1, 0), (1, 1), (0, 1)], (1, -1)),
    "upside down": ([(1, 0), (0, 0), (0, 1), (1, 1)], (-1, -1)),
}
#: A direction that leans to the right and to the top of the image, and a lamp that tells all sides apart.
LEANING = (170, 200, 220)
OBLIQUE = d.DirectionalLight(irradiance=3.0, direction=(-0.5, 0.3, -1.0))
GREY = {"metallicFactor": 0.0, "baseColorFactor": [0.5, 0.5, 0.5, 1.0]}


def bumpy(tmp_path, corners, normal=None, tangent=None, **node):
    """A square in the texel `LEANING` of a normal map, with texture coordinates (x, y) -> uv of its corners."""
    arrays = {
        "POSITION": (np.array(list(corners)) @ [[1, 0, 0], [0, 1, 0]], "VEC3"),
        "TEXCOORD_0": (np.array(list(corners.values())), "VEC2"),
    }
    if normal is not None:
        arrays["NORMAL"] = (np.tile(normal, (len(corners), 1)), "VEC3")
    if tangent is not None:
        arrays["TANGENT"] = (np.tile(tangent, (len(corners), 1)), "VEC4")
    data, views, accessors, attributes = b"", [], [], {}
    for name, (values, kind) in arrays.items():
        part = np.asarray(values, "<f4").tobytes()
        attributes[name] = len(accessors)
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": len(part)})
        accessors.append({"bufferView": len(views) - 1, "componentType": 5126, "count": len(values), "type": kind})
        data += part
    faces = np.array(
        [[0, 1, 2], [0, 2, 3]] if len(corners) == 4 else [[0, 1, 4], [0, 4, 5], [1, 2, 3], [1, 3, 4]], "<u2"
    )
    views.append({"buffer": 0, "byteOffset": len(data), "byteLength": faces.nbytes})
    accessors.append({"bufferView": len(views) - 1, "componentType": 5123, "count": faces.size, "type": "SCALAR"})
    primitive = {"attributes": attributes, "indices": len(accessors) - 1, "material": 0}
    text = {
        "asset": {"version": "2.0"},
        "nodes": [{"mesh": 0, **node}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"pbrMetallicRoughness": GREY, "normalTexture": {"index": 0}}],
        "textures": [{"source": 0}],
        "images": [image(tmp_path / "0.png", [[LEANING]])],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(data) + faces.nbytes}],
    }
    return written(tmp_path / "a.glb", text, data + faces.tobytes())


def corners_of(uvs):
    return dict(zip([(0, 0), (1, 0), (1, 1), (0, 1)], uvs, strict=True))


def leaning(x, y):
    """The material of a bumpy square that leans to one side of the world, said natively on an upright square."""
    base = d.Principled(base_color=d.SpectrumSpec(rgb=(0.5, 0.5, 0.5)), roughness=1.0, eta=1.5)
    to_right, to_top, up = (2 * code / 255 - 1 for code in LEANING)
    return d.NormalMap(material=base, normalmap=tuple((c + 1) / 2 for c in (x * to_right, y * to_top, up)))


@pytest.mark.parametrize("normal", [None, (0, 0, 1)])
@pytest.mark.parametrize("how", LAID)
def test_normal_maps_lie_as_their_image_does(tmp_path, how, normal):
    uvs, sides = LAID[how]
    assert_same_as(bumpy(tmp_path, corners_of(uvs), normal), leaning(*sides), [OBLIQUE])


def test_half_of_a_mesh_is_mirrored(tmp_path):
    """As of a face, of which one half is painted; both are of one primitive and share vertices."""
    corners = {(0, 0): (0, 1), (0.5, 0): (1, 1), (1, 0): (0, 1), (1, 1): (0, 0), (0.5, 1): (1, 0), (0, 1): (0, 0)}
    path = bumpy(tmp_path, corners, (0, 0, 1))
    left, right = load_gltf(path).shapes
    assert len(left.vertices) == len(right.vertices) == 4 and left.name == right.name
    found = seen(path, [OBLIQUE])
    for column, sides in ((0, (1, 1)), (1, (-1, 1))):
        expected = seen(native(leaning(*sides)), [OBLIQUE])
        np.testing.assert_allclose(found[:, column], expected[:, column], rtol=2e-4)
    assert abs(found[0, 0] - found[0, 1]).min() > 0.05


@pytest.mark.parametrize("normal", [None, (0, 0, 1)])
@pytest.mark.parametrize("how", LAID)
def test_a_mirrored_node_shows_all_of_it_in_a_mirror(tmp_path, how, normal):
    """The outside of a mirrored mesh stays outside, with or without normals [Khronos2021] section 3.7.2.1."""
    uvs, (x, y) = LAID[how]
    path = bumpy(tmp_path, corners_of(uvs), normal, scale=[-1, 1, 1], translation=[1, 0, 0])
    assert_same_as(path, leaning(-x, y), [OBLIQUE])


def test_a_mirrored_lamp_shines_outwards(tmp_path):
    text, data = document(nodes=[{"mesh": 0, "scale": [-1, 1, 1], "translation": [1, 0, 0]}], scenes=[{"nodes": [0]}])
    text["materials"] = [{"emissiveFactor": [1, 1, 1]}]
    np.testing.assert_allclose(seen(written(tmp_path / "a.glb", text, data)), 1.0, rtol=1e-3)


@pytest.mark.parametrize("how", LAID)
@pytest.mark.parametrize("w", [-1.0, 1.0])
def test_the_side_of_given_tangents(tmp_path, how, w):
    """bitangent = w (normal x tangent); without normals tangents do not count [Khronos2021] section 3.7.2.1."""
    uvs, (x, y) = LAID[how]
    tangent = (x, 0, 0, w)
    with pytest.warns(SpecrenderWarning, match="of tangents only the side is used"):
        assert_same_as(bumpy(tmp_path, corners_of(uvs), (0, 0, 1), tangent), leaning(x, w * x), [OBLIQUE])
    assert_same_as(bumpy(tmp_path, corners_of(uvs), None, tangent), leaning(x, y), [OBLIQUE])


# ---------------------------------------------------------------- what light passes


BLACK = {"metallicFactor": 0.0, "roughnessFactor": 1.0, "baseColorFactor": [0, 0, 0, 0.5]}


@pytest.mark.parametrize(
    ("mode", "factor", "cutoff", "expected"),
    [
        ("OPAQUE", 0.5, 0.5, [0, 0, 0, 0]),
        ("BLEND", 0.5, 0.5, [1 - 0.5 * a / 255 for a in (0, 100, 200, 255)]),
        ("MASK", 1.0, 0.5, [1, 1, 0, 0]),
        ("MASK", 0.5, 0.45, [1, 1, 1, 0]),
        ("MASK", 0.5, 0.6, [1, 1, 1, 1]),
    ],
)
def test_alpha_of_a_texture(tmp_path, mode, factor, cutoff, expected):
    """A black sheet before a sky of 1 shows what it lets through."""
    images = [[[[0, 0, 0, 0], [0, 0, 0, 100]], [[0, 0, 0, 200], [0, 0, 0, 255]]]]
    surface = {**BLACK, "baseColorTexture": {"index": 0}, "baseColorFactor": [0, 0, 0, factor]}
    material = {"pbrMetallicRoughness": surface, "alphaMode": mode, "alphaCutoff": cutoff}
    material["extensions"] = {"KHR_materials_ior": {"ior": 1.0}}  # no reflection
    found = seen(square(tmp_path, material, images), [SKY], spp=4096)[..., 1]
    np.testing.assert_allclose(found.ravel(), expected, atol=0.03)  # 4 standard errors of a coin thrown 4096 times


def test_alpha_is_one_in_an_image_without(tmp_path):
    surface = {**BLACK, "baseColorTexture": {"index": 0}, "baseColorFactor": [0, 0, 0, 1]}
    material = {
        "pbrMetallicRoughness": surface,
        "alphaMode": "BLEND",
        "extensions": {"KHR_materials_ior": {"ior": 1.0}},
    }
    np.testing.assert_allclose(seen(square(tmp_path, material, [QUARTERS]), [SKY]), 0.0, atol=1e-6)


def test_transmission_without_a_volume_is_a_sheet(tmp_path):
    """Without reflection (index 1), a sky of 1 is seen in the sheet's colour, straight through."""
    surface = {"metallicFactor": 0.0, "roughnessFactor": 0.0, "baseColorFactor": [0.9, 0.5, 0.1, 1.0]}
    extensions = {"KHR_materials_transmission": {"transmissionFactor": 1.0}, "KHR_materials_ior": {"ior": 1.0}}
    material = {"pbrMetallicRoughness": surface, "extensions": extensions}
    found = seen(square(tmp_path, material), [SKY], size=1, spp=65536)
    # half of the samples look for a reflection that is not there: a standard error of 0.4 %
    np.testing.assert_allclose(found[0, 0], (0.9, 0.5, 0.1), rtol=0.02)


def test_transmission_with_a_volume_is_a_solid(tmp_path):
    surface = {"metallicFactor": 0.0, "roughnessFactor": 0.5}
    extensions = {
        "KHR_materials_transmission": {"transmissionFactor": 0.75},
        "KHR_materials_volume": {"thicknessFactor": 1.0, "attenuationColor": [1, 0.5, 0.5]},
        "KHR_materials_ior": {"ior": 1.4},
    }
    path = square(tmp_path, {"pbrMetallicRoughness": surface, "extensions": extensions, "doubleSided": True})
    with pytest.warns(SpecrenderWarning, match="absorption"):
        (mesh,) = load_gltf(path).shapes
    material = mesh.material
    assert isinstance(material, d.Principled)
    assert (material.spec_trans, material.eta, material.roughness) == (0.75, 1.4, 0.5)


# ---------------------------------------------------------------- lights


def lit(tmp_path, light, node):
    """Y of the middle of a diffuse square of reflectance 0.5 under a light of the file."""
    text, data = document(extensions={"KHR_lights_punctual": {"lights": [light]}})
    text["nodes"] = [{"mesh": 0}, {"extensions": {"KHR_lights_punctual": {"light": 0}}, **node}]
    text["scenes"] = [{"nodes": [0, 1]}]
    path = written(tmp_path / "a.glb", text, data)
    shape = d.GltfFile(filename=str(path), material=d.Diffuse(reflectance=0.5))
    return seen(shape, size=1, spp=1024)[0, 0]


#: Turns -z, along which lights look, to (1, 0, -1) / sqrt(2), by -45 degrees about y.
TILT = [0, -math.sin(math.pi / 8), 0, math.cos(math.pi / 8)]


def test_point_light(tmp_path):
    """I / d^2 above the middle; the mean over the unit square at height 8 is smaller by 0.7 %."""
    light = {"type": "point", "intensity": 64.0, "color": [1.0, 0.5, 0.25]}
    found = lit(tmp_path, light, {"translation": [0.5, 0.5, 8.0], "scale": [3, 3, 3]})
    x, y = np.meshgrid(*2 * [(np.arange(64) + 0.5) / 64 - 0.5])
    irradiance = (64.0 * 8.0 / (x**2 + y**2 + 64.0) ** 1.5).mean()
    np.testing.assert_allclose(found, 0.5 / np.pi * irradiance * np.array([1.0, 0.5, 0.25]), rtol=1e-3)


def test_directional_light(tmp_path):
    """Lux on a slope of 45 degrees."""
    found = lit(tmp_path, {"type": "directional", "intensity": 2.0}, {"rotation": TILT})
    np.testing.assert_allclose(found, 0.5 / np.pi * 2.0 * math.sqrt(0.5), rtol=1e-3)


@pytest.mark.parametrize(("aim", "expected"), [([0.0, 0.0, 0.0, 1.0], 1.0), (TILT, 0.0)])
def test_spot_light(tmp_path, aim, expected):
    """In full inside of the inner cone, nothing outside of the outer one."""
    light = {"type": "spot", "intensity": 64.0, "spot": {"innerConeAngle": 0.2, "outerConeAngle": 0.5}}
    found = lit(tmp_path, light, {"translation": [0.5, 0.5, 8.0], "rotation": aim})
    np.testing.assert_allclose(found, 0.5 / np.pi * expected, rtol=0.01, atol=1e-6)


def test_notes_on_lights(tmp_path):
    with pytest.warns(SpecrenderWarning, match="range"):
        lit(tmp_path, {"type": "point", "range": 3.0}, {"translation": [0.5, 0.5, 8.0]})
