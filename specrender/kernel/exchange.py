"""What processes that compile the kernel together have finished: each takes up the functions of the others.

A folder holds, for each function and the types of its arguments, a claim of the process that is at it and then what it
made: the module of its `Fragment`, and the keys of what it calls.  Whoever needs a function that another process is at
waits for it.  Nobody waits in a circle, as functions that call each other do not.
"""

import hashlib
import pickle
import re
import time
from pathlib import Path

from llvmlite import binding as llvm
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.environment import Environment
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys
from numba.core.sigutils import normalize_signature

from specrender.kernel.fragment import Fragment

#: How often a process looks whether another has finished [s].
_INTERVAL = 0.005

#: How long a claim takes at most to be written [s].
_PATIENCE = 5.0

#: The key of numba's runtime, which each process has.
_RUNTIME = "nrt"


def key_of(name, types) -> str:
    """The key of a function's code, for arguments of these numba types: a name for a file."""
    digest = hashlib.sha256(f"{name} {tuple(types)!r}".encode()).hexdigest()[:32]
    return re.sub(r"[^\w.]", "_", f"{name.split()[0]} {digest}")


class Exchange:
    """One process's view of the folder.

    folder : exists, and is empty at first.
    number : of this process, from 0; each has another.
    watch : called while this process waits; the one that started the others tells `gone` which have ended.
    """

    #: That of this process, while it compiles together with others.
    current: "Exchange | None" = None

    def __init__(self, folder: Path, number: int, watch=lambda: None):
        self._folder = folder
        self._number = number
        self._watch = watch
        rtsys.initialize(cpu_target.target_context)
        self._libraries = {_RUNTIME: rtsys.library}
        self._keys = {id(rtsys.library): _RUNTIME}

    def obtain(self, key, load):
        """What `load(bytes)` makes of what another process has finished under this key.

        None: this process has to make it, and has told the others so; they wait for `finish`.
        """
        done, claim = self._folder / f"{key}.done", self._folder / f"{key}.claim"
        while not done.exists():
            if self._claims(claim):
                return None
            self._watch()
            time.sleep(_INTERVAL)
        return load(done.read_bytes())

    def is_claimed(self, key) -> bool:
        """Whether a process is at what has this key, or has finished it."""
        return (self._folder / f"{key}.claim").exists()

    def gone(self, number: int) -> None:
        """Tell all that the process of this number will not finish what it claimed."""
        (self._folder / f"{number}.gone").touch()

    def finish(self, key, content: bytes = b"") -> None:
        """Give the others what this process has made."""
        temporary = self._folder / f"{key}.{self._number}"
        temporary.write_bytes(content)
        temporary.replace(self._folder / f"{key}.done")

    def _claims(self, claim):
        """Claim for this process what no other has, or what the process that has it will not finish."""
        try:
            with open(claim, "x", encoding="ascii") as file:
                file.write(str(self._number))
            return True
        except FileExistsError:
            holder = claim.read_text(encoding="ascii")
            if not holder:  # being written, unless the disk is full
                return time.time() - claim.stat().st_mtime > _PATIENCE
            return (self._folder / f"{holder}.gone").exists()

    # ------------------------------------------------------------ fragments

    def give(self, key, result: CompileResult) -> None:
        """Finish a compiled function."""
        descriptor = result.fndesc
        descriptor.typemap = descriptor.calltypes = None  # of this compilation only, and large
        library = self._give_library(result.library)
        self.finish(key, pickle.dumps((library, descriptor, result.signature)))

    def take(self, content, target_context) -> CompileResult:
        """A compiled function, of what `give` has written."""
        key, descriptor, signature = pickle.loads(content)
        library = self._take_library(key, target_context.codegen())
        environment = Environment.from_fndesc(descriptor)
        return CompileResult(
            typing_context=target_context.typing_context,
            target_context=target_context,
            entry_point=target_context.get_executable(library, descriptor, environment),
            typing_error=None,
            type_annotation=None,
            signature=signature,
            objectmode=False,
            lifted=(),
            fndesc=descriptor,
            library=library,
            call_helper=None,
            environment=environment,
            metadata=None,
            reload_init=(),
            referenced_envs=(),
        )

    def _give_library(self, library):
        """The key of a library, which is in the folder from now on, with all that it calls."""
        key = self._keys.get(id(library))
        if key is None:
            key = f"{self._number}-{len(self._keys)}"
            self._keys[id(library)], self._libraries[key] = key, library
            if isinstance(library, Fragment):
                module, callees = library.own_module(), [self._give_library(called) for called in library.callees]
            else:
                module, callees = library._get_module_for_linking(), []
            content = pickle.dumps((library.name, module.as_bitcode(), callees))
            (self._folder / f"{key}.library").write_bytes(content)
        return key

    def _take_library(self, key, codegen):
        library = self._libraries.get(key)
        if library is None:
            name, module, callees = pickle.loads((self._folder / f"{key}.library").read_bytes())
            below = [self._take_library(c, codegen) for c in callees]
            library = Fragment.of_module(codegen, name, llvm.parse_bitcode(module), below)
            self._keys[id(library)], self._libraries[key] = key, library
        return library


def exchanging(action):
    """What action(exchange) returns with this process's exchange; None if there is none.

    Where the folder fails (it is full, or gone), the process goes on without.
    """
    if Exchange.current is None:
        return None
    try:
        return action(Exchange.current)
    except OSError:
        Exchange.current = None
        return None


class FragmentCache(NullCache):
    """Lets a dispatcher of fragments take what other processes have made of its function, and give what it makes.

    identity : name of the function, the same in all processes, of this function alone.
    """

    def __init__(self, identity):
        self._identity = identity

    def load_overload(self, sig, target_context):
        return exchanging(lambda e: e.obtain(self._key(sig), lambda content: e.take(content, target_context)))

    def save_overload(self, sig, cres):
        exchanging(lambda e: e.give(self._key(sig), cres))

    def _key(self, sig):
        return key_of(self._identity, normalize_signature(sig)[0])
