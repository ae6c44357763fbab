"""Irradiance of each kind of light on a diffuse plane against its closed form, by each way of sampling it."""

import numpy as np
import pytest
from image_files import write_image
from rendering import assert_mean, film, look_at, mean_and_error, moved, narrow_camera, rendered, scene

from specrender.scene import description as d

RHO = 0.5
FLOOR = d.Rectangle(to_world=moved(scale=20.0), material=d.Diffuse(reflectance=RHO))

#: How the direct integrator samples: lights only, BSDF only, both.
TECHNIQUES = {"light": (1, 0), "bsdf": (0, 1), "both": (1, 1), "many": (3, 2)}


def direct(technique="both", **fields):
    emitter, bsdf = TECHNIQUES[technique]
    return d.DirectIntegrator(emitter_samples=emitter, bsdf_samples=bsdf, **fields)


def floor_camera(x=0.0, y=0.0):
    """Sees the point (x, y, 0) of the floor at a slant."""
    return narrow_camera((x + 0.03, y - 0.02, 0.04), (x, y, 0.0))


def assert_irradiance(shapes, lights, expected, integrator, spp=8192, at=(0.0, 0.0), rounding=1e-4):
    """The floor at a point reflects RHO / pi times the expected irradiance."""
    description = scene([FLOOR, *shapes], lights, camera=floor_camera(*at), integrator=integrator, pixels=4)
    assert_mean(rendered(description, spp, "rgb"), RHO / np.pi * expected, rounding=rounding)


# ---------------------------------------------------------------- lights without area


@pytest.mark.parametrize("position", [(0.0, 0.0, 2.0), (1.5, -2.0, 1.0), (0.3, 0.1, 0.05)])
def test_point_light(position):
    distance2 = np.dot(position, position)
    expected = 3.0 * position[2] / distance2**1.5
    assert_irradiance([], [d.PointLight(color=3.0, position=position)], expected, d.PathIntegrator(max_depth=2), 64)


def test_intensity_and_exposure():
    light = d.PointLight(color=1.0, position=(0.0, 0.0, 2.0), intensity=3.0, exposure=2.0)
    assert_irradiance([], [light], 3.0 * 4.0 / 4.0, direct("light"), 64)


def test_point_light_of_a_transform():
    light = d.PointLight(color=3.0, to_world=moved(1.0, 0.0, 2.0, degrees=40.0))
    assert_irradiance([], [light], 3.0 * 2.0 / 5.0**1.5, direct("light"), 64)


@pytest.mark.parametrize("towards", [(0.0, 0.0, -2.0), (1.0, 2.0, -0.5)])
def test_directional_light(towards):
    expected = 2.0 * -towards[2] / np.linalg.norm(towards)
    light = d.DirectionalLight(irradiance=2.0, direction=towards)
    assert_irradiance([], [light], expected, d.PathIntegrator(max_depth=2), 64)


def test_directional_light_from_below_or_of_a_transform():
    assert_irradiance([], [d.DirectionalLight(direction=(0.0, 0.0, 1.0))], 0.0, direct("light"), 16)
    light = d.DirectionalLight(irradiance=2.0, to_world=moved(degrees=150.0))
    assert_irradiance([], [light], 2.0 * np.cos(np.radians(30.0)), direct("light"), 64)


@pytest.mark.parametrize("degrees", [0.0, 14.0, 16.0, 19.0, 23.0, 24.5, 26.0])
def test_spot_light(degrees):
    """Full within 15 degrees, linear in angle to nothing at 25."""
    light = d.SpotLight(
        color=5.0, cutoff_angle=25.0, beam_width=15.0, to_world=look_at((0.0, 0.0, 2.0), (0.0, 0.0, 0.0))
    )
    x = 2.0 * np.tan(np.radians(degrees))
    falloff = np.clip((25.0 - degrees) / 10.0, 0.0, 1.0)
    expected = 5.0 * falloff * 2.0 / (4.0 + x * x) ** 1.5
    assert_irradiance([], [light], expected, direct("light"), 64, at=(x, 0.0), rounding=1e-3)


def test_beam_is_three_quarters_of_the_cone():
    light = d.SpotLight(color=5.0, cutoff_angle=20.0, to_world=look_at((0.0, 0.0, 2.0), (0.0, 0.0, 0.0)))
    for degrees, falloff in ((14.9, 1.0), (17.5, 0.5)):
        x = 2.0 * np.tan(np.radians(degrees))
        expected = 5.0 * falloff * 2.0 / (4.0 + x * x) ** 1.5
        assert_irradiance([], [light], expected, direct("light"), 64, at=(x, 0.0), rounding=1e-3)


def test_textured_spot(tmp_path):
    """u runs along +x and v along +y of the light over the square around the cone; the first row is at v = 0."""
    values = np.array([[0.1, 0.3], [0.6, 0.9]], np.float32)
    path = write_image(tmp_path / "gobo.exr", np.repeat(values[..., None], 3, axis=2))
    texture = d.Bitmap(filename=path, raw=True, filter_type="nearest", wrap_mode="clamp")
    place = look_at((0.0, 0.0, 2.0), (0.0, 0.0, 0.0))
    light = d.SpotLight(color=5.0, cutoff_angle=30.0, beam_width=30.0, to_world=place, texture="gobo")
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        local = np.array([(column - 0.5), (row - 0.5), 2.0, 1.0])
        point = (place.matrix @ local)[:3]
        expected = 5.0 * values[row, column] * 2.0 / np.sum((point - [0.0, 0.0, 2.0]) ** 2) ** 1.5
        description = scene(
            [FLOOR],
            [light],
            camera=floor_camera(*point[:2]),
            integrator=direct("light"),
            textures={"gobo": texture},
        )
        assert_mean(rendered(description, 64, "rgb"), RHO / np.pi * expected, rounding=1e-3)


# ---------------------------------------------------------------- lights with area


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("place", [(0.0, 0.0, 2.0), (1.0, -1.0, 1.6)])
def test_sphere_light(place, technique):
    """pi L (r / d)^2 cos for a sphere wholly above the horizon."""
    place, radius = np.array(place), 0.8
    distance = np.linalg.norm(place)
    expected = np.pi * 2.0 * (radius / distance) ** 2 * place[2] / distance
    light = d.Sphere(center=tuple(place), radius=radius, emitter=d.AreaLight(radiance=2.0))
    assert_irradiance([light], [], expected, direct(technique), 16384)


@pytest.mark.parametrize("radius", [0.3, 0.00465 * 5.0, 1e-3, 1e-4])
def test_small_sphere_light(radius):
    """Down to the size of the sun and below, where 1 - cos of the cone is all rounding if taken as a difference."""
    light = d.Sphere(center=(3.0, 0.0, 4.0), radius=radius, emitter=d.AreaLight(radiance=1.0 / radius**2))
    assert_irradiance([light], [], np.pi / 25.0 * 0.8, d.PathIntegrator(max_depth=2), 16384, rounding=1e-3)


def corner_form_factor(a, b):
    """From a horizontal element to a parallel rectangle a x b at height 1 with a corner above it."""
    x, y = np.hypot(1.0, a), np.hypot(1.0, b)
    return (a / x * np.arctan(b / x) + b / y * np.arctan(a / y)) / (2.0 * np.pi)


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_rectangle_light(technique):
    """A rectangle 3 x 1 at height 2, its lower left corner above the point; sampled as two triangles."""
    place = moved(1.5, 0.5, 2.0, scale=(1.5, 0.5, 1.0), degrees=180.0)
    light = d.Rectangle(to_world=place, emitter=d.AreaLight(radiance=4.0))
    assert_irradiance([light], [], np.pi * 4.0 * corner_form_factor(1.5, 0.5), direct(technique), 65536)


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_disk_light(technique):
    light = d.Disk(to_world=moved(z=2.0, scale=1.5, degrees=180.0), emitter=d.AreaLight(radiance=4.0))
    assert_irradiance([light], [], np.pi * 4.0 * 1.5**2 / (1.5**2 + 4.0), direct(technique), 16384)


def test_lights_shine_from_their_front_only():
    for shape in (d.Disk, d.Rectangle):
        up = shape(to_world=moved(z=2.0), emitter=d.AreaLight(radiance=4.0))
        assert_irradiance([up], [], 0.0, direct("both"), 64)
    turned = d.Disk(to_world=moved(z=2.0, scale=1.5), flip_normals=True, emitter=d.AreaLight(radiance=4.0))
    assert_irradiance([turned], [], np.pi * 4.0 * 1.5**2 / (1.5**2 + 4.0), direct("both"), 16384)


@pytest.mark.parametrize("mirror", [(-1.0, 1.0, 1.0), (1.0, 1.0, -1.0)])
def test_mirrored_rectangle_keeps_its_front(mirror):
    """The front follows the normal: it points to -z only if z is mirrored."""
    light = d.Rectangle(to_world=moved(z=2.0, scale=mirror), emitter=d.AreaLight(radiance=4.0))
    expected = 4.0 * np.pi * 4.0 * corner_form_factor(0.5, 0.5) if mirror[2] < 0 else 0.0
    assert_irradiance([light], [], expected, direct("both"), 16384)


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_mirrored_cube_shines_outwards(mirror):
    """From below a cube of side 2 with its lower face 1 above the floor only that face is seen."""
    light = d.Cube(to_world=moved(z=2.0, scale=(mirror, 1.0, 1.0)), emitter=d.AreaLight(radiance=1.0))
    assert_irradiance([light], [], 4.0 * np.pi * corner_form_factor(1.0, 1.0), direct("both"), 32768)


def test_mirrored_mesh_shines_where_its_normals_point():
    corners = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    mesh = d.TriangleMesh(
        vertices=corners,
        faces=np.array([[0, 2, 1], [0, 3, 2]]),
        normals=np.tile([0.0, 0.0, -1.0], (4, 1)),
        to_world=moved(z=2.0, scale=(-1.0, 1.0, 1.0)),
        emitter=d.AreaLight(radiance=4.0),
    )
    assert_irradiance([mesh], [], 4.0 * np.pi * 4.0 * corner_form_factor(0.5, 0.5), direct("both"), 16384)


@pytest.mark.parametrize("name", ["cylinder", "cube", "sphere inside", "sphere around"])
def test_techniques_agree(name):
    """Where there is no short closed form, three ways to sample must give one answer."""
    emitter = d.AreaLight(radiance=1.0)
    shape = {
        "cylinder": d.Cylinder(p0=(-1.0, 0.5, 1.0), p1=(1.0, 0.0, 2.0), radius=0.4, emitter=emitter),
        "cube": d.Cube(to_world=moved(0.5, 0.5, 2.0, scale=(0.4, 0.8, 0.2), degrees=30.0), emitter=emitter),
        "sphere inside": d.Sphere(center=(0.0, 0.0, 0.2), radius=1.0, emitter=emitter, flip_normals=True),
        "sphere around": d.Sphere(center=(5.0, 0.0, 0.0), radius=9.0, emitter=emitter, flip_normals=True),
    }[name]
    camera = narrow_camera((0.2, -0.1, 0.9), (0.0, 0.0, 0.0))
    results = []
    for technique in TECHNIQUES:
        description = scene([FLOOR, shape], camera=camera, integrator=direct(technique), pixels=4)
        results.append(mean_and_error(rendered(description, 16384, "rgb")))
    best = min(results, key=lambda r: r[1])[0]
    for mean, error in results:
        assert abs(mean - best) < 4.5 * error + 1e-4 * best
    if name == "sphere around":  # the horizon is full
        assert abs(best - RHO) < 2e-3


def test_cylinder_light_far_away():
    """Seen from far, a cylinder lies in its silhouette 2 r h: E = L 2 r h / d^2."""
    light = d.Cylinder(p0=(-0.5, 0.0, 50.0), p1=(0.5, 0.0, 50.0), radius=0.1, emitter=d.AreaLight(radiance=1000.0))
    assert_irradiance([light], [], 1000.0 * 0.2 / 2500.0, direct("light"), 16384, rounding=1e-3)


# ---------------------------------------------------------------- light from infinity, occlusion


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_constant_environment_with_an_occluder(technique):
    """A black disk overhead takes its form factor r^2 / (r^2 + h^2) of the sky's pi."""
    black = d.TwoSided(material=d.Diffuse(reflectance=0.0))
    disk = d.Disk(to_world=moved(z=1.0, scale=1.2), material=black)
    expected = np.pi * (1.0 - 1.2**2 / (1.2**2 + 1.0))
    assert_irradiance([disk], [d.ConstantLight(radiance=1.0)], expected, direct(technique), 16384)


def test_two_lights_and_one_behind_a_wall():
    wall = d.Rectangle(to_world=moved(-1.0, 0.0, 1.0, axis=(0, 1, 0), degrees=90.0))
    lights = [
        d.PointLight(color=1.0, position=(0.0, 0.0, 2.0)),
        d.PointLight(color=7.0, position=(0.5, 0.0, 1.0)),
        d.PointLight(color=100.0, position=(-2.0, 0.0, 1.0)),
    ]
    expected = 1.0 / 4.0 + 7.0 * 1.0 / 1.25**1.5
    assert_irradiance([wall], lights, expected, d.PathIntegrator(max_depth=2), 65536)


@pytest.mark.parametrize("radius", [1e3, 1e4])
def test_no_shadow_acne_on_large_spheres(radius):
    """The ground as a large sphere, lit at a low angle: all of it is lit alike."""
    ground = d.Sphere(center=(0.0, 0.0, -radius), radius=radius, material=d.Diffuse(reflectance=RHO))
    light = d.DirectionalLight(direction=(1.0, 0.3, -0.3), irradiance=1.0)
    camera = d.Perspective(to_world=look_at((0.0, -3.0, 2.0), (0.0, 0.0, 0.0)), fov=40.0)
    description = scene([ground], [light], camera=camera, integrator=direct("light"), film=film(32))
    image = rendered(description, 8, "rgb").mean_xyz()[..., 1]
    # within 2.5 of the top the slope of the ground changes the cosine by that much
    assert np.allclose(image, RHO / np.pi * 0.3 / np.sqrt(1.18), rtol=2.5 / 0.3 * 2.5 / radius + 1e-3)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_no_shadow_acne_far_from_the_origin(offset):
    floor = d.Rectangle(to_world=moved(offset, offset, offset, scale=5.0), material=d.Diffuse(reflectance=RHO))
    light = d.DirectionalLight(direction=(1.0, 0.3, -0.3), irradiance=1.0)
    target = np.array([offset, offset, offset])
    camera = d.Perspective(to_world=look_at(target + np.array([0.0, -2.0, 2.0]), target), fov=40.0)
    description = scene([floor], [light], camera=camera, integrator=direct("light"), film=film(32))
    image = rendered(description, 8, "rgb").mean_xyz()[..., 1]
    assert np.allclose(image, RHO / np.pi * 0.3 / np.sqrt(1.18), rtol=1e-4)


def test_no_shadow_acne_on_large_tilted_triangles():
    floor = d.Rectangle(to_world=moved(scale=1e4, axis=(1, 1, 0), degrees=37.0), material=d.Diffuse(reflectance=RHO))
    normal = floor.to_world.matrix[:3, 2] / 1e4
    across = np.cross(normal, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(normal, [0.0, 0.0, 1.0]))
    towards = across - 0.2 * normal
    light = d.DirectionalLight(direction=tuple(towards), irradiance=1.0)
    camera = d.Perspective(to_world=look_at(3.0 * normal + 2.0 * across, (0.0, 0.0, 0.0)), fov=40.0)
    description = scene([floor], [light], camera=camera, integrator=direct("light"), film=film(32))
    image = rendered(description, 8, "rgb").mean_xyz()[..., 1]
    assert np.allclose(image, RHO / np.pi * 0.2 / np.linalg.norm(towards), rtol=1e-4)
