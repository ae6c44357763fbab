"""constant and envmap: light from infinity.

envmap is a latitude-longitude image, +y up: u = atan2(x, -z) / 2 pi, v = acos(y) / pi.  Columns are texel centres at
(i + 1/2) / width and wrap around; rows lie at j / (height - 1), the first at the pole (Mitsuba's convention).  It is
sampled by cells between four texels, each with its mean luminance times the sine of its latitude; positive wherever
the interpolated radiance is.
"""

import numpy as np

from specrender.kernel.angles import INV_TWO_PI, acos, atan2
from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import sample_discrete
from specrender.kernel.light.layout import CONSTANT
from specrender.kernel.simd import f32, floor, fmax, lane, sin_cos, splat4, sqrt, to_int, vec3
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.texture.layout import RGB_TEXELS
from specrender.kernel.texture.spectrum import sigmoid
from specrender.kernel.transform import transform_vector
from specrender.kernel.warp import sample_sphere

UNIFORM_SPHERE_PDF = f32(0.25 / np.pi)
INV_PI = f32(1.0 / np.pi)


@kernel(forceinline=True)
def _colour(texel, wavelengths):
    """The sigmoid of a texel, without its scale."""
    return sigmoid(lane(texel, 0), lane(texel, 1), lane(texel, 2), wavelengths)


@kernel(forceinline=True)
def _bilinear(c00, c10, c01, c11, fx, fy):
    top = c00 * (f32(1.0) - fx) + c10 * fx
    low = c01 * (f32(1.0) - fx) + c11 * fx
    return top * (f32(1.0) - fy) + low * fy


@kernel
def _interpolated(tables, light, column, row, fx, fy, wavelengths):
    """The four texels around a direction as one spectrum.

    Colours (sigmoids) and scales are interpolated each for itself and then multiplied, as in Mitsuba 3, so that the two
    agree between texels; interpolated products differ by a tenth where a texel is much brighter than the next.
    """
    values, texels = tables.values, light.offset + row * light.width
    right = column + 1 if column + 1 < light.width else 0
    c00, c10 = load4(values, texels + column), load4(values, texels + right)
    texels += light.width
    c01, c11 = load4(values, texels + column), load4(values, texels + right)
    linear = _bilinear(c00, c10, c01, c11, fx, fy)
    if tables.textures[light.color].flags & RGB_TEXELS:
        return linear
    colours = _bilinear(
        _colour(c00, wavelengths),
        _colour(c10, wavelengths),
        _colour(c01, wavelengths),
        _colour(c11, wavelengths),
        fx,
        fy,
    )
    return colours * lane(linear, 3)


@kernel
def _cell(light, local):
    """(column, row, fractions within the cell) of a direction in the frame of the map."""
    u = atan2(lane(local, 0), -lane(local, 2)) * INV_TWO_PI
    u -= floor(u)
    x = u * f32(light.width) - f32(0.5)
    if x < f32(0.0):
        x += f32(light.width)
    y = acos(lane(local, 1)) * INV_PI * f32(light.height - 1)
    column = min(to_int(x), light.width - 1)
    row = min(to_int(y), light.height - 2)
    return column, row, x - f32(column), y - f32(row)


@kernel
def environment_radiance(tables, light, direction, wavelengths):
    """Radiance that arrives against `direction` (the direction points away from the scene)."""
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    if light.kind == CONSTANT:
        return light.scale * evaluate_texture(tables, light.color, nowhere, wavelengths)
    local = transform_vector(tables, light.transform + 1, direction)
    column, row, fx, fy = _cell(light, local)
    white = evaluate_texture(tables, light.texture, nowhere, wavelengths)
    return light.scale * white * _interpolated(tables, light, column, row, fx, fy, wavelengths)


@kernel
def pdf_environment(tables, light, direction):
    """Density of `sample_environment` for a direction."""
    if light.kind == CONSTANT:
        return UNIFORM_SPHERE_PDF
    local = transform_vector(tables, light.transform + 1, direction)
    column, row, _, _ = _cell(light, local)
    values, base = tables.values, light.columns + row * (light.width + 1) + column
    share = values[light.rows + row + 1] - values[light.rows + row]
    share *= values[base + 1] - values[base]
    y = lane(local, 1)
    sin_theta = sqrt(fmax(f32(1e-12), f32(1.0) - y * y))
    cells = f32(light.width) * f32(light.height - 1)
    return share * cells * f32(0.5 / np.pi**2) / sin_theta


@kernel
def sample_environment(tables, light, u1, u2):
    """Direction towards the environment."""
    if light.kind == CONSTANT:
        return sample_sphere(u1, u2)
    row, _, v = sample_discrete(tables.values, light.rows, light.height - 1, u2)
    column, _, u = sample_discrete(tables.values, light.columns + row * (light.width + 1), light.width, u1)
    theta = (f32(row) + v) * f32(np.pi) / f32(light.height - 1)
    phi = (f32(column) + u + f32(0.5)) * f32(2.0 * np.pi) / f32(light.width)
    sin_theta, cos_theta = sin_cos(theta)
    sin_phi, cos_phi = sin_cos(phi)
    return transform_vector(tables, light.transform, vec3(sin_phi * sin_theta, cos_theta, -cos_phi * sin_theta))
