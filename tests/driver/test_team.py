"""Helpers that compile the kernel: they make what it asks for, and nothing depends on them."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import specrender
from specrender.driver import team
from specrender.driver.team import Team
from specrender.kernel.exchange import Exchange, key_of
from specrender.kernel.jit import OPTIONS, Compilation, code_stamp, kernel
from specrender.kernel.parts import PARTS
from specrender.kernel.program import EntryPoint

#: Compiles the render kernel with one helper; says which functions were compiled here, and the names in the exchange.
COLD = """
import json
from numba.core import event
from specrender.driver import Team, prepare_kernel
from specrender.kernel.tile import RENDER_TILE

here = set()
class Names(event.Listener):
    def on_start(self, e): here.add(e.data["dispatcher"].py_func.__name__)
    def on_end(self, e): pass
with Team(2) as team, event.install_listener("numba:compile", Names()):
    prepare_kernel()
    names = [path.name for path in team._folder.iterdir()]
entries = {name: len(entry.signatures) for name, entry in RENDER_TILE.items()}
print(json.dumps({"entries": entries, "here": list(here), "names": names}))
"""


def environment(cache):
    root = os.path.dirname(os.path.dirname(specrender.__file__))
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "SPECRENDER_CACHE": str(cache)}


def test_a_helper_makes_parts_of_the_kernel(tmp_path):
    run = [sys.executable, "-c", COLD]
    out = subprocess.run(run, env=environment(tmp_path), capture_output=True, text=True, check=True).stdout
    found = json.loads(out)
    assert found["entries"] == {"plain": 1, "smooth": 1, "full": 1}
    assert not {"evaluate_material", "sample_material"} & set(found["here"])
    for function, types in PARTS:
        # with other types than the kernel's own there would be two
        name = function.identity.split()[0]
        claims = [n for n in found["names"] if n.startswith(f"{name}_") and n.endswith(".claim")]
        assert claims == [f"{key_of(function.identity, types)}.claim"]


@kernel
def doubled(x):
    return 2 * x


def compiled():
    """What an entry point returns that has to be compiled."""
    return EntryPoint(doubled.py_func, OPTIONS)(4)


def asking_entry():
    """Ask for help, as an entry point that is not in the cache does."""
    Compilation.on_request()
    return compiled()


def helper_that(code):
    def start(self, number):
        return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)

    return start


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "import time; time.sleep(100)"], ids=["fails", "sleeps"])
def test_nothing_depends_on_helpers(monkeypatch, code):
    monkeypatch.setattr(Team, "_helper", helper_that(code))
    with Team(3) as helped:
        assert asking_entry() == 8
        assert len(helped._helpers) == 2
        folder = helped._folder
        assert folder.is_dir()
        assert Compilation.on_request is None
    assert not folder.exists()
    assert Exchange.current is None
    assert all(helper.returncode is not None for helper in helped._helpers)


def test_what_a_dead_helper_was_at_is_compiled_here(monkeypatch):
    monkeypatch.setattr(Team, "_helper", helper_that("import sys; sys.stdin.read()"))

    @kernel
    def inner(x):
        return 3 * x

    @kernel
    def outer(x):
        return inner(x)

    with Team(2) as helped:
        Compilation.on_request()
        Exchange(helped._folder, 1).obtain(inner.fragment._cache._key("int64(int64)"), bytes)
        helped._helpers[0].kill()
        helped._helpers[0].wait()
        assert EntryPoint(outer.py_func, OPTIONS)(4) == 12


def test_alone_there_is_no_helper():
    with Team(1):
        assert Compilation.on_request is None


def test_one_team_at_a_time():
    with Team(2), Team(2) as inner:
        assert Compilation.on_request is not None
        assert not inner._leads
    assert Compilation.on_request is None


def test_programs_other_than_python_are_not_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/opt/studio/studio")
    monkeypatch.setattr(team.subprocess, "Popen", None)
    with Team(2) as helped:
        assert asking_entry() == 8
    assert not helped._helpers


def test_without_room_for_files_there_is_no_helper(monkeypatch):
    def full(prefix):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(team.tempfile, "mkdtemp", full)
    with Team(2) as helped:
        assert asking_entry() == 8
    assert not helped._helpers


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise on Windows")
def test_helper_ends_with_the_process_that_started_it_only(tmp_path):
    """A signal to both, as of Ctrl-C, is for that process: it removes the folder, or goes on and needs it."""
    folder = tmp_path / "exchange"
    folder.mkdir()
    command = [sys.executable, "-m", "specrender.driver.helper", str(folder), "1", code_stamp()]
    helper = subprocess.Popen(command, env=environment(tmp_path / "cache"), stdin=subprocess.PIPE)
    until = time.monotonic() + 60
    while not any(folder.iterdir()) and time.monotonic() < until:  # it is at work
        time.sleep(0.1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        helper.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        helper.wait(1)
    assert folder.is_dir()
    helper.stdin.close()
    assert helper.wait(60) == -signal.SIGKILL


def test_helper_with_other_sources_does_nothing(tmp_path):
    folder = tmp_path / "exchange"
    folder.mkdir()
    command = [sys.executable, "-m", "specrender.driver.helper", str(folder), "1", "sources of yesterday"]
    # its end of the pipe stays open: a helper whose parent has ended kills itself
    with subprocess.Popen(command, env=environment(tmp_path / "cache"), stdin=subprocess.PIPE) as helper:
        assert helper.wait(100) == 0
    assert not list(folder.iterdir())


def test_odd_entries_of_the_path(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(sys, "path", ["", tmp_path, f"a{os.pathsep}b", "c"])
    monkeypatch.setattr(team.subprocess, "Popen", lambda command, env, **_: started.append((command, env)))
    Team(2)._helper(1)
    command, env = started[0]
    assert env["PYTHONPATH"].split(os.pathsep) == [os.getcwd(), os.path.abspath("c")]
    assert command[-1] == code_stamp()


def test_thread_that_still_waits_when_its_team_ends(monkeypatch):
    monkeypatch.setattr(Team, "_helper", helper_that("raise SystemExit(1)"))
    with Team(2) as helped:
        asking_entry()
        helped._helpers[0].wait()
        Exchange.current = None  # as by another thread that leaves the team
        helped._watch()
        assert (helped._folder / "1.gone").exists()


def test_helpers_write_where_this_process_reads(monkeypatch, tmp_path):
    """Also if that is not the user's cache, which may be read-only."""
    started = []
    monkeypatch.setattr(team, "usable_cache_folder", lambda: tmp_path / "private")
    monkeypatch.setattr(team.subprocess, "Popen", lambda command, env, **_: started.append(env))
    Team(2)._helper(1)
    assert started[0]["SPECRENDER_CACHE"] == str(tmp_path / "private")
