"""Reflection and refraction at smooth interfaces; every function takes one index (float32) or one a lane (f32x4)."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, f32, fmax, lane, sqrt, vec3


@kernel
def fresnel_dielectric(cos_i, eta):
    """Unpolarised reflectance of the interface between two dielectrics, and the cosine of the refracted ray.

    cos_i : [0, 1] cosine of the incident ray.  eta : index beyond the interface over the index on the side of the ray.
    Returns (reflectance, cos_t >= 0); exactly (1, 0) on total internal reflection.  Source: [Cook1982] Fresnel term,
    with g^2 = (eta - 1) (eta + 1) + cos_i^2, which unlike Snell's law in sines keeps its digits at grazing angles.
    """
    c = fmax(cos_i, f32(1e-7))  # at 0 with eta < 1 both waves would be 0 / 0
    g = sqrt(fmax((eta - f32(1.0)) * (eta + f32(1.0)) + c * c, f32(0.0)))
    s = (c - g) / (c + g)
    e = eta * eta * c
    p = (g - e) / (g + e)
    return f32(0.5) * (s * s + p * p), g / eta


@kernel
def fresnel_conductor(cos_i, eta, k):
    """Unpolarised reflectance of a conductor with relative index eta + i k.

    cos_i : [0, 1].  eta = 0 and k > 0 reflect everything, exactly.  Source: [Moeller1988].
    """
    cos_2 = cos_i * cos_i
    sin_2 = f32(1.0) - cos_2
    t = eta * eta - k * k - sin_2
    a2_b2 = sqrt(t * t + f32(4.0) * (eta * eta) * (k * k))
    a = sqrt(fmax(f32(0.5) * (a2_b2 + t), f32(0.0)))
    sum_s, cross_s = a2_b2 + cos_2, f32(2.0) * cos_i * a
    r_s = (sum_s - cross_s) / (sum_s + cross_s)
    sum_p, cross_p = a2_b2 * cos_2 + sin_2 * sin_2, cross_s * sin_2
    # an unused lane (eta = k = 0) at normal incidence would be 0 / 0
    r_p = r_s * (sum_p - cross_p) / fmax(sum_p + cross_p, f32(1e-30))
    return f32(0.5) * (r_s + r_p)


@kernel(forceinline=True)
def reflect(w, m):
    """Mirror image of w about the unit vector m."""
    return m * (f32(2.0) * dot(w, m)) - w


@kernel(forceinline=True)
def refract(w, m, cos_i, cos_t, inv_eta):
    """Refracted direction for w on the side of m, cos_i = w . m; cos_t from `fresnel_dielectric`."""
    return m * (cos_i * inv_eta - cos_t) - w * inv_eta


@kernel(forceinline=True)
def reflect_local(w):
    """Mirror image of w about +z."""
    return vec3(-lane(w, 0), -lane(w, 1), lane(w, 2))
