"""Units, statistics, warm-up and interleaving, with contestants that take no time."""

import math
from pathlib import Path

import pytest

from specrender.bench.case import ERROR_TIME, MRAYS, NS_PER_CALL, SECONDS, Case, Contestant, Context, Sample, figure
from specrender.bench.run import better, run_case, spread


def context(**options):
    return Context(Path("."), **options)


def scripted(log, name, seconds, amount=1.0):
    """A contestant's run that writes itself into a log and claims to have taken the next of `seconds`."""
    times = iter(seconds)

    def run(loops):
        log.append((name, loops))
        return Sample(amount * loops, next(times), 0.0)

    return run


def case(contestants, unit=SECONDS, **fields):
    return Case("some.case", "something", unit, lambda context: contestants, **{"clock": "wall", **fields})


def test_units():
    assert MRAYS.of(3e6, 1.5) == 2.0
    assert NS_PER_CALL.of(1000, 1e-6) == pytest.approx(1.0)
    assert SECONDS.of(4, 2.0) == 0.5
    assert ERROR_TIME.of(0.25, 2.0) == 0.5


def test_spread_is_median_and_quartiles():
    found = spread([4.0, 1.0, 3.0, 2.0, 5.0])
    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)
    assert found.relative == pytest.approx(1 / 3)
    assert spread([7.0]).relative == 0.0


def test_better_looks_at_the_direction():
    assert better(True, 6.0, 3.0) == 2.0
    assert better(False, 3.0, 6.0) == 2.0
    assert math.isnan(better(True, 1.0, 0.0))


def test_contestants_take_turns_after_warming_up():
    log = []
    a = Contestant("a", scripted(log, "a", [9.0, 2.0, 4.0, 6.0]), loops=1)
    b = Contestant("b", scripted(log, "b", [9.0, 4.0, 8.0, 6.0]), against="a", loops=1)
    outcome = run_case(case([a, b]), context(repeats=3))
    assert [name for name, _ in log] == ["a", "b", "a", "b", "a", "b", "a", "b"]
    assert outcome.values("a") == [2.0, 4.0, 6.0]
    # each round is compared with itself
    assert outcome.ratios(b) == [2.0, 2.0, 1.0]


def test_short_work_is_repeated_until_it_takes_long_enough():
    log = []

    def run(loops):
        log.append(loops)
        return Sample(loops, 1e-4 * loops, 0.0)

    run_case(case([Contestant("a", run)]), context(repeats=2))
    assert log[0] == 1
    assert log[-1] == log[-2]
    assert 0.1 < 1e-4 * log[-1] < 0.3


def test_work_that_takes_no_time_ends():
    outcome = run_case(case([Contestant("a", lambda loops: Sample(loops, 0.0, 0.0))], MRAYS), context(repeats=1))
    assert len(outcome.samples["a"]) == 1


def test_steady_cases_take_one_sample():
    outcome = run_case(case([Contestant("a", figure(5.0))], ERROR_TIME, is_steady=True), context(repeats=9))
    assert len(outcome.samples["a"]) == 1


def test_large_things_are_freed():
    one = context()
    assert one.once(("mesh", "a"), lambda: 1) == 1 == one.once(("mesh", "a"), lambda: 2)
    one.once(("scene", "a"), lambda: 1)
    one.free_large()
    assert one.once(("mesh", "a"), lambda: 2) == 2
    assert one.once(("scene", "a"), lambda: 2) == 1


def test_notes_come_once():
    lines = []
    one = context(note=lines.append)
    one.note_once("missing")
    one.note_once("missing")
    assert lines == ["missing"]
