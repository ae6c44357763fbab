"""Colour temperature, dominant wavelength and efficacy against colour-science and closed forms."""

import numpy as np
import pytest

from specrender.color import D65
from specrender.spectra import catalogue
from specrender.spectra.lamps import cct_duv, dominant_wavelength, luminous_efficacy, xyz_to_uv_1960
from specrender.spectra.spectrum import Blackbody, Tabulated, Uniform, integrate_xyz
from specrender.spectra.wavelengths import cmf

LAMPS = ["D65", "A", "FL2", "FL11", "LED-B3", "HP1", "LED-V1", "D50", "FL1", "FL4"]


@pytest.mark.parametrize("name", LAMPS)
def test_temperature_agrees_with_ohno(name):
    colour = pytest.importorskip("colour")
    xyz = integrate_xyz(catalogue.named(name))
    shape = colour.SpectralShape(360, 830, 1)
    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    kelvin, duv = colour.temperature.uv_to_CCT_Ohno2013(xyz_to_uv_1960(xyz), observer)
    assert cct_duv(xyz) == (pytest.approx(kelvin, abs=1.0), pytest.approx(duv, abs=1e-4))


@pytest.mark.parametrize("kelvin", [1010.0, 1500.0, 2700.0, 5000.0, 6504.0, 20000.0, 90000.0])
def test_black_bodies_have_their_temperature(kelvin):
    found, duv = cct_duv(integrate_xyz(Blackbody(kelvin)))
    assert found == pytest.approx(kelvin, rel=1e-5) and duv == pytest.approx(0, abs=1e-6)


def test_sign_of_duv():
    """Above the locus is green, below is pink."""
    x, y, z = integrate_xyz(Blackbody(4000.0))
    assert cct_duv(np.array([x, y * 1.02, z]))[1] > 0.002
    assert cct_duv(np.array([x, y * 0.98, z]))[1] < -0.002


@pytest.mark.parametrize("xyz", [[0.2, 0.6, 0.1], [0.0, 0.0, 0.0], [0.9, 0.4, 0.0], [0.3, 0.1, 1.5]])
def test_no_temperature(xyz):
    with np.errstate(all="ignore"):
        assert cct_duv(np.array(xyz)) is None


def test_dominant_wavelength_agrees_with_colour_science():
    colour = pytest.importorskip("colour")
    rng = np.random.default_rng(4)
    for xyz in rng.random((40, 3)) + 0.05:
        xy = xyz[:2] / xyz.sum()
        theirs = float(colour.dominant_wavelength(xy, np.array(D65))[0])
        ours, purity = dominant_wavelength(xyz, D65)
        assert ours == pytest.approx(theirs, abs=1.0)
        if theirs > 0:
            assert purity == pytest.approx(float(colour.excitation_purity(xy, np.array(D65))), abs=0.01)


def test_spectral_lines_are_themselves():
    for nm in (450, 520, 589, 640):
        found, purity = dominant_wavelength(cmf()[nm - 360], D65)
        assert found == pytest.approx(nm, abs=1e-6) and purity == pytest.approx(1)
    assert dominant_wavelength(np.array([0.3127, 0.3290, 0.3583]), D65) is None


def test_efficacy():
    assert luminous_efficacy(Tabulated([554.9, 555, 555.1], [0, 1, 0])) == pytest.approx(683.0, abs=0.05)
    between = luminous_efficacy(Tabulated([555.4, 555.5, 555.6], [0, 1, 0]))
    assert between == pytest.approx(683.002 * 0.5 * (cmf()[195, 1] + cmf()[196, 1]))
    assert luminous_efficacy(Uniform(2.0)) == pytest.approx(683.002 * 106.8569 / 471)
    assert luminous_efficacy(Uniform(0.0)) == 0.0
    colour = pytest.importorskip("colour")
    lamp = catalogue.named("FL11")
    grid = np.arange(360, 831)
    theirs = colour.luminous_efficacy(colour.SpectralDistribution(lamp(grid), grid))
    assert luminous_efficacy(lamp) == pytest.approx(theirs, rel=5e-3)
