"""IES files: what they say, what completes them, what is wrong with them."""

import numpy as np
import pytest

from specrender.errors import InputError
from specrender.scene.readers.ies import parse, read_ies

HEAD = "IESNA:LM-63-2002\n[TEST] none\n[MANUFAC] TILT is not here\nTILT=NONE\n"


def ies(horizontal, candela, vertical=(0, 45, 90), multiplier=1.0, ballast=1.0, kind=1, head=HEAD):
    rows = "\n".join(" ".join(map(str, row)) for row in candela)
    numbers = f"1 1000 {multiplier} {len(vertical)} {len(horizontal)} {kind} 2 0.1 0.1 0\n{ballast} 1 60\n"
    return f"{head}{numbers}{' '.join(map(str, vertical))}\n{' '.join(map(str, horizontal))}\n{rows}\n"


def test_factors_and_interpolation():
    found = parse(ies([0], [[100, 80, 0]], multiplier=2.0, ballast=0.5))
    assert np.allclose(found([0, 22.5, 45, 90, 100], [0, 90, 200, 300, 0]), [100, 90, 80, 0, 0])
    assert found.peak == 100.0


def test_a_quadrant_is_mirrored_twice():
    found = parse(ies([0, 45, 90], [[10, 10, 10], [20, 20, 20], [40, 40, 40]]))
    phi = np.array([0, 45, 90, 135, 180, 225, 270, 315, 360])
    assert np.allclose(found(10, phi), [10, 20, 40, 20, 10, 20, 40, 20, 10])
    assert np.isclose(found(10, 112.5), 30.0)


def test_a_half_is_mirrored_once():
    found = parse(ies([0, 90, 180], [[10, 10, 10], [20, 20, 20], [40, 40, 40]]))
    assert np.allclose(found(10, [0, 90, 180, 270, 315]), [10, 20, 40, 20, 15])


@pytest.mark.parametrize("angles", [[90, 180, 270], [90, 135, 225, 270]])
def test_the_half_between_90_and_270(angles):
    candela = [[a, a, a] for a in angles]
    found = parse(ies(angles, candela))
    inside = np.linspace(90, 270, 19)
    expected = np.interp(inside, angles, angles)
    assert np.allclose(found(20, inside), expected)
    # alike at 180 - phi
    assert np.allclose(found(20, 180.0 - inside), expected)


def test_all_around():
    found = parse(ies([0, 120, 240, 360], [[1, 1, 1], [2, 2, 2], [3, 3, 3], [1, 1, 1]]))
    assert np.allclose(found(10, [0, 60, 180, 300]), [1, 1.5, 2.5, 2])


def test_tilt_included_is_skipped():
    head = "IESNA91\nTILT=INCLUDE\n1\n3\n0 45 90\n1 0.9 0.8\n"
    assert parse(ies([0], [[5, 4, 3]], head=head)).peak == 5.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "no line TILT="),
        (HEAD + "1 1000 x", "'x' is not a number"),
        (HEAD + "1 1000", "ends within"),
        (ies([0], [[1, 1, 1]], kind=2), "type B"),
        (ies([0], [[1, 1, 1, 7]]), "1 numbers follow"),
        (ies([0], [[1, -1, 1]]), "negative"),
        (ies([0], [[0, 0, 0]]), "all 0"),
        (ies([0, 0], [[1, 1, 1], [1, 1, 1]]), "horizontal angles do not increase"),
        (ies([0, 30], [[1, 1, 1], [1, 1, 1]]), "from 0 to 30"),
        (ies([0], [[1, 1, 1]], vertical=(0, 90, 200)), "within 0 and 180"),
        (HEAD + "1 1 1 1e9 1 1 1 0 0 0 1 1 1", "number of vertical angles is 1e+09"),
    ],
)
def test_what_is_wrong_is_said(text, words):
    with pytest.raises(InputError, match="IES file 'text': ") as error:
        parse(text)
    assert words in str(error.value)


def test_a_missing_file():
    with pytest.raises(InputError, match="cannot be read"):
        read_ies("no such.ies")
