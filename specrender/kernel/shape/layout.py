"""Records of shapes: every mesh, every analytic shape and every set of instances of the scene is one.

What the BVH calls an object is a row of `tables.objects`, two int32: the shape, and which part of it: an instance's
to_world in `tables.transforms` (its inverse is the next one), the number of a curve's part, the voxel of a grid; 0 for
analytic shapes.
"""

import numpy as np

#: Kinds; MESH covers rectangles and cubes, which are two and twelve triangles.
MESH = 0
SPHERE = 1
DISK = 2
CYLINDER = 3
INSTANCE = 4
LINEAR_CURVE = 5
BSPLINE_CURVE = 6
SDF_GRID = 7

#: Bits of `flags`.
HAS_NORMALS = 1  # of a grid of distances: smooth shading normals
HAS_UVS = 2
FLIP = 4
#: The material needs tangents along u (anisotropy, normal maps).
NEEDS_TANGENT = 8
#: Rays leave a mesh from the smooth surface that its vertex normals tell of.
SMOOTH_SHADOWS = 16

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
        # in tables.values: load4 index of a curve's parts, offset of a grid's samples;
        # in tables.pieces: offset of those of a mesh, less its parts
        ("data", "i4"),
        ("parts", "i4"),  # of a curve; of a mesh: its triangles before some were cut
        ("size_x", "i4"),  # samples of a grid along each axis
        ("size_y", "i4"),
        ("size_z", "i4"),
        ("root", "i4"),  # place in the BVH of the node below which the group of an instance is
        ("corners", "i4"),  # load4 index in tables.values: v0, e1, e2, normal and area of each triangle, emitters only
    ],
    align=True,
)
