"""From what the BVH returns to everything shading needs at a hit."""

from typing import NamedTuple

import numpy as np

from specrender.kernel.features import has_objects, has_smooth_shadows
from specrender.kernel.jit import kernel
from specrender.kernel.shape.analytic import derivative_v, surface_of
from specrender.kernel.shape.curve import curve_surface
from specrender.kernel.shape.layout import (
    DISK,
    FLIP,
    HAS_NORMALS,
    HAS_UVS,
    INSTANCE,
    LINEAR_CURVE,
    NEEDS_TANGENT,
    SDF_GRID,
    SMOOTH_SHADOWS,
)
from specrender.kernel.shape.sdf import sdf_normals
from specrender.kernel.simd import (
    clamp,
    copysign,
    cross,
    dot,
    f32,
    fabs,
    fmax,
    lane,
    length,
    normalize,
    sqrt,
    vec3,
    vec4,
)
from specrender.kernel.surface import frame
from specrender.kernel.tables import load4
from specrender.kernel.transform import transform_normal, transform_point, transform_vector

#: Offset of a ray from its surface, relative to where the shape is and how large: 7 ulp, four times the error of p and
#: of the distances that the BVH finds (1e-7, by casting rays from planes of all slants).  Relative to p alone it would
#: fail on a large floor or sphere near the origin; a floor is cut where that matters (`scene.compile.cutting`).
CLEARANCE = f32(4e-7)
#: The same on curves and grids of distances, whose points an iteration finds.
CURVED_CLEARANCE = f32(4e-6)
#: Cosines between a vertex normal and the shading normal below which the vertex does not lift its triangle, and above
#: which it does so in full: 53 and 37 degrees.  A sphere of 6 x 4 quads keeps its lift; a box whose corners have
#: averaged normals (55 degrees) is a box, and light that started a third of its width above it would miss its contacts.
LEAST_BEND_COSINE = f32(0.6)
FULL_BEND_COSINE = f32(0.8)


class Hit(NamedTuple):
    """A surface point: position, geometric normal, shading frame (s, t, n), uv = (u, v, b1, b2), shape, primitive.

    stretch : see `Surface`.  clearance : how far along the normal a ray must start so as not to meet the surface again.
    lift : height above p, along n, of the smooth surface that the vertex normals of a mesh tell of: positive on the
        side of n, negative behind it, and only on the side that is seen; 0 for all else.  See `visibility.leave`.
    """

    p: "f32x4"  # noqa: F821 (kernel types)
    normal: "f32x4"  # noqa: F821
    s: "f32x4"  # noqa: F821
    t: "f32x4"  # noqa: F821
    n: "f32x4"  # noqa: F821
    uv: "f32x4"  # noqa: F821
    shape: "int32"  # noqa: F821
    primitive: "int32"  # noqa: F821
    stretch: "f32x4"  # noqa: F821
    clearance: "float32"  # noqa: F821
    lift: "float32"  # noqa: F821


@kernel(forceinline=True)
def _largest(p):
    """Largest absolute coordinate."""
    return fmax(fmax(fabs(lane(p, 0)), fabs(lane(p, 1))), fabs(lane(p, 2)))


@kernel(forceinline=True)
def vertex_position(tables, i):
    """Position of vertex i of the scene."""
    return load4(tables.vertices, i * tables.settings[0].vertex_rows)


@kernel(forceinline=True)
def _vertex_normal(tables, i):
    """Normal of vertex i of a mesh with HAS_NORMALS: in the same cache line."""
    return load4(tables.vertices, i * tables.settings[0].vertex_rows + 1)


@kernel(forceinline=True)
def triangle_uv(tables, i0, i1, i2, b1, b2):
    """Texture coordinates (u, v, b1, b2) inside a triangle."""
    uvs = tables.uvs
    b0 = f32(1.0) - b1 - b2
    u = b0 * uvs[2 * i0] + b1 * uvs[2 * i1] + b2 * uvs[2 * i2]
    v = b0 * uvs[2 * i0 + 1] + b1 * uvs[2 * i1 + 1] + b2 * uvs[2 * i2 + 1]
    return vec4(u, v, b1, b2)


@kernel
def _triangle_derivatives(tables, i0, i1, i2, e1, e2):
    """(dp/du, dp/dv) of a triangle with texture coordinates; zero where they are degenerate."""
    uvs = tables.uvs
    du1, dv1 = uvs[2 * i1] - uvs[2 * i0], uvs[2 * i1 + 1] - uvs[2 * i0 + 1]
    du2, dv2 = uvs[2 * i2] - uvs[2 * i0], uvs[2 * i2 + 1] - uvs[2 * i0 + 1]
    determinant = du1 * dv2 - dv1 * du2
    if determinant == f32(0.0):
        return e1 * f32(0.0), e1 * f32(0.0)
    inverse = f32(1.0) / determinant
    return (e1 * dv2 - e2 * dv1) * inverse, (e2 * du1 - e1 * du2) * inverse


@kernel
def _frame_along(n, tangent):
    """Shading frame about n whose s follows the tangent, or any frame where there is none."""
    s = tangent - n * dot(n, tangent)
    size = dot(s, s)
    if size <= f32(1e-20) * dot(tangent, tangent) or size == f32(0.0):
        return frame(n)
    s = normalize(s)
    return s, cross(n, s)


@kernel(forceinline=True)
def _stretch(s, t, dp_du, dp_dv):
    """Derivatives by u and v as `Surface` holds them."""
    return vec3(dot(s, dp_du), dot(s, dp_dv), dot(t, dp_dv))


@kernel(forceinline=True)
def _lift_over(p, vertex, vertex_normal, n, side):
    """Height along n of p moved onto the tangent plane of a vertex, on one side (1 or -1); 0 where that lies behind p.

    Source: [Hanika2021] listing 4.1; by angle it fades (`LEAST_BEND_COSINE`), which the paper leaves to its users.
    """
    below = fmax(dot(vertex - p, vertex_normal) * side, f32(0.0))
    cosine = dot(vertex_normal, n)
    bend = (cosine - LEAST_BEND_COSINE) * (f32(1.0) / (FULL_BEND_COSINE - LEAST_BEND_COSINE))
    return below * cosine * clamp(bend, f32(0.0), f32(1.0))


@kernel(forceinline=True)
def _triangle_hit(tables, direction, primitive, b1, b2):
    base = 4 * primitive
    indices = tables.triangles
    i0, i1, i2, shape_id = indices[base], indices[base + 1], indices[base + 2], indices[base + 3]
    shape = tables.shapes[shape_id]
    flags = shape.flags
    v0 = vertex_position(tables, i0)
    e1, e2 = vertex_position(tables, i1) - v0, vertex_position(tables, i2) - v0
    p = v0 + e1 * b1 + e2 * b2
    normal = normalize(cross(e1, e2))
    n, lift = normal, f32(0.0)
    if flags & HAS_NORMALS:
        b0 = f32(1.0) - b1 - b2
        n0, n1, n2 = _vertex_normal(tables, i0), _vertex_normal(tables, i1), _vertex_normal(tables, i2)
        smooth = n0 * b0 + n1 * b1 + n2 * b2
        size = dot(smooth, smooth)
        if size > f32(0.0):
            n = smooth * (f32(1.0) / sqrt(size))
            if has_smooth_shadows() and flags & SMOOTH_SHADOWS:
                side = copysign(f32(1.0), -dot(n, direction))
                lift = _lift_over(p, v0, n0, n, side) * b0
                lift += _lift_over(p, v0 + e1, n1, n, side) * b1 + _lift_over(p, v0 + e2, n2, n, side) * b2
                lift *= side
    if flags & FLIP:
        normal, n, lift = -normal, -n, -lift
    uv = triangle_uv(tables, i0, i1, i2, b1, b2) if flags & HAS_UVS else vec4(b1, b2, b1, b2)
    stretch = vec3(f32(0.0), f32(0.0), f32(0.0))
    if flags & NEEDS_TANGENT and flags & HAS_UVS:
        dp_du, dp_dv = _triangle_derivatives(tables, i0, i1, i2, e1, e2)
        s, t = _frame_along(n, dp_du)
        stretch = _stretch(s, t, dp_du, dp_dv)
    else:
        s, t = frame(n)
    clearance = CLEARANCE * _largest(fabs(v0) + fabs(e1) + fabs(e2))
    return Hit(p, normal, s, t, n, uv, shape_id, primitive, stretch, clearance, lift)


@kernel
def _curve_hit(tables, shape_id, part, p, s):
    shape = tables.shapes[shape_id]
    p, n, uv, dp_du, dp_dv = curve_surface(tables, shape, part, p, s)
    clearance = CURVED_CLEARANCE * (_largest(p) + length(dp_du))
    if shape.flags & FLIP:
        n = -n
    s, t = _frame_along(n, dp_du)
    return Hit(p, n, s, t, n, uv, shape_id, np.int32(0), _stretch(s, t, dp_du, dp_dv), clearance, f32(0.0))


@kernel
def _sdf_hit(tables, shape_id, voxel, p):
    shape = tables.shapes[shape_id]
    inverse = shape.transform + 1
    normal, n = sdf_normals(tables, shape, voxel, transform_point(tables, inverse, p))
    normal = normalize(transform_normal(tables, inverse, normal))
    n = normalize(transform_normal(tables, inverse, n))
    if shape.flags & FLIP:
        normal, n = -normal, -n
    s, t = frame(n)
    nothing = vec3(f32(0.0), f32(0.0), f32(0.0))
    size = _largest(p) + _columns_largest(tables, shape.transform)
    return Hit(p, normal, s, t, n, nothing, shape_id, np.int32(0), nothing, CURVED_CLEARANCE * size, f32(0.0))


@kernel
def _part_hit(tables, item, p, u):
    """Hit of an object that is no instance; u as `intersect_part` returned it."""
    shape_id = tables.objects[2 * item]
    kind = tables.shapes[shape_id].kind
    if kind < LINEAR_CURVE:
        return _analytic_hit(tables, shape_id, p)
    if kind == SDF_GRID:
        return _sdf_hit(tables, shape_id, tables.objects[2 * item + 1], p)
    return _curve_hit(tables, shape_id, tables.objects[2 * item + 1], p, u)


@kernel
def _analytic_hit(tables, shape_id, p):
    shape = tables.shapes[shape_id]
    p, n, uv, dp_du = surface_of(tables, shape, p)
    if shape.flags & FLIP:
        n = -n
    s, t = _frame_along(n, dp_du)
    stretch = vec3(f32(0.0), f32(0.0), f32(0.0))
    if shape.flags & NEEDS_TANGENT:
        stretch = _stretch(s, t, dp_du, derivative_v(tables, shape, p))
    if shape.kind == DISK:  # exact to a share of where it is hit, however large it is
        size = _largest(p)
    else:
        columns, base = tables.transforms, 4 * shape.transform
        size = _largest(load4(columns, base)) + _largest(load4(columns, base + 2)) + _largest(load4(columns, base + 3))
    return Hit(p, n, s, t, n, uv, shape_id, np.int32(0), stretch, CLEARANCE * size, f32(0.0))


@kernel
def _columns_largest(tables, transform):
    """Largest row sum of the linear part of a transform: how much it can magnify an error of a coordinate."""
    columns, base = tables.transforms, 4 * transform
    return _largest(fabs(load4(columns, base)) + fabs(load4(columns, base + 1)) + fabs(load4(columns, base + 2)))


@kernel
def _world_hit(tables, transform, hit):
    """A hit in the space of an instance as the world sees it."""
    p = transform_point(tables, transform, hit.p)
    normal = normalize(transform_normal(tables, transform + 1, hit.normal))
    n = normalize(transform_normal(tables, transform + 1, hit.n))
    s, t = _frame_along(n, transform_vector(tables, transform, hit.s))
    dp_du = transform_vector(tables, transform, hit.s * lane(hit.stretch, 0))
    dp_dv = transform_vector(tables, transform, hit.s * lane(hit.stretch, 1) + hit.t * lane(hit.stretch, 2))
    # the local one magnified, and the rounding of the transform
    place = _largest(p) + _largest(load4(tables.transforms, 4 * transform + 3))
    clearance = hit.clearance * _columns_largest(tables, transform) + CLEARANCE * place
    lift = dot(n, transform_vector(tables, transform, hit.n * hit.lift))
    return Hit(
        p, normal, s, t, n, hit.uv, hit.shape, hit.primitive, _stretch(s, t, dp_du, dp_dv), clearance, lift
    )  # fmt: skip


@kernel
def _object_hit(tables, item, p, direction, u, v, primitive):
    if tables.shapes[tables.objects[2 * item]].kind != INSTANCE:
        return _part_hit(tables, item, p, u)
    transform = tables.objects[2 * item + 1]
    if primitive >= 0:
        local = _triangle_hit(tables, transform_vector(tables, transform + 1, direction), primitive, u, v)
    else:
        local = _part_hit(tables, ~primitive, transform_point(tables, transform + 1, p), u)
    return _world_hit(tables, transform, local)


@kernel(forceinline=True)
def surface_hit(tables, origin, direction, t, u, v, primitive, item):
    """The Hit for what `closest_hit` returned (which must be a hit)."""
    if not has_objects() or item < 0:
        return _triangle_hit(tables, direction, primitive, u, v)
    return _object_hit(tables, item, origin + direction * t, direction, u, v, primitive)
