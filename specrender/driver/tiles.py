"""One pass over the tiles of a film, by a pool of threads."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from specrender.driver.job import PLACES, Job, RenderStats, Stop
from specrender.driver.variant import variant_of
from specrender.film import Film
from specrender.kernel import tile
from specrender.scene.compile import SceneTables

#: Edge of a tile [pixels]: small enough that threads end together, large enough that calls cost nothing.
TILE_SIZE = 32

#: Most samples that one kernel call takes of a pixel before the driver looks at the clock again.
SAMPLES_PER_CALL = 64

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
    pool: ThreadPoolExecutor
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

    def corners(self) -> list[tuple[int, int]]:
        """(x, y) of the upper left pixel of every tile, row by row, in the full image."""
        x0, y0, x1, y1 = self.film.crop
        return [(x, y) for y in range(y0, y1, self.size) for x in range(x0, x1, self.size)]

    def box(self, x: int, y: int) -> tuple[int, int, int, int]:
        """(x, y, right, bottom) of the tile at a corner."""
        return x, y, min(x + self.size, self.film.crop[2]), min(y + self.size, self.film.crop[3])

    def window(self, x: int, y: int) -> tuple[slice, slice]:
        """The tile at a corner as a part of the film's arrays."""
        x0, y0, _, _ = self.film.crop
        _, _, right, bottom = self.box(x, y)
        return slice(y - y0, bottom - y0), slice(x - x0, right - x0)

    def even_pass(self, begin: int, end: int) -> bool:
        """Samples with the indices [begin, end) of every pixel; whether all tiles were rendered."""
        done: list[tuple[int, int]] = []

        def note():
            self._note_finished(done, begin, end)

        waiting = self.corners()
        self._run(waiting, lambda corner: self._render(corner, begin, end, None), done, note)
        note()
        return not waiting

    def uneven_pass(self, counts: Counts, most: int) -> bool:
        """At most `most` samples of every pixel that has not reached its goal; whether all tiles were rendered."""

        def note():
            self.film.set_counts(counts.taken)
            self.film.sample_count -= self.film.first_sample

        windows = {corner: self.window(*corner) for corner in self.corners()}
        waiting = [c for c, window in windows.items() if np.any(counts.taken[window] < counts.goal[window])]
        self._run(waiting, lambda corner: self._render(corner, tile.PER_PIXEL, most, counts), [], note)
        note()
        return not waiting

    def _run(self, waiting, render, done, note):
        """Render tiles until none is waiting or the job stops; `note` brings the film's counts up to date."""
        waiting.reverse()
        pending = {}
        while True:
            due = [regular for regular in self.job.regulars if time.monotonic() >= regular.due]
            while waiting and not due and not self.is_stopping and len(pending) < 2 * self.stats.threads:
                corner = waiting.pop()
                pending[self.pool.submit(render, corner)] = corner
            if pending:
                self._collect(pending, done)
            elif due and not self.is_stopping:
                note()
                self.pause(due)
            else:
                break

    def _collect(self, pending, done):
        finished, _ = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
        for future in finished:
            counters = future.result()
            self._count(counters)
            corner = pending.pop(future)
            done.append(corner)
            if self.job.on_tile is not None:
                self.job.on_tile(self.film, *self.box(*corner))
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

    def _render(self, corner, first, last, counts):
        counters = np.zeros(tile.COUNTERS, np.int64)
        x0, y0, _, _ = self.film.crop
        sums = (*self.sums, _NO_COUNTS, _NO_COUNTS)
        if counts is not None:
            # the kernel wants goals as an array: only these rows of it, large films leave no room for the others
            rows, _ = self.window(*corner)
            y0 = corner[1]
            # always a copy: for a view that is read-only, which is another type, the kernel would be compiled anew
            goal = np.array(counts.goal[rows], np.int32, order="C")
            sums = (*(array[rows] for array in self.sums), counts.taken[rows], goal)
        self.render_tile(self.scene_tables.tables, sums, x0, y0, *self.box(*corner), first, last, counters)
        return counters

    def _note_finished(self, done, begin, end):
        if len(done) == len(self.corners()):
            self.film.set_counts(np.full((1, 1), end - self.film.first_sample))
            return
        extra = np.zeros(self.film.shape, np.min_scalar_type(end - begin))
        for corner in done:
            extra[self.window(*corner)] = end - begin
        self.film.sample_count = begin - self.film.first_sample
        self.film.extra_samples = extra if done else None


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


def nothing_to_do() -> tuple:
    """Arguments of an entry point of the kernel that make it do nothing."""
    from specrender.kernel.settings import LAYOUT
    from specrender.kernel.tables import Tables

    sums = (*kernel_film(Film.create(1, 1)), _NO_COUNTS, _NO_COUNTS)
    return Tables(LAYOUT, {}), sums, 0, 0, 0, 0, 0, 0, 0, 0, np.zeros(tile.COUNTERS, np.int64)
