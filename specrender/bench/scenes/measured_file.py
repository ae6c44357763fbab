"""A made-up measured material, of the size that the isotropic ones of the RGL database have."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from specrender.scene.readers.tensor_file import DTYPES, MAGIC

#: Elevations, edge of the tables of directions and of colours, and wavelengths.
ELEVATIONS, NORMALS, EDGE, WAVELENGTHS = 8, 128, 32, 195


def write_measured(path: Path) -> Path:
    """Write the file; tables are positive noise, with no symmetry that would make look-ups easy."""
    rng = np.random.default_rng(6)

    def noise(*shape):
        return (0.2 + rng.random(shape)).astype(np.float32)

    # the density of normals by area of their square is 0 in the middle of the sphere
    x = np.linspace(0.0, 1.0, NORMALS)
    crowding = (x * np.sin(0.5 * np.pi * x**2)).astype(np.float32)
    arrays = {
        "theta_i": np.linspace(0.0, 0.5 * np.pi, ELEVATIONS).astype(np.float32),
        "phi_i": np.zeros(1, np.float32),
        "ndf": noise(2, NORMALS),
        "sigma": noise(2, NORMALS),
        "vndf": noise(1, ELEVATIONS, NORMALS, NORMALS) * crowding,
        "luminance": noise(1, ELEVATIONS, EDGE, EDGE),
        "spectra": noise(1, ELEVATIONS, WAVELENGTHS, EDGE, EDGE),
        "wavelengths": np.linspace(360.0, 1000.0, WAVELENGTHS).astype(np.float32),
        "jacobian": np.ones(1, np.uint8),
    }
    header, offset = [], len(MAGIC) + 6 + sum(2 + len(name) + 11 + 8 * array.ndim for name, array in arrays.items())
    for name, array in arrays.items():
        header.append(struct.pack("<H", len(name)) + name.encode())
        header.append(struct.pack("<HBQ", array.ndim, DTYPES.index(array.dtype.str[1:]), offset))
        header.append(struct.pack(f"<{array.ndim}Q", *array.shape))
        offset += array.nbytes
    path.write_bytes(MAGIC + struct.pack("<BBI", 1, 0, len(arrays)) + b"".join(header)
                     + b"".join(array.tobytes() for array in arrays.values()))  # fmt: skip
    return path
