"""Gamuts: matrices against colour-science, whites, round trips, names."""

import numpy as np
import pytest
from colour_names import COLOUR_NAMES

from specrender.color import ADAPTATIONS, D65, GAMUTS, TRANSFERS, gamut, rgb_to_xyz, white_xyz, xyz_to_rgb
from specrender.errors import InputError

ADAPTED = [name for name in GAMUTS if name != "xyz"]


def test_every_gamut_has_an_oracle():
    assert set(COLOUR_NAMES) == set(ADAPTED)


@pytest.mark.parametrize("name", ADAPTED)
@pytest.mark.parametrize("adapt", ADAPTATIONS)
def test_matrices_agree_with_colour_science(name, adapt):
    colour = pytest.importorskip("colour")
    space = colour.RGB_COLOURSPACES[COLOUR_NAMES[name]].copy()
    space.use_derived_transformation_matrices(True)
    xyz = np.array([[0.3, 0.4, 0.5], [0.9505, 1.0, 1.089], [0.02, 0.01, 0.2]])
    method = {"bradford": "Bradford", "cat02": "CAT02", "cat16": "CAT16", "none": None}[adapt]
    expected = colour.XYZ_to_RGB(xyz, space, illuminant=np.array(D65), chromatic_adaptation_transform=method)
    assert xyz @ xyz_to_rgb(name, adapt).T == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", ADAPTED)
def test_published_matrix_to_four_digits(name):
    colour = pytest.importorskip("colour")
    space = colour.RGB_COLOURSPACES[COLOUR_NAMES[name]].copy()
    space.use_derived_transformation_matrices(False)
    # The ROMM standard rounds its white to XYZ = (0.9642, 1, 0.8249), 2e-4 off its own xy = (0.3457, 0.3585).
    tolerance = 3e-4 if name == "prophoto" else 1e-4
    assert rgb_to_xyz(name, "none") == pytest.approx(space.matrix_RGB_to_XYZ, abs=tolerance)


@pytest.mark.parametrize("name", ADAPTED)
@pytest.mark.parametrize("adapt", ["bradford", "cat02", "cat16"])
def test_d65_is_white(name, adapt):
    assert xyz_to_rgb(name, adapt) @ white_xyz(D65) == pytest.approx([1, 1, 1], abs=1e-12)


@pytest.mark.parametrize("name", GAMUTS)
@pytest.mark.parametrize("adapt", ADAPTATIONS)
def test_round_trip(name, adapt):
    assert rgb_to_xyz(name, adapt) @ xyz_to_rgb(name, adapt) == pytest.approx(np.eye(3), abs=1e-12)


def test_absolute_colorimetry_keeps_the_tint():
    # The numbers of the design, section 4: a D65 neutral in ACEScg without adaptation.
    assert xyz_to_rgb("acescg", "none") @ white_xyz(D65) == pytest.approx([0.978, 1.003, 1.079], abs=1e-3)


def test_xyz_is_untouched():
    assert np.array_equal(xyz_to_rgb("xyz"), np.eye(3))


def test_records_are_consistent():
    for name, record in GAMUTS.items():
        assert record.name == name and len(record.chromaticities) == 8
        assert record.display_transfer is None or record.display_transfer in TRANSFERS


def test_unknown_names():
    with pytest.raises(InputError, match="did you mean 'acescg'"):
        gamut("ACEScg")
    with pytest.raises(InputError, match="did you mean 'bradford'"):
        xyz_to_rgb("xyz", "bradfort")
