"""Textures and spectra in the kernel: `evaluate` and `evaluate_scalar` on a texture id.

A new kind is a tag in `layout.py`, a function in a file beside this one, and an arm below.
"""

from specrender.kernel.jit import kernel
from specrender.kernel.texture.image import checker_child, colour, scalar
from specrender.kernel.texture.layout import (
    BITMAP,
    CHECKERBOARD,
    IRREGULAR,
    REGULAR,
    RGB,
    SCALAR_BITMAP,
    SIGMOID,
)
from specrender.kernel.texture.spectrum import irregular, regular, rgb_value, uniform, uplifted


@kernel(forceinline=True)
def evaluate(tables, texture_id, surface, wavelengths):
    """Spectral value (f32x4) of a texture at a surface point."""
    texture = tables.textures[texture_id]
    if texture.kind == REGULAR:  # most often
        return regular(tables, texture, wavelengths)
    return _evaluate_any(tables, texture_id, surface, wavelengths)


@kernel
def _evaluate_any(tables, texture_id, surface, wavelengths):
    texture = tables.textures[texture_id]
    while texture.kind == CHECKERBOARD:
        texture = tables.textures[checker_child(texture, surface)]
    kind = texture.kind
    if kind == REGULAR:
        return regular(tables, texture, wavelengths)
    if kind == SIGMOID:
        return uplifted(tables, texture, wavelengths)
    if kind == RGB:
        return rgb_value(texture)
    if kind == BITMAP:
        return colour(tables, texture, surface, wavelengths)
    if kind == IRREGULAR:
        return irregular(tables, texture, wavelengths)
    return uniform(texture)


@kernel
def evaluate_scalar(tables, texture_id, surface):
    """Scalar value (float32) of a texture: UNIFORM, SCALAR_BITMAP or a checkerboard of them."""
    texture = tables.textures[texture_id]
    while texture.kind == CHECKERBOARD:
        texture = tables.textures[checker_child(texture, surface)]
    if texture.kind == SCALAR_BITMAP:
        return scalar(tables, texture, surface)
    return texture.scale
