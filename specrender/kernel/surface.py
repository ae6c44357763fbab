"""What textures and BSDFs may know of a point on a surface, and local frames."""

from typing import NamedTuple

from specrender.kernel.jit import kernel
from specrender.kernel.simd import copysign, dot, f32, lane, splat4, vec3


class Surface(NamedTuple):
    """Where on the surface: uv = (u, v, b1, b2) with the barycentric coordinates of the hit, and its primitive.

    stretch : how far one unit of u and of v lead in the shading frame (s, t): dp/du = (x, 0), dp/dv = (y, z); lane 3
        is 0.  All 0 where the shape does not know, or its material did not ask (NEEDS_TANGENT).
    """

    uv: "f32x4"  # noqa: F821 (a kernel type)
    primitive: "int32"  # noqa: F821
    stretch: "f32x4"  # noqa: F821


@kernel(forceinline=True)
def surface_point(uv, primitive):
    """A `Surface` for textures alone, which do not ask for the stretch."""
    return Surface(uv, primitive, splat4(f32(0.0)))


@kernel(forceinline=True)
def frame(n):
    """Two tangents that make a right-handed frame with the unit vector n.  Source: [Duff2017] listing 3."""
    x, y, z = lane(n, 0), lane(n, 1), lane(n, 2)
    sign = copysign(f32(1.0), z)
    a = -f32(1.0) / (sign + z)
    b = x * y * a
    s = vec3(f32(1.0) + sign * x * x * a, sign * b, -sign * x)
    t = vec3(b, sign + y * y * a, -y)
    return s, t


@kernel(forceinline=True)
def to_local(s, t, n, v):
    """World direction v in the frame (s, t, n)."""
    return vec3(dot(s, v), dot(t, v), dot(n, v))


@kernel(forceinline=True)
def to_world(s, t, n, v):
    """Local direction v in world coordinates."""
    return s * lane(v, 0) + t * lane(v, 1) + n * lane(v, 2)
