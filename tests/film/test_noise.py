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
    assert counts == [8, 16, 32, *range(64, 128, 8), *range(128, 256, 16), 256, 288, 320]
    # from any other number there is a way back
    assert noise.next_count(np.array([3, 9, 33, 100, 255])).tolist() == [8, 16, 64, 104, 256]


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


def remembered(counts, variances, scatter, seed=5):
    """A film remembered at powers of two, whose means have errors of known variance and whose samples scatter more.

    counts : increasing.  variances : function of n, (h, w) variance of the mean of n samples.  scatter : of a sample.
    The mean at n is that of infinitely many samples plus normal errors, each refining the last: Y(n) = Y(2n) + d(n).
    """
    rng = np.random.default_rng(seed)
    error = {8 * counts[-1]: 0.0}
    n = 8 * counts[-1]
    while n > counts[0]:
        n //= 2
        step = np.sqrt(variances(n) - (variances(2 * n) if 2 * n in error and n < 4 * counts[-1] else 0.0))
        error[n] = error[2 * n] + rng.normal(size=step.shape) * step
    height, width = variances(n).shape
    film = Film.create(width, height)
    noise.begin(film)
    for n in counts:
        film.sample_count = n
        film.weight[...] = n
        film.xyz[...] = n * (1.0 + error[n])[..., None]
        film.xyz_squared[...] = n * (np.square(film.xyz / n) + scatter)
        noise.remember(film, True)
    return film


POWERS = (8, 16, 32, 64, 128, 256)


def test_evenly_spread_samples_are_known_to_be_better():
    """Means of n samples with an error of n^-1.5 whose scatter says n^-0.5: only the changes tell."""
    film = remembered(POWERS, lambda n: np.full((64, 64), float(n) ** -3), 0.25)
    assert np.median(film.convergence.rate) == pytest.approx(3.0, abs=0.15)
    true = 256**-1.5 / 1.01
    assert noise.noise(film) == pytest.approx(true, rel=0.2)
    # what the scatter alone would say
    film.convergence = None
    assert noise.noise(film) == pytest.approx(0.5 / np.sqrt(255) / 1.01, rel=1e-3)


def test_a_few_pixels_that_do_not_converge_so_fast_are_not_the_median():
    """A tenth of the pixels, everywhere among the others, has 20 times their error."""
    rough = np.random.default_rng(6).random((64, 64)) < 0.1
    film = remembered(POWERS, lambda n: np.where(rough, 0.25, 0.25 / 400.0) / n, 0.25)
    true = 0.5 / 20.0 / 16.0 / 1.01
    assert 0.9 * true < noise.noise(film) < 2.2 * true
    # arithmetic means of the squared changes are those of the rough pixels
    assert np.sqrt(0.9 + 0.1 * 400.0) > 6.0


def test_median_and_worst_are_of_the_same_pixels():
    """On a picture that is mostly black, 95 % of all pixels would be below an error that the median is above."""
    rng = np.random.default_rng(9)
    samples = rng.gamma(2.0, size=(64, 40, 40))
    samples[:, 1:] = 0.0
    film = film_of(samples)
    error = np.sqrt(noise.relative_variance(film)[0, :, 1])
    assert noise.judged(film) == (pytest.approx(np.median(error)), pytest.approx(np.quantile(error, 0.95)))
    assert noise.judged(film)[0] == noise.noise(film)
    assert noise.judged(film_of(samples[:63])) == (np.inf, np.inf)
    assert noise.judged(film_of(np.zeros((64, 3, 3)))) == (0.0, 0.0)
