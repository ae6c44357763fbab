"""Densities of directions on a grid of polar angle and azimuth, linear in both between its points.

Directions in the frame of a grid: +y is its pole, u = atan2(x, -z) / 2 pi goes around, v = acos(y) / theta_max down.
Points lie at u = (i + 1/2) / width, and i = width is i = 0 again; v = j / (height - 1), the first at the pole.
A cell between four points is chosen by its share of the whole, a point in it by the linear densities: what is drawn
has exactly the density that `cell_pdf` tells, positive wherever one of the four points is.
"""

import numpy as np

from specrender.kernel.angles import INV_TWO_PI, atan2_lanes
from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import sample_guided, sample_linear
from specrender.kernel.simd import f32, floor, fmax, lane, sin_cos, sqrt, to_int, vec3, vec4

#: Least sine of the polar angle: nearer to the pole all directions are the same in float32.
LEAST_SINE = f32(1e-7)


@kernel(forceinline=True)
def bilinear(c00, c10, c01, c11, fx, fy):
    """c00 .. c11 (float32 or f32x4): top left, top right, bottom left, bottom right of a cell."""
    top = c00 + (c10 - c00) * fx
    low = c01 + (c11 - c01) * fx
    return top + (low - top) * fy


@kernel(forceinline=True)
def find_cell(light, local):
    """(column, row, fractions in the cell, sin theta) of a direction in the frame of the grid."""
    x, y, z = lane(local, 0), lane(local, 1), lane(local, 2)
    sin_theta = fmax(sqrt(x * x + z * z), LEAST_SINE)
    both = atan2_lanes(vec4(x, sin_theta, f32(0.0), f32(0.0)), vec4(-z, y, f32(1.0), f32(1.0)))
    u = lane(both, 0) * INV_TWO_PI - f32(0.5) / f32(light.width)
    across = (u - floor(u)) * f32(light.width)
    down = lane(both, 1) * (f32(light.height - 1) / light.theta_max)
    column, row = min(to_int(across), light.width - 1), min(to_int(down), light.height - 2)
    return column, row, across - f32(column), down - f32(row), sin_theta


@kernel(forceinline=True)
def cell_pdf(tables, light, column, row, fx, fy, sin_theta):
    """Density per solid angle of `sample_cell` at a point of a cell."""
    values, corner = tables.values, light.weights + row * (light.width + 1) + column
    below = corner + light.width + 1
    density = bilinear(values[corner], values[corner + 1], values[below], values[below + 1], fx, fy)
    return density / sin_theta


@kernel(forceinline=True)
def sample_cell(tables, light, u1, u2):
    """(local direction, column, row, fractions, pdf) with the density of the grid."""
    values = tables.values
    row, v = sample_guided(values, light.rows, light.row_guide, light.row_guide_size, u2)
    columns = light.columns + row * (light.width + 1)
    guide = light.column_guides + row * (light.column_guide_size + 1)
    column, u = sample_guided(values, columns, guide, light.column_guide_size, u1)
    corner = light.weights + row * (light.width + 1) + column
    below = corner + light.width + 1
    w00, w10, w01, w11 = values[corner], values[corner + 1], values[below], values[below + 1]
    fy = sample_linear(w00 + w10, w01 + w11, v)
    left, right = w00 + (w01 - w00) * fy, w10 + (w11 - w10) * fy
    fx = sample_linear(left, right, u)
    theta = (f32(row) + fy) * (light.theta_max / f32(light.height - 1))
    phi = (f32(column) + fx + f32(0.5)) * (f32(2.0 * np.pi) / f32(light.width))
    sines, cosines = sin_cos(vec4(theta, phi, f32(0.0), f32(0.0)))
    sin_theta = fmax(lane(sines, 0), LEAST_SINE)
    local = vec3(lane(sines, 1) * sin_theta, lane(cosines, 0), -lane(cosines, 1) * sin_theta)
    return local, np.int32(column), np.int32(row), fx, fy, (left + (right - left) * fx) / sin_theta
