"""Attributes of meshes as textures: a value of each face, or of each vertex with linear interpolation in between."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, lane, splat4
from specrender.kernel.texture.layout import FACE, NO_ATTRIBUTE
from specrender.kernel.texture.spectrum import sampled, texel


@kernel(forceinline=True)
def _base(tables, texture, surface):
    """What to add to the index of a vertex (or face) to find its value, or NO_ATTRIBUTE."""
    return tables.attributes[texture.offset + tables.triangles[4 * surface.primitive + 3]]


@kernel
def attribute_colour(tables, texture, surface, wavelengths):
    """f32x4 of a colour; vertices' colours are uplifted, then interpolated as spectra.  0 where there is none."""
    base = _base(tables, texture, surface)
    if base == NO_ATTRIBUTE:
        return splat4(f32(0.0))
    if texture.flags & FACE:
        result = texel(tables, texture, base + surface.primitive, wavelengths)
    else:
        b1, b2 = lane(surface.uv, 2), lane(surface.uv, 3)
        vertices, i = tables.triangles, 4 * surface.primitive
        result = texel(tables, texture, base + vertices[i], wavelengths) * (f32(1.0) - b1 - b2)
        result += texel(tables, texture, base + vertices[i + 1], wavelengths) * b1
        result += texel(tables, texture, base + vertices[i + 2], wavelengths) * b2
    result *= texture.scale
    if texture.illuminant >= 0:
        result *= sampled(tables, tables.textures[texture.illuminant], wavelengths)
    return result


@kernel
def attribute_scalar(tables, texture, surface):
    """float32 of a scalar attribute."""
    base = _base(tables, texture, surface)
    if base == NO_ATTRIBUTE:
        return f32(0.0)
    values = tables.values
    if texture.flags & FACE:
        return texture.scale * values[base + surface.primitive]
    b1, b2 = lane(surface.uv, 2), lane(surface.uv, 3)
    vertices, i = tables.triangles, 4 * surface.primitive
    first = values[base + vertices[i]] * (f32(1.0) - b1 - b2)
    return texture.scale * (first + values[base + vertices[i + 1]] * b1 + values[base + vertices[i + 2]] * b2)
