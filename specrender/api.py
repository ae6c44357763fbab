"""`render`: a scene to a film in one call, the Python API's counterpart of `specrender render`."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from specrender.errors import InputError, SpecrenderWarning
from specrender.session import Session, sample_range, stop_rules

if TYPE_CHECKING:
    from specrender.driver import Job
    from specrender.film import Film
    from specrender.scene.description import Scene

#: AOVs that denoising needs (`denoise.GUIDES`, without importing it).
DENOISE_GUIDES = ("albedo", "sh_normal")


def render(
    scene_or_path: Scene | str | os.PathLike,
    *,
    camera: str | int | None = None,
    spp: int | None = None,
    size: tuple[int, int] | None = None,
    crop: tuple[int, int, int, int] | None = None,
    seed: int | None = None,
    threads: int | None = None,
    mode: str = "spectral",
    rgb_space: str = "srgb",
    dispersive: bool = False,
    defines: dict[str, str] | None = None,
    integrator: str | None = None,
    sampler: str | None = None,
    max_depth: int | None = None,
    aovs: tuple[str, ...] | list[str] = (),
    spectral_film: bool = False,
    observer: str | None = None,
    time: float | None = None,
    noise: float | None = None,
    adaptive: bool | None = None,
    samples: tuple[int, int] | None = None,
    clamp_indirect: float | None = None,
    checkpoint: str | os.PathLike | None = None,
    every: float | None = None,
    resume: bool = False,
    dask: str | None = None,
    denoise: bool = False,
    progress: bool = False,
    job: Job | None = None,
) -> Film:
    """Render a scene.  The keywords are the flags of `specrender render`; None leaves what the scene says.

    Parameters
    ----------
    scene_or_path : a Scene, or the name of a scene file.
    camera : name or number of one of the scene's cameras.
    spp : samples per pixel.
    size : (width, height) [pixels].
    crop : (x0, y0, x1, y1), origin top left, x1 and y1 exclusive [pixels].
    seed : of the random numbers; the same seed gives the same picture, bit for bit, for any number of threads.
    threads : None for all processors.
    mode : "spectral", or "rgb" with the lanes R, G, B of the gamut `rgb_space`.
    dispersive : named refractive indices of Mitsuba files mean the real glass.
    defines : values for the parameters a scene file declares.
    integrator, sampler : names, in place of the scene's.
    max_depth : longest path in edges, -1 for no limit.
    aovs : names of extra layers, see `film.aovs`.
    spectral_film : record spectra, in 5 nm bins unless the scene's film says otherwise.
    observer : who looks: a name of `spectra.observers`, or a camera from a .csv file; None is the CIE 1931 observer.
    time : seconds of rendering after which it ends; the first sample of every pixel is finished in any case.
    noise : error at which it ends, see `film.noise`.  The first of `spp`, `time` and `noise` that is met ends the
        render; the number of samples of the scene counts only if none is given.
    adaptive : more samples where the error is large, from 64 per pixel on; None: if `noise` is given.  `spp` is then
        their mean; `film.counts()` has the numbers, and EXR files have them in the layer `sampleCount`.
    samples : (first, last), a part of the samples, last exclusive, for `film.merged`.
    clamp_indirect : largest radiance of a contribution of indirect light; biased.
    checkpoint : file in which the film is kept; None: none.
    every : seconds between checkpoints.
    resume : go on with the film in the checkpoint, if there is one.  With the same or a larger `spp` and the same
        `noise` and `adaptive`, it ends with the same bits as a render in one go.
    dask : address of a dask scheduler whose workers render.
    denoise : `film.denoised` is wanted, too, and the AOVs that guide it; see `specrender.denoise`.
    progress : show a progress bar on standard error.
    job : a `driver.Job`, to watch the render or to stop it from another thread.

    Returns
    -------
    Film

    Raises
    ------
    SceneError, InputError : in one line, what cannot be used and what can.
    """
    from specrender.driver import Job

    session = Session(
        mode=mode,
        rgb_space=rgb_space,
        threads=threads,
        spectral_film=spectral_film,
        observer=observer,
        clamp_indirect=clamp_indirect,
        first_sample=0 if samples is None else sample_range(samples)[0],
        overrides={
            "camera": camera,
            "spp": spp,
            "size": size,
            "crop": crop,
            "seed": seed,
            "integrator": integrator,
            "sampler": sampler,
            "max_depth": max_depth,
            "aovs": (*aovs, *DENOISE_GUIDES) if denoise and not isinstance(aovs, str) else aovs,
        },
    )
    session.read(scene_or_path, defines, dispersive)
    plan = stop_rules(session.scene, spp, time, noise, adaptive, samples)
    if checkpoint is None and (every is not None or resume):
        raise InputError("`every` and `resume` need a file: give `checkpoint`")
    session.compile()
    job = Job() if job is None else job
    with contextlib.ExitStack() as hooks:  # the job is the caller's, who may watch another render with it
        if checkpoint is not None:
            hooks.enter_context(_checkpoints(session, Path(checkpoint), every, resume, job))
        if progress:
            hooks.enter_context(_progress_bar(session, plan, job))
        session.render(job, plan, dask)
    if checkpoint is not None:
        _save(session.film, checkpoint)
    if denoise:
        _denoise(session.film)
    return session.film


@contextlib.contextmanager
def _checkpoints(session, path, every, resume, job):
    """The job has checkpoints inside; and the session the film of the checkpoint, if there is one."""
    from specrender.checkpoints import EVERY, Checkpoint

    checkpoint = Checkpoint(path)
    checkpoint.check()
    if resume:
        session.film = checkpoint.load(session.film) or session.film

    def complain(problem):
        warnings.warn(problem, SpecrenderWarning, stacklevel=2)

    saving = checkpoint.saving(EVERY if every is None else every, complain)
    job.regulars.append(saving)
    try:
        yield
    finally:
        job.regulars[:] = [regular for regular in job.regulars if regular is not saving]


def _save(film, path):
    from specrender.film import save_film

    save_film(film, path)


def _denoise(film):
    from specrender.denoise import denoise

    denoise(film)


@contextlib.contextmanager
def _progress_bar(session, plan, job):
    """The job moves a bar on standard error inside."""
    from tqdm import tqdm

    watcher = job.on_progress
    bar = tqdm(total=None if plan.samples is None else session.film.pixel_count * plan.samples,
               unit="sample", unit_scale=True)  # fmt: skip

    def advance(done, total):
        bar.update(done - bar.n)
        watcher(done, total)

    job.on_progress = advance
    try:
        with bar:
            yield
    finally:
        job.on_progress = watcher
