"""Random numbers: uniform, independent where they must be, stratified where Sobol's points promise it."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chi2

from specrender.kernel.jit import kernel
from specrender.kernel.sampler import (
    _SOBOL_STEPS,
    INDEPENDENT,
    LANE_DIMENSIONS,
    SOBOL,
    sample_of_pixel,
    sample_pair,
    sample_quad,
    sample_state,
    samples,
)
from specrender.kernel.simd import lane

KINDS = {"independent": INDEPENDENT, "sobol": SOBOL}
SIGNIFICANCE = 1e-4

#: Degree, coefficients and initial numbers of the Sobol dimensions after the first, as published.  Source: [Joe2008].
PUBLISHED = [(1, 0, [1]), (2, 1, [1, 3]), (3, 1, [1, 3, 1])]


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


def direction_numbers(degree, coefficients, initial):
    """32 direction numbers by the recurrence of [Joe2008]; initial : the odd integers m that it begins with."""
    v = [m << (31 - i) for i, m in enumerate(initial)]
    for i in range(degree, 32):
        new = v[i - degree] ^ (v[i - degree] >> degree)
        for k in range(1, degree):
            new ^= ((coefficients >> (degree - 1 - k)) & 1) * v[i - k]
        v.append(new)
    return v


def test_sobol_steps_are_the_direction_numbers():
    """Each bit of an index alone gives, by division of polynomials, the direction number that was published."""
    tables = [[1 << (31 - i) for i in range(32)], *(direction_numbers(*args) for args in PUBLISHED)]
    for lane_number, dimension in enumerate(LANE_DIMENSIONS):
        for i, expected in enumerate(tables[dimension]):
            x = 1 << i
            for shifts, masks in _SOBOL_STEPS:
                x ^= (x >> shifts[lane_number]) & masks[lane_number]
            assert int(f"{x:032b}"[::-1], 2) == expected, (dimension, i)


@kernel(entry=True)
def _together(kind, out):
    """out (samples, 3, 4, 4): the first four groups one by one, in two pairs, all four at once."""
    first = sample_state(kind, np.int32(3), np.int32(5), np.int32(77))
    for i in range(out.shape[0]):
        state = sample_of_pixel(first, np.int32(3), np.int32(5), np.int32(i))
        plain = sample_state(kind, np.int32(3), np.int32(5), np.int32(i))
        pairs = sample_pair(state, np.int32(0)), sample_pair(state, np.int32(2))
        quad = sample_quad(state, np.int32(0))
        for k in range(4):
            for group in range(4):
                out[i, 0, group, k] = lane(samples(plain, np.int32(group)), k)
            out[i, 1, 0, k], out[i, 1, 1, k] = lane(pairs[0][0], k), lane(pairs[0][1], k)
            out[i, 1, 2, k], out[i, 1, 3, k] = lane(pairs[1][0], k), lane(pairs[1][1], k)
            out[i, 2, 0, k], out[i, 2, 1, k] = lane(quad[0], k), lane(quad[1], k)
            out[i, 2, 2, k], out[i, 2, 3, k] = lane(quad[2], k), lane(quad[3], k)


@pytest.mark.parametrize("kind", KINDS)
def test_groups_together_are_the_groups_one_by_one(kind):
    out = np.zeros((50, 3, 4, 4), np.float32)
    _together(np.int32(KINDS[kind]), out)
    assert np.array_equal(out[:, 1], out[:, 0])
    assert np.array_equal(out[:, 2], out[:, 0])


def test_sobol_order_and_scrambling_are_independent():
    """Over many pixels the first two samples of a group land in all pairs of cells that a net allows, evenly.

    Where the first lands is up to the scrambling, where the second one lands also to the order.
    """
    u = (numbers("sobol", pixels=200_000, count=2, dimensions=2, seed=11) * 8).astype(int)
    for dimension in range(2):
        for k in range(4):
            first, second = u[:, 0, dimension, k], u[:, 1, dimension, k]
            assert np.all(first // 4 != second // 4)
            assert p_value(first * 4 + second % 4, 32) > SIGNIFICANCE
        for i, j in combinations(range(4), 2):
            assert p_value((u[:, 0, dimension, i] * 8 + u[:, 1, dimension, j]), 64) > SIGNIFICANCE, (i, j)
