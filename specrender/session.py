"""From a scene to files in steps, for callers that time and report them; `api.render` takes them in a row."""

from __future__ import annotations

import contextlib
import hashlib
import operator
import os
from dataclasses import dataclass, field
from numbers import Integral, Real
from time import perf_counter
from typing import TYPE_CHECKING

from specrender.errors import InputError, SceneError, did_you_mean

if TYPE_CHECKING:
    from specrender.driver import Job, Plan, RenderStats
    from specrender.film import Film, Identity
    from specrender.output import Written
    from specrender.scene.compile import SceneTables
    from specrender.scene.description import Scene

MODES = ("spectral", "rgb")


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
        if self.threads is not None and not (isinstance(self.threads, Integral) and self.threads >= 1):
            raise InputError(f"threads must be a whole number, 1 or more, got {self.threads!r}")
        if self.clamp_indirect is not None and not (isinstance(self.clamp_indirect, Real) and self.clamp_indirect > 0):
            raise InputError(f"clamp_indirect must be a number above 0, got {self.clamp_indirect!r}")
        from specrender.color import gamut

        if gamut(self.rgb_space).name == "xyz":
            raise InputError("rgb mode needs a space with red, green and blue; xyz has none")
        if self.observer is not None:
            from specrender.spectra.observers import observer

            self.observer = observer(self.observer).name
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
        with driver.Team(threads):
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
                driver.prepare_kernel(self.tables, threads)
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
        from specrender.scene.fingerprint import sources_digest

        film = self.film
        required = {
            "version": f"{__version__} (kernel {kernel_digest()[:8]}, tables {sources_digest()[:8]})",
            **marks,
            "crop": ",".join(map(str, film.crop)),
            "mode": self.mode if self.mode == "spectral" else f"rgb in {self.rgb_space}",
            "observer": self._observer_mark(),
            "spectral bins": "none" if film.bins is None else str(film.bins.shape[2]),
            "limit of indirect light": "none" if self.clamp_indirect is None else str(float(self.clamp_indirect)),
        }
        return Identity(required, {"CPU target": cpu_target()})

    def _observer_mark(self) -> str:
        """Who looks, as text; cameras from files count by what is in them, not by where they lie."""
        if self.mode == "rgb":
            return "none"
        from specrender.spectra.observers import DEFAULT_OBSERVER, observer

        who = observer(DEFAULT_OBSERVER if self.observer is None else self.observer)
        if not who.is_file:
            return who.name
        return f"{os.path.basename(who.name)} ({hashlib.sha256(who.functions.tobytes()).hexdigest()[:8]})"

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
        from specrender.writing import write

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


def sample_range(samples) -> tuple[int, int]:
    """(first, last) of a range of samples; InputError if it is none."""
    try:
        first, last = map(operator.index, samples)
    except (TypeError, ValueError):
        raise InputError(f"a range of samples is two whole numbers, (FIRST, LAST), got {samples!r}") from None
    return first, last


def stop_rules(scene: Scene, spp, time, noise, adaptive, samples) -> Plan:
    """The plan of a render; arguments as of `render`.

    Raises
    ------
    InputError : a limit that is not positive, or rules that exclude one another.
    """
    from specrender.driver import Plan
    from specrender.scene.rules.place import MAX_INT

    if samples is not None:
        first, last = sample_range(samples)
        if not 0 <= first < last <= MAX_INT:
            limits = f"0 <= FIRST < LAST <= {MAX_INT}"
            raise InputError(f"a range of samples is FIRST:LAST with {limits}, got {first}:{last}")
        if spp is not None:
            raise InputError(f"--samples {first}:{last} says how many samples there are: leave --spp out")
        if noise is not None or adaptive:
            given = "--noise" if noise is not None else "--adaptive on"
            raise InputError(f"--samples {first}:{last} is rendered in every pixel: it excludes {given}")
        spp = last - first
    elif spp is None and time is None and noise is None:
        spp = scene.sampler.sample_count
    return Plan(samples=spp, seconds=time, noise=noise, adaptive=adaptive)
