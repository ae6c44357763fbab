"""`specrender render`: a scene file to image files."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path

from specrender.cli import STARTED
from specrender.cli.interrupts import Interrupts
from specrender.cli.progress import progress
from specrender.errors import InputError, SpecrenderWarning

OVERRIDES = ("spp", "size", "crop", "seed", "integrator", "sampler", "max_depth")


def run(arguments) -> int:
    """Render, write the files, report; returns the exit code."""
    with Interrupts(arguments.quiet) as interrupts, warnings.catch_warnings():
        _show_notices(arguments.quiet)
        started = time.perf_counter()
        paths = _checked_outputs(arguments)
        session = _session(arguments, paths)
        session.seconds["import"] = time.perf_counter() - STARTED
        session.read(arguments.scene, dict(arguments.defines), arguments.dispersive)
        choices = _output_choices(arguments, paths, session)
        with session.timed("import"):
            _announce_compiling(arguments.quiet)
        session.compile()
        interrupts.is_rendering = True
        _render(session, interrupts.stop, arguments.quiet)
        written = [session.write(path, **choices) for path in paths]
        interrupts.is_rendering = False
        session.seconds["total"] = time.perf_counter() - min(started, STARTED)
        if arguments.stats:
            _write_stats(arguments.stats, _stats(session, written))
        if not arguments.quiet:
            _report(session, written)
        return 130 if session.stats.interrupted else 0


def _show_notices(quiet):
    """Our own warnings as one line each, others not at all."""

    def show(message, category, *_args, **_kwargs):
        if issubclass(category, SpecrenderWarning) and not quiet:
            print(f"specrender: note: {message}", file=sys.stderr)

    warnings.showwarning = show
    warnings.simplefilter("always", SpecrenderWarning)


def _checked_outputs(arguments):
    """The output files, found to be writable before anything is rendered."""
    from specrender.output import check_output

    paths = [Path(name) for name in arguments.outputs] or [Path(Path(arguments.scene).stem + ".exr")]
    for index, path in enumerate(paths):
        if path in paths[:index]:
            raise InputError(f"'{path}' is given twice as an output")
        check_output(path)
    if arguments.stats:
        folder = Path(arguments.stats).parent
        if not folder.is_dir() or Path(arguments.stats).is_dir() or not os.access(folder, os.W_OK):
            raise InputError(f"cannot write '{arguments.stats}': it must be a file in a folder that can be written to")
    return paths


def _session(arguments, paths):
    from specrender.output import wants_spectral
    from specrender.session import Session

    if arguments.rgb_space is not None and arguments.mode != "rgb":
        raise InputError("--rgb-space is the space of --mode rgb; for the colours of the files use --gamut")
    spectral = [str(path) for path in paths if wants_spectral(path)]
    if spectral and arguments.mode == "rgb":
        raise InputError(f"'{spectral[0]}' needs --mode spectral: RGB transport knows no wavelengths")
    return Session(
        mode=arguments.mode,
        rgb_space=arguments.rgb_space or "srgb",
        threads=arguments.threads,
        spectral_film=bool(spectral),
        overrides={**{name: getattr(arguments, name) for name in OVERRIDES}, "aovs": arguments.aov},
    )


def _output_choices(arguments, paths, session):
    """Keywords for `session.write`, checked now."""
    from specrender.session import output_options

    choices = {"gamut": arguments.gamut, "adapt": arguments.adapt, "exposure": arguments.exposure}
    output_options({}, **choices)
    if arguments.exposure and all(path.suffix.lower() == ".exr" for path in paths):
        message = "--exposure acts on .png, .jpg and .tif files; EXR files stay scene-linear"
        warnings.warn(message, SpecrenderWarning, stacklevel=1)
    return choices


def _announce_compiling(quiet):
    from specrender.kernel.jit import Compilation

    def begin():
        Compilation.on_begin = staticmethod(lambda: None)
        if not quiet:
            text = "compiling kernels (once per version, about half a minute) ..."
            print(f"specrender: {text}", file=sys.stderr, flush=True)

    Compilation.on_begin = staticmethod(begin)


def _render(session, stop, quiet):
    from specrender.driver import Job
    from specrender.session import integrator_chain

    spp = session.scene.sampler.sample_count
    if not quiet:
        height, width = session.film.shape
        what = f"{session.mode}, {integrator_chain(session.scene.integrator) or 'no integrator'}"
        text = f"rendering {session.scene.name}: {width}x{height} pixels, {spp} sample{'s' * (spp > 1)} each, {what}"
        print(f"specrender: {text}", file=sys.stderr, flush=True)
    total = session.film.weight.size * spp
    bar = progress(total, quiet)
    try:
        session.render(Job(on_progress=bar.update, stop=stop))
    finally:
        bar.close()


def _stats(session, written):
    film, stats = session.film, session.stats
    return {
        "version": film.metadata["version"],
        "scene": session.scene.name,
        "mode": session.mode,
        "size": [film.width, film.height],
        "crop": list(film.crop),
        "spp": film.sample_count,
        "threads": stats.threads,
        "interrupted": stats.interrupted,
        "paths_per_second": stats.paths_per_second,
        "seconds": {stage: round(seconds, 6) for stage, seconds in session.seconds.items()},
        "counters": {
            "paths": stats.samples,
            "triangles": session.tables.triangle_count,
            "non_finite_samples": stats.non_finite,
            "non_finite_values_written": sum(file.nonfinite for file in written),
            "clamped_values_written": sum(file.clamped for file in written),
        },
        "outputs": [str(file.path) for file in written],
    }


def _write_stats(path, stats):
    try:
        Path(path).write_text(json.dumps(stats, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write '{path}': {error.strerror}") from None


def _report(session, written):
    stats = session.stats
    parts = [f"{session.seconds['total']:.1f} s", f"{stats.paths_per_second / 1e6:.2f} M paths/s"]
    if stats.interrupted:
        film, wanted = session.film, session.scene.sampler.sample_count
        extra = 0 if film.extra_samples is None else int(film.extra_samples.max())
        count = f"{film.sample_count} to {film.sample_count + extra}" if extra else film.sample_count
        parts.insert(0, f"interrupted after {count} of {wanted} samples per pixel")
    if stats.non_finite:
        parts.append(f"{stats.non_finite} samples were not finite and count as black")
    for file in written:
        if file.clamped or file.nonfinite:
            parts.append(f"{file.path}: {file.clamped} values clamped, {file.nonfinite} not finite")
    names = ", ".join(str(file.path) for file in written)
    print(f"specrender: wrote {names} ({'; '.join(parts)})")
