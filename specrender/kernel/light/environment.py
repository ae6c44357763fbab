"""constant, envmap and sunsky: light from all around.  One look-up gives radiance and density together.

An envmap is a latitude-longitude image on a grid of `grid.py`, +y up: columns are texel centres at (i + 1/2) / width,
rows lie at j / (height - 1), the first at the pole (Mitsuba's convention).  It is sampled by how far
its luminance is above the mean, where BSDFs are sampled too (`scene/compile/lights/grid.py`).
"""

from typing import NamedTuple

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.grid import (
    cell_pdf,
    choose_cell,
    choose_in_steps,
    find_cell,
    point_of,
    prefetch_points,
    sample_cell,
)
from specrender.kernel.light.layout import CONSTANT, ENVMAP, SUNSKY, TEXEL
from specrender.kernel.light.sky import in_sun, sample_sun, sky_radiance, sun_pdf
from specrender.kernel.simd import (
    f32,
    high4,
    join8,
    lane,
    low4,
    splat4,
    with_lane,
    x_of_halves,
    y_of_halves,
    z_of_halves,
)
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import four_from
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.texture.spectrum import sigmoid
from specrender.kernel.transform import transform_vector
from specrender.kernel.warp import sample_sphere

#: The step of `prepare_environment` that takes all of `choose_in_steps`.
AT_ONCE = 3

UNIFORM_SPHERE_PDF = f32(0.25 / np.pi)


@kernel(forceinline=True)
def _texels(tables, light, column, row, fx, fy, wavelengths):
    """Radiance between four texels.

    Colours (sigmoids) and scales are interpolated each for itself and then multiplied, as in Mitsuba 3, so that the two
    agree between texels; interpolated products differ by a tenth where a texel is much brighter than the next.
    An upper texel and the one below it are two halves of a vector.
    """
    values, above = tables.values, light.offset + TEXEL * point_of(light, column, row)
    below = above + TEXEL * (light.width + 1)
    left = join8(four_from(values, above), four_from(values, below))
    right = join8(four_from(values, above + TEXEL), four_from(values, below + TEXEL))
    linear = _between(left + (right - left) * fx, fy)
    if light.is_rgb:
        return linear * light.scale
    both = join8(wavelengths, wavelengths)
    left = sigmoid(x_of_halves(left), y_of_halves(left), z_of_halves(left), both)
    right = sigmoid(x_of_halves(right), y_of_halves(right), z_of_halves(right), both)
    colours = _between(left + (right - left) * fx, fy)
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    return colours * (lane(linear, 3) * light.scale) * evaluate_texture(tables, light.texture, nowhere, wavelengths)


@kernel(forceinline=True)
def _between(both, fy):
    """From the first half of a vector to the second."""
    top, low = low4(both), high4(both)
    return top + (low - top) * fy


@kernel(forceinline=True)
def _constant(tables, light, wavelengths):
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    return light.scale * evaluate_texture(tables, light.color, nowhere, wavelengths)


@kernel
def _look_up_sky(tables, light, local, wavelengths):
    if lane(local, 1) < f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    column, row, fx, _ = find_cell(light, local)
    pdf = cell_pdf(tables, light, column, row, fx, lane(local, 1)) * (f32(1.0) - light.sun_share)
    is_sun = in_sun(light, local)
    if is_sun:
        pdf += light.sun_share * sun_pdf(light)
    return sky_radiance(tables, light, local, is_sun, wavelengths), pdf


class Place(NamedTuple):
    """Where on the grid of an envmap a direction is: as `find_cell` says, and the cosine of its polar angle."""

    column: "int64"  # noqa: F821 (kernel types)
    row: "int64"  # noqa: F821
    across: "float32"  # noqa: F821
    down: "float32"  # noqa: F821
    cos_theta: "float32"  # noqa: F821


@kernel(forceinline=True)
def no_place():
    """The place on a light that is no envmap."""
    return Place(np.int64(0), np.int64(0), f32(0.0), f32(0.0), f32(0.0))


@kernel(forceinline=True)
def find_place(tables, light, direction):
    """The `Place` of a direction; asks for the memory that `look_up` will read there."""
    if light.kind != ENVMAP:
        return no_place()
    local = transform_vector(tables, light.transform + 1, direction)
    column, row, across, down = find_cell(light, local)
    prefetch_points(tables, light, column, row)
    return Place(np.int64(column), np.int64(row), across, down, lane(local, 1))


@kernel(forceinline=True)
def look_up(tables, light, direction, place, wavelengths):
    """(radiance that arrives against `direction`, which leaves the scene; density of `sample_environment` there).

    place : `find_place` of the direction.
    """
    if light.kind == CONSTANT:
        return _constant(tables, light, wavelengths), UNIFORM_SPHERE_PDF
    if light.kind == SUNSKY:
        return _look_up_sky(tables, light, transform_vector(tables, light.transform + 1, direction), wavelengths)
    pdf = cell_pdf(tables, light, place.column, place.row, place.across, place.cos_theta)
    return _texels(tables, light, place.column, place.row, place.across, place.down, wavelengths), pdf


@kernel(forceinline=True)
def prepare_environment(tables, light, u, step):
    """Random numbers of `sample_environment` after one more step, see `light.prepare_light`."""
    if light.kind != ENVMAP:
        return u
    if step == AT_ONCE:
        return choose_cell(tables, light, u)
    return choose_in_steps(tables, light, u, step)


@kernel
def sample_environment(tables, light, wavelengths, prepared):
    """(direction towards the environment, its radiance, its density); prepared : of `prepare_environment`."""
    u1, u2 = lane(prepared, 1), lane(prepared, 2)
    if light.kind == CONSTANT:
        return sample_sphere(u1, u2), _constant(tables, light, wavelengths), UNIFORM_SPHERE_PDF
    if light.kind == SUNSKY:
        share = light.sun_share
        if u1 < share:
            local = sample_sun(light, u1 / share, u2)
        else:
            rest = (u1 - share) / (f32(1.0) - share)
            local, _, _, _, _, _ = sample_cell(tables, light, choose_cell(tables, light, with_lane(prepared, 1, rest)))
        wi = transform_vector(tables, light.transform, local)
        radiance, pdf = look_up(tables, light, wi, no_place(), wavelengths)
        return wi, radiance, pdf
    local, column, row, fx, fy, pdf = sample_cell(tables, light, prepared)
    wi = transform_vector(tables, light.transform, local)
    return wi, _texels(tables, light, column, row, fx, fy, wavelengths), pdf
