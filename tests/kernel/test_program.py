"""Programs: entry points linked from the functions below them."""

import numpy as np
import pytest
from llvmlite import binding as llvm
from numba import njit
from numba.core.errors import TypingError

from specrender.kernel.features import FEATURES, has_masks, has_trees
from specrender.kernel.jit import OPTIONS, entry_variants, kernel
from specrender.kernel.program import EntryPoint


@kernel
def base(x):
    return x * x


@kernel
def left(x):
    return base(x) + 1.0


@kernel
def right(x):
    return 2.0 * base(x) + np.sin(x)


@kernel
def top(x):
    # of two callers of `base`, the one that is linked first must not decide whether it is there for the other
    return left(x) * right(x) + base(x)


def expected(x):
    return (x * x + 1) * (2 * x * x + np.sin(x)) + x * x


def test_functions_shared_by_several_callers():
    entry = EntryPoint(top.py_func, OPTIONS)
    assert np.isclose(entry(1.5), expected(1.5), rtol=1e-14)


def test_python_may_call_what_compiled_code_calls():
    assert base(3.0) == 9.0
    assert np.isclose(top(0.7), expected(0.7), rtol=1e-14)
    assert base(2) == 4


def test_code_of_numbas_own_kind_may_call_kernels():
    @njit
    def foreign(x):
        return top(x) + right(x)

    assert np.isclose(foreign(0.3), expected(0.3) + 2 * 0.09 + np.sin(0.3), rtol=1e-14)


def test_compiled_code_cannot_call_entry_points():
    """Of one from the cache it would have a stub, which ends the process."""
    entry = EntryPoint(top.py_func, OPTIONS)

    @njit
    def foreign(x):
        return entry(x)

    with pytest.raises(TypingError, match="top is an entry point, which only Python calls"):
        foreign(0.3)


@kernel
def answer():
    return (1 if has_masks() else 0) + (2 if has_trees() else 0)


@kernel
def asks():
    return 10 * answer()


def test_features_are_those_of_the_entry_point():
    assert EntryPoint(asks.py_func, OPTIONS)() == 30
    assert EntryPoint(asks.py_func, OPTIONS, frozenset())() == 0
    assert EntryPoint(asks.py_func, OPTIONS, frozenset({"trees"}))() == 20
    assert EntryPoint(asks.py_func, OPTIONS, frozenset(FEATURES) - {"trees"})() == 10
    assert asks() == 30


def test_variants_have_files_of_their_own_in_the_cache(tmp_path, monkeypatch):
    """One that took the other's machine code would run without what its scene needs."""
    monkeypatch.setattr("specrender.kernel.jit.usable_cache_folder", lambda: tmp_path)
    for _ in range(2):  # compiled, then loaded
        entries = entry_variants(asks.py_func)
        assert [entries[name]() for name in ("plain", "full")] == [0, 30]
    assert len(list((tmp_path / "kernels").glob("*.nbi"))) == 2


def test_a_cached_program_is_its_machine_code_alone():
    entry = EntryPoint(top.py_func, OPTIONS)
    entry(1.5)
    (result,) = entry.overloads.values()
    # environments of the functions below it, which nothing reads, would be made anew at each start
    assert {env.env_name for env in result._find_referenced_environments()} <= {result.fndesc.env_name}
    _, kind, (code, names) = result.library.serialize_using_object_code()
    assert kind == "object"
    assert len(code) > len(names)
    stubs = {f.name for f in llvm.parse_bitcode(names).functions if not f.is_declaration}
    assert {result.fndesc.llvm_func_name, result.fndesc.llvm_cpython_wrapper_name} <= stubs
