"""Exposure: stops, automatic, camera."""

import math

import numpy as np
import pytest

from specrender.color.exposure import KEY, parse_exposure
from specrender.errors import InputError, SpecrenderWarning

Y = np.array([0.0, 0.01, 0.04, 0.16, 4.0, np.nan, -0.1])


@pytest.mark.parametrize("value, stops", [(1.5, 1.5), ("-2", -2.0), ("+0.25", 0.25), (0, 0.0)])
def test_stops(value, stops):
    assert parse_exposure(value).stops_for(Y, 1.0) == stops


def test_auto_puts_the_log_average_at_the_grey_card():
    stops = parse_exposure("auto").stops_for(Y, 1.0)
    lit = Y[1:5] * 2**stops
    assert np.exp(np.mean(np.log(lit))) == pytest.approx(KEY)


def test_percentile_becomes_white():
    luminance = np.linspace(0, 10, 1001)
    stops = parse_exposure("auto:90").stops_for(luminance, 1.0)
    assert 9.0 * 2**stops == pytest.approx(1.0)
    assert 10.0 * 2 ** parse_exposure("AUTO:100").stops_for(luminance, 1.0) == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["f/16,1/125,iso100", "iso 100, f16, 0.008s", "1/125s,ISO100,f/16"])
def test_camera(text):
    """Sunny 16: luminance of EV100 = 15 saturates at 1.2 * 2^EV cd/m^2."""
    ev = math.log2(16**2 * 125)
    cdm2_of_y = 72983.6
    stops = parse_exposure(text).stops_for(Y, cdm2_of_y)
    assert 1.2 * 2**ev / cdm2_of_y * 2**stops == pytest.approx(1.0)


def test_one_stop_of_each_setting():
    base = parse_exposure("f/8,1/100,iso100").stops_for(Y, 1.0)
    for text, more in (("f/8,1/50,iso100", 1), ("f/8,1/100,iso200", 1), ("f/4,1/100,iso100", 2)):
        assert parse_exposure(text).stops_for(Y, 1.0) - base == pytest.approx(more)


@pytest.mark.parametrize(
    "value",
    ["inf", "nan", "1001", "bright", "", "auto:", "auto:101", "auto:x", "f/8,1/125", "f/0,1/125,iso100",
     "f/8,1/0,iso100", "f/8,f/4,iso100", "f/8,1/125,iso100,iso100", "f/8,1/125,iso0"],
)  # fmt: skip
def test_not_understood(value):
    with pytest.raises(InputError):
        parse_exposure(value)


def test_darkness_has_no_exposure():
    for text, luminance in (("auto", np.zeros(5)), ("auto:99", np.zeros(5)), ("auto:50", np.array([0, 0, 0, 1.0]))):
        with pytest.warns(SpecrenderWarning, match="no exposure brightens an intensity of 0"):
            assert parse_exposure(text).stops_for(luminance, 1.0) == 0.0
