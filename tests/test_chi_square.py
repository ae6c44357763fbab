"""The chi-square helper accepts what follows a density and rejects what does not."""

import numpy as np
from chi_square import SIGNIFICANCE, chi_square_p_value


def uniform(n):
    w = np.random.default_rng(2).normal(size=(n, 3))
    return w / np.linalg.norm(w, axis=1, keepdims=True)


def test_the_right_density_passes():
    p, integral = chi_square_p_value(uniform(100_000), lambda w: np.full(len(w), 1 / (4 * np.pi)))
    assert p > 0.01
    assert abs(integral - 1) < 1e-6


def test_a_density_off_by_some_percent_fails():
    p, _ = chi_square_p_value(uniform(200_000), lambda w: (1 + 0.1 * w[:, 2]) / (4 * np.pi))
    assert p < SIGNIFICANCE


def test_lost_samples_count():
    directions = uniform(100_000)
    directions[::50] = np.nan
    p, _ = chi_square_p_value(directions, lambda w: np.full(len(w), 1 / (4 * np.pi)))
    assert p < SIGNIFICANCE
    p, _ = chi_square_p_value(directions, lambda w: np.full(len(w), 0.98 / (4 * np.pi)))
    assert p > 0.01
