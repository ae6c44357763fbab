"""`specrender develop`: an EXR file to other files, in other colours or for another observer, without rendering."""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

from specrender.cli.colour import output_choices, report_colour
from specrender.cli.files import checked_paths, is_same_file
from specrender.cli.streams import say, show_notices
from specrender.errors import InputError


def run(arguments) -> int:
    """Read, write, report; returns the exit code."""
    with warnings.catch_warnings():
        show_notices(arguments.quiet)
        started = time.perf_counter()
        if not arguments.outputs:
            raise InputError("give at least one output: -o OUT")
        paths = checked_paths(arguments.outputs, "")
        for path in paths:
            if is_same_file(path, arguments.image):
                raise InputError(f"'{path}' is both input and output; writing it would destroy it")
        film = _film(arguments, paths)
        from specrender.output.balance import check_pixel
        from specrender.writing import write

        check_pixel(arguments.white_balance, film.crop)
        choices = output_choices(arguments, paths)
        written = [write(film, path, **choices[path]) for path in paths]
        if not arguments.quiet:
            _report(film, written, arguments, time.perf_counter() - started)
    return 0


def _film(arguments, paths):
    from specrender.output import develop, wants_spectral

    film = develop(arguments.image, _who(arguments))
    spectral = [str(path) for path in paths if wants_spectral(path)]
    if spectral and film.bins is None:
        raise InputError(f"'{arguments.image}' holds no spectra for '{spectral[0]}'")
    return film


def _who(arguments):
    """Name of the observer or camera, or None."""
    if arguments.observer is None and arguments.sensor is None:
        return None
    from specrender.spectra.observers import NAMES, observer

    if arguments.observer is not None and arguments.sensor is not None:
        raise InputError("an --observer and a --sensor exclude one another")
    who = observer(arguments.observer if arguments.sensor is None else arguments.sensor)
    if arguments.observer is not None and who.kind == "camera":
        raise InputError(f"'{who.name}' is a camera: give it as --sensor")
    if arguments.sensor is not None and who.kind != "camera":
        cameras = ", ".join(name for name, (kind, _) in NAMES.items() if kind == "camera")
        raise InputError(f"'{who.name}' is no camera but an --observer; cameras: {cameras}, or a .csv file")
    return who.name


def _report(film, written, arguments, seconds):
    height, width = film.shape
    source = "colours" if film.bins is None else f"{film.bins.shape[2]} spectral bins"
    parts = [f"{width}x{height} pixels from {source}, as seen by {film.metadata['observer']}", f"{seconds:.1f} s"]
    for file in written:
        if file.clamped or file.nonfinite:
            parts.append(f"{file.path}: {file.clamped} values clamped, {file.nonfinite} not finite")
    parts += report_colour(written, arguments.exposure)
    names = ", ".join(str(Path(file.path)) for file in written)
    say(f"specrender: wrote {names} ({'; '.join(parts)})", sys.stdout)
