"""dielectric: smooth interface between two dielectrics, met from either side.

eta, eta_texture : relative index, see `parameters`.
specular_reflectance, specular_transmittance : tints, -1 for 1.

Radiance that crosses the interface is scaled by the square of the relative index.  Where the index depends on the
wavelength, one choice is made for all lanes with their mean reflectance as probability; a reflection keeps all lanes,
a refraction only the hero's, whose weight is multiplied by the number of lanes.  Both weights are at most 4.
"""

import numpy as np

from specrender.kernel.bsdf.delta import evaluate_delta
from specrender.kernel.bsdf.kinds import DELTA, DISPERSED, TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import disperses, mean4, relative_index, tint
from specrender.kernel.fresnel import fresnel_dielectric, reflect_local
from specrender.kernel.jit import kernel
from specrender.kernel.simd import copysign, f32, fabs, lane, splat4, vec3, vec4
from specrender.kernel.tables import record

DTYPE = np.dtype(
    [("eta", "f4"), ("eta_texture", "i4"), ("specular_reflectance", "i4"), ("specular_transmittance", "i4")],
    align=True,
)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    p = record(tables.bsdf_parameters, offset, DTYPE)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    split = disperses(eta)
    cos_o = lane(wo, 2)
    if cos_o < f32(0.0):
        eta = f32(1.0) / eta
    reflectance, cos_t = fresnel_dielectric(fabs(cos_o), eta)
    reflected = mean4(reflectance) if split else lane(reflectance, 0)

    if u_lobe < reflected:
        weight = tint(tables, p.specular_reflectance, surface, wavelengths)
        if split:
            weight *= reflectance / reflected
        return reflect_local(wo), weight, reflected, f32(1.0), np.int32(DELTA)

    inv_eta = f32(1.0) / lane(eta, 0)
    cos_t_hero = lane(cos_t, 0)
    wi = vec3(-inv_eta * lane(wo, 0), -inv_eta * lane(wo, 1), -copysign(cos_t_hero, cos_o))
    flags = np.int32(DELTA | TRANSMISSION)
    transmitted = f32(1.0) - reflected
    if cos_t_hero <= f32(0.0) or transmitted <= f32(0.0):  # the hero is totally reflected, other lanes are not
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), flags
    weight = tint(tables, p.specular_transmittance, surface, wavelengths) * (inv_eta * inv_eta)
    if split:
        hero = f32(4.0) * (f32(1.0) - lane(reflectance, 0)) / transmitted
        weight = vec4(lane(weight, 0) * hero, f32(0.0), f32(0.0), f32(0.0))
        flags = np.int32(DELTA | TRANSMISSION | DISPERSED)
    return wi, weight, transmitted, lane(eta, 0), flags


KIND = BsdfKind("dielectric", DTYPE, evaluate_delta, sample, is_smooth=False, has_mirror=True)
