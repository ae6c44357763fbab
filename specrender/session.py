"""From a scene to files: what the command line and the Python API share.

`render` and `write` are the API; `Session` is the same in steps, for callers that time and report them.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from specrender.errors import InputError, SceneError, SpecrenderWarning, did_you_mean

if TYPE_CHECKING:
    from specrender.driver import Job, Plan, RenderStats
    from specrender.film import Film, Identity
    from specrender.output import OutputOptions, Written
    from specrender.scene.compile import SceneTables
    from specrender.scene.description import Scene

MODES = ("spectral", "rgb")

#: AOVs that denoising needs (`denoise.GUIDES`, without importing it).
DENOISE_GUIDES = ("albedo", "sh_normal")

#: pixel_format of a film -> what it asks of an EXR file.
PIXEL_FORMATS = {
    "rgb": {},
    "rgba": {"alpha": True},
    "xyz": {"gamut": "xyz"},
    "xyza": {"gamut": "xyz", "alpha": True},
    "luminance": {"luminance": True},
    "luminance_alpha": {"luminance": True, "alpha": True},
}
#: The same of a film without a pixel_format, that of sensor responses.
RESPONSES = {"colour": False}
COMPONENT_FORMATS = {"float16": "half", "float32": "float"}


@dataclass(kw_only=True)
class Session:
    """One render in steps: `read`, `compile`, `render`, `write`, in this order.

    Parameters
    ----------
    mode : "spectral" or "rgb".
    rgb_space : gamut whose R, G, B are the lanes of rgb mode.
    threads : None for all processors this process may use.
    spectral_film : record spectra even if the scene does not ask for them.
    observer : whose responses the film holds, see `spectra.observers`; None is CIE 1931.
    clamp_indirect : largest radiance of a contribution of indirect light, None for no limit.
    first_sample : index of the first sample of every pixel; above 0 for parts of a render.
    overrides : keywords of `scene.overrides.overridden`.

    Attributes
    ----------
    seconds : stage -> wall time [s]: "import", "read", "compile_scene", "compile_kernel", "render", "write".
        "compile_kernel" is loading or compiling machine code.
    """

    mode: str = "spectral"
    rgb_space: str = "srgb"
    threads: int | None = None
    spectral_film: bool = False
    observer: str | None = None
    clamp_indirect: float | None = None
    first_sample: int = 0
    overrides: dict = field(default_factory=dict)
    scene: Scene | None = None
    tables: SceneTables | None = None
    film: Film | None = None
    stats: RenderStats | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        if self.mode not in MODES:
            raise InputError(f"there is no mode '{self.mode}'{did_you_mean(self.mode, MODES)}")
        if self.threads is not None and self.threads < 1:
            raise InputError(f"threads must be 1 or more, got {self.threads}")
        if self.clamp_indirect is not None and not self.clamp_indirect > 0:
            raise InputError(f"clamp_indirect must be above 0, got {self.clamp_indirect}")
        from specrender.color import gamut

        if gamut(self.rgb_space).name == "xyz":
            raise InputError("rgb mode needs a space with red, green and blue; xyz has none")
        if self.observer is not None:
            from specrender.spectra.observers import observer

            observer(self.observer)
            if self.mode == "rgb":
                raise InputError(f"the observer '{self.observer}' needs --mode spectral: RGB knows no wavelengths")

    def read(self, source, defines: dict[str, str] | None = None, dispersive: bool = False) -> Scene:
        """The scene to render: a Scene, or the name of a file, with the overrides applied and validated."""
        with self.timed("import"):
            from specrender.scene.description import Scene
            from specrender.scene.overrides import checked_integrator, overridden
            from specrender.scene.readers import load
            from specrender.scene.validate import validate
        with self.timed("read"), shallow(source):
            overrides = dict(self.overrides)
            if isinstance(source, Scene):
                if defines or dispersive:
                    raise InputError("defines and dispersive apply to scene files, not to a Scene")
                scene = overridden(source, **overrides)
                validate(scene)
            else:
                integrator = overrides.pop("integrator", None)
                if integrator is not None:
                    checked_integrator(integrator)
                scene = overridden(load(source, defines, dispersive, integrator), **overrides)
            self.scene = scene
        return self.scene

    def compile(self) -> SceneTables:
        """The kernel's tables of the scene, and an empty film; then loads or compiles the kernel."""
        with self.timed("import"):
            from specrender import driver
            from specrender.kernel.jit import Compilation
            from specrender.scene.compile import compile_scene
            from specrender.scene.fingerprint import fingerprint
            from specrender.scene.overrides import film_crop
        threads = driver.default_threads() if self.threads is None else self.threads
        compiling = Compilation.seconds
        with self.timed("compile_scene"):
            film = self.scene.film
            self.tables = compile_scene(
                self.scene,
                self.mode,
                self.rgb_space,
                spectral_film=self.spectral_film,
                threads=threads,
                observer=self.observer,
            )
            if self.clamp_indirect is not None:
                self.tables.tables.arrays["settings"][0]["clamp_indirect"] = self.clamp_indirect
            marks = fingerprint(self.scene)
            self.film = driver.new_film(self.tables, film_crop(film), self.metadata(marks), self.first_sample)
            self.film.identity = self._identity(marks)
        # the hierarchy is built by kernels, too
        compiling = Compilation.seconds - compiling
        self.seconds["compile_scene"] -= compiling
        with self.timed("compile_kernel"):
            driver.prepare_kernel(self.tables)
        self.seconds["compile_kernel"] += compiling
        return self.tables

    def metadata(self, marks: dict[str, str]) -> dict[str, object]:
        """What the film tells about its making; the same for the same command, so that files can be compared.

        marks : of `scene.fingerprint`.
        """
        from specrender import __version__
        from specrender.spectra.observers import DEFAULT_OBSERVER

        scene = self.scene
        metadata = {
            "software": "specrender",
            "version": __version__,
            "scene": scene.name,
            "sceneHash": marks["scene"][:16],
            "mode": self.mode,
            "integrator": integrator_chain(scene.integrator),
            "sampler": scene.sampler.__struct_config__.tag,
            "seed": scene.sampler.seed,
            "units": "W.m^-2.sr^-1.nm^-1",
            "pixelFormat": getattr(scene.film, "pixel_format", "responses"),
            "componentFormat": scene.film.component_format,
        }
        if self.mode == "rgb":
            metadata["rgbSpace"] = self.rgb_space
        else:
            metadata["observer"] = DEFAULT_OBSERVER if self.observer is None else self.observer
        if self.tables.wants_moments:
            metadata["moments"] = 1
        return metadata

    def _identity(self, marks: dict[str, str]) -> Identity:
        """What must be the same for a checkpoint or another part to belong to this render."""
        from specrender import __version__
        from specrender.film import Identity
        from specrender.kernel.jit import cpu_target, kernel_digest

        film = self.film
        required = {
            "version": f"{__version__} (kernel {kernel_digest()[:8]})",
            **marks,
            "crop": ",".join(map(str, film.crop)),
            "mode": self.mode if self.mode == "spectral" else f"rgb in {self.rgb_space}",
            "observer": str(film.metadata.get("observer")),
            "spectral bins": "none" if film.bins is None else str(film.bins.shape[2]),
            "limit of indirect light": str(self.clamp_indirect),
        }
        return Identity(required, {"CPU target": cpu_target()})

    def render(self, job: Job | None = None, plan: Plan | None = None, dask: str | None = None) -> Film:
        """Add samples to the film until the plan is met; by default, as many as the scene's sampler says.

        dask : address of a scheduler whose workers do it; None for this machine.
        """
        from specrender import driver

        plan = driver.Plan(samples=self.scene.sampler.sample_count) if plan is None else plan
        with self.timed("render"):
            if dask is None:
                self.stats = driver.render_film(self.tables, self.film, plan, self.threads, job=job)
            else:
                from specrender.cluster import render_on_cluster

                self.stats = render_on_cluster(self, plan, dask, job)
        self.seconds["render"] -= self.stats.pause_seconds
        self.seconds["checkpoint"] = self.seconds.get("checkpoint", 0.0) + self.stats.pause_seconds
        return self.film

    def write(self, path, **options) -> Written:
        """`write` of the film."""
        with self.timed("write"):
            return write(self.film, path, **options)

    @contextlib.contextmanager
    def timed(self, stage: str):
        """Adds the time spent inside to `seconds[stage]`."""
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - started


@contextlib.contextmanager
def shallow(source):
    """SceneError where a scene's nesting exceeds what Python's stack holds."""
    try:
        yield
    except RecursionError:
        place = str(source) if isinstance(source, (str, os.PathLike)) else None
        raise SceneError("the scene is nested too deeply", place) from None


def integrator_chain(integrator) -> str:
    """The integrators from the outermost to the innermost, as "aov(path)"."""
    if integrator is None:
        return ""
    name, inner = integrator.__struct_config__.tag, getattr(integrator, "integrator", None)
    return name if inner is None else f"{name}({integrator_chain(inner)})"


def render(
    scene_or_path: Scene | str | os.PathLike,
    *,
    camera: str | None = None,
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
    time : seconds of rendering after which it ends.
    noise : error at which it ends, see `film.noise`.  The first of `spp`, `time` and `noise` that is met ends the
        render; the number of samples of the scene counts only if none is given.
    adaptive : more samples where the error is large; None: if `noise` is given.
    samples : (first, last), a part of the samples, last exclusive, for `film.merged`.
    clamp_indirect : largest radiance of a contribution of indirect light; biased.
    checkpoint : file in which the film is kept; None: none.
    every : seconds between checkpoints.
    resume : go on with the film in the checkpoint, if there is one.
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
    session = Session(
        mode=mode,
        rgb_space=rgb_space,
        threads=threads,
        spectral_film=spectral_film,
        observer=observer,
        clamp_indirect=clamp_indirect,
        first_sample=0 if samples is None else samples[0],
        overrides={
            "camera": camera,
            "spp": spp,
            "size": size,
            "crop": crop,
            "seed": seed,
            "integrator": integrator,
            "sampler": sampler,
            "max_depth": max_depth,
            "aovs": (*aovs, *DENOISE_GUIDES) if denoise else aovs,
        },
    )
    session.read(scene_or_path, defines, dispersive)
    plan = stop_rules(session.scene, spp, time, noise, adaptive, samples)
    if checkpoint is None and (every is not None or resume):
        raise InputError("`every` and `resume` need a file: give `checkpoint`")
    session.compile()
    if checkpoint is not None:
        job = _with_checkpoint(session, Path(checkpoint), every, resume, job)
    session.render(_with_progress_bar(session, plan, job) if progress else job, plan, dask)
    if checkpoint is not None:
        _save(session.film, checkpoint)
    if denoise:
        _denoise(session.film)
    return session.film


def _with_checkpoint(session, path, every, resume, job):
    """The job, with checkpoints; and the session, with the film of the checkpoint if there is one."""
    from specrender.checkpoints import EVERY, Checkpoint
    from specrender.driver import Job

    checkpoint = Checkpoint(path)
    checkpoint.check()
    if resume:
        session.film = checkpoint.load(session.film) or session.film

    def complain(problem):
        warnings.warn(problem, SpecrenderWarning, stacklevel=2)

    job = Job() if job is None else job
    job.regulars.append(checkpoint.saving(EVERY if every is None else every, complain))
    return job


def _save(film, path):
    from specrender.film import save_film

    save_film(film, path)


def _denoise(film):
    from specrender.denoise import denoise

    denoise(film)


def _with_progress_bar(session, plan, job):
    """The job, with a bar on standard error."""
    from tqdm import tqdm

    from specrender.driver import Job

    job = Job() if job is None else job
    watcher = job.on_progress
    bar = tqdm(total=None if plan.samples is None else session.film.pixel_count * plan.samples,
               unit="sample", unit_scale=True)  # fmt: skip

    def advance(done, total):
        bar.update(done - bar.n)
        watcher(done, total)
        if done == total:
            bar.close()

    job.on_progress = advance
    return job


def stop_rules(scene: Scene, spp, time, noise, adaptive, samples) -> Plan:
    """The plan of a render; arguments as of `render`.

    Raises
    ------
    InputError : a limit that is not positive, or rules that exclude one another.
    """
    from specrender.driver import Plan

    if samples is not None:
        first, last = samples
        if not 0 <= first < last:
            raise InputError(f"a range of samples is FIRST:LAST with 0 <= FIRST < LAST, got {first}:{last}")
        if spp is not None:
            raise InputError(f"the range {first}:{last} says how many samples there are; leave spp out")
        if noise is not None or adaptive:
            raise InputError("a range of samples is rendered in every pixel: it excludes noise and adaptive sampling")
        spp = last - first
    elif spp is None and time is None and noise is None:
        spp = scene.sampler.sample_count
    return Plan(samples=spp, seconds=time, noise=noise, adaptive=adaptive)


def output_options(metadata: dict[str, object], **choices) -> OutputOptions:
    """The options of an output file: what was chosen, else what the scene's film asked for.

    Parameters
    ----------
    metadata : of the film.
    choices : keywords of `OutputOptions`; None counts as not chosen.  A chosen gamut replaces `pixel_format`'s colour.
    """
    from specrender.output import OutputOptions

    asked = dict({**PIXEL_FORMATS, "responses": RESPONSES}.get(metadata.get("pixelFormat"), {}))
    if choices.get("gamut") is not None:
        asked.pop("luminance", None)
    asked["pixel_type"] = COMPONENT_FORMATS.get(metadata.get("componentFormat"), "half")
    asked["moments"] = bool(metadata.get("moments", False))
    given = {name: value for name, value in choices.items() if value is not None}
    allowed = OutputOptions.__dataclass_fields__
    for name in given:
        if name not in allowed:
            raise InputError(f"there is no output option '{name}'{did_you_mean(name, allowed)}")
    return OutputOptions(**asked | given)


def write(film: Film, path: str | os.PathLike, **options) -> Written:
    """Write a film to a file whose extension picks the format: .exr (.spectral.exr), .png, .jpg, .tif, .dpx, .jxl.

    Parameters
    ----------
    film : from `render`.
    path : the file; it appears complete or not at all.
    options : keywords of `output.OutputOptions`: gamut, adapt, exposure, pixel_type, alpha, variance, moments, ...;
        what is left out is as the scene's film asks (`pixel_format`, `component_format`, a `moment` integrator).

    Returns
    -------
    Written : with the number of values that had to be changed.

    Raises
    ------
    InputError : an option or the path cannot be used.
    SpecrenderError : writing failed, and why.
    """
    from specrender.output import write_image

    return write_image(film, path, output_options(film.metadata, **options))
