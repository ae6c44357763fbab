"""perspective, thinlens, orthographic and equirectangular cameras: a film position to a ray.

Camera space has +z forward, +y up and +x left.
"""

import numpy as np

from specrender.kernel.camera.layout import EQUIRECTANGULAR, ORTHOGRAPHIC, THIN_LENS
from specrender.kernel.elementary import sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, length, normalize, vec3
from specrender.kernel.transform import transform_point, transform_vector
from specrender.kernel.warp import sample_disk

PI = f32(np.pi)


@kernel(forceinline=True)
def projected_ray(tables, camera, film_x, film_y, u1, u2):
    """(origin, unit direction, t_max) through a film position in pixels; u1, u2 choose the point on the lens."""
    x = camera.x_scale * (f32(1.0) - f32(2.0) * (film_x * camera.inv_width + camera.x_offset))
    y = camera.y_scale * (f32(1.0) - f32(2.0) * (film_y * camera.inv_height + camera.y_offset))
    if camera.kind == ORTHOGRAPHIC:
        origin = vec3(x, y, camera.near_clip)
        direction = vec3(f32(0.0), f32(0.0), f32(1.0))
        reach = camera.far_clip - camera.near_clip
    elif camera.kind == EQUIRECTANGULAR:
        # +z in the middle, -x to the right of it, +y at the top: what an environment map at this place would hold
        sin_phi, cos_phi = sin_cos(PI * x)
        cos_theta, sin_theta = sin_cos(f32(0.5) * PI * y)
        direction = vec3(sin_theta * sin_phi, cos_theta, sin_theta * cos_phi)
        origin = direction * camera.near_clip
        reach = camera.far_clip - camera.near_clip
    else:
        origin = vec3(f32(0.0), f32(0.0), f32(0.0))
        direction = vec3(x, y, f32(1.0))
        if camera.kind == THIN_LENS:
            lens_x, lens_y = sample_disk(u1, u2)
            origin = vec3(lens_x, lens_y, f32(0.0)) * camera.aperture_radius
            direction = direction * camera.focus_distance - origin
            direction *= f32(1.0) / camera.focus_distance
        # z is 1: the near plane is near_clip away along it, and its length converts z to distance
        origin += direction * camera.near_clip
        reach = (camera.far_clip - camera.near_clip) * length(direction)
    transform = camera.transform
    return transform_point(tables, transform, origin), normalize(transform_vector(tables, transform, direction)), reach
