"""Lights on a white wall: photometric units, IES files, projectors and parallel beams against closed forms."""

import numpy as np
import pytest
from rendering import assert_mean, look_at, mean_and_error, moved, narrow_camera, rendered, scene

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.lights.units import PHOTOMETRIC_PER_Y
from specrender.scene.validate import validate
from specrender.spectra.spectrum import integrate_xyz

DIRECT = d.PathIntegrator(max_depth=2)
DOWN = look_at((0.0, 0.0, 2.0), (0.0, 0.0, 0.0))


def illuminance(lights=(), shapes=(), at=(0.0, 0.0), spp=64, mode="spectral", integrator=DIRECT):
    """The film of a white floor seen at one place, whose Y times K is illuminance over pi."""
    floor = d.Rectangle(to_world=moved(scale=40.0), material=d.Diffuse(reflectance=1.0))
    camera = narrow_camera((at[0] + 0.4, at[1] - 0.3, 0.7), (*at, 0.0), (1.0, 0.0, 0.0))
    description = scene([floor, *shapes], list(lights), camera=camera, integrator=integrator, pixels=4)
    validate(description)
    return rendered(description, spp, mode)


def assert_lux(result, lux, rounding=3e-4):
    assert_mean(result, lux / np.pi / PHOTOMETRIC_PER_Y, rounding=rounding)


COLOURS = [1.0, d.SpectrumSpec(blackbody=2800.0), d.SpectrumSpec(rgb=(0.9, 0.4, 0.1)), "FL11"]


@pytest.mark.parametrize("color", COLOURS, ids=str)
@pytest.mark.parametrize("mode", ["spectral", "rgb"])
def test_candela_and_lumen_of_a_point(color, mode):
    """I / h^2 below the light, whatever the colour."""
    for units, amount in (("cd", 500.0), ("lm", 500.0 * 4.0 * np.pi)):
        light = d.PointLight(color=color, position=(0.0, 0.0, 2.0), units=units, intensity=amount / 2.0, exposure=1.0)
        assert_lux(illuminance([light], mode=mode, spp=1024), 125.0, rounding=2e-3)


def test_watts_of_a_point():
    """The spectrum's integral over the wavelengths of the render is what is divided."""
    light = d.PointLight(color=1.0, position=(0.0, 0.0, 2.0), units="W", intensity=100.0)
    intensity = 100.0 / (4.0 * np.pi) / 470.0
    assert_mean(illuminance([light], spp=1024), intensity / 4.0 / np.pi, rounding=2e-3)


def test_units_of_a_line():
    """A line between two whole nm has its watts and candelas; a sum in steps of 1 nm misses it."""
    color = d.SpectrumSpec(wavelengths=[589.05, 589.2, 589.35], values=[0.0, 40.0, 0.0])
    light = d.PointLight(color=color, position=(0.0, 0.0, 2.0), units="W", intensity=100.0)
    record = compile_scene(scene(lights=[light]), "spectral").tables.arrays["lights"][0]
    # 6 W/sr nm of the table are what is scaled
    assert record["scale"] == pytest.approx(100.0 / (4.0 * np.pi) / 6.0, rel=1e-6)
    light = d.PointLight(color=color, position=(0.0, 0.0, 2.0), units="cd", intensity=500.0)
    assert_lux(illuminance([light], mode="rgb", spp=1024), 125.0, rounding=2e-3)


THIN = d.SpectrumSpec(wavelengths=[545.97, 546.07, 546.17], values=[0.0, 50.0, 0.0])


@pytest.mark.parametrize("other", [None, 1.0, "HP1"], ids=str)
def test_a_thin_line_has_its_colour(other):
    """XYZ of a wall under a line of mercury, beside nothing else, white light, or other lines: few paths are enough."""
    lights = [d.PointLight(color=THIN, position=(0.0, 0.0, 2.0), units="cd", intensity=500.0)]
    if other is not None:
        lights.append(d.PointLight(color=other, position=(0.0, 0.0, 2.0), units="cd", intensity=500.0))
    result = illuminance(lights, spp=256)
    colours = [THIN] if other is None else [THIN, other]
    builder = TableBuilder(d.Scene(), "spectral", "srgb")
    for channel in range(3):
        parts = [integrate_xyz(builder.host_spectrum(color, "emission", d.Scene())) for color in colours]
        expected = sum(xyz[channel] / xyz[1] for xyz in parts) * 125.0 / np.pi / PHOTOMETRIC_PER_Y
        assert_mean(result, expected, rounding=3e-3, channel=channel)
        _, error = mean_and_error(result, channel)
        # without a density that knows of the line: 0.2
        assert error < (0.02 if channel < 2 else 0.1) * expected


def test_units_of_a_spot():
    """A hard cone has 2 pi (1 - cos) of solid angle; a soft one less, by quadrature."""
    cone = 2.0 * np.pi * (1.0 - np.cos(np.radians(30.0)))
    hard = d.SpotLight(to_world=DOWN, cutoff_angle=30.0, beam_width=30.0, units="lm", intensity=cone * 40.0)
    assert_lux(illuminance([hard], spp=1024), 10.0, rounding=2e-3)
    theta = np.linspace(0.0, np.radians(30.0), 20001)
    fall = np.clip((np.radians(30.0) - theta) / np.radians(15.0), 0.0, 1.0)
    soft = 2.0 * np.pi * np.trapezoid(fall * np.sin(theta), theta)
    light = d.SpotLight(to_world=DOWN, cutoff_angle=30.0, beam_width=15.0, units="lm", intensity=soft * 40.0)
    assert_lux(illuminance([light], spp=1024), 10.0, rounding=2e-3)


def test_units_of_distant_lights():
    sun = d.DirectionalLight(direction=(0.0, 0.6, -0.8), irradiance="D65", units="lx", intensity=1000.0)
    assert_lux(illuminance([sun], spp=1024), 800.0, rounding=2e-3)
    for units, amount in (("lx", 300.0), ("cd/m2", 300.0 / np.pi)):
        sky = d.ConstantLight(radiance="D65", units=units, intensity=amount)
        assert_lux(illuminance([sky], spp=4096), 300.0, rounding=2e-3)


def test_units_of_an_area_light():
    """A small disk far up: E = L A / h^2 cos cos, for its luminance, its flux."""
    area = np.pi * 0.01
    for units, amount in (("cd/m2", 5000.0), ("lm", 5000.0 * np.pi * area)):
        light = d.AreaLight(radiance="A", units=units, intensity=amount)
        disk = d.Disk(to_world=moved(0.0, 0.0, 5.0, scale=0.1, degrees=180.0), emitter=light)
        assert_lux(illuminance(shapes=[disk], spp=1024), 5000.0 * area / 25.0, rounding=3e-3)


NONSENSE = [
    (d.PointLight(units="lx"), "radiometric or cd or lm or W for a light of type point, got 'lx'"),
    (d.DirectionalLight(units="lm"), "radiometric or lx for a light of type directional"),
    (d.ConstantLight(units="cd"), "radiometric or cd/m2 or lx"),
    (d.SunSky(units="lx"), "radiometric for a light of type sunsky"),
]


@pytest.mark.parametrize(("light", "words"), NONSENSE)
def test_units_that_make_no_sense(light, words):
    with pytest.raises(SceneError, match="units must be") as error:
        validate(d.Scene(lights=[light]))
    assert words in str(error.value)


def test_flux_of_a_texture_is_refused():
    light = d.AreaLight(radiance=d.SpectrumSpec(texture="board"), units="lm")
    description = d.Scene(shapes=[d.Rectangle(emitter=light)], textures={"board": d.Checkerboard()})
    with pytest.raises(SceneError, match="use cd/m2, which counts where the texture is 1"):
        validate(description)


def test_luminance_of_a_texture():
    """Half the squares are 1: they have the luminance that is asked for."""
    light = d.AreaLight(radiance=d.SpectrumSpec(texture="board"), units="cd/m2", intensity=200.0)
    board = d.Checkerboard(color0=1.0, color1=0.0)
    shape = d.Rectangle(to_world=moved(degrees=180.0), emitter=light)
    camera = narrow_camera((0.3, -0.3, -3.0), (0.3, -0.3, 0.0))
    shine = rendered(scene([shape], camera=camera, integrator=DIRECT, textures={"board": board}), 4096)
    assert_mean(shine, 200.0 / PHOTOMETRIC_PER_Y, rounding=1e-2)


# ---------------------------------------------------------------- ies


@pytest.fixture(scope="module")
def lambertian(tmp_path_factory):
    """I = 1000 cos theta cd downwards, in steps of 2.5 degrees: pi 1000 lm."""
    theta = np.arange(0.0, 90.1, 2.5)
    numbers = " ".join(f"{v:.6f}" for v in 500.0 * np.cos(np.radians(theta)))
    name = tmp_path_factory.mktemp("ies") / "lambertian.ies"
    angles = " ".join(map(str, theta))
    name.write_text(f"IESNA:LM-63-2002\nTILT=NONE\n1 -1 2 {len(theta)} 1 1 2 0 0 0 1 1 50\n{angles}\n0\n{numbers}\n")
    return str(name)


@pytest.mark.parametrize(("units", "amount"), [("cd", 1.0), ("lm", np.pi * 1000.0)])
def test_ies(lambertian, units, amount):
    """E = I cos^3 / h^2 with I = 1000 cos, below the light and 45 degrees beside it."""
    light = d.IesLight(filename=lambertian, color="D65", to_world=DOWN, units=units, intensity=amount)
    for x, cosine in ((0.0, 1.0), (2.0, np.sqrt(0.5))):
        assert_lux(illuminance([light], at=(x, 0.0), spp=1024), 250.0 * cosine**4, rounding=3e-3)


def test_ies_without_units_has_its_peak_in_the_colour(lambertian):
    light = d.IesLight(filename=lambertian, color=3.0, to_world=DOWN)
    assert_mean(illuminance([light]), 3.0 / 4.0 / np.pi, rounding=1e-3)


def test_ies_turns_with_its_planes(tmp_path):
    """C0 is along +x of the light, C90 along +y; above the horizon of the file there is nothing."""
    name = tmp_path / "lobed.ies"
    name.write_text("TILT=NONE\n1 -1 1 2 5 1 2 0 0 0 1 1 1\n0 90\n0 90 180 270 360\n9 9\n9 3\n9 1\n9 2\n9 9\n")
    light = d.IesLight(filename=str(name), color=1.0, to_world=d.Transform(), units="cd")
    from specrender.scene.compile import compile_scene
    from specrender.scene.compile.lights.ies import flux_per_peak
    from specrender.scene.readers.ies import read_ies

    tables = compile_scene(d.Scene(lights=[light]), "spectral").tables
    values = tables.arrays["values"]
    record = tables.arrays["lights"][0]
    width = record["width"] + 1
    grid = values[record["offset"] : record["offset"] + record["height"] * width].reshape(record["height"], width)
    horizon = grid[(record["height"] - 1) // 2]
    assert np.allclose(horizon[:: record["width"] // 4] * 9.0, [9, 3, 1, 2, 9])
    assert not grid[-1].any()
    # linear in theta from 9 at the nadir to the mean of 9, 3, 1 and 2; the integral of t sin t is 1
    expected = 2.0 * np.pi * (9.0 + (3.75 - 9.0) / (0.5 * np.pi)) / 9.0
    assert np.isclose(flux_per_peak(read_ies(name)), expected, rtol=1e-6)


# ---------------------------------------------------------------- projector


def test_projector_lights_a_plane_evenly():
    """pi E / z^2 anywhere in the picture, nothing beside it; lux and lumens of it."""
    aperture = np.tan(np.radians(25.0))
    for units, intensity in (("radiometric", 2.0), ("lx", 2.0 * np.pi), ("lm", 2.0 * np.pi * 4.0 * aperture**2)):
        light = d.Projector(irradiance=1.0, fov=50.0, to_world=DOWN, units=units, intensity=intensity)
        scale = 1.0 if units == "radiometric" else 1.0 / PHOTOMETRIC_PER_Y
        for at in ((0.0, 0.0), (0.8, -0.7)):
            assert_mean(illuminance([light], at=at), scale * 2.0 / 4.0, rounding=1e-3)
    assert not illuminance([light], at=(1.0, 0.0)).xyz.any()


# ---------------------------------------------------------------- directionalarea


def beam(**fields):
    return d.DirectionalAreaLight(radiance=3.0, **fields)


BEAMS = {
    "rectangle": (d.Rectangle(to_world=moved(0.1, 0.0, 3.0, scale=0.5, degrees=180.0), emitter=beam()), 3.0),
    "disk": (d.Disk(to_world=moved(0.1, 0.0, 3.0, scale=0.5, degrees=180.0), emitter=beam()), 3.0),
    "flipped disk": (d.Disk(to_world=moved(0.1, 0.0, 3.0, scale=0.5), flip_normals=True, emitter=beam()), 3.0),
    "sphere": (d.Sphere(center=(0.0, 0.0, 3.0), radius=0.5, emitter=beam()), 3.0 * 0.25 / 9.0),
    "cylinder": (d.Cylinder(p0=(-1.0, 0.0, 3.0), p1=(1.0, 0.0, 3.0), radius=0.5, emitter=beam()), 3.0 * 0.5 / 3.0),
    "two triangles over each other": (
        d.TriangleMesh(
            vertices=[(-1, -1, 2), (-1, 2, 2), (2, -1, 2), (-1, -1, 3), (-1, 2, 3), (2, -1, 3)],
            faces=[(0, 1, 2), (3, 4, 5)],
            emitter=beam(),
            material=d.Null(),
        ),
        6.0,
    ),
}


@pytest.mark.parametrize("name", BEAMS)
def test_beams(name):
    shape, irradiance = BEAMS[name]
    # what goes through the lower triangle has one edge more
    result = illuminance(shapes=[shape], spp=1024, integrator=d.PathIntegrator(max_depth=3))
    assert_mean(result, irradiance / np.pi, rounding=1e-3)


def test_a_beam_ends_at_its_edge_and_leans():
    """The place is where the two triangles of the rectangle meet, which shines neither twice nor not at all."""
    shape, _ = BEAMS["rectangle"]
    assert not illuminance(shapes=[shape], at=(0.7, 0.0)).xyz.any()
    leaning = d.Rectangle(to_world=look_at((0.0, 3.0, 3.0), (0.0, 0.0, 0.0)), emitter=beam())
    assert_mean(illuminance(shapes=[leaning]), 3.0 * np.sqrt(0.5) / np.pi, rounding=1e-3)


def test_units_of_a_beam():
    for units, amount in (("lx", 50.0), ("lm", 50.0)):
        emitter = d.DirectionalAreaLight(radiance="D65", units=units, intensity=amount)
        shape = d.Rectangle(to_world=moved(0.1, 0.0, 3.0, scale=0.5, degrees=180.0), emitter=emitter)
        assert_lux(illuminance(shapes=[shape], spp=1024), 50.0, rounding=2e-3)


def test_beams_are_not_seen():
    shape, _ = BEAMS["sphere"]
    camera = narrow_camera((0.0, -3.0, 3.0), (0.0, 0.0, 3.0), (0.0, 0.0, 1.0))
    assert not rendered(scene([shape], camera=camera, integrator=DIRECT), 16).xyz.any()


def test_the_inside_of_a_sphere_sends_no_beams():
    shape = d.Sphere(flip_normals=True, emitter=beam())
    with pytest.raises(SceneError, match="inside of a sphere or cylinder"):
        rendered(scene([shape]), 1)


# ---------------------------------------------------------------- sunsky


def test_sun_below_the_horizon_is_an_error():
    with pytest.raises(SceneError, match=r"the sun is 5\.\d degrees below the horizon"):
        rendered(scene(lights=[d.SunSky(sun_direction=(1.0, 0.0, -0.1))]), 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"turbidity": 11.0}, "turbidity must be between 1 and 10"),
        ({"sun_direction": (0.0, 0.0, 1.0), "hour": 3.0}, "give either sun_direction or a place and time"),
        ({"month": 13}, "month must be between 1 and 12"),
        ({"sun_aperture": 0.0}, "sun_aperture must be above 0"),
        ({"albedo": 1.5}, r"albedo must be within \[0, 1\]"),
    ],
)
def test_what_is_wrong_with_a_sky(fields, words):
    with pytest.raises(SceneError, match=words):
        validate(d.Scene(lights=[d.SunSky(**fields)]))


def test_one_light_all_around():
    with pytest.raises(SceneError, match="one light all around"):
        rendered(scene(lights=[d.SunSky(), d.ConstantLight()]), 1)


def test_daylight_is_as_bright_as_daylight():
    """Clear noon: sun and sky together near 100,000 lux, the sky alone some 10,000 to 25,000."""
    up = d.SunSky(sun_direction=(0.0, 0.3, 1.0))
    both = illuminance([up], spp=1024).mean_xyz()[..., 1].mean() * np.pi * PHOTOMETRIC_PER_Y
    up.sun_scale = 0.0
    alone = illuminance([up], spp=1024).mean_xyz()[..., 1].mean() * np.pi * PHOTOMETRIC_PER_Y
    assert 80_000 < both < 120_000
    assert 8_000 < alone < 25_000
