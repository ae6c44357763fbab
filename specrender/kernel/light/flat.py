"""flat: a parallelogram or triangle that has one radiance all over, as most lamps have.

What it takes to sample one stands in one record, of a light or of an emitter of the tree, and in four rows of
`tables.values`: a corner, the two edges that leave it, and (normal on the side that shines, area).  Among ten thousand
lamps each table on the way is a wait for memory.  A parallelogram takes its two random numbers as they are, which keeps
them as evenly spread over it as they were.
"""

from typing import NamedTuple

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.aim import aim_at
from specrender.kernel.simd import f32, lane, splat4, with_lane
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import sample_triangle


class Flat(NamedTuple):
    """Where its rows are (-1: no such light), its shape, texture id and factor of its radiance."""

    corners: "int32"  # noqa: F821 (kernel types)
    is_parallelogram: "int32"  # noqa: F821
    color: "int32"  # noqa: F821
    scale: "float32"  # noqa: F821


@kernel(forceinline=True)
def flat_of(record):
    """That of a record of a light or of an emitter."""
    return Flat(record.corners, record.is_parallelogram, record.color, record.scale)


@kernel(forceinline=True)
def sample_flat(tables, flat, p, wavelengths, u1, u2):
    """(wi, distance, radiance, pdf) of a point on it, uniform by area."""
    values, corner = tables.values, np.int64(flat.corners)
    b1, b2 = u1, u2
    if not flat.is_parallelogram:
        b1, b2 = sample_triangle(u1, u2)
    q = load4(values, corner) + load4(values, corner + 1) * b1 + load4(values, corner + 2) * b2
    facing = load4(values, corner + 3)
    wi, distance, cos_light, pdf = aim_at(p, q, with_lane(facing, 3, f32(0.0)), lane(facing, 3))
    if cos_light <= f32(0.0) or distance <= f32(0.0):
        return wi, distance, splat4(f32(0.0)), f32(0.0)
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    return wi, distance, flat.scale * evaluate_texture(tables, flat.color, nowhere, wavelengths), pdf
