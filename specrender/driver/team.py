"""Compiling the render kernel by several processes, which takes a minute by one.

numba compiles one function after the other, in Python, whatever threads there are.  A `Team` starts helpers when the
first entry point turns out not to be in the cache.  All of them take up what the others have made (see
`kernel.exchange`): a helper first compiles parts that are far from where this process begins, then variants of the
kernel that this process does not.  Without helpers, or when they fail, this process does it all.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from specrender.driver.tiles import nothing_to_do
from specrender.kernel.exchange import Exchange
from specrender.kernel.jit import Compilation, code_stamp, is_claimed, usable_cache_folder

#: More processes find nothing left to do.
MOST = 4


def call_each(entries) -> None:
    """Have machine code of these entry points of the kernel, last of those that another process is at."""
    waiting = list(entries)
    while waiting:
        entry = next((e for e in waiting if not is_claimed(e, nothing_to_do())), waiting[0])
        waiting.remove(entry)
        entry(*nothing_to_do())


class Team(contextlib.AbstractContextManager):
    """Helps with what this process compiles within a `with`; one within that of another does nothing.

    size : processes, this one included.
    """

    _is_there = False

    def __init__(self, size: int):
        self._size = min(size, MOST)
        self._helpers = []
        self._leads = False
        self._folder = None
        self._exchange = None

    def __enter__(self):
        if self._size > 1 and not Team._is_there:
            self._leads = Team._is_there = True
            Compilation.on_request = self._begin
        return self

    def __exit__(self, *exception):
        if not self._leads:
            return
        Team._is_there = False
        Compilation.on_request = Exchange.current = None
        for helper in self._helpers:
            helper.kill()
        for helper in self._helpers:
            helper.communicate()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self):
        """Start the helpers; without room for files or processes there are fewer, or none."""
        Compilation.on_request = None
        if "python" not in Path(sys.executable or "").name.lower():
            return  # a program that has Python inside and knows no options of it
        with contextlib.suppress(OSError):
            self._folder = Path(tempfile.mkdtemp(prefix="specrender-compile-"))
            for number in range(1, self._size):
                self._helpers.append(self._helper(number))
        if self._helpers:
            self._exchange = Exchange.current = Exchange(self._folder, 0, self._watch)

    def _helper(self, number):
        """A process that sees the packages and the cache of this one, and ends when its input does."""
        # imports pass over entries that are no text; one with a separator would be read as two
        paths = [os.path.abspath(path) for path in sys.path if isinstance(path, str) and os.pathsep not in path]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "SPECRENDER_CACHE": str(usable_cache_folder()),
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "specrender.driver.helper", str(self._folder), str(number), code_stamp()],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _watch(self):
        for number, helper in enumerate(self._helpers, 1):
            if helper.poll() is not None:
                self._exchange.gone(number)
