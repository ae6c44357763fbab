"""Buffer views and accessors to arrays; nothing is allocated before it is known that the bytes are there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specrender.scene.readers.gltf.document import AGAIN, Accessor
from specrender.scene.readers.gltf.file import File

I1, U1, I2, U2, U4, F4 = 5120, 5121, 5122, 5123, 5125, 5126
COMPONENTS = {I1: "<i1", U1: "<u1", I2: "<i2", U2: "<u2", U4: "<u4", F4: "<f4"}
NAMES = {I1: "byte", U1: "unsigned byte", I2: "short", U2: "unsigned short", U4: "unsigned int", F4: "float"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


class Form(NamedTuple):
    """What an accessor must be for one use: its types, and components as they are or normalised integers."""

    types: tuple[str, ...]
    plain: tuple[int, ...]
    normalized: tuple[int, ...] = ()

    def takes(self, entry: Accessor) -> bool:
        components = self.normalized if entry.normalized and entry.component_type != F4 else self.plain
        return entry.type in self.types and entry.component_type in components

    def __str__(self):
        kinds = [NAMES[code] for code in self.plain] + [f"normalized {NAMES[code]}" for code in self.normalized]
        return f"{' or '.join(self.types)} of {', '.join(kinds)}"


#: [Khronos2021] section 3.7.2.1, and what KHR_mesh_quantization adds.
FORMS = {
    "indices": Form(("SCALAR",), (U1, U2, U4)),
    "POSITION": Form(("VEC3",), (F4,)),
    "NORMAL": Form(("VEC3",), (F4,)),
    "TANGENT": Form(("VEC4",), (F4,)),
    "TEXCOORD": Form(("VEC2",), (F4,), (U1, U2)),
    "COLOR": Form(("VEC3", "VEC4"), (F4,), (U1, U2)),
}
QUANTIZED = {
    "POSITION": Form(("VEC3",), (F4, I1, U1, I2, U2), (I1, U1, I2, U2)),
    "NORMAL": Form(("VEC3",), (F4,), (I1, I2)),
    "TANGENT": Form(("VEC4",), (F4,), (I1, I2)),
    "TEXCOORD": Form(("VEC2",), (F4, I1, U1, I2, U2), (I1, U1, I2, U2)),
}


class Numbers:
    """The accessors of a file, and the buffers below them, each read once."""

    def __init__(self, file: File):
        self.file = file
        self._buffers: dict[int, bytes] = {}

    def _buffer(self, index: int, place: str) -> bytes:
        if index not in self._buffers:
            self._buffers[index] = self.file.buffer(index, place)
        return self._buffers[index]

    def view(self, index: int, place: str) -> memoryview:
        """The bytes of a buffer view, which `place` asks for."""
        entry = self.file.item("bufferViews", index, place)
        place = f"bufferViews[{index}]"
        data = self._buffer(entry.buffer, f"{place}.buffer")
        if entry.byte_offset + entry.byte_length > len(data):
            end = entry.byte_offset + entry.byte_length
            raise self.file.error(place, f"it ends at byte {end} of a buffer of {len(data)} bytes{AGAIN}")
        return memoryview(data)[entry.byte_offset : entry.byte_offset + entry.byte_length]

    def accessor(self, index: int, use: str, place: str) -> np.ndarray:
        """(n, width) numbers for a use of `FORMS`; normalised integers become floats within [0, 1] or [-1, 1]."""
        entry = self.file.item("accessors", index, place)
        form = FORMS[use]
        if use in QUANTIZED and self.file.uses("KHR_mesh_quantization"):
            form = QUANTIZED[use]
        if not form.takes(entry):
            got = NAMES.get(entry.component_type, f"componentType {entry.component_type}")
            got = f"{entry.type} of {'normalized ' * entry.normalized}{got}"
            raise self.file.error(place, f"accessors[{index}] must be {form}, got {got}{AGAIN}")
        rows = self._rows(entry, f"accessors[{index}]")
        if not entry.normalized or entry.component_type == F4:
            return rows
        return np.maximum(rows / np.float32(np.iinfo(rows.dtype).max), np.float32(-1.0))

    def _rows(self, entry: Accessor, place: str) -> np.ndarray:
        dtype, width = np.dtype(COMPONENTS[entry.component_type]), WIDTHS[entry.type]
        if entry.buffer_view is not None:
            rows = self._strided(entry.buffer_view, entry.byte_offset, entry.count, dtype, width, place)
        elif entry.sparse is None:
            raise self.file.error(place, "it has neither a bufferView nor sparse values, so no data" + AGAIN)
        else:
            # all but the sparse values are zero, so that nothing else says how many there are
            buffers = range(len(self.file.document.buffers))
            most = self.file.path.stat().st_size + sum(len(self._buffer(index, "buffers")) for index in buffers)
            if entry.count > most:
                raise self.file.error(f"{place}.count", f"{entry.count} elements in a file of {most} bytes{AGAIN}")
            rows = np.zeros((entry.count, width), dtype)
        return rows if entry.sparse is None else self._with_sparse(rows, entry, f"{place}.sparse")

    def _strided(self, view: int, start: int, count: int, dtype, width: int, place: str) -> np.ndarray:
        data = self.view(view, f"{place}.bufferView")
        size = dtype.itemsize * width
        stride = self.file.document.buffer_views[view].byte_stride or size
        if stride < size:
            message = f"rows of {size} bytes overlap: they begin every {stride} bytes{AGAIN}"
            raise self.file.error(f"bufferViews[{view}].byteStride", message)
        end = start + (count - 1) * stride + size
        if end > len(data):
            message = f"{count} elements end at byte {end} of a bufferView of {len(data)} bytes{AGAIN}"
            raise self.file.error(f"{place}.count", message)
        return np.ndarray((count, width), dtype, data, start, (stride, dtype.itemsize))

    def _with_sparse(self, rows: np.ndarray, entry: Accessor, place: str) -> np.ndarray:
        """The rows with those replaced that the sparse part lists, [Khronos2021] section 3.6.2.3."""
        sparse = entry.sparse
        if sparse.indices.component_type not in (U1, U2, U4):
            what = NAMES.get(sparse.indices.component_type, sparse.indices.component_type)
            raise self.file.error(f"{place}.indices.componentType", f"must be an unsigned integer, got {what}{AGAIN}")
        if sparse.count > entry.count:
            raise self.file.error(f"{place}.count", f"{sparse.count} values for {entry.count} elements{AGAIN}")
        kind = np.dtype(COMPONENTS[sparse.indices.component_type])
        count, of, to = sparse.count, sparse.indices, sparse.values
        order = self._strided(of.buffer_view, of.byte_offset, count, kind, 1, f"{place}.indices")[:, 0]
        values = self._strided(to.buffer_view, to.byte_offset, count, rows.dtype, rows.shape[1], f"{place}.values")
        if int(order.max()) >= entry.count:
            message = f"element {int(order.max())} of {entry.count} is replaced{AGAIN}"
            raise self.file.error(f"{place}.indices", message)
        rows = np.array(rows)
        rows[order] = values
        return rows
