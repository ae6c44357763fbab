"""roughconductor: metal with microfacets [Walter2007], seen from its front side.

eta, k, specular_reflectance : as for conductor.
ggx, alpha_u, alpha_v, alpha_u_texture, alpha_v_texture : the microfacets, see `parameters`.
"""

import numpy as np

from specrender.kernel.bsdf.conductor import conductor_reflectance
from specrender.kernel.bsdf.kinds import BsdfKind
from specrender.kernel.bsdf.parameters import roughness
from specrender.kernel.fresnel import reflect
from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import microfacet_density, sample_visible_normal, smith_g1
from specrender.kernel.simd import dot, f32, lane, normalize, splat4
from specrender.kernel.tables import record

DTYPE = np.dtype(
    [
        ("eta", "i4"),
        ("k", "i4"),
        ("specular_reflectance", "i4"),
        ("ggx", "i4"),
        ("alpha_u", "f4"),
        ("alpha_v", "f4"),
        ("alpha_u_texture", "i4"),
        ("alpha_v_texture", "i4"),
    ],
    align=True,
)


@kernel
def pdf_reflected(ggx, alpha_u, alpha_v, wo, m):
    """Density of directions mirrored about visible normals: [Heitz2014] and the Jacobian 1 / (4 wo.m)."""
    density = microfacet_density(ggx, alpha_u, alpha_v, lane(m, 0), lane(m, 1), lane(m, 2))
    return density * smith_g1(ggx, alpha_u, alpha_v, wo) / (f32(4.0) * lane(wo, 2))


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    alpha_u = roughness(tables, p.alpha_u, p.alpha_u_texture, surface)
    alpha_v = roughness(tables, p.alpha_v, p.alpha_v_texture, surface)
    m = normalize(wo + wi)
    pdf = pdf_reflected(p.ggx, alpha_u, alpha_v, wo, m)
    value = conductor_reflectance(tables, p.eta, p.k, p.specular_reflectance, surface, wavelengths, dot(wo, m))
    return value * (pdf * smith_g1(p.ggx, alpha_u, alpha_v, wi)), pdf


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    if lane(wo, 2) <= f32(0.0):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    alpha_u = roughness(tables, p.alpha_u, p.alpha_u_texture, surface)
    alpha_v = roughness(tables, p.alpha_v, p.alpha_v_texture, surface)
    m = sample_visible_normal(p.ggx, alpha_u, alpha_v, wo, u1, u2)
    wi = reflect(wo, m)
    if lane(wi, 2) <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    pdf = pdf_reflected(p.ggx, alpha_u, alpha_v, wo, m)
    weight = conductor_reflectance(tables, p.eta, p.k, p.specular_reflectance, surface, wavelengths, dot(wo, m))
    return wi, weight * smith_g1(p.ggx, alpha_u, alpha_v, wi), pdf, f32(1.0), np.int32(0)


KIND = BsdfKind("roughconductor", DTYPE, evaluate, sample, is_anisotropic=True)
