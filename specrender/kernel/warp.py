"""Uniform random numbers to directions and points; each `sample_x` with its `pdf_x`."""

import numpy as np

from specrender.kernel.elementary import sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fabs, fmax, lane, sqrt, vec3

INV_PI = f32(1.0 / np.pi)
TWO_PI = f32(2.0 * np.pi)


@kernel(forceinline=True)
def sample_disk(u1, u2):
    """(x, y) uniform on the unit disk, by the concentric map.  Source: [Shirley1997]."""
    x = f32(2.0) * u1 - f32(1.0)
    y = f32(2.0) * u2 - f32(1.0)
    if x == f32(0.0) and y == f32(0.0):
        return f32(0.0), f32(0.0)
    if fabs(x) > fabs(y):
        r, phi = x, f32(np.pi / 4) * (y / x)
    else:
        r, phi = y, f32(np.pi / 2) - f32(np.pi / 4) * (x / y)
    s, c = sin_cos(phi)
    return r * c, r * s


@kernel(forceinline=True)
def sample_cosine_hemisphere(u1, u2):
    """Direction with density cos / pi about +z, by the polar map: no branch to mispredict, no division."""
    r = sqrt(u1)
    s, c = sin_cos(TWO_PI * u2)
    return vec3(r * c, r * s, sqrt(f32(1.0) - u1))


@kernel(forceinline=True)
def pdf_cosine_hemisphere(w):
    return fmax(f32(0.0), lane(w, 2)) * INV_PI


@kernel
def sample_sphere(u1, u2):
    """Direction uniform over the sphere."""
    z = f32(1.0) - f32(2.0) * u1
    r = sqrt(fmax(f32(0.0), f32(1.0) - z * z))
    s, c = sin_cos(TWO_PI * u2)
    return vec3(r * c, r * s, z)


@kernel
def sample_cone(one_minus_cos, u1, u2):
    """Direction uniform within a cone about +z, given as 1 - cos of its half angle (which keeps narrow ones exact)."""
    drop = u1 * one_minus_cos
    r = sqrt(fmax(f32(0.0), drop * (f32(2.0) - drop)))
    s, c = sin_cos(TWO_PI * u2)
    return vec3(r * c, r * s, f32(1.0) - drop)


@kernel(forceinline=True)
def sample_triangle(u1, u2):
    """Barycentric (b1, b2) uniform over a triangle."""
    root = sqrt(f32(1.0) - u1)
    return f32(1.0) - root, u2 * root
