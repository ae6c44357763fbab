"""point, spot and directional lights: one direction each, which only next-event estimation can find."""

import numpy as np

from specrender.kernel.angles import acos
from specrender.kernel.jit import kernel
from specrender.kernel.light.layout import DIRECTIONAL, SPOT
from specrender.kernel.simd import dot, f32, fmax, lane, normalize, splat4, sqrt, vec4
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.transform import transform_vector

#: Distance of light that comes from infinity.
FAR = f32(3e38)


@kernel
def _spot_falloff(tables, light, from_light, wavelengths):
    """Share of the intensity in direction `from_light`: 1 in the beam, linear in angle to 0 at the cutoff."""
    local = normalize(transform_vector(tables, light.transform + 1, from_light))
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
def sample_delta(tables, light, p, wavelengths):
    """(wi, distance, radiance, pdf = 1) of a point, spot or directional light."""
    nowhere = surface_point(splat4(f32(0.0)), np.int32(0))
    strength = light.scale * evaluate_texture(tables, light.color, nowhere, wavelengths)
    if light.kind == DIRECTIONAL:
        return -load4(tables.transforms, 4 * light.transform + 2), FAR, strength, f32(1.0)
    towards = load4(tables.transforms, 4 * light.transform + 3) - p
    distance2 = fmax(dot(towards, towards), f32(1e-30))
    distance = sqrt(distance2)
    wi = towards * (f32(1.0) / distance)
    strength *= f32(1.0) / distance2
    if light.kind == SPOT:
        strength *= _spot_falloff(tables, light, -wi, wavelengths)
    return wi, distance, strength, f32(1.0)
