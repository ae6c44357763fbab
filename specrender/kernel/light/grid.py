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
from specrender.kernel.light.layout import MOST_POINTS
from specrender.kernel.simd import (
    clamp,
    f32,
    float_bits,
    floor,
    fmax,
    int_bits,
    lane,
    sqrt,
    to_int,
    vec3,
    vec4,
    with_lane,
)
from specrender.kernel.tables import prefetch

#: Steps of `choose_in_steps`, named by what they ask for.
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
def point_of(light, column, row):
    """Number of the top left point of a cell."""
    return row * (light.width + 1) + column


@kernel(forceinline=True)
def _weights(tables, light, column, row):
    """Densities at the points of a cell, as `bilinear` takes them."""
    values, step = tables.values, light.weight_step
    above = light.weights + step * point_of(light, column, row)
    below = above + step * (light.width + 1)
    return values[above], values[above + step], values[below], values[below + step]


@kernel(forceinline=True)
def prefetch_points(tables, light, column, row):
    """Ask for the densities at the points of a cell, with what lies before each of them."""
    step = light.weight_step
    above = light.weights + step * point_of(light, column, row)
    below = above + step * (light.width + 1)
    for corner in (above, below):
        prefetch(tables.values, corner - step + 1)
        prefetch(tables.values, corner + step)


@kernel(forceinline=True)
def cell_pdf(tables, light, column, row, fx, cos_theta):
    """Density per solid angle of `sample_cell` at a place of a cell."""
    values, border = tables.values, light.cosines + row
    fy = (values[border] - cos_theta) / (values[border] - values[border + 1])
    w00, w10, w01, w11 = _weights(tables, light, column, row)
    return bilinear(w00, w10, w01, w11, fx, clamp(fy, f32(0.0), f32(1.0)))


@kernel(forceinline=True)
def _choose_row(tables, light, u):
    """(row of cells chosen by its share, random number within it)."""
    return sample_guided(tables.values, light.rows, light.row_guide, light.row_guide_size, u)


@kernel(forceinline=True)
def _columns(light, row):
    """(where the shares of the columns of a row are, where their guide is)."""
    return light.columns + row * (light.width + 1), light.column_guides + row * (light.column_guide_size + 1)


@kernel(forceinline=True)
def choose_cell(tables, light, u):
    """Random numbers (any, u1, u2, any) as `sample_cell` takes them: what stands for the cell, and u1, u2 within it."""
    row, v = _choose_row(tables, light, lane(u, 2))
    columns, guide = _columns(light, row)
    column, u1 = sample_guided(tables.values, columns, guide, light.column_guide_size, lane(u, 1))
    return vec4(float_bits(np.int32(row * MOST_POINTS + column)), u1, v, lane(u, 3))


@kernel(forceinline=True)
def choose_in_steps(tables, light, u, step):
    """`choose_cell` in three steps, each of which takes what the one before it returned.

    Each table tells where to look in the next, and each step asks for the memory that the next one will read; a step is
    best taken a ray's time after the one before it.
    """
    values = tables.values
    if step == GUIDES:
        row, v = _choose_row(tables, light, lane(u, 2))
        _, guide = _columns(light, row)
        prefetch(values, guide + to_int(lane(u, 1) * f32(light.column_guide_size)))
        return vec4(float_bits(np.int32(row)), lane(u, 1), v, lane(u, 3))
    row = np.int64(int_bits(lane(u, 0)))
    columns, guide = _columns(light, row)
    if step == SHARES:
        prefetch(values, columns + guided_start(values, guide, light.column_guide_size, lane(u, 1)))
        return u
    column, u1 = sample_guided(values, columns, guide, light.column_guide_size, lane(u, 1))
    prefetch_points(tables, light, column, row)
    return with_lane(with_lane(u, 0, float_bits(np.int32(row * MOST_POINTS + column))), 1, u1)


@kernel(forceinline=True)
def sample_cell(tables, light, chosen):
    """(local direction, column, row, how far across and down as in `find_cell`, pdf) with the density of the grid.

    chosen : of `choose_cell`.
    """
    values, cell = tables.values, np.int64(int_bits(lane(chosen, 0)))
    # the number of a cell in the lower half of a very high grid has its upper bit set
    column, row = np.int32(cell % MOST_POINTS), np.int32(cell // MOST_POINTS % MOST_POINTS)
    u, v = lane(chosen, 1), lane(chosen, 2)
    w00, w10, w01, w11 = _weights(tables, light, column, row)
    border = light.cosines + row
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
    return local, column, row, fx, clamp(down, f32(0.0), f32(1.0)), pdf
