"""Stereolithography STL, ascii and binary.  Equal corners are merged; the stored facet normals are not used."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from specrender.errors import SceneError
from specrender.files import AGAIN
from specrender.scene.readers.meshes import Mesh

#: One facet of a binary file: normal, three corners, an attribute (50 bytes).
FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def load_stl(path: Path) -> Mesh:
    """Read an STL file.  Raises SceneError when it is neither a whole binary nor an ascii file."""
    data = path.read_bytes()
    count = int.from_bytes(data[80:84], "little") if len(data) >= 84 else -1
    # Some binary files begin with "solid", so their size decides.
    if count >= 0 and len(data) == 84 + count * FACET.itemsize:
        corners = np.frombuffer(data, FACET, count, 84)["corners"].reshape(-1, 3)
    elif data.lstrip()[:5].lower() == b"solid":
        corners = _ascii(data, path)
    elif 0 < count * FACET.itemsize < len(data) - 84:
        extra = f"{len(data) - 84 - count * FACET.itemsize} bytes too many"
        raise SceneError(f"is not an STL file, or has {extra} after its {count} facets{AGAIN}", str(path))
    else:
        expected = f"{count} facets need {84 + count * 50} bytes" if count >= 0 else "a header needs 84 bytes"
        raise SceneError(f"is not an STL file or is truncated: {expected}, the file has {len(data)}{AGAIN}", str(path))
    if len(corners) == 0:
        raise SceneError("the mesh has no faces", str(path))
    # Compare bit patterns; adding 0 turns -0 into 0.
    words = np.ascontiguousarray(corners + np.float32(0)).view(np.dtype((np.void, 12))).reshape(-1)
    _, first, inverse = np.unique(words, return_index=True, return_inverse=True)
    return Mesh(corners[first].astype(np.float32), inverse.reshape(-1, 3).astype(np.int32))


def _ascii(data, path):
    """(3 m, 3) float32 corners of an ascii file."""
    texts = re.findall(rb"^\s*vertex\s+(.*)$", data, re.MULTILINE | re.IGNORECASE)
    try:
        corners = np.array([text.split() for text in texts], np.float32).reshape(-1, 3)
    except ValueError:
        raise SceneError("a vertex line has no three numbers", str(path)) from None
    if len(corners) % 3 or b"endsolid" not in data[-1024:].lower():
        raise SceneError(f"the STL file is truncated{AGAIN}", str(path))
    return corners
