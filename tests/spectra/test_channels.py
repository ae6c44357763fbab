"""Names of spectral channels: examples of [Fichet2021], and what is no wavelength."""

import pytest

from specrender.errors import InputError
from specrender.spectra.channels import spectral_channels


def test_wavelengths_and_frequencies():
    names = [
        "R",
        "S0.600nm",
        "S0.0,5um",
        "T.550,25nm",
        "S0.,4um",
        "S0.7e-7m",
        "S1.500nm",
        "T.5,99584916e14Hz",
        "T.5,5e2THz",
    ]
    found = spectral_channels(names, "a.exr")
    assert list(found) == ["S0", "T"]
    assert list(found["S0"]) == pytest.approx([400.0, 500.0, 600.0, 700.0]) and list(found["S0"].values()) == [
        4,
        2,
        1,
        5,
    ]
    assert list(spectral_channels([f"S0.{nm}nm" for nm in range(300, 900)], "a.exr")["S0"]) == list(range(300, 900))
    assert list(found["T"]) == pytest.approx([500.0, 545.077, 550.25], rel=1e-6)
    assert spectral_channels(["R", "S0.nm", "S0.5", "xS0.5nm", "S0.-5nm"], "a.exr") == {"S0": {}, "T": {}}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["S0.0nm"], "'a.exr' has a channel 'S0.0nm', which is no wavelength"),
        (["S0.0Hz"], "no wavelength"),
        (["T.1e999nm"], "no wavelength"),
        (["S0.500nm", "S0.500,0nm"], "'a.exr' has two channels of 500 nm, 'S0.500nm' and 'S0.500,0nm'"),
    ],
)
def test_what_is_no_wavelength(names, message):
    with pytest.raises(InputError, match=message):
        spectral_channels(names, "a.exr")
