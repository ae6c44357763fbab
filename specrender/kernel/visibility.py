"""Walking rays through the scene: the next visible surface and the light that gets from one point to another."""

from typing import NamedTuple

import numpy as np

from specrender.kernel.bsdf.material import opacity
from specrender.kernel.features import has_masks, has_smooth_shadows
from specrender.kernel.jit import kernel
from specrender.kernel.light.bounds import may_meet_lamp
from specrender.kernel.light.delta import FAR
from specrender.kernel.rays import blocked, closest_hit, occluded
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import copysign, dot, f32, fabs, fmax, length, splat4
from specrender.kernel.surface import Surface

#: A shadow ray ends this share of its length before the light, so that it does not meet the light itself.
SHADOW_SHARE = f32(1.0 - 2e-4)


@kernel(forceinline=True)
def light_hit(tables, origin, direction, reach, is_last):
    """`closest_hit`; of the last ray of a path, t = 0 stands for any hit of a surface that does not shine.

    Where that ray leads counts only if it meets a lamp or leaves for the environment: most rays need no nearest hit, or
    none at all.
    """
    if is_last and not may_meet_lamp(tables, origin, direction):
        is_dark = tables.settings[0].environment < 0 or blocked(tables, origin, direction, reach)
        return f32(0.0) if is_dark else f32(np.inf), f32(0.0), f32(0.0), np.int32(-1), np.int32(-1)
    return closest_hit(tables, origin, direction, reach)


@kernel
def _transmittance_through(tables, origin, direction, distance, crossings):
    """Product of what null and mask surfaces let through; at most `crossings` of them (a negative number: any)."""
    result = f32(1.0)
    while True:
        t, u, v, primitive, item = closest_hit(tables, origin, direction, distance)
        if not t < distance:
            return result
        hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
        material = tables.materials[tables.shapes[hit.shape].material]
        if not material.is_null or crossings == 0:
            return f32(0.0)
        crossings -= 1
        result *= f32(1.0) - opacity(tables, material, Surface(hit.uv, hit.primitive, hit.stretch))
        if result <= f32(0.0):
            return f32(0.0)
        # along the ray, not off to its side: it must end where it was aimed at
        step = hit.clearance / fmax(fabs(dot(hit.normal, direction)), f32(0.01))
        origin = hit.p + direction * step
        distance -= t + step


@kernel
def _is_lift_blocked(tables, hit):
    """Whether anything is between a surface point and the smooth surface above it: a floor that the mesh stands on."""
    up = hit.n * copysign(f32(1.0), hit.lift)
    origin = hit.p + hit.normal * copysign(hit.clearance, dot(hit.normal, up))
    # beyond it, too: what is just above would be passed by the offset of the rays that start there
    return occluded(tables, origin, up, fabs(hit.lift) * f32(1.25) + hit.clearance)


@kernel(forceinline=True)
def leave(tables, hit, direction):
    """Ray origin moved off the surface to the side that `direction` goes to.

    A direction above the shading horizon and below that of its triangle would enter the mesh: low-poly meshes would lie
    in their own shadow in whole triangles where their smooth normals still see the light.  Such rays start from above
    the triangle, on the smooth surface [Hanika2021], unless something is in between, behind which they would start.
    Densities of lights are those of the point itself: for these rays alone MIS is off by the lift over the distance.
    """
    side = dot(hit.normal, direction)
    if has_smooth_shadows():
        lifted = hit.lift * dot(hit.n, direction)
        outwards = hit.lift * dot(hit.n, hit.normal)
        if lifted > f32(0.0) and outwards * side <= f32(0.0) and not _is_lift_blocked(tables, hit):
            return hit.p + hit.n * hit.lift + hit.normal * copysign(hit.clearance, outwards)
    return hit.p + hit.normal * copysign(hit.clearance, side)


class ShadowRay(NamedTuple):
    """From a surface to a light: origin, unit direction, and how far it is cast."""

    origin: "f32x4"  # noqa: F821 (kernel types)
    direction: "f32x4"  # noqa: F821
    reach: "float32"  # noqa: F821


@kernel(forceinline=True)
def shadow_ray(tables, hit, direction, distance):
    """The ray from a hit to what is at `distance` from it along the unit vector `direction`."""
    return ray_to(hit.p, leave(tables, hit, direction), direction, distance)


@kernel(forceinline=True)
def ray_to(p, origin, direction, distance):
    """The ray from `origin`, beside p, to what is at `distance` from p along the unit vector `direction`."""
    if distance < FAR:
        # to the same point, not in the same direction: beside its outline a light would be in its own way
        towards = p + direction * distance - origin
        reach = length(towards)
        return ShadowRay(origin, towards * (f32(1.0) / reach), reach * SHADOW_SHARE)
    return ShadowRay(origin, direction, distance)


@kernel(forceinline=True)
def transmittance(tables, ray, crossings):
    """Share (f32x4, one lane a wavelength) of the light that arrives along a shadow ray.

    A null or mask surface on the way counts as an edge of the path, as it does for sampled directions: `crossings` is
    how many edges the path may still have.
    """
    if has_masks() and tables.settings[0].has_null:
        return splat4(_transmittance_through(tables, ray.origin, ray.direction, ray.reach, crossings))
    return splat4(f32(0.0) if occluded(tables, ray.origin, ray.direction, ray.reach) else f32(1.0))
