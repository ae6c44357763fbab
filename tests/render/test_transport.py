"""Rules of the integrators: depth, roulette, null and mask, hidden emitters; and closed rooms in closed form."""

import numpy as np
import pytest
from rendering import assert_mean, film, look_at, mean_and_error, moved, narrow_camera, rendered, scene

from specrender.scene import description as d

RHO = 0.5
WALL = d.Rectangle(to_world=moved(scale=20.0), material=d.Diffuse(reflectance=RHO))
CAMERA = narrow_camera((0.3, 0.2, 0.5), (0.0, 0.0, 0.0))
LAMP = d.PointLight(color=1.0, position=(0.0, 0.0, 2.0))
DIRECT = RHO / np.pi / 4.0  # what the wall sends back of the lamp


def seen(shapes, lights=(), camera=CAMERA, spp=4096, pixels=2, **fields):
    return rendered(scene(shapes, lights, camera=camera, pixels=pixels, **fields), spp, "rgb")


# ---------------------------------------------------------------- closed rooms


def room(radiance=0.0, reflectance=RHO):
    emitter = d.AreaLight(radiance=radiance) if radiance else None
    return d.Sphere(flip_normals=True, emitter=emitter, material=d.Diffuse(reflectance=reflectance))


@pytest.mark.parametrize("max_depth", [0, 1, 2, 3, 5, -1])
def test_glowing_room(max_depth):
    """Each bounce adds RHO of the one before: the sum of RHO^k over k < max_depth."""
    expected = (1.0 - RHO**max_depth) / (1.0 - RHO) if max_depth >= 0 else 1.0 / (1.0 - RHO)
    result = seen(
        [room(radiance=1.0)],
        camera=d.Perspective(to_world=moved(0.2, 0.1, 0.3), fov=90.0),
        integrator=d.PathIntegrator(max_depth=max_depth),
        pixels=8,
    )
    assert_mean(result, expected)


@pytest.mark.parametrize("rr_depth", [1, 3, 40])
def test_roulette_is_unbiased(rr_depth):
    result = seen(
        [room(radiance=1.0, reflectance=0.8)],
        camera=d.Perspective(fov=90.0),
        integrator=d.PathIntegrator(rr_depth=rr_depth),
        pixels=8,
    )
    assert_mean(result, 5.0)


@pytest.mark.parametrize("sampler", [d.IndependentSampler, d.SobolSampler])
def test_lamp_in_the_middle_of_a_room(sampler):
    """Irradiance pi everywhere, so radiance RHO straight from the wall and RHO / (1 - RHO) with all bounces."""
    lamp = d.PointLight(color=np.pi, position=(0.0, 0.0, 0.0))
    camera = d.Perspective(to_world=moved(0.1, 0.2, 0.0), fov=90.0)
    for max_depth, expected in ((2, RHO), (-1, RHO / (1.0 - RHO))):
        integrator = d.PathIntegrator(max_depth=max_depth)
        result = seen([room()], [lamp], camera=camera, integrator=integrator, sampler=sampler(), pixels=8)
        assert_mean(result, expected)


def test_room_in_spectral_mode():
    """A coloured room: each wavelength has its own geometric series."""
    nm = np.arange(360.0, 831.0, 10.0)
    reflectance = 0.45 + 0.4 * np.sin(nm / 50.0)
    spec = d.SpectrumSpec(wavelengths=nm.tolist(), values=reflectance.tolist())
    description = scene(
        [room(radiance=1.0, reflectance=spec)],
        camera=d.Perspective(fov=90.0),
        film=film(8, spectral_bins=d.SpectralBins(width=10.0)),
        sampler=d.SobolSampler(),
    )
    result = rendered(description, 4096)
    edges = result.bin_edges_nm
    fine = np.linspace(edges[:-1], edges[1:], 101, axis=1)
    expected = (1.0 / (1.0 - np.interp(fine, nm, reflectance))).mean(axis=1)
    assert np.allclose(result.spectral_radiance().mean(axis=(0, 1)), expected, rtol=0.03)


def test_mirror_takes_its_tint():
    """A glowing wall seen in a mirror of 80 %: a delta path, without light sampling."""
    mirror = d.Rectangle(to_world=moved(), material=d.Conductor(material="none", specular_reflectance=0.8))
    glow = d.Rectangle(to_world=moved(z=3.0, scale=20.0, degrees=180.0), emitter=d.AreaLight(radiance=2.0))
    for max_depth, expected in ((1, 0.0), (2, 1.6)):
        assert_mean(seen([mirror, glow], integrator=d.PathIntegrator(max_depth=max_depth), spp=16), expected)


# ---------------------------------------------------------------- null and mask


def pane(material, z=1.0, **fields):
    return d.Rectangle(to_world=moved(z=z, scale=20.0), material=material, **fields)


@pytest.mark.parametrize("panes", [1, 2])
def test_shadow_through_null(panes):
    """A null surface lets the lamp through and counts as a bounce, as in Mitsuba."""
    shapes = [WALL, *(pane(d.Null(), 1.0 + 0.2 * i) for i in range(panes))]
    for max_depth in (*range(1, 5), -1):
        expected = 0.0 if 0 <= max_depth < 2 + panes else DIRECT
        assert_mean(seen(shapes, [LAMP], integrator=d.PathIntegrator(max_depth=max_depth), spp=16), expected)


def test_shadow_through_masks():
    """Two masks that cover 30 and 60 % leave 0.7 * 0.4 of the lamp; black, so that they add nothing."""
    black = d.Diffuse(reflectance=0.0)
    shapes = [WALL, pane(d.Mask(material=black, opacity=0.3)), pane(d.Mask(material=black, opacity=0.6), 1.5)]
    assert_mean(seen(shapes, [LAMP], integrator=d.PathIntegrator(max_depth=4), spp=64), 0.28 * DIRECT)
    assert_mean(seen(shapes, [LAMP], integrator=d.PathIntegrator(max_depth=3), spp=64), 0.0)


def test_mask_seen_from_the_camera():
    """A white mask of 25 % before a black wall: a quarter of its own light comes back."""
    white = d.Mask(material=d.Diffuse(reflectance=1.0), opacity=0.25)
    shapes = [d.Rectangle(to_world=moved(z=-1.0, scale=20.0), material=d.Diffuse(reflectance=0.0)), pane(white, 0.0)]
    assert_mean(seen(shapes, [LAMP], integrator=d.PathIntegrator(max_depth=3)), 0.25 / np.pi / 4.0)


def test_textured_mask():
    """A checkerboard of opacity 0 and 1 casts a shadow of every second square."""
    board = d.Checkerboard(color0=0.0, color1=1.0, to_uv=d.Transform(np.diag([10.0, 10.0, 1.0, 1.0])))
    mask = d.Mask(material=d.Diffuse(reflectance=0.0), opacity=d.TextureRef(texture="board"))
    light = d.DirectionalLight(direction=(0.0, 0.0, -1.0), irradiance=1.0)
    screen = d.Rectangle(to_world=moved(z=1.0, scale=10.0), material=mask)  # squares of 1, from -10 on
    for (x, y), expected in (((0.5, 0.5), 1.0), ((1.5, 0.5), 0.0), ((1.5, 1.5), 1.0), ((-0.5, 0.5), 0.0)):
        camera = narrow_camera((x + 0.2, y, 0.4), (x, y, 0.0))
        result = seen(
            [WALL, screen],
            [light],
            camera=camera,
            integrator=d.PathIntegrator(max_depth=3),
            textures={"board": board},
            spp=16,
        )
        assert_mean(result, expected * RHO / np.pi)


def test_area_light_through_null_by_both_techniques():
    """Light samples pass the null surface as sampled directions do: MIS counts each path once."""
    light = d.Sphere(center=(0.0, 0.0, 2.0), radius=0.8, emitter=d.AreaLight(radiance=2.0))
    result = seen([WALL, light, pane(d.Null(), 0.9)], integrator=d.PathIntegrator(max_depth=3), spp=16384)
    assert_mean(result, RHO * 2.0 * 0.16)


def test_emitter_seen_through_null():
    glow = d.Rectangle(to_world=moved(z=-1.0, scale=20.0), emitter=d.AreaLight(radiance=2.0))
    for max_depth, expected in ((1, 0.0), (2, 2.0)):
        shapes = [glow, pane(d.Null(), 0.0)]
        assert_mean(seen(shapes, integrator=d.PathIntegrator(max_depth=max_depth), spp=16), expected)


# ---------------------------------------------------------------- hidden emitters, coverage, clipping


@pytest.mark.parametrize("integrator", [d.PathIntegrator(max_depth=2), d.DirectIntegrator()])
def test_hidden_emitters_shine_unseen(integrator):
    """The wall behind a lamp that shines on it is seen through the lamp."""
    lamp = d.Disk(to_world=moved(z=0.2, scale=0.5, degrees=180.0), emitter=d.AreaLight(radiance=1.0))
    camera = narrow_camera((0.0, 0.0, 2.0), (0.0, 0.0, 0.0))
    assert_mean(seen([WALL, lamp], camera=camera, integrator=integrator, spp=16), 0.0)  # the back of the disk
    hidden = type(integrator)(**{f: getattr(integrator, f) for f in integrator.__struct_fields__})
    hidden.hide_emitters = True
    result = seen([WALL, lamp], camera=camera, integrator=hidden, spp=16384)
    assert_mean(result, RHO * 0.25 / (0.25 + 0.04))
    assert np.all(result.mean_alpha() == 1.0)


@pytest.mark.parametrize("integrator", [d.PathIntegrator, d.DirectIntegrator])
def test_hidden_environment(integrator):
    sky = [d.ConstantLight(radiance=1.0)]
    away = narrow_camera((0.0, 0.0, 1.0), (0.0, 0.0, 2.0))
    for hide, expected in ((True, 0.0), (False, 1.0)):
        result = seen([WALL], sky, camera=away, integrator=integrator(hide_emitters=hide), spp=16)
        assert_mean(result, expected)
        assert result.mean_alpha().mean() == expected
    assert_mean(seen([WALL], sky, integrator=integrator(hide_emitters=True), spp=16384), RHO)


@pytest.mark.parametrize("kind", [d.Perspective, d.Orthographic])
def test_clip_planes(kind):
    """What is nearer than near_clip or farther than far_clip along the view is not seen."""
    wall = pane(None, 0.0, emitter=d.AreaLight(radiance=1.0))
    for near, far, expected in ((0.1, 10.0, 1.0), (1.5, 10.0, 0.0), (0.1, 0.9, 0.0), (0.99, 1.01, 1.0)):
        camera = kind(to_world=look_at((0.0, 0.0, 1.0), (0.0, 0.0, 0.0)), near_clip=near, far_clip=far)
        # the plane is at depth 1 over all of a wide image, though up to 1.2 away along the ray
        assert_mean(seen([wall], camera=camera, spp=16, pixels=8), expected)


def test_direct_is_path_of_depth_two():
    shapes = [
        WALL,
        d.Sphere(center=(0.0, 1.5, 1.0), radius=0.7, material=d.RoughConductor(material="none", alpha=0.3)),
        d.Rectangle(to_world=moved(1.0, 0.0, 2.0, degrees=180.0), emitter=d.AreaLight(radiance=3.0)),
    ]
    lights = [d.ConstantLight(radiance=0.5), LAMP]
    camera = d.Perspective(to_world=look_at((0.0, -3.0, 1.0), (0.0, 1.0, 0.5), up=(0.0, 0.0, 1.0)), fov=40.0)
    (a, error_a), (b, error_b) = (
        mean_and_error(seen(shapes, lights, camera=camera, integrator=integrator, spp=1024, pixels=16))
        for integrator in (d.PathIntegrator(max_depth=2), d.DirectIntegrator(emitter_samples=2, bsdf_samples=3))
    )
    assert abs(a - b) < 4.0 * np.hypot(error_a, error_b)
    assert np.hypot(error_a, error_b) < 0.01 * a


# ---------------------------------------------------------------- materials in materials

BLACK = d.Diffuse(reflectance=0.0)


@pytest.mark.parametrize(
    ("veil", "passing"),
    [
        (d.BlendBsdf(first=d.Null(), second=BLACK, weight=0.25), 0.75),
        (d.BlendBsdf(first=d.Mask(material=BLACK, opacity=0.5), second=BLACK, weight=0.5), 0.25),
        (d.Mask(material=d.BlendBsdf(first=d.Null(), second=BLACK, weight=0.5), opacity=0.5), 0.75),
        (d.Mask(material=d.Mask(material=BLACK, opacity=0.5), opacity=0.5), 0.75),
    ],
)
def test_shadows_of_veils_nested_in_materials(veil, passing):
    above = d.Rectangle(to_world=moved(0.0, 0.0, 1.0), material=veil)
    camera = narrow_camera((0.3, 0.2, 0.5), (0.0, 0.0, 0.0))
    assert_mean(seen([WALL, above], [LAMP], camera=camera, integrator=d.PathIntegrator(max_depth=4)), DIRECT * passing)
