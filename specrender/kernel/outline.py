"""Lamps in view, in those pixels that the outline of one may cross.

A lamp is so much brighter than what is beside it that the pixels along its outline can hold most of a picture's squared
error (of a Cornell box, at 64 samples, two thirds in one pixel of a hundred).  There the lamps that the camera sees
directly are averaged over several rays for each path.  Which pixels these are is known before any sample is taken
(`scene/compile/outlines.py`), and their filter has the weight 1 everywhere, so nothing is biased.
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
def has_outline(tables, pixel):
    """Whether lamps that a pixel (its number in the full film) sees are left to `lamps_in_view`."""
    return tables.settings[0].has_outlines != 0 and tables.outlines[pixel] != 0


@kernel
def _lamp_light(tables, origin, direction, reach, wavelengths):
    """(radiance, 1) of a lamp that is the first surface along a camera ray, else zeros."""
    t, u, v, primitive, item = first_hit(tables, origin, direction, reach)
    if t < reach:
        hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
        shape = tables.shapes[hit.shape]
        if shape.light >= 0:
            light = tables.lights[shape.light]
            return emitted(tables, light, hit.normal, hit.uv, hit.primitive, -direction, wavelengths), f32(1.0)
    return splat4(f32(0.0)), f32(0.0)


@kernel
def lamps_in_view(tables, state, pixel_x, pixel_y, wavelengths, origin, direction, reach):
    """(radiance (f32x4), share) of the lamps that a sample of a pixel sees at its first surface.

    The share is less what the path's own camera ray, given by origin, direction and reach, has counted as covered, so
    that lamps have the alpha of their colour.
    """
    total = splat4(f32(0.0))
    covered = f32(0.0)
    for k in range(RAYS):
        u = samples_of_part(state, OUTLINE_DIMENSION, np.int32(k), np.int32(RAYS))
        film_x, film_y, _ = film_place(tables, pixel_x, pixel_y, u)
        from_lens, towards, far, _ = generate_ray(tables, film_x, film_y, f32(0.5), f32(0.5))
        radiance, is_lamp = _lamp_light(tables, from_lens, towards, far, wavelengths)
        total += radiance
        covered += is_lamp
    _, counted = _lamp_light(tables, origin, direction, reach, wavelengths)
    return total * f32(1.0 / RAYS), covered * f32(1.0 / RAYS) - counted
