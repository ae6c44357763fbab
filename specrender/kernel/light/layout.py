"""Records of lights."""

import numpy as np

AREA = 0
POINT = 1
SPOT = 2
DIRECTIONAL = 3
CONSTANT = 4
ENVMAP = 5

DTYPE = np.dtype(
    [
        ("kind", "i4"),
        ("shape", "i4"),  # area lights: the shape that emits
        ("color", "i4"),  # texture id: radiance, intensity or irradiance
        ("texture", "i4"),  # spot: image over the cone, or -1; envmap: texture id of the illuminant
        ("transform", "i4"),  # to_world in tables.transforms; its inverse is the next one
        ("scale", "f4"),
        ("probability", "f4"),  # of being chosen for next-event estimation, if no tree decides
        ("emitter", "i4"),  # the first of its emitters in the tree, or -1
        ("per_triangle", "i4"),  # each triangle of its mesh is an emitter of the tree
        ("cos_cutoff", "f4"),
        ("cos_beam", "f4"),
        ("cutoff", "f4"),  # rad
        ("inv_transition", "f4"),  # 1 / (cutoff - beam width) [1/rad]
        ("tan_cutoff", "f4"),
        ("offset", "i4"),  # envmap: texels at values[4 offset], 4 floats each
        ("width", "i4"),
        ("height", "i4"),
        ("rows", "i4"),  # envmap: cumulative row shares at values[rows], height of them (height - 1 cells)
        ("columns", "i4"),  # envmap: cumulative shares in each row of cells, (height - 1) x (width + 1)
    ],
    align=True,
)
