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


#: Names that are spelled out, or begin as if they were: "an sdfgrid".
_SPELLED_OUT = ("hdr", "sdf", "stl")


def with_article(name: str) -> str:
    """A name with "a" or "an" before it, as it is spoken."""
    return f"{'an' if name.startswith((*'aeio', *_SPELLED_OUT)) else 'a'} {name}"


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `given` is a plausible misspelling of, in any case of letters; None if there is none.

    One letter in short names, and a third of the letters in long ones, may be wrong, missing, too many or two of them
    exchanged: more would make a "depth" of "bdpt". A whole word of a name counts as well: "depth" of "max-depth".
    """
    given = str(given)
    by_lower_case = {}
    for name in sorted(allowed):
        by_lower_case.setdefault(name.lower(), name)
    # difflib is quick and generous; what it lets through is looked at closely
    close = difflib.get_close_matches(given.lower(), by_lower_case, n=8, cutoff=0.6)
    plausible = [name for name in close if _is_misspelling(given.lower(), name)]
    return by_lower_case[min(plausible, key=lambda name: _edits(given.lower(), name))] if plausible else None


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """A hint to append to a message: ``; did you mean 'x'?``, or what is allowed, or nothing."""
    allowed = sorted(set(allowed))
    close = nearest(given, allowed)
    if close is not None:
        return f"; did you mean '{close}'?"
    return f"; allowed: {', '.join(allowed)}" if allowed else ""


#: Names of so many letters are short: two edits make one into any other of them.
_SHORT = 5


def _is_misspelling(given, name):
    given, name = given.strip("-"), name.strip("-")  # the dashes of flags make them no more alike
    length = max(len(given), len(name))
    if _edits(given, name) <= (1 if length <= _SHORT else length // 3):
        return True
    shorter, longer = sorted((given, name), key=len)
    return len(shorter) > 2 and shorter in re.split(r"[^a-z0-9]+", longer)


def _edits(a, b):
    """Letters to change, add, drop, or exchange with their neighbour to get from `a` to `b`."""
    before, row = [], list(range(len(b) + 1))
    for i in range(1, len(a) + 1):
        before, last, row = row, before, [i]
        for j in range(1, len(b) + 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                least = min(least, last[j - 2] + 1)
            row.append(least)
    return row[-1]
