"""Lamps in view, in those pixels that the outline of one may cross.

A lamp is so much brighter than what is beside it that the pixels along its outline can hold most of a picture's squared
error (of a Cornell box, at 64 samples, two thirds in one pixel of a hundred).  There the lamps that the camera sees
directly are averaged over several rays for each path.  Which pixels these are is known before any sample is taken
(`scene/compile/outlines.py`), so nothing is biased, whichever they are.
"""

import numpy as np

from specrender.kernel.camera import generate_ray
from specrender.kernel.film import film_place
from specrender.kernel.jit import kernel
from specrender.kernel.light import emitted
from specrender.kernel.rays import first_hit
from specrender.kernel.sampler import samples_of_part
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import f32, splat4

#: Rays for each path.  A net of four times the points has an eighth of the variance along an edge.
RAYS = 4
#: Their dimension group, and as many below it for samplers without an order.
OUTLINE_DIMENSION = -1


@kernel
def is_outlined(tables, pixel):
    """Whether lamps that a pixel (its number in the full film) sees are left to `lamps_in_view`."""
    return tables.settings[0].has_outlines != 0 and tables.outlines[pixel] != 0


@kernel
def lamps_in_view(tables, state, pixel_x, pixel_y, wavelengths):
    """Radiance (f32x4) times filter weight of the lamps that a sample of a pixel sees at its first surface."""
    total = splat4(f32(0.0))
    for k in range(RAYS):
        u = samples_of_part(state, OUTLINE_DIMENSION, np.int32(k), np.int32(RAYS))
        film_x, film_y, weight = film_place(tables, pixel_x, pixel_y, u)
        origin, direction, reach, factor = generate_ray(tables, film_x, film_y, f32(0.5), f32(0.5))
        t, b1, b2, primitive, item = first_hit(tables, origin, direction, reach)
        if not t < reach:
            continue
        hit = surface_hit(tables, origin, direction, t, b1, b2, primitive, item)
        shape = tables.shapes[hit.shape]
        if shape.light >= 0:
            light = tables.lights[shape.light]
            radiance = emitted(tables, light, hit.normal, hit.uv, hit.primitive, -direction, wavelengths)
            total += radiance * (weight * factor)
    return total * f32(1.0 / RAYS)
