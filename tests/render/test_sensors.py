"""Meters, films of sensor responses, crops and chosen cameras against closed forms."""

import numpy as np
import pytest
from image_files import write_image
from rendering import assert_mean, film, look_at, mean_and_error, moved, rendered, scene

from specrender.color import xyz_to_rgb
from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.overrides import film_crop, overridden
from specrender.scene.validate import validate

SKY = d.ConstantLight(radiance=2.0)


def lamp(radius=0.1, height=5.0, radiance=7.0):
    """A small sphere above the origin."""
    return d.Sphere(
        center=(0.0, 0.0, height), radius=radius, name="lamp", emitter=d.AreaLight(radiance=radiance, normalize=False)
    )


# ---------------------------------------------------------------- meters


def test_radiance_meter_sees_one_ray():
    hit = d.RadianceMeter(origin=(0.0, 0.0, 1.0), direction=(0.0, 0.0, 3.0))
    miss = d.RadianceMeter(to_world=look_at((0.0, 0.0, 1.0), (2.0, 0.0, 3.0)))
    assert_mean(rendered(scene([lamp()], camera=hit), 16), 7.0)
    assert_mean(rendered(scene([lamp()], camera=miss), 16), 0.0)


@pytest.mark.parametrize("shape", [d.Disk(name="m"), d.Sphere(name="m"), d.Cube(name="m"), d.Rectangle(name="m")])
@pytest.mark.parametrize("mode", ["spectral", "rgb"])
def test_irradiance_under_a_uniform_sky(shape, mode):
    """pi L on every outside of a convex shape."""
    result = rendered(scene([shape], [SKY], camera=d.IrradianceMeter(shape="m")), 64, mode)
    assert_mean(result, 2.0 * np.pi)


def test_irradiance_of_a_sphere_lamp():
    """L pi (r / h)^2 on a small disk that faces a sphere of radius r at the height h."""
    meter = d.Disk(name="m", to_world=moved(scale=1e-3))
    shapes = [meter, lamp(radius=1.0, height=2.0)]
    assert_mean(rendered(scene(shapes, camera=d.IrradianceMeter(shape="m")), 20000), 7.0 * np.pi / 4.0)


#: A small disk at the origin that faces +z, and a meter of it.
FLOOR = d.Disk(name="m", to_world=moved(scale=1e-3))
ON_FLOOR = d.IrradianceMeter(shape="m")
AT = (0.6, 0.0, 0.8)
ABOVE = look_at((1.2, 0.0, 1.6), (0.0, 0.0, 0.0))


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize(
    "light, expected",
    [
        (d.PointLight(color=3.0, position=(1.2, 0.0, 1.6)), 3.0 * 0.8 / 4.0),
        (d.SpotLight(color=3.0, to_world=ABOVE), 3.0 * 0.8 / 4.0),
        (d.DirectionalLight(irradiance=3.0, direction=tuple(-x for x in AT)), 3.0 * 0.8),
        (d.PointLight(color=3.0, position=(1.2, 0.0, -1.6)), 0.0),  # from behind
    ],
)
def test_irradiance_of_lights_that_no_ray_meets(light, expected, mode):
    """A surface in the place of the meter would be lit by them."""
    result = rendered(scene([FLOOR], [light], camera=ON_FLOOR), 64, mode)
    assert np.allclose(result.mean_xyz()[..., 1], expected, rtol=3e-3, atol=1e-6)


def test_irradiance_of_several_kinds_of_light_is_the_sum_of_theirs():
    """Lamps that rays meet by chance are weighted against sampling them; environments count once."""
    lights = [SKY, d.PointLight(color=3.0, position=(-6.0, 0.0, 8.0))]
    shapes = [FLOOR, lamp(radius=1.0, height=2.0)]
    # the ball is before a quarter of the sky's irradiance
    expected = 7.0 * np.pi / 4.0 + 2.0 * np.pi * 3.0 / 4.0 + 3.0 * 0.8 / 100.0
    direct = d.PathIntegrator(max_depth=1)
    assert_mean(rendered(scene(shapes, lights, camera=ON_FLOOR, integrator=direct), 20000), expected)


def test_a_meter_finds_a_small_lamp():
    """Of 64 rays about none meets it; the relative error of sampling it is that of the wavelengths."""
    shapes = [FLOOR, lamp(radius=0.01, height=2.0)]
    mean, error = mean_and_error(rendered(scene(shapes, camera=ON_FLOOR), 64))
    assert mean == pytest.approx(7.0 * np.pi * (0.01 / 2.0) ** 2, rel=0.02) and error < 0.02 * mean


def test_a_meter_beside_a_large_lamp():
    """A lamp that fills the half space: pi L; light samples alone would have no bounds."""
    near = d.Rectangle(
        to_world=moved(z=1e-2, scale=10.0, axis=(1, 0, 0), degrees=180.0),
        emitter=d.AreaLight(radiance=1.0, normalize=False),
    )
    mean, error = mean_and_error(rendered(scene([FLOOR, near], camera=ON_FLOOR), 4096))
    assert mean == pytest.approx(np.pi, rel=0.01) and error < 0.02


def test_shadows_and_masks_before_a_meter():
    """What is between dims lights of all kinds alike, whichever way they are found."""
    small = lamp(radius=0.01, height=2.0)
    point = d.PointLight(color=7.0 * np.pi * 0.01**2, position=(0.0, 0.0, 2.0))
    screen = moved(z=1.0, scale=0.5)
    for material, share in (
        (d.Diffuse(), 0.0),
        (d.Mask(opacity=0.75, material=d.Diffuse(reflectance=0.0)), 0.25),
        (d.Null(), 1.0),
    ):
        between = d.Rectangle(to_world=screen, material=material)
        for shapes, lights in (([small], []), ([], [point])):
            result = rendered(scene([FLOOR, between, *shapes], lights, camera=ON_FLOOR), 200_000, seed=1)
            mean, error = mean_and_error(result)
            assert abs(mean - share * 7.0 * np.pi * 0.005**2) < 4.0 * error + 1e-9, (share, bool(lights))


def test_edges_of_a_meters_paths():
    """Light from a lamp itself is one edge; without any there is nothing, nor of lamps that cameras do not see."""
    light = d.PointLight(color=3.0, position=(1.2, 0.0, 1.6))
    description = scene([FLOOR, lamp(radius=1.0, height=4.0)], [light], camera=ON_FLOOR)
    direct = 3.0 * 0.8 / 4.0 + 7.0 * np.pi / 16.0
    for integrator, expected in (
        (d.PathIntegrator(max_depth=1), direct),
        (d.PathIntegrator(max_depth=0), 0.0),
        (d.PathIntegrator(max_depth=1, hide_emitters=True), 0.0),
    ):
        description.integrator = integrator
        mean, error = mean_and_error(rendered(description, 4096))
        assert abs(mean - expected) < 4.0 * error + 1e-3
    description.integrator = d.DepthIntegrator()
    far = rendered(description, 4096)
    description.lights = []
    assert np.array_equal(far.xyz, rendered(description, 4096).xyz)


def test_meters_side_by_side():
    """Each camera of a batch has its own lights: a meter that faces a point, one that does not, and a ray."""
    behind = d.Disk(name="n", to_world=moved(scale=1e-3), flip_normals=True)
    cameras = [
        ON_FLOOR,
        d.IrradianceMeter(shape="n"),
        d.RadianceMeter(origin=(0.0, 0.0, 1.0), direction=(0.0, 0.0, 1.0)),
    ]
    light = d.PointLight(color=3.0, position=(1.2, 0.0, 1.6))
    description = scene([FLOOR, behind], [light], camera=d.Batch(cameras=cameras), film=film(3, 1))
    seen = rendered(description, 64).mean_xyz()[0, :, 1]
    assert np.allclose(seen, [0.6, 0.0, 0.0], rtol=3e-3, atol=1e-6)


def test_irradiance_is_measured_on_the_outside():
    turned = d.Disk(name="m", flip_normals=True)
    assert_mean(rendered(scene([turned, lamp()], camera=d.IrradianceMeter(shape="m")), 256), 0.0)


def test_distant_sensor_averages_over_its_target():
    """A wall that is bright on half of the target; the rays come along the direction."""
    bright = d.Rectangle(
        to_world=moved(x=1.0, axis=(0, 1, 0), degrees=0.0), emitter=d.AreaLight(radiance=4.0, normalize=False)
    )
    dark = d.Rectangle(to_world=moved(x=-1.0), material=d.Diffuse(reflectance=0.0))
    target = d.Rectangle(to_world=moved(scale=(2.0, 1.0, 1.0)))
    for distant, expected in (
        (d.Distant(direction=(0.0, 0.0, -1.0), target=target), 2.0),
        (d.Distant(direction=(0.0, 0.0, -1.0), target=(0.5, 0.0, 0.0)), 4.0),
        (d.Distant(direction=(0.0, 0.0, -1.0), target=(-0.5, 0.0, 0.0)), 0.0),
        # the disk around the scene: two squares of area 4 in a circle of radius sqrt(5)
        (d.Distant(to_world=look_at((0.0, 0.0, 0.0), (0.0, 0.0, -1.0))), 4.0 * 4.0 / (5.0 * np.pi)),
        # from behind nothing is seen of an emitter's front
        (d.Distant(direction=(0.0, 0.0, 1.0), target=target), 0.0),
    ):
        assert_mean(rendered(scene([bright, dark], camera=distant), 20000), expected)


@pytest.mark.parametrize("camera", [d.RadianceMeter(), d.Distant(), d.IrradianceMeter(shape="m")])
def test_meters_have_one_pixel(camera):
    with pytest.raises(SceneError, match="1 x 1"):
        validate(scene([d.Sphere(name="m")], camera=camera, film=film(2, 1)))


def test_a_meter_measures_one_shape():
    twice = [d.Sphere(name="m"), d.Sphere(name="m"), d.Sphere(name="n")]
    with pytest.raises(SceneError, match="2 shapes are named 'm'; give the one that is measured a name of its own"):
        validate(scene(twice, camera=d.IrradianceMeter(shape="m"), film=film(1, 1)))
    validate(scene(twice, camera=d.IrradianceMeter(shape="n"), film=film(1, 1)))


def test_360_degree_film_is_twice_as_wide_as_high():
    with pytest.raises(SceneError, match="twice as wide"):
        validate(scene(camera=d.Equirectangular(), film=film(20, 20)))


def test_360_degree_camera_sees_lamps_where_they_are():
    """A small lamp in a known direction lights its pixel, and no other."""
    width, height = 24, 12
    for column, row in ((0, 3), (5, 6), (12, 1), (17, 9), (23, 10)):
        phi = 2.0 * np.pi * ((column + 0.5) / width - 0.5)
        theta = np.pi * (row + 0.5) / height
        direction = np.array([-np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)])
        shape = d.Sphere(
            center=tuple(float(x) for x in 10.0 * direction), radius=0.1, emitter=d.AreaLight(radiance=1.0)
        )
        image = rendered(scene([shape], camera=d.Equirectangular(), film=film(width, height)), 2048).mean_xyz()[..., 1]
        assert np.unravel_index(np.argmax(image), image.shape) == (row, column)
        assert np.count_nonzero(image) == 1


def test_360_degree_picture_is_the_environment_map_of_its_place(tmp_path):
    """A map seen through the camera is that map again, up to the interpolation between its texels."""
    width, height = 64, 32
    u, v = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    waves = 1.0 + 0.5 * np.sin(2.0 * np.pi * u) * np.sin(np.pi * v) + 0.3 * np.cos(np.pi * v)
    pixels = np.stack([waves, waves[::-1], 0.2 + u * (1.0 - u)], axis=-1).astype(np.float32)
    path = write_image(tmp_path / "map.exr", pixels)
    turned = d.Transform(moved(axis=(1.0, 2.0, 3.0), degrees=50.0).matrix)
    for to_world in (d.Transform(), turned):
        lights = [d.EnvironmentMap(filename=path, to_world=to_world)]
        camera = d.Equirectangular(to_world=to_world)
        result = rendered(scene(lights=lights, camera=camera, film=film(width, height)), 64, "rgb")
        seen = result.mean_xyz() @ xyz_to_rgb("srgb").T
        # a map of h rows has its first and last row at the poles: half a texel away at most
        assert np.abs(seen - pixels).max() < 0.06
        assert np.abs(seen - pixels).mean() < 0.02


# ---------------------------------------------------------------- responses


def table(*pairs):
    return d.SpectrumSpec(wavelengths=[float(p[0]) for p in pairs], values=[float(p[1]) for p in pairs])


def test_film_of_sensor_responses_integrates_over_wavelength():
    """Each channel holds the integral of radiance times response [nm], also outside the visible range."""
    responses = {
        "box": table((500, 1), (600, 1)),
        "triangle": table((400, 0), (500, 0.5), (600, 0)),
        "infrared": table((850, 2), (950, 2)),
    }
    radiance = table((380, 1.0), (1000, 3.0))
    description = scene(
        lights=[d.ConstantLight(radiance=radiance, normalize=False)],
        film=d.SpecFilm(width=4, height=4, rfilter=d.BoxFilter(), responses=responses),
    )
    validate(description)
    result = rendered(description, 8192)
    nm = np.arange(380.0, 1000.0, 0.01)
    light = 1.0 + 2.0 * (nm - 380.0) / 620.0
    for name, spec in responses.items():
        response = np.interp(nm, spec.wavelengths, spec.values, left=0.0, right=0.0)
        expected = np.sum(light * response) * 0.01
        channel = result.mean_aov(name)
        assert np.isclose(channel.mean(), expected, atol=4.0 * channel.std() / 4.0), name
        assert channel.std() < 0.006 * expected, name


def test_film_of_sensor_responses_needs_wavelengths():
    description = scene(film=d.SpecFilm(width=4, height=4, responses={"a": table((400, 1), (500, 1))}))
    with pytest.raises(SceneError, match="spectral"):
        compile_scene(description, "rgb")


def test_response_of_the_camera_is_a_factor_on_the_colour():
    """srf = 0.25 at all wavelengths dims by four; a flat sky through it has Y = 0.25 L, in both modes."""
    for mode in ("spectral", "rgb"):
        result = rendered(scene(lights=[SKY], camera=d.Perspective(srf=0.25)), 256, mode)
        assert_mean(result, 0.5)


# ---------------------------------------------------------------- crops and cameras


def test_a_crop_is_a_part_of_the_picture():
    """The same samples, bit for bit, wherever the window lies."""
    whole = scene([d.Sphere(center=(0.0, 0.0, 3.0))], [SKY], film=film(16, 12))
    part = overridden(whole, crop=(5, 2, 13, 9))
    from specrender.driver import new_film, render_film

    tables = compile_scene(part)
    cropped = new_film(tables, film_crop(part.film))
    render_film(tables, cropped, 8, threads=1)
    assert np.array_equal(cropped.xyz, rendered(whole, 8, seed=None).xyz[2:9, 5:13])


def test_depth_integrator_is_the_distance():
    description = scene([d.Sphere(center=(0.0, 0.0, 3.0))], camera=d.Perspective(fov=1e-3))
    description.integrator = d.DepthIntegrator()
    mean, _ = mean_and_error(rendered(description, 4096))
    # from the near plane on; the same at all wavelengths: noise of the wavelengths only
    assert np.isclose(mean, 2.0 - description.camera.near_clip, rtol=1e-3)


def test_cameras_are_chosen_by_name_or_number():
    near, far = d.Perspective(fov=10.0, film=film(3, 2)), d.Orthographic(sampler=d.IndependentSampler(sample_count=5))
    description = scene(cameras={"near": near, "far": far})
    assert overridden(description, camera="near").camera is near
    assert overridden(description, camera="near").film.width == 3
    chosen = overridden(description, camera="1")
    assert chosen.camera is far and chosen.sampler.sample_count == 5
    for wrong in ("fr", "2", ""):
        with pytest.raises(Exception, match="there is no camera"):
            overridden(description, camera=wrong)
