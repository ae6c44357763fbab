"""The errors a user can cause or meet, each with the exit code the command line ends with."""

import difflib
from collections.abc import Iterable


class SpecrenderError(Exception):
    """Something failed while running; the message is one line a user can act on."""

    exit_code = 1


class InputError(SpecrenderError):
    """What the user gave (a file, a flag, a number) cannot be used."""

    exit_code = 2


class SceneError(InputError):
    """A scene description is wrong.

    Parameters
    ----------
    message : what was given and what is allowed, one line.
    where : file and line ("scene.xml:12") or file and key path ("scene.toml: materials.glass.alpha").
    """

    def __init__(self, message: str, where: str | None = None):
        self.where = where
        self.message = message
        super().__init__(f"{where}: {message}" if where else message)


class SpecrenderWarning(UserWarning):
    """Something the user should know but that stops nothing; the command line shows it as a note."""


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """A hint to append to a message: ``; did you mean 'x'?``, or what is allowed, or nothing."""
    allowed = sorted(set(allowed))
    close = difflib.get_close_matches(str(given), allowed, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; allowed: {', '.join(allowed)}" if allowed else ""
