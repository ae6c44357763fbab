"""Textures and spectra in the kernel: `evaluate`, `evaluate_scalar` and `evaluate_raw` on a texture id.

A new kind is a tag in `layout.py`, a function in a file beside this one, and an arm below.
"""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, vec3
from specrender.kernel.texture.attribute import attribute_colour, attribute_scalar
from specrender.kernel.texture.image import checker_child, colour, raw, scalar, scalar_gradient, spectra
from specrender.kernel.texture.layout import (
    BITMAP,
    CHECKERBOARD,
    GRID,
    IRREGULAR,
    MESH_ATTRIBUTE,
    NOISE,
    REGULAR,
    RGB,
    SCALAR_BITMAP,
    SCALAR_MESH_ATTRIBUTE,
    SIGMOID,
    SPECTRAL_BITMAP,
)
from specrender.kernel.texture.pattern import mixing
from specrender.kernel.texture.spectrum import irregular, regular, rgb_value, sampled, uniform, uplifted


@kernel(forceinline=True)
def evaluate(tables, texture_id, surface, wavelengths):
    """Spectral value (f32x4) of a texture at a surface point."""
    texture = tables.textures[texture_id]
    # what is met most often in either mode
    if texture.kind == GRID:
        return sampled(tables, texture, wavelengths)
    if texture.kind == RGB:
        return rgb_value(texture)
    return _evaluate_any(tables, texture_id, surface, wavelengths)


@kernel
def _evaluate_any(tables, texture_id, surface, wavelengths):
    texture = tables.textures[texture_id]
    while texture.kind == CHECKERBOARD:
        texture = tables.textures[checker_child(texture, surface)]
    # what colours are in spectral mode, also those of a checkerboard
    if texture.kind == SIGMOID:
        return uplifted(tables, texture, wavelengths)
    if texture.kind < NOISE:
        return _evaluate_leaf(tables, texture, surface, wavelengths)
    share = mixing(texture, surface)
    first = _evaluate_leaf(tables, tables.textures[texture.child0], surface, wavelengths)
    second = _evaluate_leaf(tables, tables.textures[texture.child1], surface, wavelengths)
    return first + (second - first) * share


@kernel
def _evaluate_leaf(tables, texture, surface, wavelengths):
    """A texture that chooses between no others."""
    kind = texture.kind
    if kind == GRID:
        return sampled(tables, texture, wavelengths)
    if kind == SIGMOID:
        return uplifted(tables, texture, wavelengths)
    if kind == RGB:
        return rgb_value(texture)
    if kind == BITMAP:
        return colour(tables, texture, surface, wavelengths)
    if kind == REGULAR:
        return regular(tables, texture, wavelengths)
    if kind == IRREGULAR:
        return irregular(tables, texture, wavelengths)
    if kind == SPECTRAL_BITMAP:
        return spectra(tables, texture, surface, wavelengths)
    if kind == MESH_ATTRIBUTE:
        return attribute_colour(tables, texture, surface, wavelengths)
    return uniform(texture)


@kernel
def evaluate_scalar(tables, texture_id, surface):
    """Scalar value (float32) of a texture that was made in the role of a scalar."""
    texture = tables.textures[texture_id]
    while texture.kind == CHECKERBOARD:
        texture = tables.textures[checker_child(texture, surface)]
    if texture.kind < NOISE:
        return _scalar_leaf(tables, texture, surface)
    share = mixing(texture, surface)
    first = _scalar_leaf(tables, tables.textures[texture.child0], surface)
    return first + (_scalar_leaf(tables, tables.textures[texture.child1], surface) - first) * share


@kernel
def _scalar_leaf(tables, texture, surface):
    if texture.kind == SCALAR_BITMAP:
        return scalar(tables, texture, surface)
    if texture.kind == SCALAR_MESH_ATTRIBUTE:
        return attribute_scalar(tables, texture, surface)
    return texture.scale


@kernel
def evaluate_raw(tables, texture_id, surface):
    """(R, G, B, 0) of an image that was made in the role "raw", as numbers (normal maps)."""
    texture = tables.textures[texture_id]
    if texture.kind == BITMAP:
        return raw(tables, texture, surface)
    return vec3(texture.value0, texture.value1, texture.value2)


@kernel
def evaluate_gradient(tables, texture_id, surface):
    """(d/du, d/dv) of a scalar image by the surface's uv; 0 for other textures, as in Mitsuba."""
    texture = tables.textures[texture_id]
    if texture.kind == SCALAR_BITMAP:
        return scalar_gradient(tables, texture, surface)
    return f32(0.0), f32(0.0)
