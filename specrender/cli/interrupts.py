"""Ctrl-C: the first asks a render to stop and write what there is, the second ends it at once.

One wish may come as several signals: `timeout -s INT` sends one to the process and one to its group.  A terminal or
connection that is closed (SIGHUP) asks to stop once, however often the system and the shell say so.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time

from specrender.cli.streams import say

#: What ends a render early, where the system has it.
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
HANGUP = getattr(signal, "SIGHUP", None)

#: Signals within this time [s] after one that was heeded are the same wish.
SAME_WISH = 0.5


class Interrupts:
    """Context in which interrupts set `stop` while `is_rendering`, and raise KeyboardInterrupt otherwise."""

    def __init__(self, quiet: bool):
        self.stop = threading.Event()
        self.is_rendering = False
        self._quiet = quiet
        self._before = {}
        self._is_ending = False
        self._is_stopping = False
        self._heeded = -math.inf

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # elsewhere Python does not allow handlers
            for name in SIGNALS:
                number = getattr(signal, name, None)
                if number is None or (number == HANGUP and signal.getsignal(number) is signal.SIG_IGN):  # by nohup
                    continue
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception):
        # An interrupted process ends: more Ctrl-C must not end it by the signal, as Python's handlers would at exit.
        is_ending = self._is_ending or self.stop.is_set()
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if is_ending else handler)

    def _handle(self, number, frame):
        now = time.monotonic()
        if now - self._heeded < SAME_WISH or (number == HANGUP and self._heeded > -math.inf):
            return
        self._heeded = now
        if self._is_ending:
            os._exit(130)
        if self._is_stopping and not self.stop.is_set():
            # within set() below, whose lock another set() would wait for without end
            return
        if self._is_stopping or not self.is_rendering:
            self._is_ending = True
            raise KeyboardInterrupt
        self._is_stopping = True
        self.stop.set()
        if not self._quiet:
            below_bar = "\n" if sys.stderr.isatty() else ""
            say(f"{below_bar}specrender: stopping; once more quits at once")
