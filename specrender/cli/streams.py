"""Lines for standard output and error that may be closed, full, or read by nobody: a render goes on without them."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings

from specrender.errors import SpecrenderWarning


def open_missing() -> None:
    """Stand-ins for standard streams that were closed before the start (`2>&-`), where Python leaves None."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))


def escape_unencodable() -> None:
    """Let standard output show what its coding does not have as escapes, as standard error does, and not fail on it."""
    with contextlib.suppress(AttributeError):  # something else in the place of a stream
        sys.stdout.reconfigure(errors="backslashreplace")


def say(text: str, stream=None) -> None:
    """Print a line to standard error or another stream; one that cannot be written to is silent from then on."""
    stream = sys.stderr if stream is None else stream
    try:
        print(text, file=stream, flush=True)
    except OSError:
        silence(stream)


def show_notices(quiet: bool) -> None:
    """From now on show our own warnings as one line each, once, and others not at all; for use in `catch_warnings`."""
    shown = set()

    def show(message, category, *_args, **_kwargs):
        if issubclass(category, SpecrenderWarning) and not quiet and str(message) not in shown:
            shown.add(str(message))
            say(f"specrender: note: {message}")

    warnings.showwarning = show
    warnings.simplefilter("always", SpecrenderWarning)


def silence(stream) -> None:
    """Let what a stream still holds, and all that comes, go nowhere: Python would fail on it at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
