"""Spheres, disks and cylinders: intersection, and the surface at a hit."""

import numpy as np

from specrender.kernel.angles import INV_TWO_PI, acos, atan2
from specrender.kernel.elementary import sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.shape.layout import DISK, SPHERE
from specrender.kernel.simd import copysign, dot, f32, lane, normalize, sqrt, vec3, vec4
from specrender.kernel.tables import load4
from specrender.kernel.transform import transform_normal, transform_point, transform_vector

INFINITY = f32(np.inf)
TWO_PI = f32(2.0 * np.pi)


@kernel
def _intersect_sphere(center, radius, origin, direction, t_max):
    """Nearest t in (0, t_max), or infinity.  The discriminant after [Haines2019], which keeps its digits far away."""
    f = origin - center
    b = -dot(f, direction)
    closest = f + direction * b
    discriminant = radius * radius - dot(closest, closest)
    if discriminant < f32(0.0):
        return INFINITY
    q = b + copysign(sqrt(discriminant), b)
    if q == f32(0.0):
        return INFINITY
    t0 = (dot(f, f) - radius * radius) / q
    near, far = min(t0, q), max(t0, q)
    t = near if near > f32(0.0) else far
    return t if f32(0.0) < t < t_max else INFINITY


@kernel
def _intersect_disk(o, d, t_max):
    """The unit disk in local space; t is that of the world ray, since d is not normalised."""
    dz = lane(d, 2)
    if dz == f32(0.0):
        return INFINITY
    t = -lane(o, 2) / dz
    if not f32(0.0) < t < t_max:
        return INFINITY
    p = o + d * t
    x, y = lane(p, 0), lane(p, 1)
    return t if x * x + y * y <= f32(1.0) else INFINITY


@kernel
def _intersect_cylinder(o, d, t_max):
    """The open cylinder of radius 1 about z in [0, 1] in local space."""
    dx, dy, ox, oy = lane(d, 0), lane(d, 1), lane(o, 0), lane(o, 1)
    a = dx * dx + dy * dy
    if a == f32(0.0):
        return INFINITY
    # measured from the point of closest approach to the axis, to keep digits
    t_mid = -(ox * dx + oy * dy) / a
    mx, my = ox + t_mid * dx, oy + t_mid * dy
    discriminant = f32(1.0) - (mx * mx + my * my)
    if discriminant < f32(0.0):
        return INFINITY
    half = sqrt(discriminant / a)
    for side in range(2):
        t = t_mid - half if side == 0 else t_mid + half
        z = lane(o, 2) + t * lane(d, 2)
        if f32(0.0) < t < t_max and f32(0.0) <= z <= f32(1.0):
            return t
    return INFINITY


@kernel
def intersect_analytic(tables, shape, origin, direction, t_max):
    """(t, u, v, primitive) of an analytic shape; t is infinite where it is missed."""
    if shape.kind == SPHERE:
        center = load4(tables.transforms, 4 * shape.transform + 3)
        t = _intersect_sphere(center, shape.radius, origin, direction, t_max)
    else:
        o = transform_point(tables, shape.transform + 1, origin)
        d = transform_vector(tables, shape.transform + 1, direction)
        t = _intersect_disk(o, d, t_max) if shape.kind == DISK else _intersect_cylinder(o, d, t_max)
    return t, f32(0.0), f32(0.0), np.int32(0)


@kernel
def surface_of(tables, shape, p):
    """(p put back on the surface, unit outward normal, (u, v, 0, 0), dp/du) at a hit of an analytic shape."""
    local = transform_point(tables, shape.transform + 1, p)
    x, y, z = lane(local, 0), lane(local, 1), lane(local, 2)
    phi = atan2(y, x) * INV_TWO_PI
    if phi < f32(0.0):
        phi += f32(1.0)
    if shape.kind == SPHERE:
        unit = normalize(local)
        v = acos(lane(unit, 2)) * f32(1.0 / np.pi)
        n = normalize(transform_vector(tables, shape.transform, unit))
        center = load4(tables.transforms, 4 * shape.transform + 3)
        tangent = transform_vector(tables, shape.transform, vec3(-y, x, f32(0.0)) * TWO_PI)
        return center + n * shape.radius, n, vec4(phi, v, f32(0.0), f32(0.0)), tangent
    if shape.kind == DISK:
        r = sqrt(x * x + y * y)
        across = transform_normal(tables, shape.transform + 1, vec3(f32(0.0), f32(0.0), f32(1.0)))
        n = normalize(across)
        inv_r = f32(1.0) / r if r > f32(0.0) else f32(0.0)
        tangent = transform_vector(tables, shape.transform, vec3(x * inv_r, y * inv_r, f32(0.0)))
        # along the normal, not by x and y: these are exact to a share of the radius only, and disks are used as floors
        on_plane = p - across * (z / dot(across, across))
        return on_plane, n, vec4(r, phi, f32(0.0), f32(0.0)), tangent
    inv_r = f32(1.0) / sqrt(x * x + y * y)
    x, y = x * inv_r, y * inv_r
    n = normalize(transform_normal(tables, shape.transform + 1, vec3(x, y, f32(0.0))))
    tangent = transform_vector(tables, shape.transform, vec3(-y, x, f32(0.0)) * TWO_PI)
    on_wall = transform_point(tables, shape.transform, vec3(x, y, z))
    return on_wall, n, vec4(phi, z, f32(0.0), f32(0.0)), tangent


@kernel
def derivative_v(tables, shape, p):
    """dp/dv at a point of an analytic shape."""
    local = transform_point(tables, shape.transform + 1, p)
    x, y, z = lane(local, 0), lane(local, 1), lane(local, 2)
    if shape.kind == SPHERE:  # v = theta / pi
        r = sqrt(x * x + y * y)
        inv_r = f32(1.0) / r if r > f32(0.0) else f32(0.0)
        along = vec3(z * x * inv_r, z * y * inv_r, -r) * f32(np.pi)
    elif shape.kind == DISK:  # v = phi / (2 pi)
        along = vec3(-y, x, f32(0.0)) * TWO_PI
    else:
        along = vec3(f32(0.0), f32(0.0), f32(1.0))
    return transform_vector(tables, shape.transform, along)


@kernel
def sample_surface(tables, shape, u1, u2):
    """(point, unit normal, (u, v, 0, 0)) uniform by area on a disk, cylinder or sphere."""
    if shape.kind == SPHERE:
        z = f32(1.0) - f32(2.0) * u2
        r = sqrt(max(f32(0.0), f32(1.0) - z * z))
    elif shape.kind == DISK:
        z, r = f32(0.0), sqrt(u2)
    else:
        z, r = u2, f32(1.0)
    s, c = sin_cos(TWO_PI * u1)
    p = transform_point(tables, shape.transform, vec3(r * c, r * s, z))
    on_surface, n, uv, _ = surface_of(tables, shape, p)
    return on_surface, n, uv
