"""roughplastic: diffuse base under a dielectric coat with microfacets, seen from its front side.

eta, eta_texture, ggx : see `parameters`.  alpha : roughness of the coat.
transmittance : offset in `values` of RESOLUTION pairs (t, dt / d eta): what the coat lets through at cos 0 ... 1.
internal, internal_texture, diffuse_reflectance, specular_reflectance, specular_weight, nonlinear : as for plastic.
"""

import numpy as np

from specrender.kernel.bsdf.kinds import BsdfKind
from specrender.kernel.bsdf.parameters import mean4, relative_index, tint
from specrender.kernel.bsdf.plastic import diffuse_base, specular_probability
from specrender.kernel.bsdf.roughconductor import pdf_reflected
from specrender.kernel.fresnel import fresnel_dielectric, reflect
from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import sample_visible_normal, smith_g1
from specrender.kernel.simd import dot, f32, lane, normalize, splat4, to_int
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import pdf_cosine_hemisphere, sample_cosine_hemisphere

#: Entries of the transmittance table, as in Mitsuba 3.
RESOLUTION = 64

DTYPE = np.dtype(
    [
        ("eta", "f4"),
        ("eta_texture", "i4"),
        ("ggx", "i4"),
        ("alpha", "f4"),
        ("transmittance", "i4"),
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
def _transmittance(tables, p, eta, cos_theta):
    """What the coat lets through, one a lane: linear in the cosine, and in the index about the record's."""
    x = cos_theta * f32(RESOLUTION - 1)
    i = min(to_int(x), RESOLUTION - 2)
    x -= f32(i)
    values, at = tables.values, p.transmittance + 2 * i
    t = values[at] + x * (values[at + 2] - values[at])
    slope = values[at + 1] + x * (values[at + 3] - values[at + 1])
    return t + slope * (eta - p.eta)


@kernel
def _evaluate_upper(tables, p, surface, wavelengths, eta, transmitted_o, specular, wo, wi):
    """(value, pdf) for wo and wi on the front side."""
    m = normalize(wo + wi)
    pdf_specular = pdf_reflected(p.ggx, p.alpha, p.alpha, wo, m)
    pdf_diffuse = pdf_cosine_hemisphere(wi)
    pdf = specular * pdf_specular + (f32(1.0) - specular) * pdf_diffuse

    reflectance, _ = fresnel_dielectric(dot(wo, m), eta)
    value = reflectance * (pdf_specular * smith_g1(p.ggx, p.alpha, p.alpha, wi))
    value *= tint(tables, p.specular_reflectance, surface, wavelengths)

    internal = splat4(p.internal)
    if p.internal_texture >= 0:
        internal = evaluate_texture(tables, p.internal_texture, surface, wavelengths)
    diffuse = evaluate_texture(tables, p.diffuse_reflectance, surface, wavelengths)
    base = diffuse_base(diffuse, internal, p.nonlinear)
    crossing = transmitted_o * _transmittance(tables, p, eta, lane(wi, 2)) / (eta * eta)
    return value + base * crossing * pdf_diffuse, pdf


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    transmitted = _transmittance(tables, p, eta, lane(wo, 2))
    specular = specular_probability(p.specular_weight, f32(1.0) - mean4(transmitted))
    return _evaluate_upper(tables, p, surface, wavelengths, eta, transmitted, specular, wo, wi)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    if lane(wo, 2) <= f32(0.0):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    transmitted = _transmittance(tables, p, eta, lane(wo, 2))
    specular = specular_probability(p.specular_weight, f32(1.0) - mean4(transmitted))
    if u_lobe < specular:
        wi = reflect(wo, sample_visible_normal(p.ggx, p.alpha, p.alpha, wo, u1, u2))
    else:
        wi = sample_cosine_hemisphere(u1, u2)
    if lane(wi, 2) <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    value, pdf = _evaluate_upper(tables, p, surface, wavelengths, eta, transmitted, specular, wo, wi)
    if pdf <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    return wi, value / pdf, pdf, f32(1.0), np.int32(0)


KIND = BsdfKind("roughplastic", DTYPE, evaluate, sample)
