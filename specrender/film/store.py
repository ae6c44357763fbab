"""Films in files: checkpoints, and parts of a render for `specrender merge`.

The file is an uncompressed NumPy archive (.npz): the arrays of a `Film` by name, and `header`, JSON in UTF-8 as bytes,
with the rest of the film and with what render it belongs to.  Every array has a CRC-32, which reading checks.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zipfile
import zlib
from dataclasses import fields

import numpy as np

from specrender.errors import InputError, SpecrenderError
from specrender.files import check_readable, reason, replacing
from specrender.film.convergence import Convergence
from specrender.film.film import Film
from specrender.film.identity import Identity

#: Says that an archive is one of ours, and how it is laid out.
FORMAT = "specrender film 1"

#: Extensions of films among output files.
EXTENSIONS = (".film",)

#: A denoised image is not kept: it is made of the rest.
_ARRAYS = tuple(f.name for f in fields(Film) if "ndarray" in str(f.type) and f.name != "denoised")


def save_film(film: Film, path: str | os.PathLike) -> None:
    """Write a film, `.film` or a checkpoint, so that `path` is either the complete new file or what it was before.

    Raises
    ------
    SpecrenderError : the file could not be written, and why.
    """
    arrays = {name: getattr(film, name) for name in _ARRAYS if getattr(film, name) is not None}
    if film.convergence is not None:
        arrays |= {f"convergence.{f.name}": getattr(film.convergence, f.name) for f in fields(Convergence)}
    header = {
        "format": FORMAT,
        "size": [film.width, film.height],
        "crop": list(film.crop),
        "first_sample": film.first_sample,
        "sample_count": film.sample_count,
        "aov_layout": [list(entry) for entry in film.aov_layout],
        "metadata": film.metadata,
        "required": film.identity.required,
        "machine": film.identity.machine,
    }
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    try:
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise SpecrenderError(f"cannot write '{path}': {reason(error)}") from error


def is_film(path: str | os.PathLike) -> bool:
    """Whether there is a file that holds a film (whose sums may be damaged all the same)."""
    try:
        with _archive(path) as archive:
            return _header(path, archive)["format"] == FORMAT
    except (InputError, KeyError):
        return False


def load_film(path: str | os.PathLike) -> Film:
    """Read a film that `save_film` wrote.

    Raises
    ------
    InputError : the file is missing, not a film, or damaged.
    """
    with _archive(path) as archive:
        try:
            header = _header(path, archive)
            if header["format"] != FORMAT:
                raise InputError(f"cannot read '{path}': its format is '{header['format']}', not '{FORMAT}'")
            return _film(archive, header)
        except (KeyError, ValueError, TypeError, *_DAMAGE) as error:
            raise InputError(f"cannot read '{path}': it is not a film of specrender, or damaged ({error})") from error


_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, UnicodeDecodeError, NotImplementedError)


@contextlib.contextmanager
def _archive(path):
    check_readable(path)
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, *_DAMAGE) as error:
        raise InputError(f"cannot read '{path}': it is not a film of specrender, or damaged") from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise InputError(f"cannot read '{path}': it is not a film of specrender")
    with archive:
        yield archive


def _header(path, archive):
    try:
        return json.loads(archive["header"].tobytes())
    except (ValueError, *_DAMAGE) as error:
        raise InputError(f"cannot read '{path}': the header of the film is damaged") from error


def _film(archive, header):
    width, height = header["size"]
    x0, y0, x1, y1 = header["crop"]
    arrays = {name: archive[name] for name in _ARRAYS if name in archive}
    for name, array in arrays.items():
        if name != "bin_edges_nm" and array.shape[:2] != (y1 - y0, x1 - x0):
            raise ValueError(f"{name} has the wrong size")
    convergence = None
    if "convergence.goal" in archive:
        convergence = Convergence(**{f.name: archive[f"convergence.{f.name}"] for f in fields(Convergence)})
    return Film(
        width=width,
        height=height,
        crop=(x0, y0, x1, y1),
        aov_layout=[(name, channels) for name, channels in header["aov_layout"]],
        first_sample=header["first_sample"],
        sample_count=header["sample_count"],
        convergence=convergence,
        identity=Identity(header["required"], header["machine"]),
        metadata=header["metadata"],
        **arrays,
    )
