"""thindielectric: a pane so thin that light passes it without a turn, with all reflections inside it.

eta, eta_texture : relative index, see `parameters`.  specular_reflectance, specular_transmittance : tints, -1 for 1.

The straight ray is a delta event, not a NULL one: light samples do not pass the pane, so the path's own must count.
"""

import numpy as np

from specrender.kernel.bsdf.delta import evaluate_delta
from specrender.kernel.bsdf.kinds import DELTA, TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import mean4, relative_index, tint
from specrender.kernel.fresnel import fresnel_dielectric, reflect_local
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fabs, lane, splat4
from specrender.kernel.tables import record

DTYPE = np.dtype(
    [("eta", "f4"), ("eta_texture", "i4"), ("specular_reflectance", "i4"), ("specular_transmittance", "i4")],
    align=True,
)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    p = record(tables.bsdf_parameters, offset, DTYPE)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    single, _ = fresnel_dielectric(fabs(lane(wo, 2)), eta)
    # Sum over the reflections inside: r + t r t + t r^3 t ...
    reflectance = f32(2.0) * single / (f32(1.0) + single)
    reflected = mean4(reflectance)
    if u_lobe < reflected:
        weight = tint(tables, p.specular_reflectance, surface, wavelengths) * (reflectance / reflected)
        return reflect_local(wo), weight, reflected, f32(1.0), np.int32(DELTA)
    flags = np.int32(DELTA | TRANSMISSION)
    transmitted = f32(1.0) - reflected
    if transmitted <= f32(0.0):
        return -wo, splat4(f32(0.0)), f32(0.0), f32(1.0), flags
    weight = tint(tables, p.specular_transmittance, surface, wavelengths) * ((f32(1.0) - reflectance) / transmitted)
    return -wo, weight, transmitted, f32(1.0), flags


KIND = BsdfKind("thindielectric", DTYPE, evaluate_delta, sample, is_smooth=False, has_mirror=True)
