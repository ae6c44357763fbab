"""One glTF file: its two parts apart, its items by their number, and the bytes its URIs stand for."""

from __future__ import annotations

import base64
import binascii
import struct
import urllib.parse
import warnings
from pathlib import Path

from specrender.errors import SceneError, SpecrenderWarning
from specrender.files import why_unreadable
from specrender.scene.readers.gltf.document import AGAIN, decode

#: Extensions that are understood; a file may require no other.
EXTENSIONS = {
    "KHR_lights_punctual",
    "KHR_materials_clearcoat",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_transmission",
    "KHR_materials_volume",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
}
#: Header of a .glb file: magic, version, length of the file; and of a chunk of it: length, kind.
HEADER, CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")


class File:
    """A file that is open for reading.

    document : its JSON.  chunk : the binary part of a .glb file, or None.
    """

    def __init__(self, path: Path):
        self.path = path
        self._noted: set[str] = set()
        text, self.chunk = self._parts(path.read_bytes())
        self.document, names = decode(text, self.error)
        version = self.document.asset.version
        if not version.startswith("2."):
            raise self.error("asset.version", f"only glTF 2 can be read, got version '{version}'; export it as glTF 2")
        for name in sorted(set(self.document.extensions_required) - EXTENSIONS):
            message = f"the file needs the extension {name}, which is not supported; export it without"
            raise self.error("extensionsRequired", message)
        for name in sorted(names - EXTENSIONS):
            self.note(f"the extension {name} is not used")

    def error(self, place: str, message: str) -> SceneError:
        """An error that names the file and the path of an item in its JSON; to be raised by the caller."""
        return SceneError(message, f"{self.path}: {place}" if place else str(self.path))

    def note(self, message: str) -> None:
        """One note for each thing that is not shown."""
        if message not in self._noted:
            self._noted.add(message)
            warnings.warn(f"{self.path.name}: {message}", SpecrenderWarning, stacklevel=2)

    def item(self, table: str, index: int, place: str, items=None):
        """Number `index` of a table of the document, which `place` asks for; items: those of a table elsewhere."""
        if items is None:
            items = getattr(self.document, "buffer_views" if table == "bufferViews" else table)
        if index >= len(items):
            raise self.error(place, f"there is no {table}[{index}], the file has {len(items)} of them{AGAIN}")
        return items[index]

    def uses(self, extension: str) -> bool:
        """Whether the file says that it uses an extension."""
        return extension in (*self.document.extensions_used, *self.document.extensions_required)

    def _parts(self, data: bytes) -> tuple[bytes, bytes | None]:
        """(JSON, binary part) of what the file holds."""
        if data[:4] != b"glTF":
            if data.lstrip()[:1] != b"{":
                raise self.error("", "is not a glTF file: it begins with neither 'glTF' (.glb) nor '{' (.gltf)")
            return data, None
        if len(data) < HEADER.size:
            raise self.error("", "the file ends in its header" + AGAIN)
        _, version, length = HEADER.unpack_from(data)
        if version != 2:
            raise self.error("", f"only .glb files of version 2 can be read, got {version}; export it as glTF 2")
        if length != len(data):
            what = "is truncated" if length > len(data) else "has a wrong header"
            raise self.error("", f"the file {what}: it announces {length} bytes and has {len(data)}{AGAIN}")
        chunks: dict[bytes, bytes] = {}
        place = HEADER.size
        while place < len(data):
            if place + CHUNK.size > len(data):
                raise self.error("", f"the file is truncated in the header of a chunk, at byte {place}{AGAIN}")
            size, kind = CHUNK.unpack_from(data, place)
            place += CHUNK.size
            if place + size > len(data):
                left = len(data) - place
                raise self.error("", f"a chunk of {size} bytes at byte {place} is cut to {left}: truncated{AGAIN}")
            chunks.setdefault(kind, data[place : place + size])
            place += size
        if b"JSON" not in chunks:
            raise self.error("", "the file has no chunk of JSON" + AGAIN)
        return chunks[b"JSON"], chunks.get(b"BIN\0")

    # ------------------------------------------------------------ bytes

    def resource(self, uri: str, place: str) -> bytes | Path:
        """The bytes of a data URI, or the path of an existing file beside this one."""
        if uri.startswith("data:"):
            head, comma, content = uri.partition(",")
            if not comma:
                raise self.error(place, "the data URI has no comma before its data" + AGAIN)
            if not head.endswith(";base64"):
                return urllib.parse.unquote_to_bytes(content)
            try:
                return base64.b64decode(content, validate=True)
            except (binascii.Error, ValueError):
                raise self.error(place, "the data URI is not valid base64" + AGAIN) from None
        if "://" in uri:
            raise self.error(place, f"'{uri}' is on the network; put the file beside the glTF file and name it here")
        found = self.path.parent / urllib.parse.unquote(uri)
        problem = why_unreadable(found) if uri else "its name is empty"
        if problem:
            raise self.error(place, f"the file '{uri}' beside the glTF file cannot be read: {problem}")
        return found

    def buffer(self, index: int, place: str) -> bytes:
        """The bytes of a buffer, as many as it announces; of none it has not is memory asked for."""
        entry = self.item("buffers", index, place)
        place = f"buffers[{index}]"
        if entry.uri is None:
            if self.chunk is None or index != 0:
                raise self.error(place, f"it has no uri, and the file no binary part for it{AGAIN}")
            found = self.chunk
        else:
            found = self.resource(entry.uri, f"{place}.uri")
        size = found.stat().st_size if isinstance(found, Path) else len(found)
        if size < entry.byte_length:
            raise self.error(f"{place}.byteLength", f"{entry.byte_length} bytes are announced, there are {size}{AGAIN}")
        return found.read_bytes() if isinstance(found, Path) else found
