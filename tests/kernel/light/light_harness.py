"""What the tests of lights share."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light import environment_light, environment_place, sample_light
from specrender.kernel.simd import lane, vec3, vec4


@kernel(entry=True)
def _sample_lights(tables, points, u, wavelengths, out):
    """out (n, 9): direction, distance, radiance at the four wavelengths, pdf; for each point and random numbers."""
    w = vec4(wavelengths[0], wavelengths[1], wavelengths[2], wavelengths[3])
    for i in range(len(points)):
        p, n = vec3(points[i, 0], points[i, 1], points[i, 2]), vec3(0.0, 0.6, 0.8)
        wi, distance, radiance, pdf, _ = sample_light(tables, p, n, w, u[i, 0], u[i, 1], u[i, 2])
        for k in range(3):
            out[i, k] = lane(wi, k)
        out[i, 3], out[i, 8] = distance, pdf
        for k in range(4):
            out[i, 4 + k] = lane(radiance, k)


@kernel(entry=True)
def _look_around(tables, directions, wavelengths, out):
    """out (n, 5): radiance at the four wavelengths and density of the light all around."""
    w = vec4(wavelengths[0], wavelengths[1], wavelengths[2], wavelengths[3])
    for i in range(len(directions)):
        direction = vec3(directions[i, 0], directions[i, 1], directions[i, 2])
        radiance, pdf = environment_light(tables, direction, environment_place(tables, direction), w)
        for k in range(4):
            out[i, k] = lane(radiance, k)
        out[i, 4] = pdf


WAVELENGTHS = (420.0, 510.0, 575.0, 650.0)


def sample_lights(tables, points, wavelengths=WAVELENGTHS, seed=0):
    """(n, 9) float64, one sample of a light for each of (n, 3) points."""
    points = np.ascontiguousarray(points, np.float32)
    out = np.zeros((len(points), 9), np.float32)
    u = np.random.default_rng(seed).random((len(points), 3), np.float32)
    _sample_lights(tables, points, u, np.array(wavelengths, np.float32), out)
    return out.astype(np.float64)


def look_around(tables, directions, wavelengths=WAVELENGTHS):
    """(n, 5) float64: radiance and density in each of (n, 3) directions."""
    directions = np.ascontiguousarray(directions, np.float32)
    out = np.zeros((len(directions), 5), np.float32)
    _look_around(tables, directions, np.array(wavelengths, np.float32), out)
    return out.astype(np.float64)
