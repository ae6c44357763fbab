"""Digests of all that a scene is rendered from: its description, the contents of its files, and the code and data that
make the kernel's tables of them."""

from __future__ import annotations

import functools
import hashlib
import os
import struct
from numbers import Real
from pathlib import Path

import msgspec
import numpy as np

from specrender.errors import InputError
from specrender.files import reason
from specrender.scene import description as d
from specrender.scene.filenames import FILES

#: Fields that change no sample: names for people, what files hold, and how many samples there are.
IRRELEVANT = {"name", "pixel_format", "component_format", "sample_count"}
#: What stands under a name of its own.
IRRELEVANT |= {"width", "height", "crop_offset_x", "crop_offset_y", "crop_width", "crop_height"}

#: Of the package, what makes tables of a scene: folders and files whose code and data decide on its samples.  What only
#: reads or checks descriptions is not among them, since the descriptions themselves are in the digest of the scene.
SOURCES = ("color", "image_files.py", "scene/compile", "scene/readers", "spectra")
SOURCE_SUFFIXES = {".py", ".csv", ".npz"}

#: Fields of a scene that people change between renders, so that a difference is worth its own words.
SETTINGS = ("film", "integrator", "sampler", "camera")


def fingerprint(scene: d.Scene) -> dict[str, str]:
    """Name -> value of all that decides on the samples of a scene; the same on all machines.

    Settings as text that people can read; "scene" is a digest of all the rest, the contents of its files included.
    """
    digest = hashlib.sha256()
    for name in scene.__struct_fields__:
        if name not in (*SETTINGS, "name"):
            digest.update(f"<{name}>".encode())
            _feed(digest, getattr(scene, name))
    film = scene.film
    settings = {name: described(getattr(scene, name)) for name in SETTINGS if name != "camera"}
    camera = hashlib.sha256()
    _feed(camera, scene.camera)
    size = f"{film.width}x{film.height}"
    return {"size": size, **settings, "camera": camera.hexdigest()[:8], "scene": digest.hexdigest()[:32]}


@functools.cache
def sources_digest() -> str:
    """SHA-256 over the names and bytes of SOURCES (32 hex digits of it); the kernel has a digest of its own."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    names = []
    for source in SOURCES:
        if source.endswith(".py"):
            names.append(source)
        for folder, _, files in os.walk(os.path.join(root, source)):
            place = os.path.relpath(folder, root).replace(os.sep, "/")
            names += [f"{place}/{name}" for name in files if os.path.splitext(name)[1] in SOURCE_SUFFIXES]
    digest = hashlib.sha256()
    for name in sorted(names):
        with open(f"{root}/{name}", "rb", buffering=0) as file:
            content = file.readall()
        digest.update(f"<{name} {len(content)}>".encode() + content)
    return digest.hexdigest()[:32]


def described(value) -> str:
    """A setting as text: its type and parameters."""
    if isinstance(value, msgspec.Struct):
        given = {name: getattr(value, name) for name in value.__struct_fields__ if name not in IRRELEVANT}
        parts = [f"{name}={described(setting)}" for name, setting in given.items() if setting is not None]
        return f"{value.__struct_config__.tag or type(value).__name__}({', '.join(parts)})"
    return str(value)


def _feed(digest, value):
    """Add a value to a digest, with its type and length, so that no two values look alike."""
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        digest.update(f"<{type(value).__name__} {len(names)}>".encode())
        for name in names:
            field = getattr(value, name)
            digest.update(f"<{name}>".encode())
            if name in FILES and isinstance(field, str):  # what is in the file counts, not where it lies
                _feed_file(digest, field)
            else:
                _feed(digest, field)
    elif isinstance(value, d.Transform):
        _feed(digest, value.matrix)
    elif isinstance(value, dict):
        digest.update(f"<dict {len(value)}>".encode())
        for key, item in value.items():
            _feed(digest, str(key))
            _feed(digest, item)
    elif isinstance(value, list | tuple):
        digest.update(f"<list {len(value)}>".encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, np.ndarray):
        digest.update(f"<array {value.dtype.str} {value.shape}>".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Real) and not isinstance(value, bool):
        # a scene file's 10 is read as 10.0, one from Python stays what it is
        digest.update(b"<number>" + struct.pack("<d", value))
    else:
        text = str(value).encode()
        digest.update(f"<{type(value).__name__} {len(text)}>".encode() + text)


def _feed_file(digest, name):
    try:
        with open(Path(name), "rb") as file:
            contents = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise InputError(f"cannot read '{name}': {reason(error)}") from error
    digest.update(b"<file>" + contents.digest())
