"""Dichromats: what must stay, and what must look alike."""

import numpy as np
import pytest

from specrender.color import D65, rgb_to_xyz, white_xyz, xyz_to_rgb
from specrender.color.vision import CONES, VISION, check_vision, dichromatic
from specrender.errors import InputError


def colours():
    return np.random.default_rng(2).random((300, 3)) @ rgb_to_xyz("srgb").T


@pytest.mark.parametrize("vision", VISION)
def test_greys_and_the_two_lights_stay(vision):
    greys = np.array([0.0, 0.2, 1.0, 5.0])[:, None] * white_xyz(D65)
    assert dichromatic(greys, vision) == pytest.approx(greys, abs=1e-12)
    lights = np.array(VISION[vision][2])
    assert dichromatic(lights, vision) == pytest.approx(lights, abs=1e-12)


@pytest.mark.parametrize("vision", VISION)
def test_what_differs_in_the_missing_cone_looks_alike(vision):
    missing = VISION[vision][0]
    cones = colours() @ CONES.T
    other = cones.copy()
    other[:, missing] *= np.random.default_rng(3).uniform(0.5, 2.0, len(cones))
    back = np.linalg.inv(CONES).T
    assert np.abs(cones - other).max() > 0.1
    assert dichromatic(cones @ back, vision) == pytest.approx(dichromatic(other @ back, vision), abs=1e-12)
    # the two cones that are there see no change
    kept = [i for i in range(3) if i != missing]
    seen = dichromatic(cones @ back, vision) @ CONES.T
    assert seen[:, kept] == pytest.approx(cones[:, kept], abs=1e-12)


@pytest.mark.parametrize("vision", VISION)
def test_twice_is_once_and_linear_in_brightness(vision):
    once = dichromatic(colours(), vision)
    assert dichromatic(once, vision) == pytest.approx(once, abs=1e-9)
    assert dichromatic(3 * colours(), vision) == pytest.approx(3 * once, abs=1e-9)


def test_red_and_green_for_a_deuteranope():
    """Both become yellowish: R and G of similar sign, little blue; a tritanope keeps them apart."""
    red, green = dichromatic(np.array([[1.0, 0, 0], [0, 1.0, 0]]) @ rgb_to_xyz("srgb").T, "deuteranopia")
    for colour in (red, green):
        r, g, b = xyz_to_rgb("srgb") @ colour
        assert r > g > 10 * abs(b) or r > g > 0.2
    with pytest.raises(InputError, match="did you mean 'tritanopia'"):
        check_vision("tritanopa")
