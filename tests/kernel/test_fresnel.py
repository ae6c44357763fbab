"""Fresnel's formulas against their closed forms and against the textbook form in complex numbers."""

import numpy as np
import pytest

from specrender.kernel.fresnel import fresnel_conductor, fresnel_dielectric, reflect, refract
from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, f32, lane, splat4, vec3, vec4


@kernel(entry=True)
def _dielectric(cos_i, eta, out):
    for i in range(cos_i.shape[0]):
        out[i, 0], out[i, 1] = fresnel_dielectric(cos_i[i], eta[i])
        lanes, cos_t = fresnel_dielectric(cos_i[i], vec4(eta[i], f32(1.0), f32(1.5), f32(0.5)))
        out[i, 2], out[i, 3], out[i, 4] = lane(lanes, 0), lane(cos_t, 0), lane(lanes, 1)


@kernel(entry=True)
def _conductor(cos_i, eta, k, out):
    for i in range(cos_i.shape[0]):
        out[i, 0] = fresnel_conductor(cos_i[i], eta[i], k[i])
        out[i, 1] = lane(fresnel_conductor(cos_i[i], splat4(eta[i]), splat4(k[i])), 2)


@kernel(entry=True)
def _directions(w, m, eta, out):
    w, m = vec3(w[0], w[1], w[2]), vec3(m[0], m[1], m[2])
    cos_i = dot(w, m)
    _, cos_t = fresnel_dielectric(cos_i, eta)
    a, b = reflect(w, m), refract(w, m, cos_i, cos_t, f32(1.0) / eta)
    for i in range(3):
        out[0, i], out[1, i] = lane(a, i), lane(b, i)


def dielectric(cos_i, eta):
    cos_i, eta = np.broadcast_arrays(np.float32(cos_i), np.float32(eta))
    out = np.zeros((cos_i.size, 5), np.float32)
    _dielectric(cos_i.ravel().copy(), eta.ravel().copy(), out)
    np.testing.assert_allclose(out[:, :2], out[:, 2:4], rtol=1e-5, atol=2e-7)  # scalars and lanes agree
    return out[:, 0], out[:, 1]


def conductor(cos_i, eta, k):
    cos_i, eta, k = np.broadcast_arrays(np.float32(cos_i), np.float32(eta), np.float32(k))
    out = np.zeros((cos_i.size, 2), np.float32)
    _conductor(cos_i.ravel().copy(), eta.ravel().copy(), k.ravel().copy(), out)
    np.testing.assert_allclose(out[:, 0], out[:, 1], rtol=1e-6)
    return out[:, 0]


def complex_fresnel(cos_i, eta):
    """[Born1999] section 1.5.2 with a complex index, in float64."""
    cos_i, eta = np.asarray(cos_i, np.complex128), np.asarray(eta, np.complex128)
    cos_t = np.sqrt(1 - (1 - cos_i**2) / eta**2)
    s = (cos_i - eta * cos_t) / (cos_i + eta * cos_t)
    p = (eta * cos_i - cos_t) / (eta * cos_i + cos_t)
    return 0.5 * (abs(s) ** 2 + abs(p) ** 2)


@pytest.mark.parametrize("eta", [1.5, 1 / 1.5, 2.4, 1.0003])
def test_dielectric(eta):
    cos_i = np.linspace(0.01, 1, 200)
    eta = float(np.float32(eta))
    reflectance, cos_t = dielectric(cos_i, eta)
    np.testing.assert_allclose(reflectance, complex_fresnel(cos_i, eta), rtol=2e-4, atol=1e-6)
    sin_t = np.sqrt(1 - cos_i**2) / eta
    np.testing.assert_allclose(cos_t, np.sqrt(np.maximum(1 - sin_t**2, 0)), atol=1e-3)
    normal, _ = dielectric(1.0, eta)
    np.testing.assert_allclose(normal, ((eta - 1) / (eta + 1)) ** 2, rtol=1e-3 if eta < 1.1 and eta > 1 else 1e-5)


def test_at_brewsters_angle_half_of_s_is_all_there_is():
    eta = 1.5
    reflectance, _ = dielectric(1 / np.sqrt(1 + eta**2), eta)
    np.testing.assert_allclose(reflectance, 0.5 * ((eta**2 - 1) / (eta**2 + 1)) ** 2, rtol=1e-5)


def test_total_reflection_and_equal_indices_are_exact():
    critical = np.sqrt(1 - 1 / 1.5**2)
    reflectance, cos_t = dielectric(np.linspace(0, critical - 1e-4, 50), 1 / 1.5)
    assert np.all(reflectance == 1) and np.all(cos_t == 0)
    reflectance, cos_t = dielectric(np.linspace(1e-3, 1, 50), 1.0)
    np.testing.assert_allclose(reflectance, 0, atol=1e-12)
    np.testing.assert_allclose(cos_t, np.linspace(1e-3, 1, 50), rtol=1e-6)
    np.testing.assert_allclose(dielectric(0.0, 1.5)[0], 1.0, atol=1e-5)


@pytest.mark.parametrize(("eta", "k"), [(0.2, 3.0), (1.5, 7.5), (3.0, 0.1), (0.05, 2.0), (1.5, 0.0)])
def test_conductor(eta, k):
    cos_i = np.linspace(0.01, 1, 200)
    np.testing.assert_allclose(conductor(cos_i, eta, k), complex_fresnel(cos_i, eta + 1j * k), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(conductor(1.0, eta, k), ((eta - 1) ** 2 + k**2) / ((eta + 1) ** 2 + k**2), rtol=1e-5)


def test_a_perfect_mirror_is_exact_and_an_empty_lane_is_finite():
    assert np.all(conductor(np.linspace(0, 1, 100), 0.0, 1.0) == 1)
    assert np.all(np.isfinite(conductor(np.linspace(0, 1, 100), 0.0, 0.0)))


def test_directions_obey_the_laws():
    m = np.array([0.2, -0.1, 0.97])
    m /= np.linalg.norm(m)
    w = np.array([0.6, 0.3, 0.5])
    w /= np.linalg.norm(w)
    out = np.zeros((2, 3), np.float32)
    _directions(np.float32(w), np.float32(m), np.float32(1.5), out)
    mirrored, refracted = out
    np.testing.assert_allclose(mirrored + w, 2 * (m @ w) * m, atol=1e-6)
    np.testing.assert_allclose(np.cross(m, refracted) * 1.5, -np.cross(m, w), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(refracted), 1.0, rtol=1e-6)
    assert refracted @ m < 0
