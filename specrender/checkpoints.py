"""Checkpoints: a film in a file while it is rendered, so that nothing but the last few seconds can be lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from specrender.driver import Regular
from specrender.errors import InputError, SpecrenderError
from specrender.files import why_unwritable
from specrender.film import Film
from specrender.film.store import is_film, load_film, save_film

#: Seconds between two checkpoints unless told otherwise.
EVERY = 60.0

#: Added to the name of the first output file.
SUFFIX = ".checkpoint"


@dataclass
class Checkpoint:
    """The checkpoint of one render.

    Parameters
    ----------
    path : the file.
    problem : why the last attempt to save failed, or None.
    saved : whether the file holds this render.
    """

    path: Path
    problem: str | None = None
    saved: bool = False

    def check(self) -> None:
        """InputError if the file could not be written, or is something else than a film."""
        path = self.path
        problem = why_unwritable(path)
        if problem:
            raise InputError(f"cannot write '{path}': {problem}")
        if path.exists() and not is_film(path):
            remedy = "remove it, or name another file with --checkpoint"
            raise InputError(f"'{path}' is there and is no checkpoint, or damaged; it is not overwritten: {remedy}")

    def check_is_of(self, empty: Film) -> None:
        """InputError if the file holds another render than `empty` begins, which saving would lose."""
        differences = empty.identity.differences(load_film(self.path).identity)
        if differences:
            remedy = "name another file with --checkpoint, or remove this one"
            raise InputError(f"'{self.path}' holds another render: {'; '.join(differences)}; {remedy}")

    def load(self, empty: Film) -> Film | None:
        """The film that the file holds, or None if there is no file.

        Parameters
        ----------
        empty : a film of this render, for its identity, layout and metadata.

        Raises
        ------
        InputError : the file is damaged or belongs to another render, with what is different.
        """
        if not self.path.exists():
            return None
        film = load_film(self.path)
        differences = empty.identity.differences(film.identity)
        if differences:
            remedy = "render without --resume to start afresh, or name another file with --checkpoint"
            raise InputError(f"'{self.path}' is of another render: {'; '.join(differences)}; {remedy}")
        empty.check_same_layout(film)
        if film.first_sample != empty.first_sample:
            begins = f"begins with sample {film.first_sample}, not {empty.first_sample}"
            raise InputError(f"'{self.path}' {begins}: give the same --samples")
        film.metadata = empty.metadata
        self.saved = True
        return film

    def save(self, film: Film) -> bool:
        """Write the file; False, with `problem` set and the old file intact, if that failed."""
        try:
            save_film(film, self.path)
        except SpecrenderError as error:
            self.problem = str(error)
            return False
        self.problem, self.saved = None, True
        return True

    def saving(self, seconds: float, complain: Callable[[str], None]) -> Regular:
        """What saves the film every so often while it is rendered.

        seconds : between two checkpoints.  complain : called with the problem when saving fails in a new way.
        """

        def save(film):
            known = self.problem
            if not self.save(film) and self.problem != known:
                complain(self.problem)

        return Regular(seconds, save)

    def remove(self) -> None:
        """Remove the file if it holds this render."""
        if self.saved:
            self.path.unlink(missing_ok=True)
            self.saved = False
