"""area: a shape whose front side emits `radiance`.

Meshes are sampled uniformly by area; spheres seen from outside by the cone they fill [Shirley1996].
"""

import numpy as np

from specrender.kernel.features import has_objects
from specrender.kernel.jit import kernel
from specrender.kernel.light.aim import aim_at
from specrender.kernel.light.distribution import sample_discrete
from specrender.kernel.shape.analytic import sample_surface, surface_of
from specrender.kernel.shape.hit import triangle_uv
from specrender.kernel.shape.layout import FLIP, HAS_UVS, MESH, SPHERE
from specrender.kernel.simd import dot, f32, fmax, lane, splat4, sqrt, vec4, with_lane
from specrender.kernel.surface import frame, surface_point, to_world
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.texture.layout import BITMAP
from specrender.kernel.warp import TWO_PI, sample_cone, sample_triangle


@kernel(forceinline=True)
def triangle_area(tables, shape, i):
    """Area of triangle i of a mesh that emits."""
    return lane(load4(tables.values, shape.corners + 4 * i + 3), 3)


@kernel(forceinline=True)
def _sample_mesh(tables, shape, i, has_image, u1, u2):
    """(point, normal, uv, triangle, area) uniform over triangle i of a mesh (-1: over all); uv only for an image."""
    area = shape.area
    if i < 0:
        i, _, u1 = sample_discrete(tables.values, shape.area_cdf, shape.triangle_count, u1)
    else:
        area = triangle_area(tables, shape, i)
    triangle = np.int32(shape.first_triangle + i)
    corner = shape.corners + 4 * i
    b1, b2 = sample_triangle(u1, u2)
    values = tables.values
    point = load4(values, corner) + load4(values, corner + 1) * b1 + load4(values, corner + 2) * b2
    uv = vec4(b1, b2, b1, b2)
    if has_image and shape.flags & HAS_UVS:
        base = 4 * triangle
        indices = tables.triangles
        uv = triangle_uv(tables, indices[base], indices[base + 1], indices[base + 2], b1, b2)
    return point, with_lane(load4(values, corner + 3), 3, f32(0.0)), uv, triangle, area


@kernel(forceinline=True)
def _cone(tables, shape, p):
    """1 - cos of the half angle under which a sphere is seen from p; negative where p is inside or touches it."""
    to_center = load4(tables.transforms, 4 * shape.transform + 3) - p
    distance2 = dot(to_center, to_center)
    radius2 = shape.radius * shape.radius
    if distance2 <= radius2 * f32(1.0001):
        return f32(-1.0)
    # not as a difference: the sun's cone is 1.1e-5, and 1 - cos would round that by 1 %
    sine2 = radius2 / distance2
    return sine2 / (f32(1.0) + sqrt(f32(1.0) - sine2))


@kernel
def _cone_pdf(one_minus_cos):
    return f32(1.0) / (TWO_PI * one_minus_cos)


@kernel
def _sample_cone(tables, shape, p, cone, u1, u2):
    """(direction, distance) towards a point of the visible cap of a sphere."""
    to_center = load4(tables.transforms, 4 * shape.transform + 3) - p
    distance2 = dot(to_center, to_center)
    axis = to_center * (f32(1.0) / sqrt(distance2))
    s, t = frame(axis)
    wi = to_world(s, t, axis, sample_cone(cone, u1, u2))
    along = dot(to_center, wi)
    closest = to_center - wi * along
    half = sqrt(fmax(f32(0.0), shape.radius * shape.radius - dot(closest, closest)))
    return wi, along - half


@kernel(forceinline=True)
def sample_area(tables, light, i, p, wavelengths, u1, u2):
    """(wi, distance, radiance, pdf) of a point on triangle i of the emitting shape (-1: anywhere on it)."""
    shape = tables.shapes[light.shape]
    area = shape.area
    triangle = np.int32(0)
    cone = _cone(tables, shape, p) if has_objects() and shape.kind == SPHERE else f32(-1.0)
    if has_objects() and cone > f32(0.0):
        wi, distance = _sample_cone(tables, shape, p, cone, u1, u2)
        _, normal, uv, _ = surface_of(tables, shape, p + wi * distance)
        pdf = _cone_pdf(cone)
        if shape.flags & FLIP:
            normal = -normal
        cos_light = -dot(normal, wi)
    else:
        if not has_objects() or shape.kind == MESH:
            has_image = tables.textures[light.color].kind >= BITMAP
            q, normal, uv, triangle, area = _sample_mesh(tables, shape, i, has_image, u1, u2)
        else:
            q, normal, uv = sample_surface(tables, shape, u1, u2)
        if shape.flags & FLIP:
            normal = -normal
        wi, distance, cos_light, pdf = aim_at(p, q, normal * area)
    if cos_light <= f32(0.0) or distance <= f32(0.0):
        return wi, distance, splat4(f32(0.0)), f32(0.0)
    radiance = light.scale * evaluate_texture(tables, light.color, surface_point(uv, triangle), wavelengths)
    return wi, distance, radiance, pdf


@kernel(forceinline=True)
def pdf_area(tables, shape, area, p, wi, distance, normal):
    """Density of `sample_area` for the direction wi that meets the shape at `distance` with geometric `normal`.

    area : of what was sampled, the shape or one of its triangles.
    """
    if has_objects() and shape.kind == SPHERE:
        cone = _cone(tables, shape, p)
        if cone > f32(0.0):
            return _cone_pdf(cone)
    cos_light = -dot(normal, wi)
    if cos_light <= f32(0.0):
        return f32(0.0)
    return distance * distance / (cos_light * area)


@kernel(forceinline=True)
def emitted(tables, light, normal, uv, primitive, wo, wavelengths):
    """Radiance of an area light at a surface point towards wo (world)."""
    if dot(normal, wo) <= f32(0.0):
        return splat4(f32(0.0))
    return light.scale * evaluate_texture(tables, light.color, surface_point(uv, primitive), wavelengths)
