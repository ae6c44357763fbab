"""Images and textures of a glTF file as bitmaps of the vocabulary."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np

from specrender.files import cache_folder, replacing
from specrender.scene import description as d
from specrender.scene.readers.gltf.document import AGAIN, TextureInfo
from specrender.scene.readers.gltf.numbers import Numbers

WRAPS = {10497: "repeat", 33648: "mirror", 33071: "clamp"}
NEAREST = 9728
#: First bytes of the image files that glTF allows -> ending.
IMAGES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg"}
#: What an image file's first bytes should have been, if they are not those.
OTHERS = "only PNG and JPEG images can be read; convert it"


class Textures:
    """Bitmaps made of a file's textures, each use of the same kind once.

    found : name -> bitmap.
    """

    def __init__(self, numbers: Numbers):
        self.numbers, self.file = numbers, numbers.file
        self.found: dict[str, d.Bitmap] = {}
        self._names: dict[tuple, str] = {}
        self._images: dict[int, str] = {}

    def number(self, info: TextureInfo, place: str, channel: str, **fields) -> d.TextureRef:
        """A scalar parameter from one channel."""
        return d.TextureRef(texture=self.name(info, place, raw=True, channel=channel, **fields))

    def name(self, info: TextureInfo, place: str, **fields) -> str:
        """The name of a bitmap that shows a texture, with further fields of `Bitmap`."""
        moved = info.extensions.KHR_texture_transform
        key = (info.index, repr(moved), repr(fields))
        if key not in self._names:
            name = self._names[key] = f"{self.file.path.resolve()}#{len(self._names)}"
            self.found[name] = self._bitmap(info, place, fields)
        return self._names[key]

    def _bitmap(self, info, place, fields) -> d.Bitmap:
        texture = self.file.item("textures", info.index, f"{place}.index")
        here = f"textures[{info.index}]"
        wraps, nearest = {"repeat"}, False
        if texture.sampler is not None:
            sampler = self.file.item("samplers", texture.sampler, f"{here}.sampler")
            nearest = sampler.mag_filter == NEAREST
            for key, code in (("wrapS", sampler.wrap_s), ("wrapT", sampler.wrap_t)):
                if code not in WRAPS:
                    allowed = ", ".join(f"{code} ({name})" for code, name in WRAPS.items())
                    raise self.file.error(f"samplers[{texture.sampler}].{key}", f"got {code}; allowed: {allowed}")
            wraps = {WRAPS[sampler.wrap_s], WRAPS[sampler.wrap_t]}
        if len(wraps) > 1:
            self.file.note("a texture that is wrapped differently along u and v is repeated")
        if texture.source is None:
            only = ", ".join(sorted(texture.extensions))
            what = f"its image is given by {only} only; {OTHERS}" if only else "it has no image" + AGAIN
            raise self.file.error(f"{here}.source", what)
        bitmap = d.Bitmap(
            filename=self._image(texture.source, f"{here}.source"),
            wrap_mode=wraps.pop() if len(wraps) == 1 else "repeat",
            filter_type="nearest" if nearest else "bilinear",
            to_uv=self._to_uv(info, place),
            **fields,
        )
        bitmap.__dict__["location"] = f"{self.file.path}: images[{texture.source}]"
        return bitmap

    def _to_uv(self, info, place) -> d.Transform:
        """The matrix of KHR_texture_transform: scale, then rotation of the coordinates, then offset.

        Their origin is the top left of an image, as it is ours.
        """
        moved = info.extensions.KHR_texture_transform
        if moved is None:
            return d.Transform()
        place = f"{place}.extensions.KHR_texture_transform"
        if 0.0 in moved.scale:
            raise self.file.error(f"{place}.scale", "the texture is scaled to nothing; give a scale other than 0")
        cos, sin = math.cos(moved.rotation), math.sin(moved.rotation)
        matrix = np.eye(4)
        matrix[:2, :2] = np.array([[cos, sin], [-sin, cos]]) * moved.scale
        matrix[:2, 3] = moved.offset
        if not (np.isfinite(matrix).all() and np.abs(matrix).max() < 1e9):
            raise self.file.error(place, "a number is out of range: at most 1e9")
        return d.Transform(matrix)

    def _image(self, index, place) -> str:
        """The name of an image's file; images inside the file are put into the user's cache folder."""
        if index not in self._images:
            self._images[index] = self._image_file(index, place)
        return self._images[index]

    def _image_file(self, index, place) -> str:
        entry = self.file.item("images", index, place)
        place = f"images[{index}]"
        if (entry.uri is None) == (entry.buffer_view is None):
            raise self.file.error(place, "it needs either a uri or a bufferView" + AGAIN)
        if entry.uri is None:
            found = bytes(self.numbers.view(entry.buffer_view, f"{place}.bufferView"))
        else:
            found = self.file.resource(entry.uri, f"{place}.uri")
        if isinstance(found, Path):
            return str(found)
        suffix = next((suffix for start, suffix in IMAGES.items() if found.startswith(start)), None)
        if suffix is None:
            raise self.file.error(place, OTHERS)
        folder = cache_folder() / "images"
        target = folder / f"{hashlib.sha256(found).hexdigest()[:32]}{suffix}"
        if not target.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(target) as part:
                part.write_bytes(found)
        return str(target)
