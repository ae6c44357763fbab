"""radiancemeter, irradiancemeter and distant: sensors that measure one number (they have one pixel)."""

import numpy as np

from specrender.kernel.camera.layout import IRRADIANCE_METER, ONE_POINT, RADIANCE_METER, WHOLE_SCENE
from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import sample_discrete
from specrender.kernel.shape.analytic import sample_surface
from specrender.kernel.shape.hit import CLEARANCE
from specrender.kernel.shape.layout import FLIP, MESH
from specrender.kernel.simd import f32, fabs, floor, hmax, normalize, vec3, with_lane
from specrender.kernel.surface import frame, to_world
from specrender.kernel.tables import load4
from specrender.kernel.transform import transform_point, transform_vector
from specrender.kernel.warp import sample_cosine_hemisphere, sample_disk, sample_triangle

PI = f32(np.pi)


@kernel
def sample_target(tables, shape_id, u1, u2):
    """(point, unit normal of the outside, clearance of a ray that leaves it) uniform over the area of a shape."""
    shape = tables.shapes[shape_id]
    if shape.kind == MESH:
        values = tables.values
        i, _, u1 = sample_discrete(values, shape.area_cdf, shape.triangle_count, u1)
        corner = shape.corners + 4 * i
        b1, b2 = sample_triangle(u1, u2)
        v0, e1, e2 = load4(values, corner), load4(values, corner + 1), load4(values, corner + 2)
        p = v0 + e1 * b1 + e2 * b2
        n = with_lane(load4(values, corner + 3), 3, f32(0.0))  # lane 3 is the triangle's area
        size = fabs(v0) + fabs(e1) + fabs(e2)
    else:
        p, n, _ = sample_surface(tables, shape, u1, u2)
        columns, base = tables.transforms, 4 * shape.transform
        size = fabs(load4(columns, base)) + fabs(load4(columns, base + 2)) + fabs(load4(columns, base + 3))
    if shape.flags & FLIP:
        n = -n
    return p, n, CLEARANCE * hmax(size)


@kernel
def metered_point(tables, camera, film_x, film_y):
    """`sample_target` of an irradiance meter: the place in its only pixel chooses the point."""
    x, y = film_x * camera.inv_width, film_y * camera.inv_height
    return sample_target(tables, camera.target, x - floor(x), y - floor(y))


@kernel
def measured_ray(tables, camera, film_x, film_y, u1, u2):
    """(origin, unit direction, t_max, factor) of one sample; `factor` times the radiance is what is measured.

    film_x, film_y : in [0, 1) of the only pixel, choose the point of an irradiance meter.
    """
    axis = normalize(transform_vector(tables, camera.transform, vec3(f32(0.0), f32(0.0), f32(1.0))))
    far = f32(np.inf)
    if camera.kind == RADIANCE_METER:
        origin = transform_point(tables, camera.transform, vec3(f32(0.0), f32(0.0), f32(0.0)))
        return origin, axis, far, f32(1.0)
    if camera.kind == IRRADIANCE_METER:
        p, n, clearance = metered_point(tables, camera, film_x, film_y)
        s, t = frame(n)
        direction = to_world(s, t, n, sample_cosine_hemisphere(u1, u2))
        # the density cos / pi leaves pi of the integral of radiance times cosine
        return p + n * clearance, direction, far, PI
    target = vec3(camera.target_x, camera.target_y, camera.target_z)
    if camera.target == WHOLE_SCENE:
        x, y = sample_disk(u1, u2)
        s, t = frame(axis)
        target += (s * x + t * y) * camera.scene_radius
    elif camera.target != ONE_POINT:
        target, _, _ = sample_target(tables, camera.target, u1, u2)
    return target - axis * (f32(2.0) * camera.scene_radius), axis, far, f32(1.0)
