"""directionalarea: a shape that shines along its normals only, with `radiance` as power per area.

A point is lit from where its perpendicular meets the shape.  Several triangles of a mesh may lie so; one of them is
picked evenly, which takes time in proportion to their number.  Around spheres and cylinders the beams thin out.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.shape.analytic import surface_of
from specrender.kernel.shape.hit import triangle_uv, vertex_position
from specrender.kernel.shape.layout import CYLINDER, FLIP, HAS_UVS, MESH, SPHERE
from specrender.kernel.simd import cross, dot, f32, lane, normalize, splat4, sqrt, vec3, vec4, with_lane
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.transform import transform_point, transform_vector


@kernel(forceinline=True)
def _side(a, b, normal, before):
    """On which side of the line along `normal` the edge from a to b passes: twice an area, 0 only if it is not ours.

    Both triangles at an edge compute the same with the opposite sign; a line through it belongs to the one in which
    the lower vertex comes `before`.
    """
    volume = dot(cross(a, b), normal)
    if volume == f32(0.0) and before:
        return f32(1e-37)
    return volume


@kernel
def _mesh_beam(tables, shape, p, u):
    """(wi, distance, share, uv, primitive): share is the number of triangles above p, 0 if there is none."""
    values, indices = tables.values, tables.triangles
    side = f32(-1.0) if shape.flags & FLIP else f32(1.0)
    wi, distance, count = splat4(f32(0.0)), f32(0.0), f32(0.0)
    primitive, b1, b2 = np.int32(0), f32(0.0), f32(0.0)
    for i in range(shape.triangle_count):
        base = 4 * (shape.first_triangle + i)
        i0, i1, i2 = indices[base], indices[base + 1], indices[base + 2]
        a, b, c = vertex_position(tables, i0) - p, vertex_position(tables, i1) - p, vertex_position(tables, i2) - p
        normal = with_lane(load4(values, shape.corners + 4 * i + 3), 3, f32(0.0))
        height = -dot(a, normal) * side
        if not height > f32(0.0):
            continue
        w0, w1, w2 = _side(b, c, normal, i1 < i2), _side(c, a, normal, i2 < i0), _side(a, b, normal, i0 < i1)
        if w0 > f32(0.0) and w1 > f32(0.0) and w2 > f32(0.0):
            count += f32(1.0)
            # each of those so far with the same chance
            u *= count
            if u < f32(1.0):
                inverse = f32(1.0) / (w0 + w1 + w2)
                wi, distance, b1, b2 = normal * -side, height, w1 * inverse, w2 * inverse
                primitive = np.int32(shape.first_triangle + i)
            else:
                u = (u - f32(1.0)) / (count - f32(1.0))
    uv = vec4(b1, b2, b1, b2)
    if shape.flags & HAS_UVS:
        base = 4 * primitive
        uv = triangle_uv(tables, indices[base], indices[base + 1], indices[base + 2], b1, b2)
    return wi, distance, count, uv, primitive


@kernel
def _object_beam(tables, shape, p):
    """The same of a disk, or of a sphere or cylinder from outside."""
    local = transform_point(tables, shape.transform + 1, p)
    x, y, z = lane(local, 0), lane(local, 1), lane(local, 2)
    r2 = x * x + y * y
    if shape.kind == SPHERE:
        r2 += z * z
    is_round = shape.kind == SPHERE or shape.kind == CYLINDER
    if is_round:
        if r2 <= f32(1.0) or (shape.kind == CYLINDER and not f32(0.0) <= z <= f32(1.0)):
            return splat4(f32(0.0)), f32(0.0), f32(0.0), splat4(f32(0.0))
        inward = vec3(-x, -y, -z if shape.kind == SPHERE else f32(0.0))
        wi = normalize(transform_vector(tables, shape.transform, inward))
        r = sqrt(r2)
        q = p + wi * (shape.radius * (r - f32(1.0)))
        _, _, uv, _ = surface_of(tables, shape, q)
        share = f32(1.0) / r if shape.kind == CYLINDER else f32(1.0) / r2
        return wi, shape.radius * (r - f32(1.0)), share, uv
    _, normal, _, _ = surface_of(tables, shape, p)
    if shape.flags & FLIP:
        normal = -normal
    height = dot(p - load4(tables.transforms, 4 * shape.transform + 3), normal)
    foot = transform_point(tables, shape.transform + 1, p - normal * height)
    x, y = lane(foot, 0), lane(foot, 1)
    if height <= f32(0.0) or x * x + y * y > f32(1.0):
        return splat4(f32(0.0)), f32(0.0), f32(0.0), splat4(f32(0.0))
    _, _, uv, _ = surface_of(tables, shape, p - normal * height)
    return -normal, height, f32(1.0), uv


@kernel
def sample_beam(tables, light, p, wavelengths, u):
    """(wi, distance, radiance, pdf): the irradiance across the beam at p over the chance of its triangle."""
    shape = tables.shapes[light.shape]
    primitive = np.int32(0)
    if shape.kind == MESH:
        wi, distance, share, uv, primitive = _mesh_beam(tables, shape, p, u)
    else:
        wi, distance, share, uv = _object_beam(tables, shape, p)
    if share <= f32(0.0):
        return wi, distance, splat4(f32(0.0)), f32(0.0)
    surface = surface_point(uv, primitive)
    radiance = (light.scale * share) * evaluate_texture(tables, light.color, surface, wavelengths)
    return wi, distance, radiance, f32(1.0)
