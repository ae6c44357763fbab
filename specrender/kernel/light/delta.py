"""point, spot, projector, ies and directional: one direction each, which only next-event estimation can find."""

import numpy as np

from specrender.kernel.angles import INV_TWO_PI, acos, atan2
from specrender.kernel.jit import kernel
from specrender.kernel.light.grid import bilinear
from specrender.kernel.light.layout import DIRECTIONAL, IES, PROJECTOR, SPOT
from specrender.kernel.simd import dot, f32, floor, fmax, lane, normalize, splat4, sqrt, to_int, vec4
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.transform import transform_vector

#: Distance of light that comes from infinity.
FAR = f32(3e38)


@kernel
def _spot_falloff(tables, light, local, wavelengths):
    """Share of the intensity in a local direction: 1 in the beam, linear in angle to 0 at the cutoff."""
    cos_theta = lane(local, 2)
    if cos_theta <= light.cos_cutoff:
        return splat4(f32(0.0))
    falloff = splat4(f32(1.0))
    if cos_theta < light.cos_beam:
        falloff *= (light.cutoff - acos(cos_theta)) * light.inv_transition
    if light.texture >= 0:
        scale = f32(0.5) / (cos_theta * light.tan_cutoff)
        uv = vec4(f32(0.5) + lane(local, 0) * scale, f32(0.5) + lane(local, 1) * scale, f32(0.0), f32(0.0))
        falloff *= evaluate_texture(tables, light.texture, surface_point(uv, np.int32(0)), wavelengths)
    return falloff


@kernel
def _projected(tables, light, local, wavelengths):
    """Intensity of a projector in a local direction: its image is right on a plane across its axis.

    pi times the texture over cos^3: what Mitsuba's projector sends to a plane at z = 1 is pi times the texture.
    """
    cos_theta = lane(local, 2)
    if cos_theta <= f32(1e-6):
        return splat4(f32(0.0))
    u = f32(0.5) - f32(0.5) * lane(local, 0) / (cos_theta * light.tan_x)
    v = f32(0.5) - f32(0.5) * lane(local, 1) / (cos_theta * light.tan_y)
    if not (f32(0.0) <= u <= f32(1.0) and f32(0.0) <= v <= f32(1.0)):
        return splat4(f32(0.0))
    surface = surface_point(vec4(u, v, f32(0.0), f32(0.0)), np.int32(0))
    value = (light.scale * f32(np.pi)) * evaluate_texture(tables, light.color, surface, wavelengths)
    return value * (f32(1.0) / (cos_theta * cos_theta * cos_theta))


@kernel
def _photometric(tables, light, local):
    """Relative intensity of an IES file in a local direction, linear between its angles: +z is its nadir, C0 is +x."""
    theta = acos(lane(local, 2))
    phi = atan2(lane(local, 1), lane(local, 0)) * INV_TWO_PI
    across = (phi - floor(phi)) * f32(light.width)
    down = theta * (f32(light.height - 1) / light.theta_max)
    column, row = min(to_int(across), light.width - 1), min(to_int(down), light.height - 2)
    values, corner = tables.values, light.offset + row * (light.width + 1) + column
    below = corner + light.width + 1
    fx, fy = across - f32(column), down - f32(row)
    return bilinear(values[corner], values[corner + 1], values[below], values[below + 1], fx, fy)


@kernel
def sample_delta(tables, light, p, wavelengths):
    """(wi, distance, radiance, pdf = 1) of a light at a point, or of a directional one."""
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    if light.kind == DIRECTIONAL:
        strength = light.scale * evaluate_texture(tables, light.color, nowhere, wavelengths)
        return -load4(tables.transforms, 4 * light.transform + 2), FAR, strength, f32(1.0)
    towards = load4(tables.transforms, 4 * light.transform + 3) - p
    distance2 = fmax(dot(towards, towards), f32(1e-30))
    distance = sqrt(distance2)
    wi = towards * (f32(1.0) / distance)
    local = normalize(transform_vector(tables, light.transform + 1, -wi))
    if light.kind == PROJECTOR:
        return wi, distance, _projected(tables, light, local, wavelengths) * (f32(1.0) / distance2), f32(1.0)
    strength = light.scale * evaluate_texture(tables, light.color, nowhere, wavelengths) * (f32(1.0) / distance2)
    if light.kind == SPOT:
        strength *= _spot_falloff(tables, light, local, wavelengths)
    elif light.kind == IES:
        strength *= _photometric(tables, light, local)
    return wi, distance, strength, f32(1.0)
