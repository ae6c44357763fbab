"""Transforms of many instances, from a NumPy file or an array."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError

import numpy as np

from specrender.errors import SceneError
from specrender.files import reason
from specrender.scene.rules.place import MAX_LENGTH

#: Determinant of a transform's frame, relative to the lengths of its columns, below which it is flat.
SINGULAR = 1e-12


def load_transforms(source) -> np.ndarray:
    """Read and check to_world matrices.

    Parameters
    ----------
    source : name of a .npy file, or an array: (n, 3, 4) or (n, 4, 4) real numbers, acting on column vectors.

    Returns
    -------
    (n, 3 or 4, 4) float32 or float64; a file is mapped, not read.

    Raises
    ------
    SceneError : what is wrong with the file, the array or one of the matrices.
    """
    if isinstance(source, (str, Path)):
        where = str(source)
        try:
            array = np.load(source, mmap_mode="r", allow_pickle=False)
        except OSError as error:
            raise SceneError(f"cannot be read: {reason(error)}", where) from None
        except (ValueError, EOFError, TypeError, OverflowError, MemoryError, TokenError):  # headers are Python's syntax
            raise SceneError("is not a NumPy file (.npy) of numbers, as numpy.save writes them", where) from None
        if not isinstance(array, np.ndarray):
            raise SceneError("is an archive of arrays; a single array (.npy) is needed", where)
    else:
        where, array = None, np.asarray(source)
    if array.dtype.kind not in "fiu":
        raise SceneError(f"the transforms must be numbers, got {array.dtype}", where)
    if array.ndim == 3 and len(array) == 0:
        raise SceneError("there are no transforms in it", where)
    if array.ndim != 3 or array.shape[1:] not in ((3, 4), (4, 4)):
        raise SceneError(f"the transforms must have the shape (n, 3, 4) or (n, 4, 4), got {array.shape}", where)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    _check(array, where)
    return array


def _check(array, where):
    for start in range(0, len(array), 65536):
        part = np.asarray(array[start : start + 65536], np.float64)
        finite = np.isfinite(part).all(axis=(1, 2))
        sized = finite & (np.abs(np.where(finite[:, None, None], part, 0.0)) <= MAX_LENGTH).all(axis=(1, 2))
        linear = np.where(sized[:, None, None], part[:, :3, :3], np.eye(3))
        lengths = np.linalg.norm(linear, axis=1)
        flat = np.abs(np.linalg.det(linear / np.maximum(lengths, np.finfo(float).tiny)[:, None])) < SINGULAR
        affine = part.shape[1] == 3 or (np.abs(part[:, 3] - (0, 0, 0, 1)) <= 1e-6).all(axis=1)
        for bad, what in (
            (~finite, "has a number that is not finite"),
            (~sized, f"has a number out of range: at most {MAX_LENGTH:g}"),
            (flat, "is singular: it flattens the space"),
            (~np.broadcast_to(affine, len(part)), "is not affine: its last row must be 0 0 0 1"),
        ):
            if bad.any():
                raise SceneError(f"transform {start + int(np.argmax(bad))} {what}", where)
