"""`specrender merge`: parts of a render to one picture."""

from __future__ import annotations

import sys
import warnings

from specrender.cli.colour import output_choices
from specrender.cli.files import checked_paths, is_same_file
from specrender.cli.running import span
from specrender.cli.streams import say, show_notices
from specrender.errors import InputError, SpecrenderWarning


def run(arguments) -> int:
    """Merge, write the files, report; returns the exit code."""
    from specrender.film import load_film, machines, merged
    from specrender.writing import write

    with warnings.catch_warnings():
        show_notices(arguments.quiet)
        paths = checked_paths(arguments.outputs, "")
        for path in paths:
            if any(is_same_file(path, name) for name in arguments.parts):
                raise InputError(f"'{path}' is both input and output; writing it would destroy it")
        choices = output_choices(arguments, paths)
        for index, name in enumerate(arguments.parts):
            if any(is_same_file(name, other) for other in arguments.parts[:index]):
                raise InputError(f"'{name}' is given twice")
        films = [load_film(name) for name in arguments.parts]
        if len(machines(films)) > 1:
            note = "the parts come from different machines: the same samples may differ there in their last bits"
            warnings.warn(note, SpecrenderWarning, stacklevel=2)
        film = merged(films, arguments.parts)
        for path in paths:
            write(film, path, **choices[path])
    if not arguments.quiet:
        names, parts = ", ".join(str(path) for path in paths), len(films)
        what = f"{parts} part{'s' * (parts > 1)}, {span(film)} samples per pixel"
        say(f"specrender: wrote {names} ({what})", sys.stdout)
    return 0
