"""Colour differences against published pairs and colour-science."""

import numpy as np
import pytest

from specrender.color import (
    D65,
    delta_e_2000,
    delta_e_itp,
    rgb_to_xyz,
    white_xyz,
    xyz_to_ictcp,
    xyz_to_lab,
    xyz_to_uv_prime,
    xyz_to_xy,
)

# [Sharma2005] table 1: pairs chosen for the branches of the formula (hue wrap, means across 0, near neutrals).
SHARMA = np.array(
    [
        [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
        [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000],
        [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
        [50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0009, 7.1792],
        [50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0011, 7.2195],
        [50.0, -0.0010, 2.4900, 50.0, 0.0011, -2.4900, 4.7461],
        [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def random_xyz(count=500):
    return np.random.default_rng(3).random((count, 3)) * white_xyz(D65)


def test_published_pairs():
    for first, second in ((SHARMA[:, :3], SHARMA[:, 3:6]), (SHARMA[:, 3:6], SHARMA[:, :3])):
        assert delta_e_2000(first, second) == pytest.approx(SHARMA[:, 6], abs=5e-5)


def test_agrees_with_colour_science():
    colour = pytest.importorskip("colour")
    xyz, other = random_xyz(), random_xyz()[::-1]
    lab = colour.XYZ_to_Lab(xyz, np.array(D65))
    assert xyz_to_lab(xyz) == pytest.approx(lab, abs=1e-9)
    theirs = colour.difference.delta_E_CIE2000(lab, colour.XYZ_to_Lab(other, np.array(D65)))
    assert delta_e_2000(xyz_to_lab(xyz), xyz_to_lab(other)) == pytest.approx(theirs, abs=1e-6)
    assert xyz_to_xy(xyz) == pytest.approx(colour.XYZ_to_xy(xyz), abs=1e-12)
    assert xyz_to_uv_prime(xyz) == pytest.approx(colour.xy_to_Luv_uv(xyz_to_xy(xyz)), abs=1e-12)


def test_itp_agrees_with_colour_science():
    colour = pytest.importorskip("colour")
    rgb = np.random.default_rng(3).random((2, 500, 3))
    ictcp = colour.RGB_to_ICtCp(203 * rgb, method="ITU-R BT.2100-2 PQ")
    xyz = rgb @ rgb_to_xyz("rec2020").T
    assert xyz_to_ictcp(xyz) == pytest.approx(ictcp, abs=1e-6)
    assert delta_e_itp(*xyz) == pytest.approx(colour.difference.delta_E_ITP(*ictcp), rel=1e-5)


def test_no_difference_and_black():
    black = np.zeros(3)
    assert delta_e_2000(black, black) == 0 and delta_e_itp(black, black) == 0
    assert np.all(np.isnan(xyz_to_xy(black))) and np.all(np.isnan(xyz_to_uv_prime(black)))
    assert np.all(np.isfinite(xyz_to_lab([-0.01, -0.01, 0.2])))
