"""Chromatic adaptation against colour-science and its own inverse."""

import numpy as np
import pytest

from specrender.color.adaptation import ADAPTATIONS, adaptation_matrix
from specrender.color.gamuts import white_xyz
from specrender.errors import InputError

D65, A = (0.3127, 0.3290), (0.44758, 0.40745)


@pytest.mark.parametrize("method", ["bradford", "cat02", "cat16"])
def test_agrees_with_colour_science(method):
    colour = pytest.importorskip("colour")
    expected = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        white_xyz(A), white_xyz(D65), {"bradford": "Bradford"}.get(method, method.upper())
    )
    assert adaptation_matrix(A, D65, method) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", ["bradford", "cat02", "cat16"])
def test_takes_white_to_white_and_back(method):
    there = adaptation_matrix(A, D65, method)
    assert there @ white_xyz(A) == pytest.approx(white_xyz(D65), abs=1e-12)
    assert adaptation_matrix(D65, A, method) @ there == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.parametrize("method", ADAPTATIONS)
def test_equal_whites_are_the_identity(method):
    assert np.array_equal(adaptation_matrix(D65, D65, method), np.eye(3))


def test_none_and_unknown():
    assert np.array_equal(adaptation_matrix(A, D65, "none"), np.eye(3))
    with pytest.raises(InputError, match="did you mean 'cat16'"):
        adaptation_matrix(A, D65, "cat61")
