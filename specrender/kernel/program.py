"""Compiling an entry point and everything that it calls as one program.

numba makes a library of each function: it links in what the function calls, runs the whole optimiser over it, and
emits machine code, with wrappers for Python, before the next caller does the same again.  What lies deep in a call
tree is so optimised once for every level above it.  Here a function that other kernels call stays as it is lowered (a
`Fragment`); an entry point links every fragment below it once and optimises the whole (a `Program`), as a C++ compiler
does with a translation unit: 28 s for all of the kernel instead of 75 s.
"""

from llvmlite import binding as llvm
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import require_global_compiler_lock
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
        for library in _below(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(_module(library), preserve=True)
        self._final_module.link_in(llvm.parse_assembly(answers(self._features)))
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
                function.linkage = "internal"
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()


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


class KernelFunction(CPUDispatcher):
    """A function of compiled code; a call from Python (in tests) makes an entry point of it.

    options : numba's target options.
    """

    def __init__(self, py_func, options):
        wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        super().__init__(py_func, targetoptions={**options, **wrappers}, pipeline_class=_compiler(Fragment))
        self._options = options
        self._entry = None

    def __call__(self, *args):
        if self._entry is None:
            self._entry = EntryPoint(self.py_func, self._options)
        return self._entry(*args)
