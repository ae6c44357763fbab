"""Colours outside a gamut: counted, clipped, or moved towards grey."""

import numpy as np
import pytest

from specrender.color import rgb_to_xyz, xyz_to_xy
from specrender.color.mapping import KNEE, POLICIES, check_policy, compress, mapped, share_outside
from specrender.errors import InputError

WEIGHTS = rgb_to_xyz("srgb")[1]


def wide_colours(count=2000):
    """Colours of Rec.2020 in linear sRGB, most of which lie outside."""
    rng = np.random.default_rng(5)
    rec2020 = rng.random((count, 3)) ** 3
    return rec2020 @ (np.linalg.inv(rgb_to_xyz("srgb")) @ rgb_to_xyz("rec2020")).T


def test_share():
    rgb = np.array([[1, 0, 0], [5, 5, 5], [1, -0.01, 0], [1, -0.0005, 0], [-1, -1, -1.0]])
    assert share_outside(rgb) == pytest.approx(2 / 5)
    assert share_outside(np.zeros((0, 3))) == 0.0
    assert 0.5 < share_outside(wide_colours()) < 0.9


def test_compress_keeps_luminance_and_dominant_wavelength():
    rgb = wide_colours()
    result = compress(rgb, WEIGHTS)
    assert result.min() >= 0
    assert result @ WEIGHTS == pytest.approx(rgb @ WEIGHTS, rel=1e-12)
    grey = (rgb @ WEIGHTS)[:, None]
    before, after = rgb - grey, result - grey
    assert np.abs(np.cross(before, after)).max() < 1e-12  # along the same line through grey
    assert np.all(np.sum(before * after, axis=1) >= 0)


def test_compress_leaves_the_inside_alone_and_keeps_order():
    grey, red = np.full(3, WEIGHTS[0]), np.array([1.0, 0.0, 0.0])  # d = 1: on the edge
    steps = np.linspace(0, 20, 4000)[:, None]
    result = compress(grey + steps * (red - grey), WEIGHTS)
    reached = (result[:, 0] - grey[0]) / (red - grey)[0]
    inside = steps[:, 0] <= KNEE
    assert reached[inside] == pytest.approx(steps[inside, 0], abs=1e-12)
    assert np.all(np.diff(reached) > 0) and reached[-1] < 1
    slopes = np.diff(reached) / np.diff(steps[:, 0])
    assert np.abs(np.diff(slopes)).max() < 0.06  # no kink at the knee


def test_compress_below_a_peak():
    """Hue and saturation stay; only brightness goes."""
    bright = [[3.0, 1.0, 0.5], [50.0, 40.0, 50.0], [2.0, 2.0, 2.0]]
    rgb = np.array([*bright, [0.5, 0.2, 0.15], [-1.0, 0.1, 0.1], [0.0, 0.0, 0.0]])
    free, result = compress(rgb, WEIGHTS), compress(rgb, WEIGHTS, peak=1.0)
    assert result.min() >= 0 and result.max() <= 1 + 1e-12
    for before, after in zip(free[:3], result[:3], strict=True):
        assert after == pytest.approx(before / before.max())
    assert result[2] == pytest.approx([1, 1, 1])
    assert np.array_equal(result[3:], free[3:]) and np.all(result[4:] == 0)


def test_policies():
    rgb = np.array([[2.0, -0.5, 0.3]])
    assert np.array_equal(mapped(rgb, "keep", WEIGHTS, 1.0), rgb)
    assert np.array_equal(mapped(rgb, "clip", WEIGHTS), [[2.0, 0.0, 0.3]])
    assert np.array_equal(mapped(rgb, "clip", WEIGHTS, 1.0), [[1.0, 0.0, 0.3]])
    assert np.array_equal(mapped(rgb, "compress", WEIGHTS), compress(rgb, WEIGHTS))
    for name in POLICIES:
        assert check_policy(name) == name
    with pytest.raises(InputError, match="did you mean 'compress'"):
        check_policy("compressed")


def test_hue_of_a_laser_line():
    """A green of 520 nm keeps its direction from white in the chromaticity diagram."""
    xyz = np.array([0.0633, 0.7100, 0.0782])
    rgb = compress(np.linalg.inv(rgb_to_xyz("srgb")) @ xyz, WEIGHTS)
    white = xyz_to_xy(rgb_to_xyz("srgb") @ np.ones(3))
    before, after = xyz_to_xy(xyz) - white, xyz_to_xy(rgb_to_xyz("srgb") @ rgb) - white
    assert np.arctan2(*before) == pytest.approx(np.arctan2(*after), abs=1e-6)
    assert np.hypot(*after) < np.hypot(*before)
