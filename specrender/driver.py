"""Rendering: tiles over threads, progress, interruption.  SceneTables -> Film.

The kernel releases the GIL and knows nothing of time; everything here happens between its calls.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from specrender.errors import InputError
from specrender.film import Film
from specrender.film import aov_layout as film_layout
from specrender.kernel import tile
from specrender.kernel.jit import is_compiled
from specrender.kernel.settings import LAYOUT
from specrender.kernel.tables import Tables
from specrender.scene.compile import SceneTables

#: Edge of a tile [pixels]: small enough that threads end together, large enough that calls cost nothing.
TILE_SIZE = 32

#: Most samples that one kernel call takes of a pixel before the driver looks at the clock again.
SAMPLES_PER_CALL = 64

#: A pass over all tiles should take about this long [s]: progress moves, and Ctrl-C seldom cuts a pass.
PASS_SECONDS = 0.5


@dataclass
class RenderStats:
    """What a render did.

    Parameters
    ----------
    samples : paths traced from the camera.
    non_finite : samples dropped because they were not finite.
    render_seconds : wall time of tracing.
    interrupted : the render was stopped before its last sample.
    threads : that rendered.
    """

    samples: int = 0
    non_finite: int = 0
    render_seconds: float = 0.0
    interrupted: bool = False
    threads: int = 1

    @property
    def paths_per_second(self) -> float:
        """Camera paths per second of render time."""
        return self.samples / self.render_seconds if self.render_seconds > 0 else 0.0


@dataclass
class Job:
    """Where a render stands: hooks that the caller may set.

    on_progress : called with (samples done, samples in all) between tiles.
    stop : set it, from any thread or a signal handler, to end after the tiles under way.
    """

    on_progress: Callable[[int, int], None] = lambda done, total: None
    stop: threading.Event = field(default_factory=threading.Event)


def default_threads() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare_kernel() -> None:
    """Load the machine code of the render kernel from the cache, or compile it.

    Needs no scene, since the kernel's types do not depend on one; comes before threads start, which would all wait.
    """
    if not is_compiled(tile.render_tile):
        film, _ = _kernel_film(Film.create(1, 1))
        tables = Tables(LAYOUT, {})
        tile.render_tile(tables, film, 0, 0, 0, 0, 0, 0, 0, 0, np.zeros(tile.COUNTERS, np.int64))


def new_film(scene_tables: SceneTables, crop=None, metadata: dict | None = None) -> Film:
    """An empty film that fits the tables."""
    settings = scene_tables.tables.arrays["settings"][0]
    return Film.create(
        int(settings["width"]),
        int(settings["height"]),
        crop,
        bin_edges_nm=scene_tables.bin_edges_nm,
        aov_layout=film_layout(scene_tables.aov_names),
        metadata=metadata,
    )


def render_film(
    scene_tables: SceneTables,
    film: Film,
    sample_count: int,
    threads: int | None = None,
    tile_size: int = TILE_SIZE,
    job: Job | None = None,
) -> RenderStats:
    """Add samples film.sample_count .. film.sample_count + sample_count - 1 of every pixel to the film.

    The sums do not depend on threads, tiles or on how many calls the samples are spread over, bit for bit.  When the
    job is stopped, the tiles under way are finished; if that leaves a pass incomplete, `film.extra_samples` says which
    pixels have how many samples more than the others.

    Parameters
    ----------
    scene_tables : from `compile_scene`.
    film : from `new_film`, or one that already holds samples of the same scene.
    sample_count : samples per pixel to add.

    Raises
    ------
    InputError : the film was left with an incomplete pass.
    """
    if film.extra_samples is not None:
        raise InputError("the film was interrupted within a pass; more samples cannot be added evenly")
    threads = default_threads() if threads is None else threads
    prepare_kernel()
    run = _Run(scene_tables, film, tile_size, Job() if job is None else job, RenderStats(threads=threads))
    started = time.perf_counter()
    first, last = film.sample_count, film.sample_count + sample_count
    run.total = film.weight.size * sample_count
    with ThreadPoolExecutor(threads) as pool:
        begin, size = first, 1
        while begin < last and not run.job.stop.is_set():
            end = min(begin + size, last)
            pass_started = time.perf_counter()
            run.render_pass(pool, begin, end)
            # twice the samples while passes are short: how they are cut does not change the sums
            if time.perf_counter() - pass_started < PASS_SECONDS / 2:
                size = min(2 * size, SAMPLES_PER_CALL)
            begin = end
    run.stats.interrupted = film.sample_count < last
    run.stats.render_seconds = time.perf_counter() - started
    _store_layers(film, run.layers)
    return run.stats


@dataclass
class _Run:
    """One call of `render_film`."""

    scene_tables: SceneTables
    film: Film
    tile_size: int
    job: Job
    stats: RenderStats
    total: int = 0

    def __post_init__(self):
        self.sums, self.layers = _kernel_film(self.film)

    def render_pass(self, pool, begin: int, end: int) -> None:
        """Samples [begin, end) of every pixel, or of those tiles that were begun before the job was stopped."""
        x0, y0, x1, y1 = self.film.crop
        waiting = [(x, y) for y in range(y0, y1, self.tile_size) for x in range(x0, x1, self.tile_size)]
        waiting.reverse()
        pending, finished = {}, []
        while True:
            while waiting and not self.job.stop.is_set() and len(pending) < 2 * self.stats.threads:
                corner = waiting.pop()
                pending[pool.submit(self._render_tile, *corner, begin, end)] = corner
            if not pending:
                break
            done, _ = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in done:
                counters = future.result()
                self.stats.non_finite += int(counters[tile.NON_FINITE])
                self.stats.samples += int(counters[tile.SAMPLES])
                finished.append(pending.pop(future))
            if done:
                self.job.on_progress(self.stats.samples, self.total)
        if waiting:
            self._close_incomplete(finished, begin, end)
        else:
            self.film.sample_count = end

    def _render_tile(self, x, y, begin, end):
        counters = np.zeros(tile.COUNTERS, np.int64)
        x0, y0, x1, y1 = self.film.crop
        right, bottom = min(x + self.tile_size, x1), min(y + self.tile_size, y1)
        tile.render_tile(self.scene_tables.tables, self.sums, x0, y0, x, y, right, bottom, begin, end, counters)
        return counters

    def _close_incomplete(self, finished, begin: int, end: int) -> None:
        """Note which pixels have the samples of an interrupted pass."""
        x0, y0, _, _ = self.film.crop
        extra = np.zeros(self.film.shape, np.int32)
        for x, y in finished:
            extra[y - y0 : y - y0 + self.tile_size, x - x0 : x - x0 + self.tile_size] = end - begin
        least = int(extra.min())
        self.film.sample_count = begin + least
        self.film.extra_samples = extra - least if extra.max() > least else None


def _kernel_film(film: Film):
    """The film's arrays as the kernel takes them, and the packed layers (h, w, channels)."""
    nothing = np.zeros((1, 1, 1))
    channels = sum(array.shape[2] for array in film.aovs.values())
    layers = np.concatenate(list(film.aovs.values()), axis=2) if channels else nothing
    bins = nothing if film.bins is None else film.bins
    radiance = nothing[0] if film.radiance is None else film.radiance
    return (film.xyz, film.xyz_squared, film.weight, film.alpha, bins, radiance, layers), layers


def _store_layers(film: Film, layers: np.ndarray) -> None:
    """Put the packed layers back into the film."""
    channel = 0
    for array in film.aovs.values():
        array[...] = layers[:, :, channel : channel + array.shape[2]]
        channel += array.shape[2]
