"""Where the scene's arrays lie: on boundaries that vector loads need, and in pages that the processor finds quickly.

Rays read a large scene all over.  With pages of 4 KB nearly every read also misses the processor's list of pages; with
huge ones (2 MB), which Linux gives to those who ask, incoherent rays on a soup of a million triangles are 1.1 times as
fast.  One buffer for all arrays, because a page of 2 MB for each would waste most of it.
"""

import contextlib
import mmap

import numpy as np

#: Of rows that are loaded as vectors, and of a cache line [bytes].
ALIGNMENT = 64

#: Below this [bytes] there is nothing to gain.
HUGE_PAGE = 1 << 21


def aligned(array, dtype=None):
    """The array if it is C-contiguous and begins on a 64-byte boundary, as vector loads need, else a copy that is."""
    array = np.ascontiguousarray(array, dtype)
    if array.ctypes.data % ALIGNMENT == 0 and array.nbytes:
        return array
    result = _view(_buffer(array.nbytes), 0, array.shape, array.dtype)
    result[...] = array
    return result


def together(arrays, layout) -> dict:
    """Copies of arrays in one buffer, each beginning on a 64-byte boundary.

    Parameters
    ----------
    arrays : name -> array; emptied, so that what nobody else holds is freed as soon as it is copied.
    layout : name -> dtype of every array wanted; one that is missing or empty becomes a single zero.
    """
    shapes = {}
    for name in layout:
        array = arrays.get(name)
        shapes[name] = (1,) if array is None or len(array) == 0 else np.shape(array)
    sizes = {name: int(np.prod(shape)) * np.dtype(layout[name]).itemsize for name, shape in shapes.items()}
    steps = {name: -(-size // ALIGNMENT) * ALIGNMENT for name, size in sizes.items()}
    buffer = _buffer(sum(steps.values()))
    result, start = {}, 0
    for name, shape in shapes.items():
        result[name] = _view(buffer, start, shape, np.dtype(layout[name]))
        array = arrays.pop(name, None)
        if array is not None and len(array):
            result[name][...] = array
        start += steps[name]
    return result


def _view(buffer, start, shape, dtype):
    nbytes = int(np.prod(shape)) * dtype.itemsize
    return buffer[start : start + nbytes].view(dtype).reshape(shape)


def _buffer(nbytes):
    """Zeros, uint8, from a 64-byte boundary on; in huge pages where they are many and the system has such pages.

    Raises
    ------
    MemoryError : there is no room.
    """
    if nbytes < HUGE_PAGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        buffer, boundary = np.zeros(nbytes + ALIGNMENT, np.uint8), ALIGNMENT
    else:
        # private: shared memory, which is mmap's default, has rules of its own for huge pages
        try:
            pages = mmap.mmap(-1, nbytes + HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except OSError as error:
            raise MemoryError(f"no room for {nbytes} bytes of the scene's tables") from error
        with contextlib.suppress(OSError):  # a kernel built without them
            pages.madvise(mmap.MADV_HUGEPAGE)
        buffer, boundary = np.frombuffer(pages, np.uint8), HUGE_PAGE
    start = -buffer.ctypes.data % boundary
    return buffer[start : start + nbytes]
