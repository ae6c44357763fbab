"""The statistics of paired renders, against naive formulas and simulations with known truth."""

import numpy as np
import pytest

from specrender.comparison import statistics as st

H, W = 12, 16


def simulated(batches, signal=0.0, seed=1, correlation=0.95, shape=(H, W)):
    """A pair whose two sides share most of their noise, with correlated X, Y, Z; and the batches themselves."""
    rng = np.random.default_rng(seed)
    mix = np.array([[1.0, 0.3, 0.1], [0.2, 0.8, 0.1], [0.0, 0.4, 1.2]])
    first, second = st.GroupSums.create(shape), st.GroupSums.create(shape)
    pair, pictures = st.Pair.create(first, second), []
    for _ in range(batches):
        shared = rng.normal(size=(*shape, 3)) @ mix.T
        own = rng.normal(size=(2, *shape, 3)) @ mix.T * np.sqrt(1.0 - correlation)
        x = 10.0 + signal + np.sqrt(correlation) * shared + own[0]
        y = 10.0 + np.sqrt(correlation) * shared + own[1]
        pair.add(x, y)
        first.add(x)
        second.add(y)
        pictures.append((x, y))
    return pair, pictures


def test_covariance_is_that_of_the_mean_of_the_differences():
    pair, pictures = simulated(20)
    d = np.array([x - y for x, y in pictures])
    for y, x in ((0, 0), (5, 7), (11, 15)):
        naive = np.cov(d[:, y, x].T) / len(d)
        np.testing.assert_allclose(pair.covariance()[y, x], naive, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(pair.difference(), d.mean(axis=0), atol=1e-5)


def test_common_random_numbers_save_what_the_pictures_share():
    pair, pictures = simulated(40)
    x, y = (np.array(side) for side in zip(*pictures, strict=True))
    apart = x.var(axis=0, ddof=1) / len(x) + y.var(axis=0, ddof=1) / len(y)
    together = np.einsum("...ii->...i", pair.covariance())
    assert together.mean() < 0.1 * apart.mean()


@pytest.mark.parametrize("batches", [8, 32])
def test_p_values_are_uniform_without_a_difference(batches):
    from scipy.stats import kstest

    pair, _ = simulated(batches, shape=(60, 60))
    difference, covariance = pair.difference(), pair.covariance()
    own = st._hotelling(difference, covariance, np.full((60, 60), 1e-6), batches - 1)
    assert kstest(own.ravel(), "uniform").pvalue > 0.01
    pooled = st._hotelling(difference, st._neighbourhood_mean(covariance), np.full((60, 60), 1e-6), 9 * (batches - 1))
    assert kstest(pooled.ravel(), "uniform").pvalue > 0.001  # neighbours share their covariance
    p = st.p_values(pair)
    assert (p >= own - 1e-3).all() and (p >= pooled - 1e-3).all()
    # the far tail is what the false discovery rate rests on
    assert np.mean(p < 1e-3) < 1e-3 + 4 * np.sqrt(1e-3 / p.size)


def test_skewed_noise_makes_no_discoveries():
    """Few samples of a skewed kind: the own covariance alone would mark pixels in most of the pictures."""
    rng = np.random.default_rng(8)
    marked, naive = 0, 0
    for _ in range(20):
        first, second = st.GroupSums.create((32, 32)), st.GroupSums.create((32, 32))
        pair = st.Pair.create(first, second)
        for _ in range(32):
            x = 10.0 + rng.exponential(size=(32, 32, 3)) - 1.0
            pair.add(x, np.full_like(x, 10.0))
            first.add(x)
            second.add(np.full_like(x, 10.0))
        own = st._hotelling(pair.difference(), pair.covariance(), np.full((32, 32), 1e-6), 31)
        naive += st.discoveries(own).any()
        marked += st.discoveries(st.p_values(pair)).any()
    assert naive >= 10
    assert marked <= 3


def test_p_values_agree_with_hotellings_test_computed_naively():
    from scipy.stats import f

    pair, pictures = simulated(15, signal=0.2)
    d = np.array([x - y for x, y in pictures])[:, 3, 4]
    n = len(d)
    t2 = n * d.mean(axis=0) @ np.linalg.inv(np.cov(d.T)) @ d.mean(axis=0)
    expected = f.sf(t2 * (n - 3) / (3 * (n - 1)), 3, n - 3)
    found = st._hotelling(pair.difference(), pair.covariance(), np.full((H, W), 1e-6), n - 1)
    assert found[3, 4] == pytest.approx(expected, rel=1e-3)


def test_a_difference_without_noise_is_significant_unless_it_is_rounding():
    first, second = st.GroupSums.create((1, 3)), st.GroupSums.create((1, 3))
    pair = st.Pair.create(first, second)
    x = np.ones((1, 3, 3))
    y = x * np.array([1.0, 1.0 + 1e-6, 1.01])[:, None]
    for _ in range(16):
        pair.add(x, y)
        first.add(x)
        second.add(y)
    p = st.p_values(pair)[0]
    assert p[0] == 1.0 and p[1] > 0.9 and p[2] < 1e-9


def test_black_pixels_are_not_significant():
    first, second = st.GroupSums.create((2, 2)), st.GroupSums.create((2, 2))
    pair = st.Pair.create(first, second)
    for _ in range(8):
        first.add(np.zeros((2, 2, 3)))
        second.add(np.zeros((2, 2, 3)))
    assert (st.p_values(pair) == 1.0).all()


def test_discoveries_are_those_of_benjamini_and_hochberg():
    from scipy.stats import false_discovery_control

    rng = np.random.default_rng(3)
    p = np.concatenate([rng.uniform(size=900), rng.uniform(size=100) * 1e-3]).reshape(20, 50)
    expected = false_discovery_control(p.ravel(), method="bh").reshape(p.shape) <= 0.05
    np.testing.assert_array_equal(st.discoveries(p), expected)
    assert expected.sum() > 50
    assert not st.discoveries(rng.uniform(0.06, 1.0, size=(5, 5))).any()


def test_false_discoveries_among_true_ones_stay_below_the_rate():
    """Half of the pixels differ: the rule promises 0.05 x 1/2 wrong marks, and two tests at once make it cautious."""
    shares, found = [], []
    for seed in range(40):
        signal = np.zeros((24, 24, 3))
        signal[:, :12] = 0.35
        pair, _ = simulated(24, signal=signal, seed=seed, shape=(24, 24))
        marked = st.discoveries(st.p_values(pair))
        shares.append(marked[:, 12:].sum() / max(marked.sum(), 1))
        found.append(marked[:, :12].mean())
    assert 0.002 < np.mean(shares) < 0.025
    assert np.mean(found) > 0.5


def test_noise_only_pictures_have_the_noise_and_not_the_signal():
    pair, _ = simulated(32, signal=5.0, shape=(40, 40))
    expected = np.einsum("...ii->...i", pair.covariance()).mean(axis=(0, 1))
    rows = [pair.noise_only(row) for row in range(len(st.HADAMARD))]
    for row in rows:
        assert np.abs(row.mean(axis=(0, 1))).max() < 0.01
        np.testing.assert_allclose(np.square(row).mean(axis=(0, 1)), expected, rtol=0.1)
    # rows tell different things
    assert abs(np.corrcoef(rows[0].ravel(), rows[1].ravel())[0, 1]) < 0.05


def test_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(5).normal(size=8)
    counts = np.full(8, 4)
    partial = (values.sum() - values) / 7
    assert st.jackknife(values.mean(), partial, counts) == pytest.approx(values.std(ddof=1) / np.sqrt(8))


def test_jackknife_takes_groups_of_unequal_size():
    rng = np.random.default_rng(6)
    counts = np.array([5, 4, 4, 4, 5, 5, 4, 4])
    errors = []
    for _ in range(2000):
        groups = rng.normal(size=8) / np.sqrt(counts)
        mean = (groups * counts).sum() / counts.sum()
        partial = np.array(
            [(mean * counts.sum() - g * c) / (counts.sum() - c) for g, c in zip(groups, counts, strict=True)]
        )
        errors.append(st.jackknife(mean, partial, counts) ** 2)
    assert np.mean(errors) == pytest.approx(1 / counts.sum(), rel=0.05)


def test_intervals_cover_the_truth():
    """Of a function that is not linear, at about the stated rate."""
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(400):
        first = rng.normal([1.0, 2.0], 0.3, size=(16, 2))
        second = first + rng.normal(0.5, 0.1, size=(16, 2))
        value, half = st.with_interval(lambda a, b: np.linalg.norm(b - a, axis=-1), first, second)
        inside += abs(value - np.hypot(0.5, 0.5)) <= half
    assert 0.91 < inside / 400 < 0.98


@pytest.mark.parametrize("samples", [8, 9, 31, 32, 64, 97, 100, 1000, 4096])
def test_batches_hold_exactly_the_samples(samples):
    batches, each = st.batch_plan(samples)
    assert batches * each == samples
    assert batches >= min(samples, st.WANTED_BATCHES)


def test_power_of_two_samples_make_power_of_two_batches():
    """Sobol points are best in such numbers."""
    assert st.batch_plan(64) == (32, 2)
    assert st.batch_plan(1024) == (32, 32)
