"""Spectra that do not vary over the surface, at the wavelengths of a path."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, floor, lane, select, splat4, sqrt, to_int4, vec4
from specrender.kernel.tables import gather_pairs, load4
from specrender.kernel.texture.layout import HOLD, RGB_TEXELS


@kernel(forceinline=True)
def sigmoid(c0, c1, c2, wavelengths):
    """S(c0 l^2 + c1 l + c2) in (0, 1).  Source: [Jakob2019] eq. 3 and 4."""
    x = (wavelengths * c0 + c1) * wavelengths + c2
    return f32(0.5) + f32(0.5) * x * (f32(1.0) / sqrt(f32(1.0) + x * x))


@kernel(forceinline=True)
def sampled(tables, texture, wavelengths):
    """Samples on the scene's grid of 1 nm, linear in between; 0 beyond `lowest` and `highest` unless it is held."""
    position = wavelengths - texture.start
    whole = floor(position)
    i0, i1, i2, i3 = to_int4(whole)
    low, high = gather_pairs(tables.values, texture.offset, i0, i1, i2, i3)
    result = low + (position - whole) * (high - low)
    if texture.flags & HOLD:
        return result
    result = select(wavelengths < texture.lowest, f32(0.0), result)
    return select(wavelengths > texture.highest, f32(0.0), result)


@kernel(forceinline=True)
def samples_at(tables, texture, offset, wavelengths):
    """Equally spaced samples at values[offset], linear in between, 0 (or held) outside; the last is stored twice."""
    last = f32(texture.count - 1)
    position = (wavelengths - texture.start) * texture.inv_step
    inside = clamp(position, f32(0.0), last)
    whole = floor(inside)
    i0, i1, i2, i3 = to_int4(whole)
    low, high = gather_pairs(tables.values, offset, i0, i1, i2, i3)
    result = low + (inside - whole) * (high - low)
    if texture.flags & HOLD:
        return result
    result = select(position < f32(0.0), f32(0.0), result)
    return select(position > last, f32(0.0), result)


@kernel(forceinline=True)
def regular(tables, texture, wavelengths):
    """A table of equally spaced samples."""
    return samples_at(tables, texture, texture.offset, wavelengths)


@kernel
def _irregular_one(tables, texture, wavelength):
    """One lane of `irregular`: binary search for the interval, then linear interpolation."""
    wl, count = texture.offset, texture.count
    values = tables.values
    first, last = values[wl], values[wl + count - 1]
    if not texture.flags & HOLD and (wavelength < first or wavelength > last):
        return f32(0.0)
    wavelength = clamp(wavelength, first, last)
    low, high = 0, count - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if values[wl + middle] <= wavelength:
            low = middle
        else:
            high = middle
    t = (wavelength - values[wl + low]) / (values[wl + low + 1] - values[wl + low])
    a = values[wl + count + low]
    return a + t * (values[wl + count + low + 1] - a)


@kernel
def irregular(tables, texture, wavelengths):
    """Samples at any increasing wavelengths."""
    return vec4(
        _irregular_one(tables, texture, lane(wavelengths, 0)),
        _irregular_one(tables, texture, lane(wavelengths, 1)),
        _irregular_one(tables, texture, lane(wavelengths, 2)),
        _irregular_one(tables, texture, lane(wavelengths, 3)),
    )


@kernel
def uplifted(tables, texture, wavelengths):
    """The spectrum of an RGB colour, times its illuminant if it has one."""
    result = texture.scale * sigmoid(texture.value0, texture.value1, texture.value2, wavelengths)
    if texture.illuminant >= 0:
        result *= sampled(tables, tables.textures[texture.illuminant], wavelengths)
    return result


@kernel(forceinline=True)
def rgb_value(texture):
    return vec4(texture.value0, texture.value1, texture.value2, f32(0.0))


@kernel(forceinline=True)
def uniform(texture):
    return splat4(texture.scale)


@kernel(forceinline=True)
def texel(tables, texture, index, wavelengths):
    """One texel of a colour image as a spectrum."""
    c = load4(tables.values, texture.offset + index)
    if texture.flags & RGB_TEXELS:
        return c
    return lane(c, 3) * sigmoid(lane(c, 0), lane(c, 1), lane(c, 2), wavelengths)
