"""Cameras in the kernel: `generate_ray`.

A new kind is a tag in `layout.py` and an arm in `projection.py` (pictures) or `meter.py` (numbers).
"""

import numpy as np

from specrender.kernel.camera.layout import BATCH, CAMERA_TAGS, RADIANCE_METER
from specrender.kernel.camera.meter import measured_ray
from specrender.kernel.camera.projection import projected_ray
from specrender.kernel.features import has_cameras
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fmax, to_int

__all__ = ["CAMERA_TAGS", "camera_at", "generate_ray"]


@kernel(forceinline=True)
def generate_ray(tables, film_x, film_y, u1, u2):
    """(origin, unit direction, t_max, factor on the radiance) at a film position in pixels; u1, u2 are for the lens."""
    camera = tables.cameras[0]
    if has_cameras() and camera.kind >= RADIANCE_METER:
        return _other_ray(tables, film_x, film_y, u1, u2)
    origin, direction, reach = projected_ray(tables, camera, film_x, film_y, u1, u2)
    return origin, direction, reach, f32(1.0)


@kernel
def camera_at(tables, film_x):
    """(number of the camera, film_x within its part) at a place of the film: those of a batch stand side by side."""
    camera = tables.cameras[0]
    if camera.kind != BATCH:
        return np.int64(0), film_x
    count = camera.count  # of equal width
    i = min(to_int(fmax(film_x * camera.inv_width, f32(0.0)) * f32(count)), count - 1)
    return np.int64(1 + i), film_x - f32(i) / (camera.inv_width * f32(count))


@kernel
def _other_ray(tables, film_x, film_y, u1, u2):
    number, film_x = camera_at(tables, film_x)
    camera = tables.cameras[number]
    if camera.kind >= RADIANCE_METER:
        return measured_ray(tables, camera, film_x, film_y, u1, u2)
    origin, direction, reach = projected_ray(tables, camera, film_x, film_y, u1, u2)
    return origin, direction, reach, f32(1.0)
