"""Processes that compile together: what one has made is what the other would have made."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from numba import float64
from numba.core.registry import CPUDispatcher

import specrender
from specrender.kernel import exchange
from specrender.kernel.exchange import Exchange, exchanging, key_of
from specrender.kernel.jit import OPTIONS, kernel
from specrender.kernel.program import EntryPoint

#: `a` and `b` have the name of each other; what `left` calls of numba's own (max) each process compiles for itself.
TOY = """
from specrender.kernel.jit import kernel

def powers(n):
    @kernel
    def power(x):
        return x**n
    return power

a, b = powers(2), powers(3)

@kernel
def left(x):
    return max(a(x), 1.0) + b(x)

@kernel
def right(x):
    return left(x) * a(x)

@kernel(entry=True)
def top(x):
    return left(x) + right(x)
"""

#: Compiles and says which functions, the value, and the machine code without names.
PROCESS = """
import sys, itertools
from pathlib import Path
from numba import float64
from numba.core import event
from numba.core.bytecode import FunctionIdentity
from llvmlite import binding as llvm
import toy
from specrender.kernel.exchange import Exchange

number, folder = int(sys.argv[1]), sys.argv[2]
compiled = []
class Names(event.Listener):
    def on_start(self, e): compiled.append(e.data["dispatcher"].py_func.__name__)
    def on_end(self, e): pass
if number >= 0:
    Exchange.current = Exchange(Path(folder), number)
    FunctionIdentity._unique_ids = itertools.count(1 + 1000 * number)
with event.install_listener("numba:compile", Names()):
    if number == 1:
        toy.left.fragment.compile((float64,))
        print(*compiled)
    else:
        value = toy.top(3.0)
        library = toy.top.overloads[(float64,)].library
        sections = llvm.ObjectFileRef.from_data(library._get_compiled_object()).sections()
        code = [section.data().hex() for section in sections if section.name() == b".ltext"]
        print(value, *code, *compiled)
"""


def process(tmp_path, number):
    """The words that process `number` says; -1 is one that works alone."""
    (tmp_path / "toy.py").write_text(TOY)
    (tmp_path / "exchange").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(specrender.__file__).parents[1])]),
        "SPECRENDER_CACHE": str(tmp_path / f"cache{number}"),
    }
    command = [sys.executable, "-c", PROCESS, str(number), str(tmp_path / "exchange")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()


def test_taken_functions_are_those_of_a_process_alone(tmp_path):
    value, code, *compiled = process(tmp_path, -1)
    assert len(code) > 100
    assert float(value) == 9 + 27 + (9 + 27) * 9
    assert {"top", "right", "left", "power"} < set(compiled)
    assert {"left", "power"} < set(process(tmp_path, 1))
    taking = process(tmp_path, 0)
    assert taking[:2] == [value, code]
    # `right` asks for a(x) itself, which is there by its own name
    assert taking[2:] == ["top", "right"]


def test_a_process_waits_for_what_another_is_at(tmp_path):
    first, second = Exchange(tmp_path, 0), Exchange(tmp_path, 1)
    assert second.obtain("key", bytes) is None
    assert first.is_claimed("key")
    assert not first.is_claimed("other")
    got = []
    waiting = threading.Thread(target=lambda: got.append(first.obtain("key", bytes.decode)))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    second.finish("key", b"made")
    waiting.join(10)
    assert got == ["made"]
    assert first.obtain("key", bytes.decode) == "made"


def test_what_a_dead_process_was_at_is_made_by_others(tmp_path):
    assert Exchange(tmp_path, 1).obtain("key", bytes) is None
    first = Exchange(tmp_path, 0, lambda: first.gone(1))
    assert first.obtain("key", bytes) is None
    # as by a process that does not know of itself which others have ended
    assert Exchange(tmp_path, 2).obtain("key", bytes) is None


def test_claim_that_was_never_written_holds_nobody_up(tmp_path):
    claim = tmp_path / "key.claim"
    claim.touch()
    os.utime(claim, (0, 0))
    assert Exchange(tmp_path, 0).obtain("key", bytes) is None


def test_process_whose_folder_is_gone_goes_on_alone(tmp_path, monkeypatch):
    @kernel
    def inner(x):
        return 2.0 * x

    @kernel
    def outer(x):
        return inner(x) + 1.0

    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr(Exchange, "current", Exchange(folder, 0))
    shutil.rmtree(folder)
    assert EntryPoint(outer.py_func, OPTIONS)(3.0) == 7.0
    assert Exchange.current is None
    assert exchanging(lambda e: e.number) is None


def test_keys_tell_functions_and_types_apart():
    @kernel
    def base(x):
        return x

    def made():
        @kernel
        def function(x):
            return base(x)

        return function

    first, second = made(), made()
    assert first.identity != second.identity
    assert key_of(first.identity, (float64,)) != key_of(second.identity, (float64,))
    assert key_of(first.identity, (float64,)) != key_of(first.identity, (float64, float64))


@pytest.mark.parametrize("kind", ["fragment", "_entry"])
def test_only_fragments_are_exchanged(kind):
    @kernel
    def function(x):
        return x

    dispatcher = getattr(function, kind)
    assert isinstance(dispatcher, CPUDispatcher)
    assert isinstance(dispatcher._cache, exchange.FragmentCache) == (kind == "fragment")
