"""The tensor files of the RGL material database: named arrays behind a small header."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from specrender.errors import InputError
from specrender.files import AGAIN, reason

MAGIC = b"tensor_file\0"
#: Element types by their number in the file.
DTYPES = ("", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8")
#: Arrays of a material have five dimensions at most, and fewer than twenty names.
MAX_FIELDS, MAX_DIMENSIONS = 64, 16
#: The longest name is "description".
LONGEST_NAME = 255


def read_tensor_file(path) -> dict[str, np.ndarray]:
    """All arrays of a file by name; they are views of one read-only buffer, little-endian.

    Raises
    ------
    InputError : not such a file, of another version, or cut short.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"the file '{path}' cannot be read: {reason(error)}") from None
    if not data.startswith(MAGIC):
        raise InputError(f"the file '{path}' is not a tensor file: it does not begin with 'tensor_file'")
    try:
        return dict(_fields(data, path))
    except struct.error:
        raise InputError(f"the file '{path}' is cut short{AGAIN}") from None


def _fields(data, path):
    major, minor, count = struct.unpack_from("<BBI", data, len(MAGIC))
    if major != 1:
        raise InputError(f"the file '{path}' has version {major}.{minor} of the tensor format, not 1.0")
    if count > MAX_FIELDS:
        raise InputError(f"the file '{path}' claims to hold {count} arrays")
    position = len(MAGIC) + 6
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, position)
        name = data[position + 2 : position + 2 + length].decode("utf-8", "replace")
        if length > LONGEST_NAME:
            raise InputError(f"the file '{path}' is damaged: it has an array whose name takes {length} bytes{AGAIN}")
        position += 2 + length
        dimensions, kind, offset = struct.unpack_from("<HBQ", data, position)
        position += 11
        if not 0 < kind < len(DTYPES) or dimensions > MAX_DIMENSIONS:
            raise InputError(f"the array '{name}' of '{path}' has an unknown type")
        shape = struct.unpack_from(f"<{dimensions}Q", data, position)
        position += 8 * dimensions
        dtype = np.dtype(DTYPES[kind]).newbyteorder("<")
        size = 1
        for extent in shape:
            size *= extent
        if offset + size * dtype.itemsize > len(data):
            raise InputError(f"the file '{path}' is cut short in its array '{name}'{AGAIN}")
        yield name, np.frombuffer(data, dtype, size, offset).reshape(shape)
