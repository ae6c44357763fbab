"""From a point to one on a surface that was drawn by area."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, f32, fmax, sqrt


@kernel(forceinline=True)
def aim_at(p, q, normal, area):
    """(direction from p to q, distance, cosine at q, density per solid angle) for q uniform over `area`."""
    towards = q - p
    distance2 = fmax(dot(towards, towards), f32(1e-30))
    inverse = f32(1.0) / sqrt(distance2)
    wi = towards * inverse
    cos_light = -dot(normal, wi)
    return wi, distance2 * inverse, cos_light, distance2 / (fmax(cos_light, f32(1e-12)) * area)
