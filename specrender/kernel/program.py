"""Compiling an entry point and everything that it calls as one program.

numba makes a library of each function: it links in what the function calls, runs the whole optimiser over it, and
emits machine code, with wrappers for Python, before the next caller does the same again.  What lies deep in a call
tree is so optimised once for every level above it.  Here a function that other kernels call stays as it is lowered (a
`Fragment`); an entry point links every fragment below it once and optimises the whole (a `Program`), as a C++ compiler
does with a translation unit: 28 s for all of the kernel instead of 75 s.
"""

import functools

from llvmlite import binding as llvm
from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import require_global_compiler_lock
from numba.core.errors import TypingError
from numba.core.registry import CPUDispatcher

from specrender.kernel.features import FEATURES, answers


class _NoEngine:
    """A code generator as a fragment shows it: without machine code there is no environment to set."""

    def __init__(self, codegen):
        self._codegen = codegen

    def __getattr__(self, name):
        return getattr(self._codegen, name)

    def set_env(self, env_name, env):
        """Nothing: fragments raise no exceptions and hold no objects."""


class Fragment(JITCodeLibrary):
    """The code of one function, neither linked nor optimised beyond the function."""

    @property
    def codegen(self):
        """The code generator, for numba's lowering."""
        return _NoEngine(self._codegen)

    def finalize(self):
        """Close the library; nothing is linked."""
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, name):
        """Null: there is no machine code."""
        return 0

    def own_module(self):
        """The module of this function alone, with definitions that the linker may drop or merge."""
        if self._shared_module is None:
            for function in self._final_module.functions:
                if not function.is_declaration and function.linkage == llvm.Linkage.external:
                    function.linkage = "linkonce_odr"
            self._shared_module = self._final_module
        return self._shared_module

    def _get_module_for_linking(self):
        """All that the function needs, for a library of numba's own kind that calls it."""
        whole = self.own_module().clone()
        for library in _below(self._linking_libraries):
            whole.link_in(_module(library), preserve=True)
        return whole


def _module(library):
    return library.own_module() if isinstance(library, Fragment) else library._get_module_for_linking()


def _below(libraries):
    """These libraries and all that the fragments among them link, each once, callers before what they call.

    The order matters: a linker leaves out a definition that it may drop when nothing has asked for it yet.
    """
    seen, finished = set(), []

    def visit(library):
        if id(library) in seen:
            return
        seen.add(id(library))
        if isinstance(library, Fragment):
            for called in library._linking_libraries:
                visit(called)
        finished.append(library)

    for library in libraries:
        visit(library)
    return finished[::-1]


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
        for library in _below(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(_module(library), preserve=True)
        self._final_module.link_in(llvm.parse_assembly(answers(self._features)))
        for name in _environments(self._final_module) - own_environments:
            # nothing reads those of fragments; each that stays would be made anew whenever the program is loaded
            self._final_module.get_global_variable(name).linkage = "internal"
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
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

    def __init__(self, py_func, options):
        functools.update_wrapper(self, py_func)
        self.py_func = py_func
        self._options = options

    @functools.cached_property
    def fragment(self):
        """The dispatcher of the function, made when something is compiled that calls it: four hundred take a while."""
        wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        return CPUDispatcher(
            self.py_func, targetoptions={**self._options, **wrappers}, pipeline_class=_compiler(Fragment)
        )

    @property
    def _numba_type_(self):
        """What numba takes the function for where a kernel names it."""
        return types.Dispatcher(self.fragment)

    @functools.cached_property
    def _entry(self):
        return EntryPoint(self.py_func, self._options)

    def __call__(self, *args):
        return self._entry(*args)
