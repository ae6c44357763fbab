"""Which pixels get more samples, and how many: adaptive sampling.

Samples go where they lower the mean squared relative error of the image most [Neyman1934].  If the variance of the mean
of pixel i falls as V_i(n) = s_i n^-a_i, relative to its squared brightness (see `film.noise`, which tells s_i and a_i),
one more sample lowers it by

    g_i = a_i V_i / n_i,

and the sum of V over the pixels is least, for a number of samples in all, where g is the same everywhere.  At the price
mu of a sample, pixel i wants

    n_i(mu) = n_i (g_i / mu)^(1 / (a_i + 1)),

which for independent samples (a = 1) is Neyman's rule: numbers of samples proportional to standard deviations.  With a
noise target, mu is the highest price at which the noise of the image, a median, will be the target.  Without one, mu is
such that each round adds an eighth to the samples of the image; and every pixel is to have half of the mean at least.
Otherwise the easy ones would stay at the number where errors are judged first for most of a render; and where light is
found by chance, as behind smooth glass, what looks easy is often what has not met it yet: its variance is that of the
others, and grows by no more than the factor two if it has half of the samples.

V_i is not that of the pixel itself but of its 24 neighbours: a pixel that stops because of its own samples, which look
best when they missed something, darkens the image; what its neighbours say is independent of that, and a path that few
pixels have found yet is probably missing here.  The noise of X and Z counts, at half weight, where it is more than that
of Y.

What is hard could take any number of samples (on the prism its error is eighty times the median), so there is a limit:
the image gets at most `SPEND` times the samples that equal numbers would need for the target.  That is done by a cap on
the number of samples of a pixel, which is never below that of equal numbers.  So a target is always met, hard pixels
end far better than with equal numbers, but the time to a median is up to half longer: even the best distribution needs
the mean over the pixels of their variance, cut at its median, over the median.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from specrender.film.film import Film
from specrender.film.noise import FIRST_DECISION, ROUNDING, median_and_worst, next_count, relative_variance, window_sum

#: Half the edge of the windows [pixels] in which the neighbours of a pixel are.
POOL_RADIUS = 2

#: Noise of X and Z counts half: the eye resolves colour less well.
CHROMA = 0.5

#: Adaptive sampling takes at most so many times the samples that equal numbers would need for the target.
SPEND = 1.5

#: It ends when the target is met and this share of the samples that it has taken is all that pixels still want.
LEFT = 0.02

#: Without a target, a round adds this share of the samples.
ROUND = 0.125

#: Without a target, every pixel gets this share of the mean at least.
EVEN = 0.5

#: Pixels that are looked at to find price and cap: enough for medians and means.
SURVEY = 1 << 14

#: Steps of a search by halves, and how far down from the highest price [natural logarithm] it goes.
HALVINGS = 12
FARTHEST = 64.0


def decide(film: Film, target: float | None, adaptive: bool) -> tuple[np.ndarray | None, float, float]:
    """What to do next with a film whose pixels have reached their goals.

    Parameters
    ----------
    target : the noise target, or None.
    adaptive : pixels may get different numbers of samples.

    Returns
    -------
    (goal, noise, worst) : (h, w) int64 samples that each pixel shall have next, or None if the target is met; the noise
        as it is; the error that 95 % of the pixels are below (see `film.noise`).
    """
    counts = film.counts()
    if counts.min() < FIRST_DECISION:
        return next_count(counts), np.inf, np.inf
    variance = relative_variance(film)
    errors = np.sqrt(variance[..., 1])
    reached, worst = median_and_worst(errors)
    is_met = target is not None and reached <= target
    if not adaptive:
        return (None if is_met else next_count(counts)), reached, worst
    rate = np.ones(film.shape) if film.convergence is None else film.convergence.rate
    wishes = Wishes.of(counts, errors, neighbours_error(variance), rate)
    wanted = wishes.for_total((1.0 + ROUND) * counts.mean()) if target is None else wishes.for_noise(target, is_met)
    missing = float(np.maximum(wanted - counts, 0.0).mean())
    if missing == 0.0 or (is_met and missing <= LEFT * counts.mean()):
        return None, reached, worst
    return np.where(wanted > counts, next_goal(counts, wanted), counts), reached, worst


def next_goal(counts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(h, w) int64: the first number of `next_count` that is no less than wanted, but not beyond the next power of two.

    There more is known, of this pixel and of its neighbours.
    """
    doubled = np.left_shift(1, np.frexp(counts.astype(np.float64))[1].astype(np.int64))
    return next_count(np.clip(np.ceil(wanted).astype(np.int64) - 1, counts, doubled - 1))


def neighbours_error(variance: np.ndarray) -> np.ndarray:
    """(h, w): the mean error of the pixels around each, from the (h, w, 3) relative variances of X, Y, Z."""
    errors = np.sqrt(np.maximum(variance[..., 1], CHROMA**2 * np.maximum(variance[..., 0], variance[..., 2])))
    number = window_sum(np.ones(errors.shape), POOL_RADIUS) - 1.0
    total = np.maximum(window_sum(errors, POOL_RADIUS) - errors, 0.0)
    return np.divide(total, number, out=errors.copy(), where=number > 0.5)


@dataclass(frozen=True)
class Wishes:
    """The numbers of samples that pixels want, by the price of a sample; arrays of one shape, float64.

    In logarithms, the numbers of samples and the errors that they bring are linear in the price.

    Parameters
    ----------
    counts, log_counts : samples that the pixels have.
    log_errors : standard errors of Y, whose median is the noise; -inf where they say nothing.
    log_gain : of g; -inf where nothing is wanted.
    rate : the exponents a.
    """

    counts: np.ndarray
    log_counts: np.ndarray
    log_errors: np.ndarray
    log_gain: np.ndarray
    rate: np.ndarray

    @classmethod
    def of(cls, counts, errors, hardness, rate) -> Wishes:
        """From samples, errors, the errors that pixels are judged by, and rates."""
        counts, rate = counts.astype(np.float64), rate.astype(np.float64)
        with np.errstate(divide="ignore"):
            log_errors = np.log(np.where(errors > ROUNDING, errors, 0.0))
            log_gain = np.log(rate * np.square(hardness) / counts)
        return cls(counts, np.log(counts), log_errors, log_gain, rate)

    def at(self, price: float) -> np.ndarray:
        """Samples that the pixels want at a price, but no fewer than are judged."""
        return np.exp(self._log_wanted(price))

    def for_total(self, total: float) -> np.ndarray:
        """Samples that the pixels want, if with what they have beyond it the mean is `total`; half of that or more."""
        survey = self._survey(np.ones(self.counts.shape, bool))
        least = np.maximum(survey.counts, EVEN * total)
        price = survey._highest(lambda price: np.maximum(least, survey.at(price)).mean() >= total)
        return np.maximum(self.at(price), EVEN * total)

    def for_noise(self, target: float, is_met: bool) -> np.ndarray:
        """Samples that the pixels want so that the noise is the target; more than they have if it is not met."""
        noisy = np.isfinite(self.log_errors)
        if not noisy.any():
            return self.counts
        survey = self._survey(noisy)
        # what every pixel would need if all had equally many
        uniform = max(FIRST_DECISION, float(np.exp(np.median(survey._log_needed(target)))))
        price = survey._highest(lambda price: np.median(survey._log_errors_at(price)) <= np.log(target))
        everyone = self._survey(np.ones(self.counts.shape, bool))
        cap = everyone._cap(price, SPEND * uniform, uniform)
        enough = 0.0 if is_met else LEFT * self.counts.mean()
        # where those who want more hardly move the median, because others were capped, easier ones join them
        for lower in np.arange(0.0, FARTHEST, 0.5):
            wanted = np.minimum(self.at(price - lower), cap)
            if is_met or np.maximum(wanted - self.counts, 0.0).mean() > enough:
                return wanted
        return self.counts + 1.0

    def _survey(self, mask):
        """Evenly spread pixels of the mask."""
        chosen = np.flatnonzero(mask)
        chosen = chosen[:: -(-chosen.size // SURVEY)]
        return Wishes(*(getattr(self, field.name).ravel()[chosen] for field in fields(self)))

    def _log_wanted(self, price):
        return np.maximum(self.log_counts + (self.log_gain - price) / (self.rate + 1.0), np.log(FIRST_DECISION))

    def _log_errors_at(self, price):
        return self.log_errors - 0.5 * self.rate * (self._log_wanted(price) - self.log_counts)

    def _log_needed(self, target):
        return self.log_counts + 2.0 / self.rate * (self.log_errors - np.log(target))

    def _cap(self, price, total, least):
        """The most samples a pixel may have so that the mean is no more than `total`, or `least` if that is more."""
        wanted = self.at(price)
        low, high = least, max(least, float(wanted.max()))
        if np.maximum(self.counts, wanted).mean() <= total:
            return high
        for _ in range(HALVINGS):
            middle = np.sqrt(low * high)
            if np.maximum(self.counts, np.minimum(wanted, middle)).mean() > total:
                high = middle
            else:
                low = middle
        return low

    def _highest(self, holds):
        """The highest price at which something holds that holds at all lower ones."""
        # at this price everybody wants the least
        floors = self.log_gain + (self.rate + 1.0) * (self.log_counts - np.log(FIRST_DECISION))
        high = float(np.max(floors, where=np.isfinite(floors), initial=-FARTHEST))
        step = 1.0
        while not holds(high - step) and step < FARTHEST:
            step *= 2.0
        low, high = high - step, high - (0.5 * step if step > 1.0 else 0.0)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            if holds(middle):
                low = middle
            else:
                high = middle
        return low
