"""Files that are whole or not there, and places where none can be."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from specrender.errors import SpecrenderError
from specrender.files import cache_folder, filling, reason, why_full, why_unreadable, why_unwritable, write_text


def test_a_folder_is_filled_at_once_or_not_at_all(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError), filling(tmp_path) as part:
        (part / "a").write_text("new")
        raise OSError("the disk is full")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "old"
    with filling(tmp_path) as part:
        (part / "a").write_text("new")
        (part / "b").write_text("new")
        assert (tmp_path / "a").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"] and (tmp_path / "a").read_text() == "new"


def test_why_a_file_cannot_be_written(tmp_path):
    assert why_unwritable(tmp_path / "new") is None and not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    for name, problem in (("gone", "does not exist"), ("file", "is not a folder")):
        assert why_unwritable(tmp_path / name / "new") == f"the folder '{tmp_path / name}' {problem}"
    assert why_unwritable(tmp_path).startswith("it is a folder")
    assert "null" in why_unwritable(tmp_path / "a\0b")


def test_why_a_file_cannot_be_read(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    assert why_unreadable(tmp_path / "a") is None
    assert why_unreadable(tmp_path / "gone") == why_unreadable(tmp_path / "dangling") == "there is no such file"
    assert why_unreadable(tmp_path) == "it is a folder; give a file"
    assert why_unreadable(tmp_path / "a" / "b") == "Not a directory"
    assert "null" in why_unreadable(tmp_path / "a\0b") and "long" in why_unreadable(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes among files")
def test_what_is_no_file_is_called_by_its_name(tmp_path):
    """Opening a pipe would wait for who writes to it."""
    os.mkfifo(tmp_path / "pipe")
    assert why_unreadable(tmp_path / "pipe").startswith("it is a pipe")
    assert why_unreadable(tmp_path / "pipe", or_pipe=True) is None
    assert why_unreadable("/dev/null").startswith("it is a device")


@pytest.mark.parametrize("path", ["/dev/null", "/proc/new"])
def test_places_that_permissions_do_not_tell_about(path):
    """root may write to both by their permission bits."""
    pytest.importorskip("resource", reason="a system without such files")
    assert why_unwritable(path)


def test_reasons_in_words():
    assert reason(OSError(errno.ENOSPC, "No space left on device")) == "the disk is full"
    assert reason(PermissionError(errno.EACCES, "Permission denied")) == "Permission denied"
    assert reason(ValueError("embedded null byte")) == "embedded null byte"


def test_a_full_device(tmp_path):
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("a system without /dev/full")
    assert why_full(full) == "the disk is full" and why_full(tmp_path / "new") is None
    with pytest.raises(SpecrenderError, match="cannot write '/dev/full': the disk is full") as caught:
        write_text(full, "text")
    assert caught.value.exit_code == 1


def test_text_is_whole_or_not_there(tmp_path, monkeypatch):
    write_text(tmp_path / "a", "old\n")

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(SpecrenderError, match=r"cannot write '.*a': Input/output error"):
        write_text(tmp_path / "a", "new\n")
    assert (tmp_path / "a").read_text() == "old\n" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"SPECRENDER_CACHE": "/a/b"}, "/a/b"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/specrender"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/specrender"),
        ("darwin", {"HOME": "/home/u"}, "/home/u/Library/Caches/specrender"),
        ("linux", {"HOME": "/home/u"}, "/home/u/.cache/specrender"),
    ],
)
def test_cache_folder(monkeypatch, platform, variables, expected):
    cache_folder()  # imports what would not be found on another platform
    for name in ("SPECRENDER_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder().as_posix() == expected


@pytest.mark.skipif(sys.platform == "win32", reason="whether a process lives is not asked there")
def test_files_of_killed_tests_do_not_pile_up(tmp_path):
    def run(ending):
        code = f"import os, tensor_files; print(tensor_files.measured(1).filename, flush=True); {ending}"
        paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": paths}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.stdout.startswith(str(tmp_path)), done.stderr

    run("os.kill(os.getpid(), 9)")
    assert len(list(tmp_path.iterdir())) == 1
    run("pass")
    assert not list(tmp_path.iterdir())
