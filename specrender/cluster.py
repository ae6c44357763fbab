"""Rendering on many machines by dask.distributed: bands of rows, sample range after sample range.

A task is a range of samples of a band.  The next range of a band is sent out when the one before has come back, so that
the film always holds the first samples of each pixel, as it does on one machine: it can be looked at, kept in a
checkpoint and resumed anywhere.  A task whose worker died is given to another by dask, or once more by this process
where dask gives up; nothing is added twice, since tasks return their sums and only this process adds them.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pickle
import platform
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from specrender.driver import Job, Plan, RenderStats, Stop, new_film, render_film
from specrender.errors import InputError, SpecrenderError
from specrender.film import Identity
from specrender.scene.filenames import name_files_from
from specrender.spectra.observers import NAMES

if TYPE_CHECKING:
    from specrender.session import Session

#: Samples per pixel of a task.
SAMPLES_PER_TASK = 64

#: Bands for each thread of the cluster: enough that none waits for the last one long.
BANDS_PER_THREAD = 3

#: How often a task may fail on a worker, or a band be given out once more, before the render fails.
RETRIES = 10

#: Seconds to wait for the scheduler.
TIMEOUT = 20

_MISSING = "--dask needs the package distributed: pip install distributed"


def check_available() -> None:
    """SpecrenderError, with what to do, if the package that speaks to clusters is not installed."""
    if importlib.util.find_spec("distributed") is None:
        raise SpecrenderError(_MISSING)


def check_plan(plan: Plan) -> None:
    """InputError if a plan cannot be rendered on a cluster."""
    if plan.samples is None or plan.seconds is not None or plan.needs_decisions:
        raise InputError("--dask renders a number of samples of every pixel: give --spp, without --time and --noise")


def render_on_cluster(session: Session, plan: Plan, address: str, job: Job | None = None) -> RenderStats:
    """Add samples to the film of a session until the plan is met, by the workers of a dask scheduler.

    Parameters
    ----------
    session : compiled.  Files that its scene names must be there on all workers, in the same folders.
    address : of the scheduler, "tcp://host:8786" or "host:8786".

    Raises
    ------
    InputError : the plan has other rules than a number of samples.
    SpecrenderError : the scheduler cannot be reached, has no workers, or a task failed.
    """
    check_plan(plan)
    client = _client(address)
    with client:
        threads = sum(client.nthreads().values())
        if threads == 0:
            raise SpecrenderError(f"the dask scheduler at {address} has no workers")
        return _Run(session, plan, client, threads, Job() if job is None else job).run()


def _client(address):
    try:
        from distributed import Client
    except ImportError:
        raise SpecrenderError(_MISSING) from None
    try:
        return Client(address, timeout=TIMEOUT)
    except (OSError, ValueError, TimeoutError) as error:
        raise SpecrenderError(f"cannot reach a dask scheduler at {address}: {error}") from error


class _Run:
    """One call of `render_on_cluster`."""

    def __init__(self, session, plan, client, threads, job):
        self.session, self.film, self.client, self.job = session, session.film, client, job
        self.stats = job.stats = RenderStats(threads=threads)
        self.last = plan.samples
        self.total = max(0, self.film.pixel_count * plan.samples - self.film.total_samples())
        samples = self.film.counts()
        self.counts = samples.astype(np.int32)
        # keys are those of all clients of a scheduler: with the same ones two renders would get each other's bands
        self.keys = (f"specrender-{uuid.uuid4().hex}-{number}" for number in itertools.count())
        self.rows_of, self.losses = {}, Counter()

    def run(self) -> RenderStats:
        from distributed import as_completed

        started = time.monotonic()
        for regular in self.job.regulars:
            regular.start()
        self._scatter()
        futures = as_completed()
        for rows in self._bands():
            self._send(futures, rows)
        try:
            for future in futures:
                rows = self._receive(future)
                self._pause()
                if not self.job.stop.is_set():
                    self._send(futures, rows)
        finally:
            self.film.set_counts(self.counts)
        self.stats.stop = Stop.INTERRUPTED if self.job.stop.is_set() else Stop.SAMPLES
        self.stats.render_seconds = time.monotonic() - started - self.stats.pause_seconds
        return self.stats

    def _bands(self):
        """(first, last) rows of the data window, in parts with one number of samples each."""
        height = self.film.shape[0]
        size = max(1, -(-height // (BANDS_PER_THREAD * self.stats.threads)))
        return [(first, min(first + size, height)) for first in range(0, height, size)]

    def _scatter(self):
        """Give the recipe to the workers."""
        content = pickle.dumps(recipe_of(self.session))
        try:
            # not known by its hash: what is lost would be taken for what is there
            self.recipe = self.client.scatter(content, broadcast=True, hash=False)
        except (OSError, TimeoutError) as error:
            raise SpecrenderError(f"the dask cluster has no workers left, or is gone: {error}") from error

    def _send(self, futures, rows):
        """Give out the next range of samples of a band, if it lacks any."""
        counts = self.counts[rows[0] : rows[1]]
        have = int(counts.min())
        if have >= self.last:
            return
        # a band that an interrupted render left uneven goes pixel by pixel to its largest number first
        most = int(counts.max())
        end = min(most, self.last) if most > have else min(have + SAMPLES_PER_TASK, self.last)
        uneven = counts.copy() if most > have else None
        task = self.client.submit(
            render_part, self.recipe, rows, have, end, uneven, retries=RETRIES, key=next(self.keys)
        )
        self.rows_of[task.key] = rows, self.recipe
        futures.add(task)

    def _receive(self, future):
        """Add what a task returned, if it did; the rows of its band."""
        rows, recipe = self.rows_of.pop(future.key)
        try:
            result = future.result()
        except Exception as error:  # whatever the worker met, or dask about workers that died
            if _is_loss(error) and self.losses[rows] < RETRIES:
                self.losses[rows] += 1
                if recipe is self.recipe:  # the first of the tasks that were lost with it
                    self._scatter()
                return rows
            raise SpecrenderError(f"a task failed on the cluster: {type(error).__name__}: {error}") from error
        if isinstance(result, SpecrenderError):
            raise result
        part, end, stats = result
        self.film.add_sums(part, with_ids=part.first_sample == 0)
        band = self.counts[rows[0] : rows[1]]
        np.maximum(band, end, out=band)
        self.stats.samples += stats.samples
        self.stats.non_finite += stats.non_finite
        self.stats.non_finite_places += stats.non_finite_places
        self.job.on_progress(self.stats.samples, self.total)
        if self.job.on_tile is not None:
            self.job.on_tile(self.film, *part.crop)
        return rows

    def _pause(self):
        """Checkpoints and previews that are due."""
        due = [regular for regular in self.job.regulars if time.monotonic() >= regular.due]
        if due:
            started = time.monotonic()
            self.film.set_counts(self.counts)
            for regular in due:
                regular.run(self.film)
            self.stats.pause_seconds += time.monotonic() - started


def _is_loss(error) -> bool:
    """Whether a task failed with its workers: too many of them died with it, or all that held what it takes did."""
    from concurrent.futures import CancelledError

    from distributed import CancelledError as DaskCancelledError
    from distributed.scheduler import KilledWorker

    return isinstance(error, CancelledError | DaskCancelledError | KilledWorker)


# ---------------------------------------------------------------- on the workers

#: The last session of this worker: (bytes of the recipe, session).
_last: tuple[bytes, Session] | None = None


def recipe_of(session: Session) -> dict:
    """What a worker needs to make the same session."""
    names = ("mode", "rgb_space", "spectral_film", "observer", "clamp_indirect", "first_sample", "scene")
    settings = {name: getattr(session, name) for name in names}
    return settings | {"required": session.film.identity.required, "folder": os.getcwd()}


def render_part(recipe: bytes, rows: tuple[int, int], have: int, end: int, uneven: np.ndarray | None):
    """Samples of a band of rows, counted from the session's first; runs on a worker.

    uneven : samples that each pixel of the band has already, or None: all have `have`.

    Returns (film of the band, end, statistics), or the SpecrenderError for what would fail on every attempt.
    """
    try:
        session = _session_of(recipe)
    except SpecrenderError as error:
        return type(error)(f"on the worker {platform.node()} of the cluster: {error}")
    x0, y0, x1, _ = session.film.crop
    crop = (x0, y0 + rows[0], x1, y0 + rows[1])
    part = new_film(session.tables, crop, first_sample=session.first_sample + have)
    if uneven is not None:
        part.set_counts(uneven - have)
        part.sample_count, part.first_sample = 0, session.first_sample + have
    stats = render_film(session.tables, part, Plan(samples=end - have), threads=1)
    return part, end, stats


def _session_of(recipe: bytes) -> Session:
    global _last
    if _last is None or _last[0] != recipe:
        from specrender.session import Session

        settings = pickle.loads(recipe)
        scene, required, folder = (settings.pop(name) for name in ("scene", "required", "folder"))
        name_files_from(scene, folder)
        if settings["observer"] is not None and settings["observer"] not in NAMES:
            settings["observer"] = os.path.join(folder, settings["observer"])
        session = Session(**settings, threads=1)
        session.scene = scene
        session.compile()
        differences = Identity(required).differences(session.film.identity, with_machine=False)
        if differences:
            raise SpecrenderError(f"it would render something else: {'; '.join(differences)}")
        _last = (recipe, session)
    return _last[1]
