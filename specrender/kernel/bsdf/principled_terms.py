"""What principled and principledthin share: Burley's diffuse terms, tints, Schlick's Fresnel term and the clear coat.

Source: [Burley2012] and [Burley2015], with the choices of Mitsuba 3, whose parameters these are.
"""

import numpy as np

from specrender.kernel.elementary import exp, log, sin_cos
from specrender.kernel.fresnel import fresnel_dielectric
from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, fmax, hsum, splat4, sqrt, vec3
from specrender.kernel.tables import load4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import INV_PI, TWO_PI

#: Mitsuba's bound; smoother surfaces would need a delta lobe.
SMOOTHEST = f32(0.001)
#: Roughness of the shadowing of the clear coat, whatever its gloss: [Burley2012] section 5.6.
COAT_SHADOWING = f32(0.25)
COAT_R0 = f32(0.04)


@kernel
def burley_alphas(roughness, anisotropic):
    """Roughness along u and v: [Burley2012] section 5.4."""
    alpha = roughness * roughness
    aspect = sqrt(fmax(f32(1.0) - f32(0.9) * anisotropic, f32(1e-3)))
    return fmax(SMOOTHEST, alpha / aspect), fmax(SMOOTHEST, alpha * aspect)


@kernel(forceinline=True)
def schlick_weight(cos_theta):
    """(1 - cos)^5."""
    m = clamp(f32(1.0) - cos_theta, f32(0.0), f32(1.0))
    return m * m * (m * m) * m


@kernel
def schlick_at(cos_theta, eta):
    """Schlick's weight at a facet seen under cos_theta >= 0; towards a thinner medium by the refracted cosine."""
    if eta > f32(1.0):
        return schlick_weight(cos_theta)
    _, cos_t = fresnel_dielectric(cos_theta, eta)
    return schlick_weight(cos_t)


@kernel(forceinline=True)
def normal_reflectance(eta):
    """Reflectance at normal incidence."""
    r = (eta - f32(1.0)) / (eta + f32(1.0))
    return r * r


@kernel
def tint_of(tables, base_color, luminance, surface, base):
    """The hue of the base colour: divided by its luminance, 1 where it is black.

    luminance : load4 index in values of four wavelengths (RGB mode: unused) and the weights of Y there, see
        `scene.compile.principled`.
    """
    at_nodes = evaluate_texture(tables, base_color, surface, load4(tables.values, luminance))
    y = hsum(at_nodes * load4(tables.values, luminance + 1))
    if y > f32(0.0):
        return base * (f32(1.0) / y)
    return splat4(f32(1.0))


@kernel
def burley_diffuse(roughness, flatness, cos_o, cos_i, cos_d):
    """Diffuse, retro-reflective and (by `flatness`) fake subsurface reflection over base colour and |cos_i|.

    Cosines are positive; cos_d is that between half vector and either direction.  Source: [Burley2015] section 4.
    """
    weight_o, weight_i = schlick_weight(cos_o), schlick_weight(cos_i)
    lambert = (f32(1.0) - f32(0.5) * weight_o) * (f32(1.0) - f32(0.5) * weight_i)
    rough = f32(2.0) * roughness * cos_d * cos_d
    retro = rough * (weight_i + weight_o + weight_i * weight_o * (rough - f32(1.0)))
    result = lambert + retro
    if flatness > f32(0.0):
        ss90 = f32(0.5) * rough
        ss = (f32(1.0) + weight_i * (ss90 - f32(1.0))) * (f32(1.0) + weight_o * (ss90 - f32(1.0)))
        flat = f32(1.25) * (ss * (f32(1.0) / fmax(cos_i + cos_o, f32(1e-6)) - f32(0.5)) + f32(0.5))
        result += flatness * (flat - result)
    return result * INV_PI


@kernel
def coat_alpha(gloss):
    """Roughness of the clear coat."""
    return f32(0.1) + gloss * f32(0.001 - 0.1)


@kernel
def coat_density(alpha, cos_m):
    """D of generalised Trowbridge-Reitz with exponent 1 at a normal: [Burley2012] appendix B.1."""
    a = alpha * alpha
    return (a - f32(1.0)) / (f32(np.pi) * log(a) * (f32(1.0) + (a - f32(1.0)) * cos_m * cos_m))


@kernel
def sample_coat(alpha, u1, u2):
    """A normal with density D cos: [Burley2012] appendix B.1."""
    a = alpha * alpha
    cos_2 = (f32(1.0) - exp(log(a) * (f32(1.0) - u2))) / (f32(1.0) - a)
    s, c = sin_cos(TWO_PI * u1)
    sin_m = sqrt(fmax(f32(0.0), f32(1.0) - cos_2))
    return vec3(c * sin_m, s * sin_m, sqrt(fmax(f32(0.0), cos_2)))
