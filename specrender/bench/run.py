"""Running cases: warm-up, enough loops to be measurable, repeats in turn, statistics."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field

from specrender.bench.case import Case, Contestant, Context, Sample

#: A sample of a short piece of work should take this long [s], so that clocks and interrupts do not count.
SAMPLE_SECONDS = 0.15
QUICK_SECONDS = 0.02


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    median: float
    low: float
    high: float

    @property
    def relative(self) -> float:
        """Half the distance of the quartiles, as a share of the median."""
        return 0.5 * (self.high - self.low) / abs(self.median) if self.median else 0.0


def spread(values) -> Spread:
    """Median and quartiles of at least one value."""
    values = sorted(values)
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


@dataclass
class Outcome:
    """What a case found: contestant -> its samples, in the order they were taken."""

    case: Case
    contestants: list[Contestant]
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def values(self, name: str, clock: str | None = None) -> list[float]:
        """The figures of a contestant by the case's clock, or another."""
        clock = self.case.clock if clock is None else clock
        return [self.case.unit.of(sample.amount, getattr(sample, clock)) for sample in self.samples[name]]

    def ratios(self, contestant: Contestant, clock: str | None = None) -> list[float]:
        """How many times better than this contestant the one it is held against is, round by round.

        Rounds are compared with themselves, so a machine that slows down between rounds does not matter.
        """
        theirs, ours = self.values(contestant.name, clock), self.values(contestant.against, clock)
        return [better(self.case.unit.more_is_better, o, t) for o, t in zip(ours, theirs, strict=True)]


def better(more_is_better: bool, ours: float, theirs: float) -> float:
    """How many times better `ours` is; nan where that cannot be said."""
    top, bottom = (ours, theirs) if more_is_better else (theirs, ours)
    return top / bottom if bottom else math.nan


def run_case(case: Case, context: Context) -> Outcome:
    """Measure a case: every contestant warms up, then all take a sample in turn, again and again."""
    contestants = case.prepare(context)
    outcome = Outcome(case, contestants, {c.name: [] for c in contestants})
    if case.is_steady:
        for contestant in contestants:
            outcome.samples[contestant.name].append(contestant.run(contestant.loops or 1))
        return outcome
    loops = {c.name: _warmed_up(c, case.clock, context.quick) for c in contestants}
    for _ in range(context.repeats):
        for contestant in contestants:
            outcome.samples[contestant.name].append(contestant.run(loops[contestant.name]))
    return outcome


def _warmed_up(contestant: Contestant, clock: str, quick: bool) -> int:
    """Run once, so that code is compiled and caches are filled; returns the loops that a sample needs."""
    contestant.run(contestant.loops or 1)
    if contestant.loops is not None:
        return contestant.loops
    wanted, loops = QUICK_SECONDS if quick else SAMPLE_SECONDS, 1
    while True:
        seconds = getattr(contestant.run(loops), clock)
        if seconds >= 0.5 * wanted or loops > 1 << 20:
            return max(1, round(loops * wanted / seconds)) if seconds > 0 else loops
        loops = loops * 4 if seconds <= 0.1 * wanted else math.ceil(loops * wanted / seconds)
