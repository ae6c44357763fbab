"""Densities of directions on a grid of polar angle and azimuth.

Directions in the frame of a grid: +y is its pole, u = atan2(x, -z) / 2 pi goes around, v = acos(y) / theta_max down.
Points lie at u = (i + 1/2) / width, and i = width is i = 0 again; v = j / (height - 1), the first at the pole.
In a cell between four points the density per solid angle is linear in u and in cos(theta), in which equal steps are
equal solid angles: a cell is chosen by its share of the whole and a place in it by two linear densities, so that what
is drawn has exactly the density that `cell_pdf` tells, positive wherever one of the four points is.
"""

import numpy as np

from specrender.kernel.angles import INV_TWO_PI, acos, atan2_lanes
from specrender.kernel.elementary import sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import guided_start, sample_guided, sample_linear
from specrender.kernel.simd import clamp, f32, floor, fmax, lane, sqrt, to_int, vec3, vec4
from specrender.kernel.tables import prefetch

#: Steps of `prefetch_cell`.
GUIDES = 0
SHARES = 1
CELL = 2


@kernel(forceinline=True)
def bilinear(c00, c10, c01, c11, fx, fy):
    """c00 .. c11 (float32 or f32x4): top left, top right, bottom left, bottom right of a cell."""
    top = c00 + (c10 - c00) * fx
    low = c01 + (c11 - c01) * fx
    return top + (low - top) * fy


@kernel(forceinline=True)
def find_cell(light, local):
    """(column, row, how far across the cell and down it in polar angle) of a direction in the frame of the grid."""
    x, y, z = lane(local, 0), lane(local, 1), lane(local, 2)
    sin_theta = sqrt(x * x + z * z)
    both = atan2_lanes(vec4(x, sin_theta, f32(0.0), f32(0.0)), vec4(-z, y, f32(1.0), f32(1.0)))
    u = lane(both, 0) * INV_TWO_PI - f32(0.5) / f32(light.width)
    across = (u - floor(u)) * f32(light.width)
    down = lane(both, 1) * (f32(light.height - 1) / light.theta_max)
    column, row = min(to_int(across), light.width - 1), min(to_int(down), light.height - 2)
    return column, row, across - f32(column), down - f32(row)


@kernel(forceinline=True)
def cell_pdf(tables, light, column, row, fx, cos_theta):
    """Density per solid angle of `sample_cell` at a place of a cell."""
    values, corner = tables.values, light.weights + row * (light.width + 1) + column
    below, border = corner + light.width + 1, light.cosines + row
    fy = (values[border] - cos_theta) / (values[border] - values[border + 1])
    w00, w10, w01, w11 = values[corner], values[corner + 1], values[below], values[below + 1]
    return bilinear(w00, w10, w01, w11, fx, clamp(fy, f32(0.0), f32(1.0)))


@kernel(forceinline=True)
def _choose_cell(tables, light, u1, u2):
    """(column, row, random numbers within it) of a cell chosen by its share."""
    values = tables.values
    row, v = sample_guided(values, light.rows, light.row_guide, light.row_guide_size, u2)
    columns = light.columns + row * (light.width + 1)
    guide = light.column_guides + row * (light.column_guide_size + 1)
    column, u = sample_guided(values, columns, guide, light.column_guide_size, u1)
    return column, row, u, v


@kernel(forceinline=True)
def prefetch_cell(tables, light, u1, u2, step):
    """Ask for the memory that `sample_cell` will read, in three steps, as each table tells where to look in the next.

    Each step waits for what the one before it asked for: it is best asked for a ray's time ahead.
    """
    values = tables.values
    row, _ = sample_guided(values, light.rows, light.row_guide, light.row_guide_size, u2)
    guide = light.column_guides + row * (light.column_guide_size + 1)
    if step == GUIDES:
        prefetch(values, guide + to_int(u1 * f32(light.column_guide_size)))
        return
    columns = light.columns + row * (light.width + 1)
    if step == SHARES:
        prefetch(values, columns + guided_start(values, guide, light.column_guide_size, u1))
        return
    column, _ = sample_guided(values, columns, guide, light.column_guide_size, u1)
    corner = row * (light.width + 1) + column
    below = corner + light.width + 1
    prefetch(values, light.weights + corner)
    prefetch(values, light.weights + below)
    prefetch(values, 4 * (light.offset + corner))
    prefetch(values, 4 * (light.offset + below))


@kernel(forceinline=True)
def sample_cell(tables, light, u1, u2):
    """(local direction, column, row, how far across and down as in `find_cell`, pdf) with the density of the grid."""
    values = tables.values
    column, row, u, v = _choose_cell(tables, light, u1, u2)
    corner = light.weights + row * (light.width + 1) + column
    below, border = corner + light.width + 1, light.cosines + row
    w00, w10, w01, w11 = values[corner], values[corner + 1], values[below], values[below + 1]
    fy = sample_linear(w00 + w10, w01 + w11, v)
    left, right = w00 + (w01 - w00) * fy, w10 + (w11 - w10) * fy
    fx = sample_linear(left, right, u)
    cos_theta = values[border] + (values[border + 1] - values[border]) * fy
    sin_theta = sqrt(fmax((f32(1.0) - cos_theta) * (f32(1.0) + cos_theta), f32(0.0)))
    phi = (f32(column) + fx + f32(0.5)) * (f32(2.0 * np.pi) / f32(light.width))
    sine, cosine = sin_cos(phi)
    local = vec3(sine * sin_theta, cos_theta, -cosine * sin_theta)
    down = acos(cos_theta) * (f32(light.height - 1) / light.theta_max) - f32(row)
    pdf = left + (right - left) * fx
    return local, np.int32(column), np.int32(row), fx, clamp(down, f32(0.0), f32(1.0)), pdf
