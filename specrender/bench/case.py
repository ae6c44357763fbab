"""What a benchmark is made of: a unit, contestants that do the same work, and the case that prepares them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Unit:
    """How a sample becomes a figure.

    Parameters
    ----------
    label : as printed.
    more_is_better : rates, against times and sizes.
    of : (amount of work, seconds) -> figure.
    """

    label: str
    more_is_better: bool
    of: Callable[[float, float], float]


MRAYS = Unit("Mrays/s", True, lambda rays, seconds: rays / seconds / 1e6)
MPATHS = Unit("Mpaths/s", True, lambda paths, seconds: paths / seconds / 1e6)
NS_PER_CALL = Unit("ns/call", False, lambda calls, seconds: seconds / calls * 1e9)
US_PER_PATH = Unit("us/path", False, lambda paths, seconds: seconds / paths * 1e6)
SECONDS = Unit("s", False, lambda times, seconds: seconds / times)
MEGABYTES = Unit("MB", False, lambda megabytes, seconds: megabytes)
BYTES_PER_TRIANGLE = Unit("B/triangle", False, lambda size, seconds: size)
#: Mean squared error times seconds: of two unbiased renderers, the time to equal error has the ratio of these.
ERROR_TIME = Unit("MSE*s", False, lambda error, seconds: error * seconds)


@dataclass(frozen=True)
class Sample:
    """One measurement.

    amount : of work done, or the figure itself where no time is taken.
    wall, cpu : seconds by the clock, and of processor time (of the thread, or of the process where threads share).
    details : anything worth keeping in the JSON file.
    """

    amount: float
    wall: float
    cpu: float
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """Someone or something that does a case's work.

    Parameters
    ----------
    name : "specrender", "embree", "mitsuba llvm_ad_spectral", or a value of what is varied.
    run : number of loops -> Sample.
    against : name of the contestant whose figure is divided by this one's, or None.
    loops : how often `run` is told to repeat its work; None to find a number that takes long enough.
    x : what is varied in a series, for plots.
    series : which line of a plot it belongs to.
    """

    name: str
    run: Callable[[int], Sample]
    against: str | None = None
    loops: int | None = None
    x: float | None = None
    series: str = "specrender"


@dataclass(frozen=True)
class Case:
    """One benchmark.

    Parameters
    ----------
    name : dotted, general to special: "bvh.closest.soup-1m.coherent".
    about : what is measured, one line.
    unit : of the figures.
    prepare : context -> contestants, the first of which is specrender.
    clock : "cpu" for work of one thread, which others on the machine then disturb less; else "wall".
    is_steady : the figure does not scatter, or takes minutes: one sample is enough.
    on_request : runs only when its name is asked for, since it takes long.
    """

    name: str
    about: str
    unit: Unit
    prepare: Callable[[Context], list[Contestant]]
    clock: str = "cpu"
    is_steady: bool = False
    on_request: bool = False


#: What keys of `Context.once` begin with whose values are large.
LARGE = ("mesh", "accel", "tables", "rays", "embree")


@dataclass
class Context:
    """What cases may know of the run.

    Parameters
    ----------
    folder : temporary, for scenes and pictures.
    threads : of whole renders and of building hierarchies, for all contestants.
    repeats : samples of each contestant.
    quick : small work, for trying out.
    peers : measure other renderers, too.
    pbrt : the program of pbrt-v4, or None.
    mitsuba_data : folder of Mitsuba's public scenes, or None.
    mesh : a mesh file for the ray benchmarks, or None.
    note : called with a line that the user should see, at most once for each.
    """

    folder: Path
    threads: int = 1
    repeats: int = 7
    quick: bool = False
    peers: bool = False
    pbrt: str | None = None
    mitsuba_data: Path | None = None
    mesh: Path | None = None
    note: Callable[[str], None] = lambda text: None
    _made: dict[Any, Any] = field(default_factory=dict)

    def once(self, key, make):
        """What `make()` returned when it was asked for `key` first."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def note_once(self, text: str) -> None:
        """`note`, but never the same line twice."""
        self.once(("note", text), lambda: self.note(text))

    def free_large(self) -> None:
        """Forget meshes and all that was made of them, which take hundreds of MB: at the end of a group of cases."""
        self._made = {key: made for key, made in self._made.items() if key[0] not in LARGE}


def timed(work: Callable[[int], float], process: bool = False) -> Callable[[int], Sample]:
    """A `run` for a contestant whose `work(loops)` returns the amount it did.

    process : processor time of the whole process, not only of the calling thread.
    """
    cpu_time = time.process_time if process else time.thread_time

    def run(loops: int) -> Sample:
        wall, cpu = time.perf_counter(), cpu_time()
        amount = work(loops)
        return Sample(amount, time.perf_counter() - wall, cpu_time() - cpu)

    return run


def figure(value: float, **details) -> Callable[[int], Sample]:
    """A `run` for a figure that is known without taking time."""
    return lambda loops: Sample(value, 0.0, 0.0, details)
