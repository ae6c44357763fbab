"""Scene files in, `Scene` out: one reader a syntax."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

from specrender.errors import SceneError, did_you_mean
from specrender.files import reason, why_unreadable

#: File extension -> module with `load(path, defines, dispersive, integrator, content)`; imported when it is needed.
READERS = {
    ".toml": "specrender.scene.readers.toml",
    ".xml": "specrender.scene.readers.mitsuba_xml",
}

#: The name of a scene that comes through the standard input.
STANDARD_INPUT = "-"

#: Names that stand for open files, as shells write them for `<(...)`.
STREAM = re.compile(r"/dev/fd/\d+|/proc/\w+/fd/\d+")

#: What may stand before the first character of a text: byte order marks, the zeros of UTF-16, blanks.
BLANKS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"

#: First bytes of files that hold models, not scenes.
MODELS = (b"glTF", b"{", b"ply\n", b"ply\r")


def load(path, defines: dict[str, str] | None = None, dispersive: bool = False, integrator: str | None = None):
    """Read a scene file and check what can be checked without rendering.

    Parameters
    ----------
    path : file name; its extension picks the reader, one of `READERS`, and the text itself where there is none, as of
        a pipe.  "-" is the standard input.  Files that a piped scene names are seen from the working directory.
    defines : values for the parameters that the file declares (`<default>` in XML, `[defaults]` in TOML).
    dispersive : take named refractive indices of Mitsuba files as the real glass (TOML always does).
    integrator : "path" or "direct", read in place of the file's innermost integrator, which may be one that is not
        supported; parameters that the new one lacks are dropped with a SpecrenderWarning.

    Returns
    -------
    Scene

    Raises
    ------
    SceneError : in one line, with file and line or key path, what was given and what is allowed.
    """
    check_scene_file(path)
    from specrender.scene.validate import validate

    content = None if Path(path).suffix else _content(path)
    path = called(path)
    kind = path.suffix.lower() if content is None else _kind(content, path)
    reader = importlib.import_module(READERS[kind])
    scene = reader.load(path, dict(defines or {}), dispersive, integrator, content)
    validate(scene)
    return scene


def check_scene_file(path) -> None:
    """SceneError if there is no file, or one of a type that cannot be read; nothing is taken from a pipe."""
    path = Path(path)
    extension = path.suffix.lower()
    problem = None if str(path) == STANDARD_INPUT else why_unreadable(path, or_pipe=True)
    if problem:
        raise SceneError(f"cannot be read: {problem}", str(path))
    if extension and extension not in READERS:
        hint = did_you_mean(extension, READERS)
        raise SceneError(f"scene files of type '{extension}' cannot be read{hint}", str(path))


def called(path) -> Path:
    """What messages and files made of a scene call its file: "stdin" or "pipe" if it has no name of its own."""
    if str(path) in (STANDARD_INPUT, "/dev/stdin"):
        return Path("stdin")
    return Path("pipe" if STREAM.fullmatch(str(path)) else path)


def _content(path) -> bytes:
    """All that there is, which a pipe gives only once."""
    if str(path) == STANDARD_INPUT and sys.stdin is None:
        raise SceneError("cannot be read: the standard input is closed", "stdin")
    try:
        if str(path) == STANDARD_INPUT:
            return sys.stdin.buffer.read()
        return Path(path).read_bytes()
    except OSError as error:
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None


def _kind(content, path):
    """The extension that a text should have; nothing else than XML begins with "<"."""
    start = content.lstrip(BLANKS)
    if not start:
        raise SceneError("is empty; expected a scene in TOML or Mitsuba's XML", str(path))
    if start.startswith(MODELS):
        raise SceneError("is a model, not a scene; name it in a shape of a scene, by filename", str(path))
    return ".xml" if start.startswith(b"<") else ".toml"
