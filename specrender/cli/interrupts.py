"""Ctrl-C: the first asks a render to stop and write what there is, the second ends it at once."""

from __future__ import annotations

import signal
import sys
import threading

SIGNALS = ("SIGINT", "SIGTERM")


class Interrupts:
    """Context in which interrupts set `stop` while `is_rendering`, and raise KeyboardInterrupt otherwise."""

    def __init__(self, quiet: bool):
        self.stop = threading.Event()
        self.is_rendering = False
        self._quiet = quiet
        self._before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # elsewhere Python does not allow handlers
            for name in SIGNALS:
                number = getattr(signal, name)
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        if self.stop.is_set() or not self.is_rendering:
            raise KeyboardInterrupt
        self.stop.set()
        if not self._quiet:
            below_bar = "\n" if sys.stderr.isatty() else ""
            print(f"{below_bar}specrender: stopping; once more quits at once", file=sys.stderr)
