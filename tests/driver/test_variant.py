"""Variants of the kernel: a scene gets one that has all it needs, and the variants agree where both will do."""

import numpy as np
import pytest
from rendering import film, look_at, scene

from specrender.driver import new_film, render_film
from specrender.driver.variant import needed_features, variant_of
from specrender.kernel.features import FEATURES, VARIANTS, variant_for
from specrender.kernel.tile import RENDER_TILE
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

CAMERA = d.Perspective(to_world=look_at((1, 1.5, 4), (0, 0.5, 0)), fov=45.0)
LAMP = d.Rectangle(
    to_world=look_at((0, 3, 0), (0, 0, 0), (0, 0, 1)), material=d.Diffuse(), emitter=d.AreaLight(radiance=2.0)
)


def room(material=None, shapes=(), lights=None, film_fields=None, **fields):
    """A cube on a floor under a lamp and a dim sky: triangles only."""
    floor = d.Rectangle(to_world=look_at((0, 0, 0), (0, 5, 0), (0, 0, 1)), material=d.Diffuse())
    cube = d.Cube(material=material or d.Diffuse(reflectance=0.6))
    fields.setdefault("camera", CAMERA)
    return scene(
        [floor, cube, LAMP, *shapes],
        [d.ConstantLight(radiance=0.1)] if lights is None else lights,
        film=film(24, **(film_fields or {})),
        **fields,
    )


@pytest.mark.parametrize(
    "material",
    [
        d.Diffuse(),
        d.Plastic(),
        d.RoughPlastic(),
        d.Conductor(),
        d.RoughConductor(),
        d.Dielectric(),
        d.RoughDielectric(),
        d.ThinDielectric(),
        d.TwoSided(material=d.Diffuse()),
    ],
    ids=lambda m: m.__struct_config__.tag,
)
def test_common_scenes_are_plain(material):
    tables = compile_scene(room(material)).tables
    assert needed_features(tables) == set()
    assert variant_of(tables) == "plain"


@pytest.mark.parametrize(
    ("feature", "fields"),
    [
        ("objects", {"shapes": [d.Sphere(material=d.Diffuse())]}),
        ("objects", {"shapes": [d.Disk(material=d.Diffuse(), emitter=d.AreaLight(radiance=1.0))]}),
        ("masks", {"material": d.Mask(material=d.Diffuse(), opacity=0.5)}),
        ("masks", {"material": d.Null()}),
        ("trees", {"material": d.BlendBsdf(weight=0.5, first=d.Diffuse(), second=d.Plastic())}),
        ("trees", {"material": d.NormalMap(material=d.Plastic(), normalmap=(0.6, 0.5, 0.9))}),
        ("rare_bsdfs", {"material": d.Principled()}),
        ("rare_bsdfs", {"material": d.RoughDiffuse()}),
        ("beams", {"lights": [d.PointLight(position=(0, 2, 0), intensity=1.0)]}),
        ("beams", {"lights": [d.DirectionalLight(irradiance=1.0)]}),
        ("layers", {"integrator": d.AovIntegrator(aovs=["dd:depth"], integrator=d.PathIntegrator())}),
        ("layers", {"film_fields": {"spectral_bins": d.SpectralBins()}}),
        ("integrators", {"integrator": d.DirectIntegrator()}),
        ("integrators", {"integrator": d.DepthIntegrator()}),
        ("cameras", {"camera": d.RadianceMeter(to_world=CAMERA.to_world)}),
        ("options", {"integrator": d.PathIntegrator(hide_emitters=True)}),
    ],
)
def test_scenes_that_need_a_feature(feature, fields):
    tables = compile_scene(room(**fields)).tables
    assert feature in needed_features(tables)
    assert feature in VARIANTS[variant_of(tables)]


def octahedron(**fields):
    """Smooth normals on eight triangles."""
    corners = np.concatenate([np.eye(3), -np.eye(3)])
    faces = [(0, 1, 2), (1, 3, 2), (3, 4, 2), (4, 0, 2), (1, 0, 5), (3, 1, 5), (4, 3, 5), (0, 4, 5)]
    return d.TriangleMesh(vertices=corners, normals=corners, faces=np.array(faces), material=d.Diffuse(), **fields)


def test_bent_meshes_take_the_smooth_variant():
    tables = compile_scene(room(shapes=[octahedron()])).tables
    assert needed_features(tables) == {"smooth_shadows"}
    assert variant_of(tables) == "smooth"
    assert variant_of(compile_scene(room(shapes=[octahedron(smooth_shadows=False)])).tables) == "plain"
    # vertex normals that all say the same bend nothing
    normals = np.tile([[0.0, 0.6, 0.8]], (3, 1))
    flat = d.TriangleMesh(vertices=np.eye(3), normals=normals, faces=np.array([[0, 1, 2]]), material=d.Diffuse())
    assert variant_of(compile_scene(room(shapes=[flat])).tables) == "plain"


def test_many_lamps_need_their_tree():
    places = np.random.default_rng(1).random((200, 3)) * 4 + [0, 3, 0]
    lamps = [
        d.Rectangle(
            to_world=look_at(p, p - [0, 1, 0], (0, 0, 1)), material=d.Diffuse(), emitter=d.AreaLight(radiance=1.0)
        )
        for p in places
    ]
    assert needed_features(compile_scene(room(shapes=lamps)).tables) == {"many_lights"}


def test_clamping_is_an_option():
    tables = compile_scene(room()).tables
    tables.arrays["settings"]["clamp_indirect"] = 1.0
    assert needed_features(tables) == {"options"}


def test_every_set_of_features_has_a_variant():
    assert variant_for(()) == "plain"
    for feature in FEATURES:
        assert feature in VARIANTS[variant_for({feature})]
    assert variant_for(FEATURES) == "full"
    assert set(RENDER_TILE) == set(VARIANTS)


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize("material", [d.Diffuse(reflectance=0.6), d.RoughPlastic(), d.Dielectric()])
def test_variants_agree(mode, material, monkeypatch):
    """The same random numbers, so the same paths but for rounding, which may turn a few of them."""
    tables = compile_scene(room(material), mode)
    plain, full = new_film(tables), new_film(tables)
    render_film(tables, plain, 16)
    monkeypatch.setitem(RENDER_TILE, "plain", RENDER_TILE["full"])
    render_film(tables, full, 16)
    equal = np.isclose(plain.xyz, full.xyz, rtol=1e-4, atol=1e-6).all(axis=-1)
    assert equal.mean() > 0.95
    np.testing.assert_allclose(plain.xyz.sum(axis=(0, 1)), full.xyz.sum(axis=(0, 1)), rtol=2e-3)
