"""The errors a user can cause or meet, each with the exit code the command line ends with."""

import difflib
import re
from collections.abc import Iterable

#: A quoted piece of input longer than 200 characters, and how long a whole message may get.
_OVERLONG = re.compile(r"""(?<!\w)(['"])([^'"]{200})[^'"]+\1(?!\w)""")
_ENDLESS_WORD = re.compile(r"(\w{200})\w+")
_LONGEST = 2000


def printable(text: str) -> str:
    """`text` as one line a terminal can show: control characters escaped, overlong quoted input cut with "..."."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    text = _ENDLESS_WORD.sub(r"\1...", text)
    text = _OVERLONG.sub(r"\1\2...\1", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


class SpecrenderError(Exception):
    """Something failed while running; the message is one line a user can act on."""

    exit_code = 1

    def __init__(self, message: str = ""):
        super().__init__(printable(str(message)))


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
        self.message = message = printable(message)
        super().__init__(f"{where}: {message}" if where else message)


class SpecrenderWarning(UserWarning):
    """Something the user should know but that stops nothing; the command line shows it as a note."""

    def __init__(self, message: str = ""):
        super().__init__(printable(str(message)))


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """A hint to append to a message: ``; did you mean 'x'?``, or what is allowed, or nothing."""
    allowed = sorted(set(allowed))
    close = difflib.get_close_matches(str(given), allowed, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; allowed: {', '.join(allowed)}" if allowed else ""
