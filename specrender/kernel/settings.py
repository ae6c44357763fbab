"""The layout of all tables, and the one record of settings of a render."""

import numpy as np

from specrender.kernel.camera.layout import DTYPE as CAMERA
from specrender.kernel.light.layout import DTYPE as LIGHT
from specrender.kernel.light.layout import EMITTER
from specrender.kernel.shape.layout import DTYPE as SHAPE
from specrender.kernel.texture.layout import DTYPE as TEXTURE

#: Values of `mode`: what the lanes of a spectrum mean.
SPECTRAL = 0
RGB = 1

#: Values of `integrator`.
PATH = 0
DIRECT = 1
NO_INTEGRATOR = 2  # AOVs only
DEPTH = 3

SETTINGS = np.dtype(
    [
        ("mode", "i4"),
        ("seed", "i4"),
        ("sampler", "i4"),
        ("width", "i4"),  # of the full film, pixels
        ("height", "i4"),
        ("integrator", "i4"),
        ("max_depth", "i4"),
        ("rr_depth", "i4"),
        ("hide_emitters", "i4"),
        ("clamp_indirect", "f4"),  # largest radiance that one bounce of indirect light may add to a sample; 0: no limit
        ("emitter_samples", "i4"),  # direct integrator
        ("bsdf_samples", "i4"),
        ("light_count", "i4"),
        ("light_cdf", "i4"),  # offset in values; few lights only
        ("has_light_tree", "i4"),  # there are many: all but those at infinity are chosen by the tree
        ("first_infinite", "i4"),  # index of the first light at infinity; they are the last ones
        ("inv_choices", "f4"),  # 1 / number of lights, or of those at infinity and the tree
        ("light_pairs", "i4"),  # of light samples at the first surface of a path, if there is a tree; 0: one sample
        ("root_groups", "i4"),  # of the tree of lights
        ("environment", "i4"),  # index of the light at infinity, or -1
        ("lamp_box", "i4"),  # load4 index in values: low and high corner of the box around all area lights, or -1
        ("has_outlines", "i4"),  # lamps in view are treated by themselves in the pixels of tables.outlines
        ("vertex_rows", "i4"),  # of tables.vertices for each vertex: 1 or 2
        ("has_null", "i4"),  # some material lets light straight through
        ("wavelength_cells", "i4"),  # inverse CDF of the wavelength density: cells + 1 entries
        ("wavelength_table", "i4"),  # offset in values [nm]
        ("grid_start", "f4"),  # nm; of the grid of 1 nm on which tables.cmf and most spectra are
        ("inv_cmf_integral", "f4"),  # 1 / integral of ybar
        ("bin_count", "i4"),  # spectral film; 0: none
        ("bin_start", "f4"),  # nm
        ("inv_bin_width", "f4"),  # 1 / nm
        ("filter_cells", "i4"),  # reconstruction filter: cells + 1 inverse-CDF entries, then the cells' weights
        ("filter_table", "i4"),  # offset in values [pixels]
        ("aov_count", "i4"),
        ("response_count", "i4"),  # film of sensor responses: texture ids in tables.responses
        ("response_channel", "i4"),  # where their sums begin in the layers
        ("origin_x", "f8"),  # of the kernel in the world, for the layer of positions
        ("origin_y", "f8"),
        ("origin_z", "f8"),
        ("white", "i4"),  # texture id of D65 with Y = 1 (RGB mode: 1), for the albedo layer
    ],
    align=True,
)

MATERIAL = np.dtype(
    [
        ("front", "i4"),  # index in tables.bsdfs
        ("back", "i4"),  # the same for the back side if two-sided, else -1
        ("opacity", "i4"),  # texture id, or -1: opaque
        ("is_null", "i4"),  # lets light straight through somewhere (null, mask)
    ],
    align=True,
)

BSDF = np.dtype(
    [
        ("kind", "i4"),  # tag in kernel.bsdf.KINDS, or material.TREE
        ("offset", "i4"),  # of its parameters in tables.bsdf_parameters, bytes
        ("is_smooth", "i4"),  # has a lobe that light sampling can meet
        ("has_mirror", "i4"),  # see `bsdf.kinds.BsdfKind`
        ("sees_behind", "i4"),  # light from behind the shading normal counts: it transmits, or turns that normal
        ("is_null", "i4"),  # lets light straight through, all of it (null) or some (trees)
        ("albedo", "i4"),  # texture id for the albedo AOV
    ],
    align=True,
)

#: Every table of the kernel; part of the type of compiled code.
LAYOUT = {
    "settings": SETTINGS,
    "cameras": CAMERA,
    "responses": np.dtype("i4"),  # texture ids of the film's sensor responses
    "values": np.dtype("f4"),  # pooled samples of spectra, images and cumulative tables
    "cmf": np.dtype("f4"),  # (n, 4): xbar, ybar, zbar, 0 at 1 nm; RGB mode: the columns of RGB -> XYZ
    "textures": TEXTURE,
    "attributes": np.dtype("i4"),  # mesh attributes: index of a value less the index of its vertex or face
    "materials": MATERIAL,
    "bsdfs": BSDF,
    "bsdf_parameters": np.dtype("u1"),
    "shapes": SHAPE,
    "objects": np.dtype("i4"),  # (n, 2): shape and part of it, in the order of the BVH's objects
    "transforms": np.dtype("f4"),  # (n, 4 columns, 4); to_world, then its inverse
    "vertices": np.dtype("f4"),  # (n, vertex_rows, 4): position, and normal where any mesh has some
    "uvs": np.dtype("f4"),  # (n, 2)
    "triangles": np.dtype("i4"),  # (n, 4): three vertices and the shape
    "pieces": np.dtype("i4"),  # of cut triangles: the number that each piece had as a part of a whole one in its mesh
    "lights": LIGHT,
    "emitters": EMITTER,
    "light_nodes": np.dtype("f4"),
    "light_parents": np.dtype("i4"),
    "bvh": np.dtype("f4"),
    "outlines": np.dtype("u1"),  # of each pixel of the film: 1 where the outline of a lamp may cross it
    "aovs": np.dtype("i4"),  # kinds of the layers
}
