"""From a point to one on a surface that was drawn by area."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, f32, fmax, sqrt


@kernel(forceinline=True)
def aim_at(p, q, facing):
    """(direction from p to q, distance, cosine at q times area, density per solid angle) for q uniform over an area.

    facing : normal at q times the area.
    """
    towards = q - p
    distance2 = fmax(dot(towards, towards), f32(1e-30))
    inverse = f32(1.0) / sqrt(distance2)
    wi = towards * inverse
    shown = -dot(facing, wi)
    return wi, distance2 * inverse, shown, distance2 / fmax(shown, f32(1e-30))
