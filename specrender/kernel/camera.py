"""perspective, thinlens and orthographic cameras: a film position to a ray.

Camera space has +z forward, +y up and +x left.  transforms[0] is the camera's to_world.
"""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, length, normalize, vec3
from specrender.kernel.transform import transform_point, transform_vector
from specrender.kernel.warp import sample_disk

PERSPECTIVE = 0
THIN_LENS = 1
ORTHOGRAPHIC = 2


@kernel(forceinline=True)
def generate_ray(tables, film_x, film_y, u1, u2):
    """(origin, unit direction, t_max) through a film position in pixels; u1, u2 choose the point on the lens."""
    camera = tables.settings[0]
    x = camera.x_scale * (f32(1.0) - f32(2.0) * (film_x * camera.inv_width + camera.x_offset))
    y = camera.y_scale * (f32(1.0) - f32(2.0) * (film_y * camera.inv_height + camera.y_offset))
    if camera.camera_kind == ORTHOGRAPHIC:
        origin = vec3(x, y, camera.near_clip)
        direction = vec3(f32(0.0), f32(0.0), f32(1.0))
        reach = camera.far_clip - camera.near_clip
    else:
        origin = vec3(f32(0.0), f32(0.0), f32(0.0))
        direction = vec3(x, y, f32(1.0))
        if camera.camera_kind == THIN_LENS:
            lens_x, lens_y = sample_disk(u1, u2)
            origin = vec3(lens_x, lens_y, f32(0.0)) * camera.aperture_radius
            direction = direction * camera.focus_distance - origin
            direction *= f32(1.0) / camera.focus_distance
        # z is 1: the near plane is near_clip away along it, and its length converts z to distance
        origin += direction * camera.near_clip
        reach = (camera.far_clip - camera.near_clip) * length(direction)
    return transform_point(tables, 0, origin), normalize(transform_vector(tables, 0, direction)), reach


CAMERA_TAGS = {"perspective": PERSPECTIVE, "thinlens": THIN_LENS, "orthographic": ORTHOGRAPHIC}
