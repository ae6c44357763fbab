"""Curves with a radius at each control point: chains of cone-like segments, and tubes along cubic splines.

Only what faces the ray is met: the inside of a curve cannot be seen, as in Mitsuba.  Each object of the hierarchy is
one part: a segment of a linear curve, two rows of `tables.values` (x, y, z, radius), or a short piece of a spline, four
rows, the control points of its Bezier form.
"""

import numpy as np

from specrender.kernel.angles import INV_TWO_PI, atan2
from specrender.kernel.jit import kernel
from specrender.kernel.shape.layout import LINEAR_CURVE
from specrender.kernel.simd import cross, dot, f32, fabs, fmax, fmin, lane, normalize, sqrt, vec3, vec4
from specrender.kernel.tables import load4
from specrender.kernel.warp import TWO_PI

INFINITY = f32(np.inf)

#: Newton steps towards a spline's surface; four are usual, and a grazing ray that needs more misses.
STEPS = 12
#: Relative error of the radius at which they end.
CLOSE = f32(1e-5)
#: How far beyond a piece of a spline its surface is looked for, in its own parameter: neighbours overlap.
OVERLAP = f32(1e-4)


@kernel(forceinline=True)
def _point(row):
    """The position of a control point."""
    return vec3(lane(row, 0), lane(row, 1), lane(row, 2))


@kernel
def _intersect_cone(a, b, radius_a, radius_b, origin, direction, t_max):
    """(t, s) of the first entry of a unit ray into the convex hull of two spheres; s in [0, 1] says which sphere from
    a to b touches there.  t is infinite if there is none in (0, t_max).

    The quadratic of the cone that touches both spheres, then the spheres themselves.
    """
    # from the ray's nearest point to the middle, to keep digits
    shift = dot((a + b) * f32(0.5) - origin, direction)
    o = origin + direction * shift
    axis, oa, ob = b - a, o - a, o - b
    slope = radius_a - radius_b
    m0, m1, m2 = dot(axis, axis), dot(axis, oa), dot(axis, direction)
    m3, m5 = dot(direction, oa), dot(oa, oa)
    d2 = m0 - slope * slope
    best, where = INFINITY, f32(0.0)
    if d2 > f32(0.0):
        k2 = d2 - m2 * m2
        k1 = d2 * m3 - m1 * m2 + m2 * slope * radius_a
        k0 = d2 * m5 - m1 * m1 + f32(2.0) * m1 * slope * radius_a - m0 * radius_a * radius_a
        h = k1 * k1 - k0 * k2
        if h >= f32(0.0) and k2 != f32(0.0):
            t = (-sqrt(h) - k1) / k2
            y = m1 - radius_a * slope + t * m2
            if f32(0.0) <= y <= d2 and f32(0.0) < t + shift < t_max:
                best, where = t + shift, y / d2
    for end in range(2):
        p, radius = (oa, radius_a) if end == 0 else (ob, radius_b)
        half = dot(p, direction)
        rest = p - direction * half
        h = radius * radius - dot(rest, rest)
        if h >= f32(0.0):
            t = shift - half - sqrt(h)
            if f32(0.0) < t < t_max and t < best:
                best, where = t, f32(end)
    return best, where


@kernel
def _bezier(values, row, s):
    """(c, c', c'') of a cubic Bezier curve, each (x, y, z, radius)."""
    p0, p1, p2, p3 = load4(values, row), load4(values, row + 1), load4(values, row + 2), load4(values, row + 3)
    q = f32(1.0) - s
    a, b, c = p1 - p0, p2 - p1, p3 - p2
    point = p0 * (q * q * q) + p1 * (f32(3.0) * q * q * s) + p2 * (f32(3.0) * q * s * s) + p3 * (s * s * s)
    first = (a * (q * q) + b * (f32(2.0) * q * s) + c * (s * s)) * f32(3.0)
    second = ((b - a) * q + (c - b) * s) * f32(6.0)
    return point, first, second


@kernel
def _intersect_tube(tables, row, origin, direction, t_max):
    """(t, s) where a unit ray first enters the tube around a piece of a spline, or t infinite.

    The point p = o + t d is on the circle at s: (p - c) . c' = 0 and |p - c|^2 = r^2, by Newton's method from where the
    ray enters the cone between the ends of the piece.
    """
    values = tables.values
    p0, p1, p2, p3 = load4(values, row), load4(values, row + 1), load4(values, row + 2), load4(values, row + 3)
    bend = fmax(dot_self(_point(p0 - p1 - p1 + p2)), dot_self(_point(p1 - p2 - p2 + p3)))
    # the tube lies within the cone made thicker by the height of the arc: |c''| / 8, c'' = 6 times a second difference
    slack = f32(0.75) * sqrt(bend) + f32(1e-6)
    start, s = _intersect_cone(
        _point(p0), _point(p3), lane(p0, 3) + slack, lane(p3, 3) + slack, origin, direction, INFINITY
    )  # fmt: skip
    if start == INFINITY:
        return INFINITY, s
    t = start
    for _ in range(STEPS):
        c, c1, c2 = _bezier(values, row, s)
        w = origin + direction * t - _point(c)
        axis, radius = _point(c1), lane(c, 3)
        f, g = dot(w, axis), dot_self(w) - radius * radius
        if fabs(g) <= CLOSE * radius * radius and fabs(f) <= CLOSE * radius * sqrt(dot_self(axis)):
            inside = -OVERLAP <= s <= f32(1.0) + OVERLAP
            if inside and f32(0.0) < t < t_max and dot(w, direction) < f32(0.0):
                return t, fmin(fmax(s, f32(0.0)), f32(1.0))
            return INFINITY, s
        f_t, f_s = dot(direction, axis), dot(w, _point(c2)) - dot_self(axis)
        g_t, g_s = f32(2.0) * dot(w, direction), f32(-2.0) * (f + radius * lane(c1, 3))
        determinant = f_t * g_s - f_s * g_t
        if determinant == f32(0.0):
            return INFINITY, s
        inverse = f32(1.0) / determinant
        t -= (f * g_s - g * f_s) * inverse
        # no further than where the piece is known to be tame
        s = fmin(fmax(s - (f_t * g - g_t * f) * inverse, f32(-0.5)), f32(1.5))
    return INFINITY, s


@kernel(forceinline=True)
def dot_self(v):
    """Squared length."""
    return dot(v, v)


@kernel
def intersect_curve(tables, shape, part, origin, direction, t_max):
    """(t, s, 0, 0) of one part of a curve: s in [0, 1] is the place along it."""
    if shape.kind == LINEAR_CURVE:
        row = shape.data + 2 * part
        a, b = load4(tables.values, row), load4(tables.values, row + 1)
        t, s = _intersect_cone(_point(a), _point(b), lane(a, 3), lane(b, 3), origin, direction, t_max)
    else:
        t, s = _intersect_tube(tables, shape.data + 4 * part, origin, direction, t_max)
    return t, s, f32(0.0), np.int32(0)


@kernel
def _angle(axis, radial):
    """Place around the axis, in [0, 1): from the direction that is nearest to z, turned by 90 degrees."""
    z = vec3(f32(0.0), f32(0.0), f32(1.0))
    turn = z - axis * lane(axis, 2)
    size = dot(turn, turn)
    turn = turn * (f32(1.0) / sqrt(size)) if size > f32(1e-12) else vec3(f32(0.0), f32(1.0), f32(0.0))
    start = cross(turn, axis)
    angle = atan2(dot(turn, radial), dot(start, radial)) * INV_TWO_PI
    return angle + f32(1.0) if angle < f32(0.0) else angle


@kernel
def curve_surface(tables, shape, part, p, s):
    """(p put back on the surface, unit normal, (u, v, 0, 0), dp/du, dp/dv) at a hit of a part.

    u goes around the curve, v along it.
    """
    count = f32(shape.parts)
    if shape.kind == LINEAR_CURVE:
        row = shape.data + 2 * part
        a, b = load4(tables.values, row), load4(tables.values, row + 1)
        c = a + (b - a) * s
        along = _point(b - a)
        radial = normalize(p - _point(c))
        normal, radius = radial, lane(c, 3)
        size = dot(along, along)
        axis = along * (f32(1.0) / sqrt(size)) if size > f32(0.0) else vec3(f32(0.0), f32(0.0), f32(1.0))
        on_surface = _point(c) + radial * radius
    else:
        c, c1, c2 = _bezier(tables.values, shape.data + 4 * part, s)
        along, radius = _point(c1), lane(c, 3)
        axis = normalize(along)
        radial = p - _point(c)
        radial = normalize(radial - axis * dot(axis, radial))
        on_surface = _point(c) + radial * radius
        normal = normalize(
            radial * (dot_self(along) - radius * dot(radial, _point(c2))) - along * lane(c1, 3)
        )  # fmt: skip
        along = along + radial * lane(c1, 3)
    around = cross(radial, axis) * (-radius * TWO_PI)
    v = (s + f32(part)) / count
    return on_surface, normal, vec4(_angle(axis, radial), v, f32(0.0), f32(0.0)), around, along * count
