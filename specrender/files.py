"""Files on the disk: what keeps one from being read or written, and writing that is whole or leaves all as it was."""

from __future__ import annotations

import contextlib
import errno
import hashlib
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


#: Bytes that the name of a file may have on the usual systems, and digits of the number of a process.
_LONGEST_NAME = 255
_DIGITS = 10

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


def title(path: str | os.PathLike) -> str:
    """The name of a file without its folder and ending, as text that every file can hold.

    Names are bytes to the system. Those that are no text where the process runs (another coding, or a locale that
    knows ASCII alone) are not even to be written as UTF-8; what is no UTF-8 is replaced by U+FFFD.
    """
    return os.fsencode(Path(path).stem).decode(errors="replace")


def is_text(path: str | os.PathLike) -> bool:
    """Whether libraries that take names as UTF-8 can be told a name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextlib.contextmanager
def named_as_text(path: str | os.PathLike) -> Iterator[str]:
    """Context that gives a name for libraries that take names as UTF-8: that of a link where the real one is none.

    The file need not exist; what is written to the link appears at `path`.
    """
    if is_text(path):
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="specrender-") as folder:
        suffix = Path(path).suffix
        link = Path(folder) / f"file{suffix if is_text(suffix) else ''}"
        link.symlink_to(os.path.abspath(path))
        yield str(link)


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
    temporary = target.with_name(f"{_start(target)}{os.getpid()}{target.suffix}")
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
            Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")
            return
        with replacing(path) as temporary:
            # a name in it may be no text
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
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
            folder = target.parent if os.path.islink(path) else Path(path).parent
            return f"the folder '{folder}' {problem}"
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


def _start(target: Path) -> str:
    """What the names of temporary files of a target begin with on this machine; the number of the process follows."""
    machine = socket.gethostname()
    name = target.name
    if len(os.fsencode(f".{name}.{machine}-{target.suffix}")) + _DIGITS > _LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return f".{name}.{machine}-"


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
    start = _start(target)
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
