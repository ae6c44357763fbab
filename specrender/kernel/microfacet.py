"""Beckmann and GGX distributions of microfacet normals: density, shadowing, and sampling of the visible normals.

`ggx` (truth value) picks the distribution; `alpha_u`, `alpha_v` are its roughness along x and y, at least `MIN_ALPHA`.
"""

import numpy as np

from specrender.kernel.elementary import exp, log, sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, f32, fabs, fmax, fmin, lane, normalize, sqrt, vec3

MIN_ALPHA = f32(1e-4)
_PI = f32(np.pi)
_TWO_PI = f32(2.0 * np.pi)
_NEAR_NORMAL = f32(1.0 / 3.0)
_INV_SQRT_PI = f32(1.0 / np.sqrt(np.pi))


@kernel
def microfacet_density(ggx, alpha_u, alpha_v, mx, my, mz):
    """D(m) of the unit normal (mx, my, mz), by components: float32, or f32x4 for one normal a lane.

    Source: [Walter2007] eq. 25 (Beckmann) and eq. 33 (GGX), anisotropic as in [Heitz2014].
    """
    x, y, z2 = mx / alpha_u, my / alpha_v, mz * mz
    if ggx:
        t = x * x + y * y + z2
        return f32(1.0) / (_PI * alpha_u * alpha_v * (t * t))
    z2 = fmax(z2, f32(1e-8))  # below, the exponential is 0 to all purposes
    return exp(-(x * x + y * y) / z2) / (_PI * alpha_u * alpha_v * (z2 * z2))


@kernel
def smith_g1(ggx, alpha_u, alpha_v, w):
    """Share of the microfacets facing w that is visible from w, either side; w must not be 0.

    Source: [Walter2007] eq. 27 (Beckmann: a rational fit, relative error below 0.35 %) and eq. 34 (GGX).
    """
    x, y, z = alpha_u * lane(w, 0), alpha_v * lane(w, 1), fabs(lane(w, 2))
    r2 = x * x + y * y
    if ggx:
        return f32(2.0) * z / fmax(z + sqrt(z * z + r2), f32(1e-30))
    a = z / fmax(sqrt(r2), f32(1e-30))
    if a >= f32(1.6):
        return f32(1.0)
    return a * (f32(3.535) + f32(2.181) * a) / (f32(1.0) + a * (f32(2.276) + f32(2.577) * a))


@kernel
def sample_visible_normal(ggx, alpha_u, alpha_v, w, u1, u2):
    """A microfacet normal seen from w (w.z > 0), with density `pdf_visible_normal`."""
    stretched = normalize(vec3(alpha_u * lane(w, 0), alpha_v * lane(w, 1), lane(w, 2)))
    if ggx:
        return _sample_visible_ggx(alpha_u, alpha_v, stretched, u1, u2)
    return _sample_visible_beckmann(alpha_u, alpha_v, stretched, u1, u2)


@kernel
def pdf_visible_normal(ggx, alpha_u, alpha_v, w, m):
    """Density per solid angle of `sample_visible_normal`: [Heitz2014].  w.z > 0."""
    density = microfacet_density(ggx, alpha_u, alpha_v, lane(m, 0), lane(m, 1), lane(m, 2))
    return density * smith_g1(ggx, alpha_u, alpha_v, w) * fmax(dot(w, m), f32(0.0)) / lane(w, 2)


@kernel
def _sample_visible_ggx(alpha_u, alpha_v, stretched, u1, u2):
    """By a spherical cap in the space where the microsurface is a hemisphere: [Dupuy2023]."""
    # The cap: z in (-w.z, 1]; the half vector's z is exact without the difference
    height = (f32(1.0) - u2) * (f32(1.0) + lane(stretched, 2))
    z = height - lane(stretched, 2)
    r = sqrt(fmax(f32(0.0), f32(1.0) - z * z))
    s, c = sin_cos(_TWO_PI * u1)
    x, y = r * c + lane(stretched, 0), r * s + lane(stretched, 1)
    return normalize(vec3(alpha_u * x, alpha_v * y, fmax(height, f32(1e-12))))


@kernel
def _sample_visible_beckmann(alpha_u, alpha_v, stretched, u1, u2):
    """Through the slopes of the unit Gaussian surface seen under the stretched direction: [Heitz2014]."""
    x, y, z = lane(stretched, 0), lane(stretched, 1), lane(stretched, 2)
    sin_theta = sqrt(x * x + y * y)
    cos_phi, sin_phi = f32(1.0), f32(0.0)
    if sin_theta > f32(1e-7):
        cos_phi, sin_phi = x / sin_theta, y / sin_theta
    tan_theta = sin_theta / fmax(z, f32(1e-12))
    if tan_theta < _NEAR_NORMAL:
        along, across = _sample_beckmann_slopes_near_normal(tan_theta, u1, u2)
    else:
        along = _sample_beckmann_slope(tan_theta, u1)
        across = erf_inverse(f32(2.0) * fmin(fmax(u2, f32(1e-6)), f32(1.0 - 1e-6)) - f32(1.0))
    slope_x = (cos_phi * along - sin_phi * across) * alpha_u
    slope_y = (sin_phi * along + cos_phi * across) * alpha_v
    return normalize(vec3(-slope_x, -slope_y, f32(1.0)))


@kernel
def _sample_beckmann_slopes_near_normal(tan_theta, u1, u2):
    """Both slopes where tan theta < _NEAR_NORMAL, at a quarter of the cost of the general method (70 for 270 ns).

    In polar coordinates (r, phi) the density of slopes is r exp(-r^2) (1 - k cos phi) / pi with k = r tan theta.  While
    k < 1 the second term vanishes on average over phi: r^2 is exponential, and phi obeys Kepler's equation
    phi - k sin phi = 2 pi u, which Newton's method solves in two or three steps.  k > 1, where slopes face away from
    the view, has a share of exp(-9) of the samples; there k = 0.99 stands in.
    """
    r = sqrt(-log(fmax(f32(1.0) - u1, f32(1e-6))))
    k = fmin(r * tan_theta, f32(0.99))
    mean = _TWO_PI * u2
    phi, sine, cosine, step = mean, f32(0.0), f32(1.0), f32(0.0)
    for _ in range(6):
        sine, cosine = sin_cos(phi)
        step = (phi - k * sine - mean) / (f32(1.0) - k * cosine)
        phi -= step
        if fabs(step) < f32(1e-3):  # what is left is of the order of its square
            break
    return r * (cosine + sine * step), r * (sine - cosine * step)


@kernel
def _sample_beckmann_slope(tan_theta, u):
    """Slope in the plane of the view under angle theta, of the unit Gaussian surface: density ~ (1 - s tan) exp(-s^2).

    Newton's method in t = erf(s) on the distribution function [Jakob2014]
    C(t) = 1 + t + tan exp(-s^2) / sqrt(pi).  C is concave and rising up to t = erf(cot theta), so Newton's steps
    approach the root from below and never pass it once below; kept inside the interval they cannot go astray.
    """
    u = fmin(fmax(u, f32(1e-6)), f32(1.0 - 1e-6))
    cot_theta = f32(1.0) / fmax(tan_theta, f32(1e-6))
    gauss = exp(-cot_theta * cot_theta)
    limit = _erf(cot_theta, gauss)
    # Start at the solution for theta = 90 degrees, where erf's exp(-s^2) is u itself
    t = limit - (limit + f32(1.0)) * _erf(sqrt(-log(u)), u)
    target = u * (f32(1.0) + limit + _INV_SQRT_PI * tan_theta * gauss)
    low = f32(-1.0 + 1.2e-7)
    high = fmin(limit, f32(1.0 - 1.2e-7))
    for _ in range(3):
        t = fmin(fmax(t, low), high)
        slope = erf_inverse(t)
        excess = f32(1.0) + t + _INV_SQRT_PI * tan_theta * exp(-slope * slope) - target
        t -= excess / fmax(f32(1.0) - slope * tan_theta, f32(1e-6))
    return erf_inverse(fmin(fmax(t, low), high))


@kernel(forceinline=True)
def _erf(x, gauss):
    """erf of x >= 0 with gauss = exp(-x^2) known: absolute error below 3e-7.  Source: [Abramowitz1964] 7.1.26."""
    t = f32(1.0) / (f32(1.0) + f32(0.3275911) * x)
    p = f32(1.421413741) + t * (f32(-1.453152027) + t * f32(1.061405429))
    return f32(1.0) - t * (f32(0.254829592) + t * (f32(-0.284496736) + t * p)) * gauss


@kernel
def erf_inverse(x):
    """x in (-1, 1) -> s with erf(s) = x; relative error below 4e-7.  Source: [Giles2012]."""
    w = -log((f32(1.0) - x) * (f32(1.0) + x))
    if w < f32(5.0):
        w -= f32(2.5)
        p = f32(-3.5233877e-06) + w * (f32(3.43273939e-07) + w * f32(2.81022636e-08))
        p = f32(0.00021858087) + w * (f32(-4.39150654e-06) + w * p)
        p = f32(-0.00417768164) + w * (f32(-0.00125372503) + w * p)
        p = f32(1.50140941) + w * (f32(0.246640727) + w * p)
    else:
        w = sqrt(w) - f32(3.0)
        p = f32(0.00134934322) + w * (f32(0.000100950558) + w * f32(-0.000200214257))
        p = f32(0.00573950773) + w * (f32(-0.00367342844) + w * p)
        p = f32(0.00943887047) + w * (f32(-0.0076224613) + w * p)
        p = f32(2.83297682) + w * (f32(1.00167406) + w * p)
    return p * x
