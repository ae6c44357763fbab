"""Records of shapes: every mesh and every analytic shape of the scene is one."""

import numpy as np

#: Kinds; MESH covers rectangles and cubes, which are two and twelve triangles.
MESH = 0
SPHERE = 1
DISK = 2
CYLINDER = 3

#: Bits of `flags`.
HAS_NORMALS = 1
HAS_UVS = 2
FLIP = 4
#: The material needs tangents along u (anisotropy, normal maps).
NEEDS_TANGENT = 8

DTYPE = np.dtype(
    [
        ("kind", "i4"),
        ("flags", "i4"),
        ("material", "i4"),
        ("light", "i4"),  # index of its area light, or -1
        ("first_triangle", "i4"),
        ("triangle_count", "i4"),
        ("transform", "i4"),  # to_world in tables.transforms; its inverse is the next one
        ("area", "f4"),
        ("radius", "f4"),  # world units, spheres
        ("area_cdf", "i4"),  # offset in tables.values: triangle_count + 1 cumulative shares, emitters only
        ("corners", "i4"),  # load4 index in tables.values: v0, e1, e2, normal and area of each triangle, emitters only
    ],
    align=True,
)
