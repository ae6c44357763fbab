"""From a scene to files: what the command line and the Python API share.

`render` and `write` are the API; `Session` is the same in steps, for callers that time and report them.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specrender.errors import InputError, SceneError, did_you_mean

if TYPE_CHECKING:
    from specrender.driver import Job, RenderStats
    from specrender.film import Film
    from specrender.output import OutputOptions, Written
    from specrender.scene.compile import SceneTables
    from specrender.scene.description import Scene

MODES = ("spectral", "rgb")

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
            self.film = driver.new_film(self.tables, film_crop(film), self.metadata())
        # the hierarchy is built by kernels, too
        compiling = Compilation.seconds - compiling
        self.seconds["compile_scene"] -= compiling
        with self.timed("compile_kernel"):
            driver.prepare_kernel()
        self.seconds["compile_kernel"] += compiling
        return self.tables

    def metadata(self) -> dict[str, object]:
        """What the film tells about its making; the same for the same command, so that files can be compared."""
        from specrender import __version__
        from specrender.spectra.observers import DEFAULT_OBSERVER

        scene = self.scene
        metadata = {
            "software": "specrender",
            "version": __version__,
            "scene": scene.name,
            "sceneHash": self.tables.digest(),
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

    def render(self, job: Job | None = None) -> Film:
        """Render the samples of the scene's sampler into the film."""
        from specrender import driver

        count = self.scene.sampler.sample_count
        with self.timed("render"):
            self.stats = driver.render_film(self.tables, self.film, count, self.threads, job=job)
        return self.film

    def write(self, path, **options) -> Written:
        """`write` of the film."""
        with self.timed("write"):
            return write(self.film, path, **options)

    @contextlib.contextmanager
    def timed(self, stage: str):
        """Adds the time spent inside to `seconds[stage]`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


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
        overrides={
            "camera": camera,
            "spp": spp,
            "size": size,
            "crop": crop,
            "seed": seed,
            "integrator": integrator,
            "sampler": sampler,
            "max_depth": max_depth,
            "aovs": aovs,
        },
    )
    session.read(scene_or_path, defines, dispersive)
    session.compile()
    if not progress:
        return session.render(job)
    return _with_progress_bar(session, job)


def _with_progress_bar(session, job):
    from tqdm import tqdm

    from specrender.driver import Job

    job = Job() if job is None else job
    total = session.film.weight.size * session.scene.sampler.sample_count
    watcher = job.on_progress
    with tqdm(total=total, unit="sample", unit_scale=True) as bar:

        def advance(done, total):
            bar.update(done - bar.n)
            watcher(done, total)

        job.on_progress = advance
        return session.render(job)


def output_options(metadata: dict[str, object], **choices) -> OutputOptions:
    """The options of an output file: what was chosen, else what the scene's film asked for.

    Parameters
    ----------
    metadata : of the film.
    choices : keywords of `OutputOptions`; None counts as not chosen.  A chosen gamut replaces `pixel_format`'s colour.
    """
    from specrender.output import OutputOptions

    asked = dict({**PIXEL_FORMATS, "responses": RESPONSES}[metadata.get("pixelFormat", "rgb")])
    if choices.get("gamut") is not None:
        asked.pop("luminance", None)
    asked["pixel_type"] = COMPONENT_FORMATS[metadata.get("componentFormat", "float16")]
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
