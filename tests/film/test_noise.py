"""The error of a film, told from its samples, against errors that are known."""

import numpy as np
import pytest

from specrender.film import Film, noise


def film_of(samples):
    """A film of (n, h, w) luminances; X and Z are the same."""
    film = Film.create(samples.shape[2], samples.shape[1])
    add(film, samples)
    return film


def add(film, samples):
    film.xyz += samples.sum(axis=0)[..., None]
    film.xyz_squared += np.square(samples).sum(axis=0)[..., None]
    film.weight += len(samples)
    film.sample_count += len(samples)


def test_the_formula():
    rng = np.random.default_rng(1)
    samples = rng.gamma(2.0, size=(16, 9, 12)) * np.linspace(0.0, 3.0, 12)
    samples[:, 0] = 0.7  # says nothing
    mean = samples.mean(axis=0)
    errors = samples.std(axis=0, ddof=1) / np.sqrt(16) / (mean + 0.01 * mean.mean())
    assert noise.noise(film_of(samples)) == pytest.approx(np.median(errors[1:, 1:]), rel=1e-9)


def test_images_without_noise():
    assert noise.noise(film_of(np.zeros((4, 3, 3)))) == 0.0
    assert noise.noise(film_of(np.ones((1, 3, 3)))) == np.inf


def test_numbers_of_samples_at_which_errors_are_judged():
    counts, count = [], 0
    while count < 300:
        count = int(noise.next_count(count))
        counts.append(count)
    assert counts == [8, 16, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    # from any other number there is a way back
    assert noise.next_count(np.array([3, 9, 33, 100, 255])).tolist() == [8, 16, 40, 112, 256]


def independent(rng, first, last, shape):
    return rng.gamma(0.5, size=(last - first, *shape))


def doubled(kind, counts, shape=(64, 64), seed=3):
    """The film at the last count, remembered at all of them, and the variance of its mean."""
    rng = np.random.default_rng(seed)
    film = Film.create(shape[1], shape[0])
    noise.begin(film)
    previous = 0
    for count in counts:
        add(film, independent(rng, previous, count, shape))
        noise.remember(film, kind)
        previous = count
    return film


def test_independent_samples_need_no_correction():
    film = doubled(True, (8, 16, 32, 64, 128))
    assert np.median(noise.efficiency(film)) == pytest.approx(1.0, abs=0.1)
    true = np.sqrt(0.5 / 128) / 0.5 / 1.01  # gamma(1/2) has mean 1/2 and variance 1/2
    assert noise.noise(film) == pytest.approx(true, rel=0.1)
    assert np.all(noise.efficiency(doubled(False, (8, 16, 32, 64, 128))) == 1.0)


def test_evenly_spread_samples_are_known_to_be_better():
    """Means of n samples with an error of n^-1.5 whose scatter says n^-0.5: only the changes tell."""
    rng = np.random.default_rng(5)
    shape, film = (64, 64), Film.create(64, 64)
    noise.begin(film)
    # the mean at n is that of infinitely many plus normal errors whose variance falls eightfold a doubling, each
    # refining the last: Y(n) = Y(2n) + d(n)
    errors = {2048: rng.normal(size=shape) * 2048**-1.5}
    for n in (1024, 512, 256, 128, 64, 32, 16, 8):
        step = np.sqrt(n**-3.0 - (2 * n) ** -3.0)
        errors[n] = errors[2 * n] + rng.normal(size=shape) * step
    for n in (8, 16, 32, 64, 128, 256):
        film.sample_count = n
        film.weight[...] = n
        film.xyz[...] = n * (1.0 + errors[n])[..., None]
        film.xyz_squared[...] = n * (1.0 + np.square(film.xyz / n) - 1.0 + 0.25)
        noise.remember(film, True)
    assert np.median(film.convergence.rate) == pytest.approx(3.0, abs=0.15)
    true = np.median(np.full(shape, 256**-1.5)) / 1.01
    assert noise.noise(film) == pytest.approx(true, rel=0.2)
    # what the scatter alone would say
    film.convergence = None
    assert noise.noise(film) == pytest.approx(0.5 / np.sqrt(255) / 1.01, rel=1e-3)


def test_easy_pixels_are_left_out():
    rng = np.random.default_rng(7)
    scale = np.where(np.arange(40) < 20, 0.01, 1.0)
    film = film_of(1.0 + rng.normal(size=(64, 40, 40)) * scale)
    noise.begin(film)
    goal, reached, worst = noise.decide(film, 0.001, adaptive=True)
    assert np.all(goal[:, :15] == 64) and np.all(goal[:, 25:] == 80)
    assert 0.001 < reached < worst < 0.2
    assert np.all(noise.decide(film, 0.001, adaptive=False)[0] == 80)
    assert noise.decide(film, 0.2, adaptive=True)[0] is None
    # the median is met, but not the error of the right half
    assert noise.decide(film, 0.08, adaptive=False)[0] is None
    assert noise.decide(film, 0.08, adaptive=True)[0] is not None


def test_noise_of_colours_counts():
    rng = np.random.default_rng(8)
    film = film_of(1.0 + rng.normal(size=(64, 20, 20)) * 0.01)
    noise.begin(film)
    coloured = 1.0 + rng.normal(size=(64, 20, 20))
    film.xyz[..., 2], film.xyz_squared[..., 2] = coloured.sum(axis=0), np.square(coloured).sum(axis=0)
    assert noise.decide(film, 0.02, adaptive=False)[0] is None
    assert noise.decide(film, 0.02, adaptive=True)[0] is not None
