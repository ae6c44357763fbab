"""Grids of signed distances: the surface where the trilinear interpolation of the samples is zero [Hansson2022].

Each object of the hierarchy is one voxel that the surface passes; its number is that of the sample at its lower corner.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.shape.layout import HAS_NORMALS
from specrender.kernel.simd import copysign, dot, f32, fabs, fmax, fmin, lane, sqrt, vec3
from specrender.kernel.transform import transform_point, transform_vector

INFINITY = f32(np.inf)

#: Steps of Newton's method, guarded by bisection, within a voxel.
STEPS = 40
#: Where they end, relative to the ray's way through the voxel.
CLOSE = f32(1e-6)


@kernel(forceinline=True)
def _sample(tables, shape, x, y, z):
    """The sample at integers, which are clamped to the grid."""
    x = min(max(x, 0), shape.size_x - 1)
    y = min(max(y, 0), shape.size_y - 1)
    z = min(max(z, 0), shape.size_z - 1)
    return tables.values[shape.data + (np.int64(z) * shape.size_y + y) * shape.size_x + x]


@kernel(forceinline=True)
def _corner(shape, voxel):
    """Integer coordinates of a voxel's lower corner."""
    return voxel % shape.size_x, voxel // shape.size_x % shape.size_y, voxel // shape.size_x // shape.size_y


@kernel
def _corners(tables, shape, x, y, z):
    """The eight samples of a voxel; the first index runs along x, then y, then z."""
    return (
        _sample(tables, shape, x, y, z),
        _sample(tables, shape, x + 1, y, z),
        _sample(tables, shape, x, y + 1, z),
        _sample(tables, shape, x + 1, y + 1, z),
        _sample(tables, shape, x, y, z + 1),
        _sample(tables, shape, x + 1, y, z + 1),
        _sample(tables, shape, x, y + 1, z + 1),
        _sample(tables, shape, x + 1, y + 1, z + 1),
    )


@kernel(forceinline=True)
def _mix(a, b, share):
    return a * (f32(1.0) - share) + b * share


@kernel
def _value(s, x, y, z):
    """Trilinear interpolation within a voxel."""
    low = _mix(_mix(s[0], s[1], x), _mix(s[2], s[3], x), y)
    high = _mix(_mix(s[4], s[5], x), _mix(s[6], s[7], x), y)
    return _mix(low, high, z)


@kernel
def _gradient(s, x, y, z):
    """Its gradient, per voxel."""
    dx = _mix(_mix(s[1] - s[0], s[3] - s[2], y), _mix(s[5] - s[4], s[7] - s[6], y), z)
    dy = _mix(_mix(s[2] - s[0], s[3] - s[1], x), _mix(s[6] - s[4], s[7] - s[5], x), z)
    dz = _mix(_mix(s[4] - s[0], s[5] - s[1], x), _mix(s[6] - s[2], s[7] - s[3], x), y)
    return vec3(dx, dy, dz)


@kernel(forceinline=True)
def _unit(x):
    return fmin(fmax(x, f32(0.0)), f32(1.0))


@kernel(forceinline=True)
def _along(s, o, d, t):
    """The interpolated value at o + t d, and its derivative by t."""
    p = o + d * t
    x, y, z = lane(p, 0), lane(p, 1), lane(p, 2)
    return _value(s, x, y, z), dot(_gradient(s, x, y, z), d)


@kernel
def _first_root(s, o, d, t0, t1):
    """First zero in [t0, t1] of the cubic that the samples make along a ray, or infinity.

    Between the zeros of its derivative the cubic is monotonic, so that a change of sign brackets one zero there.
    """
    # divided differences at four places give the cubic exactly
    h = (t1 - t0) * f32(1.0 / 3.0)
    f0, f1, f2, f3 = (
        _along(s, o, d, t0)[0], _along(s, o, d, t0 + h)[0], _along(s, o, d, t0 + f32(2.0) * h)[0],
        _along(s, o, d, t1)[0],
    )  # fmt: skip
    # in x = (t - t0) / h: f0 + b x + c x^2 + e x^3
    e = (f3 - f32(3.0) * f2 + f32(3.0) * f1 - f0) * f32(1.0 / 6.0)
    c = (f2 - f32(2.0) * f1 + f0) * f32(0.5) - f32(3.0) * e
    b = f1 - f0 - c - e
    qa, qb = f32(3.0) * e, c
    discriminant = qb * qb - qa * b
    cut0 = cut1 = f32(0.0)
    if discriminant > f32(0.0):
        q = -(qb + copysign(sqrt(discriminant), qb))
        r0 = q / qa if qa != f32(0.0) else f32(0.0)
        r1 = b / q if q != f32(0.0) else f32(0.0)
        cut0 = t0 + fmin(fmax(fmin(r0, r1), f32(0.0)), f32(3.0)) * h
        cut1 = t0 + fmin(fmax(fmax(r0, r1), f32(0.0)), f32(3.0)) * h
    start, f_start = t0, f0
    for piece in range(3):
        end = t1
        if piece < 2:
            end = cut0 if piece == 0 else cut1
            if not start < end < t1:
                continue
        f_end = f3 if piece == 2 else _along(s, o, d, end)[0]
        if f_start * f_end <= f32(0.0):
            return _refined(s, o, d, start, f_start, end, f_end)
        start, f_start = end, f_end
    return INFINITY


@kernel
def _refined(s, o, d, t0, f0, t1, f1):
    """The zero between t0 and t1, where the values f0 and f1 have different signs."""
    tolerance = CLOSE * (t1 - t0)
    t = t0 + (t1 - t0) * (f0 / (f0 - f1)) if f0 != f1 else t0
    for _ in range(STEPS):
        f, slope = _along(s, o, d, t)
        if f == f32(0.0):
            break
        if f * f0 > f32(0.0):
            t0 = t
        else:
            t1 = t
        step = t - f / slope if slope != f32(0.0) else t0
        if not t0 < step < t1:
            step = f32(0.5) * (t0 + t1)
        moved = fabs(step - t)
        t = step
        if moved <= tolerance:
            break
    return t


@kernel
def intersect_sdf(tables, shape, voxel, origin, direction, t_max):
    """(t, 0, 0, 0) of the first zero along a ray within one voxel; t infinite if there is none in (0, t_max)."""
    x, y, z = _corner(shape, voxel)
    cells = vec3(f32(shape.size_x - 1), f32(shape.size_y - 1), f32(shape.size_z - 1))
    o = transform_point(tables, shape.transform + 1, origin) * cells - vec3(f32(x), f32(y), f32(z))
    d = transform_vector(tables, shape.transform + 1, direction) * cells
    t0, t1 = f32(0.0), t_max
    for axis in range(3):
        o_axis, d_axis = lane(o, np.int32(axis)), lane(d, np.int32(axis))
        if d_axis == f32(0.0):
            if not f32(0.0) <= o_axis <= f32(1.0):
                return INFINITY, f32(0.0), f32(0.0), np.int32(0)
            continue
        inverse = f32(1.0) / d_axis
        low, high = -o_axis * inverse, (f32(1.0) - o_axis) * inverse
        t0, t1 = fmax(t0, fmin(low, high)), fmin(t1, fmax(low, high))
    # faces are shared: as much as rounding takes is given back, so that no ray slips between two voxels
    slack = f32(1e-5) * (t1 - t0) + f32(2e-7) * fabs(t1)
    t0, t1 = fmax(t0 - slack, f32(0.0)), t1 + slack
    if not t0 < t1 < INFINITY:
        return INFINITY, f32(0.0), f32(0.0), np.int32(0)
    # from where the ray enters, to keep digits
    t = t0 + _first_root(_corners(tables, shape, x, y, z), o + d * t0, d, f32(0.0), t1 - t0)
    return (t if f32(0.0) < t < t_max else INFINITY), f32(0.0), f32(0.0), np.int32(0)


@kernel
def _plane(tables, shape, axis, q, x, y, z, wx, wy, wz):
    """Bilinear value on the plane with number q along an axis, at the place of a point along the other two."""
    if axis == 0:
        a, b = (
            _mix(_sample(tables, shape, q, y, z), _sample(tables, shape, q, y + 1, z), wy),
            _mix(_sample(tables, shape, q, y, z + 1), _sample(tables, shape, q, y + 1, z + 1), wy),
        )
        return _mix(a, b, wz)
    if axis == 1:
        a, b = (
            _mix(_sample(tables, shape, x, q, z), _sample(tables, shape, x + 1, q, z), wx),
            _mix(_sample(tables, shape, x, q, z + 1), _sample(tables, shape, x + 1, q, z + 1), wx),
        )
        return _mix(a, b, wz)
    a, b = (
        _mix(_sample(tables, shape, x, y, q), _sample(tables, shape, x + 1, y, q), wx),
        _mix(_sample(tables, shape, x, y + 1, q), _sample(tables, shape, x + 1, y + 1, q), wx),
    )
    return _mix(a, b, wy)


@kernel
def _smooth_normal(tables, shape, local):
    """Normal in local space that is continuous across voxels [Hansson2022] section 5.

    The gradients of the eight voxels around the nearest sample, each as if its interpolation went on to the point,
    blended by the point's place between their centres.
    """
    cells = vec3(f32(shape.size_x - 1), f32(shape.size_y - 1), f32(shape.size_z - 1))
    p = local * cells
    px, py, pz = lane(p, 0), lane(p, 1), lane(p, 2)
    x = min(max(np.int32(px), 0), shape.size_x - 2)
    y = min(max(np.int32(py), 0), shape.size_y - 2)
    z = min(max(np.int32(pz), 0), shape.size_z - 2)
    wx, wy, wz = px - f32(x), py - f32(y), pz - f32(z)
    total = vec3(f32(0.0), f32(0.0), f32(0.0))
    for corner in range(8):
        weight = f32(1.0)
        ok = True
        gradient = total * f32(0.0)
        for axis in range(3):
            here, w, size = (
                (x, wx, shape.size_x) if axis == 0 else ((y, wy, shape.size_y) if axis == 1 else (z, wz, shape.size_z))
            )
            # the cell itself and its neighbour on the side of the nearest sample
            side = -1 if w < f32(0.5) else 1
            share = f32(0.5) + w if w < f32(0.5) else f32(1.5) - w  # of the cell's own
            q = here
            if corner >> axis & 1:
                q, share = here + side, f32(1.0) - share
            elif here + side < 0 or here + side > size - 2:
                share = f32(1.0)  # the neighbour is outside the grid
            if q < 0 or q > size - 2:
                ok = False
                break
            weight *= share
            difference = _plane(tables, shape, axis, q + 1, x, y, z, wx, wy, wz) - _plane(
                tables, shape, axis, q, x, y, z, wx, wy, wz
            )
            difference *= lane(cells, np.int32(axis))
            gradient = gradient + vec3(
                difference if axis == 0 else f32(0.0), difference if axis == 1 else f32(0.0),
                difference if axis == 2 else f32(0.0),
            )  # fmt: skip
        size2 = dot(gradient, gradient)
        if ok and size2 > f32(0.0):
            total = total + gradient * (weight / sqrt(size2))
    return total


@kernel
def sdf_normals(tables, shape, voxel, local):
    """(geometric, shading) normal at a point of a voxel, in local space; not unit length."""
    x, y, z = _corner(shape, voxel)
    cells = vec3(f32(shape.size_x - 1), f32(shape.size_y - 1), f32(shape.size_z - 1))
    w = local * cells - vec3(f32(x), f32(y), f32(z))
    s = _corners(tables, shape, x, y, z)
    normal = _gradient(s, _unit(lane(w, 0)), _unit(lane(w, 1)), _unit(lane(w, 2))) * cells
    if not shape.flags & HAS_NORMALS:
        return normal, normal
    smooth = _smooth_normal(tables, shape, local)
    return normal, smooth if dot(smooth, smooth) > f32(0.0) else normal
