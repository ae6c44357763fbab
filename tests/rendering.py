"""Small scenes in Python, rendered without files; shared by the tests of kernel and renders."""

import numpy as np

from specrender.driver import new_film, render_film
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

#: Standard errors that a mean may lie off.  Seeds are fixed: what has passed once does not fail by chance.
SIGMAS = 4.0


def look_at(origin, target, up=(0.0, 1.0, 0.0)):
    """to_world of a camera (or light) at `origin` that looks at `target` along +z, with +x to the left."""
    origin = np.array(origin, np.float64)
    z = np.array(target, np.float64) - origin
    z /= np.linalg.norm(z)
    x = np.cross(np.array(up, np.float64), z)
    x /= np.linalg.norm(x)
    matrix = np.eye(4)
    matrix[:3, :4] = np.stack([x, np.cross(z, x), z, origin], axis=1)
    return d.Transform(matrix)


def moved(x=0.0, y=0.0, z=0.0, scale=1.0, axis=(1.0, 0.0, 0.0), degrees=0.0):
    """Scale (a number or three), then turn about an axis [deg], then move."""
    k = np.array(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    angle = np.radians(degrees)
    matrix = np.eye(4)
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    matrix[:3, :3] = turn @ np.diag(np.broadcast_to(scale, 3))
    matrix[:3, 3] = x, y, z
    return d.Transform(matrix)


def narrow_camera(origin, target, up=(0.0, 1.0, 0.0), fov=1e-3, **fields):
    """A camera that sees practically one point."""
    return d.Perspective(to_world=look_at(origin, target, up), fov=fov, near_clip=1e-4, **fields)


def film(width=1, height=None, rfilter=None, **fields):
    """A film with a box filter, square unless a height is given."""
    height = width if height is None else height
    return d.HdrFilm(width=width, height=height, rfilter=rfilter or d.BoxFilter(), **fields)


def scene(shapes=(), lights=(), camera=None, integrator=None, sampler=None, pixels=1, **fields):
    """A scene of the vocabulary with an independent sampler."""
    fields.setdefault("film", film(pixels))
    return d.Scene(
        shapes=list(shapes),
        lights=list(lights),
        camera=camera or d.Perspective(),
        integrator=integrator or d.PathIntegrator(),
        sampler=sampler or d.IndependentSampler(),
        **fields,
    )


def rendered(description, spp, mode="spectral", seed=7, threads=1, rgb_space="srgb"):
    """The film of a scene; it must be free of samples that are not finite."""
    tables = compile_scene(description, mode, rgb_space=rgb_space, seed=seed)
    result = new_film(tables)
    stats = render_film(tables, result, spp, threads=threads)
    assert stats.non_finite == 0
    return result


def mean_and_error(result, channel=1):
    """Mean over the image of one channel of XYZ (Y), and its standard error from the samples' own scatter."""
    values, variance = result.mean_xyz()[..., channel], result.variance_of_mean()[..., channel]
    return float(values.mean()), float(np.sqrt(variance.sum()) / values.size)


def assert_mean(result, expected, sigmas=SIGMAS, rounding=2e-5, channel=1):
    """The mean of Y must agree with a known value within its standard error and float32's rounding."""
    mean, error = mean_and_error(result, channel)
    allowed = sigmas * error + rounding * abs(expected)
    assert abs(mean - expected) <= allowed, f"mean {mean:.6g}, expected {expected:.6g}, standard error {error:.2g}"
    # a test whose noise swamps what it tests is no test
    assert error <= 0.02 * max(abs(expected), 1e-6) or expected == 0.0, f"standard error {error:.2g} of {expected:.3g}"
