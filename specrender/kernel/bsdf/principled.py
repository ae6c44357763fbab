"""principled: Burley's material with the parameters of Mitsuba 3; met from inside only where it transmits.

base_color : spectral texture.  luminance : see `principled_terms.tint_of`.
eta : index inside over index outside.
roughness, anisotropic, spec_trans, sheen, sheen_tint, flatness, spec_tint, metallic, clearcoat, clearcoat_gloss :
    numbers with textures, [0, 1].
specular_rate, clearcoat_rate, diffuse_rate : how often a lobe is sampled relative to its weight.

Source: [Burley2012], [Burley2015]; lobes and their densities as Mitsuba 3 combines them.
"""

from typing import NamedTuple

import numpy as np

from specrender.kernel.bsdf.kinds import TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import LEAST_PDF, scalar_fields, scalar_parameter
from specrender.kernel.bsdf.principled_terms import (
    COAT_R0,
    COAT_SHADOWING,
    burley_alphas,
    burley_diffuse,
    coat_alpha,
    coat_density,
    normal_reflectance,
    sample_coat,
    schlick_at,
    schlick_weight,
    tint_of,
)
from specrender.kernel.fresnel import fresnel_dielectric, reflect, refract
from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import microfacet_density, sample_visible_normal, smith_g1
from specrender.kernel.simd import copysign, dot, f32, fabs, fmax, lane, splat4, sqrt
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import pdf_cosine_hemisphere, sample_cosine_hemisphere

DTYPE = np.dtype(
    [
        ("base_color", "i4"),
        ("luminance", "i4"),
        ("eta", "f4"),
        ("specular_rate", "f4"),
        ("clearcoat_rate", "f4"),
        ("diffuse_rate", "f4"),
        *scalar_fields(
            "roughness",
            "anisotropic",
            "spec_trans",
            "sheen",
            "sheen_tint",
            "flatness",
            "spec_tint",
            "metallic",
            "clearcoat",
            "clearcoat_gloss",
        ),
    ],
    align=True,
)


class Weights(NamedTuple):
    """What of the surface decides between the lobes; `opaque` and `passing` are the shares of diffuse and of glass."""

    alpha_u: "float32"  # noqa: F821 (a kernel type)
    alpha_v: "float32"  # noqa: F821
    roughness: "float32"  # noqa: F821
    metallic: "float32"  # noqa: F821
    clearcoat: "float32"  # noqa: F821
    coat_alpha: "float32"  # noqa: F821
    opaque: "float32"  # noqa: F821
    passing: "float32"  # noqa: F821


@kernel
def _weights(tables, p, surface):
    roughness = scalar_parameter(tables, p.roughness, p.roughness_texture, surface)
    anisotropic = scalar_parameter(tables, p.anisotropic, p.anisotropic_texture, surface)
    spec_trans = scalar_parameter(tables, p.spec_trans, p.spec_trans_texture, surface)
    metallic = scalar_parameter(tables, p.metallic, p.metallic_texture, surface)
    clearcoat = scalar_parameter(tables, p.clearcoat, p.clearcoat_texture, surface)
    gloss = scalar_parameter(tables, p.clearcoat_gloss, p.clearcoat_gloss_texture, surface)
    alpha_u, alpha_v = burley_alphas(roughness, anisotropic)
    rest = f32(1.0) - metallic
    opaque, passing = rest * (f32(1.0) - spec_trans), rest * spec_trans
    return Weights(alpha_u, alpha_v, roughness, metallic, clearcoat, coat_alpha(gloss), opaque, passing)


@kernel
def _chances(p, w, front, reflectance):
    """Probabilities of sampling (diffuse, clear coat, transmission, reflection) at a facet of this reflectance."""
    if not front:
        return f32(0.0), f32(0.0), f32(1.0) - reflectance, reflectance
    through = w.passing * (f32(1.0) - reflectance)
    diffuse = w.opaque * p.diffuse_rate
    coat = f32(0.25) * w.clearcoat * p.clearcoat_rate
    transmit, mirror = p.specular_rate * through, p.specular_rate * (f32(1.0) - through)
    scale = f32(1.0) / fmax(diffuse + coat + transmit + mirror, f32(1e-20))
    return diffuse * scale, coat * scale, transmit * scale, mirror * scale


@kernel
def _front_fresnel(tables, p, surface, w, base, reflectance, cos_d):
    """Mixture of the dielectric's reflectance with those of a metal and of a tinted dielectric, after Schlick."""
    spec_tint = scalar_parameter(tables, p.spec_tint, p.spec_tint_texture, surface)
    rest = f32(1.0) - w.metallic
    result = splat4(rest * (f32(1.0) - spec_tint) * reflectance)
    if w.metallic > f32(0.0) or spec_tint > f32(0.0):
        weight = schlick_at(cos_d, p.eta)
        result += (base + (f32(1.0) - base) * weight) * w.metallic
        if spec_tint > f32(0.0):
            r0 = tint_of(tables, p.base_color, p.luminance, surface, base) * normal_reflectance(p.eta)
            result += (r0 + (f32(1.0) - r0) * weight) * (rest * spec_tint)
    return result


@kernel
def _base_lobes(tables, p, surface, w, base, cos_o, cos_i, cos_d):
    """Diffuse and sheen on the front side, times cos_i."""
    flatness = scalar_parameter(tables, p.flatness, p.flatness_texture, surface)
    sheen = scalar_parameter(tables, p.sheen, p.sheen_texture, surface)
    value = base * (w.opaque * burley_diffuse(w.roughness, flatness, cos_o, cos_i, cos_d))
    if sheen > f32(0.0):
        amount = sheen * (f32(1.0) - w.metallic) * schlick_weight(cos_d)
        sheen_tint = scalar_parameter(tables, p.sheen_tint, p.sheen_tint_texture, surface)
        colour = splat4(f32(1.0))
        if sheen_tint > f32(0.0):
            colour += (tint_of(tables, p.base_color, p.luminance, surface, base) - f32(1.0)) * sheen_tint
        value += colour * amount
    return value * cos_i


@kernel
def _evaluate(tables, p, surface, wavelengths, w, wo, wi):
    """(value, pdf) for wo and wi off the tangent plane."""
    cos_o, cos_i = lane(wo, 2), lane(wi, 2)
    nothing = splat4(f32(0.0)), f32(0.0)
    front = cos_o > f32(0.0)
    reflects = front == (cos_i > f32(0.0))
    if w.passing <= f32(0.0) and not (front and reflects):
        return nothing
    eta = p.eta if front else f32(1.0) / p.eta
    half = wo + wi * (f32(1.0) if reflects else eta)
    size_2 = dot(half, half)
    if size_2 < f32(1e-14):  # grazing on both sides, or straight through: no facet does that
        return nothing
    m = half * (copysign(f32(1.0), lane(half, 2)) / sqrt(size_2))
    # Facets must be met by both directions from the sides on which they are
    dot_o, dot_i = dot(wo, m), dot(wi, m)
    if (dot_o > f32(0.0)) != front or (dot_i > f32(0.0)) != (front == reflects):
        return nothing
    cos_o, cos_i, dot_o, dot_i = fabs(cos_o), fabs(cos_i), fabs(dot_o), fabs(dot_i)
    reflectance, _ = fresnel_dielectric(dot_o, eta)
    diffuse, coat, transmit, mirror = _chances(p, w, front, reflectance)
    visible = microfacet_density(True, w.alpha_u, w.alpha_v, lane(m, 0), lane(m, 1), lane(m, 2))
    visible *= smith_g1(True, w.alpha_u, w.alpha_v, wo)
    masking = smith_g1(True, w.alpha_u, w.alpha_v, wi)
    base = evaluate_texture(tables, p.base_color, surface, wavelengths)

    if not reflects:
        length = dot_o - eta * dot_i
        crossing = dot_o * dot_i / (cos_o * fmax(length * length, f32(1e-14)))
        value = sqrt(base) * (w.passing * (f32(1.0) - reflectance) * visible * masking * crossing)
        return value, transmit * visible * crossing * (eta * eta)

    visible *= f32(1.0) / (f32(4.0) * cos_o)
    pdf = mirror * visible
    if not front:
        return splat4(w.passing * reflectance * visible * masking), pdf
    value = _front_fresnel(tables, p, surface, w, base, reflectance, dot_o) * (visible * masking)
    if w.clearcoat > f32(0.0):
        density = coat_density(w.coat_alpha, lane(m, 2))
        weight = schlick_at(dot_o, p.eta)
        lobe = f32(0.25) * w.clearcoat * (COAT_R0 + (f32(1.0) - COAT_R0) * weight) * density
        lobe *= smith_g1(True, COAT_SHADOWING, COAT_SHADOWING, wo) * smith_g1(True, COAT_SHADOWING, COAT_SHADOWING, wi)
        value += lobe * cos_i
        pdf += coat * density * lane(m, 2) / (f32(4.0) * dot_i)
    if w.opaque > f32(0.0):
        value += _base_lobes(tables, p, surface, w, base, cos_o, cos_i, dot_i)
        pdf += diffuse * pdf_cosine_hemisphere(wi)
    return value, pdf


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) == f32(0.0) or lane(wi, 2) == f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    return _evaluate(tables, p, surface, wavelengths, _weights(tables, p, surface), wo, wi)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    p = record(tables.bsdf_parameters, offset, DTYPE)
    w = _weights(tables, p, surface)
    front = lane(wo, 2) > f32(0.0)
    if lane(wo, 2) == f32(0.0) or (w.passing <= f32(0.0) and not front):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    # On the side of wo, whichever it is
    m = sample_visible_normal(True, w.alpha_u, w.alpha_v, wo if front else -wo, u1, u2)
    if not front:
        m = -m
    eta = p.eta if front else f32(1.0) / p.eta
    cos_m = fmax(dot(wo, m), f32(0.0))
    reflectance, cos_t = fresnel_dielectric(cos_m, eta)
    diffuse, coat, transmit, _ = _chances(p, w, front, reflectance)
    crossed, flags = f32(1.0), np.int32(0)
    if u_lobe < diffuse:
        wi = sample_cosine_hemisphere(u1, u2)
    elif u_lobe < diffuse + coat:
        wi = reflect(wo, sample_coat(w.coat_alpha, u1, u2))
    elif u_lobe < diffuse + coat + transmit:
        wi = refract(wo, m, cos_m, cos_t, f32(1.0) / eta)
        crossed, flags = eta, np.int32(TRANSMISSION)
    else:
        wi = reflect(wo, m)
    nothing = wi, splat4(f32(0.0)), f32(0.0), crossed, flags
    if lane(wi, 2) == f32(0.0) or (front == (lane(wi, 2) > f32(0.0))) == (flags == TRANSMISSION):
        return nothing
    value, pdf = _evaluate(tables, p, surface, wavelengths, w, wo, wi)
    if pdf <= LEAST_PDF:
        return nothing
    return wi, value / pdf, pdf, crossed, flags


KIND = BsdfKind("principled", DTYPE, evaluate, sample, is_anisotropic=True, is_outlined=True)
