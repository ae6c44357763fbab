"""The scenes that show where RGB is wrong, and the one in which it is right."""

from pathlib import Path

import numpy as np
import pytest

import specrender
from specrender.color import xyz_to_rgb

SCENES = Path(__file__).parents[2] / "scenes"


def compare(name, **options):
    return specrender.compare(SCENES / name / "scene.toml", threads=1, **options)


def colour(picture, x, y, radius=2):
    """(3,) linear sRGB of a place given in shares of width and height."""
    h, w, _ = picture.shape
    x, y = round(x * w), round(y * h)
    return picture[y - radius : y + radius + 1, x - radius : x + radius + 1].mean(axis=(0, 1)) @ xyz_to_rgb("srgb").T


def test_greys_show_no_difference_under_any_lamp():
    for lamp in ("D65", "FL11"):
        found = compare("greys", spp=64, size=(60, 30), defines={"lamp": lamp}).numbers["spaces"]["srgb"]
        assert found["verdict"] == "none", found["verdict_text"]
        assert found["verdict_text"].startswith("No difference beyond noise.")


def test_filters_turn_red_in_wavelengths_and_green_in_rgb():
    result = compare("filters", spp=32, size=(144, 54))
    spectral, rgb = result.spectral.mean_xyz(), result.rgb["srgb"].mean_xyz()
    one, seven = 0.5 - 4.2 / 10.0, 0.5 + 3.0 / 10.0
    for picture in (spectral, rgb):
        first = colour(picture, one, 0.5)
        assert first[1] > first[2] * 3
    assert (deep := colour(spectral, seven, 0.5))[0] > 5 * deep[1]
    assert (deep := colour(rgb, seven, 0.5))[1] > 2 * deep[0]
    found = result.numbers["spaces"]["srgb"]
    assert found["verdict"] == "visible"
    assert found["share_significant_and_above_2.3"] > 0.2


def test_metamers_part_under_other_lamps_in_wavelengths_only():
    result = compare("metamers", spp=128, size=(108, 40))
    for name, booths in (("spectral", (False, True, True)), ("rgb", (False, False, False))):
        picture = result.spectral.mean_xyz() if name == "spectral" else result.rgb["srgb"].mean_xyz()
        masks = result.masks
        for x, differs in zip((0.0, 1 / 3, 2 / 3), booths, strict=True):
            columns = np.arange(108)
            booth = (columns >= x * 108) & (columns < (x + 1 / 3) * 108)
            # the ring and what is inside it have nearly the same place, and so the same light
            pair, plain = (picture[masks[part] & booth].mean(axis=0) for part in ("pair", "plain"))
            chromaticity = [xyz[[0, 2]] / xyz.sum() for xyz in (pair, plain)]
            distance = np.linalg.norm(chromaticity[0] - chromaticity[1])
            assert (distance > 0.01) == differs, (name, x, distance)


def test_fringes_are_lost_in_rgb():
    result = compare("fringes", spp=64, size=(90, 40))
    wedge = next(mask for name, mask in result.masks.items() if name.startswith("wedge"))
    findings = result.findings["srgb"]
    assert result.numbers["spaces"]["srgb"]["verdict"] == "visible"
    assert findings.significant[wedge].mean() > 0.1
    assert findings.significant[~wedge].mean() < 0.02
    coloured = np.ptp(result.spectral.mean_xyz()[wedge] @ xyz_to_rgb("srgb").T, axis=-1).mean()
    white = np.ptp(result.rgb["srgb"].mean_xyz()[wedge] @ xyz_to_rgb("srgb").T, axis=-1).mean()
    assert coloured > 10 * white
    glass = result.numbers["causes"]["dispersive"][0]
    assert glass["index"] == "SF11"
    assert glass["abbe"] == pytest.approx(25.8, abs=0.3)
