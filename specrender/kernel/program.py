"""Compiling an entry point and everything that it calls as one program.

A function that other kernels call stays as it is lowered (a `fragment.Fragment`); an entry point links every fragment
below it once and optimises the whole (a `Program`), as a C++ compiler does with a translation unit: 28 s for all of the
kernel instead of 75 s.
"""

import collections
import functools
from typing import ClassVar

from llvmlite import binding as llvm
from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import require_global_compiler_lock
from numba.core.errors import TypingError
from numba.core.registry import CPUDispatcher

from specrender.kernel.exchange import FragmentCache
from specrender.kernel.features import FEATURES, answers
from specrender.kernel.fragment import Fragment, all_below, link


class Program(JITCodeLibrary):
    """An entry point with all fragments below it, optimised together.

    features : those that are compiled in, of all that the functions ask for.
    """

    def __init__(self, codegen, name, features):
        super().__init__(codegen, name)
        self._features = features

    def finalize(self):
        """Link, optimise and emit."""
        require_global_compiler_lock()
        self._raise_if_finalized()
        own_environments = _environments(self._final_module)
        for library in all_below(self._linking_libraries):
            self._reload_init.update(library._reload_init)
        link(self._final_module, self._linking_libraries)
        self._final_module.link_in(llvm.parse_assembly(answers(self._features)))
        for name in _environments(self._final_module) - own_environments:
            # nothing reads those of fragments; each that stays would be made anew whenever the program is loaded
            self._final_module.get_global_variable(name).linkage = "internal"
        for function in self._final_module.functions:
            if function.linkage in (llvm.Linkage.weak_odr, llvm.Linkage.linkonce_odr):
                function.linkage = "internal"
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()

    def serialize_using_object_code(self):
        """The state of the program for a cache: its machine code, and the names in it that numba may ask for.

        numba's own has all of the code once more, as bitcode, for libraries that would link it.  No library does, as an
        `EntryPoint` is not called by compiled code; one that did would trap.
        """
        self._ensure_finalized()
        names = [f.name for f in self.get_defined_functions() if f.linkage == llvm.Linkage.external]
        module = "\n".join(f'define void @"{name}"() {{ call void @llvm.trap() unreachable }}' for name in names)
        module = llvm.parse_assembly(f"declare void @llvm.trap()\n{module}")
        return self.name, "object", (self._get_compiled_object(), module.as_bitcode())


def _environments(module):
    """The names of numba's environments, objects for calls back into Python, in a module."""
    return {variable.name for variable in module.global_variables if variable.name.startswith("_ZN08NumbaEnv")}


def _compiler(make_library):
    """numba's compiler, with a library from make_library(codegen, name) to lower into."""

    class Compiler(CompilerBase):
        def define_pipelines(self):
            """As numba's own; it takes the library that is there."""
            state = self.state
            state.library = make_library(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
            return [DefaultPassBuilder.define_nopython_pipeline(state)]

    return Compiler


class EntryPoint(CPUDispatcher):
    """A compiled function that Python calls.

    options : numba's target options.
    features : see `features.FEATURES`.
    """

    def __init__(self, py_func, options, features=frozenset(FEATURES)):
        super().__init__(
            py_func,
            targetoptions={**options, "no_cfunc_wrapper": True},
            pipeline_class=_compiler(lambda codegen, name: Program(codegen, name, features)),
        )

    def get_call_template(self, args, kws):
        """An error: of a program that comes from the cache there is nothing that other code could link."""
        raise TypingError(f"{self.py_func.__name__} is an entry point, which only Python calls")


class KernelFunction:
    """A function of compiled code; a call from Python (in tests) makes an entry point of it.

    options : numba's target options.
    """

    _made: ClassVar = collections.Counter()

    def __init__(self, py_func, options):
        functools.update_wrapper(self, py_func)
        self.py_func = py_func
        self._options = options
        name = f"{py_func.__module__}.{py_func.__qualname__}"
        # a function that makes kernels gives several the same name
        self._name = f"{name} {self._made[name]}"
        self._made[name] += 1

    @functools.cached_property
    def identity(self) -> str:
        """A name of the function, the same in each process, which no function with other code has."""
        cells = [cell.cell_contents for cell in self.py_func.__closure__ or ()]
        return f"{self._name} {[getattr(cell, 'identity', type(cell).__name__) for cell in cells]}"

    @functools.cached_property
    def fragment(self):
        """The dispatcher of the function, made when something is compiled that calls it: four hundred take a while."""
        wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        dispatcher = CPUDispatcher(
            self.py_func, targetoptions={**self._options, **wrappers}, pipeline_class=_compiler(Fragment)
        )
        dispatcher._cache = FragmentCache(self.identity)
        return dispatcher

    @property
    def _numba_type_(self):
        """What numba takes the function for where a kernel names it."""
        return types.Dispatcher(self.fragment)

    @functools.cached_property
    def _entry(self):
        return EntryPoint(self.py_func, self._options)

    def __call__(self, *args):
        return self._entry(*args)
