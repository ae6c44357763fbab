"""The entry points of the kernel: one call renders some samples of one tile."""

import numpy as np

from specrender.kernel.aov import add_layers
from specrender.kernel.camera import generate_ray
from specrender.kernel.depth import trace_depth
from specrender.kernel.direct import trace_direct
from specrender.kernel.features import has_cameras, has_integrators, has_layers, has_many_lights
from specrender.kernel.film import add_responses, add_to_bins, film_place, sample_wavelengths, to_xyz
from specrender.kernel.jit import entry_variants, kernel
from specrender.kernel.light import GUIDES, SHARES, prepare_light
from specrender.kernel.light.tree import NODE_GROUPS
from specrender.kernel.metered import is_metered, light_on_meter
from specrender.kernel.outline import has_outline, lamps_in_view
from specrender.kernel.path import FILM_DIMENSION, trace_path
from specrender.kernel.sampler import sample_of_pixel, sample_quad, sample_state
from specrender.kernel.settings import DEPTH, DIRECT, PATH
from specrender.kernel.simd import f32, fabs, hsum, lane, splat4, vec3, with_lane
from specrender.kernel.sums import add_exactly, add_square, channel, sum_of

#: Indices of the counters that a call adds to; the last three name the first non-finite sample of a call.
NON_FINITE = 0
SAMPLES = 1
NON_FINITE_X = 2
NON_FINITE_Y = 3
NON_FINITE_INDEX = 4
COUNTERS = 5

#: As `first_sample` of a call: every pixel has a range of its own.
PER_PIXEL = -1


@kernel
def _radiance(tables, state, numbers, origin, direction, reach, wavelengths, lamps_apart):
    integrator = tables.settings[0].integrator
    if not has_integrators() or integrator == PATH:
        return trace_path(tables, state, numbers, origin, direction, reach, wavelengths, lamps_apart)
    if integrator == DIRECT:
        return trace_direct(tables, state, origin, direction, reach, wavelengths, lamps_apart)
    if integrator == DEPTH:
        return trace_depth(tables, origin, direction, reach)
    return splat4(f32(0.0)), f32(0.0)


@kernel(forceinline=True)
def _camera_sample(tables, pixel_state, pixel, pixel_x, pixel_y, index):
    """One sample of a pixel up to its ray, and the request for the memory that its first bounce reads of lights.

    Returns (state, random numbers of the first bounce, filter weight, origin, direction, t_max, wavelengths, 1 / pdf,
    factor).
    """
    settings = tables.settings[0]
    state = sample_of_pixel(pixel_state, settings.seed, pixel, np.int32(index))
    u_film, u_lens, u_light, u_bsdf = sample_quad(state, FILM_DIMENSION)
    film_x, film_y, weight = film_place(tables, pixel_x, pixel_y, u_film)
    origin, direction, reach, factor = generate_ray(tables, film_x, film_y, lane(u_lens, 1), lane(u_lens, 2))
    wavelengths, inverse_pdf = sample_wavelengths(tables, lane(u_film, 0))
    # wavelengths and the lobe of the first BSDF come from the film's group: stratified together with the place in the
    # pixel, edges of a lamp keep their colour and reflections in a gloss their share; among very many lights it is more
    # important which one is chosen
    if has_many_lights() and settings.has_light_tree and settings.root_groups == NODE_GROUPS:
        u_light = with_lane(u_light, 0, lane(u_film, 3))
    else:
        u_bsdf = with_lane(u_bsdf, 0, lane(u_film, 3))
    numbers = prepare_light(tables, u_light, GUIDES), u_bsdf
    return state, numbers, weight, origin, direction, reach, wavelengths, inverse_pdf, factor


@kernel(forceinline=True)
def _render_pixel(tables, film, y, x, pixel_x, pixel_y, first_sample, last_sample, counters):
    """Add samples [first, last) of one pixel to its sums, in this order whatever the tiles and passes are."""
    xyz, xyz_rest, xyz_squared, xyz_squared_rest, weights, alpha, bins, radiance_sum, layers, _, _ = film
    settings = tables.settings[0]
    pixel = np.int32(pixel_y * settings.width + pixel_x)
    total = sum_of(xyz[y, x, 0], xyz[y, x, 1], xyz[y, x, 2])
    rest = vec3(xyz_rest[y, x, 0], xyz_rest[y, x, 1], xyz_rest[y, x, 2])
    squares = sum_of(xyz_squared[y, x, 0], xyz_squared[y, x, 1], xyz_squared[y, x, 2])
    squares_rest = vec3(xyz_squared_rest[y, x, 0], xyz_squared_rest[y, x, 1], xyz_squared_rest[y, x, 2])
    sum_weight, sum_alpha = weights[y, x], alpha[y, x]
    lamps_apart = has_outline(tables, pixel)
    pixel_state = sample_state(settings.sampler, settings.seed, pixel, np.int32(0))
    following = _camera_sample(tables, pixel_state, pixel, pixel_x, pixel_y, first_sample)
    for index in range(first_sample, last_sample):
        state, numbers, weight, origin, direction, reach, wavelengths, inverse_pdf, factor = following
        u_light, u_bsdf = numbers
        numbers = prepare_light(tables, u_light, SHARES), u_bsdf
        # one sample ahead, so that the processor prepares it while it waits for the rays of this one
        if index + 1 < last_sample:
            following = _camera_sample(tables, pixel_state, pixel, pixel_x, pixel_y, index + 1)
        on_meter = has_cameras() and is_metered(tables, state, pixel_x, pixel_y)
        apart = lamps_apart or on_meter
        radiance, coverage = _radiance(tables, state, numbers, origin, direction, reach, wavelengths, apart)
        if on_meter:
            radiance += light_on_meter(tables, state, pixel_x, pixel_y, wavelengths, origin, direction, reach)
        # what the sample adds to its pixel, the filter included
        radiance *= factor * weight
        if lamps_apart:
            seen, covered = lamps_in_view(tables, state, pixel_x, pixel_y, wavelengths, origin, direction, reach)
            radiance += seen
            coverage += covered
        if not hsum(fabs(radiance)) < f32(np.inf):
            if counters[NON_FINITE] == 0:
                counters[NON_FINITE_X], counters[NON_FINITE_Y], counters[NON_FINITE_INDEX] = pixel_x, pixel_y, index
            counters[NON_FINITE] += 1
            radiance = splat4(f32(0.0))
        value = to_xyz(tables, radiance, wavelengths, inverse_pdf)
        total, rest = add_exactly(total, rest, value)
        squares, squares_rest = add_square(squares, squares_rest, value)
        sum_weight += np.float64(weight)
        sum_alpha += np.float64(weight * coverage)
        if has_layers() and settings.bin_count:
            add_to_bins(tables, radiance, wavelengths, inverse_pdf, bins, radiance_sum, y, x)
        if has_layers() and settings.response_count:
            add_responses(tables, radiance, wavelengths, inverse_pdf, layers, y, x)
        if has_layers() and settings.aov_count:
            add_layers(tables, index, origin, direction, reach, wavelengths, inverse_pdf, weight, layers, y, x)
    for i in range(3):
        xyz[y, x, i], xyz_rest[y, x, i] = channel(total, i), lane(rest, i)
        xyz_squared[y, x, i], xyz_squared_rest[y, x, i] = channel(squares, i), lane(squares_rest, i)
    weights[y, x], alpha[y, x] = sum_weight, sum_alpha
    counters[SAMPLES] += last_sample - first_sample


def _render_tile(tables, film, crop_x, crop_y, x0, y0, x1, y1, first_sample, last_sample, counters):
    """Render samples [first_sample, last_sample) of the film pixels x0 <= x < x1, y0 <= y < y1.

    film : (xyz, xyz_rest (h, w, 3), xyz_squared, xyz_squared_rest (h, w, 3), weight (h, w), alpha (h, w), bins (h, w,
        n), radiance (h, w), layers (h, w, c), taken (h, w), goal (h, w)), C-contiguous; float64, but the rests and the
        layers float32, the last two int32.  Added to in place; x and y count from (crop_x, crop_y).
    first_sample : or PER_PIXEL: then pixels continue with sample taken[y, x], up to goal[y, x], by at most last_sample
        samples, and `taken` is updated; otherwise those two arrays are not looked at.
    counters : (COUNTERS,) int64, added to.
    """
    taken, goal = film[9], film[10]
    for y in range(y0, y1):
        for x in range(x0, x1):
            first, last = first_sample, last_sample
            if first_sample == PER_PIXEL:
                first = np.int64(taken[y - crop_y, x - crop_x])
                last = min(first + last_sample, np.int64(goal[y - crop_y, x - crop_x]))
                if last <= first:
                    continue
                taken[y - crop_y, x - crop_x] = last
            _render_pixel(tables, film, y - crop_y, x - crop_x, x, y, first, last, counters)


#: variant of the kernel -> its entry point, with the arguments of `_render_tile`.
RENDER_TILE = entry_variants(_render_tile)
