"""The end of the command's process, which takes nothing apart that the operating system takes back anyway."""

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading, time
from specrender import cli

def late():
    time.sleep(0.3)
    print("the thread", end="")

if sys.argv.pop(1) == "busy":
    threading.Thread(target=late).start()
atexit.register(print, "what is registered")
cli.program()
"""


@pytest.mark.parametrize("threads", ["busy", "idle"])
@pytest.mark.parametrize("arguments, code", [(["--version"], 0), (["nothing"], 2)])
def test_nothing_is_cut_short(tmp_path, threads, arguments, code):
    """Neither what is printed, nor what is registered for the end, nor threads that are to be waited for."""
    with (tmp_path / "out").open("w") as out:
        result = subprocess.run(
            [sys.executable, "-c", PROGRAM, threads, *arguments], stdout=out, stderr=subprocess.PIPE, text=True
        )
    printed = (tmp_path / "out").read_text()
    assert result.returncode == code, result.stderr
    assert "what is registered" in printed
    assert ("the thread" in printed) == (threads == "busy")
    assert "specrender" in (result.stderr if code else printed)


def test_whoever_watches_sees_the_end():
    """A profiler that runs the command writes what it has found after it."""
    command = [sys.executable, "-m", "cProfile", "-m", "specrender", "--version"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("specrender") and "function calls" in result.stdout


def test_prompt_after_the_command():
    command = [sys.executable, "-i", "-m", "specrender", "--version"]
    result = subprocess.run(command, input="print('at the ' + 'prompt')", capture_output=True, text=True)
    assert "at the prompt" in result.stdout


def test_importing_the_command_does_not_run_it():
    result = subprocess.run([sys.executable, "-c", "import specrender.__main__; print('goes on')"], capture_output=True)
    assert result.stdout.split() == [b"goes", b"on"]
