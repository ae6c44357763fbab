"""conductor: smooth metal, reflecting from its front side.

eta, k : real and imaginary part of the index relative to the outside, spectra; -1 for a perfect mirror.
specular_reflectance : tint, -1 for 1.
"""

import numpy as np

from specrender.kernel.bsdf.delta import evaluate_delta
from specrender.kernel.bsdf.kinds import DELTA, BsdfKind
from specrender.kernel.bsdf.parameters import tint
from specrender.kernel.fresnel import fresnel_conductor, reflect_local
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, lane, splat4
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture

DTYPE = np.dtype([("eta", "i4"), ("k", "i4"), ("specular_reflectance", "i4")], align=True)


@kernel
def conductor_reflectance(tables, eta, k, specular_reflectance, surface, wavelengths, cos_i):
    """Fresnel reflectance times the tint, from the textures of a record."""
    result = tint(tables, specular_reflectance, surface, wavelengths)
    if eta >= 0:
        real = evaluate_texture(tables, eta, surface, wavelengths)
        imaginary = evaluate_texture(tables, k, surface, wavelengths)
        result *= fresnel_conductor(cos_i, real, imaginary)
    return result


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    wi = reflect_local(wo)
    if lane(wo, 2) <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(DELTA)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    cos_o = lane(wo, 2)
    weight = conductor_reflectance(tables, p.eta, p.k, p.specular_reflectance, surface, wavelengths, cos_o)
    return wi, weight, f32(1.0), f32(1.0), np.int32(DELTA)


KIND = BsdfKind("conductor", DTYPE, evaluate_delta, sample, is_smooth=False)
