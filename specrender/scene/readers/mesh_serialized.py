"""Mitsuba's `serialized` binary meshes, versions 3 and 4.

A file holds zlib streams one after the other, each behind a 4-byte header (0x041C, version); a dictionary at the end
lists their offsets (64 bits in version 4, 32 in version 3) and, last, their number.  Facts: the documentation of
Mitsuba's plugin of that name.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from specrender.errors import SceneError
from specrender.files import AGAIN
from specrender.scene.readers.meshes import Mesh, stored

MAGIC = 0x041C
HAS_NORMALS, HAS_UVS, HAS_COLORS, DOUBLE_PRECISION = 0x0001, 0x0002, 0x0008, 0x2000


def load_serialized(path: Path, shape_index=0) -> Mesh:
    """Mesh number `shape_index` of the file.  Raises SceneError for a wrong magic, index or a truncated stream."""
    where = str(path)
    data = memoryview(path.read_bytes())
    if len(data) < 8 or int.from_bytes(data[:2], "little") != MAGIC:
        raise SceneError("is not a Mitsuba serialized file (wrong magic number)", where)
    version = int.from_bytes(data[2:4], "little")
    if version not in (3, 4):
        raise SceneError(f"serialized version {version} is not supported; allowed: 3, 4", where)
    start, end = _extent(data, version, shape_index, where)
    try:
        stream = memoryview(zlib.decompressobj().decompress(data[start + 4 : end]))
    except zlib.error:
        raise SceneError(f"mesh {shape_index} is damaged: what it holds cannot be decompressed{AGAIN}", where) from None
    return _decode(stream, version, f"{where}, mesh {shape_index}")


def _extent(data, version, shape_index, where):
    """First and last byte of mesh number `shape_index`."""
    width = 8 if version == 4 else 4
    count = int.from_bytes(data[-4:], "little")
    first = len(data) - 4 - count * width
    if count < 1 or first < 4:
        if shape_index == 0:
            return 0, len(data)  # no dictionary: one mesh, as Mitsuba reads it
        raise SceneError(f"the dictionary at the end of the file is damaged{AGAIN}", where)
    if not 0 <= shape_index < count:
        raise SceneError(f"shape_index {shape_index} is out of range; the file has meshes 0 to {count - 1}", where)
    offsets = [*np.frombuffer(data[first : len(data) - 4], f"<u{width}").astype(np.int64).tolist(), first]
    start, end = offsets[shape_index], offsets[shape_index + 1]
    if not 0 <= start < end <= first:
        raise SceneError(f"the offset {start} of mesh {shape_index} is outside the file{AGAIN}", where)
    return start, end


def _decode(stream, version, where):
    """Mesh from one decompressed stream."""
    position = 0

    def take(dtype, count):
        nonlocal position
        size = np.dtype(dtype).itemsize * count
        if position + size > len(stream):
            raise SceneError(f"the mesh is truncated{AGAIN}", where)
        array = np.frombuffer(stream, dtype, count, position)
        position += size
        return array

    flags = int(take("<u4", 1)[0])
    if version == 4:
        end = bytes(stream[position : position + 65536]).find(b"\0")
        if end < 0:
            raise SceneError(f"the mesh is truncated{AGAIN}", where)
        position += end + 1
    vertices, triangles = (int(n) for n in take("<u8", 2))
    real = "<f8" if flags & DOUBLE_PRECISION else "<f4"
    positions = stored(take(real, vertices * 3).reshape(-1, 3))
    normals = take(real, vertices * 3).reshape(-1, 3).astype(np.float32) if flags & HAS_NORMALS else None
    uvs = take(real, vertices * 2).reshape(-1, 2).astype(np.float32) if flags & HAS_UVS else None
    if flags & HAS_COLORS:
        take(real, vertices * 3)
    faces = take("<u4", triangles * 3)
    if triangles and faces.max() >= vertices:
        raise SceneError(f"a face refers to vertex {faces.max()}; the mesh has vertices 0 to {vertices - 1}", where)
    return Mesh(positions, faces.reshape(-1, 3).astype(np.int32), normals, uvs)
