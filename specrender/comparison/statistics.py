"""Is a difference signal or noise: paired batches, Hotelling's test, false discovery rate, noise-only pictures.

The samples of a pixel are rendered in B batches.  Batch b has its own seed, and both renders use it (common random
numbers), with n samples each.  Let X_b and Y_b be the sums of weight * XYZ over the n samples, divided by n, of the
spectral and of the RGB render; filter weights have mean 1, so the expectations of X_b and Y_b are the two pictures.

    D_b = X_b - Y_b,      D = (1/B) sum_b D_b,      S = 1/(B - 1) sum_b (D_b - D)(D_b - D)^T

The batches are independent and alike, so D is unbiased for the true difference and

    Cov(D) = Cov(D_b) / B,  estimated by S / B,  with  Cov(D_b) = Cov(X_b) + Cov(Y_b) - Cov(X_b, Y_b) - Cov(Y_b, X_b).

The last two terms are what common random numbers save.  They are never computed: S contains them, because it is formed
of the differences.  Nothing is assumed about the samples inside a batch, so the estimate holds for Owen-scrambled Sobol
points, for which the usual variance of independent samples is far too large.

Were there no difference, Hotelling's T^2 = D^T (S/B)^-1 D would be p (B - 1) / (B - p) times an F(p, B - p)
variable, with p = 3 [Hotelling1931], if batch means were normal.  It tests X, Y and Z together, whatever their
correlation.  Batches of few samples are not normal: where they are skewed, S comes out small together with an extreme
D, and very small p-values are ten times too frequent (measured: 3.4e-4 of them below 1e-5).  So each pixel is tested
twice, with its own S and with the mean of S over its 3 x 3 neighbours, which has 9 (B - 1) degrees of freedom and does
not move with D; the larger p-value counts (measured: none of 20480 below 1e-5, 3 % below 0.05).

The pixels whose difference is significant are found by the step-up rule of [Benjamini1995]: of those marked, the
expected share that is marked wrongly is below the rate (pixels are independent, as no sample belongs to two).

Noise-only pictures: the batches fall into G = 8 groups with means D_g.  With a row h of a Hadamard matrix that sums
to 0, E = (1/G) sum_g h_g D_g has expectation 0 whatever the difference is, and the covariance of D (if the groups
are of equal size; if not, very nearly).  A metric between the picture and the picture + E is what noise alone makes
of that metric.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: Groups of batches, for noise-only pictures and the jackknife.
GROUPS = 8

#: Least number of batches: F(3, B - 3) of fewer has next to no power.
LEAST_BATCHES = 8

#: Batches that are aimed at: with 32, a p-value of 1e-5 needs 6.6 standard errors, against 5.1 with infinitely many.
WANTED_BATCHES = 32

#: Share of false marks that is allowed among the marked pixels.
FALSE_DISCOVERY_RATE = 0.05

#: Relative to a colour: what float32 arithmetic and tabulated spectra may change without meaning anything.  The
#: tests of transport allow renders the same deviation from closed forms.
ROUNDING = 2e-5

#: Rows 1 to 7 of the Hadamard matrix of order 8 (Sylvester's); all are orthogonal to the row of ones.
HADAMARD = np.array([[(-1) ** (i & j).bit_count() for j in range(GROUPS)] for i in range(1, GROUPS)], np.float64)

#: Index pairs of the six different elements of a symmetric 3 x 3 matrix.
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


@dataclass
class GroupSums:
    """Batches of one render, summed by group.

    Parameters
    ----------
    sums : (GROUPS, h, w, 3) float32, sum over the batches of a group of their pictures.
    counts : (GROUPS,) int64, batches in each group.
    """

    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def create(cls, shape: tuple[int, int]) -> GroupSums:
        """No batches yet, for pictures of (h, w)."""
        # float32 rounds a thousand times finer than ROUNDING, in half the memory
        return cls(np.zeros((GROUPS, *shape, 3), np.float32), np.zeros(GROUPS, np.int64))

    @property
    def batches(self) -> int:
        """B, the number of batches."""
        return int(self.counts.sum())

    def add(self, picture: np.ndarray) -> None:
        """Add a batch: (h, w, 3)."""
        group = self.batches % GROUPS
        self.sums[group] += picture
        self.counts[group] += 1

    def mean(self, without: int | None = None) -> np.ndarray:
        """(h, w, 3) float64 mean over all batches, or over those outside the group `without`."""
        keep = np.ones(GROUPS) if without is None else (np.arange(GROUPS) != without).astype(np.float64)
        return np.tensordot(keep / (keep @ self.counts), self.sums, 1)


@dataclass
class Pair:
    """Two renders with common random numbers and the products of their differences.

    Parameters
    ----------
    first, second : what was summed of X_b and Y_b.
    products : (h, w, 6) float64, sum over all batches of the products of D_b in the order of `PAIRS`.
    """

    first: GroupSums
    second: GroupSums
    products: np.ndarray

    @classmethod
    def create(cls, first: GroupSums, second: GroupSums) -> Pair:
        """A pair without batches."""
        return cls(first, second, np.zeros((*first.sums.shape[1:3], 6)))

    @property
    def batches(self) -> int:
        """B, the number of batches."""
        return self.first.batches

    def add(self, first: np.ndarray, second: np.ndarray) -> None:
        """Add the products of a batch, (h, w, 3) X_b and Y_b, which `first` and `second` get by themselves."""
        difference = first - second
        for k, (i, j) in enumerate(PAIRS):
            self.products[..., k] += difference[..., i] * difference[..., j]

    def difference(self) -> np.ndarray:
        """(h, w, 3) D, first minus second."""
        return self.first.mean() - self.second.mean()

    def covariance(self) -> np.ndarray:
        """(h, w, 3, 3) S / B, the covariance of D; needs two batches."""
        count, mean = self.batches, self.difference()
        result = np.empty((*mean.shape, 3))
        for k, (i, j) in enumerate(PAIRS):
            scatter = self.products[..., k] - count * mean[..., i] * mean[..., j]
            result[..., i, j] = result[..., j, i] = scatter / ((count - 1) * count)
        for i in range(3):
            # rounding can make the scatter of equal batches slightly negative
            result[..., i, i] = np.maximum(result[..., i, i], 0.0)
        return result

    def noise_only(self, row: int) -> np.ndarray:
        """(h, w, 3) E: a difference picture of the same noise as D, and without signal.  row : 0 to GROUPS - 2."""
        signs = HADAMARD[row] / (GROUPS * self.first.counts)
        return np.tensordot(signs, self.first.sums, 1) - np.tensordot(signs, self.second.sums, 1)


def p_values(pair: Pair) -> np.ndarray:
    """(h, w) probability of a difference as large as the one found, or larger, where there is none.

    `ROUNDING` times the colour counts as one more standard error in every direction, so that a difference without any
    noise is judged, too.  Needs more than three batches.
    """
    first, second = pair.first.mean(), pair.second.mean()
    difference, covariance = first - second, pair.covariance()
    scale = ROUNDING * np.maximum(np.abs(first), np.abs(second)).max(axis=-1)
    degrees = pair.batches - 1
    own = _hotelling(difference, covariance, scale, degrees)
    pooled = _hotelling(difference, _neighbourhood_mean(covariance), scale, 9 * degrees)
    return np.where(scale == 0.0, 1.0, np.maximum(own, pooled))


def _hotelling(difference, covariance, scale, degrees):
    """(...) p-values of (..., 3) means with (..., 3, 3) covariances of so many degrees of freedom."""
    from scipy.special import fdtrc

    covariance = covariance.copy()
    covariance[..., range(3), range(3)] += np.where(scale == 0.0, 1.0, scale**2)[..., None]
    solved = np.linalg.solve(covariance, difference[..., None])[..., 0]
    t_squared = np.maximum(np.einsum("...i,...i->...", difference, solved), 0.0)
    return fdtrc(3, degrees - 2, t_squared * ((degrees - 2) / (3.0 * degrees)))


def _neighbourhood_mean(values):
    """Mean of (h, w, ...) over 3 x 3 pixels, edges repeated."""
    for axis in (0, 1):
        padded = np.concatenate([values.take([0], axis), values, values.take([-1], axis)], axis)
        size = values.shape[axis]
        values = sum(padded.take(range(i, i + size), axis) for i in range(3)) / 3.0
    return values


def mean_p_value(first: np.ndarray, second: np.ndarray) -> float:
    """The same for the mean colour of many pixels, in which noise has averaged out: (B, 3) means of each batch."""
    count, difference = len(first), first - second
    scale = ROUNDING * max(np.abs(first).mean(axis=0).max(), np.abs(second).mean(axis=0).max())
    if scale == 0.0:
        return 1.0
    covariance = np.cov(difference.T) / count
    return float(_hotelling(difference.mean(axis=0), covariance, np.float64(scale), count - 1))


def discoveries(p: np.ndarray, rate: float = FALSE_DISCOVERY_RATE) -> np.ndarray:
    """Mask of the p-values that are significant at a false discovery rate, of any shape [Benjamini1995] eq. 1."""
    flat = np.sort(p, axis=None)
    passed = np.flatnonzero(flat <= rate * np.arange(1, flat.size + 1) / flat.size)
    return p <= flat[passed[-1]] if passed.size else np.zeros(p.shape, bool)


def confidence_factor(degrees: int, level: float = 0.95) -> float:
    """Standard errors of a two-sided confidence interval by Student's distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + 0.5 * level))


def jackknife(estimate: np.ndarray, partial: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Standard error of an estimate by leaving out one group at a time [Busing1999] eq. 9, with groups of any size.

    Parameters
    ----------
    estimate : (...) from all batches.
    partial : (groups, ...) from those outside each group.
    counts : (groups,) batches in each group.

    Returns
    -------
    (...) float64.
    """
    shape = (-1,) + (1,) * np.ndim(estimate)
    share = (counts / counts.sum()).reshape(shape)
    whole = len(counts) * estimate - ((1.0 - share) * partial).sum(axis=0)
    pseudo = estimate / share - (1.0 / share - 1.0) * partial
    return np.sqrt(((pseudo - whole) ** 2 / (1.0 / share - 1.0)).mean(axis=0))


def with_interval(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray], first: np.ndarray, second: np.ndarray
) -> tuple[float, float]:
    """A function of the means of two rows of values, and half the width of its 95 % interval, by the jackknife.

    Parameters
    ----------
    function : of (..., c) means, row by row.
    first, second : (n, c) independent values each, which may be correlated in pairs.
    """
    count = len(first)
    value = function(first.mean(axis=0), second.mean(axis=0))
    # the means of all but one
    partial = function(*((values.sum(axis=0) - values) / (count - 1) for values in (first, second)))
    return float(value), confidence_factor(count - 1) * float(jackknife(value, partial, np.ones(count)))


def batch_plan(samples: int) -> tuple[int, int]:
    """(batches, samples in each) for a number of samples per pixel: `WANTED_BATCHES` batches or more, if it has them.

    The samples in each divide their number, so that exactly as many are taken as were asked for.
    """
    most = max(1, samples // WANTED_BATCHES)
    each = max(n for n in range(1, most + 1) if samples % n == 0)
    return samples // each, each
