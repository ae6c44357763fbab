"""Records of lights and of emitters, which are what is chosen: a light, or a triangle of a mesh that emits."""

import numpy as np

AREA = 0
POINT = 1
SPOT = 2
DIRECTIONAL = 3
PROJECTOR = 4
IES = 5
BEAM = 6  # directionalarea
CONSTANT = 7  # this and what follows is around the scene
ENVMAP = 8
SUNSKY = 9

#: Rows and columns of a grid are less than this: the number of a cell is its row times this plus its column.
MOST_POINTS = 1 << 16

#: Floats of a texel of an envmap: four of its colour, and the density there, so that both are in one place of memory.
TEXEL = 5

DTYPE = np.dtype(
    [
        ("kind", "i4"),
        ("shape", "i4"),  # area lights: the shape that emits
        ("color", "i4"),  # texture id: radiance, intensity or irradiance; envmap, sunsky: the mean one, for the host
        ("texture", "i4"),  # spot: image over the cone, or -1; envmap: texture id of the illuminant, or -1
        ("transform", "i4"),  # to_world in tables.transforms; its inverse is the next one
        ("scale", "f4"),
        ("probability", "f4"),  # of being chosen for next-event estimation, if no tree decides
        ("emitter", "i4"),  # the first of its emitters
        ("per_triangle", "i4"),  # each triangle of its mesh is an emitter
        ("cos_cutoff", "f4"),
        ("cos_beam", "f4"),
        ("cutoff", "f4"),  # rad
        ("inv_transition", "f4"),  # 1 / (cutoff - beam width) [1/rad]
        ("tan_cutoff", "f4"),
        ("tan_x", "f4"),  # projector: tangents of half the angles of view
        ("tan_y", "f4"),
        # grids of directions: envmap, sky, ies
        ("offset", "i4"),  # envmap: texels, at values[offset]; sunsky: spectra, at values[4 offset]; ies: intensities
        ("is_rgb", "i4"),  # envmap: texels are R, G, B, 0; sunsky: it has columns of R, G, B
        ("width", "i4"),  # cells around; a row has width + 1 points
        ("height", "i4"),  # points from the pole down
        ("theta_max", "f4"),  # polar angle of the last row [rad]
        ("weights", "i4"),  # density at the points, at values[weights], and how far from one to the next
        ("weight_step", "i4"),
        ("cosines", "i4"),  # of the rows' polar angles, height of them
        ("rows", "i4"),  # cumulative shares of the rows of cells, height of them
        ("columns", "i4"),  # cumulative shares in each row of cells, (height - 1) x (width + 1)
        ("row_guide", "i4"),  # where to look in them; guides have a power of two of entries, and one
        ("row_guide_size", "i4"),
        ("column_guides", "i4"),
        ("column_guide_size", "i4"),
        ("sun_x", "f4"),  # direction of the sun in the frame of the sky
        ("sun_y", "f4"),
        ("sun_z", "f4"),
        ("sun_cap", "f4"),  # 1 - cos of half its aperture; 0: no sun
        ("sun_share", "f4"),  # of the samples
    ],
    align=True,
)

#: One cache line, from whose boundary each record begins.
EMITTER = np.dtype(
    [
        # a flat piece of one radiance, see `flat.py`, is sampled without a look at its light and shape
        ("corner", "f4", 3),
        ("scale", "f4"),  # factor of its radiance
        ("edge1", "f4", 3),  # the edges that leave the corner; edge1 x edge2 is on the side that shines
        ("share", "f4"),  # 1: a parallelogram, 1/2: a triangle, 0: not flat, or not of one radiance
        ("edge2", "f4", 3),
        ("zero", "f4"),
        ("color", "i4"),  # texture id
        ("light", "i4"),
        ("triangle", "i4"),  # of the light's mesh, or -1: the whole light
        ("slot", "i4"),  # its place in the tree, see `tree.py`; -1: it emits nothing, or is chosen in another way
    ],
    align=True,
)
EMITTER_BYTES = EMITTER.itemsize
CORNER, EDGE1, EDGE2 = (EMITTER.fields[name][1] for name in ("corner", "edge1", "edge2"))
