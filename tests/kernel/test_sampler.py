"""Random numbers: uniform, independent where they must be, stratified where Sobol's points promise it."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chi2

from specrender.kernel.jit import kernel
from specrender.kernel.sampler import INDEPENDENT, SOBOL, sample_state, samples
from specrender.kernel.simd import lane

KINDS = {"independent": INDEPENDENT, "sobol": SOBOL}
SIGNIFICANCE = 1e-4


@kernel(entry=True)
def _fill(kind, seed, first_pixel, out):
    """out (pixels, samples, dimensions, 4)."""
    for p in range(out.shape[0]):
        for i in range(out.shape[1]):
            state = sample_state(kind, seed, np.int32(first_pixel + p), np.int32(i))
            for dimension in range(out.shape[2]):
                u = samples(state, np.int32(dimension))
                for k in range(4):
                    out[p, i, dimension, k] = lane(u, k)


def numbers(kind, pixels=1, count=1, dimensions=1, seed=0, first_pixel=0):
    out = np.zeros((pixels, count, dimensions, 4), np.float32)
    _fill(np.int32(KINDS[kind]), np.int32(seed), np.int32(first_pixel), out)
    return out


def p_value(cells, count):
    """Chi-square of cell indices against equal shares."""
    observed = np.bincount(cells.ravel(), minlength=count)
    expected = cells.size / count
    return chi2.sf(np.sum((observed - expected) ** 2) / expected, count - 1)


def pair_p_value(a, b, grid=16):
    return p_value((a * grid).astype(int) * grid + (b * grid).astype(int), grid * grid)


@pytest.mark.parametrize("kind", KINDS)
def test_within_the_unit_interval(kind):
    u = numbers(kind, pixels=64, count=256, dimensions=8)
    assert u.min() >= 0.0
    assert u.max() < 1.0


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31 - 1])
@pytest.mark.parametrize("kind", KINDS)
def test_uniform_over_pixels(kind, seed):
    """One sample of each of many pixels: nothing is stratified, each lane must be uniform, down to small cells."""
    u = numbers(kind, pixels=100_000, seed=seed, dimensions=2)
    for dimension in range(2):
        for k in range(4):
            assert p_value((u[:, 0, dimension, k] * 1000).astype(int), 1000) > SIGNIFICANCE


def test_independent_samples_are_uniform():
    u = numbers("independent", count=100_000, dimensions=3)[0]
    for dimension in range(3):
        for k in range(4):
            assert p_value((u[:, dimension, k] * 1000).astype(int), 1000) > SIGNIFICANCE


def test_independent_pairs():
    """No two lanes, groups, or neighbours in sample or pixel know of each other."""
    u = numbers("independent", count=50_000, dimensions=3, seed=5)[0].reshape(-1, 12)
    for i, j in combinations(range(12), 2):
        assert pair_p_value(u[:, i], u[:, j]) > SIGNIFICANCE, (i, j)
    for i in range(12):
        assert pair_p_value(u[:-1, i], u[1:, i]) > SIGNIFICANCE, i
    v = numbers("independent", pixels=50_000, dimensions=1, seed=5)[:, 0, 0]
    for i in range(4):
        for j in range(4):
            assert pair_p_value(v[:-1, i], v[1:, j]) > SIGNIFICANCE, (i, j)
    other = numbers("independent", pixels=50_000, dimensions=1, seed=6)[:, 0, 0]
    for i in range(4):
        assert pair_p_value(v[:, i], other[:, i]) > SIGNIFICANCE


def test_independent_triples():
    """Three lanes together, on a grid of 8: what choice and position of a light are drawn from."""
    u = (numbers("independent", count=100_000)[0, :, 0] * 8).astype(int)
    for i, j, k in combinations(range(4), 3):
        assert p_value((u[:, i] * 8 + u[:, j]) * 8 + u[:, k], 512) > SIGNIFICANCE


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("pixel", [0, 1, 65_537])
@pytest.mark.parametrize("exponent", [1, 4, 6, 9])
def test_sobol_strata_of_each_lane(pixel, exponent, seed):
    """The first 2^m samples have one number in each interval of 1 / 2^m, in every lane and group."""
    count = 2**exponent
    u = numbers("sobol", count=count, dimensions=5, seed=seed, first_pixel=pixel)[0]
    cells = np.sort((u * count).astype(int), axis=0)
    assert np.array_equal(cells, np.broadcast_to(np.arange(count)[:, None, None], cells.shape))


@pytest.mark.parametrize("pixel", [0, 1, 65_537])
@pytest.mark.parametrize("exponent", [2, 5, 8])
def test_sobol_pair_is_a_net(pixel, exponent):
    """Lanes 1 and 2: each of the 2^m boxes of every shape 2^-a x 2^(a - m) holds one of 2^m points [(0, m, 2)-net]."""
    count = 2**exponent
    u = numbers("sobol", count=4 * count, dimensions=4, first_pixel=pixel)[0]
    for block in u.reshape(4, count, 4, 4):  # any aligned run of 2^m samples is a net
        for dimension in range(4):
            for a in range(exponent + 1):
                boxes = (block[:, dimension, 1] * 2**a).astype(int) * 2 ** (exponent - a)
                boxes += (block[:, dimension, 2] * 2 ** (exponent - a)).astype(int)
                assert np.array_equal(np.sort(boxes), np.arange(count))


def test_sobol_lanes_are_stratified_together():
    """All pairs of lanes, on the coarser grid that a t of 3 grants: 2^3 points in each of 2^(m - 3) boxes."""
    u = numbers("sobol", count=1024, dimensions=2, first_pixel=9)[0]
    for dimension in range(2):
        for i, j in combinations(range(4), 2):
            for a in range(8):
                boxes = (u[:, dimension, i] * 2**a).astype(int) * 2 ** (7 - a)
                boxes += (u[:, dimension, j] * 2 ** (7 - a)).astype(int)
                assert np.all(np.bincount(boxes, minlength=128) == 8)


def test_sobol_groups_are_shuffled():
    """Between groups and between pixels nothing is correlated: sample i of one says nothing of the other."""
    u = numbers("sobol", pixels=2, count=4096, dimensions=3)
    columns = u.transpose(0, 2, 3, 1).reshape(6, 4, 4096)
    for a, b in combinations(range(6), 2):
        for i in range(4):
            for j in range(4):
                correlation = np.corrcoef(columns[a, i], columns[b, j])[0, 1]
                assert abs(correlation) < 5.0 / np.sqrt(4096), (a, b, i, j)


def test_sobol_pixels_are_independent():
    v = numbers("sobol", pixels=50_000, seed=5)[:, 0, 0]
    for i in range(4):
        for j in range(4):
            assert pair_p_value(v[:-1, i], v[1:, j]) > SIGNIFICANCE
            if i < j:
                assert pair_p_value(v[:, i], v[:, j]) > SIGNIFICANCE


def test_sobol_integrates_better():
    """The variance of the mean of a smooth function of a pair falls by more than ten times at 256 samples."""
    variances = {}
    for kind in KINDS:
        u = numbers(kind, pixels=400, count=256)[:, :, 0].astype(np.float64)
        means = np.mean(np.sin(3.0 * u[..., 1]) * u[..., 2], axis=1)
        variances[kind] = means.var()
        exact = (1.0 - np.cos(3.0)) / 3.0 * 0.5
        assert abs(means.mean() - exact) < 5.0 * np.sqrt(variances[kind] / 400.0) + 1e-7
    assert variances["sobol"] < 0.02 * variances["independent"]
