"""Mitsuba's binary grids of numbers (.vol): "VOL", version 3, float32 samples with x running fastest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specrender.errors import SceneError
from specrender.files import reason

_HEADER = np.dtype(
    [
        ("magic", "S3"),
        ("version", "u1"),
        ("encoding", "<i4"),
        ("size", "<i4", 3),
        ("channels", "<i4"),
        ("box", "<f4", 6),
    ]
)


def load_grid(path) -> np.ndarray:
    """Read a grid.

    Returns
    -------
    (z, y, x, channels) float32.

    Raises
    ------
    SceneError : naming the file and what is wrong with it.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEADER.itemsize)
            if len(head) < _HEADER.itemsize or head[:3] != b"VOL":
                raise SceneError("is not a grid of Mitsuba: it does not begin with VOL", str(path))
            header = np.frombuffer(head, _HEADER)[0]
            if header["version"] != 3 or header["encoding"] != 1:
                kind = f"version {header['version']}, encoding {header['encoding']}"
                raise SceneError(f"only version 3 with float32 samples (encoding 1) can be read, got {kind}", str(path))
            counts = [int(n) for n in (*header["size"][::-1], header["channels"])]
            needed = 4 * int(np.prod(counts, dtype=object)) if min(counts) > 0 else -1
            if needed != size - _HEADER.itemsize:
                shape = " x ".join(map(str, counts[:3][::-1]))
                raise SceneError(f"a grid of {shape} samples does not fit the file's {size} bytes", str(path))
            samples = np.fromfile(file, "<f4")
    except OSError as error:
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None
    return samples.reshape(counts).astype(np.float32, copy=False)
