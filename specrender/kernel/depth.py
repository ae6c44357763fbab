"""depth: the distance to the first surface, in place of light."""

from specrender.kernel.jit import kernel
from specrender.kernel.rays import closest_hit
from specrender.kernel.simd import f32, splat4


@kernel
def trace_depth(tables, origin, direction, reach):
    """Distance along a camera ray [scene units], the same in all lanes (f32x4), and whether there is one (1 or 0)."""
    t, _, _, _, _ = closest_hit(tables, origin, direction, reach)
    if not t < reach:
        return splat4(f32(0.0)), f32(0.0)
    return splat4(t), f32(1.0)
