"""Threads that do one task after another."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator


class Workers(contextlib.AbstractContextManager):
    """Threads that call functions with the tasks they are given, within a `with`; its end waits for those under way.

    A pool of `concurrent.futures` makes a lock and a condition for each task, and more of them to wait for the first of
    several: of a render by two threads a fortieth.

    count : of threads.
    """

    def __init__(self, count: int):
        self.pending = 0
        self._tasks = queue.SimpleQueue()
        self._results = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def begin(self, call: Callable, task) -> None:
        """Have call(task) done by the next thread that is free."""
        self.pending += 1
        self._tasks.put((call, task))

    def finished(self, seconds: float) -> Iterator[tuple]:
        """(task, what the call returned) of those that are done; waits for one, at most so long, if none is.

        Raises what a call raised.
        """
        with contextlib.suppress(queue.Empty):
            found = self._results.get(timeout=seconds)
            while True:
                self.pending -= 1
                task, result, error = found
                if error is not None:
                    raise error
                yield task, result
                found = self._results.get_nowait()

    def _serve(self):
        while (given := self._tasks.get()) is not None:
            call, task = given
            result = error = None
            try:
                result = call(task)
            except BaseException as caught:  # told by the thread that waits
                error = caught
            self._results.put((task, result, error))
