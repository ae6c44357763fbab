"""A process of a `Team`: `python -m specrender.driver.helper FOLDER NUMBER STAMP`."""

import itertools
import shutil
import signal
import sys
import threading
from pathlib import Path

from numba.core.bytecode import FunctionIdentity

from specrender.driver.team import call_each
from specrender.driver.tiles import nothing_to_do
from specrender.kernel.exchange import Exchange, key_of
from specrender.kernel.jit import code_stamp, is_cached
from specrender.kernel.parts import PARTS
from specrender.kernel.tile import RENDER_TILE

#: numba numbers the functions that it compiles and names machine code by that: each process has as many numbers.
_NUMBERS = 1_000_000


def main(folder: Path, number: int, stamp: str) -> None:
    """Compile the parts of the kernel, and then its variants, that no other process is at.

    folder, number : of the `Exchange`.
    stamp : `code_stamp` of the process that has asked for help; one with other sources, which may have been edited or
        updated since that process read them, does nothing.
    """
    if stamp != code_stamp():
        return
    FunctionIdentity._unique_ids = itertools.count(number * _NUMBERS)
    if all(is_cached(entry, nothing_to_do()) for entry in RENDER_TILE.values()):
        return
    Exchange.current = Exchange(folder, number)
    start = (number - 1) * len(PARTS) // 2
    for function, types in PARTS[start:] + PARTS[:start]:
        if Exchange.current is None:  # its folder has failed: nobody would get what is made
            return
        if not Exchange.current.is_claimed(key_of(function.identity, types)):
            function.fragment.compile(types)
    if Exchange.current is None:
        return
    # the largest first: that takes longest
    call_each(reversed(RENDER_TILE.values()))


def _end_with(parent, folder):
    """End this process when the one that started it has ended: then nobody reads what it makes."""
    parent.read()
    for _ in range(2):  # the other thread may write into it meanwhile
        shutil.rmtree(folder, ignore_errors=True)
    signal.raise_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    # they are meant for that process, which ends this one or is seen to have ended
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and (name != "SIGTERM" or hasattr(signal, "SIGKILL")):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(sys.stdin, place), daemon=True).start()
    main(place, int(sys.argv[2]), sys.argv[3])
