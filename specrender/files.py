"""Files on the disk: what keeps one from being read or written, and writing that is whole or leaves all as it was."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from specrender.errors import InputError, SpecrenderError
from specrender.kernel.cache_folder import cache_folder as cache_folder  # the kernel's is everyone's

#: Why writing fails though all was well when it began, in plainer words than the system's; by name of the error, which
#: not every system has.
_WORDS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "the disk quota is used up",
    "EFBIG": "the file would be larger than the system or a limit of this process (ulimit -f) allows",
}

#: What to do about a file that is damaged: the end of a message.
AGAIN = "; copy or export it anew"

#: Bytes that are written to find out why others could not be.
_PROBE = 1 << 20


#: What can stand where a file should.
_SPECIAL = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be written or read, in words that follow "cannot write '...': "."""
    ours = _WORDS.get(errno.errorcode.get(getattr(error, "errno", None)))
    return ours or getattr(error, "strerror", None) or str(error)


def why_full(path: str | os.PathLike) -> str | None:
    """Why no more can be written to a file on which a library failed without saying why; None if more can be.

    The file grows by what is tried: it must be one that is thrown away.
    """
    try:
        with open(path, "ab") as file:
            file.write(bytes(_PROBE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return reason(error)
    return None


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Context that gives the name of a temporary file beside `path` and, if all goes well, puts it in its place.

    The file is on the disk, not only in the system's memory, before it gets its name: after a crash of the machine, a
    full disk or SIGKILL, `path` holds the old file or the new one.  A link stays a link; what it points to is replaced.
    What killed processes of this machine left behind for the same `path` is removed.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{_name(os.getpid())}{target.suffix}")
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, target)
        _sync_folder(target.parent)
        _remove_leftovers(target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text file in UTF-8, complete or not at all; SpecrenderError saying why it cannot be.

    What is no regular file, such as /dev/stdout, is written to as it is.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():
            Path(path).write_text(text, encoding="utf-8")
            return
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SpecrenderError(f"cannot write '{path}': {reason(error)}") from error


def why_unwritable(path: str | os.PathLike) -> str | None:
    """What keeps a file from being written at `path`, in words that follow "cannot write '...': "; None if nothing.

    A file is made beside it for a moment: permission bits do not tell (root, read-only mounts, access lists).
    """
    try:
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            problem = "is not a folder" if target.parent.exists() else "does not exist"
            return f"the folder '{Path(path).parent}' {problem}"
        if target.is_dir():
            return "it is a folder; give a file name"
        if target.exists() and not target.is_file():
            return "it exists and is not a regular file"
        with tempfile.NamedTemporaryFile(prefix=".specrender-", dir=target.parent):
            return None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        return reason(error)


def why_unreadable(path: str | os.PathLike, or_pipe: bool = False) -> str | None:
    """What keeps a file from being read, in words that follow "cannot read '...': "; None if nothing.

    Devices and pipes are refused, too: most readers go to and fro in a file.

    or_pipe : a pipe will do; for what is read as text in one go, such as a scene that a program writes.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, "rb"):
                return None
        if or_pipe and stat.S_ISFIFO(mode):
            return None
    except FileNotFoundError:
        return "there is no such file"
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        return reason(error)
    if stat.S_ISDIR(mode):
        return "it is a folder; give a file"
    what = next((name for is_kind, name in _SPECIAL if is_kind(mode)), "no regular file")
    return f"it is {what}; give a file on the disk"


def check_readable(path: str | os.PathLike, or_pipe: bool = False) -> None:
    """InputError if a file cannot be read, and why; `or_pipe` as of `why_unreadable`."""
    problem = why_unreadable(path, or_pipe)
    if problem:
        raise InputError(f"cannot read '{path}': {problem}")


@contextlib.contextmanager
def filling(folder: str | os.PathLike) -> Iterator[Path]:
    """Context that gives an empty folder inside `folder`, whose files are moved to `folder` if all goes well.

    So either all of them appear, replacing files of the same names, or none.
    """
    folder = Path(folder)
    part = Path(tempfile.mkdtemp(prefix=".specrender-", dir=folder))
    try:
        yield part
        for path in sorted(part.iterdir()):
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _name(process: int) -> str:
    return f"{socket.gethostname()}-{process}"


def _sync(path: Path, access: int = os.O_RDWR) -> None:
    descriptor = os.open(path, access)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, on systems where folders can be opened."""
    with contextlib.suppress(OSError):
        _sync(folder, os.O_RDONLY)


def _remove_leftovers(target: Path) -> None:
    """Remove temporary files of the same target whose process on this machine is gone."""
    start = f".{target.name}.{socket.gethostname()}-"
    for path in target.parent.iterdir():
        if not path.name.startswith(start):
            continue
        process = path.name.removeprefix(start).removesuffix(target.suffix)
        if process.isdecimal() and not _is_alive(int(process)):
            with contextlib.suppress(OSError):
                path.unlink()


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there, signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
