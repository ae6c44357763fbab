"""What falls on an irradiance meter straight from lights.

The rays of a meter leave it in directions chosen by their cosines, as those that a white surface sends on.  By chance
none meets a point, a spot or a directional light, which would light that surface all the same, and few meet a small
lamp.  So lights are sampled from the meter, too; paths of its rays leave the lamps that these see to `light_on_meter`.
"""

import numpy as np

from specrender.kernel.camera import camera_at
from specrender.kernel.camera.layout import BATCH, IRRADIANCE_METER
from specrender.kernel.camera.meter import metered_point
from specrender.kernel.film import film_place
from specrender.kernel.jit import kernel
from specrender.kernel.light import AT_ONCE, choose_light, prepare_light, sample_chosen
from specrender.kernel.light.delta import FAR
from specrender.kernel.path import FILM_DIMENSION, light_at_surface, power_heuristic
from specrender.kernel.rays import first_hit
from specrender.kernel.sampler import sample_quad, samples
from specrender.kernel.settings import DEPTH, DIRECT, PATH
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import any_lane, dot, f32, lane, splat4
from specrender.kernel.visibility import ray_to, transmittance
from specrender.kernel.warp import INV_PI

#: Dimension group of the sampled light, below those of `outline.py`.
METER_DIMENSION = -8


@kernel
def is_metered(tables, state, pixel_x, pixel_y):
    """Whether a sample of a pixel is one of an irradiance meter whose lamps are left to `light_on_meter`."""
    settings = tables.settings[0]
    kind = tables.cameras[0].kind
    if (kind != IRRADIANCE_METER and kind != BATCH) or settings.light_count == 0:
        return False
    # depths are no light, and lamps that are hidden from cameras are hidden from meters
    if settings.integrator == DEPTH or settings.hide_emitters != 0:
        return False
    if settings.integrator == PATH and settings.max_depth == 0:
        return False
    camera, _, _ = _camera_of(tables, state, pixel_x, pixel_y)
    return tables.cameras[camera].kind == IRRADIANCE_METER


@kernel
def _camera_of(tables, state, pixel_x, pixel_y):
    """(number of the camera, film_x, film_y within its part) of a sample, by the same numbers as its ray."""
    u_film, _, _, _ = sample_quad(state, FILM_DIMENSION)
    film_x, film_y, _ = film_place(tables, pixel_x, pixel_y, u_film)
    camera, film_x = camera_at(tables, film_x)
    return camera, film_x, film_y


@kernel
def light_on_meter(tables, state, pixel_x, pixel_y, wavelengths, origin, direction, reach):
    """1 / pi of the irradiance (f32x4) that a sample of a light and the meter's ray find, weighted against each other.

    Of the environment only the ray tells, and the path counts it; what lamps shine through masks the path counts, too.

    origin, direction, reach : of the ray, whose density is cos / pi.
    """
    settings = tables.settings[0]
    camera, film_x, film_y = _camera_of(tables, state, pixel_x, pixel_y)
    p, n, clearance = metered_point(tables, tables.cameras[camera], film_x, film_y)
    radiance = splat4(f32(0.0))

    t, u, v, primitive, item = first_hit(tables, origin, direction, reach)
    if t < reach:
        hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
        if tables.shapes[hit.shape].light >= 0:
            density = dot(n, direction) * INV_PI
            radiance += light_at_surface(tables, hit, -direction, wavelengths, p, n, density, False)

    numbers = samples(state, METER_DIMENSION)
    choice = choose_light(tables, p, n, lane(numbers, 0))
    numbers = prepare_light(tables, numbers, AT_ONCE)
    wi, distance, emitted, pdf, is_delta = sample_chosen(tables, choice, p, wavelengths, numbers)
    cosine = dot(n, wi)
    is_environment = not is_delta and distance >= FAR
    if pdf <= f32(0.0) or cosine <= f32(0.0) or is_environment or not any_lane(emitted > f32(0.0)):
        return radiance
    light = emitted * (cosine * INV_PI / pdf)
    crossings = settings.max_depth - 1
    if settings.integrator == DIRECT:
        crossings = np.int32(0)
    if not is_delta:
        light *= power_heuristic(pdf, cosine * INV_PI)
        crossings = np.int32(0)
    ray = ray_to(p, p + n * clearance, wi, distance)
    return radiance + light * transmittance(tables, ray, crossings)
