"""Images as textures: addressing, wrap modes, bilinear interpolation."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, floor, fmax, fmin, lane, to_int
from specrender.kernel.tables import load4
from specrender.kernel.texture.layout import CLAMP, MIRROR, NEAREST
from specrender.kernel.texture.spectrum import sampled, samples_at, texel


@kernel(forceinline=True)
def texture_uv(texture, surface):
    """The surface's uv through the texture's `to_uv`."""
    u, v = lane(surface.uv, 0), lane(surface.uv, 1)
    return (
        texture.uv_xx * u + texture.uv_xy * v + texture.uv_x,
        texture.uv_yx * u + texture.uv_yy * v + texture.uv_y,
    )


@kernel
def _wrap(i, size, flags):
    """Texel index brought into [0, size) by the wrap mode."""
    if flags & CLAMP:
        return min(max(i, 0), size - 1)
    tile = i // size
    i -= tile * size
    if flags & MIRROR and tile & 1:
        return size - 1 - i
    return i


@kernel(forceinline=True)
def _near(x, flags):
    """A coordinate that addresses the same texels within [-1, 2], which keeps the conversion to integers defined."""
    if flags & CLAMP:
        return clamp(x, f32(-1.0), f32(2.0))
    # an even number of repeats, for mirrored ones; NaN becomes 0
    return fmin(fmax(x - f32(2.0) * floor(f32(0.5) * x), f32(0.0)), f32(2.0))


@kernel
def _footprint(texture, surface):
    """Indices of the four texels around the point and the weights of the right and the lower ones."""
    u, v = texture_uv(texture, surface)
    width, height, flags = texture.width, texture.height, texture.flags
    u, v = _near(u, flags), _near(v, flags)
    if flags & NEAREST:
        x = _wrap(to_int(floor(u * f32(width))), width, flags)
        y = _wrap(to_int(floor(v * f32(height))), height, flags)
        return y * width + x, y * width + x, y * width + x, y * width + x, f32(0.0), f32(0.0)
    x = u * f32(width) - f32(0.5)
    y = v * f32(height) - f32(0.5)
    x_floor, y_floor = floor(x), floor(y)
    x0, y0 = _wrap(to_int(x_floor), width, flags), _wrap(to_int(y_floor), height, flags)
    x1, y1 = _wrap(to_int(x_floor) + 1, width, flags), _wrap(to_int(y_floor) + 1, height, flags)
    return y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1, x - x_floor, y - y_floor


@kernel
def colour(tables, texture, surface, wavelengths):
    """f32x4 of a colour image, times its illuminant if it emits; texels are uplifted, then interpolated as spectra."""
    i00, i01, i10, i11, wx, wy = _footprint(texture, surface)
    result = texel(tables, texture, i00, wavelengths)
    if not texture.flags & NEAREST:
        right = texel(tables, texture, i01, wavelengths)
        low_left = texel(tables, texture, i10, wavelengths)
        low_right = texel(tables, texture, i11, wavelengths)
        top = result * (f32(1.0) - wx) + right * wx
        result = top * (f32(1.0) - wy) + (low_left * (f32(1.0) - wx) + low_right * wx) * wy
    if texture.illuminant >= 0:
        result *= sampled(tables, tables.textures[texture.illuminant], wavelengths)
    return result


@kernel
def spectra(tables, texture, surface, wavelengths):
    """f32x4 of an image of spectra."""
    i00, i01, i10, i11, wx, wy = _footprint(texture, surface)
    stride, offset = texture.count + 1, texture.offset
    result = samples_at(tables, texture, offset + i00 * stride, wavelengths)
    if not texture.flags & NEAREST:
        right = samples_at(tables, texture, offset + i01 * stride, wavelengths)
        low_left = samples_at(tables, texture, offset + i10 * stride, wavelengths)
        low_right = samples_at(tables, texture, offset + i11 * stride, wavelengths)
        top = result * (f32(1.0) - wx) + right * wx
        result = top * (f32(1.0) - wy) + (low_left * (f32(1.0) - wx) + low_right * wx) * wy
    return result


@kernel
def raw(tables, texture, surface):
    """(R, G, B, 0) of an image whose texels are numbers, not colours (normal maps)."""
    i00, i01, i10, i11, wx, wy = _footprint(texture, surface)
    values, offset = tables.values, texture.offset
    top = load4(values, offset + i00) * (f32(1.0) - wx) + load4(values, offset + i01) * wx
    low = load4(values, offset + i10) * (f32(1.0) - wx) + load4(values, offset + i11) * wx
    return top * (f32(1.0) - wy) + low * wy


@kernel
def scalar_gradient(tables, texture, surface):
    """(d/du, d/dv) of `scalar` by the surface's u and v; 0 for an image that is not interpolated."""
    i00, i01, i10, i11, wx, wy = _footprint(texture, surface)
    values, offset = tables.values, texture.offset
    v00, v01, v10, v11 = values[offset + i00], values[offset + i01], values[offset + i10], values[offset + i11]
    along_x = ((v01 - v00) * (f32(1.0) - wy) + (v11 - v10) * wy) * f32(texture.width)
    along_y = ((v10 - v00) * (f32(1.0) - wx) + (v11 - v01) * wx) * f32(texture.height)
    return texture.uv_xx * along_x + texture.uv_yx * along_y, texture.uv_xy * along_x + texture.uv_yy * along_y


@kernel
def scalar(tables, texture, surface):
    """float32 of a scalar image."""
    i00, i01, i10, i11, wx, wy = _footprint(texture, surface)
    values, offset = tables.values, texture.offset
    top = values[offset + i00] * (f32(1.0) - wx) + values[offset + i01] * wx
    low = values[offset + i10] * (f32(1.0) - wx) + values[offset + i11] * wx
    return top * (f32(1.0) - wy) + low * wy


@kernel
def checker_child(texture, surface):
    """The texture id of the square of a checkerboard that the point lies in."""
    u, v = texture_uv(texture, surface)
    if (u - floor(u) > f32(0.5)) == (v - floor(v) > f32(0.5)):
        return texture.child0
    return texture.child1
