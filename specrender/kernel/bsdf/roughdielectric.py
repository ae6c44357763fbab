"""roughdielectric: interface between two dielectrics with microfacets [Walter2007], met from either side.

eta, eta_texture, ggx, alpha_u, alpha_v, alpha_u_texture, alpha_v_texture : see `parameters`.
specular_reflectance, specular_transmittance : tints, -1 for 1.

Radiance that crosses the interface is scaled by the square of the relative index.  Where the index depends on the
wavelength, a direction is sampled for one lane in four, and the pdf is the mean of the four lanes' pdfs [Wilkie2014]:
all lanes go on, none with a weight above 4.
"""

import numpy as np

from specrender.kernel.bsdf.kinds import TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import disperses, mean4, relative_index, roughness, tint
from specrender.kernel.bsdf.roughconductor import pdf_reflected
from specrender.kernel.fresnel import fresnel_dielectric, reflect, refract
from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import microfacet_density, sample_visible_normal, smith_g1
from specrender.kernel.simd import copysign, dot, f32, fmax, lane, normalize, splat4, sqrt, to_int, vec3
from specrender.kernel.tables import record

DTYPE = np.dtype(
    [
        ("eta", "f4"),
        ("eta_texture", "i4"),
        ("specular_reflectance", "i4"),
        ("specular_transmittance", "i4"),
        ("ggx", "i4"),
        ("alpha_u", "f4"),
        ("alpha_v", "f4"),
        ("alpha_u_texture", "i4"),
        ("alpha_v_texture", "i4"),
    ],
    align=True,
)


@kernel(forceinline=True)
def _mirror_z(w):
    return vec3(lane(w, 0), lane(w, 1), -lane(w, 2))


@kernel
def _transmitted(ggx, alpha_u, alpha_v, eta, wo, wi):
    """pdf of the refracted direction wi (z < 0) for each lane, without G1(wi): [Walter2007] eq. 16, 17 and 21.

    eta : index on the side of wi over that on the side of wo (wo.z > 0).
    """
    hx = lane(wo, 0) + eta * lane(wi, 0)
    hy = lane(wo, 1) + eta * lane(wi, 1)
    hz = lane(wo, 2) + eta * lane(wi, 2)
    # the guard is for wi = -wo at eta = 1, where there is no half vector
    length_2 = fmax(hx * hx + hy * hy + hz * hz, f32(1e-14))
    scale = copysign(f32(1.0) / sqrt(length_2), hz)
    mx, my, mz = hx * scale, hy * scale, hz * scale
    cos_o = mx * lane(wo, 0) + my * lane(wo, 1) + mz * lane(wo, 2)
    cos_i = mx * lane(wi, 0) + my * lane(wi, 1) + mz * lane(wi, 2)
    # Facets must be seen from the front by wo and from the back by wi
    cos_o, cos_i = fmax(cos_o, f32(0.0)), fmax(-cos_i, f32(0.0))
    reflectance, _ = fresnel_dielectric(cos_o, eta)
    visible = microfacet_density(ggx, alpha_u, alpha_v, mx, my, mz) * smith_g1(ggx, alpha_u, alpha_v, wo)
    visible = visible * cos_o / lane(wo, 2)
    # |wo.m + eta wi.m| is the length of the half vector
    return visible * (f32(1.0) - reflectance) * (eta * eta * cos_i / length_2)


@kernel
def _evaluate_upper(tables, p, surface, wavelengths, alpha_u, alpha_v, eta, wo, wi):
    """(value, pdf) for wo.z > 0."""
    masking = smith_g1(p.ggx, alpha_u, alpha_v, wi)
    if lane(wi, 2) > f32(0.0):
        m = normalize(wo + wi)
        reflectance, _ = fresnel_dielectric(dot(wo, m), eta)
        pdf = reflectance * pdf_reflected(p.ggx, alpha_u, alpha_v, wo, m)
        return pdf * masking * tint(tables, p.specular_reflectance, surface, wavelengths), mean4(pdf)
    pdf = _transmitted(p.ggx, alpha_u, alpha_v, eta, wo, wi)
    value = pdf * masking / (eta * eta)
    return value * tint(tables, p.specular_transmittance, surface, wavelengths), mean4(pdf)


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) == f32(0.0) or lane(wi, 2) == f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    alpha_u = roughness(tables, p.alpha_u, p.alpha_u_texture, surface)
    alpha_v = roughness(tables, p.alpha_v, p.alpha_v_texture, surface)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    if lane(wo, 2) < f32(0.0):
        wo, wi, eta = _mirror_z(wo), _mirror_z(wi), f32(1.0) / eta
    return _evaluate_upper(tables, p, surface, wavelengths, alpha_u, alpha_v, eta, wo, wi)


@kernel
def _sample_upper(tables, p, surface, wavelengths, alpha_u, alpha_v, eta, split, wo, u_lobe, u1, u2):
    """`sample` for wo.z > 0."""
    hero = 0
    if split:
        u_lobe *= f32(4.0)
        hero = min(to_int(u_lobe), 3)
        u_lobe -= f32(hero)
    eta_hero = lane(eta, hero)

    m = sample_visible_normal(p.ggx, alpha_u, alpha_v, wo, u1, u2)
    cos_o = dot(wo, m)
    reflectance, cos_t = fresnel_dielectric(cos_o, eta_hero)
    reflected = u_lobe < reflectance
    if reflected:
        wi = reflect(wo, m)
        flags = np.int32(0)
    else:
        wi = refract(wo, m, cos_o, cos_t, f32(1.0) / eta_hero)
        flags = np.int32(TRANSMISSION)
    crossed = f32(1.0) if reflected else eta_hero
    nothing = wi, splat4(f32(0.0)), f32(0.0), crossed, flags
    if cos_o <= f32(0.0) or (lane(wi, 2) > f32(0.0)) != reflected or lane(wi, 2) == f32(0.0):
        return nothing

    if split:
        value, pdf = _evaluate_upper(tables, p, surface, wavelengths, alpha_u, alpha_v, eta, wo, wi)
        if pdf <= f32(0.0):
            return nothing
        return wi, value / pdf, pdf, crossed, flags
    pdf = pdf_reflected(p.ggx, alpha_u, alpha_v, wo, m)
    weight = splat4(smith_g1(p.ggx, alpha_u, alpha_v, wi))
    if reflected:
        weight *= tint(tables, p.specular_reflectance, surface, wavelengths)
        return wi, weight, pdf * reflectance, crossed, flags
    if cos_t <= f32(0.0):
        return nothing
    weight *= tint(tables, p.specular_transmittance, surface, wavelengths) / (eta_hero * eta_hero)
    length = cos_o - eta_hero * cos_t
    jacobian = f32(4.0) * cos_o * cos_t * (eta_hero * eta_hero) / fmax(length * length, f32(1e-14))
    return wi, weight, pdf * (f32(1.0) - reflectance) * jacobian, crossed, flags


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    if lane(wo, 2) == f32(0.0):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    alpha_u = roughness(tables, p.alpha_u, p.alpha_u_texture, surface)
    alpha_v = roughness(tables, p.alpha_v, p.alpha_v_texture, surface)
    eta = relative_index(tables, p.eta, p.eta_texture, surface, wavelengths)
    split = disperses(eta)
    below = lane(wo, 2) < f32(0.0)
    if below:
        wo, eta = _mirror_z(wo), f32(1.0) / eta
    wi, weight, pdf, crossed, flags = _sample_upper(
        tables, p, surface, wavelengths, alpha_u, alpha_v, eta, split, wo, u_lobe, u1, u2
    )
    if below:
        wi = _mirror_z(wi)
    return wi, weight, pdf, crossed, flags


KIND = BsdfKind("roughdielectric", DTYPE, evaluate, sample, is_anisotropic=True)
