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

from specrender.film import Film
from specrender.film import aov_layout as film_layout
from specrender.kernel import tile
from specrender.kernel.jit import is_compiled
from specrender.scene.compile import SceneTables

#: Edge of a tile [pixels]: small enough that threads end together, large enough that calls cost nothing.
TILE_SIZE = 32

#: Samples that one kernel call takes of a pixel before the driver looks at the clock and at Ctrl-C again.
SAMPLES_PER_CALL = 64


@dataclass
class RenderStats:
    """What a render did.

    Parameters
    ----------
    samples : paths traced from the camera.
    non_finite : samples dropped because they were not finite.
    compile_seconds, render_seconds : wall time of the first kernel call if it had to compile or load, and of the rest.
    interrupted : the render was stopped before its last sample.
    """

    samples: int = 0
    non_finite: int = 0
    compile_seconds: float = 0.0
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

    on_compile : called before and after the first kernel call, with "begin" or "end".
    on_progress : called with (samples done, samples in all) between tiles.
    stop : set it, from any thread or a signal handler, to end after the tiles under way.
    """

    on_compile: Callable[[str], None] = lambda phase: None
    on_progress: Callable[[int, int], None] = lambda done, total: None
    stop: threading.Event = field(default_factory=threading.Event)


def default_threads() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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

    The sums do not depend on threads, tiles or on how many calls the samples are spread over, bit for bit.

    Parameters
    ----------
    scene_tables : from `compile_scene`.
    film : from `new_film`, or one that already holds samples of the same scene.
    sample_count : samples per pixel to add.
    """
    threads = default_threads() if threads is None else threads
    job = Job() if job is None else job
    stats = RenderStats(threads=threads)
    sums, layers = _kernel_film(film)
    x0, y0, x1, y1 = film.crop
    first, last = film.sample_count, film.sample_count + sample_count

    def render(tile_x, tile_y, begin, end):
        counters = np.zeros(tile.COUNTERS, np.int64)
        right, bottom = min(tile_x + tile_size, x1), min(tile_y + tile_size, y1)
        tile.render_tile(scene_tables.tables, sums, x0, y0, tile_x, tile_y, right, bottom, begin, end, counters)
        return counters

    stats.compile_seconds = _compile(scene_tables, sums, job)
    started = time.perf_counter()
    total = (x1 - x0) * (y1 - y0) * sample_count
    tiles = [(x, y) for y in range(y0, y1, tile_size) for x in range(x0, x1, tile_size)]
    finished = first
    with ThreadPoolExecutor(threads) as pool:
        for begin in range(first, last, SAMPLES_PER_CALL):
            end = min(begin + SAMPLES_PER_CALL, last)
            pending = set()
            remaining = iter(tiles)
            done_tiles = 0
            # once a pass has begun it is finished, so that every pixel has the same number of samples
            if job.stop.is_set():
                break
            while True:
                while len(pending) < 2 * threads and (position := next(remaining, None)) is not None:
                    pending.add(pool.submit(render, *position, begin, end))
                if not pending:
                    break
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    counters = future.result()
                    stats.non_finite += int(counters[tile.NON_FINITE])
                    stats.samples += int(counters[tile.SAMPLES])
                    done_tiles += 1
                job.on_progress(stats.samples, total)
            finished = end
            film.sample_count = end
    stats.interrupted = finished < last
    stats.render_seconds = time.perf_counter() - started
    _store_layers(film, layers)
    return stats


def _compile(scene_tables: SceneTables, sums, job: Job) -> float:
    """Make sure that the kernel is machine code before threads start; returns the seconds it took."""
    if is_compiled(tile.render_tile):
        return 0.0
    started = time.perf_counter()
    job.on_compile("begin")
    counters = np.zeros(tile.COUNTERS, np.int64)
    tile.render_tile(scene_tables.tables, sums, 0, 0, 0, 0, 0, 0, 0, 0, counters)
    job.on_compile("end")
    return time.perf_counter() - started


def _kernel_film(film: Film):
    """The film's arrays as the kernel takes them, and the packed layers (h, w, channels)."""
    height, width = film.shape
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
