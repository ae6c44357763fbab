"""Distributions of microfacets: normalisation, shadowing, and sampling of the visible normals at all angles."""

import numpy as np
import pytest
from chi_square import SIGNIFICANCE, chi_square_p_value, sphere_quadrature
from scipy.special import erf, erfinv

from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import (
    erf_inverse,
    microfacet_density,
    pdf_visible_normal,
    sample_visible_normal,
    smith_g1,
)
from specrender.kernel.simd import lane, vec3

DISTRIBUTIONS = pytest.mark.parametrize("ggx", [False, True], ids=["beckmann", "ggx"])


@kernel(entry=True)
def _run(ggx, alpha_u, alpha_v, w, u, m, out):
    """Sample normals into m where u has rows; then D, G1 and the pdf at m."""
    w = vec3(w[0], w[1], w[2])
    for i in range(m.shape[0]):
        if u.shape[0] > 0:
            normal = sample_visible_normal(ggx, alpha_u, alpha_v, w, u[i, 0], u[i, 1])
            m[i, 0], m[i, 1], m[i, 2] = lane(normal, 0), lane(normal, 1), lane(normal, 2)
        normal = vec3(m[i, 0], m[i, 1], m[i, 2])
        out[i, 0] = microfacet_density(ggx, alpha_u, alpha_v, m[i, 0], m[i, 1], m[i, 2])
        out[i, 1] = smith_g1(ggx, alpha_u, alpha_v, normal)
        out[i, 2] = pdf_visible_normal(ggx, alpha_u, alpha_v, w, normal)


@kernel(entry=True)
def _erf_inverse(x, out):
    for i in range(x.shape[0]):
        out[i] = erf_inverse(x[i])


def run(ggx, alpha, w, m=None, u=None):
    """(normals, D, G1, pdf)."""
    m = np.zeros((len(u), 3), np.float32) if m is None else np.array(m, np.float32)
    u = np.zeros((0, 2), np.float32) if u is None else u
    out = np.zeros((len(m), 3), np.float32)
    _run(ggx, np.float32(alpha[0]), np.float32(alpha[1]), np.array(w, np.float32), u, m, out)
    return (m, *out.T)


def view(theta, phi=25.0):
    t, p = np.deg2rad([theta, phi])
    return np.array([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)], np.float32)


@DISTRIBUTIONS
@pytest.mark.parametrize("alpha", [(0.1, 0.1), (0.5, 0.5), (0.15, 0.6), (1.0, 1.0)])
def test_facets_project_to_the_surface(ggx, alpha):
    m, weights = sphere_quadrature((200, 64), 8)
    upper = m[:, 2] > 0
    density = run(ggx, alpha, view(0), m[upper])[1].astype(np.float64)
    assert abs(np.sum(density * m[upper, 2] * weights[upper]) - 1) < 1e-3


@DISTRIBUTIONS
@pytest.mark.parametrize("theta", [0.0, 30.0, 60.0, 80.0])
def test_visible_facets_project_to_the_view(ggx, theta):
    m, weights = sphere_quadrature((200, 64), 8)
    upper = m[:, 2] > 0
    pdf = run(ggx, (0.3, 0.5), view(theta), m[upper])[3].astype(np.float64)
    assert abs(np.sum(pdf * weights[upper]) - 1) < (1e-3 if ggx else 4e-3)


def test_shadowing_closed_forms():
    theta = np.linspace(1, 89.9, 300)
    m = np.array([view(t, 0) for t in theta])
    tan = 0.4 * np.tan(np.deg2rad(theta))
    np.testing.assert_allclose(run(True, (0.4, 0.9), view(0), m)[2], 2 / (1 + np.sqrt(1 + tan**2)), rtol=1e-4)
    a = 1 / tan
    exact = 2 / (1 + erf(a) + np.exp(-(a**2)) / (a * np.sqrt(np.pi)))
    np.testing.assert_allclose(run(False, (0.4, 0.9), view(0), m)[2], exact, rtol=4e-3)


@DISTRIBUTIONS
@pytest.mark.parametrize("theta", [0.0, 20.0, 45.0, 55.0, 70.0, 85.0, 89.9])
@pytest.mark.parametrize("alpha", [(0.1, 0.1), (0.3, 0.3), (0.8, 0.2)])
def test_sampling_follows_the_visible_normals(ggx, theta, alpha):
    u = np.random.default_rng(4).random((100_000, 2), dtype=np.float32)
    m = run(ggx, alpha, view(theta), u=u)[0]
    np.testing.assert_allclose(np.linalg.norm(m, axis=1), 1, atol=1e-5)

    def density(normals):
        return np.where(normals[:, 2] > 0, run(ggx, alpha, view(theta), normals)[3], 0)

    integral = chi_square_p_value(m[:1], density, (64, 64))[1]
    p, _ = chi_square_p_value(m, lambda n: density(n) / integral, (64, 64))
    assert p > SIGNIFICANCE


@DISTRIBUTIONS
@pytest.mark.parametrize("alpha", [1e-4, 0.1, 5.0])
def test_corners_of_the_unit_square_are_finite(ggx, alpha):
    edge = np.array([0.0, 1e-7, 0.5, 1 - 2.0**-24], np.float32)
    u = np.stack(np.meshgrid(edge, edge), axis=-1).reshape(-1, 2)
    for theta in (0.0, 1e-4, 60.0, 71.0, 89.0, 89.9999):
        m, density, masking, pdf = run(ggx, (alpha, alpha), view(theta), u=u)
        for values in (m, density, masking, pdf):
            assert np.all(np.isfinite(values))
        np.testing.assert_allclose(np.linalg.norm(m, axis=1), 1, atol=1e-5)
        assert np.all(m[:, 2] >= 0) and np.all(masking <= 1.001)


def test_erf_inverse():
    x = np.linspace(-1, 1, 20001)[1:-1].astype(np.float32)
    out = np.zeros_like(x)
    _erf_inverse(x, out)
    np.testing.assert_allclose(out, erfinv(x.astype(np.float64)), rtol=4e-7, atol=1e-9)
