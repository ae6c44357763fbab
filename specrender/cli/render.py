"""`specrender render`: a scene file to image files."""

from __future__ import annotations

import json
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path

from specrender.cli import STARTED, running
from specrender.cli.colour import output_choices, report_colour
from specrender.cli.files import checked_paths, is_same_file
from specrender.cli.info import nodes
from specrender.cli.interrupts import Interrupts
from specrender.cli.outcome import outcome
from specrender.cli.preview import Preview
from specrender.cli.progress import announce_compiling, described, progress
from specrender.cli.readings import readings
from specrender.cli.streams import say, show_notices
from specrender.errors import InputError, SpecrenderError, SpecrenderWarning
from specrender.files import why_unwritable, write_text
from specrender.scene.readers import check_scene_file

OVERRIDES = ("camera", "spp", "size", "crop", "seed", "integrator", "sampler", "max_depth")


def run(arguments) -> int:
    """Render, write the files, report; returns the exit code."""
    with Interrupts(arguments.quiet) as interrupts, warnings.catch_warnings():
        show_notices(arguments.quiet)
        started = time.perf_counter()
        check_scene_file(arguments.scene)  # before its name makes the name of an output
        paths = _checked_outputs(arguments)
        preview = Preview(arguments.preview, paths)
        session = _session(arguments, paths)
        session.seconds["import"] = time.perf_counter() - STARTED
        session.read(arguments.scene, dict(arguments.defines), arguments.dispersive)
        _keep_inputs(session.scene, arguments, paths)
        choices = output_choices(arguments, [*paths, *preview.paths])
        preview.choices = next((choices[path] for path in preview.paths), {})
        with session.timed("import"):
            from specrender.output.balance import check_pixel

            compiled = announce_compiling(arguments.quiet)
        plan = running.plan_of(arguments, session.scene)
        running.check_extras(arguments, plan)
        session.compile()
        check_pixel(arguments.white_balance, session.film.crop)
        checkpoint = running.checkpoint_of(arguments, paths, is_same_file)
        is_resumed = running.resume(arguments, session, checkpoint)
        if is_resumed:
            running.note_levelling(session, plan)
        _note_oddities(session, arguments, paths)
        running.note_too_few_for_decisions(plan)
        written = []
        try:
            interrupts.is_rendering = True
            job = running.job_of(arguments, interrupts.stop, checkpoint, session, preview)
            _render(session, plan, job, arguments)
            if is_resumed:
                running.note_nothing_added(session, plan)
            if arguments.denoise:
                running.denoise(session)
            preview.show(session.film)
            _write(session, paths, choices, checkpoint, running.is_kept(arguments), written)
            interrupts.is_rendering = False
            session.seconds["total"] = time.perf_counter() - min(started, STARTED)
            if not arguments.quiet:
                ending = outcome(arguments, session, plan)
                _report(session, written, ending, bool(compiled), report_colour(written, arguments.exposure))
                for reading in readings(session.scene, session.film):
                    say(f"specrender: {reading}", sys.stdout)
            if arguments.stats:
                write_text(arguments.stats, json.dumps(_stats(session, written), indent=2, allow_nan=False) + "\n")
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_what_there_is(written, preview, checkpoint)) from None
        if checkpoint.problem:
            raise SpecrenderError(checkpoint.problem)
        return 130 if session.stats.interrupted else 0


def _what_there_is(written, preview, checkpoint):
    """Words on the files that an interrupted run leaves, for "interrupted; ..."; "" if there are none."""
    files = [str(file.path) for file in written]
    files += [f"{path} (the preview)" for path in preview.paths if preview.is_written]
    files += [f"{checkpoint.path} (to --resume)"] if checkpoint.saved else []
    return f"there is {', '.join(files)}" if files else ""


def _checked_outputs(arguments):
    """The output files, found to be writable before anything is rendered."""
    paths = checked_paths(arguments.outputs, running.default_output(arguments))
    if arguments.stats:
        if any(is_same_file(arguments.stats, path) for path in paths):
            raise InputError(f"'{arguments.stats}' is both an output and the file of --stats")
        problem = why_unwritable(arguments.stats)
        if problem:
            raise InputError(f"cannot write '{arguments.stats}': {problem}")
    return paths


def _layers(arguments):
    from specrender.api import DENOISE_GUIDES

    return [*arguments.aov, *(DENOISE_GUIDES if arguments.denoise else ())]


def _keep_inputs(scene, arguments, paths):
    """InputError if a file that is written is one of those that the scene was read from."""
    from specrender.scene.description import where

    inputs = {str(arguments.scene)}
    for node in nodes(scene):
        inputs.update(str(getattr(node, name)) for name in ("filename", "file") if getattr(node, name, None))
        # "scene.xml:12" or "scene.toml: key": the file that the node stands in, which may be an included one
        place = where(node)
        if place:
            inputs.update((place, place.partition(": ")[0], place.rpartition(":")[0]))
    for path in [*paths, *(name for name in (arguments.stats, arguments.preview) if name)]:
        if any(is_same_file(path, name) for name in inputs if name):
            raise InputError(f"'{path}' is a file of the scene; writing it would destroy it")


def _note_oddities(session, arguments, paths):
    """Notes on what will probably not be the picture that was meant."""
    from specrender.scene.description import DepthIntegrator, where
    from specrender.scene.rules.lights import is_dark

    scene = session.scene

    def note(message):
        warnings.warn(message, SpecrenderWarning, stacklevel=2)

    if not scene.shapes and not scene.instances:
        note("the scene has no shapes")
    innermost = scene.integrator
    while getattr(innermost, "integrator", None) is not None:
        innermost = innermost.integrator
    lights = [*scene.lights, *(shape.emitter for shape in scene.shapes if shape.emitter is not None)]
    # files of the scene may hold lights, too
    count = int(session.tables.tables.arrays["settings"][0]["light_count"])
    if not isinstance(innermost, DepthIntegrator):  # which needs none
        if count == 0:
            note("the scene has no light: the image will be black")
        elif count == len(lights) and all(is_dark(light, scene) for light in lights):
            every = "the only light has" if count == 1 else f"all {count} lights of the scene have"
            note(f"{every} an intensity or a colour of 0: the image will be black")
    for light in lights:
        if getattr(light, "intensity", 1.0) == 0 and getattr(light, "exposure", 0.0) != 0:
            note(f"{where(light) or 'a light'}: no exposure brightens an intensity of 0")
    if getattr(innermost, "max_depth", None) == 0:
        note("max_depth is 0, paths without an edge: the image will be black; -1 is no limit")
    if where(scene.camera) is None:
        note("the scene has no camera: the default one is used, at the origin, looking along +z")
    suffixes = {path.suffix.lower() for path in paths}
    if arguments.samples and ".film" not in suffixes:
        note("--samples renders a part; to put parts together later, write it to a .film file")
    if arguments.aov and not suffixes & {".exr", ".film"}:
        note("--aov adds layers to .exr files; none is written")
    if arguments.dispersive and Path(arguments.scene).suffix.lower() == ".toml":
        note("--dispersive acts on Mitsuba's files; the named glasses of TOML scenes are dispersive already")


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
        observer=arguments.observer,
        clamp_indirect=arguments.clamp_indirect,
        first_sample=0 if arguments.samples is None else arguments.samples[0],
        overrides={**{name: getattr(arguments, name) for name in OVERRIDES}, "aovs": _layers(arguments)},
    )


def _render(session, plan, job, arguments):
    from specrender.session import integrator_chain

    if not arguments.quiet:
        height, width = session.film.shape
        what = f"{session.mode}, {integrator_chain(session.scene.integrator) or 'no integrator'}"
        say(f"specrender: rendering {session.scene.name}: {width}x{height} pixels, {described(plan)}, {what}")
    bar = progress(plan, job, arguments.quiet)
    job.on_progress = bar.update
    try:
        session.render(job, plan, arguments.dask)
    finally:
        bar.close()


def _write(session, paths, choices, checkpoint, is_kept, written):
    """Write checkpoint and files; the checkpoint comes first, and goes when it is not wanted and all is well.

    written : a list that gets what is written, as it is.
    """
    is_unfinished = session.stats.interrupted
    if is_kept or is_unfinished:
        with session.timed("checkpoint"):
            checkpoint.save(session.film)
    try:
        for path in paths:
            written.append(session.write(path, **choices[path]))
    except SpecrenderError as error:
        if not (is_kept or is_unfinished):
            checkpoint.save(session.film)
        if checkpoint.problem is None:
            raise type(error)(f"{error}; the samples are in '{checkpoint.path}'") from error
        raise
    if not (is_kept or is_unfinished):
        checkpoint.problem = None
        checkpoint.remove()


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
        "first_sample": film.first_sample,
        "mean_spp": film.total_samples() / film.pixel_count,
        "interrupted": stats.interrupted,
        "stopped_by": stats.stop.value,
        "noise": running.finite(stats.noise),
        "noise_of_95_percent": running.finite(stats.worst_noise),
        "decisions": stats.decisions,
        "paths_per_second": stats.paths_per_second,
        "seconds": {stage: round(seconds, 6) for stage, seconds in session.seconds.items()},
        "counters": {
            "paths": stats.samples,
            "triangles": session.tables.triangle_count,
            "non_finite_samples": stats.non_finite,
            "non_finite_places": running.located(session),
            "non_finite_values_written": sum(file.nonfinite for file in written),
            "clamped_values_written": sum(file.clamped for file in written),
        },
        "readings": [asdict(reading) for reading in readings(session.scene, film)],
        "outputs": [str(file.path) for file in written],
        "out_of_gamut": {str(file.path): file.outside for file in written},
        "exposure_stops": {str(file.path): file.stops for file in written},
    }


def _report(session, written, ending, compiled, colour):
    stats = session.stats
    parts = [ending]
    if compiled:
        parts.append(f"compiled kernels in {session.seconds['compile_kernel']:.1f} s")
    if stats.samples:
        parts += [f"rendered in {session.seconds['render']:.1f} s", f"{stats.paths_per_second / 1e6:.2f} M paths/s"]
    if stats.non_finite:
        place = running.located(session)[0]
        seen = f", where {place['material']} is seen" if place["material"] else ""
        first = f"one of them sample {place['sample']} of pixel {place['x']},{place['y']}{seen}"
        parts.append(f"{stats.non_finite} samples were not finite and count as black ({first})")
    for file in written:
        if file.clamped or file.nonfinite:
            parts.append(f"{file.path}: {file.clamped} values clamped, {file.nonfinite} not finite")
    parts += colour
    names = ", ".join(str(file.path) for file in written)
    say(f"specrender: wrote {names} ({'; '.join(parts)})", sys.stdout)
