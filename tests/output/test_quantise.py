"""Rounding with dither: no bias, no bands, the same in every run and crop."""

import numpy as np
import pytest

from specrender.output.quantise import dither_pattern, quantised


def ramp(width=4096, height=256, low=0.1, high=0.15):
    """A gradient of 13 codes of 8 bits."""
    return np.broadcast_to(np.linspace(low, high, width)[None, :, None], (height, width, 1))


def residual_spectrum(codes, values):
    """Power of the error along the gradient, mean over rows of the error's own power and of the mean row's."""
    error = codes.astype(float)[..., 0] - values[..., 0] * 255
    return np.abs(np.fft.rfft(error.mean(axis=0)))[1:] ** 2 / error.shape[1]


def test_a_dithered_ramp_has_no_bands():
    """The mean row of the error is white noise, without the saw tooth of rounding; that one is found without dither."""
    values = ramp()
    plain, dithered = quantised(values, 8, None), quantised(values, 8, (0, 0))
    banded, smooth = residual_spectrum(plain, values), residual_spectrum(dithered, values)
    # 12.75 codes along the ramp: the saw tooth has its line there and at its multiples
    lines = [13 * k - 1 for k in range(1, 9)]
    assert max(banded[n - 2 : n + 2].max() for n in lines) > 100 * np.median(banded)
    # white noise of variance f (1 - f) <= 1/4, averaged over rows; the largest of 2048 exponential variates is below
    # 20 means with probability 1 - 4e-6
    assert smooth.max() < 20 * (1 / 6) / values.shape[0]
    assert smooth.mean() == pytest.approx((1 / 6) / values.shape[0], rel=0.15)


def test_means_are_kept_and_integers_untouched():
    for value in (0.0, 1 / 255, 100 / 255, 1.0):
        codes = quantised(np.full((64, 64, 3), value), 8, (0, 0))
        assert np.all(codes == round(255 * value))
    for value in (0.3 / 255, 99.5 / 255, 200.9 / 255):
        codes = quantised(np.full((256, 256, 3), value), 8, (0, 0)).astype(float)
        assert codes.mean() == pytest.approx(255 * value, abs=5 * 0.5 / np.sqrt(codes.size))
        assert set(np.unique(codes)) == {np.floor(255 * value), np.ceil(255 * value)}


def test_channels_and_neighbours_are_independent():
    pattern = dither_pattern((256, 256, 3), (0, 0)) - 0.5
    assert pattern.mean() == pytest.approx(0, abs=5e-3) and pattern.var() == pytest.approx(1 / 12, rel=0.02)
    for other in (np.roll(pattern, 1, axis=0), np.roll(pattern, 1, axis=1), np.roll(pattern, 1, axis=2)):
        assert abs(np.mean(pattern * other)) * 12 < 0.015


def test_pattern_belongs_to_the_pixel():
    whole, part = dither_pattern((40, 50, 3), (0, 0)), dither_pattern((10, 20, 3), (7, 5))
    assert np.array_equal(whole[5:15, 7:27], part)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_left_aligned(bits):
    top = 2**bits - 1
    codes = np.arange(top + 1) if bits < 16 else np.arange(0, top + 1, 17)
    stored = quantised((codes / top)[None, :, None], bits, None)[0, :, 0]
    assert stored.dtype == np.uint16
    assert np.array_equal(stored >> (16 - bits), codes)
    assert np.array_equal(np.rint(stored / 65535 * top), codes)


def test_out_of_range_is_clipped():
    assert np.array_equal(quantised(np.array([[[-0.5, 0.5, 1.5]]]), 8, None), [[[0, 128, 255]]])
