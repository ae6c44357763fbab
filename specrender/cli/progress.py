"""Progress of a render on standard error: a bar on a terminal, few lines elsewhere."""

from __future__ import annotations

import sys
import time

from specrender.cli.streams import say

#: Least seconds between two lines where there is no terminal.
LINE_SECONDS = 10.0


def progress(total: int, quiet: bool):
    """An object with `update(done, total)` and `close()` for `total` samples."""
    if quiet:
        return _Silent()
    return _Bar(total) if sys.stderr.isatty() else _Lines()


class _Silent:
    def update(self, done, total):
        pass

    def close(self):
        pass


class _Bar:
    def __init__(self, total):
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit=" samples", unit_scale=True, dynamic_ncols=True, file=sys.stderr)

    def update(self, done, total):
        self._bar.update(done - self._bar.n)

    def close(self):
        self._bar.close()


class _Lines(_Silent):
    def __init__(self):
        self._started = self._last = time.monotonic()

    def update(self, done, total):
        now = time.monotonic()
        if now - self._last < LINE_SECONDS or done >= total:
            return
        self._last = now
        left = (now - self._started) * (total - done) / done
        rate = done / (now - self._started) / 1e6
        text = f"{100 * done / total:3.0f} %, {rate:.2f} M samples/s, about {left:.0f} s to go"
        say(f"specrender: {text}")
