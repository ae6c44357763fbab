"""Stanford PLY, ascii and binary of both byte orders, by the plyfile library.

Triangles and quads in binary files are memory-mapped; a file that mixes polygons is read face by face, slower.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
import plyfile

from specrender.color import srgb_decode
from specrender.errors import SceneError
from specrender.files import AGAIN
from specrender.scene.readers.meshes import Mesh, stored

#: Names of the list of vertex indices, and of the texture coordinates, in use.
INDEX_NAMES = ("vertex_indices", "vertex_index")
UV_NAMES = (("u", "v"), ("s", "t"), ("texture_u", "texture_v"))
#: Names of the parts of a colour, and endings of the parts of other attributes.
COLOR_NAMES = {"r", "g", "b", "red", "green", "blue"}
ENDINGS = {*"0123", *"rgb", *"xyz"}
#: Beginnings of the lines of a header that say nothing about the mesh.
COMMENTS = (b"comment", b"obj_info")
#: Bytes of the number types of binary files.
SIZES = {
    **dict.fromkeys(("char", "uchar", "int8", "uint8"), 1),
    **dict.fromkeys(("short", "ushort", "int16", "uint16"), 2),
    **dict.fromkeys(("int", "uint", "int32", "uint32", "float", "float32"), 4),
    **dict.fromkeys(("double", "float64"), 8),
}


def load_ply(path: Path) -> Mesh:
    """Read a PLY file; quads and larger polygons become fans.  Raises SceneError for a bad or truncated file."""
    data = _read(path)
    for name, plural in (("vertex", "vertices"), ("face", "faces")):
        if name not in data or data[name].count == 0:
            raise SceneError(f"the mesh has no {plural}", str(path))
    rows, polygons = data["vertex"].data, data["face"].data
    names = set(rows.dtype.names)
    missing = [name for name in "xyz" if name not in names]
    if missing:
        raise SceneError(f"the vertices have no '{missing[0]}'", str(path))
    list_name = next((name for name in INDEX_NAMES if name in polygons.dtype.names), None)
    if list_name is None:
        raise SceneError(f"the faces have no list '{INDEX_NAMES[0]}'", str(path))
    uv_names = next((pair for pair in UV_NAMES if names >= set(pair)), None)
    attributes = _attributes(rows, "vertex", {*"xyz", "nx", "ny", "nz", *(uv_names or ())})
    of_faces = _attributes(polygons, "face", {list_name})
    if of_faces:
        lists = polygons[list_name]
        sizes = [lists.shape[1]] * len(lists) if lists.dtype != object else [len(polygon) for polygon in lists]
        triangles = np.maximum(np.array(sizes) - 2, 0)
        attributes |= {name: np.repeat(values, triangles, axis=0) for name, values in of_faces.items()}
    return Mesh(
        stored(np.stack([rows[name] for name in "xyz"], axis=1)),
        _faces(polygons[list_name], path),
        _columns(rows, ("nx", "ny", "nz")) if names >= {"nx", "ny", "nz"} else None,
        _columns(rows, uv_names) if uv_names else None,
        attributes,
    )


def _attributes(rows, kind, taken) -> dict[str, np.ndarray]:
    """Name -> (n, c) float32 of the properties that are left, by Mitsuba's rules.

    "foo_0", "foo_1", "foo_2" (or "_r", "_g", "_b", or "_x", "_y", "_z") are the attribute "KIND_foo" of three; "r",
    "g", "b" and "red", "green", "blue" are "KIND_color".  Integers are scaled to [0, 1]; those of colours are sRGB.
    """
    groups: dict[str, list[str]] = {}
    for name in rows.dtype.names:
        if name in taken or rows.dtype[name].kind not in "fiu":
            continue
        stem, _, ending = name.rpartition("_")
        if name in COLOR_NAMES:
            stem = "color"
        elif not stem or ending not in ENDINGS:
            stem = name
        groups.setdefault(stem, []).append(name)
    found = {}
    for stem, members in groups.items():
        if len(members) not in (1, 3):
            continue  # neither a number nor a colour
        columns = []
        for name in members:
            column = rows[name].astype(np.float32)
            if rows.dtype[name].kind in "iu":
                column /= np.iinfo(rows.dtype[name]).max
                column = srgb_decode(column) if len(members) == 3 else column
            columns.append(column)
        found[f"{kind}_{stem}"] = np.stack(columns, axis=1).astype(np.float32)
    return found


def _head(path):
    """The bytes that hold the header."""
    with path.open("rb") as file:
        return file.read(65536)


def _plain(path):
    """A function that gives what plyfile may read: the file, or, if comments of its header hold more than ASCII, its
    bytes with question marks there.

    Programs put the names of files and people into them.
    """
    lines = _head(path).partition(b"end_header")[0].splitlines(keepends=True)
    if all(line.isascii() for line in lines):
        return lambda: path
    plain = b"".join(re.sub(rb"[\x80-\xff]", b"?", line) if line.startswith(COMMENTS) else line for line in lines)
    contents = plain + path.read_bytes()[len(plain) :]
    return lambda: io.BytesIO(contents)


def _check_size(path):
    """A SceneError if the file is shorter than the counts in its header allow: nothing is allocated for those."""
    head = _head(path)
    match = re.search(rb"^end_header ?\n", head.replace(b"\r\n", b" \n"), re.MULTILINE)
    if not head.startswith(b"ply") or match is None:
        return  # no header that can be judged here
    needed, binary, count, name = 0, False, 0, ""
    for line in head.replace(b"\r\n", b" \n")[: match.start()].decode("latin-1").splitlines():
        words = line.split()
        if words[:1] == ["format"]:
            binary = words[1:2] != ["ascii"]
        elif words[:1] == ["element"] and len(words) == 3 and words[2].isdigit():
            name, count = words[1], int(words[2])
        elif words[:1] == ["property"] and len(words) > 2:
            # A list may be empty, so that only its length is certain; in ascii a number has a digit and a separator.
            needed += count * (SIZES.get(words[2 if words[1] == "list" else 1], 0) if binary else 2)
        available = path.stat().st_size - match.end()
        if needed > available + 2:
            problem = f"{count} entries of '{name}' need {needed} bytes or more, {available} follow"
            raise SceneError(f"is truncated: {problem}{AGAIN}", str(path))


def _read(path):
    """The whole file; the first attempts assume that all polygons are triangles, or all quads, and can be mapped."""
    _check_size(path)
    plain = _plain(path)
    for size in (3, 4):
        try:
            return plyfile.PlyData.read(plain(), mmap="c", known_list_len={"face": dict.fromkeys(INDEX_NAMES, size)})
        except (plyfile.PlyParseError, UnicodeDecodeError, ValueError, EOFError, OverflowError):
            pass  # another polygon size, or a bad file: the reading below tells which
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy, about lists without numbers; the checks of meshes find them
            return plyfile.PlyData.read(plain(), mmap=False)
    except plyfile.PlyHeaderParseError as error:
        # without the list of all types, in Python's syntax, that follows an unknown one
        what = re.sub(r"field type ('.*') not in \[.*\]$", r"there is no property type \1", str(error))
        raise SceneError(f"is not a PLY file: {what}", str(path)) from None
    except plyfile.PlyParseError as error:
        raise SceneError(f"the PLY file is damaged or truncated: {error}{AGAIN}", str(path)) from None
    except UnicodeDecodeError:
        problem = "its text holds bytes that are not ASCII"
        raise SceneError(f"the PLY file is damaged: {problem}{AGAIN}", str(path)) from None
    except (ValueError, EOFError, OverflowError):
        raise SceneError(f"the PLY file is damaged: its numbers do not fit its header{AGAIN}", str(path)) from None


def _columns(rows, names):
    return np.stack([rows[name].astype(np.float32) for name in names], axis=1)


def _faces(lists, path):
    """(m, 3) int32 from an (m, 3) or (m, 4) array, or from an object array of index lists."""
    if lists.dtype != object:
        lists = np.asarray(lists)
        if len(lists) and (lists.min() < 0 or lists.max() > np.iinfo(np.int32).max):
            wrong = lists.min() if lists.min() < 0 else lists.max()
            raise SceneError(f"a face refers to vertex {wrong}, which no mesh has", str(path))
        if lists.shape[1] == 3:
            return lists.astype(np.int32)
        return lists[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3).astype(np.int32)
    sizes = np.array([len(polygon) for polygon in lists])
    if (sizes < 3).any():
        index = int(np.flatnonzero(sizes < 3)[0])
        raise SceneError(f"face {index} has {sizes[index]} corners; at least 3 are needed", str(path))
    triangles = [(p[0], p[i], p[i + 1]) for p in lists for i in range(1, len(p) - 1)]
    return np.array(triangles, np.int64).reshape(-1, 3).astype(np.int32)
