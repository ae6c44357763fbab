"""One pass over the tiles of a film, by several threads."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from specrender.driver.job import PLACES, Job, RenderStats, Stop
from specrender.driver.variant import variant_of
from specrender.driver.workers import Workers
from specrender.film import Film
from specrender.kernel import tile
from specrender.scene.compile import SceneTables

#: Edge of a tile [pixels]: small enough that threads end together, large enough that calls cost nothing.
TILE_SIZE = 32

#: Most samples that one kernel call takes of a pixel before the driver looks at the clock again.
SAMPLES_PER_CALL = 64

#: (x, y, right, bottom): pixels of the full image [x, right) by [y, bottom).
Box = tuple[int, int, int, int]

_NO_COUNTS = np.zeros((1, 1), np.int32)


@dataclass
class Counts:
    """Samples that each pixel has and shall have, where they are uneven: (h, w) indices of samples.

    taken : int32.  goal : integers; may be a broadcast view of one number, which takes no memory.
    """

    taken: np.ndarray
    goal: np.ndarray


@dataclass
class Tiles:
    """The tiles of one render and what is common to all passes over them.

    Parameters
    ----------
    deadline : time.monotonic() at which no more tiles are begun once every pixel has a sample, or None.
    total : samples this run will take in all, for progress; None where it is not known.
    """

    scene_tables: SceneTables
    film: Film
    size: int
    job: Job
    stats: RenderStats
    workers: Workers
    deadline: float | None = None
    total: int | None = None
    sums: tuple = field(init=False)
    render_tile: Callable = field(init=False)

    def __post_init__(self):
        self.sums = kernel_film(self.film)
        self.render_tile = tile.RENDER_TILE[variant_of(self.scene_tables.tables)]

    @property
    def is_stopping(self) -> bool:
        """Whether no more tiles shall be begun: time ends a render when every pixel has a sample, not before."""
        return self.job.stop.is_set() or (self.seconds_left <= 0.0 and self.film.sample_count > 0)

    @property
    def seconds_left(self) -> float:
        """Time until the deadline [s], infinity without one."""
        return math.inf if self.deadline is None else self.deadline - time.monotonic()

    def note_stop(self) -> None:
        """Note why tiles were not begun."""
        self.stats.stop = Stop.INTERRUPTED if self.job.stop.is_set() else Stop.TIME

    def boxes(self) -> list[Box]:
        """All tiles, row by row, in the full image; the last ones in quarters, so that threads end together."""
        whole = cut(self.film.crop, self.size)
        first = max(len(whole) - 2 * self.stats.threads, 0) if self.stats.threads > 1 else len(whole)
        quarters = [part for box in whole[first:] for part in cut(box, -(-self.size // 2))]
        return whole[:first] + quarters

    def window(self, box: Box) -> tuple[slice, slice]:
        """A tile as a part of the film's arrays."""
        x0, y0, _, _ = self.film.crop
        x, y, right, bottom = box
        return slice(y - y0, bottom - y0), slice(x - x0, right - x0)

    def even_pass(self, begin: int, end: int) -> bool:
        """Samples with the indices [begin, end) of every pixel; whether all tiles were rendered."""
        done: list[Box] = []
        waiting = self.boxes()
        count = len(waiting)

        def note():
            self._note_finished(done, count, begin, end)

        self._run(waiting, lambda box: self._render(box, begin, end, None), done, note)
        note()
        return not waiting

    def uneven_pass(self, counts: Counts, most: int) -> bool:
        """At most `most` samples of every pixel that has not reached its goal; whether all tiles were rendered."""

        def note():
            self.film.set_counts(counts.taken)
            self.film.sample_count -= self.film.first_sample

        windows = {box: self.window(box) for box in self.boxes()}
        waiting = [box for box, window in windows.items() if np.any(counts.taken[window] < counts.goal[window])]
        self._run(waiting, lambda box: self._render(box, tile.PER_PIXEL, most, counts), [], note)
        note()
        return not waiting

    def _run(self, waiting, render, done, note):
        """Render tiles until none is waiting or the job stops; `note` brings the film's counts up to date."""
        waiting.reverse()
        while True:
            due = [regular for regular in self.job.regulars if time.monotonic() >= regular.due]
            while waiting and not due and not self.is_stopping and self.workers.pending < 2 * self.stats.threads:
                self.workers.begin(render, waiting.pop())
            if self.workers.pending:
                self._collect(done)
            elif due and not self.is_stopping:
                note()
                self.pause(due)
            else:
                break

    def _collect(self, done):
        for box, counters in self.workers.finished(0.1):
            self._count(counters)
            done.append(box)
            if self.job.on_tile is not None:
                self.job.on_tile(self.film, *box)
            self.job.on_progress(self.stats.samples, self.total)

    def pause(self, regulars) -> None:
        """Let hooks look at the film; the clock stands still for the time limit."""
        started = time.monotonic()
        for regular in regulars:
            regular.run(self.film)
        seconds = time.monotonic() - started
        self.stats.pause_seconds += seconds
        if self.deadline is not None:
            self.deadline += seconds

    def _count(self, counters):
        stats = self.stats
        stats.samples += int(counters[tile.SAMPLES])
        stats.non_finite += int(counters[tile.NON_FINITE])
        if counters[tile.NON_FINITE] and len(stats.non_finite_places) < PLACES:
            place = (tile.NON_FINITE_X, tile.NON_FINITE_Y, tile.NON_FINITE_INDEX)
            stats.non_finite_places.append(tuple(int(counters[i]) for i in place))

    def _render(self, box, first, last, counts):
        counters = np.zeros(tile.COUNTERS, np.int64)
        x0, y0, _, _ = self.film.crop
        sums = (*self.sums, _NO_COUNTS, _NO_COUNTS)
        if counts is not None:
            # the kernel wants goals as an array: only these rows of it, large films leave no room for the others
            rows, _ = self.window(box)
            y0 = box[1]
            # always a copy: for a view that is read-only, which is another type, the kernel would be compiled anew
            goal = np.array(counts.goal[rows], np.int32, order="C")
            sums = (*(array[rows] for array in self.sums), counts.taken[rows], goal)
        self.render_tile(self.scene_tables.tables, sums, x0, y0, *box, first, last, counters)
        return counters

    def _note_finished(self, done, count, begin, end):
        if len(done) == count:
            self.film.set_counts(np.full((1, 1), end - self.film.first_sample))
            return
        extra = np.zeros(self.film.shape, np.min_scalar_type(end - begin))
        for box in done:
            extra[self.window(box)] = end - begin
        self.film.sample_count = begin - self.film.first_sample
        self.film.extra_samples = extra if done else None


def cut(box: Box, size: int) -> list[Box]:
    """A box in squares of that size, row by row, smaller at its right and lower edges."""
    x0, y0, x1, y1 = box
    corners = ((x, y) for y in range(y0, y1, size) for x in range(x0, x1, size))
    return [(x, y, min(x + size, x1), min(y + size, y1)) for x, y in corners]


def kernel_film(film: Film) -> tuple:
    """The film's arrays as the kernel takes them, without the two of counts."""
    nothing = np.zeros((1, 1, 1))
    bins = nothing if film.bins is None else film.bins
    radiance = nothing[0] if film.radiance is None else film.radiance
    layers = np.zeros((1, 1, 1), np.float32) if film.layers is None else film.layers
    return (
        film.xyz,
        film.xyz_rest,
        film.xyz_squared,
        film.xyz_squared_rest,
        film.weight,
        film.alpha,
        bins,
        radiance,
        layers,
    )


@functools.cache
def nothing_to_do() -> tuple:
    """Arguments of an entry point of the kernel that make it do nothing; to make them anew takes 4 ms."""
    from specrender.kernel.settings import LAYOUT
    from specrender.kernel.tables import Tables

    sums = (*kernel_film(Film.create(1, 1)), _NO_COUNTS, _NO_COUNTS)
    return Tables(LAYOUT, {}), sums, 0, 0, 0, 0, 0, 0, 0, 0, np.zeros(tile.COUNTERS, np.int64)
