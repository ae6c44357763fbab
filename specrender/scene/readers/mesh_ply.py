"""Stanford PLY, ascii and binary of both byte orders, by the plyfile library.

Triangles and quads in binary files are memory-mapped; a file that mixes polygons is read face by face, slower.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import plyfile

from specrender.errors import SceneError
from specrender.scene.readers.meshes import Mesh

#: Names of the list of vertex indices, and of the texture coordinates, in use.
INDEX_NAMES = ("vertex_indices", "vertex_index")
UV_NAMES = (("u", "v"), ("s", "t"), ("texture_u", "texture_v"))


def load_ply(path: Path) -> Mesh:
    """Read a PLY file; quads and larger polygons become fans.  Raises SceneError for a bad or truncated file."""
    with open(path, "rb") as stream:
        header = _header(stream, path)
    vertex, face = (_element(header, name, path) for name in ("vertex", "face"))
    list_name = next((p.name for p in face.properties if p.name in INDEX_NAMES), None)
    if list_name is None:
        raise SceneError(f"the faces have no list '{INDEX_NAMES[0]}'", str(path))
    missing = [name for name in "xyz" if name not in {p.name for p in vertex.properties}]
    if missing:
        raise SceneError(f"the vertices have no '{missing[0]}'", str(path))
    data = _read(path, header, list_name)
    rows = data["vertex"].data
    names = rows.dtype.names
    uv_names = next((pair for pair in UV_NAMES if set(pair) <= set(names)), None)
    return Mesh(
        _columns(rows, "xyz"),
        _faces(data["face"].data[list_name], path),
        _columns(rows, ("nx", "ny", "nz")) if {"nx", "ny", "nz"} <= set(names) else None,
        _columns(rows, uv_names) if uv_names else None,
    )


def _header(stream, path):
    try:
        return plyfile.PlyData._parse_header(stream)
    except (plyfile.PlyParseError, UnicodeDecodeError, ValueError) as error:
        raise SceneError(f"is not a PLY file: {error}", str(path)) from None


def _element(header, name, path):
    if name not in header:
        raise SceneError(f"the mesh has no {'vertices' if name == 'vertex' else 'faces'}", str(path))
    return header[name]


def _read(path, header, list_name):
    """The whole file; a first attempt assumes that all polygons are triangles or all are quads."""
    other_lists = [p.name for p in header["face"].properties if isinstance(p, plyfile.PlyListProperty)]
    if not header.text and other_lists == [list_name]:
        for size in (3, 4):
            try:
                return plyfile.PlyData.read(path, mmap="c", known_list_len={"face": {list_name: size}})
            except (plyfile.PlyParseError, ValueError, OSError):
                pass  # another polygon size, or truncated: the reading below tells which
    try:
        return plyfile.PlyData.read(path, mmap=False)
    except (plyfile.PlyParseError, ValueError, EOFError) as error:
        raise SceneError(f"the PLY file is damaged or truncated: {error}", str(path)) from None


def _columns(rows, names):
    return np.stack([rows[name].astype(np.float32) for name in names], axis=1)


def _faces(lists, path):
    """(m, 3) int32 from an (m, 3) or (m, 4) array, or from an object array of index lists."""
    if lists.dtype != object:
        lists = np.asarray(lists)
        if len(lists) and (lists.min() < 0 or lists.max() > np.iinfo(np.int32).max):
            raise SceneError(f"a face refers to vertex {lists.min() if lists.min() < 0 else lists.max()}", str(path))
        if lists.shape[1] == 3:
            return lists.astype(np.int32)
        return lists[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3).astype(np.int32)
    sizes = np.array([len(polygon) for polygon in lists])
    if (sizes < 3).any():
        index = int(np.flatnonzero(sizes < 3)[0])
        raise SceneError(f"face {index} has {sizes[index]} corners; at least 3 are needed", str(path))
    triangles = [(p[0], p[i], p[i + 1]) for p in lists for i in range(1, len(p) - 1)]
    return np.array(triangles, np.int64).reshape(-1, 3).astype(np.int32)
