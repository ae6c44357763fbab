"""What a dielectric coat lets through and throws back: the integrals that plastics need, in float64 on the host."""

from __future__ import annotations

import functools

import numpy as np

#: Gauss-Legendre points along each side of the square of visible normals.  From outside the integrand is smooth (errors
#: below 1e-4); from inside total reflection puts a kink across it (errors below 8e-4).
POINTS_OUTSIDE, POINTS_INSIDE = 32, 64


def fresnel_dielectric(cos_i, eta):
    """(reflectance, cos_t) at an interface; the host's twin of `kernel.fresnel.fresnel_dielectric`.

    Parameters
    ----------
    cos_i : [0, 1] cosines of the incident rays, any shape.
    eta : index beyond the interface over the index before it; broadcast against cos_i.
    """
    cos_i = np.maximum(cos_i, 1e-9)
    g = np.sqrt(np.maximum((eta - 1.0) * (eta + 1.0) + cos_i**2, 0.0))
    s = (cos_i - g) / (cos_i + g)
    p = (g - eta**2 * cos_i) / (g + eta**2 * cos_i)
    return 0.5 * (s**2 + p**2), g / eta


def diffuse_reflectance_outside(eta):
    """Share of diffuse light that a smooth interface reflects: the mean of Fresnel's formula over the cosine.

    Parameters
    ----------
    eta : index beyond the interface over the index before it, above 0, any shape.

    Returns
    -------
    float64 of eta's shape, within 1e-6.  Mitsuba 3 uses fits within 2e-3 of this.
    """
    eta = np.asarray(eta, np.float64)
    dense = np.maximum(eta, 1.0 / eta)
    nodes, weights = np.polynomial.legendre.leggauss(96)
    # mu = t^2 clusters nodes at grazing angles, where the reflectance is steep
    t = 0.5 * (nodes + 1.0)
    reflectance, _ = fresnel_dielectric(t**2, dense[..., None])
    into_denser = np.sum(reflectance * 2.0 * t**3 * weights, axis=-1)
    # By reciprocity the light that crosses outwards is that which crosses inwards over the squared index
    return np.where(eta >= 1.0, into_denser, 1.0 - (1.0 - into_denser) / dense**2)


def diffuse_reflectance_inside(eta):
    """Share of diffuse light that meets the interface from inside and is thrown back; `eta` as for the outside."""
    return diffuse_reflectance_outside(1.0 / np.asarray(eta, np.float64))


@functools.cache
def coat_tables(ggx: bool, alpha: float, eta: float, resolution: int):
    """Transmittance of a rough coat from outside, and the share of diffuse light it throws back inside.

    Parameters
    ----------
    ggx : GGX if true, else Beckmann.  alpha : roughness.  eta : index inside over the one outside, not 1.
    resolution : number of cosines from 0 to 1.

    Returns
    -------
    transmittance : (resolution,) float64 at equally spaced cosines.
    internal : float.  The plain mean over those cosines, as Mitsuba 3 takes it.
    """
    mu = np.maximum(np.linspace(0.0, 1.0, resolution), 1e-6)
    transmittance = np.array([_transmitted(ggx, alpha, c, eta) for c in mu])
    reflectance = np.array([_reflected(ggx, alpha, c, 1.0 / eta) for c in mu])
    return transmittance, float(np.mean(reflectance * mu) * 2.0)


def _reflected(ggx, alpha, mu, eta):
    """Share of the light arriving at cosine mu that facets reflect once and their neighbours do not shadow."""
    cos_i, z, weight = _visible_facets(ggx, alpha, mu, POINTS_INSIDE if eta < 1.0 else POINTS_OUTSIDE)
    up = 2.0 * cos_i * z - mu
    reflectance, _ = fresnel_dielectric(cos_i, eta)
    return np.sum(np.where(up > 0.0, weight * reflectance * _masking(ggx, alpha, up), 0.0))


def _transmitted(ggx, alpha, mu, eta):
    """Share of the light arriving at cosine mu that facets refract and their neighbours do not shadow."""
    cos_i, z, weight = _visible_facets(ggx, alpha, mu, POINTS_INSIDE if eta < 1.0 else POINTS_OUTSIDE)
    reflectance, cos_t = fresnel_dielectric(cos_i, eta)
    down = mu / eta - z * (cos_i / eta - cos_t)
    return np.sum(np.where(down > 0.0, weight * (1.0 - reflectance) * _masking(ggx, alpha, down), 0.0))


def _masking(ggx, alpha, cos_theta):
    """Smith's G1, as in `kernel.microfacet.smith_g1`."""
    c = np.clip(np.abs(cos_theta), 1e-9, 1.0)
    tan = np.maximum(alpha * np.sqrt(1.0 - c**2) / c, 1e-12)
    if ggx:
        return 2.0 / (1.0 + np.sqrt(1.0 + tan**2))
    a = 1.0 / tan
    return np.where(a >= 1.6, 1.0, a * (3.535 + 2.181 * a) / (1.0 + a * (2.276 + 2.577 * a)))


def _visible_facets(ggx, alpha, mu, points):
    """Quadrature over the normals visible at cosine mu: cosine to the view, m.z, and weights that sum to 1."""
    sin_o = np.sqrt(1.0 - mu**2)
    length = np.hypot(alpha * sin_o, mu)
    sin, cos = alpha * sin_o / length, mu / length
    nodes, weights = np.polynomial.legendre.leggauss(points)
    u = 0.5 * (nodes[:, None] + 1.0)
    weight = weights[:, None] * weights
    if ggx:  # the spherical cap of [Dupuy2023]; half of the azimuths will do
        height = u * (1.0 + cos)
        r = np.sqrt(np.maximum(1.0 - (height - cos) ** 2, 0.0))
        phi = np.pi * u.T
        x, y, z = alpha * (r * np.cos(phi) + sin), alpha * r * np.sin(phi), height
    else:  # slopes of the unit Gaussian surface, seen under the stretched direction
        end = min(cos / max(sin, 1e-12), 4.0)
        along, across = -4.0 + (end + 4.0) * u, 4.0 * u.T
        weight = weight * (cos - along * sin) * np.exp(-(along**2) - across**2)
        x, y, z = -alpha * along, -alpha * across, 1.0
    normalise = 1.0 / np.sqrt(x**2 + y**2 + z**2)
    cos_i = (sin_o * x + mu * z) * normalise
    return np.maximum(cos_i, 0.0), z * normalise, np.where(cos_i > 0.0, weight, 0.0) / np.sum(weight)
