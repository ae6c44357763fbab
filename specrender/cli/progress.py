"""Progress of a render on standard error: a bar on a terminal, few lines elsewhere."""

from __future__ import annotations

import sys
import time

from specrender.cli.streams import say

#: Least seconds between two lines where there is no terminal.
LINE_SECONDS = 10.0


def described(plan) -> str:
    """The stop rules of a plan as text: "64 samples each", "at most 64 samples each, at most 10 s".

    What cannot come to pass is not announced: errors are judged, and sampling is adaptive, from some samples on.
    """
    from specrender.film.noise import FIRST_DECISION

    rules = []
    most = plan.samples
    is_judged = plan.noise is not None and (most is None or most >= FIRST_DECISION)
    is_adaptive = plan.is_adaptive and (most is None or most > FIRST_DECISION)
    if is_judged:
        rules.append(f"to noise {plan.noise:g}")
    if most is not None:
        at_most = "at most " if is_judged or plan.seconds is not None else ""
        rules.append(f"{at_most}{most} sample{'s' * (most > 1)} each{' on average' * is_adaptive}")
    if plan.seconds is not None:
        rules.append(f"{'at most ' if len(rules) else ''}{plan.seconds:g} s")
    if plan.is_adaptive:
        rules.append("adaptive" if is_adaptive else f"uniform (adaptive sampling begins after {FIRST_DECISION})")
    return ", ".join(rules)


def progress(plan, job, quiet: bool):
    """An object with `update(done, total)` and `close()`.

    plan : `driver.Plan`.  job : `driver.Job` of the render, whose statistics are shown.
    """
    if quiet:
        return _Silent()
    return _Bar(plan, job) if sys.stderr.isatty() else _Lines(plan, job)


class Forecast:
    """How much of a render is done, by the stop rule that will be met first."""

    def __init__(self, plan, job):
        self._plan, self._job = plan, job
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds of rendering so far."""
        return time.monotonic() - self._started - self._job.stats.pause_seconds

    def share(self, done: int, total: int | None) -> float:
        """Share of the work that is done, 0 to 1; 0 where nothing is known yet."""
        shares = [0.0]
        if total:
            shares.append(done / total)
        if self._plan.seconds is not None:
            shares.append(self.elapsed / self._plan.seconds)
        noise = self._job.stats.noise
        if self._plan.noise is not None and noise is not None and noise > 0:
            # errors fall with the square root of the work
            shares.append((self._plan.noise / noise) ** 2)
        return min(max(shares), 1.0)

    def seconds_left(self, done: int, total: int | None) -> float | None:
        """Seconds to go, None where nothing is known yet."""
        share = self.share(done, total)
        return None if share <= 0.0 else self.elapsed * (1.0 / share - 1.0)

    @property
    def noise(self) -> str:
        """The error as text, if it is known."""
        noise = self._job.stats.noise
        return "" if noise is None else f"noise {noise:.3g}"


class _Silent:
    def update(self, done, total):
        pass

    def close(self):
        pass


class _Bar:
    """A bar of the share that is done; samples, error and time to go beside it."""

    def __init__(self, plan, job):
        from tqdm import tqdm

        self._forecast = Forecast(plan, job)
        layout = "{percentage:3.0f}%|{bar}| {elapsed}{postfix}"
        self._bar = tqdm(total=1.0, dynamic_ncols=True, file=sys.stderr, bar_format=layout)

    def update(self, done, total):
        forecast = self._forecast
        left = forecast.seconds_left(done, total)
        rate = done / max(forecast.elapsed, 1e-9)
        parts = [f"{done / 1e6:.1f} M samples", f"{rate / 1e6:.2f} M/s", forecast.noise]
        if left is not None:
            parts.append(f"{_clock(left)} to go")
        self._bar.set_postfix_str(", ".join(part for part in parts if part), refresh=False)
        self._bar.n = max(self._bar.n, forecast.share(done, total))
        self._bar.update(0)

    def close(self):
        self._bar.close()


class _Lines(_Silent):
    def __init__(self, plan, job):
        self._forecast = Forecast(plan, job)
        self._last = time.monotonic()

    def update(self, done, total):
        now = time.monotonic()
        share = self._forecast.share(done, total)
        if now - self._last < LINE_SECONDS or share >= 1.0:
            return
        self._last = now
        left = self._forecast.seconds_left(done, total)
        rate = done / max(self._forecast.elapsed, 1e-9) / 1e6
        parts = [f"{100 * share:3.0f} %", f"{rate:.2f} M samples/s", self._forecast.noise]
        parts.append("" if left is None else f"about {left:.0f} s to go")
        say(f"specrender: {', '.join(part for part in parts if part)}")


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def announce_compiling(quiet: bool) -> list:
    """Say once when kernels begin to compile; the list that is returned is no longer empty then."""
    from specrender.files import cache_folder
    from specrender.kernel.jit import Compilation, is_cache_kept

    begun = []

    def begin():
        begun.append(True)
        Compilation.on_begin = staticmethod(lambda: None)
        if not quiet:
            say("specrender: compiling kernels (once per version, a minute or so) ...")
            if not is_cache_kept():
                remedy = "set SPECRENDER_CACHE to a folder that can be"
                say(f"specrender: note: they will not be kept: '{cache_folder()}' cannot be written to; {remedy}")

    Compilation.on_begin = staticmethod(begin)
    return begun
