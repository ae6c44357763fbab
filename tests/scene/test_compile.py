"""Scene -> SceneTables: what is stored, what is shared, what is refused."""

import warnings

import numpy as np
import pytest
from image_files import write_image
from rendering import moved

from specrender.errors import InputError, SceneError, SpecrenderWarning
from specrender.kernel.bsdf import KINDS
from specrender.kernel.bsdf.material import TREE
from specrender.kernel.settings import DIRECT, NO_INTEGRATOR, PATH, RGB, SPECTRAL
from specrender.kernel.shape import layout as shapes
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.geometry import ANALYTIC, MESHES, PARTS
from specrender.scene.compile.lights import PACKERS
from specrender.scene.compile.optics import SAMPLER_TAGS, filter_function

LIT = d.AreaLight(radiance=1.0)


def arrays(mode="spectral", **fields):
    return compile_scene(d.Scene(**fields), mode).tables.arrays


def settings(mode="spectral", seed=None, **fields):
    return compile_scene(d.Scene(**fields), mode, seed=seed).tables.arrays["settings"][0]


# ---------------------------------------------------------------- every kind has its packer


def test_every_kind_of_node_has_its_packer():
    """A struct that the vocabulary gains must be compiled too."""
    members = {
        "shapes": (d.GroupedShape, {*ANALYTIC, *MESHES, *PARTS, d.Obj, d.Ply, d.Stl, d.Serialized, d.GltfFile}),
        "lights": (d.SceneLight, set(PACKERS)),
        "samplers": (d.Sampler, set(SAMPLER_TAGS)),
    }
    for name, (union, known) in members.items():
        assert set(union.__args__) == known, name
    for rfilter in d.ReconstructionFilter.__args__:
        function, radius = filter_function(rfilter())
        assert radius > 0.0
        assert function(np.array([0.0]))[0] > 0.0


def test_empty_scene_compiles():
    tables = compile_scene(d.Scene())
    assert tables.triangle_count == 0
    assert tables.tables.arrays["settings"][0]["light_count"] == 0
    assert tables.mode == "spectral"
    assert tables.bin_edges_nm is None


# ---------------------------------------------------------------- settings


def test_modes():
    assert settings()["mode"] == SPECTRAL
    assert settings("rgb")["mode"] == RGB
    with pytest.raises(InputError, match="'cmyk'"):
        compile_scene(d.Scene(), "cmyk")


def test_seed_of_the_sampler_and_of_the_caller():
    sampler = d.SobolSampler(seed=5)
    assert settings(sampler=sampler)["seed"] == 5
    assert settings(sampler=sampler, seed=9)["seed"] == 9
    assert settings(sampler=sampler, seed=2**40 + 3)["seed"] == 3


def test_integrators():
    path = settings(integrator=d.PathIntegrator(max_depth=7, rr_depth=3, hide_emitters=True))
    assert (path["integrator"], path["max_depth"], path["rr_depth"], path["hide_emitters"]) == (PATH, 7, 3, 1)
    direct = settings(integrator=d.DirectIntegrator(shading_samples=4))
    assert (direct["integrator"], direct["emitter_samples"], direct["bsdf_samples"]) == (DIRECT, 4, 4)
    direct = settings(integrator=d.DirectIntegrator(emitter_samples=0, bsdf_samples=2))
    assert (direct["emitter_samples"], direct["bsdf_samples"]) == (0, 2)
    assert settings(integrator=d.AovIntegrator(aovs=["depth"]))["integrator"] == NO_INTEGRATOR


def test_wrapped_integrators():
    inner = d.DirectIntegrator()
    wrapped = d.MomentIntegrator(integrator=d.AovIntegrator(aovs=["d:depth", "uv"], integrator=inner))
    tables = compile_scene(d.Scene(integrator=wrapped))
    assert tables.wants_moments
    assert tables.aov_names == ["depth", "uv"]
    assert tables.tables.arrays["settings"][0]["integrator"] == DIRECT
    with pytest.raises(SceneError, match=r"depht.*depth"):
        compile_scene(d.Scene(integrator=d.AovIntegrator(aovs=["depht"], integrator=inner)))


def test_spectral_bins():
    def edges(bins, **fields):
        return compile_scene(d.Scene(film=d.HdrFilm(spectral_bins=bins), **fields)).bin_edges_nm

    assert np.allclose(edges(d.SpectralBins(width=10.0)), np.arange(360.0, 831.0, 10.0))
    assert np.allclose(edges(d.SpectralBins(count=3, lambda_min=400.0, lambda_max=700.0)), [400, 500, 600, 700])
    assert np.allclose(edges(2, wavelengths=d.WavelengthRange(lambda_min=300.0, lambda_max=900.0)), [300, 600, 900])
    assert np.allclose(np.diff(compile_scene(d.Scene(), spectral_film=True).bin_edges_nm), 5.0)
    with pytest.raises(SceneError, match="spectral"):
        compile_scene(d.Scene(film=d.HdrFilm(spectral_bins=4)), "rgb")


# ---------------------------------------------------------------- shapes


def test_meshes_share_the_tables():
    """Vertices and triangles of all meshes are one table, each triangle with its shape."""
    found = arrays(shapes=[d.Rectangle(), d.Sphere(), d.Cube(to_world=moved(x=5.0))])
    assert list(found["shapes"]["kind"]) == [shapes.MESH, shapes.SPHERE, shapes.MESH]
    assert list(found["shapes"]["triangle_count"]) == [2, 0, 12]
    assert list(found["shapes"]["first_triangle"])[2] == 2
    assert list(found["triangles"][:, 3]) == [0] * 2 + [2] * 12
    corners = found["vertices"][found["triangles"][2:, :3], 0, :3]
    assert corners.min(axis=(0, 1)) == pytest.approx([4.0, -1.0, -1.0])
    assert corners.max(axis=(0, 1)) == pytest.approx([6.0, 1.0, 1.0])
    assert found["objects"].tolist() == [[1, 0]]


def outward_share(shape, center):
    """Share of triangles whose order of vertices points away from the centre."""
    found = arrays(shapes=[shape])
    corners = found["vertices"][found["triangles"][:, :3], 0, :3].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.mean(np.sum(normals * (corners.mean(axis=1) - center), axis=1) > 0.0)


@pytest.mark.parametrize("scale", [(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (2, 1, -3), (-1, -1, -1)])
def test_cubes_face_outwards_however_mirrored(scale):
    assert outward_share(d.Cube(to_world=moved(1.0, 2.0, 3.0, scale=scale)), [1.0, 2.0, 3.0]) == 1.0


def test_normals_transform_by_the_inverse_transpose():
    mesh = d.TriangleMesh(
        vertices=[(0, 0, 0), (1, 0, 0), (0, 1, 1)],
        faces=[(0, 1, 2)],
        normals=[(0, -0.6, 0.8)] * 3,
        to_world=d.Transform(np.diag([1.0, 3.0, 1.0, 1.0])),
    )
    expected = np.array([0.0, -0.2, 0.8]) / np.linalg.norm([0.0, -0.2, 0.8])
    assert np.allclose(arrays(shapes=[mesh])["vertices"][:, 1, :3], expected, atol=1e-6)


def test_transforms_are_followed_by_their_inverse():
    place = moved(1.0, 2.0, 3.0, scale=(2.0, 2.0, 5.0), degrees=30.0)
    found = arrays(shapes=[d.Cylinder(to_world=place)])
    columns = found["transforms"][found["shapes"]["transform"][0] :][:2].astype(np.float64)
    matrix, inverse = columns.transpose(0, 2, 1)[:, :3]
    assert np.allclose(matrix[:, :3] @ inverse[:, :3], np.eye(3), atol=1e-6)
    assert np.allclose(matrix @ [0.0, 0.0, 1.0, 1.0], (place.matrix @ [0.0, 0.0, 1.0, 1.0])[:3], atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        (d.Sphere(to_world=d.Transform(np.diag([1.0, 2.0, 1.0, 1.0]))), "sphere"),
        (d.Cylinder(to_world=d.Transform(np.diag([1.0, 2.0, 1.0, 1.0]))), "cylinder"),
        (d.Cylinder(to_world=d.Transform([[1, 0, 0.5, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])), "sheared"),
        (d.Cylinder(p0=(1.0, 1.0, 1.0), p1=(1.0, 1.0, 1.0)), "same point"),
        (d.Rectangle(to_world=moved(scale=1e39)), "float32"),
        (d.Rectangle(material="paint"), "paint"),
        (d.TriangleMesh(vertices=[(0, 0, 0), (1, 0, 0), (2, 0, 0)], faces=[(0, 1, 2)], emitter=LIT), "area"),
    ],
)
def test_impossible_shapes(shape, complaint):
    with np.errstate(over="ignore"), pytest.raises(SceneError, match=complaint):
        compile_scene(d.Scene(shapes=[shape]))


# ---------------------------------------------------------------- materials


def test_materials_are_made_once():
    paint = d.Diffuse(reflectance=0.3)
    found = arrays(shapes=[d.Sphere(material="paint"), d.Disk(material="paint"), d.Cube()], materials={"paint": paint})
    assert len(found["materials"]) == 2
    assert list(found["shapes"]["material"]) == [0, 0, 1]
    names = [KINDS[kind].name for kind in found["bsdfs"]["kind"]]
    assert names == ["diffuse", "diffuse"]


def test_names_of_names():
    materials = {"a": "b", "b": d.Null()}
    found = arrays(shapes=[d.Sphere(material="a")], materials=materials)
    assert KINDS[found["bsdfs"]["kind"][0]].name == "null"
    assert found["materials"]["is_null"][0] == 1
    assert found["settings"]["has_null"][0] == 1


def test_two_sides_and_masks():
    two = d.TwoSided(material=d.Diffuse(reflectance=0.2), back=d.Conductor())
    mask = d.Mask(material=two, opacity=0.3)
    found = arrays(shapes=[d.Sphere(material=two), d.Sphere(material=mask)])
    plain, masked = found["materials"]
    assert plain["back"] >= 0
    assert (plain["opacity"], plain["is_null"]) == (-1, 0)
    assert (masked["front"], masked["back"]) == (plain["front"], plain["back"])
    assert masked["is_null"] == 1
    assert found["textures"]["scale"][masked["opacity"]] == np.float32(0.3)


@pytest.mark.parametrize("inner", [d.Dielectric(), d.Null(), d.Mask(material=d.Diffuse())])
def test_two_sided_takes_opaque_materials(inner):
    with pytest.raises(SceneError, match="opaque"):
        compile_scene(d.Scene(shapes=[d.Sphere(material=d.TwoSided(material=inner))]))


def test_a_mask_in_a_mask_is_a_tree():
    found = arrays(shapes=[d.Sphere(material=d.Mask(material=d.Mask(material=d.Diffuse()), opacity=0.3))])
    record = found["materials"][0]
    assert record["opacity"] >= 0 and record["is_null"] == 1
    tree = found["bsdfs"][record["front"]]
    assert (tree["kind"], tree["is_null"], tree["is_smooth"]) == (TREE, 1, 1)


def test_a_material_of_too_many_others():
    blend = d.Diffuse()
    for _ in range(9):
        blend = d.BlendBsdf(first=blend, second=blend)
    with pytest.raises(SceneError, match="256"):
        compile_scene(d.Scene(shapes=[d.Sphere(material=blend)]))


# ---------------------------------------------------------------- lights


def test_lights_are_chosen_evenly():
    found = arrays(shapes=[d.Sphere(emitter=LIT)], lights=[d.PointLight(), d.ConstantLight()])
    assert np.allclose(found["lights"]["probability"], 1.0 / 3.0)
    record = found["settings"][0]
    assert record["light_count"] == 3
    assert record["environment"] == 2
    assert list(found["shapes"]["light"]) == [0]
    cdf = found["values"][record["light_cdf"] :][:4]
    assert np.allclose(cdf, [0.0, 1 / 3, 2 / 3, 1.0])


def test_only_one_environment():
    with pytest.raises(SceneError, match="second"):
        compile_scene(d.Scene(lights=[d.ConstantLight(), d.ConstantLight()]))


def test_scales_of_lights():
    """Numbers stay, colours are scaled to luminance 1 unless told otherwise; intensity and exposure multiply."""

    def strength(light):
        found = arrays("rgb", lights=[light])
        record = found["lights"][0]
        texture = found["textures"][record["color"]]
        rgb = np.array([texture["value0"], texture["value1"], texture["value2"]])
        return float(record["scale"] * rgb @ [0.2126, 0.7152, 0.0722])

    assert strength(d.PointLight(color=3.0)) == pytest.approx(3.0, rel=1e-3)
    assert strength(d.PointLight(color="A")) == pytest.approx(1.0, rel=1e-3)
    assert strength(d.PointLight(color="A", intensity=5.0, exposure=-2.0)) == pytest.approx(1.25, rel=1e-3)
    red = d.SpectrumSpec(rgb=(0.5, 0.0, 0.0))
    assert strength(d.PointLight(color=red)) == pytest.approx(1.0, rel=2e-2)
    assert strength(d.PointLight(color=red, normalize=False)) == pytest.approx(0.1063, rel=1e-3)
    with pytest.raises(SceneError, match="luminance 0"):
        strength(d.PointLight(color=d.SpectrumSpec(rgb=(0.0, 0.0, 0.0))))


@pytest.mark.parametrize(
    ("light", "complaint"),
    [
        (d.PointLight(position=(0.0, 0.0, 0.0), to_world=moved()), "either"),
        (d.DirectionalLight(direction=(0.0, 0.0, 1.0), to_world=moved()), "either"),
        (d.DirectionalLight(direction=(0.0, 0.0, 0.0)), "zero"),
        (d.SpotLight(cutoff_angle=20.0, beam_width=30.0), "wider"),
        (d.SpotLight(texture="gobo"), "gobo"),
        (d.EnvironmentMap(filename="/nowhere/sky.exr"), "there is no such file"),
        (d.PointLight(color="D66"), "D6"),
    ],
)
def test_impossible_lights(light, complaint):
    with pytest.raises(SceneError, match=complaint):
        compile_scene(d.Scene(lights=[light]))


def test_environment_maps_of_too_many_columns(tmp_path):
    path = str(write_image(tmp_path / "wide.exr", np.ones((1, 1 << 16, 3))))
    with pytest.raises(InputError, match="wider or higher than 65535 pixels"):
        compile_scene(d.Scene(lights=[d.EnvironmentMap(filename=path)]))


@pytest.mark.parametrize(
    ("darkest", "brightest", "notes"),
    [
        (0.0, 1.0, []),
        (0.0, 0.0, ["no texel of '{}' is above 0; the environment map gives no light"]),
        (-0.5, 1.0, ["1 of the 8 texels of '{}' have negative values, which are taken as 0"]),
        (-0.5, 0.0, ["1 of the 8 texels of '{}' have negative", "no texel of '{}' is above 0"]),
    ],
)
def test_dark_environment_maps_are_noted(tmp_path, darkest, brightest, notes):
    pixels = np.full((2, 4, 3), brightest)
    pixels[1, 2, 1] = darkest
    path = write_image(tmp_path / "sky.exr", pixels)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpecrenderWarning)
        compile_scene(d.Scene(lights=[d.EnvironmentMap(filename=path)]))
    assert len(caught) == len(notes)
    for item, note in zip(caught, notes, strict=True):
        assert str(item.message).startswith(f"environment map: {note.format(path)}")


def test_a_reflectance_takes_a_texture_as_it_is():
    scaled = d.Diffuse(reflectance=d.SpectrumSpec(texture="board", scale=0.5))
    with pytest.raises(SceneError, match="scale"):
        compile_scene(d.Scene(shapes=[d.Sphere(material=scaled)], textures={"board": d.Checkerboard()}))
    lamp = d.AreaLight(radiance=d.SpectrumSpec(texture="board", scale=0.5), intensity=4.0)
    found = arrays(shapes=[d.Sphere(emitter=lamp)], textures={"board": d.Checkerboard()})
    assert found["lights"]["scale"][0] == 2.0


def mesh(*faces, **fields):
    vertices = [[0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 0]]
    return d.TriangleMesh(vertices=vertices, faces=[list(face) for face in faces], **fields)


@pytest.mark.parametrize(
    ("faces", "count"), [([(0, 1, 2), (1, 1, 3)], 1), ([(0, 1, 2), (0, 1, 3)], 0), ([(0, 1, 2)] * 40 + [(0, 1, 3)], 0)]
)
def test_meshes_without_area_are_noted(faces, count):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpecrenderWarning)
        compile_scene(d.Scene(shapes=[mesh(*faces)]))
    assert [str(item.message) for item in caught] == ["a mesh: no triangle of it has an area; it is not seen"] * count


def test_meshes_without_area_emit_nothing():
    with pytest.raises(SceneError, match="no triangle of it has an area; it can be no light and no sensor"):
        compile_scene(d.Scene(shapes=[mesh((0, 1, 2), emitter=LIT)]))


def test_spectral_bins_in_rgb_mode():
    with pytest.raises(SceneError, match=r"needs --mode spectral: .*; leave its spectral_bins out for rgb"):
        compile_scene(d.Scene(film=d.HdrFilm(spectral_bins=4)), "rgb")
    with pytest.raises(SceneError, match=r"needs --mode spectral: RGB transport knows no wavelengths$"):
        compile_scene(d.Scene(), "rgb", spectral_film=True)


@pytest.mark.parametrize(("limits", "count"), [((360, 830), 1), ((300, 900), 0)])
def test_bins_where_no_path_is_are_noted(limits, count):
    film = d.HdrFilm(spectral_bins=d.SpectralBins(width=10, lambda_min=300, lambda_max=900))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpecrenderWarning)
        compile_scene(d.Scene(film=film, wavelengths=d.WavelengthRange(lambda_min=limits[0], lambda_max=limits[1])))
    assert ["what lies outside stays 0" in str(item.message) for item in caught] == [True] * count


@pytest.mark.parametrize(("wavelengths", "count"), [([0.4, 0.7], 1), ([14285, 25000], 1), ([300, 400], 0)])
def test_tables_where_no_path_is_are_noted(wavelengths, count):
    table = d.SpectrumSpec(wavelengths=wavelengths, values=[0.1, 0.2])
    shape = d.Sphere(material=d.Diffuse(reflectance=table))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpecrenderWarning)
        compile_scene(d.Scene(shapes=[shape]))
    assert len({str(item.message) for item in caught if "it is 0 there" in str(item.message)}) == count
