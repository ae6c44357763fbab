"""The sky's data and the place of the sun."""

import math

import numpy as np
import pytest

from specrender.spectra import sky


@pytest.mark.parametrize(
    ("place_and_time", "zenith_deg", "azimuth_deg"),
    [
        # NOAA's solar calculator: Boulder, 2020-06-21 12:00 (UTC - 7) and Berlin, 2021-03-20 09:00 (UTC + 1)
        (dict(latitude=40.0, longitude=-105.0, timezone=-7, year=2020, month=6, day=21, hour=12), 16.57, 178.6),
    ],
)
def test_sun_at_noon(place_and_time, zenith_deg, azimuth_deg):
    zenith, azimuth = sky.sun_angles(minute=0, second=0, **place_and_time)
    assert math.degrees(zenith) == pytest.approx(zenith_deg, abs=0.05)
    assert (math.degrees(azimuth) + 180.0) % 360.0 == pytest.approx(azimuth_deg, abs=2.0)


def test_equinox_on_the_equator():
    """The sun goes through the zenith at noon, an hour later it is 15 degrees to the west."""
    noon = dict(latitude=0.0, longitude=0.0, timezone=0, year=2000, month=3, day=20, minute=7, second=28)
    zenith, _ = sky.sun_angles(hour=12, **noon)
    assert math.degrees(zenith) < 0.2
    zenith, azimuth = sky.sun_angles(hour=13, **noon)
    assert math.degrees(zenith) == pytest.approx(15.0, abs=0.1)
    assert math.degrees(azimuth) % 360.0 == pytest.approx(90.0, abs=1.0)


def test_sky_is_blue_and_the_low_sun_red():
    parameters, radiance = sky.sky_parameters(3.0, np.full(11, 0.2), math.radians(50.0))
    zenith = sky.sky_radiance(parameters, radiance, np.array(1.0), np.array(math.radians(40.0)))
    assert zenith[3] > 2.0 * zenith[8] > 0.0
    high, low = sky.sun_radiance(3.0, math.radians(50.0)), sky.sun_radiance(3.0, math.radians(3.0))
    assert np.all(low < high)
    assert low[8] / high[8] > 5.0 * low[3] / high[3]


def test_the_sun_outside_the_air_is_brighter():
    """At the zenith of a clear sky two thirds of what is outside the air, 1.86 W/m2/nm at 520 nm, arrive."""
    irradiance = sky.sun_radiance(1.0, 0.5 * math.pi) * 2.0 * math.pi * (1.0 - math.cos(sky.SUN_HALF_APERTURE))
    assert 1.2 < irradiance[5] < 1.6


def test_turbidity_and_albedo_interpolate():
    cases = ((4.0, 0.0), (5.0, 0.0), (4.5, 0.0), (4.0, 1.0), (4.0, 0.3))
    at = [sky.sky_parameters(turbidity, np.full(11, albedo), 1.0) for turbidity, albedo in cases]
    assert np.allclose(at[2][1], 0.5 * (at[0][1] + at[1][1]))
    assert np.allclose(at[4][0], 0.7 * at[0][0] + 0.3 * at[3][0])
    assert np.isfinite(sky.sky_parameters(10.0, np.ones(11), 0.5 * math.pi)[0]).all()
