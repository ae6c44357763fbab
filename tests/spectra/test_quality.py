"""Colour rendering against CIE 15's published indices and colour-science."""

import numpy as np
import pytest

from specrender.spectra import catalogue
from specrender.spectra.quality import color_rendering, fidelity, published_step
from specrender.spectra.spectrum import Blackbody, Tabulated
from specrender.spectra.whites import daylight

#: Ra of the fluorescent lamps, [CIE15] table T.8.
CIE15_RA = {"FL1": 76, "FL2": 64, "FL3": 57, "FL4": 51, "FL5": 72, "FL6": 59, "FL7": 90, "FL8": 95, "FL9": 90,
            "FL10": 81, "FL11": 83, "FL12": 83}  # fmt: skip

LAMPS = [*CIE15_RA, "D65", "A", "LED-B3", "HP1", "LED-RGB1"]


@pytest.mark.parametrize("name", CIE15_RA)
def test_published_indices(name):
    assert color_rendering(catalogue.named(name), published_step(name)).ra == pytest.approx(CIE15_RA[name], abs=1.0)


@pytest.mark.parametrize("name", LAMPS)
def test_agrees_with_colour_science(name):
    colour = pytest.importorskip("colour")
    lamp, step = catalogue.named(name), published_step(name)
    # theirs sums in steps of 1 nm whatever it is given, from 360 nm
    grid = np.arange(360.0, 781.0)
    cri = colour.colour_rendering_index(colour.SpectralDistribution(lamp(grid), grid), additional_data=True)
    ours = color_rendering(lamp, 1.0)
    # and takes the temperature of the reference by another method, Robertson's
    assert ours.ra == pytest.approx(cri.Q_a, abs=0.15)
    assert ours.special == pytest.approx([cri.Q_as[n].Q_a for n in range(1, 15)], abs=0.5)
    theirs = colour.SDS_ILLUMINANTS[name].copy()
    tm30 = colour.quality.colour_fidelity_index_ANSIIESTM3018(theirs, additional_data=True)
    found = fidelity(lamp, step)
    assert (found.rf, found.rg) == (pytest.approx(tm30.R_f, abs=0.1), pytest.approx(tm30.R_g, abs=0.1))


@pytest.mark.parametrize("lamp", [Blackbody(2700.0), Blackbody(4500.0), daylight(5600.0), daylight(12000.0)])
def test_references_are_perfect(lamp):
    found = color_rendering(lamp)
    assert found.ra == pytest.approx(100, abs=0.05) and min(found.special) > 99.8


def test_steps_of_a_smooth_lamp_make_no_difference():
    fine, coarse = (color_rendering(Blackbody(2700.0), step).ra for step in (1.0, 5.0))
    assert fine == pytest.approx(coarse, abs=0.01)
    assert published_step("FL2") == 5.0 and published_step(None) == 1.0 and published_step("no lamp") == 1.0


def test_no_index():
    """Lasers have no colour temperature, and no daylight is as blue as 30000 K."""
    laser = Tabulated([530, 532, 534], [0, 1, 0])
    assert color_rendering(laser) is None and fidelity(laser) is None
    grid = np.arange(360.0, 831.0)
    assert color_rendering(Tabulated(grid, grid**-4.2)) is None
