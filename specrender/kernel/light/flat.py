"""flat: a parallelogram or triangle that has one radiance all over, as most lamps have.

What it takes to sample one stands in its `EMITTER`, one cache line: among ten thousand lamps each table on the way is a
wait for memory.  A parallelogram takes its two random numbers as they are, which keeps them as evenly spread over it
as they were.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.aim import aim_at
from specrender.kernel.light.layout import CORNER, EDGE1, EDGE2
from specrender.kernel.simd import cross, f32, lane, splat4, with_lane
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import row_of
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import sample_triangle


@kernel(forceinline=True)
def sample_flat(tables, emitter, p, wavelengths, u1, u2):
    """(wi, distance, radiance, pdf) of a point on it, uniform by area."""
    edge1, edge2 = row_of(emitter, EDGE1), row_of(emitter, EDGE2)
    share = lane(edge1, 3)
    b1, b2 = u1, u2
    if share < f32(1.0):
        b1, b2 = sample_triangle(u1, u2)
    q = with_lane(row_of(emitter, CORNER) + edge1 * b1 + edge2 * b2, 3, f32(0.0))
    wi, distance, shown, pdf = aim_at(p, q, cross(edge1, edge2) * share)
    if shown <= f32(0.0) or distance <= f32(0.0):
        return wi, distance, splat4(f32(0.0)), f32(0.0)
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    return wi, distance, emitter.scale * evaluate_texture(tables, emitter.color, nowhere, wavelengths), pdf
