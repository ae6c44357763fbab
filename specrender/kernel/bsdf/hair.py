"""hair: a dielectric fibre with tilted scales and absorption inside, seen near enough to see across it.

The fibre runs along t (v), and u goes around it; where a ray meets its cross-section follows from the direction in the
plane of s and n.  One event stands for the whole way through the fibre, so wi may point into it.

eta : index inside over the one outside.
sigma_a : spectral texture, absorption per radius, times `scale`.
is_rgb : 1 where lane 3 carries nothing.
variance0 ... variance3 : longitudinal variances of the lobes R, TT, TRT and of all that follow.
logistic : scale of the azimuthal logistic distribution.
sin1, cos1, sin2, cos2, sin4, cos4 : sine and cosine of once, twice and four times the tilt of the scales.

Source: [Chiang2016]; longitudinal scattering [DEon2011] section 4.
"""

import numpy as np

from specrender.kernel.angles import PI, acos, atan2
from specrender.kernel.bsdf.kinds import TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import LEAST_PDF, mean4
from specrender.kernel.elementary import exp, log, sin_cos
from specrender.kernel.fresnel import fresnel_dielectric
from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, fabs, floor, fmax, fmin, lane, splat4, sqrt, vec3, with_lane
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import TWO_PI

DTYPE = np.dtype(
    [
        ("eta", "f4"),
        ("sigma_a", "i4"),
        ("scale", "f4"),
        ("is_rgb", "i4"),
        *((f"variance{p}", "f4") for p in range(4)),
        ("logistic", "f4"),
        *((f"{name}{k}", "f4") for k in (1, 2, 4) for name in ("sin", "cos")),
    ],
    align=True,
)

INV_TWO_PI = f32(0.5 / np.pi)


@kernel(forceinline=True)
def _root(x):
    return sqrt(fmax(x, f32(0.0)))


@kernel
def bessel_i0_scaled(x):
    """exp(-x) I0(x) for x >= 0, relative error below 3e-7.  Source: [Abramowitz1964] 9.8.1 and 9.8.2."""
    if x < f32(3.75):
        t = x * f32(1.0 / 3.75)
        t = t * t
        p = f32(0.2659732) + t * (f32(0.0360768) + t * f32(0.0045813))
        p = f32(1.0) + t * (f32(3.5156229) + t * (f32(3.0899424) + t * (f32(1.2067492) + t * p)))
        return p * exp(-x)
    t = f32(3.75) / x
    p = f32(-0.02057706) + t * (f32(0.02635537) + t * (f32(-0.01647633) + t * f32(0.00392377)))
    p = f32(0.00225319) + t * (f32(-0.00157565) + t * (f32(0.00916281) + t * p))
    return (f32(0.39894228) + t * (f32(0.01328592) + t * p)) / sqrt(x)


@kernel
def _longitudinal(sin_i, cos_i, sin_o, cos_o, variance):
    """Density over sine of the angle to the normal plane, about the mirrored angle: [DEon2011] section 4."""
    kappa = f32(1.0) / variance
    along, across = sin_i * sin_o * kappa, cos_i * cos_o * kappa
    # kappa / (2 sinh kappa) exp(-along) I0(across), with the large exponents cancelled
    scale = kappa / (f32(1.0) - exp(f32(-2.0) * kappa))
    return scale * exp(across - along - kappa) * bessel_i0_scaled(across)


@kernel(forceinline=True)
def _logistic_cdf(x, s):
    return f32(1.0) / (f32(1.0) + exp(-x / s))


@kernel
def _azimuthal(delta_phi, p, s, gamma_i, gamma_t):
    """Density of the azimuth about that of a smooth fibre, a logistic cut at +-pi: [Chiang2016] section 4."""
    phi = delta_phi - (f32(2.0) * p * gamma_t - f32(2.0) * gamma_i + p * PI)
    phi -= TWO_PI * floor(phi * INV_TWO_PI + f32(0.5))
    e = exp(-fabs(phi) / s)
    one = f32(1.0) + e
    return e / (s * one * one) / (f32(2.0) * _logistic_cdf(PI, s) - f32(1.0))


@kernel
def _tilted(p, lobe, sin_theta, cos_theta):
    """Sine and cosine of the longitudinal angle that a lobe sees, the scales being tilted: [Chiang2016] section 4.1."""
    if lobe == 0:
        s, c = -p.sin2, p.cos2
    elif lobe == 1:
        s, c = p.sin1, p.cos1
    elif lobe == 2:
        s, c = p.sin4, p.cos4
    else:
        s, c = f32(0.0), f32(1.0)
    return sin_theta * c + cos_theta * s, fabs(cos_theta * c - sin_theta * s)


@kernel
def _variance(p, lobe):
    if lobe == 0:
        return p.variance0
    if lobe == 1:
        return p.variance1
    return p.variance2 if lobe == 2 else p.variance3


@kernel
def _fibre(tables, p, surface, wavelengths, wo):
    """What a direction finds of the fibre.

    Returns
    -------
    (gamma_i, gamma_t, sin_theta, cos_theta) : angles to the normal in the cross-section, outside and inside.
    (a0, a1, a2, a3) : f32x4 attenuation of the lobes.
    """
    sin_theta = clamp(lane(wo, 1), f32(-1.0), f32(1.0))
    cos_theta = fmax(_root(f32(1.0) - sin_theta * sin_theta), f32(1e-5))
    across = _root(lane(wo, 0) * lane(wo, 0) + lane(wo, 2) * lane(wo, 2))
    gamma_i = f32(0.0)
    if across > f32(0.0):
        gamma_i = acos(lane(wo, 2) / across)
        if lane(wo, 0) >= f32(0.0):
            gamma_i = -gamma_i
    h, cos_gamma_i = sin_cos(gamma_i)
    cos_gamma_i = fabs(cos_gamma_i)

    sin_t = sin_theta / p.eta
    cos_t = fmax(_root(f32(1.0) - sin_t * sin_t), f32(1e-5))
    eta_p = _root(p.eta * p.eta - sin_theta * sin_theta) / cos_theta
    sin_gamma_t = clamp(h / fmax(eta_p, f32(1e-5)), f32(-1.0), f32(1.0))
    cos_gamma_t = _root(f32(1.0) - sin_gamma_t * sin_gamma_t)
    gamma_t = f32(0.5 * np.pi) - acos(sin_gamma_t)

    sigma = evaluate_texture(tables, p.sigma_a, surface, wavelengths) * p.scale
    if p.is_rgb:
        # lobes are chosen by the mean of the lanes: 0 there would be a clear fibre; green twice is nearly luminance
        sigma = with_lane(sigma, 3, lane(sigma, 1))
    passed = exp(sigma * (f32(-2.0) * cos_gamma_t / cos_t))
    f, _ = fresnel_dielectric(cos_theta * cos_gamma_i, p.eta)
    a0 = splat4(f)
    a1 = passed * ((f32(1.0) - f) * (f32(1.0) - f))
    a2 = a1 * passed * f
    # at grazing f is 1, and nothing gets in
    a3 = a2 * passed * f / (f32(1.0) - passed * fmin(f, f32(0.999999)))
    return (gamma_i, gamma_t, sin_theta, cos_theta), (a0, a1, a2, a3)


@kernel
def _evaluate(p, angles, attenuation, wo, wi):
    """(value, pdf) of all lobes."""
    gamma_i, gamma_t, sin_theta, cos_theta = angles
    a0, a1, a2, a3 = attenuation
    sin_i = clamp(lane(wi, 1), f32(-1.0), f32(1.0))
    cos_i = _root(f32(1.0) - sin_i * sin_i)
    delta_phi = atan2(lane(wi, 2), lane(wi, 0)) - atan2(lane(wo, 2), lane(wo, 0))
    total = mean4(a0) + mean4(a1) + mean4(a2) + mean4(a3)
    value, pdf = splat4(f32(0.0)), f32(0.0)
    for lobe in range(4):
        a = a0
        if lobe == 1:
            a = a1
        elif lobe == 2:
            a = a2
        elif lobe == 3:
            a = a3
        s, c = _tilted(p, lobe, sin_theta, cos_theta)
        density = _longitudinal(s, c, sin_i, cos_i, _variance(p, lobe))
        if lobe < 3:
            density *= _azimuthal(delta_phi, f32(lobe), p.logistic, gamma_i, gamma_t)
        else:
            density *= INV_TWO_PI
        value += a * density
        pdf += mean4(a) * density
    return value, pdf / total


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    p = record(tables.bsdf_parameters, offset, DTYPE)
    angles, attenuation = _fibre(tables, p, surface, wavelengths, wo)
    return _evaluate(p, angles, attenuation, wo, wi)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    p = record(tables.bsdf_parameters, offset, DTYPE)
    angles, attenuation = _fibre(tables, p, surface, wavelengths, wo)
    gamma_i, gamma_t, sin_theta, cos_theta = angles
    a0, a1, a2, a3 = attenuation

    # ---------------- the lobe; what is left of u_lobe is uniform again
    w0, w1, w2, w3 = mean4(a0), mean4(a1), mean4(a2), mean4(a3)
    u = u_lobe * (w0 + w1 + w2 + w3)
    lobe, share = 0, w0
    if u >= w0:
        u, lobe, share = u - w0, 1, w1
        if u >= w1:
            u, lobe, share = u - w1, 2, w2
            if u >= w2:
                u, lobe, share = u - w2, 3, w3
    u = clamp(u / fmax(share, f32(1e-20)), f32(0.0), f32(1.0 - 2.0**-24))

    # ---------------- longitudinal angle
    variance = _variance(p, lobe)
    s, c = _tilted(p, lobe, sin_theta, cos_theta)
    floor_u = exp(f32(-2.0) / variance)
    cos_m = clamp(f32(1.0) + variance * log(u1 + (f32(1.0) - u1) * floor_u), f32(-1.0), f32(1.0))
    _, cos_turn = sin_cos(TWO_PI * u2)
    sin_i = clamp(-cos_m * s + _root(f32(1.0) - cos_m * cos_m) * cos_turn * c, f32(-1.0), f32(1.0))
    cos_i = _root(f32(1.0) - sin_i * sin_i)

    # ---------------- azimuth
    turn = TWO_PI * u
    if lobe < 3:
        low = _logistic_cdf(-PI, p.logistic)
        x = clamp(u * (f32(1.0) - f32(2.0) * low) + low, f32(1e-7), f32(1.0 - 1e-7))
        x = clamp(-p.logistic * log(f32(1.0) / x - f32(1.0)), -PI, PI)
        order = f32(lobe)
        turn = f32(2.0) * order * gamma_t - f32(2.0) * gamma_i + order * PI + x
    sin_phi, cos_phi = sin_cos(atan2(lane(wo, 2), lane(wo, 0)) + turn)
    wi = vec3(cos_i * cos_phi, sin_i, cos_i * sin_phi)
    flags = np.int32(0)
    if (lane(wi, 2) < f32(0.0)) != (lane(wo, 2) < f32(0.0)):
        flags = np.int32(TRANSMISSION)
    value, pdf = _evaluate(p, angles, attenuation, wo, wi)
    if not LEAST_PDF < pdf < f32(np.inf):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), flags
    return wi, value / pdf, pdf, f32(1.0), flags


KIND = BsdfKind("hair", DTYPE, evaluate, sample, is_anisotropic=True, is_outlined=True)
