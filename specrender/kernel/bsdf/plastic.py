"""plastic: diffuse base under a smooth dielectric coat, seen from its front side.

eta, eta_texture : relative index of the coat, see `parameters`.
internal, internal_texture : share of diffuse light that the coat throws back from inside; -1, or its table.
diffuse_reflectance : spectral texture.  specular_reflectance : tint, -1 for 1.
specular_weight : share of samples for the mirror lobe were its reflectance 1/2.
nonlinear : 1 if the base colours the light at every internal reflection, 0 to keep the colour of the texture.
"""

import numpy as np

from specrender.kernel.bsdf.kinds import DELTA, BsdfKind
from specrender.kernel.bsdf.parameters import mean4, relative_index, tint
from specrender.kernel.fresnel import fresnel_dielectric, reflect_local
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fmax, lane, splat4
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import pdf_cosine_hemisphere, sample_cosine_hemisphere

DTYPE = np.dtype(
    [
        ("eta", "f4"),
        ("eta_texture", "i4"),
        ("internal", "f4"),
        ("internal_texture", "i4"),
        ("diffuse_reflectance", "i4"),
        ("specular_reflectance", "i4"),
        ("specular_weight", "f4"),
        ("nonlinear", "i4"),
    ],
    align=True,
)


@kernel
def specular_probability(weight, reflectance):
    """Chance of the specular lobe for a coat that reflects `reflectance`."""
    specular = reflectance * weight
    both = specular + (f32(1.0) - reflectance) * (f32(1.0) - weight)
    return specular / fmax(both, f32(1e-20))


@kernel
def diffuse_base(diffuse, internal, nonlinear):
    """Reflectance of the base with all reflections between it and the coat."""
    lost = internal
    if nonlinear:
        lost = internal * diffuse
    return diffuse / (f32(1.0) - lost)


@kernel
def _diffuse(tables, p, surface, wavelengths, eta, transmitted_o, cos_i):
    """Value of the diffuse lobe over cos_i / pi."""
    reflected_i, _ = fresnel_dielectric(cos_i, eta)
    internal = splat4(p.internal)
    if p.internal_texture >= 0:
        internal = evaluate_texture(tables, p.internal_texture, surface, wavelengths)
    diffuse = evaluate_texture(tables, p.diffuse_reflectance, surface, wavelengths)
    base = diffuse_base(diffuse, internal, p.nonlinear)
    return base * transmitted_o * (f32(1.0) - reflected_i) / (eta * eta)


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    reflected, _ = fresnel_dielectric(lane(wo, 2), eta)
    pdf = pdf_cosine_hemisphere(wi)
    value = _diffuse(tables, p, surface, wavelengths, eta, f32(1.0) - reflected, lane(wi, 2)) * pdf
    return value, pdf * (f32(1.0) - specular_probability(p.specular_weight, mean4(reflected)))


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    if lane(wo, 2) <= f32(0.0):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    reflected, _ = fresnel_dielectric(lane(wo, 2), eta)
    specular = specular_probability(p.specular_weight, mean4(reflected))
    if u_lobe < specular:
        weight = tint(tables, p.specular_reflectance, surface, wavelengths) * reflected / specular
        return reflect_local(wo), weight, specular, f32(1.0), np.int32(DELTA)
    wi = sample_cosine_hemisphere(u1, u2)
    pdf = pdf_cosine_hemisphere(wi) * (f32(1.0) - specular)
    if pdf <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    value = _diffuse(tables, p, surface, wavelengths, eta, f32(1.0) - reflected, lane(wi, 2))
    return wi, value / (f32(1.0) - specular), pdf, f32(1.0), np.int32(0)


KIND = BsdfKind("plastic", DTYPE, evaluate, sample, has_mirror=True)
