"""Indices that depend on the wavelength: unbiased in every lane, whatever the lanes share."""

import numpy as np
import pytest
from harness import WAVELENGTHS, Bsdf, direction

from specrender.kernel.bsdf.kinds import DELTA, DISPERSED, TRANSMISSION
from specrender.scene import description as d
from specrender.scene.compile.coats import fresnel_dielectric

CAUCHY = d.IorSpec(cauchy=[1.45, 0.02, 0.0])


def index(wavelengths):
    return 1.45 + 0.02 / (np.asarray(wavelengths) * 1e-3) ** 2


@pytest.mark.parametrize("theta", [0.0, 50.0, 85.0, 130.0, 170.0])
def test_smooth_glass_is_unbiased_in_every_lane(theta):
    wo = direction(theta, 30)
    eta = index(WAVELENGTHS) if theta < 90 else 1 / index(WAVELENGTHS)
    reflectance, cos_t = fresnel_dielectric(abs(wo[2]), eta)
    s = Bsdf(d.Dielectric(int_ior=CAUCHY, ext_ior=1.0)).sample(wo, 200_000)
    crossed = s.flags & TRANSMISSION != 0
    assert np.all((s.flags & DISPERSED != 0) == crossed)
    assert np.all(s.flags & DELTA)
    # reflected: all lanes; tabulated at 1 nm the index is exact to 1e-6
    np.testing.assert_allclose(
        np.where(crossed[:, None], 0.0, s.weight).mean(axis=0), reflectance, atol=5 * np.sqrt(1 / len(crossed))
    )
    # refracted: the hero stands for four
    assert not s.weight[crossed][:, 1:].any()
    mean = np.where(crossed, s.weight[:, 0], 0.0).mean() / 4
    assert abs(mean - (1 - reflectance[0]) / eta[0] ** 2) < 5 * np.sqrt(1 / len(crossed))
    # in the hero's direction
    if crossed.any():
        expected = np.array([*(-wo[:2] / eta[0]), -np.sign(wo[2]) * cos_t[0]])
        np.testing.assert_allclose(s.wi[crossed][0], expected, atol=1e-5)
        np.testing.assert_allclose(s.eta[crossed], eta[0], rtol=1e-5)


def test_a_hero_in_total_reflection_where_other_lanes_are_not():
    # critical angles from inside: 40.2 degrees at 450 nm, 42.0 at 680 nm
    s = Bsdf(d.Dielectric(int_ior=CAUCHY, ext_ior=1.0)).sample(direction(139), 10_000)
    crossed = s.flags & TRANSMISSION != 0
    assert 0.1 < crossed.mean() < 0.9
    assert not s.weight[crossed].any()
    np.testing.assert_allclose(s.weight[~crossed][:, 0].sum() / len(crossed), 1.0, atol=0.05)


def test_lanes_of_one_wavelength_stay_together():
    bsdf = Bsdf(d.Dielectric(int_ior=CAUCHY, ext_ior=1.0), wavelengths=[550.0] * 4)
    s = bsdf.sample(direction(40), 1000)
    assert not np.any(s.flags & DISPERSED)
    assert np.all(s.weight == s.weight[:, :1])


def test_rgb_mode_has_one_index():
    bsdf = Bsdf(d.Dielectric(int_ior=CAUCHY, ext_ior=1.0), mode="rgb")
    assert bsdf.record["eta_texture"] == -1
    np.testing.assert_allclose(bsdf.record["eta"], index(587.5618), rtol=1e-6)
    assert not np.any(bsdf.sample(direction(40), 1000).flags & DISPERSED)


def test_air_outside_does_not_make_a_constant_index_disperse():
    assert Bsdf(d.Dielectric(int_ior=1.5)).record["eta_texture"] == -1
    assert Bsdf(d.Dielectric(int_ior="BK7")).record["eta_texture"] >= 0


@pytest.mark.parametrize("distribution", ["beckmann", "ggx"])
@pytest.mark.parametrize("theta", [40.0, 150.0])
def test_rough_glass_has_in_each_lane_the_value_of_that_wavelength_alone(distribution, theta):
    node = d.RoughDielectric(alpha=0.2, int_ior=CAUCHY, ext_ior=1.0, distribution=distribution)
    wo = direction(theta, 30)
    together = Bsdf(node)
    s = together.sample(wo, 20_000)
    assert s.weight.max() <= 4.0 * max(1.0, index(450.0) ** 2)
    wi = s.wi[s.pdf > 0]
    value, pdf = together.evaluate(wo, wi)
    alone = [Bsdf(node, wavelengths=[w] * 4).evaluate(wo, wi) for w in WAVELENGTHS]
    for i, (single, _) in enumerate(alone):
        np.testing.assert_allclose(value[:, i], single[:, i], rtol=2e-4, atol=1e-5 * value.max())
    np.testing.assert_allclose(pdf, np.mean([p for _, p in alone], axis=0), rtol=2e-4, atol=1e-5 * pdf.max())


def test_thin_panes_and_plastics_keep_all_lanes():
    reflectance, _ = fresnel_dielectric(direction(60)[2], index(WAVELENGTHS))
    s = Bsdf(d.ThinDielectric(int_ior=CAUCHY, ext_ior=1.0)).sample(direction(60), 100_000)
    crossed = s.flags & TRANSMISSION != 0
    expected = 2 * reflectance / (1 + reflectance)
    np.testing.assert_allclose(np.where(crossed[:, None], 0, s.weight).mean(axis=0), expected, atol=5e-3)
    np.testing.assert_allclose(np.where(crossed[:, None], s.weight, 0).mean(axis=0), 1 - expected, atol=5e-3)

    s = Bsdf(d.Plastic(int_ior=CAUCHY, ext_ior=1.0)).sample(direction(60), 100_000)
    mirror = s.flags & DELTA != 0
    np.testing.assert_allclose(s.weight[mirror][0] * s.pdf[mirror][0], reflectance, rtol=1e-4)


@pytest.mark.parametrize("distribution", ["beckmann", "ggx"])
def test_rough_plastic_is_linear_in_the_index_to_good_accuracy(distribution):
    wi = np.array([direction(t, 100) for t in (5, 30, 60, 80)])
    common = {"alpha": 0.2, "ext_ior": 1.0, "distribution": distribution, "diffuse_reflectance": 0.9}
    value, _ = Bsdf(d.RoughPlastic(int_ior=CAUCHY, **common)).evaluate(direction(50), wi)
    for i, w in enumerate(WAVELENGTHS):
        exact, _ = Bsdf(d.RoughPlastic(int_ior=float(index(w)), **common)).evaluate(direction(50), wi)
        np.testing.assert_allclose(value[:, i], exact[:, i], rtol=4e-3)
