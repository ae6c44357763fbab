"""Writes tensor files of made-up measured materials."""

import functools
import os
import shutil
import struct
import tempfile
from pathlib import Path

import numpy as np

from specrender.files import _is_alive
from specrender.scene import description as d

CODES = {np.dtype("u1"): 1, np.dtype("f4"): 10}


def write_tensor_file(path, arrays):
    """name -> array, in the format of the RGL material database."""
    header, size = [], 18 + sum(2 + len(name) + 11 + 8 * array.ndim for name, array in arrays.items())
    for name, array in arrays.items():
        header.append(struct.pack("<H", len(name)) + name.encode())
        header.append(struct.pack("<HBQ", array.ndim, CODES[array.dtype], size))
        header.append(struct.pack(f"<{array.ndim}Q", *array.shape))
        size += array.nbytes
    body = b"".join(array.tobytes() for array in arrays.values())
    path.write_bytes(b"tensor_file\0" + struct.pack("<BBI", 1, 0, len(arrays)) + b"".join(header) + body)


def synthetic(phi_count=1, colours="spectra", theta_count=5, size=8, seed=1, phi_range=(-np.pi, np.pi)):
    """Arrays of a material that is smooth but has no symmetry; two azimuths or fewer make it isotropic."""
    rng = np.random.default_rng(seed)

    def smooth(*shape):
        """Positive noise, averaged along its last two dimensions."""
        x = rng.random(shape)
        for axis in (-1, -2):
            for _ in range(2):
                x = (np.roll(x, 1, axis) + x + np.roll(x, -1, axis)) / 3
        return (0.2 + x).astype(np.float32)

    # as the density of normals per area of the square has it, which is 0 in the middle of the sphere
    x = np.linspace(0, 1, 40)
    crowding = (x * np.sin(0.5 * np.pi * x**2)).astype(np.float32)
    phi = np.linspace(*phi_range, phi_count) if phi_count > 1 else np.zeros(1)
    channels = 7 if colours == "spectra" else 3
    arrays = {
        "description": np.frombuffer(b"synthetic", np.uint8),
        "theta_i": np.linspace(0, 0.5 * np.pi, theta_count).astype(np.float32),
        "phi_i": phi.astype(np.float32),
        "ndf": smooth(9, 6),
        "sigma": smooth(5, 7),
        "vndf": smooth(phi_count, theta_count, 12, 40) * crowding,
        "luminance": smooth(phi_count, theta_count, size, size),
        colours: smooth(phi_count, theta_count, channels, size, size),
        "jacobian": np.ones(1, np.uint8),
    }
    if colours == "spectra":
        arrays["wavelengths"] = np.array([380, 430, 480, 560, 610, 700, 780], np.float32)
    return arrays


@functools.cache
def measured(phi_count, **options):
    """A material description of a synthetic file, which lives as long as the process."""
    path = Path(_folder().name) / f"{len(list(Path(_folder().name).iterdir()))}.bsdf"
    write_tensor_file(path, synthetic(phi_count, **options))
    return d.Measured(filename=str(path))


PREFIX = "specrender-measured-"


@functools.cache
def _folder():
    """The folder of this process; those of processes that were killed, and so could not clear up, are removed."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        process = path.name.removeprefix(PREFIX).partition("-")[0]
        if process.isdecimal() and not _is_alive(int(process)):
            shutil.rmtree(path, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-")
