"""Environment maps: what is seen where, what they light, how they turn."""

import numpy as np
import pytest
from image_files import write_image
from rendering import assert_mean, moved, narrow_camera, rendered, scene

from specrender.color import rgb_to_xyz
from specrender.scene import description as d

WIDTH, HEIGHT = 32, 17


@pytest.fixture(scope="module")
def sky():
    """(h, w, 3) smooth positive colours and a small sun."""
    v, u = np.meshgrid(np.linspace(0.0, 1.0, HEIGHT), (np.arange(WIDTH) + 0.5) / WIDTH, indexing="ij")
    base = 0.4 + 0.3 * np.cos(2 * np.pi * u) * np.sin(np.pi * v) + 0.2 * np.cos(np.pi * v)
    image = np.stack([base, 0.8 * base + 0.05, 0.5 * base + 0.2 * np.sin(2 * np.pi * u) ** 2], axis=-1)
    image[4, 10] += 30.0
    return image.astype(np.float32)


@pytest.fixture(scope="module")
def path(sky, tmp_path_factory):
    return write_image(tmp_path_factory.mktemp("sky") / "sky.exr", sky)


def luminance(sky):
    return sky @ rgb_to_xyz("srgb")[1]


def lookup(image, directions):
    """Bilinear value of (h, w) `image` in world directions (n, 3): columns at texel centres, rows from pole to pole."""
    x, y, z = np.asarray(directions, np.float64).T
    column = np.arctan2(x, -z) / (2.0 * np.pi) % 1.0 * WIDTH - 0.5
    row = np.clip(np.arccos(np.clip(y, -1.0, 1.0)) / np.pi * (HEIGHT - 1), 0.0, HEIGHT - 1.0)
    c0, r0 = np.floor(column).astype(int), np.minimum(row.astype(int), HEIGHT - 2)
    fx, fy = column - c0, row - r0
    c0, c1 = c0 % WIDTH, (c0 + 1) % WIDTH
    top = image[r0, c0] * (1 - fx) + image[r0, c1] * fx
    return top * (1 - fy) + (image[r0 + 1, c0] * (1 - fx) + image[r0 + 1, c1] * fx) * fy


def irradiance(image, normal, turn=None):
    """Integral of the map times the cosine, by a fine grid that does not depend on the map's."""
    n = 1200
    theta = (np.arange(n) + 0.5) * np.pi / n
    phi = (np.arange(2 * n) + 0.5) * np.pi / n
    t, p = np.meshgrid(theta, phi, indexing="ij")
    w = np.stack([np.sin(t) * np.cos(p), np.cos(t), np.sin(t) * np.sin(p)], axis=-1).reshape(-1, 3)
    local = w if turn is None else w @ turn
    values = lookup(image, local) * np.maximum(w @ normal, 0.0)
    return float((values * np.sin(t).ravel()).sum() * (np.pi / n) ** 2)


DIRECTIONS = [(1.0, 0.1, 0.2), (-0.3, -0.8, 0.5), (0.0, 0.99, 0.1), (0.01, 0.0, -1.0), (-0.5, 0.6, -0.7)]


@pytest.mark.parametrize("towards", DIRECTIONS)
@pytest.mark.parametrize("mode", ["spectral", "rgb"])
def test_seen_directly(sky, path, towards, mode):
    towards = np.array(towards) / np.linalg.norm(towards)
    light = d.EnvironmentMap(filename=path, scale=2.0)
    up = (0.0, 0.0, 1.0) if abs(towards[1]) > 0.9 else (0.0, 1.0, 0.0)
    description = scene(
        lights=[light], camera=narrow_camera((0, 0, 0), towards, up), sampler=d.SobolSampler(), pixels=8
    )
    expected = 2.0 * lookup(luminance(sky), towards[None])[0]
    # between texels of different colour, sigmoid and scale are interpolated each for itself in spectral mode
    tolerance = {"spectral": 2e-2, "rgb": 1e-4}[mode]
    result = rendered(description, 1024, mode)
    assert_mean(result, expected, rounding=tolerance)


@pytest.mark.parametrize(("emitter", "bsdf"), [(1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("axis", [(0.0, 1.0, 0.0), (1.0, 2.0, -0.5)])
def test_irradiance_of_a_turned_map(sky, path, emitter, bsdf, axis):
    """A diffuse plane under the map turned by 70 degrees, by each technique, against direct integration."""
    turn = moved(axis=axis, degrees=70.0)
    light = d.EnvironmentMap(filename=path, to_world=turn)
    integrator = d.DirectIntegrator(emitter_samples=emitter, bsdf_samples=bsdf)
    for degrees in (0.0, -90.0, 150.0):
        wall = d.Rectangle(to_world=moved(scale=20.0, degrees=degrees), material=d.Diffuse(reflectance=1.0))
        normal = wall.to_world.matrix[:3, 2] / 20.0
        camera = narrow_camera(0.5 * normal + [0.1, 0.0, 0.0], (0.0, 0.0, 0.0), up=(0.3, 0.9, 0.5))
        description = scene([wall], [light], camera=camera, integrator=integrator, pixels=4)
        expected = irradiance(luminance(sky), normal, turn.matrix[:3, :3]) / np.pi
        assert_mean(rendered(description, 16384, "rgb"), expected, rounding=1e-3)


def test_intensity_exposure_and_scale(sky, path):
    light = d.EnvironmentMap(filename=path, scale=2.0, intensity=3.0, exposure=-1.0)
    towards = np.array([1.0, 0.0, 0.0])
    result = rendered(scene(lights=[light], camera=narrow_camera((0, 0, 0), towards)), 16, "rgb")
    assert_mean(result, 3.0 * lookup(luminance(sky), towards[None])[0], rounding=1e-4)
