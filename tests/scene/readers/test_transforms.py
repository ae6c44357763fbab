"""Matrices against closed forms and against Mitsuba."""

import numpy as np
import pytest

from specrender.scene.readers import transforms


def test_rotate_is_right_handed():
    np.testing.assert_allclose(transforms.rotate([0, 0, 5], 90) @ [1, 0, 0, 1], [0, 1, 0, 1], atol=1e-15)
    np.testing.assert_allclose(transforms.rotate([1, 1, 1], 120) @ [1, 0, 0, 1], [0, 1, 0, 1], atol=1e-15)


def test_look_at_frame():
    matrix = transforms.look_at([0, 0, -5], [0, 0, 0], [0, 1, 0])
    np.testing.assert_allclose(matrix @ [0, 0, 1, 1], [0, 0, -4, 1])
    np.testing.assert_allclose(matrix @ [0, 1, 0, 0], [0, 1, 0, 0])
    # Left when looking along +z with +y up is +x.
    np.testing.assert_allclose(matrix @ [1, 0, 0, 0], [1, 0, 0, 0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: transforms.rotate([0, 0, 0], 10), "axis"),
        (lambda: transforms.look_at([1, 2, 3], [1, 2, 3]), "differ"),
        (lambda: transforms.look_at([0, 0, 0], [0, 0, 1], [0, 0, 2]), "parallel"),
        (lambda: transforms.from_values(range(12)), "16 or 9 numbers, got 12"),
    ],
)
def test_impossible(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_agrees_with_mitsuba():
    mi = pytest.importorskip("mitsuba")
    mi.set_variant("scalar_rgb")
    theirs = mi.ScalarTransform4f
    up = [0.1, 0.2, 0.9]
    for ours, other in (
        (transforms.rotate([2, -4, 4], 40), theirs().rotate([1 / 3, -2 / 3, 2 / 3], 40)),
        (transforms.rotate([1, -2, 3], 40, normalize=False), theirs().rotate([1, -2, 3], 40)),
        (transforms.look_at([1, 2, 3], [-1, 0, 2], up), theirs().look_at([1, 2, 3], [-1, 0, 2], up)),
        (transforms.translate([1, 2, 3]) @ transforms.scale([4, 5, 6]), theirs().translate([1, 2, 3]).scale([4, 5, 6])),
    ):
        np.testing.assert_allclose(ours, np.array(other.matrix), atol=1e-6)


def test_look_at_without_up_agrees_with_mitsuba():
    mi = pytest.importorskip("mitsuba")
    mi.set_variant("scalar_rgb")
    for origin in ("1 2 3", "-2 0.5 -3"):
        text = (
            '<shape version="3.0.0" type="rectangle"><transform name="to_world">'
            f'<lookat origin="{origin}" target="0 0 0"/></transform></shape>'
        )
        theirs = np.array(mi.traverse(mi.load_string(text))["to_world"].matrix)
        np.testing.assert_allclose(transforms.look_at(list(map(float, origin.split())), [0, 0, 0]), theirs, atol=1e-6)
