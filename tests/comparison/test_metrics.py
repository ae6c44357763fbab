"""Colour differences against colour-science and flip-evaluator, by the ways the report goes."""

import numpy as np
import pytest

from specrender.comparison import metrics
from specrender.comparison.metrics import Viewing


@pytest.fixture(scope="module")
def pictures():
    """Two (48, 64, 3) XYZ pictures: from black to three times white, with colours outside sRGB."""
    rng = np.random.default_rng(1)
    first = rng.uniform(0.0, 1.0, size=(48, 64, 3)) * np.linspace(0.0, 3.0, 64)[None, :, None]
    second = np.maximum(first + rng.normal(0.0, 0.05, size=first.shape), 0.0)
    return first, second


@pytest.mark.parametrize("exposure", [0.0, -1.5])
def test_ciede2000_is_that_of_colour_science(pictures, exposure):
    colour = pytest.importorskip("colour")
    first, second = pictures
    # the white of the renderer: D65 with the chromaticity of the standards
    lab = [colour.XYZ_to_Lab(xyz * 2.0**exposure, np.array([0.3127, 0.3290])) for xyz in (first, second)]
    expected = colour.difference.delta_E_CIE2000(*lab)
    np.testing.assert_allclose(metrics.ciede2000(first, second, Viewing(exposure)), expected, atol=1e-3)


@pytest.mark.parametrize("white", [100.0, 203.0])
def test_delta_e_itp_is_that_of_colour_science_at_the_reference_white(pictures, white):
    colour = pytest.importorskip("colour")
    matrix = colour.RGB_COLOURSPACES["ITU-R BT.2020"].matrix_XYZ_to_RGB
    # ICtCp is defined for colours that Rec.2020 holds
    held = [np.all(xyz @ matrix.T > 1e-4, axis=-1) for xyz in pictures]
    first, second = (xyz[held[0] & held[1]] for xyz in pictures)
    assert len(first) > 1000
    encoded = [colour.RGB_to_ICtCp(xyz @ matrix.T * white, method="ITU-R BT.2100-2 PQ") for xyz in (first, second)]
    expected = colour.difference.delta_E_ITP(*encoded)
    found = metrics.itp(first, second, Viewing(reference_white=white))
    # colour-science rounds the matrix of Rec.2020 to seven digits
    np.testing.assert_allclose(found, expected, atol=2e-2)


def test_flip_is_that_of_flip_evaluator(pictures):
    from flip_evaluator import evaluate

    from specrender.color import srgb_encode, xyz_to_rgb

    first, second = (np.clip(xyz, 0.0, 1.0) for xyz in pictures)
    codes = [srgb_encode(np.clip(xyz @ xyz_to_rgb("srgb").T, 0.0, 1.0)).astype(np.float32) for xyz in (first, second)]
    expected, mean, _ = evaluate(*codes, "LDR", applyMagma=False)
    found = metrics.flip(first, second, Viewing())
    np.testing.assert_allclose(found, expected[..., 0] if expected.ndim == 3 else expected, atol=1e-6)
    assert found.mean() == pytest.approx(mean, abs=1e-5)
    assert 0.01 < mean < 1.0


def test_exposure_is_a_gain(pictures):
    first, second = pictures
    one = metrics.ciede2000(first, second, Viewing(exposure=2.0))
    np.testing.assert_allclose(one, metrics.ciede2000(4.0 * first, 4.0 * second, Viewing()))


def xyz_of_lch(lightness, chroma, hue_deg):
    """XYZ of L*, C*, h by the formulas of CIE 15."""
    fy = (lightness + 16) / 116
    a, b = chroma * np.cos(np.radians(hue_deg)), chroma * np.sin(np.radians(hue_deg))
    white = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
    return np.stack([fy + a / 500, fy + np.zeros_like(a), fy - b / 200], axis=-1) ** 3 * white


def test_shifts_of_known_colours():
    hue = np.array([355.0, 90.0, 200.0])
    first = xyz_of_lch(60.0, np.full(3, 30.0), hue)
    second = xyz_of_lch(60.0, np.full(3, 34.0), hue + 10.0)
    found = metrics.shifts(first, second, Viewing())
    assert found["hue_shift_deg"] == pytest.approx(10.0)
    assert found["chroma_shift"] == pytest.approx(4.0)
    assert found["luminance_ratio"] == pytest.approx(1.0)
    assert found["hue_difference"] == pytest.approx(2 * np.sqrt(30 * 34) * np.sin(np.radians(5)), rel=1e-6)
    turn, chroma = metrics.hue_and_chroma_maps(first[None], second[None], Viewing())
    np.testing.assert_allclose(turn[0], 10.0)
    np.testing.assert_allclose(chroma[0], 4.0)


def test_greys_have_no_hue_and_black_no_ratio():
    white = np.array([[0.9505, 1.0, 1.089]])
    assert metrics.shifts(0.2 * white, 0.3 * white, Viewing())["hue_shift_deg"] is None
    assert metrics.shifts(0.2 * white, 0.3 * white, Viewing())["luminance_ratio"] == pytest.approx(1.5)
    nothing = metrics.shifts(0.0 * white, 0.0 * white, Viewing())
    assert nothing["luminance_ratio"] is None and nothing["xyz_error"] is None and nothing["xyz_bias"] is None


def test_distribution_counts_what_is_above():
    found = metrics.distribution(np.array([0.0, 1.0, 2.0, 3.0]), (1.0, 2.3))
    assert found["mean"] == 1.5 and found["max"] == 3.0
    assert found["share_above_1"] == 0.5 and found["share_above_2.3"] == 0.25
