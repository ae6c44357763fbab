"""The texture table: whatever gives a spectral or scalar value at a point of a surface is one record of it.

Constant spectra are textures that do not vary; so a parameter of a BSDF or light is one texture id, whatever it is.
"""

import numpy as np

#: The same value at all wavelengths.
UNIFORM = 0
#: Samples on the scene's grid of 1 nm, linear in between: values[offset : offset + grid + 1].
GRID = 1
#: Samples anywhere: wavelengths at values[offset], values at values[offset + count].
IRREGULAR = 2
#: The uplift of an RGB colour: scale * S(c0 l^2 + c1 l + c2), times the texture `illuminant` if that is not -1.
SIGMOID = 3
#: RGB mode: (value0, value1, value2, 0).
RGB = 4
#: An image of colours; 4 floats a texel at values[4 offset]: sigmoid coefficients and scale, or R, G, B, 0.
BITMAP = 5
#: An image of scalars; 1 float a texel at values[offset].
SCALAR_BITMAP = 6
#: child0 and child1 on a grid.
CHECKERBOARD = 7
#: An image of spectra: `count` + 1 floats a texel (the last sample twice) at values[offset], as REGULAR.
SPECTRAL_BITMAP = 8
#: A colour of each vertex or face of a mesh: where in `values` says tables.attributes[offset + shape].
MESH_ATTRIBUTE = 9
#: The same with one float each.
SCALAR_MESH_ATTRIBUTE = 10
#: Samples at equal steps of wavelength, linear in between: values[offset : offset + count + 1].
REGULAR = 11
#: child0 and child1, mixed by a pattern: `count` octaves, value0 their falloff, value1 the distortion, seed `width`.
NOISE = 12
MARBLE = 13
WOOD = 14

#: What tables.attributes holds for a shape that lacks the attribute.
NO_ATTRIBUTE = -(2**31)

#: Bits of `flags`.
HOLD = 1  # tables keep their end values outside their range, which for GRID may also be all the grid
NEAREST = 2  # bitmaps are not interpolated
CLAMP = 4  # wrap mode; neither CLAMP nor MIRROR: repeat
MIRROR = 8
RGB_TEXELS = 16  # texels are R, G, B, 0
FACE = 32  # a mesh attribute of faces, not of vertices

DTYPE = np.dtype(
    [
        ("kind", "i4"),
        ("flags", "i4"),
        ("offset", "i4"),
        ("count", "i4"),  # samples of a table
        ("width", "i4"),
        ("height", "i4"),
        ("child0", "i4"),
        ("child1", "i4"),
        ("illuminant", "i4"),
        ("scale", "f4"),
        ("start", "f4"),  # nm; of the first sample
        ("lowest", "f4"),  # nm; the range of what was sampled (GRID)
        ("highest", "f4"),
        ("inv_step", "f4"),  # 1 / nm
        ("value0", "f4"),  # coefficients of the sigmoid [1/nm^2, 1/nm, 1] or RGB
        ("value1", "f4"),
        ("value2", "f4"),
        ("uv_xx", "f4"),  # u' = uv_xx u + uv_xy v + uv_x
        ("uv_xy", "f4"),
        ("uv_x", "f4"),
        ("uv_yx", "f4"),
        ("uv_yy", "f4"),
        ("uv_y", "f4"),
        ("mean", "f4"),  # rough average, for sampling weights
    ],
    align=True,
)
