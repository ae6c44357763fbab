"""Mitsuba scenes: structure, defaults, the meaning of spectra."""

import re

import numpy as np
import pytest
from mitsuba_files import fails, scene

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers import load

SPHERE = '<shape type="sphere">{}</shape>'


def material(tmp_path, xml, **arguments):
    loaded = scene(tmp_path, SPHERE.format(xml), **arguments)
    return loaded.shapes[0].material, loaded


def light(tmp_path, xml):
    return scene(tmp_path, xml).lights[0]


# ---------------------------------------------------------------- structure


def test_defaults_are_mitsubas(tmp_path):
    empty = scene(tmp_path, '<sensor type="perspective"/>')
    assert empty.integrator == d.PathIntegrator(max_depth=-1, rr_depth=5)
    assert empty.sampler == d.IndependentSampler(sample_count=4)
    assert (empty.film.width, empty.film.height, empty.film.component_format) == (768, 576, "float16")
    assert empty.film.rfilter == d.GaussianFilter(stddev=0.5)
    assert (empty.camera.near_clip, empty.camera.far_clip, empty.camera.fov_axis) == (0.01, 10000, "x")
    assert scene(tmp_path, "").sampler == d.IndependentSampler(sample_count=4)


def test_parameters_and_where(tmp_path):
    loaded = scene(
        tmp_path,
        '<default name="n" value="16"/><default name="name" value="box"/>\n'
        '<sensor type="thinlens"><float name="aperture_radius" value="0.5"/>\n'
        '<sampler type="multijitter"><integer name="sample_count" value="$n"/></sampler>\n'
        '<film type="hdrfilm"><integer name="width" value="$n"/><rfilter type="$name"/>\n'
        '<string name="pixel_format" value="RGBA"/></film></sensor>',
        defines={"name": "mitchell"},
    )
    assert loaded.sampler == d.SobolSampler(sample_count=16)
    assert loaded.film.width == 16 and loaded.film.pixel_format == "rgba"
    assert isinstance(loaded.film.rfilter, d.MitchellFilter)
    assert loaded.camera.focus_distance == 1e4  # Mitsuba's default is the far plane
    assert d.where(loaded.camera).endswith("scene.xml:3")
    assert d.where(loaded.film.rfilter).endswith("scene.xml:5")


def test_longest_name_wins_and_dollars_can_be_kept(tmp_path):
    (tmp_path / "$a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", encoding="utf-8")
    loaded = scene(
        tmp_path,
        '<default name="ab" value="3"/><default name="a" value="2"/>'
        '<shape type="sphere"><float name="radius" value="$ab"/><point name="center" x="$a" y="1" z="0"/></shape>'
        '<shape type="obj"><string name="filename" value="\\$a.obj"/></shape>',
    )
    assert loaded.shapes[0].radius == 3 and loaded.shapes[0].center == (2, 1, 0)
    assert loaded.shapes[1].filename.endswith("$a.obj")


def test_transforms_apply_in_order(tmp_path):
    loaded = scene(
        tmp_path,
        '<shape type="cube"><transform name="to_world"><scale value="2"/><translate x="1"/>'
        '<rotate z="1" angle="90"/><matrix value="1 0 0 0 1 0 0 0 3"/></transform></shape>',
    )
    np.testing.assert_allclose(loaded.shapes[0].to_world.matrix @ [1, 0, 1, 1], [0, 3, 6, 1], atol=1e-12)


def test_rotation_axes_are_taken_as_they_are(tmp_path):
    xml = '<shape type="cube"><transform name="to_world"><rotate x="0" y="1" z="1" angle="15"/></transform></shape>'
    ours = scene(tmp_path, xml).shapes[0].to_world.matrix
    c, s = np.cos(np.radians(15)), np.sin(np.radians(15))
    np.testing.assert_allclose(ours[:3, :3], [[c, -s, s], [s, 1, 1 - c], [-s, 1 - c, 1]])


def test_references_forward_alias_and_include(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "bsdfs.xml").write_text(
        '<scene version="3.0.0"><bsdf type="diffuse" id="red"><rgb name="reflectance" value="1 0 0"/></bsdf></scene>',
        encoding="utf-8",
    )
    (tmp_path / "parts" / "one.xml").write_text('<bsdf version="3.0.0" type="null"/>', encoding="utf-8")
    loaded = scene(
        tmp_path,
        '<shape type="sphere"><ref id="later"/></shape><shape type="disk"><ref name="bsdf" id="rot"/></shape>'
        '<path value="parts"/><include filename="bsdfs.xml"/><alias id="red" as="rot"/>'
        '<bsdf type="diffuse" id="later"/><bsdf type="plastic" id="unused"/>'
        '<shape type="cube"><include filename="one.xml"/></shape>',
    )
    assert [shape.material for shape in loaded.shapes[:2]] == ["later", "red"]
    assert isinstance(loaded.shapes[2].material, d.Null)
    assert set(loaded.materials) == {"later", "red", "unused"}
    assert d.where(loaded.materials["red"]).endswith("bsdfs.xml:1")


def test_files_in_an_include_are_seen_from_the_root(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", encoding="utf-8")
    (tmp_path / "sub" / "shapes.xml").write_text(
        '<scene version="3.0.0"><shape type="obj"><string name="filename" value="a.obj"/></shape></scene>',
        encoding="utf-8",
    )
    loaded = scene(tmp_path, '<include filename="sub/shapes.xml"/>')
    assert loaded.shapes[0].filename == str(tmp_path / "a.obj")


def test_old_names_are_upgraded(tmp_path):
    image = tmp_path / "a.png"
    image.write_bytes(b"not read here")
    body = (
        '<integrator type="path"><integer name="maxDepth" value="3"/></integrator>'
        '<shape type="sphere"><transform name="toWorld"><translate x="1"/></transform><bsdf type="diffuse">'
        '<texture type="bitmap" name="diffuseReflectance"><string name="filename" value="a.png"/>'
        '<float name="uscale" value="2"/><float name="voffset" value="0.5"/></texture></bsdf></shape>'
        '<shape type="sphere"><bsdf type="dielectric"><float name="intIOR" value="1.7"/></bsdf></shape>'
    )
    loaded = scene(tmp_path, body, version="0.6.0")
    assert loaded.integrator.max_depth == 3
    assert loaded.shapes[0].to_world.matrix[0, 3] == 1
    assert loaded.shapes[1].material.int_ior == 1.7
    (texture,) = loaded.textures.values()
    np.testing.assert_allclose(texture.to_uv.matrix @ [1, 1, 0, 1], [2, 1.5, 0, 1])
    fails(tmp_path, body, "path has no parameter 'maxDepth'; did you mean 'max_depth'?")


def test_several_sensors_first_wins(tmp_path):
    loaded = scene(tmp_path, '<sensor type="orthographic"/><sensor type="perspective"/>')
    assert isinstance(loaded.camera, d.Orthographic)


def test_integrators(tmp_path):
    loaded = scene(
        tmp_path,
        '<integrator type="aov"><string name="aovs" value="dd.y:depth, nn:sh_normal"/><integrator type="moment">'
        '<integrator type="direct"><integer name="shading_samples" value="2"/></integrator></integrator></integrator>',
    )
    assert loaded.integrator.aovs == ["dd.y:depth", "nn:sh_normal"]
    assert loaded.integrator.integrator.integrator == d.DirectIntegrator(shading_samples=2)


# ---------------------------------------------------------------- what spectra mean


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("", d.SpectrumSpec(rgb=(1, 1, 1))),  # Mitsuba's default is d65 of luminance 1
        ('<rgb name="intensity" value="1 2 3"/>', d.SpectrumSpec(rgb=(1, 2, 3))),
        ('<rgb name="intensity" value="2"/>', d.SpectrumSpec(rgb=(2, 2, 2))),
        ('<float name="intensity" value="2"/>', d.SpectrumSpec(rgb=(2, 2, 2))),
        ('<spectrum name="intensity" value="2"/>', 2.0),
        ('<spectrum name="intensity" value="400:1, 500:3"/>', d.SpectrumSpec(wavelengths=[400, 500], values=[1, 3])),
        ('<spectrum name="intensity" filename="a.spd"/>', d.SpectrumSpec(wavelengths=[400, 700], values=[0.5, 1])),
        (
            '<spectrum name="intensity" type="d65"><float name="scale" value="3"/></spectrum>',
            d.SpectrumSpec(rgb=(1, 1, 1), scale=3),
        ),
        (
            '<spectrum name="intensity" type="blackbody"><float name="temperature" value="3200"/></spectrum>',
            d.SpectrumSpec(blackbody=3200),
        ),
        ('<spectrum name="intensity" type="uniform"><float name="value" value="0.5"/></spectrum>', 0.5),
        (
            '<spectrum name="intensity" type="regular"><float name="wavelength_min" value="400"/>'
            '<float name="wavelength_max" value="600"/><string name="values" value="1 2, 3"/></spectrum>',
            d.SpectrumSpec(wavelengths=[400, 500, 600], values=[1, 2, 3]),
        ),
        (
            '<spectrum name="intensity" type="irregular"><string name="wavelengths" value="400, 450"/>'
            '<string name="values" value="1 2"/></spectrum>',
            d.SpectrumSpec(wavelengths=[400, 450], values=[1, 2]),
        ),
        ('<ref name="intensity" id="shared"/>', d.SpectrumSpec(blackbody=5000)),
    ],
)
def test_emission(tmp_path, xml, expected):
    (tmp_path / "a.spd").write_text("# nm, W\n400 0.5\n700, 1\n", encoding="utf-8")
    shared = '<spectrum type="blackbody" id="shared"><float name="temperature" value="5000"/></spectrum>'
    found = light(tmp_path, f'<emitter type="point">{xml}</emitter>{shared}')
    assert found.color == expected
    assert found.normalize is False and found.intensity == 1


def test_emitters(tmp_path):
    spot = light(tmp_path, '<emitter type="spot"><float name="cutoff_angle" value="40"/></emitter>')
    assert spot.beam_width == 30
    sun = light(tmp_path, '<emitter type="directional"><vector name="direction" value="0 0 -1"/></emitter>')
    assert sun.direction == (0, 0, -1) and sun.irradiance == d.SpectrumSpec(rgb=(1, 1, 1))
    assert light(tmp_path, '<emitter type="constant"/>').radiance == d.SpectrumSpec(rgb=(1, 1, 1))
    (tmp_path / "sky.exr").write_bytes(b"")
    sky = '<emitter type="envmap"><string name="filename" value="sky.exr"/><float name="scale" value="2"/></emitter>'
    assert light(tmp_path, sky).scale == 2


def test_textures_and_srgb_on_emitters_are_not_times_d65(tmp_path):
    srgb = '<spectrum name="radiance" type="srgb"><rgb name="color" value="1"/></spectrum>'
    radiance = light(tmp_path, f'<emitter type="constant">{srgb}</emitter>').radiance
    assert radiance == d.SpectrumSpec(rgb=(1.0, 1.0, 1.0), white=False)
    checkers = '<emitter type="area"><texture name="radiance" type="checkerboard"/></emitter>'
    assert not scene(tmp_path, SPHERE.format(checkers)).shapes[0].emitter.radiance.white


def test_a_shape_that_emits_and_has_no_bsdf_is_black(tmp_path):
    loaded = scene(tmp_path, SPHERE.format('<emitter type="area"/>') + SPHERE.format(""))
    assert loaded.shapes[0].material == d.Diffuse(reflectance=0.0)
    assert loaded.shapes[0].emitter == d.AreaLight(radiance=d.SpectrumSpec(rgb=(1, 1, 1)), normalize=False)
    assert loaded.shapes[1].material is None


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<bsdf type="diffuse"/>', d.Diffuse(reflectance=0.5)),
        ('<bsdf type="diffuse"><integer name="reflectance" value="1"/></bsdf>', d.Diffuse(reflectance=1.0)),
        (
            '<bsdf type="diffuse"><spectrum name="reflectance" type="srgb">'
            '<rgb name="color" value="0.2"/></spectrum></bsdf>',
            d.Diffuse(reflectance=d.SpectrumSpec(rgb=(0.2, 0.2, 0.2))),
        ),
        ('<bsdf type="dielectric"/>', d.Dielectric(int_ior=1.5046, ext_ior=1.000277)),
        (
            '<bsdf type="thindielectric"><string name="int_ior" value="Water Ice"/></bsdf>',
            d.ThinDielectric(int_ior=1.31, ext_ior=1.000277),
        ),
        ('<bsdf type="plastic"/>', d.Plastic(int_ior=1.49, ext_ior=1.000277)),
        (
            '<bsdf type="roughplastic"><float name="alpha" value="0.3"/>'
            '<boolean name="nonlinear" value="TRUE"/></bsdf>',
            d.RoughPlastic(int_ior=1.49, ext_ior=1.000277, alpha=0.3, nonlinear=True),
        ),
        ('<bsdf type="conductor"/>', d.Conductor(material="none")),
        ('<bsdf type="conductor"><float name="k" value="2"/></bsdf>', d.Conductor(eta=0.0, k=2.0)),
        (
            '<bsdf type="roughconductor"><string name="material" value="Au"/></bsdf>',
            d.RoughConductor(material="Au", weighting="none", alpha=0.1),
        ),
        (
            '<bsdf type="roughconductor"><float name="alpha_u" value="0.1"/><float name="alpha_v" value="0.2"/>'
            '<string name="distribution" value="GGX"/><boolean name="sample_visible" value="false"/></bsdf>',
            d.RoughConductor(material="none", alpha_u=0.1, alpha_v=0.2, distribution="ggx"),
        ),
        ('<bsdf type="twosided"><bsdf type="diffuse"/></bsdf>', d.TwoSided(material=d.Diffuse())),
        (
            '<bsdf type="mask"><float name="opacity" value="0.2"/><bsdf type="null"/></bsdf>',
            d.Mask(material=d.Null(), opacity=0.2),
        ),
        ('<bsdf type="principled"/>', d.Principled()),
        (
            '<bsdf type="principled"><rgb name="base_color" value="1 0 0"/><float name="eta" value="1.4"/>'
            '<float name="spec_trans" value="0.5"/><float name="clearcoat_sampling_rate" value="2"/></bsdf>',
            d.Principled(
                base_color=d.SpectrumSpec(rgb=(1, 0, 0)), eta=1.4, spec_trans=0.5, clearcoat_sampling_rate=2.0
            ),
        ),
        (
            '<bsdf type="principledthin"><float name="diff_trans" value="1.5"/><float name="eta" value="1.33"/></bsdf>',
            d.PrincipledThin(diff_trans=1.5, eta=1.33),
        ),
        ('<bsdf type="hair"/>', d.Hair(int_ior=1.55, ext_ior=1.000277)),
        (
            '<bsdf type="hair"><rgb name="sigma_a" value="1 2 3"/><float name="scale" value="2"/></bsdf>',
            d.Hair(int_ior=1.55, ext_ior=1.000277, sigma_a=d.SpectrumSpec(rgb=(1, 2, 3)), scale=2.0),
        ),
        (
            '<bsdf type="blendbsdf"><float name="weight" value="0.2"/><bsdf type="null"/><bsdf type="diffuse"/></bsdf>',
            d.BlendBsdf(first=d.Null(), second=d.Diffuse(), weight=0.2),
        ),
        (
            '<bsdf type="normalmap"><texture name="normalmap" type="rawconstant">'
            '<vector name="value" value="0.5 0.5 1"/></texture><bsdf type="diffuse"/></bsdf>',
            d.NormalMap(material=d.Diffuse(), normalmap=(0.5, 0.5, 1.0)),
        ),
        ('<bsdf type="roughdiffuse"><float name="roughness" value="0.2"/></bsdf>', d.RoughDiffuse(roughness=0.2)),
        ('<bsdf type="diffusetransmission"/>', d.DiffuseTransmission()),
    ],
)
def test_bsdfs(tmp_path, xml, expected):
    assert material(tmp_path, xml)[0] == expected


def test_dispersive_keeps_the_names_that_have_data(tmp_path):
    xml = '<bsdf type="dielectric"><string name="int_ior" value="bk7"/><string name="ext_ior" value="vacuum"/></bsdf>'
    assert material(tmp_path, xml, dispersive=True)[0] == d.Dielectric(int_ior="bk7", ext_ior=1.0)


def test_bump_maps_take_their_texture_by_any_name(tmp_path):
    checker = '<texture name="whatever" type="checkerboard"/>'
    xml = f'<bsdf type="bumpmap"><float name="scale" value="2"/>{checker}<bsdf type="diffuse"/></bsdf>'
    found, loaded = material(tmp_path, xml)
    assert found.bumpmap.texture in loaded.textures
    assert (found.scale, found.flip_invalid_normals, found.use_shadowing_function) == (2.0, True, True)


def test_measured_files_are_looked_up(tmp_path):
    (tmp_path / "x.bsdf").write_bytes(b"")
    found, _ = material(tmp_path, '<bsdf type="measured"><string name="filename" value="x.bsdf"/></bsdf>')
    assert found.filename == str(tmp_path / "x.bsdf")


def test_textures_get_names(tmp_path):
    checker = '<texture {} type="checkerboard"><float name="color0" value="0.1"/></texture>'
    bsdf = f'<bsdf type="roughconductor">{checker.format("name=" + chr(34) + "alpha" + chr(34))}</bsdf>'
    found, loaded = material(tmp_path, bsdf)
    assert found.alpha.texture in loaded.textures
    # Mitsuba's checkerboard exchanges its colours where it gives single numbers
    assert loaded.textures[found.alpha.texture].color1 == 0.1
    shared = checker.format('id="check"')
    two = SPHERE.format('<bsdf type="diffuse"><ref name="reflectance" id="check"/></bsdf>') * 2
    loaded = scene(tmp_path, two + shared)
    assert list(loaded.textures) == ["check"]
    assert [s.material.reflectance.texture for s in loaded.shapes] == ["check", "check"]


# ---------------------------------------------------------------- Mitsuba's own scenes

#: Scenes of Mitsuba's suite whose vocabulary is here, with the number of their shapes and lights.
SUPPORTED = {
    "scenes/cbox/cbox-spectral.xml": (8, 0),
    "scenes/cbox/cbox-rgb.xml": (8, 0),
    "scenes/cbox/cbox.xml": (8, 0),
    "scenes/hello.xml": (1, 2),
    "scenes/matpreview/matpreview.xml": (3, 1),
    "tests/scenes/bsdf_spheres/test_arealight_path.xml": (13, 0),
    "tests/scenes/bsdf_spheres/test_constant_path.xml": (12, 1),
    "tests/scenes/bsdf_spheres/test_envmap_path.xml": (12, 1),
    "tests/scenes/bsdf_spheres/test_roughdielectric_path.xml": (2, 2),
    "tests/scenes/bsdf_spheres/test_roughplastic_linear_path.xml": (5, 2),
    "tests/scenes/bsdf_spheres/test_textured_diffuse_path.xml": (2, 2),
    "tests/scenes/bsdf_spheres/test_textured_roughconductor_path.xml": (2, 2),
    "tests/scenes/floating_sphere/test_directional_direct.xml": (2, 1),
    "tests/scenes/orthographic_sensor/test_orthographic_path.xml": (1, 1),
    "tests/scenes/spot_light/test_spot_direct.xml": (1, 2),
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_mitsubas_scenes(mitsuba_data, name):
    if not (mitsuba_data / name).is_file():
        pytest.skip(f"{name} is not in {mitsuba_data}")
    loaded = load(mitsuba_data / name)
    assert (len(loaded.shapes), len(loaded.lights)) == SUPPORTED[name]


def test_the_other_scenes_load_or_are_refused_with_a_reason(mitsuba_data):
    for path in sorted((mitsuba_data / "tests/scenes").glob("*/test_*.xml")):
        if path.relative_to(mitsuba_data).as_posix() not in SUPPORTED:
            try:
                assert load(path).shapes
            except SceneError as error:
                assert re.search(r"\.xml:\d+: .* is not supported yet$", str(error)), error
