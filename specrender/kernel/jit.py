"""The one decorator of all compiled code, and a compilation cache that cannot lie.

numba's own cache notices edits in the file of the cached function only, not in the functions it calls (numba#1833): a
bug fix in a BSDF would leave the old picture.  Here the stamp of a cache entry is a digest of every source file below
`specrender/kernel`, which imports nothing else of the package (a test holds it to that).  Entry points that live
elsewhere (benchmarks, tests) are stamped with the files of their own folder, too.

Only the entry points, which Python calls, are cached: what they call is linked into them.
"""

import atexit
import contextlib
import functools
import hashlib
import pickle
import shutil
import tempfile
import time
import zlib
from pathlib import Path
from types import FunctionType

from llvmlite import __version__ as llvmlite_version
from numba import __version__ as numba_version
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, _CacheLocator
from numba.core.registry import cpu_target as registry_target
from numba.core.runtime import rtsys
from numba.core.sigutils import normalize_signature
from numba.core.typing.typeof import Purpose, typeof

from specrender.kernel.cache_folder import cache_folder
from specrender.kernel.exchange import exchanging, key_of
from specrender.kernel.features import VARIANTS
from specrender.kernel.program import EntryPoint, KernelFunction

#: Of the cache folder, where compiled kernels are.
_KERNELS = "kernels"

KERNEL_ROOT = Path(__file__).resolve().parent

#: Safe relaxations only: no `nnan`/`ninf` (they would delete the tests for non-finite samples) and no `reassoc`
#: (float sums would depend on the optimiser's mood).
FAST_MATH = {"contract", "nsz", "arcp"}
OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "fastmath": FAST_MATH}


@functools.cache
def kernel_digest() -> str:
    """SHA-256 over the names and bytes of all kernel sources (32 hex digits of it)."""
    return _digest(KERNEL_ROOT, KERNEL_ROOT.rglob("*.py"))


@functools.cache
def folder_digest(folder: Path) -> str:
    """The same over the sources directly in a folder; a folder that cannot be read counts as empty."""
    return _digest(folder, folder.glob("*.py"))


def _digest(root, paths):
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


@functools.cache
def cpu_target() -> str:
    """The machine that code is compiled for: triple, processor, a digest of its features, and the compilers' versions.

    Where it is the same, the same sources give the same machine code and so the same bits.
    """
    triple, processor, features = registry_target.target_context.codegen().magic_tuple()
    digest = hashlib.sha256(features.encode()).hexdigest()[:8]
    return f"{triple} {processor} {digest}, numba {numba_version}, llvmlite {llvmlite_version}"


def code_stamp() -> str:
    """What must be the same in two processes that share what they compile: the sources and the target."""
    return f"{kernel_digest()} {cpu_target()}"


class _KernelCacheLocator(_CacheLocator):
    """Puts compiled kernels into the user's cache folder, stamped with the digest of the kernel sources."""

    def __init__(self, py_func, py_file):
        self._py_file = py_file
        self._lineno = py_func.__code__.co_firstlineno
        self._name = f"{py_func.__module__}.{py_func.__qualname__}"

    def get_cache_path(self):
        return str(usable_cache_folder() / _KERNELS)

    def get_source_stamp(self):
        folder = Path(self._py_file).resolve().parent
        if folder.is_relative_to(KERNEL_ROOT):
            return kernel_digest()
        return f"{kernel_digest()} {folder_digest(folder)}"

    def get_disambiguator(self):
        return hashlib.sha256(self._name.encode()).hexdigest()[:12]

    @classmethod
    def from_function(cls, py_func, py_file):
        return cls(py_func, py_file)


@functools.cache
def usable_cache_folder() -> Path:
    """The cache folder; a private one, until the process ends, where kernels cannot be written into the user's.

    What the user's holds is in the private one, too: that of an image of a container, or of a cluster, is read-only.
    """
    folder = cache_folder()
    try:
        (folder / _KERNELS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder / _KERNELS):
            pass
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="specrender-kernels-"))
        (folder / _KERNELS).mkdir()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # no such folder, or a system that lets not everyone make links
            for path in (cache_folder() / _KERNELS).absolute().iterdir():
                # new files take the place of links: nothing is written through them
                (folder / _KERNELS / path.name).symlink_to(path)
    return folder


def is_cache_kept() -> bool:
    """Whether what is compiled will be there for the next process."""
    return usable_cache_folder() == cache_folder()


class _KernelCacheImpl(CompileResultCacheImpl):
    _locator_classes = [_KernelCacheLocator]  # noqa: RUF012 (numba's own interface)


class _KernelCacheFile(IndexDataCacheFile):
    """An index and files of machine code that say themselves what they are of.

    numba writes the index first.  A process that ends then, or a full disk, leaves an index of today's sources that
    names a file of yesterday's; two processes that compile for different types may give both files one name.
    """

    def save(self, key, data):
        content = self._dump((self._source_stamp, self._version, key, data))
        super().save(key, (zlib.crc32(content), content))

    def load(self, key):
        checksum, content = super().load(key) or (None, b"")
        if checksum != zlib.crc32(content):
            return None
        *origin, data = pickle.loads(content)
        return data if origin == [self._source_stamp, self._version, key] else None


class Compilation:
    """What compiling has cost this process: only what the cache did not have counts.

    on_begin : called without arguments before an entry point is compiled; to be set by whoever tells the user.
    on_request : the same, before that, or None; to be set by whoever gets other processes to help.
    seconds : wall time spent compiling so far, also by other processes for this one.
    """

    on_begin = staticmethod(lambda: None)
    on_request = None
    seconds = 0.0


class _KernelCache(FunctionCache):
    _impl_class = _KernelCacheImpl
    _began = 0.0

    def __init__(self, py_func):
        super().__init__(py_func)
        self._function = f"{py_func.__module__}.{py_func.__qualname__}"
        self._cache_file = _KernelCacheFile(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, sig, target_context):
        # numba's own first imports all that it can compile (linear algebra, random numbers, containers): a quarter of a
        # start in which nothing is compiled; where something is, the compiler does so
        rtsys.initialize(target_context)
        found = self._find(sig, target_context)
        if found is None:
            if Compilation.on_request is not None:
                Compilation.on_request()
            Compilation.on_begin()
            self._began = time.perf_counter()
            found = exchanging(lambda e: e.obtain(self._key(sig), lambda content: self._find(sig, target_context)))
            if found is not None:
                Compilation.seconds += time.perf_counter() - self._began
        return found

    def _find(self, sig, target_context):
        """What the cache holds, or None."""
        try:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except Exception:  # whatever a truncated file makes pickle raise: as good as not there
            with contextlib.suppress(OSError):
                self.flush()
        return None

    def save_overload(self, sig, data):
        with contextlib.suppress(OSError):  # no space left, no permission: compiled anew next time
            super().save_overload(sig, data)
        exchanging(lambda e: e.finish(self._key(sig)))
        Compilation.seconds += time.perf_counter() - self._began

    def _key(self, sig):
        return key_of(self._function, normalize_signature(sig)[0])


def kernel(function=None, *, entry=False, forceinline=False):
    """Compile a kernel function at its first call; numerics, GIL and cache rules are set here and nowhere else.

    entry : Python calls it; its compiled code is cached.
    forceinline : inlined by LLVM at each call (tiny functions only: it costs compile time).
    """

    def decorate(py_func):
        options = {**OPTIONS, "forceinline": forceinline}
        if not entry:
            return KernelFunction(py_func, options)
        dispatcher = EntryPoint(py_func, options)
        dispatcher._cache = _KernelCache(py_func)
        return dispatcher

    return decorate if function is None else decorate(function)


def entry_variants(py_func):
    """variant of `features.VARIANTS` -> entry point made of the function with the features of that variant."""
    entries = {}
    for variant, features in VARIANTS.items():
        # of its own name, by which numba tells machine code and files of its cache apart
        function = FunctionType(py_func.__code__, py_func.__globals__)
        functools.update_wrapper(function, py_func)
        function.__name__ = function.__qualname__ = f"{py_func.__name__}_{variant}"
        entries[variant] = EntryPoint(function, OPTIONS, features)
        entries[variant]._cache = _KernelCache(function)
    return entries


def _types(arguments):
    return tuple(typeof(argument, Purpose.argument) for argument in arguments)


def is_cached(entry, arguments) -> bool:
    """Whether the cache has machine code of an entry point for such arguments."""
    return entry._cache._find(_types(arguments), registry_target.target_context) is not None


def is_claimed(entry, arguments) -> bool:
    """Whether a process of an exchange compiles an entry point for such arguments, or has done so."""
    return bool(exchanging(lambda e: e.is_claimed(entry._cache._key(_types(arguments)))))
