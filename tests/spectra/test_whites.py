"""Daylight and whites against the CIE's own illuminants and colour-science."""

import numpy as np
import pytest

from specrender.errors import InputError
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Blackbody
from specrender.spectra.whites import daylight, daylight_xy, white


@pytest.mark.parametrize("name, kelvin", [("D50", 5003), ("D55", 5503), ("D65", 6504), ("D75", 7504)])
def test_daylight_is_the_illuminant(name, kelvin):
    grid = np.arange(360, 831.0)
    ours, cie = daylight(kelvin)(grid), catalogue.named(name)(grid)
    # CIE rounds the factors of the components to three digits
    assert np.abs(ours - cie).max() < 2e-3 * cie.max()
    assert white(str(kelvin)).xy == pytest.approx(white(name).xy, abs=1e-4)
    assert white(f"{kelvin} K").xy == pytest.approx(daylight_xy(kelvin), abs=2e-4)


def test_daylight_locus():
    colour = pytest.importorskip("colour")
    for kelvin in (4000, 5000, 6999, 7001, 12000, 25000):
        assert daylight_xy(kelvin) == pytest.approx(colour.temperature.CCT_to_xy_CIE_D(kelvin), abs=1e-6)


def test_whites_by_name_and_kelvin():
    assert white("A").xy == pytest.approx((0.44757, 0.40745), abs=2e-5)
    assert white("D65").xy == pytest.approx((0.31272, 0.32903), abs=2e-5)
    assert white("3200K").spectrum == Blackbody(3200)
    assert white("2856").xy == pytest.approx(white("A").xy, abs=2e-4)


@pytest.mark.parametrize(
    "text, message", [("900", "1000 to 25000"), ("30000", "1000"), ("D64", "mean"), ("Au", "a metal")]
)
def test_no_white(text, message):
    with pytest.raises(InputError, match=message):
        white(text)
