"""The host's integrals over coats."""

import numpy as np
import pytest
from scipy.integrate import quad

from specrender.scene.compile.coats import (
    coat_tables,
    diffuse_reflectance_inside,
    diffuse_reflectance_outside,
    fresnel_dielectric,
)


def walsh(n):
    """Closed form for n > 1: [Walsh1926] as in [Duntley1942]."""
    return (
        0.5
        + (n - 1) * (3 * n + 1) / (6 * (n + 1) ** 2)
        + n**2 * (n**2 - 1) ** 2 / (n**2 + 1) ** 3 * np.log((n - 1) / (n + 1))
        - 2 * n**3 * (n**2 + 2 * n - 1) / ((n**2 + 1) * (n**4 - 1))
        + 8 * n**4 * (n**4 + 1) / ((n**2 + 1) * (n**4 - 1) ** 2) * np.log(n)
    )


def test_diffuse_reflectance():
    n = np.array([1.05, 1.33, 1.5, 1.9, 2.4, 4.0])
    np.testing.assert_allclose(diffuse_reflectance_outside(n), walsh(n), atol=1e-6)
    inside = [quad(lambda mu, n=n: fresnel_dielectric(mu, 1 / n)[0] * 2 * mu, 0, 1, limit=500)[0] for n in n]
    np.testing.assert_allclose(diffuse_reflectance_inside(n), inside, atol=1e-5)
    assert abs(float(diffuse_reflectance_outside(1.0))) < 1e-12
    assert diffuse_reflectance_inside(1.5) == pytest.approx(0.5963, abs=1e-4)  # the figure of many a paper on skin


@pytest.mark.parametrize("ggx", [False, True])
def test_smooth_limit_of_rough_coats(ggx):
    transmittance, internal = coat_tables(ggx, 1e-3, 1.5, 64)
    mu = np.linspace(0, 1, 64)
    np.testing.assert_allclose(transmittance[8:], 1 - fresnel_dielectric(mu[8:], 1.5)[0], atol=2e-4)
    plain_mean = 2 * np.mean(fresnel_dielectric(mu, 1 / 1.5)[0] * mu)
    assert internal == pytest.approx(plain_mean, abs=5e-3)


@pytest.mark.parametrize("ggx", [False, True])
def test_rough_coats_lose_energy_only_to_shadowing(ggx):
    transmittance, internal = coat_tables(ggx, 0.3, 1.5, 64)
    assert np.all((transmittance > 0) & (transmittance < 0.97))
    assert 0.35 < internal < 0.62
