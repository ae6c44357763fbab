"""principledthin: Burley's material for sheets without thickness, alike from both sides, with Mitsuba 3's parameters.

base_color : spectral texture.  luminance : see `principled_terms.tint_of`.
roughness, anisotropic, spec_trans, sheen, sheen_tint, flatness, spec_tint : numbers with textures, [0, 1].
diff_trans : share of the diffuse light that passes, [0, 2] where 1 is half.  eta : index of the sheet; with textures.
specular_rate, transmission_rate, diffuse_rate, diffuse_transmission_rate : how often a lobe is sampled.

Source: [Burley2015] section 5.3; lobes and their densities as Mitsuba 3 combines them.
"""

from typing import NamedTuple

import numpy as np

from specrender.kernel.bsdf.kinds import TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import LEAST_PDF, scalar_fields, scalar_parameter
from specrender.kernel.bsdf.principled_terms import (
    burley_alphas,
    burley_diffuse,
    normal_reflectance,
    schlick_at,
    schlick_weight,
    tint_of,
)
from specrender.kernel.fresnel import fresnel_dielectric, reflect
from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import microfacet_density, sample_visible_normal, smith_g1
from specrender.kernel.simd import dot, f32, fabs, fmax, lane, splat4, sqrt, vec3
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import INV_PI, pdf_cosine_hemisphere, sample_cosine_hemisphere

DTYPE = np.dtype(
    [
        ("base_color", "i4"),
        ("luminance", "i4"),
        ("specular_rate", "f4"),
        ("transmission_rate", "f4"),
        ("diffuse_rate", "f4"),
        ("diffuse_transmission_rate", "f4"),
        *scalar_fields(
            "roughness",
            "anisotropic",
            "spec_trans",
            "sheen",
            "sheen_tint",
            "flatness",
            "spec_tint",
            "diff_trans",
            "eta",
        ),
    ],
    align=True,
)


class Sheet(NamedTuple):
    """The parameters of the lobes at a point; scaled_u, scaled_v are the roughness of what passes."""

    roughness: "float32"  # noqa: F821 (a kernel type)
    alpha_u: "float32"  # noqa: F821
    alpha_v: "float32"  # noqa: F821
    scaled_u: "float32"  # noqa: F821
    scaled_v: "float32"  # noqa: F821
    eta: "float32"  # noqa: F821
    spec_trans: "float32"  # noqa: F821
    diff_trans: "float32"  # noqa: F821


@kernel
def _sheet(tables, p, surface):
    roughness = scalar_parameter(tables, p.roughness, p.roughness_texture, surface)
    anisotropic = scalar_parameter(tables, p.anisotropic, p.anisotropic_texture, surface)
    spec_trans = scalar_parameter(tables, p.spec_trans, p.spec_trans_texture, surface)
    diff_trans = f32(0.5) * scalar_parameter(tables, p.diff_trans, p.diff_trans_texture, surface)
    eta = scalar_parameter(tables, p.eta, p.eta_texture, surface)
    alpha_u, alpha_v = burley_alphas(roughness, anisotropic)
    # [Burley2015] figure 15: two refractions blur less than a reflection
    scaled_u, scaled_v = burley_alphas((f32(0.65) * eta - f32(0.35)) * roughness, anisotropic)
    return Sheet(roughness, alpha_u, alpha_v, scaled_u, scaled_v, eta, spec_trans, diff_trans)


@kernel
def _chances(p, sheet):
    """Probabilities of sampling (reflection, transmission, diffuse reflection, diffuse transmission)."""
    mirror = f32(0.5) * sheet.spec_trans * p.specular_rate
    transmit = f32(0.5) * sheet.spec_trans * p.transmission_rate
    rest = f32(1.0) - sheet.spec_trans
    diffuse = p.diffuse_rate * rest * (f32(1.0) - sheet.diff_trans)
    through = p.diffuse_transmission_rate * rest * sheet.diff_trans
    scale = f32(1.0) / fmax(mirror + transmit + diffuse + through, f32(1e-20))
    return mirror * scale, transmit * scale, diffuse * scale, through * scale


@kernel
def _specular_fresnel(tables, p, surface, sheet, base, reflectance, cos_d):
    spec_tint = scalar_parameter(tables, p.spec_tint, p.spec_tint_texture, surface)
    if spec_tint <= f32(0.0):
        return splat4(reflectance)
    r0 = tint_of(tables, p.base_color, p.luminance, surface, base) * normal_reflectance(sheet.eta)
    tinted = r0 + (f32(1.0) - r0) * schlick_at(cos_d, sheet.eta)
    return tinted * spec_tint + (f32(1.0) - spec_tint) * reflectance


@kernel
def _diffuse(tables, p, surface, sheet, base, cos_o, cos_i, cos_d):
    """Diffuse reflection and sheen, times cos_i."""
    flatness = scalar_parameter(tables, p.flatness, p.flatness_texture, surface)
    sheen = scalar_parameter(tables, p.sheen, p.sheen_texture, surface)
    value = base * burley_diffuse(sheet.roughness, flatness, cos_o, cos_i, cos_d)
    if sheen > f32(0.0):
        sheen_tint = scalar_parameter(tables, p.sheen_tint, p.sheen_tint_texture, surface)
        colour = splat4(f32(1.0))
        if sheen_tint > f32(0.0):
            colour += (tint_of(tables, p.base_color, p.luminance, surface, base) - f32(1.0)) * sheen_tint
        value += colour * (sheen * schlick_weight(fabs(cos_d)))
    return value * ((f32(1.0) - sheet.spec_trans) * (f32(1.0) - sheet.diff_trans) * cos_i)


@kernel
def _evaluate(tables, p, surface, wavelengths, sheet, wo, wi):
    """(value, pdf) for wo.z > 0 and wi.z other than 0."""
    cos_o, cos_i = lane(wo, 2), fabs(lane(wi, 2))
    reflects = lane(wi, 2) > f32(0.0)
    mirrored = vec3(lane(wi, 0), lane(wi, 1), cos_i)
    half = wo + mirrored
    size_2 = dot(half, half)
    if size_2 < f32(1e-14):  # grazing on both sides
        return splat4(f32(0.0)), f32(0.0)
    m = half * (f32(1.0) / sqrt(size_2))
    cos_d = dot(wo, m)
    mirror, transmit, diffuse, through = _chances(p, sheet)
    base = evaluate_texture(tables, p.base_color, surface, wavelengths)
    value, pdf = splat4(f32(0.0)), f32(0.0)

    # what passes must meet the facet from behind
    if sheet.spec_trans > f32(0.0) and (reflects or dot(wi, m) < f32(0.0)):
        alpha_u, alpha_v = sheet.alpha_u, sheet.alpha_v
        if not reflects:
            alpha_u, alpha_v = sheet.scaled_u, sheet.scaled_v
        visible = microfacet_density(True, alpha_u, alpha_v, lane(m, 0), lane(m, 1), lane(m, 2))
        visible *= smith_g1(True, alpha_u, alpha_v, wo) / (f32(4.0) * cos_o)
        masked = visible * smith_g1(True, alpha_u, alpha_v, wi) * sheet.spec_trans
        reflectance, _ = fresnel_dielectric(cos_d, sheet.eta)
        if reflects:
            value += _specular_fresnel(tables, p, surface, sheet, base, reflectance, cos_d) * masked
            pdf += mirror * visible
        else:
            value += base * ((f32(1.0) - reflectance) * masked)
            pdf += transmit * visible

    if reflects:
        if sheet.spec_trans < f32(1.0) and sheet.diff_trans < f32(1.0):
            value += _diffuse(tables, p, surface, sheet, base, cos_o, cos_i, cos_d)
        return value, pdf + diffuse * pdf_cosine_hemisphere(mirrored)
    value += base * ((f32(1.0) - sheet.spec_trans) * sheet.diff_trans * INV_PI * cos_i)
    return value, pdf + through * pdf_cosine_hemisphere(mirrored)


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) == f32(0.0) or lane(wi, 2) == f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    if lane(wo, 2) < f32(0.0):
        wo, wi = -wo, -wi
    return _evaluate(tables, p, surface, wavelengths, _sheet(tables, p, surface), wo, wi)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    if lane(wo, 2) == f32(0.0):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    sheet = _sheet(tables, p, surface)
    below = lane(wo, 2) < f32(0.0)
    if below:
        wo = -wo
    mirror, transmit, diffuse, _ = _chances(p, sheet)
    flags, facing = np.int32(0), True
    if u_lobe < mirror:
        wi = reflect(wo, sample_visible_normal(True, sheet.alpha_u, sheet.alpha_v, wo, u1, u2))
    elif u_lobe < mirror + transmit:
        m = sample_visible_normal(True, sheet.scaled_u, sheet.scaled_v, wo, u1, u2)
        wi = reflect(wo, m)
        wi = vec3(lane(wi, 0), lane(wi, 1), -lane(wi, 2))
        facing = dot(wi, m) < f32(0.0)
        flags = np.int32(TRANSMISSION)
    elif u_lobe < mirror + transmit + diffuse:
        wi = sample_cosine_hemisphere(u1, u2)
    else:
        wi = -sample_cosine_hemisphere(u1, u2)
        flags = np.int32(TRANSMISSION)
    found = facing and lane(wi, 2) != f32(0.0) and (lane(wi, 2) < f32(0.0)) == (flags == TRANSMISSION)
    value, pdf = splat4(f32(0.0)), f32(0.0)
    if found:
        value, pdf = _evaluate(tables, p, surface, wavelengths, sheet, wo, wi)
    if below:
        wi = -wi
    if pdf <= LEAST_PDF:
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), flags
    return wi, value / pdf, pdf, f32(1.0), flags


KIND = BsdfKind("principledthin", DTYPE, evaluate, sample, is_anisotropic=True, is_outlined=True)
