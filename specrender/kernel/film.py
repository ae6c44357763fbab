"""From the film position a sample is drawn at to what it adds to its pixel."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.settings import SPECTRAL
from specrender.kernel.simd import f32, floor, hsum, lane, splat4, to_int, to_int4, vec4
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import gather_pairs, load4
from specrender.kernel.texture import evaluate as evaluate_texture


@kernel(forceinline=True)
def sample_filter(tables, u):
    """(offset from the pixel centre [pixels], weight) with density proportional to the filter's magnitude.

    The weight is +-1 over the share of the filter that is positive minus negative, so its mean is 1 [Ernst2006].
    """
    settings = tables.settings[0]
    values, table, cells = tables.values, settings.filter_table, settings.filter_cells
    if cells == 1:  # box
        return values[table] * (f32(1.0) - f32(2.0) * u), f32(1.0)
    x = u * f32(cells)
    i = min(to_int(x), cells - 1)
    low = values[table + i]
    return low + (x - f32(i)) * (values[table + i + 1] - low), values[table + cells + 1 + i]


@kernel(forceinline=True)
def film_place(tables, pixel_x, pixel_y, u):
    """(film_x, film_y, filter weight) of a sample of a pixel, by lanes 1 and 2 of its random numbers."""
    offset_x, weight_x = sample_filter(tables, lane(u, 1))
    offset_y, weight_y = sample_filter(tables, lane(u, 2))
    return f32(pixel_x) + f32(0.5) + offset_x, f32(pixel_y) + f32(0.5) + offset_y, weight_x * weight_y


@kernel(forceinline=True)
def sample_wavelengths(tables, u):
    """Four wavelengths [nm] and 1 / pdf [nm]: lane i is at CDF^-1(frac(u + i / 4)).  RGB mode: zeros and ones."""
    settings = tables.settings[0]
    if settings.mode != SPECTRAL:
        return splat4(f32(0.0)), splat4(f32(1.0))
    cells = settings.wavelength_cells
    position = splat4(u) + vec4(f32(0.0), f32(0.25), f32(0.5), f32(0.75))
    position = (position - floor(position)) * f32(cells)
    whole = floor(position)
    i0, i1, i2, i3 = to_int4(whole)
    low, high = gather_pairs(tables.values, settings.wavelength_table, i0, i1, i2, i3)
    step = high - low
    return low + (position - whole) * step, step * f32(cells)


@kernel(forceinline=True)
def _response(tables, i, fraction):
    """(xbar, ybar, zbar, 0) between the samples i and i + 1 of the observer."""
    low = load4(tables.cmf, i)
    return low + (load4(tables.cmf, i + 1) - low) * fraction


@kernel(forceinline=True)
def to_xyz(tables, spectrum, wavelengths, inverse_pdf):
    """Estimate of XYZ (lanes 0-2) from four lanes; RGB mode: the matrix of the rendering space."""
    settings = tables.settings[0]
    if settings.mode != SPECTRAL:
        red, green, blue = load4(tables.cmf, 0), load4(tables.cmf, 1), load4(tables.cmf, 2)
        return red * lane(spectrum, 0) + green * lane(spectrum, 1) + blue * lane(spectrum, 2)
    share = spectrum * inverse_pdf * (f32(0.25) * settings.inv_cmf_integral)
    position = wavelengths - settings.grid_start
    whole = floor(position)
    fraction = position - whole
    i0, i1, i2, i3 = to_int4(whole)
    xyz = _response(tables, i0, lane(fraction, 0)) * lane(share, 0)
    xyz += _response(tables, i1, lane(fraction, 1)) * lane(share, 1)
    xyz += _response(tables, i2, lane(fraction, 2)) * lane(share, 2)
    return xyz + _response(tables, i3, lane(fraction, 3)) * lane(share, 3)


@kernel
def add_to_bins(tables, spectrum, wavelengths, inverse_pdf, bins, radiance, y, x):
    """Add each lane to the spectral bin of its wavelength, and all to the integral of radiance over nm."""
    settings = tables.settings[0]
    share = spectrum * inverse_pdf * f32(0.25)
    for i in range(4):
        amount = np.float64(lane(share, i))
        index = to_int(floor((lane(wavelengths, i) - settings.bin_start) * settings.inv_bin_width))
        if 0 <= index < settings.bin_count:
            bins[y, x, index] += amount * settings.inv_bin_width
            radiance[y, x] += amount


@kernel
def add_responses(tables, spectrum, wavelengths, inverse_pdf, layers, y, x):
    """Add the integral over wavelength [nm] of radiance times response to the layer of each sensor response."""
    settings = tables.settings[0]
    share = spectrum * inverse_pdf * f32(0.25)
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    for i in range(settings.response_count):
        seen = share * evaluate_texture(tables, tables.responses[i], nowhere, wavelengths)
        layers[y, x, settings.response_channel + i] += np.float64(hsum(seen))
