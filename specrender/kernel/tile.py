"""The entry point of the kernel: one call renders some samples of one tile."""

import numpy as np

from specrender.kernel.aov import add_layers
from specrender.kernel.camera import generate_ray
from specrender.kernel.direct import trace_direct
from specrender.kernel.film import add_to_bins, sample_filter, sample_wavelengths, to_xyz
from specrender.kernel.jit import kernel
from specrender.kernel.path import FILM_DIMENSION, WAVELENGTH_DIMENSION, trace_path
from specrender.kernel.sampler import sample_state, samples
from specrender.kernel.settings import DIRECT, PATH
from specrender.kernel.simd import f32, fabs, hsum, lane, splat4

#: Indices of the counters that `render_tile` adds to.
NON_FINITE = 0
SAMPLES = 1
COUNTERS = 2


@kernel
def _radiance(tables, state, origin, direction, reach, wavelengths):
    integrator = tables.settings[0].integrator
    if integrator == PATH:
        return trace_path(tables, state, origin, direction, reach, wavelengths)
    if integrator == DIRECT:
        return trace_direct(tables, state, origin, direction, reach, wavelengths)
    return splat4(f32(0.0)), f32(0.0)


@kernel(forceinline=True)
def _camera_sample(tables, pixel, pixel_x, pixel_y, index):
    """(state, filter weight, origin, direction, t_max, wavelengths, 1 / pdf) of one sample of a pixel."""
    settings = tables.settings[0]
    state = sample_state(settings.sampler, settings.seed, pixel, np.int32(index))
    u_film = samples(state, FILM_DIMENSION)
    offset_x, weight_x = sample_filter(tables, lane(u_film, 1))
    offset_y, weight_y = sample_filter(tables, lane(u_film, 2))
    film_x = f32(pixel_x) + f32(0.5) + offset_x
    film_y = f32(pixel_y) + f32(0.5) + offset_y
    origin, direction, reach = generate_ray(tables, film_x, film_y, lane(u_film, 0), lane(u_film, 3))
    wavelengths, inverse_pdf = sample_wavelengths(tables, lane(samples(state, WAVELENGTH_DIMENSION), 0))
    return state, weight_x * weight_y, origin, direction, reach, wavelengths, inverse_pdf


@kernel(forceinline=True)
def _render_pixel(tables, film, y, x, pixel_x, pixel_y, first_sample, last_sample, counters):
    """Add samples [first, last) of one pixel to its sums, in this order whatever the tiles and passes are."""
    xyz, xyz_squared, weights, alpha, bins, radiance_sum, layers = film
    settings = tables.settings[0]
    pixel = np.int32(pixel_y * settings.width + pixel_x)
    sum_x, sum_y, sum_z = xyz[y, x, 0], xyz[y, x, 1], xyz[y, x, 2]
    sum_xx, sum_yy, sum_zz = xyz_squared[y, x, 0], xyz_squared[y, x, 1], xyz_squared[y, x, 2]
    sum_weight, sum_alpha = weights[y, x], alpha[y, x]
    following = _camera_sample(tables, pixel, pixel_x, pixel_y, first_sample)
    for index in range(first_sample, last_sample):
        state, weight, origin, direction, reach, wavelengths, inverse_pdf = following
        # one sample ahead, so that the processor prepares it while it waits for the rays of this one
        following = _camera_sample(tables, pixel, pixel_x, pixel_y, index + 1)
        radiance, coverage = _radiance(tables, state, origin, direction, reach, wavelengths)
        if not hsum(fabs(radiance)) < f32(np.inf):
            counters[NON_FINITE] += 1
            radiance = splat4(f32(0.0))
        value = to_xyz(tables, radiance, wavelengths, inverse_pdf) * weight
        value_x, value_y, value_z = np.float64(lane(value, 0)), np.float64(lane(value, 1)), np.float64(lane(value, 2))
        sum_x += value_x
        sum_y += value_y
        sum_z += value_z
        sum_xx += value_x * value_x
        sum_yy += value_y * value_y
        sum_zz += value_z * value_z
        sum_weight += np.float64(weight)
        sum_alpha += np.float64(weight * coverage)
        if settings.bin_count:
            add_to_bins(tables, radiance, wavelengths, inverse_pdf, weight, bins, radiance_sum, y, x)
        if settings.aov_count:
            add_layers(
                tables, index, origin, direction, reach, wavelengths, inverse_pdf, weight, layers, y, x
            )
    xyz[y, x, 0], xyz[y, x, 1], xyz[y, x, 2] = sum_x, sum_y, sum_z
    xyz_squared[y, x, 0], xyz_squared[y, x, 1], xyz_squared[y, x, 2] = sum_xx, sum_yy, sum_zz
    weights[y, x], alpha[y, x] = sum_weight, sum_alpha
    counters[SAMPLES] += last_sample - first_sample


@kernel(entry=True)
def render_tile(tables, film, crop_x, crop_y, x0, y0, x1, y1, first_sample, last_sample, counters):
    """Render samples [first_sample, last_sample) of the film pixels x0 <= x < x1, y0 <= y < y1.

    film : (xyz (h, w, 3), xyz_squared (h, w, 3), weight (h, w), alpha (h, w), bins (h, w, n), radiance (h, w),
        layers (h, w, c)), all float64 and C-contiguous, added to in place; x and y count from (crop_x, crop_y).
    counters : (COUNTERS,) int64, added to.
    """
    for y in range(y0, y1):
        for x in range(x0, x1):
            _render_pixel(
                tables, film, y - crop_y, x - crop_x, x, y, first_sample, last_sample, counters
            )
