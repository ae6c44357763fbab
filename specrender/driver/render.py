"""The front door: samples of a scene into a film until a plan is met."""

from __future__ import annotations

import os
import time

import numpy as np

from specrender.driver.job import Job, RenderStats, Stop
from specrender.driver.plan import Plan
from specrender.driver.team import Team, call_each
from specrender.driver.tiles import SAMPLES_PER_CALL, TILE_SIZE, Counts, Tiles
from specrender.driver.variant import variant_of
from specrender.driver.workers import Workers
from specrender.film import Film, allocation, noise
from specrender.film import aov_layout as film_layout
from specrender.film.rounds import Round
from specrender.kernel.jit import Compilation
from specrender.kernel.sampler import SOBOL
from specrender.kernel.tile import RENDER_TILE
from specrender.scene.compile import SceneTables

#: A pass over all tiles should take about this long [s]: progress moves, and Ctrl-C and time limits seldom cut one.
PASS_SECONDS = 0.5

#: But so many samples of each pixel are taken at once all the same, unless time is running out: one by one, on pictures
#: of a third of a megapixel, sums of the film are fetched and stored for each, no ray is prepared while another one is
#: traced, and Python takes a tenth of the time.  matpreview with 16 samples: 1.1 times the paths a second.
PASS_SAMPLES = 8

#: Largest index of a sample: the kernel's integers hold no more.
LAST_SAMPLE = 2**31 - 2


def default_threads() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare_kernel(scene_tables: SceneTables | None = None, processes: int | None = None) -> None:
    """Load the machine code of the render kernel from the cache, or compile it.

    Comes before threads start, which would all wait.  The kernel's types do not depend on a scene, and all its variants
    share most of the compiler's work: if one has to be compiled, all are.

    scene_tables : the variant that these take is prepared; None: all are.
    processes : that compile; None: as many as this one may use processors.
    """
    compiling = Compilation.seconds
    with Team(default_threads() if processes is None else processes):
        if scene_tables is not None:
            call_each([RENDER_TILE[variant_of(scene_tables.tables)]])
        if scene_tables is None or Compilation.seconds > compiling:
            call_each(RENDER_TILE.values())


def new_film(scene_tables: SceneTables, crop=None, metadata: dict | None = None, first_sample: int = 0) -> Film:
    """An empty film that fits the tables; its first sample will be the one with index `first_sample`."""
    settings = scene_tables.tables.arrays["settings"][0]
    film = Film.create(
        int(settings["width"]),
        int(settings["height"]),
        crop,
        bin_edges_nm=scene_tables.bin_edges_nm,
        aov_layout=film_layout(scene_tables.aov_names) + [(name, 1) for name in scene_tables.response_names],
        metadata=metadata,
    )
    film.first_sample = first_sample
    return film


def render_film(
    scene_tables: SceneTables,
    film: Film,
    plan: Plan | int,
    threads: int | None = None,
    tile_size: int = TILE_SIZE,
    job: Job | None = None,
) -> RenderStats:
    """Add samples to a film until a plan is met, or the job is stopped.

    The sums do not depend on threads, tiles or on how many calls the samples are spread over, bit for bit; so a film
    that was stopped, also within a pass, and goes on later is the same as one that never was.  When the job is stopped
    or time is up, the tiles under way are finished; if that leaves pixels with different numbers of samples,
    `film.extra_samples` says so, and the next call begins with what is missing.

    Parameters
    ----------
    scene_tables : from `compile_scene`.
    film : from `new_film`, or one that already holds samples of the same scene.
    plan : when to end; a number means so many samples per pixel more.
    threads : None for all processors.
    job : hooks to watch and stop the render.
    """
    if isinstance(plan, int):
        most = int(np.max(film.samples()))
        if plan < 1:
            return RenderStats(threads=threads or 1)
        plan = Plan(samples=most + plan)
    job = Job() if job is None else job
    threads = default_threads() if threads is None else threads
    prepare_kernel(scene_tables)
    stats = job.stats = RenderStats(threads=threads)
    for regular in job.regulars:
        regular.start()
    started = time.monotonic()
    with Workers(threads) as workers:
        deadline = None if plan.seconds is None else started + plan.seconds
        tiles = Tiles(scene_tables, film, tile_size, job, stats, workers, deadline)
        if plan.needs_decisions:
            _render_to_noise(tiles, plan)
        else:
            _render_evenly(tiles, plan)
    stats.render_seconds = time.monotonic() - started - stats.pause_seconds
    return stats


def _render_evenly(tiles: Tiles, plan: Plan) -> None:
    """All pixels to the same number of samples."""
    film = tiles.film
    last = LAST_SAMPLE if plan.samples is None else min(film.first_sample + plan.samples, LAST_SAMPLE)
    if plan.samples is not None:
        tiles.total = max(0, film.pixel_count * plan.samples - film.total_samples())
    if film.extra_samples is not None:
        most = film.next_sample + int(film.extra_samples.max())
        if not level(tiles, min(most, last)):
            return
    pace = Pace(tiles, film.pixel_count)
    while film.next_sample < last:
        size = min(pace.next // film.pixel_count, SAMPLES_PER_CALL)
        with pace:
            is_whole = tiles.even_pass(film.next_sample, min(film.next_sample + size, last))
        if not is_whole:
            tiles.note_stop()
            return


def _render_to_noise(tiles: Tiles, plan: Plan) -> None:
    """Pixels to their goals, then a decision on the next goals, and so on.

    Decisions come from the film at fixed numbers of samples, never from the clock; goals are kept in the film, so that
    a render that was stopped on the way to them goes on to the same.  A limit on samples ends it on the way, too: what
    it allows is a part of the round, in an order that the limit does not change (see `film.rounds`).  So a render with
    a limit is the beginning of one with a larger limit, bit for bit, whether it is resumed or not.
    """
    film, stats = tiles.film, tiles.stats
    stratified = tiles.scene_tables.tables.arrays["settings"][0]["sampler"] == SOBOL
    budget = None if plan.samples is None else plan.samples * film.pixel_count
    if budget is not None:
        tiles.total = max(0, budget - film.total_samples())
    noise.begin(film)
    pace = Pace(tiles, film.pixel_count)
    while _reach_goals(tiles, pace, budget):
        noise.remember(film, stratified)
        following, stats.noise, stats.worst_noise = allocation.decide(film, plan.noise, plan.is_adaptive)
        stats.decisions += 1
        if following is None:
            stats.stop = Stop.NOISE
            return
        if following.max() > LAST_SAMPLE:
            return
        film.convergence.goal[...] = following
    stats.noise, stats.worst_noise = noise.judged(film)


def _reach_goals(tiles: Tiles, pace: Pace, budget: int | None) -> bool:
    """Bring all pixels to their goals, all alike; whether they are there: time and budget may end it on the way.

    budget : most samples of all pixels together, or None.
    """
    film, state = tiles.film, tiles.film.convergence
    whole = int(np.maximum(film.counts(), state.goal).sum(dtype=np.int64))
    end = whole if budget is None else min(whole, budget)
    if film.total_samples() < end:
        this = Round(state.seen, state.goal)
    while (done := film.total_samples()) < end:
        with pace:
            is_whole = level(tiles, film.first_sample + this.part(min(done + pace.next, end)))
        if not is_whole:
            return False
    return done >= whole


class Pace:
    """How many samples a pass should take so that it is short, and ends with the time.

    tiles : whose passes it is used around, as a context.  least : samples a pass has at least.
    """

    def __init__(self, tiles: Tiles, least: int):
        self.next = self._least = least
        self._tiles = tiles

    def __enter__(self):
        self._started, self._paused = time.monotonic(), self._tiles.stats.pause_seconds
        self._samples = self._tiles.stats.samples

    def __exit__(self, *exception):
        stats, left = self._tiles.stats, max(0.0, self._tiles.seconds_left)
        seconds = time.monotonic() - self._started - (stats.pause_seconds - self._paused)
        rate = max(stats.samples - self._samples, 1) / max(seconds, 1e-9)
        # long passes end well before the deadline: what is cut then is a short one, and pixels are nearly alike
        wanted = max(rate * min(PASS_SECONDS, left), min(PASS_SAMPLES * self._least, 0.5 * rate * left))
        # how they are cut does not change the sums; the first ones say little of the speed
        self.next = int(max(self._least, min(2 * self.next, wanted)))


def level(tiles: Tiles, goal: int | np.ndarray) -> bool:
    """Bring every pixel to its goal, an index of a sample; pixels beyond it stay as they are.  False if stopped."""
    film = tiles.film
    taken = np.full(film.shape, film.next_sample, np.int32)
    if film.extra_samples is not None:
        np.add(taken, film.extra_samples, out=taken, casting="unsafe")
    counts = Counts(taken, np.broadcast_to(goal, film.shape))
    while np.any(counts.taken < counts.goal):
        if not tiles.uneven_pass(counts, SAMPLES_PER_CALL):
            tiles.note_stop()
            return False
    return True
