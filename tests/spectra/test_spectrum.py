import numpy as np
import pytest

from specrender.errors import InputError
from specrender.spectra import wavelengths
from specrender.spectra.spectrum import (
    Blackbody,
    Product,
    Scaled,
    Sigmoid,
    Tabulated,
    Uniform,
    integrate_xyz,
    luminance,
)

colour = pytest.importorskip("colour")
NM = np.array([360.0, 444.4, 555.0, 700.25, 830.0])


def test_cmf_are_those_of_cie():
    cmf = wavelengths.cmf()
    assert cmf.shape == (471, 3)
    expected = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].align(colour.SpectralShape(360, 830, 1)).values
    np.testing.assert_array_equal(cmf, expected)
    assert cmf[:, 1].sum() == pytest.approx(wavelengths.CIE_Y_INTEGRAL, abs=5e-8)


def test_tables_cannot_be_changed():
    with pytest.raises(ValueError):
        wavelengths.cmf()[0, 0] = 1.0


def test_uniform_one_has_luminance_one():
    assert luminance(Uniform(1.0)) == pytest.approx(1.0, abs=1e-9)
    assert Uniform(2.5)(NM).tolist() == [2.5] * 5


@pytest.mark.parametrize("kelvin", [800.0, 2856.0, 6504.0, 25000.0])
def test_blackbody_is_plancks_law(kelvin):
    c1, c2 = 3.741771852e-16, 1.438776877e-2  # CODATA 2018 first and second radiation constants
    expected = colour.colorimetry.planck_law(NM * 1e-9, kelvin, c1, c2) * 1e-9
    np.testing.assert_allclose(Blackbody(kelvin)(NM), expected, rtol=3e-8)  # the 10 digits of c1 and c2


def test_cold_blackbody_is_dark_and_finite():
    assert (Blackbody(1.0)(NM) == 0).all()


@pytest.mark.parametrize("kelvin", [0.0, -5.0, float("nan"), "warm"])
def test_blackbody_needs_a_temperature(kelvin):
    with pytest.raises(InputError, match="temperature"):
        Blackbody(kelvin)


def test_tabulated_is_linear_and_zero_or_held_outside():
    zero = Tabulated([400, 500, 700], [1.0, 3.0, 2.0])
    assert zero([399.9, 400, 450, 600, 700, 701]).tolist() == [0, 1, 2, 2.5, 2, 0]
    held = Tabulated([400, 500, 700], [1.0, 3.0, 2.0], extrapolate="hold")
    assert held([300, 900]).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("nm", "values", "message"),
    [
        ([400, 400], [1, 2], "increase strictly, but 400 is followed by 400"),
        ([400, 500], [1, 2, 3], "2 wavelengths but 3 values"),
        ([400, 500], [1, float("inf")], "number 2 is inf"),
        ([], [], "at least one"),
        ([-1, 500], [1, 2], "positive"),
        ([[400, 500]], [1, 2], "list"),
        (["a", "b"], [1, 2], "numbers"),
    ],
)
def test_tabulated_says_what_is_wrong(nm, values, message):
    with pytest.raises(InputError, match=message):
        Tabulated(nm, values)


def test_tabulated_knows_two_extrapolations():
    with pytest.raises(InputError, match="allowed: zero, hold"):
        Tabulated([400], [1], extrapolate="linear")


def test_sigmoid_model():
    c = (1e-5, -0.01, 2.0)
    x = c[0] * NM**2 + c[1] * NM + c[2]
    expected = 0.5 + x / (2 * np.sqrt(1 + x**2))
    np.testing.assert_allclose(Sigmoid(c)(NM), expected, rtol=1e-14)
    np.testing.assert_allclose(Sigmoid(c, 3.0, Uniform(2.0))(NM), 6 * expected, rtol=1e-14)
    with pytest.raises(InputError, match="3 coefficients"):
        Sigmoid((1.0, 2.0))


def test_scaled_and_product():
    a, b = Blackbody(3000.0), Tabulated([300, 900], [0.0, 1.0])
    np.testing.assert_allclose(Scaled(a, 2.0)(NM), 2 * a(NM))
    np.testing.assert_allclose(Product(a, b)(NM), a(NM) * b(NM))


def test_equal_spectra_are_equal_and_hash_alike():
    make = lambda label: Tabulated([400, 500], [1, 2], label=label)  # noqa: E731
    assert make("one") == make("two") and hash(make("one")) == hash(make("two"))
    assert make("one") != Tabulated([400, 500], [1, 3])
    assert Sigmoid((1, 2, 3)) == Sigmoid((1, 2, 3)) != Sigmoid((1, 2, 4))
    assert len({Scaled(Uniform(1), 2), Scaled(Uniform(1), 2), Scaled(Uniform(2), 1), Blackbody(1)}) == 3
    assert Uniform(1) != 1


def test_repr_is_short_and_clear():
    assert repr(Tabulated([400, 500], [1, 2], label="x")) == "Tabulated('x', 2 samples, 400-500 nm, extrapolate='zero')"
    assert repr(Uniform(1)) == "Uniform(value=1.0)"
    assert repr(Sigmoid((1, 2, 3))) == "Sigmoid((1, 2, 3))"


def test_integrals_of_tables_between_whole_nm_are_exact():
    """A symmetric line where the observer is straight, one across a corner of it, blocks, and what is held."""
    cmf, line = wavelengths.cmf(), Tabulated([589.05, 589.2, 589.35], [0.0, 50.0, 0.0])
    expected = 7.5 * (0.8 * cmf[229] + 0.2 * cmf[230]) / wavelengths.CIE_Y_INTEGRAL
    np.testing.assert_allclose(integrate_xyz(line), expected, rtol=1e-12)
    np.testing.assert_allclose(integrate_xyz(Scaled(Scaled(line, 2.0), 3.0)), 6.0 * expected, rtol=1e-12)
    fine = np.linspace(500.3, 501.9, 160_001)
    ramp = Tabulated([500.3, 501.9], [1.0, 4.0])
    weighted = ramp(fine)[:, None] * np.stack([np.interp(fine, wavelengths.visible(), c) for c in cmf.T], axis=1)
    by_steps = np.trapezoid(weighted, fine, axis=0) / wavelengths.CIE_Y_INTEGRAL
    np.testing.assert_allclose(integrate_xyz(ramp), by_steps, rtol=1e-8)
    assert luminance(Tabulated([500.5, 600.5], [1.0, 1.0], "hold")) == pytest.approx(1.0, rel=1e-6)
    for outside in ([300.1, 310.2], [840.1, 850.2]):
        assert np.all(integrate_xyz(Tabulated(outside, [1.0, 1.0])) == 0.0)
    assert luminance(Tabulated([300.1, 900.2], [1.0, 1.0])) == pytest.approx(1.0, rel=1e-6)


def test_integrate_xyz_of_a_blackbody_against_colour():
    sd = colour.sd_blackbody(3200, colour.SpectralShape(360, 830, 1))
    expected = colour.XYZ_to_xy(colour.sd_to_XYZ(sd))
    x, y, z = integrate_xyz(Blackbody(3200))
    np.testing.assert_allclose([x / (x + y + z), y / (x + y + z)], expected, atol=3e-6)
