"""aov: what the first visible surface is, as extra layers of the film."""

import numpy as np

from specrender.kernel.bsdf.material import bsdf_albedo
from specrender.kernel.film import to_xyz
from specrender.kernel.jit import kernel
from specrender.kernel.rays import closest_hit
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.shape.layout import MESH
from specrender.kernel.simd import dot, f32, lane, splat4
from specrender.kernel.surface import Surface
from specrender.kernel.texture import evaluate as evaluate_texture

ALBEDO = 0
DEPTH = 1
POSITION = 2
UV = 3
GEOMETRIC_NORMAL = 4
SHADING_NORMAL = 5
PRIMITIVE_INDEX = 6
SHAPE_INDEX = 7
MATERIAL_INDEX = 8

#: Name of a layer in scene files -> its tag here.
AOV_TAGS = {
    "albedo": ALBEDO,
    "depth": DEPTH,
    "position": POSITION,
    "uv": UV,
    "geo_normal": GEOMETRIC_NORMAL,
    "sh_normal": SHADING_NORMAL,
    "prim_index": PRIMITIVE_INDEX,
    "shape_index": SHAPE_INDEX,
    "material_index": MATERIAL_INDEX,
}


@kernel
def _add3(layers, y, x, channel, value, weight):
    for i in range(3):
        layers[y, x, channel + i] += np.float64(lane(value, i)) * weight


@kernel
def _albedo(tables, hit, direction, wavelengths, inverse_pdf):
    """Albedo of the visible side under D65, as XYZ."""
    material = tables.materials[tables.shapes[hit.shape].material]
    index, cos_o = material.front, -dot(hit.n, direction)
    if material.back >= 0 and cos_o < f32(0.0):
        index, cos_o = material.back, -cos_o
    surface = Surface(hit.uv, hit.primitive, hit.stretch)
    value = bsdf_albedo(tables, index, surface, wavelengths, cos_o)
    white = evaluate_texture(tables, tables.settings[0].white, surface, wavelengths)
    return to_xyz(tables, value * white, wavelengths, inverse_pdf)


@kernel
def _primitive_number(tables, hit):
    """Number of the triangle within its shape, as the scene has it."""
    shape = tables.shapes[hit.shape]
    number = hit.primitive - shape.first_triangle
    if shape.kind == MESH and number >= shape.parts:
        return tables.pieces[shape.data + number]
    return number


@kernel
def add_layers(tables, index, origin, direction, reach, wavelengths, inverse_pdf, weight, layers, y, x):
    """Add the layers of one camera ray to pixel (y, x) of `layers`; ids are written by sample 0."""
    t, u, v, primitive, item = closest_hit(tables, origin, direction, reach)
    if not t < reach:
        return
    hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
    scale = np.float64(weight)
    channel = 0
    for k in range(tables.settings[0].aov_count):
        kind = tables.aovs[k]
        if kind == DEPTH:
            layers[y, x, channel] += np.float64(t) * scale
            channel += 1
        elif kind == PRIMITIVE_INDEX:
            if index == 0:
                layers[y, x, channel] = np.float64(_primitive_number(tables, hit))
            channel += 1
        elif kind == SHAPE_INDEX or kind == MATERIAL_INDEX:
            if index == 0:
                of_shape = kind == SHAPE_INDEX
                layers[y, x, channel] = np.float64(hit.shape if of_shape else tables.shapes[hit.shape].material)
            channel += 1
        elif kind == UV:
            layers[y, x, channel] += np.float64(lane(hit.uv, 0)) * scale
            layers[y, x, channel + 1] += np.float64(lane(hit.uv, 1)) * scale
            channel += 2
        else:
            value = splat4(f32(0.0))
            if kind == ALBEDO:
                value = _albedo(tables, hit, direction, wavelengths, inverse_pdf)
            elif kind == POSITION:
                value = hit.p
            elif kind == GEOMETRIC_NORMAL:
                value = hit.normal
            elif kind == SHADING_NORMAL:
                value = hit.n
            _add3(layers, y, x, channel, value, scale)
            if kind == POSITION:
                settings = tables.settings[0]
                layers[y, x, channel] += settings.origin_x * scale
                layers[y, x, channel + 1] += settings.origin_y * scale
                layers[y, x, channel + 2] += settings.origin_z * scale
            channel += 3
