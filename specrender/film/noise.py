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
pixel is nearly all chance, so means over windows are taken: of D(n) over the scatter of the same pixel, which gives the
efficiency by which the scatter of each pixel is corrected until the next doubling, and of D(n/2) over that scatter,
which gives a.  They are power means,

    mean of z = (mean(z^p) / E|g|^2p)^(1/p),     p = 1/4,  g normal with variance 1:

arithmetic ones (p = 1) are those of the few pixels where chance is largest, not of the pixels whose median counts.  On
the prism, where the efficiency differs a hundredfold between neighbours, the median of the true errors is 0.4 times
the estimate with p = 1, and 0.94 to 1.09 times with p = 1/4.

Everything is computed from sums at fixed numbers of samples, so that decisions are the same for any number of threads
and of interruptions.

Adaptive sampling judges a pixel by the mean error of the 5x5 pixels around it, of which its own samples are a small
part: stopping a pixel because of its own samples, which look best when they missed something, would darken the image.
What is left of that bias is far below the noise (tests/film/test_noise.py).  Pixels go on while that mean is above the
level at which, if all got there that can, the noise of the image would be the target; none gets more samples for it
than all would need if they had equal numbers.  When the target is met, pixels whose error is above
twice the target, in luminance or, at half weight, in colour, go on until they are 5 % or fewer, or until the image has
taken half the samples of equal numbers (128 a pixel if that is more): what adaptive sampling saves is partly given back
to what is hard.
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

#: Number of samples at which the first state is remembered.
FIRST_LOOK = 8

#: Half the edge of the windows [pixels] over which changes are averaged, and over which their decline is.
CHANGE_RADIUS = 7
RATE_RADIUS = 15

#: The power p of the means.
POWER = 0.25

#: E|g|^2p for p = 1/4: 2^p Gamma(p + 1/2) / sqrt(pi).
NORMAL_POWER = 2.0**POWER * math.gamma(POWER + 0.5) / math.sqrt(math.pi)

#: Half the edge of the windows [pixels] over which adaptive sampling takes the mean error: a path that few pixels have
#: found yet is probably missing in its neighbours.
POOL_RADIUS = 2

#: Noise of X and Z counts half where adaptive sampling looks for what is hard: the eye resolves colour less well.
CHROMA = 0.5

#: Pixels below this share of the median error get no more samples until the others are as good.
EASY = 0.7

#: Adaptive sampling ends when the target is met and at most this share of the pixels has an error, averaged over its
#: neighbours, of more than so many times the target,
LEFT = 0.05
HARD = 2.0

#: or when this share of the samples is taken that uniform sampling would need for the target, or twice the first
#: number at which errors are judged.
SPEND = 0.5

#: A pixel with so many times the samples of uniform sampling gets no more before the target is met; with the step that
#: it may be about to take, that is as many as uniform sampling would give it.
MOST = 0.95

#: Pixels that are looked at to find the level at which adaptive sampling may stop: enough for a median.
LEVEL_PIXELS = 1 << 15


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
    everywhere = np.ones(film.shape, bool)
    uniform = 0.0 if target is None else _uniform_count(film, counts, errors, target)
    if target is None or reached <= target:
        judged = np.maximum(variance[..., 1], CHROMA**2 * np.maximum(variance[..., 0], variance[..., 2]))
        pooled = _window_mean(np.sqrt(judged), everywhere, POOL_RADIUS)
        active = pooled > (EASY * _median(pooled) if target is None else HARD * target)
        is_spent = film.total_samples() >= max(SPEND * uniform, 2 * FIRST_DECISION) * film.pixel_count
        if not active.any() or (target is not None and (is_spent or active.mean() <= LEFT)):
            return None, reached, worst
    else:
        pooled = _window_mean(errors, everywhere, POOL_RADIUS)
        # what each error would be at the largest number of samples, as a share of what it is
        least = np.minimum(1.0, (counts / (MOST * uniform)) ** (0.5 * _rate(film)))
        enough = max(_level(errors, pooled, least, target), EASY * _median(pooled))
        active = (pooled > enough) & (least < 1.0)
        # few that are left, beside others that have had their samples, do not move the median: easier ones join them
        while np.count_nonzero(active) <= LEFT * active.size:
            enough *= EASY
            active = (pooled > enough) & (least < 1.0)
            if enough < ROUNDING:
                active = pooled > ROUNDING
                break
    return np.where(active, goal, counts), reached, worst


def _rate(film):
    return 1.0 if film.convergence is None else film.convergence.rate


def _uniform_count(film, counts, errors, target):
    """Samples that every pixel would need for the noise to be the target if all had equally many."""
    needed = (counts * (errors / target) ** (2.0 / _rate(film)))[errors > ROUNDING]
    return max(FIRST_DECISION, float(np.median(needed)) if needed.size else 0.0)


def _level(errors, pooled, least, target):
    """The mean error around a pixel at which the noise is the target, if all pixels above went down to it.

    least : the smallest share of its error that a pixel may go down to.
    """
    noisy = np.flatnonzero((errors > ROUNDING) & (pooled > 0.0))
    if not noisy.size:
        return 0.0
    noisy = noisy[:: -(-noisy.size // LEVEL_PIXELS)]
    errors, pooled, least = errors.ravel()[noisy], pooled.ravel()[noisy], least.ravel()[noisy]
    low, high = 0.0, float(pooled.max())
    for _ in range(16):
        middle = 0.5 * (low + high)
        if np.median(errors * np.clip(middle / pooled, least, 1.0)) > target:
            high = middle
        else:
            low = middle
    return low


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
