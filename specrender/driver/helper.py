"""A process of a `Team`: `python -m specrender.driver.helper FOLDER NUMBER`."""

import _thread
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
from specrender.kernel.jit import is_cached
from specrender.kernel.parts import PARTS
from specrender.kernel.tile import RENDER_TILE

#: numba numbers the functions that it compiles and names machine code by that: each process has as many numbers.
_NUMBERS = 1_000_000


def main(folder: Path, number: int) -> None:
    """Compile the parts of the kernel, and then its variants, that no other process is at.

    folder, number : of the `Exchange`.
    """
    FunctionIdentity._unique_ids = itertools.count(number * _NUMBERS)
    if all(is_cached(entry, nothing_to_do()) for entry in RENDER_TILE.values()):
        return
    Exchange.current = Exchange(folder, number)
    start = (number - 1) * len(PARTS) // 2
    for function, types in PARTS[start:] + PARTS[:start]:
        if not Exchange.current.is_claimed(key_of(function.identity, types)):
            function.fragment.compile(types)
    # the largest first: that takes longest
    call_each(reversed(RENDER_TILE.values()))


def _end_with_parent():
    """Interrupt this process when the one that started it has ended: then nobody reads what it makes."""
    sys.stdin.read()
    _thread.interrupt_main()


if __name__ == "__main__":
    place = Path(sys.argv[1])
    # a shell has its background processes ignore this signal, and their children with them
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=_end_with_parent, daemon=True).start()
        main(place, int(sys.argv[2]))
    except KeyboardInterrupt:
        shutil.rmtree(place, ignore_errors=True)
