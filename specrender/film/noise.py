"""How noisy a film is, told from its own samples; what `--noise` and adaptive sampling go by.

The error of a pixel is the standard error of its luminance Y, relative to its brightness:

    error = sqrt(V) / (|Y| + 0.01 mean|Y|),     mean over the image,

and the noise of an image is the median of it over all pixels whose samples differ (the others, such as a black
background, say nothing).  The noise target is met when the noise is at or below it.

V, the variance of the mean, is the scatter of the samples over their number where samples are independent.  Those of
the Sobol sampler are spread so evenly that their mean is better than that: by 1.3 to 1.8 times on the scenes of the
project, 25 times where only the wavelengths are noisy.  How much better is seen when the number n of samples doubles.
With V(n) for the variance of the mean of n samples, the squared change D(n) = (Y(n) - Y(n/2))^2 has the mean
V(n/2) - V(n), because a longer stretch of the sequence refines the shorter one.  If V falls as n^-a, then
D(n/2) / D(n) = 2^a and

    V(n) = D(n) / (2^a - 1),     1 <= a <= 3,

where a = 1 is that of independent samples and 3 that of scrambled nets on smooth integrands [Owen1997].  D of a single
pixel is nearly all chance, so means over windows are taken; the ratio of V to the scatter there, the efficiency, then
corrects the scatter of each pixel until the next doubling.

Everything is computed from sums at fixed numbers of samples, so that decisions are the same for any number of threads
and of interruptions.

Adaptive sampling judges a pixel by the mean error of the 5x5 pixels around it, of which its own samples are a small
part: stopping a pixel because of its own samples, which look best when they missed something, would darken the image.
What is left of that bias is far below the noise (tests/film/test_noise.py).
"""

from __future__ import annotations

import numpy as np

from specrender.film.convergence import Convergence
from specrender.film.film import Film

#: Errors below this are of float64 sums, not of samples.
ROUNDING = 1e-6

#: Share of the image's mean brightness that is added to a pixel's own, so that black pixels need not be perfect.
FLOOR = 0.01

#: Numbers of samples below which errors are not judged: too few doublings have been seen.
FIRST_DECISION = 32

#: Number of samples at which the first state is remembered.
FIRST_LOOK = 8

#: Half the edge of the windows [pixels] over which changes are averaged, and over which their decline is.
CHANGE_RADIUS = 7
RATE_RADIUS = 15

#: Half the edge of the windows [pixels] over which adaptive sampling takes the mean error: a path that few pixels have
#: found yet is probably missing in its neighbours.
POOL_RADIUS = 2

#: Noise of X and Z counts half in adaptive sampling: the eye resolves colour less well than luminance.
CHROMA = 0.5

#: Pixels below this share of the median error get no more samples until the others are as good.
EASY = 0.7

#: Adaptive sampling goes on in a pixel until the mean error around it is below this times the target: errors are
#: skewed, and the target is for their median, which is below the mean (0.66 to 0.77 of it on scenes of the project).
PIXEL = 1.2

#: Adaptive sampling ends when at most this share of the pixels is above that.
LEFT = 0.05


def next_count(count: np.ndarray) -> np.ndarray:
    """Number of samples at which a pixel with `count` samples is looked at next: 8, 16, 32, then 4 in each doubling."""
    count = np.asarray(count, np.int64)
    # exact: frexp gives count = m 2^e with 0.5 <= m < 1
    octave = np.frexp(np.maximum(count, 1).astype(np.float64))[1] - 1
    step = np.maximum(np.left_shift(1, np.maximum(octave - 2, 0)), 1)
    fine = (count // step + 1) * step
    coarse = np.left_shift(FIRST_LOOK, np.maximum(octave + 1 - 3, 0))
    return np.where(count < FIRST_LOOK, FIRST_LOOK, np.where(count < FIRST_DECISION, coarse, fine))


def noise(film: Film) -> float:
    """The noise of a film, by the formula of this module; infinity with fewer than two samples."""
    errors = np.sqrt(relative_variance(film)[..., 1])
    return _median(errors)


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
    counts = np.broadcast_to(_counts(film), film.shape).astype(np.float64)
    since_doubling = 2.0 * np.frexp(np.maximum(counts, 1.0))[0]
    return state.efficiency * since_doubling ** (1.0 - state.rate)


def remember(film: Film, stratified: bool) -> None:
    """Bring the convergence of a film up to date; to be called when all pixels have reached their goals.

    stratified : samples are of the Sobol sampler; independent ones need no correction.
    """
    state = film.convergence
    counts = np.broadcast_to(_counts(film), film.shape)
    # those that have come to a power of two since the last time
    doubled = (counts >= FIRST_LOOK) & ((counts & (counts - 1)) == 0) & (state.seen < counts)
    if stratified and doubled.any():
        _learn(film, state, doubled)
    state.seen[...] = counts


def _learn(film, state, doubled):
    luminance = film.noisy_xyz()[..., 1]
    squared_brightness = np.square(brightness(film))
    change = np.square(luminance - state.halfway) / squared_brightness
    known = doubled & np.isfinite(change)
    if known.any():
        variance = film.variance_of_mean()[..., 1] / squared_brightness
        mean_change = _window_mean(change, known, CHANGE_RADIUS)
        before = np.where(np.isfinite(state.change), state.change, 0.0)
        twice = known & np.isfinite(state.change)
        earlier, later = (_window_mean(values, twice, RATE_RADIUS) for values in (before, change))
        fall = np.clip(_ratio(earlier, later, 2.0), 2.0, 8.0)
        expected = _window_mean(variance, known, CHANGE_RADIUS)
        found = np.clip(_ratio(mean_change / (fall - 1.0), expected, 1.0), 1e-6, 1.0)
        state.efficiency[known] = found[known]
        state.rate[known] = np.log2(fall)[known]
        state.change[known] = change[known]
    state.halfway[doubled] = luminance[doubled]


def decide(film: Film, target: float | None, adaptive: bool) -> tuple[np.ndarray | None, float, float]:
    """What to do next with a film whose pixels have reached their goals.

    Parameters
    ----------
    target : the noise target, or None.
    adaptive : pixels with a small error may be left out.

    Returns
    -------
    (goal, noise, worst) : (h, w) int64 samples that each pixel shall have next, or None if the target is met; the noise
        as it is; the error that 95 % of the pixels are below.
    """
    counts = np.broadcast_to(_counts(film), film.shape)
    if counts.min() < FIRST_DECISION:
        return next_count(counts), np.inf, np.inf
    variance = relative_variance(film)
    errors = np.sqrt(variance[..., 1])
    reached, worst = _median(errors), float(np.quantile(errors, 1.0 - LEFT))
    goal = next_count(counts)
    if not adaptive:
        return (None if reached <= target else goal), reached, worst
    judged = np.maximum(variance[..., 1], CHROMA**2 * np.maximum(variance[..., 0], variance[..., 2]))
    pooled = _window_mean(np.sqrt(judged), np.ones(film.shape, bool), POOL_RADIUS)
    target = 0.0 if target is None else target
    if reached <= target and np.count_nonzero(pooled > PIXEL * target) <= LEFT * pooled.size:
        return None, reached, worst
    active = pooled > max(PIXEL * target, EASY * _median(pooled))
    if not active.any():
        return None, reached, worst
    return np.where(active, goal, counts), reached, worst


def begin(film: Film) -> None:
    """Start to remember, with the first goal, if the film does not yet."""
    if film.convergence is None:
        film.convergence = Convergence.create(*film.shape)
        film.convergence.goal[...] = next_count(_counts(film) - (1 if film.sample_count else 0))


def _counts(film):
    samples = film.samples()
    return samples[..., 0] if isinstance(samples, np.ndarray) else np.full(film.shape, samples, np.int64)


def _median(errors):
    noisy = errors[errors > ROUNDING]
    return float(np.median(noisy)) if noisy.size else 0.0


def _ratio(above, below, otherwise):
    return np.divide(above, below, out=np.full_like(above, otherwise), where=below > 0.0)


def _window_mean(values, mask, radius):
    """(h, w) means of the values in the mask over square windows, cut at the edges; 0 where the mask has none."""
    total = _window_sum(np.where(mask, values, 0.0), radius)
    count = _window_sum(mask.astype(np.float64), radius)
    # running sums leave a little behind where there is nothing
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0.5)


def _window_sum(values, radius):
    for axis in (0, 1):
        n = values.shape[axis]
        running = np.concatenate([np.zeros_like(np.take(values, [0], axis)), np.cumsum(values, axis)], axis)
        ends = np.minimum(np.arange(n) + radius + 1, n)
        starts = np.maximum(np.arange(n) - radius, 0)
        values = np.take(running, ends, axis) - np.take(running, starts, axis)
    return np.maximum(values, 0.0)
