"""roughdiffuse: rough Lambertian facets with all light between them (EON), from the front side.

reflectance : spectral texture, the colour of a facet.  roughness : number with texture, [0, 1]; 0 is `diffuse`.

Source: [Portsmouth2024], Fujii's form of Oren-Nayar with the energy of multiple scattering added.
"""

import numpy as np

from specrender.kernel.angles import acos
from specrender.kernel.bsdf.kinds import BsdfKind
from specrender.kernel.bsdf.parameters import scalar_fields, scalar_parameter
from specrender.kernel.elementary import sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, dot, f32, fmax, lane, splat4, sqrt, vec3
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import INV_PI, TWO_PI, pdf_cosine_hemisphere, sample_cosine_hemisphere

DTYPE = np.dtype([("reflectance", "i4"), *scalar_fields("roughness")], align=True)

#: Share of uniformly sampled directions at roughness 1.
UNIFORM_SHARE = f32(0.25)
INV_TWO_PI = f32(0.5 / np.pi)

_SINGLE = f32(0.5 - 2.0 / (3.0 * np.pi))
_AVERAGE = f32(2.0 / 3.0 - 28.0 / (15.0 * np.pi))


@kernel
def sample_hemisphere(u1, u2):
    """Direction uniform over the upper half, density 1 / (2 pi)."""
    r = sqrt(fmax(f32(0.0), f32(1.0) - u1 * u1))
    s, c = sin_cos(TWO_PI * u2)
    return vec3(r * c, r * s, u1)


@kernel
def _directional_albedo(mu, roughness, a):
    """Share of light from cosine mu that white facets scatter once: [Portsmouth2024]."""
    s = sqrt(fmax(f32(0.0), f32(1.0) - mu * mu))
    # (s / mu) (1 - s^3) without the difference
    grazing = s * mu * (f32(1.0) + s + s * s) / (f32(1.0) + s)
    g = s * (acos(mu) - s * mu) + f32(2.0 / 3.0) * (grazing - s)
    return a * (f32(1.0) + roughness * g * INV_PI)


@kernel
def _value(tables, p, surface, wavelengths, roughness, wo, wi):
    """Value over that of a white `diffuse`."""
    rho = evaluate_texture(tables, p.reflectance, surface, wavelengths)
    mu_o, mu_i = lane(wo, 2), lane(wi, 2)
    s = dot(wo, wi) - mu_o * mu_i
    if s > f32(0.0):
        s = s / fmax(mu_o, mu_i)
    a = f32(1.0) / (f32(1.0) + _SINGLE * roughness)
    once = rho * (a * (f32(1.0) + roughness * s))
    average = a * (f32(1.0) + _AVERAGE * roughness)
    lost = f32(1.0) - average
    if lost < f32(1e-6):
        return once
    colour = rho * rho * average / (f32(1.0) - rho * lost)
    lost_o = fmax(f32(0.0), f32(1.0) - _directional_albedo(mu_o, roughness, a))
    lost_i = fmax(f32(0.0), f32(1.0) - _directional_albedo(mu_i, roughness, a))
    return once + colour * (lost_o * lost_i / lost)


@kernel
def _evaluate(tables, p, surface, wavelengths, wo, wi):
    """(value, pdf) on the front side.

    Facets that face a grazing view shine up to 1 / cos brighter than cosine-weighted directions expect; a share of
    uniform ones bounds the weights by 8.
    """
    roughness = clamp(scalar_parameter(tables, p.roughness, p.roughness_texture, surface), f32(0.0), f32(1.0))
    uniform = UNIFORM_SHARE * roughness
    value = _value(tables, p, surface, wavelengths, roughness, wo, wi) * pdf_cosine_hemisphere(wi)
    return value, (f32(1.0) - uniform) * pdf_cosine_hemisphere(wi) + uniform * INV_TWO_PI


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    return _evaluate(tables, p, surface, wavelengths, wo, wi)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    p = record(tables.bsdf_parameters, offset, DTYPE)
    roughness = clamp(scalar_parameter(tables, p.roughness, p.roughness_texture, surface), f32(0.0), f32(1.0))
    wi = sample_cosine_hemisphere(u1, u2)
    if u_lobe < UNIFORM_SHARE * roughness:
        wi = sample_hemisphere(u1, u2)
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    value, pdf = _evaluate(tables, p, surface, wavelengths, wo, wi)
    return wi, value * (f32(1.0) / pdf), pdf, f32(1.0), np.int32(0)


KIND = BsdfKind("roughdiffuse", DTYPE, evaluate, sample, is_outlined=True)
