"""Ctrl-C within the handling of Ctrl-C, terminals that are closed, and Ctrl-C before anything is imported."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest

from specrender.cli.interrupts import Interrupts

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr("specrender.cli.interrupts.time.monotonic", lambda: now[0])
    return now


def test_signals_of_one_wish_are_one(clock):
    """`timeout -s INT` sends two: one to the process, one to its group."""
    interrupts = Interrupts(quiet=True)
    interrupts.is_rendering = True
    for clock[0] in (100.0, 100.001, 100.4):
        interrupts._handle(signal.SIGINT, None)
    assert interrupts.stop.is_set()
    clock[0] = 100.6
    with pytest.raises(KeyboardInterrupt):
        interrupts._handle(signal.SIGINT, None)
    clock[0] = 100.601  # would end the process at once
    interrupts._handle(signal.SIGINT, None)


def test_an_interrupt_while_the_first_one_is_handled(monkeypatch):
    monkeypatch.setattr("specrender.cli.interrupts.SAME_WISH", 0.0)
    interrupts = Interrupts(quiet=True)
    interrupts.is_rendering = True

    class Event(threading.Event):
        def set(self):
            with self._cond:
                interrupts._handle(signal.SIGINT, None)
                self._flag = True

    interrupts.stop = Event()
    # a deadlock would end the test, not the tests
    thread = threading.Thread(target=interrupts._handle, args=(signal.SIGINT, None), daemon=True)
    thread.start()
    thread.join(20.0)
    assert not thread.is_alive() and interrupts.stop.is_set()
    with pytest.raises(KeyboardInterrupt):
        interrupts._handle(signal.SIGINT, None)


def test_interrupts_outside_of_rendering_end_at_once():
    with pytest.raises(KeyboardInterrupt):
        Interrupts(quiet=True)._handle(signal.SIGINT, None)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind do not exist on Windows")
def test_two_signals_at_once_keep_the_render(scene, start, tmp_path):
    process = start("render", scene, "-o", "a.exr", "--spp", 50_000_000, "--threads", 1)
    while "rendering" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130 and "wrote a.exr (interrupted: " in out, err
    assert (tmp_path / "a.exr").is_file() and (tmp_path / "a.exr.checkpoint").is_file()


def test_a_second_wish_says_what_there_is(scene, command, tmp_path, monkeypatch):
    """ "Nothing was written" would not be true of a preview or a checkpoint."""

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("specrender.session.Session.write", interrupted)
    code, _, err = command("render", scene, "-o", "a.exr", "--spp", 1)
    assert code == 130 and err.endswith("specrender: interrupted; nothing was written\n")
    code, _, err = command("render", scene, "-o", "a.exr", "--spp", 1, "--preview", "p.png", "--checkpoint", "c")
    assert code == 130 and err.endswith("interrupted; there is p.png (the preview), c (to --resume)\n")
    assert (tmp_path / "p.png").is_file() and (tmp_path / "c").is_file()


# ---------------------------------------------------------------- terminals that are closed

needs_hangups = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of this kind do not exist on Windows")


@contextlib.contextmanager
def hangups(handler):
    """What processes that are started inside take SIGHUP for; these tests may be run by nohup themselves."""
    before = signal.signal(signal.SIGHUP, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@needs_hangups
def test_a_closed_terminal_keeps_the_render(scene, start, tmp_path):
    with hangups(signal.SIG_DFL):
        process = start("render", scene, "-o", "a.exr", "--spp", 50_000_000, "--threads", 1)
    while "rendering" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130 and "wrote a.exr (interrupted" in out, err
    assert (tmp_path / "a.exr").is_file() and (tmp_path / "a.exr.checkpoint").is_file()


@needs_hangups
def test_closing_a_terminal_is_one_wish(clock):
    """The system tells the shell, which tells its jobs, and the system tells them when the shell is gone."""
    interrupts = Interrupts(quiet=True)
    interrupts.is_rendering = True
    for clock[0] in (100.0, 103.0, 110.0):
        interrupts._handle(signal.SIGHUP, None)
    assert interrupts.stop.is_set()
    clock[0] = 120.0
    with pytest.raises(KeyboardInterrupt):
        interrupts._handle(signal.SIGINT, None)


@needs_hangups
@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.SIG_DFL])
def test_nohup_is_heeded(before):
    with hangups(before):
        with Interrupts(quiet=True) as interrupts:
            inside = signal.getsignal(signal.SIGHUP)
        assert inside == (signal.SIG_IGN if before is signal.SIG_IGN else interrupts._handle)
        assert signal.getsignal(signal.SIGHUP) is before


# ---------------------------------------------------------------- before anything is imported

#: Ctrl-C as soon as a module begins to be imported, then the command.
AT_IMPORT = """
import importlib.abc, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored

class CtrlC(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == MODULE:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
"""


def started_by(way):
    """Program text of `python -m specrender`, or of the script that is installed."""
    if way == "module":
        return "import runpy; runpy.run_module('specrender', run_name='__main__')"
    module, _, name = tomllib.loads(PROJECT.read_text())["project"]["scripts"]["specrender"].partition(":")
    return f"from {module} import {name}; sys.exit({name}())"


@pytest.mark.parametrize("way", ["module", "script"])
@pytest.mark.parametrize("module", ["specrender.cli", "specrender.cli.parser", "specrender.cli.info"])
def test_an_interrupt_while_modules_are_imported(way, module):
    program = f"MODULE = {module!r}\n{AT_IMPORT}\nsys.argv[:] = ['specrender', 'info', '--gamuts']\n"
    result = subprocess.run([sys.executable, "-c", program + started_by(way)], capture_output=True, text=True)
    assert result.returncode == 130 and not result.stdout
    assert result.stderr == "specrender: interrupted; nothing was written\n"
