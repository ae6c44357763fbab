"""The code of one function as it is lowered: neither linked nor optimised beyond the function.

numba makes a library of each function: it links in what the function calls, runs the whole optimiser over it, and
emits machine code, with wrappers for Python, before the next caller does the same again.  What lies deep in a call
tree is so optimised once for every level above it.  A `Fragment` is none of that; an entry point links every fragment
below it once and optimises the whole (`program.Program`).
"""

import itertools

from llvmlite import binding as llvm
from numba.core.codegen import JITCodeLibrary


class _NoEngine:
    """A code generator as a fragment shows it: without machine code there is no environment to set."""

    def __init__(self, codegen):
        self._codegen = codegen

    def __getattr__(self, name):
        return getattr(self._codegen, name)

    def set_env(self, env_name, env):
        """Nothing: fragments raise no exceptions and hold no objects."""


class Fragment(JITCodeLibrary):
    """A function's module, and the libraries of what it calls, in the order of the calls."""

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

    @property
    def callees(self):
        """The libraries that this one needs, in the order in which it was told of them."""
        return self._linking_libraries

    def own_module(self):
        """The module of this function alone, with definitions that the linker keeps and may merge with others."""
        if self._shared_module is None:
            for function in self._final_module.functions:
                if not function.is_declaration and function.linkage in (
                    llvm.Linkage.external,
                    llvm.Linkage.linkonce_odr,
                ):
                    function.linkage = "weak_odr"
            self._shared_module = self._final_module
        return self._shared_module

    @classmethod
    def of_module(cls, codegen, name, module, callees):
        """A closed fragment of a module that is there already."""
        fragment = cls(codegen, name)
        fragment._final_module = module
        fragment._linking_libraries = list(callees)
        fragment._finalized = True
        return fragment

    def _get_module_for_linking(self):
        """All that the function needs, for a library of numba's own kind that calls it."""
        whole = llvm.parse_assembly("")
        link(whole, [self])
        for function in whole.functions:
            if function.linkage == llvm.Linkage.weak_odr:
                function.linkage = "linkonce_odr"  # dropped where it is inlined
        return whole


def link(module, libraries):
    """Link these libraries and all below them into a module.

    Linking takes as long as both modules are large, so that small ones are made into larger ones first.
    """
    below = all_below(libraries)
    modules = [library.own_module().clone() for library in below if isinstance(library, Fragment)]
    while len(modules) > 1:
        modules = [_joined(*pair) for pair in itertools.zip_longest(modules[::2], modules[1::2])]
    for whole in modules:
        module.link_in(whole)
    for library in below:
        if not isinstance(library, Fragment):
            module.link_in(library._get_module_for_linking(), preserve=True)


def _joined(first, second):
    if second is not None:
        first.link_in(second)
    return first


def all_below(libraries):
    """These libraries and all that the fragments among them link, each once, callers before what they call.

    The order matters for libraries of numba's own kind: a linker leaves out a definition that it may drop when nothing
    has asked for it yet.
    """
    seen, finished = set(), []

    def visit(library):
        if id(library) in seen:
            return
        seen.add(id(library))
        if isinstance(library, Fragment):
            for called in library.callees:
                visit(called)
        finished.append(library)

    for library in libraries:
        visit(library)
    return finished[::-1]
