"""Which pixels get more samples, against the optimum in closed form."""

import numpy as np
import pytest

from specrender.film import Film, allocation, noise
from specrender.film.allocation import Wishes


def film_of(xyz):
    """A film of (n, h, w, 3) samples."""
    film = Film.create(xyz.shape[2], xyz.shape[1])
    film.xyz += xyz.sum(axis=0)
    film.xyz_squared += np.square(xyz).sum(axis=0)
    film.weight += len(xyz)
    film.sample_count += len(xyz)
    noise.begin(film)
    return film


def wishes_of(errors, counts=100, rate=1.0):
    everywhere = np.ones(errors.shape)
    return Wishes.of((counts * everywhere).astype(np.int64), errors, errors, rate * everywhere)


def test_numbers_of_samples_are_in_the_ratio_of_standard_deviations():
    errors = np.random.default_rng(1).lognormal(size=(30, 40))
    wanted = wishes_of(errors).for_total(3000.0)
    assert np.maximum(wanted, 100).mean() == pytest.approx(3000.0, rel=0.01)
    free = wanted > allocation.EVEN * 3000.0
    assert 0.3 < free.mean() < 0.9
    assert np.all(wanted[~free] == allocation.EVEN * 3000.0)
    ratio = (wanted / errors)[free]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


def test_the_price_makes_the_median_the_target():
    errors = np.random.default_rng(2).lognormal(sigma=0.4, size=(30, 40))
    target = 0.5 * np.median(errors)
    wanted = wishes_of(errors, rate=1.5).for_noise(target, False)
    assert np.median(errors * (100 / wanted) ** 0.75) == pytest.approx(target, rel=0.01)


def test_hard_pixels_take_what_the_budget_allows():
    errors = np.where(np.arange(40) < 30, 1.0, 500.0) * np.ones((30, 1))
    wanted = wishes_of(errors).for_noise(0.5, False)
    # equal numbers would be 400
    assert np.maximum(wanted, 100).mean() == pytest.approx(allocation.SPEND * 400, rel=0.02)


def test_a_pixel_is_not_judged_by_its_own_samples():
    variance = np.ones((9, 9, 3))
    before = allocation.neighbours_error(variance)
    variance[4, 4] = 100.0
    after = allocation.neighbours_error(variance)
    assert after[4, 4] == pytest.approx(before[4, 4]) and after[4, 5] > before[4, 5]
    assert allocation.neighbours_error(np.full((1, 1, 3), 4.0))[0, 0] == 2.0


def test_easy_pixels_get_fewer_samples():
    rng = np.random.default_rng(7)
    scale = np.where(np.arange(40) < 22, 0.01, 1.0)[:, None]
    film = film_of(1.0 + rng.normal(size=(64, 40, 40, 1)) * scale * np.ones(3))
    goal, reached, worst = allocation.decide(film, 0.0011, adaptive=True)
    assert np.all(goal[:, 27:] == 128) and np.all(goal[:, :17] < 128)
    assert 0.0011 < reached < worst < 0.2
    assert np.all(allocation.decide(film, 0.0011, adaptive=False)[0] == 72)
    assert allocation.decide(film, 0.2, adaptive=True)[0] is None


def test_noise_of_colours_counts():
    rng = np.random.default_rng(8)
    xyz = 1.0 + rng.normal(size=(64, 20, 20, 1)) * 0.01 * np.ones(3)
    xyz[:, :, :10, 2] += rng.normal(size=(64, 20, 10))
    goal = allocation.decide(film_of(xyz), 0.0011, adaptive=True)[0]
    assert goal[:, :8].min() > goal[:, 12:].mean()
