"""Rendering a scene in several modes by batches with common random numbers."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from specrender import driver
from specrender.comparison.statistics import LEAST_BATCHES, WANTED_BATCHES, GroupSums, Pair, batch_plan
from specrender.errors import InputError
from specrender.film import Film
from specrender.scene import description as d
from specrender.session import Session, integrator_chain

#: A render that ends by time or noise takes batches of at most about this long for all modes together [s], and one that
#: ends by noise at most so many samples in each: the fewer, the closer to the end it stops.
BATCH_SECONDS = 0.5
MOST_PER_BATCH = 16

#: Odd, so that the seeds of 2^31 batches differ; far from small numbers, so that neighbouring seeds share none.
SEED_STEP = 0x2545F491


def batch_seed(seed: int, batch: int) -> int:
    """Seed of a batch; batch 0 has the seed itself."""
    return (seed + batch * SEED_STEP) & 0x7FFFFFFF


def bare(scene: d.Scene) -> d.Scene:
    """A copy of a scene without spectral bins, sensor responses and extra layers: what both modes can render.

    Raises
    ------
    InputError : the scene has no integrator that carries light.
    """
    scene = copy.copy(scene)
    integrator = scene.integrator
    while isinstance(integrator, (d.AovIntegrator, d.MomentIntegrator)):
        integrator = integrator.integrator
    if integrator is None or isinstance(integrator, d.DepthIntegrator):
        raise InputError("the scene has no integrator that carries light: there is nothing to compare")
    scene.integrator = integrator
    shared = {name: getattr(scene.film, name) for name in d.FilmBase.__struct_fields__}
    scene.film = d.HdrFilm(**shared)
    return scene


class Variant:
    """A scene compiled for one mode, with the sum of what was rendered.

    Parameters
    ----------
    scene : validated.
    space : gamut of rgb mode, or None for spectral mode.
    layers : spectral mode: compile spectral bins and the ids of shapes in, for `probe` and `shape_ids`; `batch` is not
        slowed down by them.
    """

    def __init__(self, scene: d.Scene, space: str | None, threads: int | None, layers: bool = False):
        self.space, self.threads = space, threads
        self.scene = bare(scene)
        compiled = copy.copy(self.scene)
        if layers:
            compiled.integrator = d.AovIntegrator(aovs=["shape_index"], integrator=self.scene.integrator)
            compiled.film = copy.copy(compiled.film)
            compiled.film.spectral_bins = getattr(scene.film, "spectral_bins", None)
        session = Session(
            mode="spectral" if space is None else "rgb",
            rgb_space=space or "srgb",
            threads=threads,
            spectral_film=layers,
        )
        session.scene = compiled
        session.compile()
        self.tables = session.tables
        self.seconds = dict(session.seconds)
        # bins and ids are ours, not what the film is a picture of
        self.metadata = session.film.metadata | {"integrator": integrator_chain(self.scene.integrator)}
        settings = self.settings
        self._layers = int(settings["bin_count"]), int(settings["aov_count"]), int(settings["integrator"])
        self.plain = replace(self.tables, bin_edges_nm=None, aov_names=[])
        self._select(bins=False, layers=False)
        crop = session.film.crop
        self.film = driver.new_film(self.plain, crop, self.metadata)
        self._last = None
        self.render_seconds = 0.0
        self.non_finite = 0

    @property
    def settings(self) -> np.void:
        """The kernel's record of settings; changed between renders, never during one."""
        return self.tables.tables.arrays["settings"][0]

    @property
    def lights(self) -> np.ndarray:
        """The kernel's records of lights, in the order shapes, then lights."""
        return self.tables.tables.arrays["lights"]

    def _select(self, bins: bool, layers: bool) -> None:
        settings, (bin_count, aov_count, _) = self.settings, self._layers
        settings["bin_count"] = bin_count if bins else 0
        settings["aov_count"] = aov_count if layers else 0

    def batch(self, seed: int, samples: int, job: driver.Job | None = None) -> np.ndarray | None:
        """(h, w, 3) sum of weight * XYZ over the samples, divided by their number; None if the job was stopped."""
        film = driver.new_film(self.plain, self.film.crop)
        if not self._render(self.plain, film, seed, samples, job):
            return None
        self._last = film
        return film.xyz / samples

    def keep(self) -> None:
        """Add the last batch to the film."""
        self.film.add(self._last)

    def _render(self, tables, film, seed, samples, job=None) -> bool:
        self.settings["seed"] = np.int32(seed)
        stats = driver.render_film(tables, film, samples, self.threads, job=job)
        self.render_seconds += stats.render_seconds
        self.non_finite += stats.non_finite
        return not stats.interrupted

    def window(self, crop: tuple[int, int, int, int], seed: int, samples: int, bins: bool = False) -> Film:
        """The film of a part of the picture, with spectra if wanted."""
        self._select(bins=bins, layers=False)
        tables = self.plain if not bins else replace(self.tables, aov_names=[])
        film = driver.new_film(tables, crop)
        self._render(tables, film, seed, samples)
        self._select(bins=False, layers=False)
        return film

    def shape_ids(self, seed: int) -> np.ndarray:
        """(h, w) int64 index of the shape that the first sample of each pixel meets, -1 for none."""
        from specrender.kernel.settings import NO_INTEGRATOR

        self._select(bins=False, layers=True)
        self.settings["integrator"] = NO_INTEGRATOR
        tables = replace(self.tables, bin_edges_nm=None)
        film = driver.new_film(tables, self.film.crop)
        self._render(tables, film, seed, 1)
        self.settings["integrator"] = self._layers[2]
        self._select(bins=False, layers=False)
        return film.mean_aov("shape_index")[..., 0].astype(np.int64)


@dataclass
class Ends:
    """When to stop: after `samples` per pixel; after `seconds`; or when `resolved(renders)` says so."""

    samples: int | None = None
    seconds: float | None = None
    resolved: Callable[[Renders], bool] | None = None


@dataclass
class Renders:
    """Variants of one scene, one of them spectral, rendered by the same batches.

    Parameters
    ----------
    spectral : the spectral variant.
    rgb : space -> its variant.
    seed : of batch 0.
    labels : (h, w) index of the part of the picture that a pixel belongs to, 0 to the number of parts - 1.

    Attributes
    ----------
    groups : space (None: spectral) -> sums of its batches.
    pairs : space -> what is known of the difference of its batches from the spectral ones.
    part_means : space (None: spectral) -> one (parts, 3) array a batch, the mean colour of each part.
    """

    spectral: Variant
    rgb: dict[str, Variant]
    seed: int
    labels: np.ndarray
    samples_per_batch: int = 0
    groups: dict[str | None, GroupSums] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)
    part_means: dict[str | None, list[np.ndarray]] = field(default_factory=dict)
    interrupted: bool = False
    seconds: float = 0.0

    def __post_init__(self):
        shape = self.spectral.film.shape
        self.groups = {variant.space: GroupSums.create(shape) for variant in self.variants}
        self.pairs = {space: Pair.create(self.groups[None], self.groups[space]) for space in self.rgb}
        self.part_means = {variant.space: [] for variant in self.variants}
        self._part_sizes = np.bincount(self.labels.ravel())

    @property
    def variants(self) -> list[Variant]:
        """All of them, the spectral one first."""
        return [self.spectral, *self.rgb.values()]

    @property
    def batches(self) -> int:
        """Batches that are complete in all variants."""
        return self.groups[None].batches

    @property
    def samples(self) -> int:
        """Samples per pixel of each variant."""
        return self.batches * self.samples_per_batch

    def run(self, ends: Ends, job: driver.Job | None = None) -> None:
        """Render batches of all variants in turn until one of the ends is reached, or the job is stopped.

        Raises
        ------
        InputError : fewer samples than batches are needed.
        """
        job = driver.Job() if job is None else job
        started = time.perf_counter()
        batches = self._plan(ends, started)
        pixels = self.spectral.film.weight.size
        watcher, per_batch = job.on_progress, pixels * self.samples_per_batch * len(self.variants)
        while self.batches < batches and not job.stop.is_set():
            before, total = self.batches * per_batch, batches * per_batch
            if ends.seconds is not None and self.batches:
                total = min(total, before * ends.seconds / (time.perf_counter() - started))
            if not self._batch(job, watcher, before, max(int(total), before + per_batch)):
                break
            elapsed = time.perf_counter() - started
            if self.batches < LEAST_BATCHES:
                continue
            if ends.seconds is not None and elapsed * (1 + 1 / self.batches) > ends.seconds:
                break
            if ends.resolved is not None and (self.batches & (self.batches - 1)) == 0 and ends.resolved(self):
                break
        self.interrupted = job.stop.is_set()
        self.seconds = time.perf_counter() - started

    def _plan(self, ends: Ends, started: float) -> int:
        """Number of batches; sets the samples in each."""
        if ends.samples is not None and ends.samples < LEAST_BATCHES:
            raise InputError(
                f"compare needs at least {LEAST_BATCHES} samples per pixel to tell a difference from noise, "
                f"got {ends.samples}"
            )
        if ends.seconds is None and ends.resolved is None:
            batches, self.samples_per_batch = batch_plan(ends.samples)
            return batches
        # one sample of each variant tells how many fit into a batch; it is not used
        for variant in self.variants:
            variant.batch(batch_seed(self.seed, 0), 1)
        each = max(time.perf_counter() - started, 1e-4)
        wanted = BATCH_SECONDS if ends.seconds is None else min(BATCH_SECONDS, ends.seconds / WANTED_BATCHES)
        fitting = 2 ** int(np.log2(max(1.0, wanted / each)))
        self.samples_per_batch = fitting if ends.resolved is None else min(fitting, MOST_PER_BATCH)
        if ends.samples is None:
            return np.iinfo(np.int32).max // self.samples_per_batch
        if ends.samples // self.samples_per_batch < WANTED_BATCHES:
            batches, self.samples_per_batch = batch_plan(ends.samples)
            return batches
        return ends.samples // self.samples_per_batch

    def _means_of_parts(self, picture: np.ndarray) -> np.ndarray:
        labels = self.labels.ravel()
        sums = [np.bincount(labels, picture[..., c].ravel(), len(self._part_sizes)) for c in range(3)]
        return np.stack(sums, axis=-1) / np.maximum(self._part_sizes, 1)[:, None]

    def _batch(self, job: driver.Job, watcher, before: int, total: int) -> bool:
        seed, pictures = batch_seed(self.seed, self.batches), {}
        for index, variant in enumerate(self.variants):
            share = variant.film.weight.size * self.samples_per_batch
            inner = driver.Job(stop=job.stop)
            inner.on_progress = lambda done, _, base=before + index * share: watcher(base + done, total)
            pictures[variant.space] = variant.batch(seed, self.samples_per_batch, inner)
            if pictures[variant.space] is None:
                return False
        for space, pair in self.pairs.items():
            pair.add(pictures[None], pictures[space])
        for variant in self.variants:
            self.groups[variant.space].add(pictures[variant.space])
            self.part_means[variant.space].append(self._means_of_parts(pictures[variant.space]))
            variant.keep()
        return True
