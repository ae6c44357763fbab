"""Wavefront OBJ: v, vt, vn and f; groups, materials, lines and curves are skipped.

Numbers are converted in bulk with numpy, line kinds at a time, so that a million faces take seconds.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np

from specrender.errors import SceneError
from specrender.files import AGAIN
from specrender.scene.readers.meshes import Mesh, stored

#: A line that only an OBJ file has, of those that are not read, or a comment; to tell it from something else.
STATEMENTS = re.compile(
    rb"^[ \t]*(#[\x20-\x7e\t]*\r?$|(v[tnp]?|[flpogs]|usemtl|mtllib|cstype|deg|curv2?|surf|parm|end)[ \t])", re.MULTILINE
)


def load_obj(path: Path) -> Mesh:
    """Read an OBJ file; polygons become fans, corners with equal indices become one vertex.

    Texture coordinates are as in the file (Mitsuba's flip is the caller's).  Raises SceneError with the line number.
    """
    content = path.read_bytes()
    lines = content.replace(b"\\\r\n", b"  ").replace(b"\\\n", b" ").split(b"\n")
    records = {b"v": ([], []), b"vt": ([], []), b"vn": ([], []), b"f": ([], [])}
    for number, line in enumerate(lines, 1):
        tag, _, rest = line.strip().replace(b"\t", b" ").partition(b" ")
        if tag in records:
            numbers, texts = records[tag]
            numbers.append(number)
            texts.append(rest.partition(b"#")[0] if b"#" in rest else rest)
    del lines
    if not records[b"v"][0] and content.strip() and not STATEMENTS.search(content):
        raise SceneError("is not an OBJ file: no line of it is an OBJ statement", str(path))
    del content
    positions = stored(_floats(records[b"v"], 3, path))
    uvs = _floats(records[b"vt"], 2, path).astype(np.float32)
    normals = _floats(records[b"vn"], 3, path).astype(np.float32)
    if len(positions) == 0 or not records[b"f"][0]:
        raise SceneError("the mesh has no vertices" if len(positions) == 0 else "the mesh has no faces", str(path))
    corners = _triangles(records, (len(positions), len(uvs), len(normals)), path)
    return _merged(corners, positions, uvs, normals)


def _floats(record, width, path):
    """(n, width) float64 from the lines of one tag; further columns (w, vertex colours) are dropped."""
    numbers, texts = record
    if not texts:
        return np.zeros((0, width))
    columns = len(texts[0].split())
    values = _parse(b" ".join(texts), np.float64)
    if columns < width or values is None or len(values) != columns * len(texts):
        # Lines of different length, or something that is no number: line by line, to find it.
        rows = [_row(text, width, number, path) for number, text in zip(numbers, texts, strict=True)]
        return np.array(rows, np.float64)
    return values.reshape(-1, columns)[:, :width]


def _parse(text, dtype):
    """All numbers of a text, or None if something in it is no number (of which numpy only warns)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype, sep=" ")
        except (ValueError, DeprecationWarning, OverflowError):
            return None


def _row(text, width, number, path):
    try:
        row = [float(word) for word in text.split()[:width]]
    except ValueError:
        row = []
    if width == 2 and len(row) == 1:
        row.append(0.0)  # a one-dimensional texture coordinate
    if len(row) < width:
        given = text.decode(errors="replace").strip()
        hint = _if_cut(number, path)
        raise SceneError(f"expected {width} numbers, got '{given}'{hint}", f"{path}:{number}")
    return row


def _if_cut(number, path):
    """The end of a message on a line that is wrong: what to do if it is the last one and has no end."""
    is_last = number > path.read_bytes().count(b"\n")
    return f"; the file ends within this line{AGAIN}" if is_last else ""


def _triangles(records, counts, path):
    """(m, 3, 3) int64 of zero-based (position, uv, normal) indices, -1 where absent, in the order of the file."""
    groups = {}
    numbers, texts = records[b"f"]
    for order, text in enumerate(texts):
        words = text.split()
        key = (len(words), words[0].count(b"/") if words else 0, b"//" in text)
        groups.setdefault(key, ([], []))
        groups[key][0].append(order)
        groups[key][1].append(text)
    pieces, orders = [], []
    for (size, slashes, skips), (order, group) in groups.items():
        if size < 3:
            given, number = group[0].decode(errors="replace").strip(), numbers[order[0]]
            hint = _if_cut(number, path)
            raise SceneError(f"a face needs at least 3 corners, got '{given}'{hint}", f"{path}:{number}")
        width = slashes + 1 if slashes <= 2 else 0
        joined = b" ".join(group).replace(b"//", b" 0 ").replace(b"/", b" ")
        values = _parse(joined, np.int64) if width else None
        if values is None or len(values) != len(group) * size * width:
            raise _bad_face(group, order, numbers, width, path)
        given = values.reshape(-1, size, width)
        corners = np.zeros((len(group), size, 3), np.int64)
        corners[:, :, :width] = given
        _resolve(corners, [numbers[i] for i in order], records, counts, width, skips, path)
        fan = np.arange(1, size - 1)
        index = np.stack([np.zeros_like(fan), fan, fan + 1], axis=1)
        pieces.append(corners[:, index].reshape(-1, 3, 3))
        orders.append(np.repeat(np.array(order), size - 2))
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate(pieces)[np.argsort(np.concatenate(orders), kind="stable")]


def _bad_face(group, order, numbers, width, path):
    """The SceneError for the first face line of a group that does not parse."""
    for text, index in zip(group, order, strict=True):
        words = text.split()
        parts = [word.replace(b"//", b"/0/").split(b"/") for word in words]
        whole = all(p.lstrip(b"-").isdigit() for part in parts for p in part)
        if not whole or any(len(part) != width for part in parts):
            given = text.decode(errors="replace").strip()
            allowed = "its corners must all be v, v/vt, v//vn or v/vt/vn, in whole numbers"
            hint = _if_cut(numbers[index], path)
            return SceneError(f"could not read the face '{given}'; {allowed}{hint}", f"{path}:{numbers[index]}")
    return SceneError("could not read the faces: a number of theirs is too large", str(path))


def _resolve(corners, lines, records, counts, width, skips, path):
    """Make one-based and negative indices zero-based, in place; check their range."""
    for column, (tag, name) in enumerate(((b"v", "vertex"), (b"vt", "texture coordinate"), (b"vn", "normal"))):
        index = corners[:, :, column]
        if column >= width or (column == 1 and skips):
            index[...] = -1
            continue
        negative = index < 0
        if negative.any():
            # Negative indices count back from what the file had defined when the face was read.
            seen = np.searchsorted(np.array(records[tag][0] or [0]), np.array(lines)) if records[tag][0] else 0
            seen = np.broadcast_to(np.asarray(seen).reshape(-1, 1), index.shape)
            index[...] = np.where(negative, seen + index, index - 1)
        else:
            index -= 1
        wrong = (index < 0) | (index >= counts[column])
        if wrong.any():
            row = int(np.flatnonzero(wrong.any(axis=1))[0])
            value = int(index[row][wrong[row]][0]) + 1
            raise SceneError(f"a face refers to {name} {value}; the file has {counts[column]}", f"{path}:{lines[row]}")


def _merged(corners, positions, uvs, normals):
    """The Mesh whose vertices are the distinct corners."""
    flat = corners.reshape(-1, 3)
    has_uvs, has_normals = (flat[:, 1] >= 0).any(), (flat[:, 2] >= 0).any()
    if not has_uvs and not has_normals:
        return Mesh(positions, flat[:, 0].reshape(-1, 3).astype(np.int32))
    # The three indices as one integer; +1 because -1 means absent.
    key = (flat[:, 0] * (len(uvs) + 1) + flat[:, 1] + 1) * (len(normals) + 1) + flat[:, 2] + 1
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    chosen = flat[first]
    return Mesh(
        positions[chosen[:, 0]],
        inverse.reshape(-1, 3).astype(np.int32),
        _gather(normals, chosen[:, 2]) if has_normals else None,
        _gather(uvs, chosen[:, 1]) if has_uvs else None,
    )


def _gather(values, index):
    """values[index], zero where index is -1."""
    picked = values[index]
    picked[index < 0] = 0
    return picked
