"""How noisy a film is, told from its own samples; what `--noise` and adaptive sampling (`film.allocation`) go by.

The error of a pixel is the standard error of its luminance Y, relative to its brightness:

    error = sqrt(V) / (|Y| + 0.01 mean|Y|),     mean over the image,

and the noise of an image is the median of it over all pixels whose samples differ (the others, such as a black
background, say nothing).  The noise target is met when the noise is at or below it.  What is told beside it, the error
that 95 % of the pixels are below, is of the same pixels.

V, the variance of the mean, is the scatter of the samples over their number where samples are independent.  Those of
the Sobol sampler are spread so evenly that their mean is better than that: by 1.3 to 1.8 times on the scenes of the
project, 25 times where only the wavelengths are noisy.  How much better is seen when the number n of samples doubles.
With V(n) for the variance of the mean of n samples, the squared change D(n) = (Y(n) - Y(n/2))^2 has the mean
V(n/2) - V(n), because a longer stretch of the sequence refines the shorter one.  If V falls as n^-a, then
D(n/2) / D(n) = 2^a and

    V(n) = D(n) / (2^a - 1),     1 <= a <= 3,

where a = 1 is that of independent samples and 3 that of scrambled nets on smooth integrands [Owen1997].  D of a single
pixel is nearly all chance, so means over windows are taken: of D(n) over the scatter of the same pixel, which gives the
efficiency by which the scatter of each pixel is corrected until the next doubling, and of D(n/2) over that scatter,
which gives a.  They are power means,

    mean of z = (mean(z^p) / E|g|^2p)^(1/p),     p = 1/4,  g normal with variance 1:

arithmetic ones (p = 1) are those of the few pixels where chance is largest, not of the pixels whose median counts.  On
the prism, where the efficiency differs a hundredfold between neighbours, the median of the true errors is 0.4 times
the estimate with p = 1, and 0.94 to 1.09 times with p = 1/4.

Everything is computed from sums at fixed numbers of samples, so that decisions are the same for any number of threads
and of interruptions.
"""

from __future__ import annotations

import math

import numpy as np

from specrender.film.convergence import Convergence
from specrender.film.film import Film

#: Errors below this are of float64 sums, not of samples.
ROUNDING = 1e-6

#: Share of the image's mean brightness that is added to a pixel's own, so that black pixels need not be perfect.
FLOOR = 0.01

#: Numbers of samples below which errors are not judged: too few doublings have been seen.
FIRST_DECISION = 64

#: The error that is told beside the noise is that which this share of the pixels is below.
WORST = 0.95

#: Number of samples at which the first state is remembered.
FIRST_LOOK = 8

#: Half the edge of the windows [pixels] over which changes are averaged, and over which their decline is.
CHANGE_RADIUS = 7
RATE_RADIUS = 15

#: The power p of the means.
POWER = 0.25

#: E|g|^2p for p = 1/4: 2^p Gamma(p + 1/2) / sqrt(pi).
NORMAL_POWER = 2.0**POWER * math.gamma(POWER + 0.5) / math.sqrt(math.pi)


def next_count(count: np.ndarray) -> np.ndarray:
    """Samples at which a pixel with `count` of them is looked at next: 8, 16, 32, 64, then 8 times in each doubling."""
    count = np.asarray(count, np.int64)
    # exact: frexp gives count = m 2^e with 0.5 <= m < 1
    octave = np.frexp(np.maximum(count, 1).astype(np.float64))[1] - 1
    step = np.maximum(np.left_shift(1, np.maximum(octave - 3, 0)), 1)
    fine = (count // step + 1) * step
    coarse = np.left_shift(FIRST_LOOK, np.maximum(octave + 1 - 3, 0))
    return np.where(count < FIRST_LOOK, FIRST_LOOK, np.where(count < FIRST_DECISION, coarse, fine))


def noise(film: Film) -> float:
    """The noise of a film, by the formula of this module; infinity with fewer than two samples."""
    errors = np.sqrt(relative_variance(film)[..., 1])
    noisy = errors[errors > ROUNDING]
    return float(np.median(noisy)) if noisy.size else 0.0


def judged(film: Film) -> tuple[float, float]:
    """(noise, error that 95 % of the pixels are below) of a film at any time; infinities where it is too early."""
    if film.sample_count < FIRST_DECISION:
        return np.inf, np.inf
    return median_and_worst(np.sqrt(relative_variance(film)[..., 1]))


def relative_variance(film: Film) -> np.ndarray:
    """(h, w, 3) float64: variance of the mean X, Y, Z, corrected for the sampler, over squared brightness."""
    variance = film.variance_of_mean() / np.square(brightness(film))[..., None]
    return variance * efficiency(film)[..., None]


def brightness(film: Film) -> np.ndarray:
    """(h, w) float64: |Y| + 0.01 of its mean; 1 everywhere in a black image."""
    luminance = np.abs(film.noisy_xyz()[..., 1])
    floor = FLOOR * float(luminance.mean())
    return luminance + floor if floor > 0.0 else np.ones_like(luminance)


def efficiency(film: Film) -> np.ndarray:
    """(h, w) float64: variance of the mean over that of independent samples, at each pixel's number of samples."""
    state = film.convergence
    if state is None:
        return np.ones(film.shape)
    counts = film.counts()
    # on the way to a goal, the last doubling that was looked at is behind the last decision
    looked_at = np.maximum(np.where(state.seen > 0, state.seen, counts), 1)
    since_doubling = np.ldexp(np.maximum(counts, 1.0), 1 - np.frexp(looked_at.astype(np.float64))[1])
    return state.efficiency * since_doubling ** (1.0 - state.rate)


def remember(film: Film, stratified: bool) -> None:
    """Bring the convergence of a film up to date; to be called when all pixels have reached their goals.

    stratified : samples are of the Sobol sampler; independent ones need no correction.
    """
    state = film.convergence
    counts = film.counts()
    # those that have come to a power of two since the last time
    doubled = (counts >= FIRST_LOOK) & ((counts & (counts - 1)) == 0) & (state.seen < counts)
    if stratified and doubled.any():
        _learn(film, state, doubled)
    state.seen[...] = counts


def _learn(film, state, doubled):
    luminance = film.noisy_xyz()[..., 1]
    change = np.square(luminance - state.halfway)
    scatter = film.variance_of_mean()[..., 1]
    known = doubled & np.isfinite(change) & (scatter > 0.0)
    if known.any():
        relative = _ratio(change, scatter, 0.0)
        twice = known & np.isfinite(state.change)
        before = _power_mean(_ratio(np.where(twice, state.change, 0.0), scatter, 0.0), twice, RATE_RADIUS)
        fall = np.clip(_ratio(before, _power_mean(relative, twice, RATE_RADIUS), 2.0), 2.0, 8.0)
        found = np.clip(_power_mean(relative, known, CHANGE_RADIUS) / (fall - 1.0), 1e-6, 1.0)
        state.efficiency[known] = found[known]
        state.rate[known] = np.log2(fall)[known]
        state.change[known] = change[known]
    state.halfway[doubled] = luminance[doubled]


def _power_mean(values, mask, radius):
    return (_window_mean(values**POWER, mask, radius) / NORMAL_POWER) ** (1.0 / POWER)


def begin(film: Film) -> None:
    """Start to remember, with the first goal, if the film does not yet."""
    if film.convergence is None:
        film.convergence = Convergence.create(*film.shape)
        film.convergence.goal[...] = next_count(film.counts() - (1 if film.sample_count else 0))


def median_and_worst(errors: np.ndarray) -> tuple[float, float]:
    """The median of the errors that are not only rounding, and what 95 % of them are below; zeros without any."""
    noisy = errors[errors > ROUNDING]
    return (float(np.median(noisy)), float(np.quantile(noisy, WORST))) if noisy.size else (0.0, 0.0)


def _ratio(above, below, otherwise):
    return np.divide(above, below, out=np.full_like(above, otherwise), where=below > 0.0)


def _window_mean(values, mask, radius):
    """(h, w) means of the values in the mask over square windows, cut at the edges; 0 where the mask has none."""
    total = window_sum(np.where(mask, values, 0.0), radius)
    count = window_sum(mask.astype(np.float64), radius)
    # running sums leave a little behind where there is nothing
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0.5)


def window_sum(values: np.ndarray, radius: int) -> np.ndarray:
    """(h, w) sums over square windows of 2 radius + 1 pixels, cut at the edges."""
    for axis in (0, 1):
        n = values.shape[axis]
        running = np.concatenate([np.zeros_like(np.take(values, [0], axis)), np.cumsum(values, axis)], axis)
        ends = np.minimum(np.arange(n) + radius + 1, n)
        starts = np.maximum(np.arange(n) - radius, 0)
        values = np.take(running, ends, axis) - np.take(running, starts, axis)
    return np.maximum(values, 0.0)
