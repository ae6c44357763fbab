"""`--preview`: a picture that is written every few seconds of a render, and when it has ended."""

from __future__ import annotations

import warnings
from pathlib import Path

from specrender.cli.files import checked_paths
from specrender.errors import InputError, SpecrenderError, SpecrenderWarning

#: Formats: those that every viewer shows, and that take no time beside the render.
FORMATS = (".png", ".jpg", ".jpeg")

#: Seconds between two previews.
SECONDS = 2.0


class Preview:
    """The file of --preview.

    name : as given; None: there is none.  outputs : the other files, which it must not be one of.
    is_written : whether this render has written it.

    Raises
    ------
    InputError : a file that cannot be written, or of a format that is not quick to write and to show.
    """

    def __init__(self, name: str | None, outputs: list[Path]):
        self.paths: list[Path] = []
        self.choices: dict[str, object] = {}
        self.is_written = False
        self._has_failed = False
        if name is None:
            return
        if Path(name).suffix.lower() not in FORMATS:
            allowed = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
            raise InputError(f"--preview writes a picture for viewers, {allowed}, not '{name}'")
        self.paths = checked_paths([*map(str, outputs), name], "")[len(outputs) :]

    def show(self, film) -> None:
        """Write the film, if there is a preview; a first failure is mentioned and does not stop the render."""
        from specrender.writing import write

        for path in self.paths:
            try:
                write(film, path, **self.choices)
                self.is_written = True
            except SpecrenderError as error:
                if not self._has_failed:
                    warnings.warn(f"{error}; rendering goes on", SpecrenderWarning, stacklevel=2)
                self._has_failed = True
