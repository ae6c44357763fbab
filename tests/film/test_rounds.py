"""Parts of a round: as large as asked for, alike for all pixels, and within one another."""

import numpy as np
import pytest

from specrender.film.rounds import Round


@pytest.fixture
def whole():
    rng = np.random.default_rng(1)
    before = rng.integers(64, 200, (17, 23))
    return Round(before, before + rng.choice([0, 8, 16, 40, 64], before.shape))


def test_a_part_has_the_samples_that_are_asked_for_and_lies_within_larger_ones(whole):
    first, last = int(whole.before.sum()), int(whole.goal.sum())
    previous = whole.before
    for total in range(first, last + 1, 7):
        part = whole.part(total)
        assert part.sum() == total and np.all(previous <= part) and np.all(part <= whole.goal)
        previous = part


def test_all_pixels_are_at_the_same_share_of_their_way(whole):
    first, last = int(whole.before.sum()), int(whole.goal.sum())
    for share in (0.1, 0.5, 0.77):
        done = whole.part(round(first + share * (last - first))) - whole.before
        assert np.abs(done - share * (whole.goal - whole.before)).max() <= 1.0


def test_beyond_the_round(whole):
    assert np.array_equal(whole.part(0), whole.before)
    assert np.array_equal(whole.part(10**9), whole.goal)


def test_equal_numbers_stay_equal():
    everywhere = np.full((5, 7), 32)
    assert np.all(Round(everywhere, 2 * everywhere).part(40 * 35) == 40)


def test_what_cannot_be_equal_is_spread_over_the_image():
    empty = np.zeros((32, 32), np.int64)
    part = Round(empty, empty + 8).part(2 * 32 * 32 + 256)
    assert set(np.unique(part)) == {2, 3}
    quarters = (part == 3).reshape(2, 16, 2, 16).sum(axis=(1, 3))
    assert np.all(np.abs(quarters - 64) <= 4)
