"""The error that `--noise` reaches, and what adaptive sampling saves: against a converged picture, over several seeds.

    python benchmarks/noise_targets.py SCENE TARGET... [--size WxH] [--seeds N] [--reference N] [--ladder N N ...]

The error of a pixel is the root of its mean squared error over the seeds, relative to Y + 0.01 of the mean of Y in the
image.  Renders take one thread; times are of the processor; kernels are compiled and loaded before.
"""

import argparse
import time

import numpy as np
from scipy import stats

from specrender.driver import Plan, new_film, render_film
from specrender.scene.compile import compile_scene
from specrender.scene.overrides import overridden
from specrender.scene.readers import load

#: What is told of the errors of an image.
MEASURES = ("median", "90 %", "95 %", "99 %", "root mean square")

#: Parts of the reference, whose seeds no other render has.
PARTS = 4
FIRST_SEED = 9000


class Renderer:
    """Renders a scene with seeds and plans to (picture of Y, samples a pixel, seconds)."""

    def __init__(self, path, size):
        self.scene = overridden(load(path), size=size)
        self.tables = {}

    def render(self, seed, plan):
        """One render; the tables of a seed are made once and not timed."""
        if seed not in self.tables:
            self.tables[seed] = compile_scene(self.scene, "spectral", seed=seed)
        film = new_film(self.tables[seed])
        start = time.process_time()
        render_film(self.tables[seed], film, plan, threads=1)
        seconds = time.process_time() - start
        return film.noisy_xyz()[..., 1], float(film.counts().mean()), seconds


class Series:
    """What renders with one plan and many seeds have in common: errors by all measures, samples, seconds."""

    def __init__(self, renders, reference):
        pictures, samples, seconds = zip(*renders, strict=True)
        relative = (np.array(pictures) - reference) / (reference + 0.01 * reference.mean())
        errors = np.sqrt(np.square(relative).mean(axis=0))
        noisy = errors[errors > 1e-6]
        n = len(pictures)
        # the median of normal errors' root mean square over n seeds is a little less than their standard deviation
        self.reached = np.median(noisy) / np.sqrt(stats.chi2(n).median() / n)
        quantiles = np.percentile(errors, [90, 95, 99])
        self.errors = np.array([np.median(noisy), *quantiles, np.sqrt(np.square(errors).mean())])
        self.samples, self.seconds = np.mean(samples), np.mean(seconds)
        # of all light: the mean of relative errors would be that of the noise of the reference, too
        means = np.mean(pictures, axis=(1, 2)) / reference.mean() - 1.0
        self.bias, self.bias_error = means.mean(), means.std(ddof=1) / np.sqrt(n)


def at_equal_error(series, ladder, of):
    """Per measure, `of` the series over that of equal numbers of samples with the same error, between two in logs."""
    found = []
    for k, error in enumerate(series.errors):
        steps = sorted((-np.log(step.errors[k]), np.log(of(step))) for step in ladder)
        x, y = np.array(steps).T
        inside = x[0] <= -np.log(error) <= x[-1]
        found.append(of(series) / np.exp(np.interp(-np.log(error), x, y)) if inside else np.nan)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene")
    parser.add_argument("targets", type=float, nargs="+", metavar="TARGET")
    parser.add_argument("--size", default="96x72", metavar="WxH", help="of the picture [pixels] [96x72]")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--reference", type=int, default=16384, help="samples a pixel of the converged picture [16384]")
    parser.add_argument("--ladder", type=int, nargs="+", default=[], help="equal numbers of samples to compare with")
    arguments = parser.parse_args()

    renderer = Renderer(arguments.scene, tuple(map(int, arguments.size.split("x"))))
    plans = {n: Plan(samples=n) for n in arguments.ladder}
    for target in arguments.targets:
        plans |= {(target, adaptive): Plan(noise=target, adaptive=adaptive) for adaptive in (False, True)}
    for warm in (Plan(samples=1), Plan(noise=1e9, adaptive=True)):
        renderer.render(1, warm)
    part = Plan(samples=arguments.reference // PARTS)
    reference = np.mean([renderer.render(FIRST_SEED + i, part)[0] for i in range(PARTS)], axis=0)
    renders = {name: [] for name in plans}
    for seed in range(1, arguments.seeds + 1):
        for name, plan in plans.items():
            renders[name].append(renderer.render(seed, plan))
    series = {name: Series(of, reference) for name, of in renders.items()}
    ladder = [series[n] for n in arguments.ladder]
    for target in arguments.targets:
        for adaptive in (False, True):
            tell(target, adaptive, series[target, adaptive])
        if len(ladder) > 1:
            compare(series[target, True], ladder)


def tell(target, adaptive, series):
    """Print what was reached, at what cost, and whether the image is too dark or too bright."""
    print(
        f"{target:g} {'adaptive' if adaptive else 'uniform'}: reached / target {series.reached / target:.2f}, "
        f"{series.samples:.0f} samples a pixel, {series.seconds:.2f} s, "
        f"mean of the image off by {series.bias:.1e} (standard error {series.bias_error:.1e})"
    )


def compare(adaptive, ladder):
    """Print time and samples of adaptive sampling over those of equal numbers of samples with the same error."""
    times = at_equal_error(adaptive, ladder, lambda series: series.seconds)
    samples = at_equal_error(adaptive, ladder, lambda series: series.samples)
    told = (f"{name} {t:.2f} ({n:.2f})" for name, t, n in zip(MEASURES, times, samples, strict=True))
    print("  adaptive over uniform at equal error, time (samples): " + ", ".join(told))


if __name__ == "__main__":
    main()
