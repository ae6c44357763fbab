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
