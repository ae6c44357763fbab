"""glTF 2.0 files (.gltf, .glb): meshes placed by their nodes, with metallic-roughness materials.

What the file says and this does not show (skins, animations, cameras, lights, textures of single channels) is named in
one note each.  Images inside the file go to the user's cache folder, under the digest of their bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct
import urllib.parse
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from specrender.errors import SceneError, SpecrenderWarning
from specrender.scene import description as d
from specrender.spectra.uplift_table import cache_folder

COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
WRAPS = {10497: "repeat", 33648: "mirror", 33071: "clamp"}
NEAREST = 9728
TRIANGLES, STRIP, FAN = 4, 5, 6

#: Extensions that are understood; a file may require no other.
EXTENSIONS = {
    "KHR_mesh_quantization",
    "KHR_materials_clearcoat",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_transmission",
}
#: Nodes deeper than this are a circle.
MOST_LEVELS = 64


@dataclass
class Gltf:
    """What a file shows: meshes with their materials, and the textures these name."""

    shapes: list[d.TriangleMesh] = field(default_factory=list)
    textures: dict[str, d.Texture] = field(default_factory=dict)


def load_gltf(path) -> Gltf:
    """Read the default scene of a file.

    Raises
    ------
    SceneError : naming the file and what is wrong with it.
    """
    path = Path(path)
    try:
        return _File(path).scene()
    except OSError as error:
        raise SceneError(f"cannot be read: {error.strerror or error}", str(path)) from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__} {error}"
        raise SceneError(f"the glTF file is damaged: {what}", str(path)) from None


class _File:
    def __init__(self, path):
        self.path = path
        self.noted: set[str] = set()
        self.chunk = b""
        self.json = self._json()
        version = self.json.get("asset", {}).get("version", "")
        if not str(version).startswith("2."):
            raise self.error(f"only glTF 2 can be read, got version '{version}'")
        foreign = sorted(set(self.json.get("extensionsRequired", ())) - EXTENSIONS)
        if foreign:
            raise self.error(f"the file needs the extension {foreign[0]}, which is not supported")
        self.buffers: dict[int, bytes] = {}
        self.materials: dict[int, tuple] = {}
        self.result = Gltf()

    def error(self, message):
        return SceneError(message, str(self.path))

    def note(self, message):
        """One note for each thing that is not shown."""
        if message not in self.noted:
            self.noted.add(message)
            warnings.warn(f"{self.path.name}: {message}", SpecrenderWarning, stacklevel=2)

    def _json(self):
        data = self.path.read_bytes()
        if data[:4] == b"glTF":
            text, place = b"", 12
            while place + 8 <= len(data):
                length, kind = struct.unpack_from("<I4s", data, place)
                content = data[place + 8 : place + 8 + length]
                if len(content) < length:
                    raise self.error("the file is truncated")
                if kind == b"JSON":
                    text = content
                elif kind == b"BIN\0" and not self.chunk:
                    self.chunk = content
                place += 8 + length
            data = text
        try:
            found = json.loads(data)
        except ValueError:
            raise self.error("is not a glTF file: no valid JSON") from None
        if not isinstance(found, dict):
            raise self.error("is not a glTF file")
        return found

    # ------------------------------------------------------------ numbers

    def _resource(self, uri):
        """The bytes of a data URI, or the path of a file beside this one."""
        if uri.startswith("data:"):
            head, _, content = uri.partition(",")
            try:
                return base64.b64decode(content) if head.endswith(";base64") else urllib.parse.unquote_to_bytes(content)
            except binascii.Error:
                raise self.error("a data URI is not valid base64") from None
        place = self.path.parent / urllib.parse.unquote(uri)
        if not place.is_file():
            raise self.error(f"the file '{uri}' beside it does not exist")
        return place

    def buffer(self, index):
        if index not in self.buffers:
            entry = self.json["buffers"][index]
            if "uri" in entry:
                found = self._resource(entry["uri"])
                data = found.read_bytes() if isinstance(found, Path) else found
            else:
                data = self.chunk
            if len(data) < entry["byteLength"]:
                raise self.error(f"buffer {index} has {len(data)} bytes, {entry['byteLength']} are announced")
            self.buffers[index] = data
        return self.buffers[index]

    def view(self, index) -> tuple[bytes, int]:
        """(bytes, stride or 0) of a buffer view."""
        entry = self.json["bufferViews"][index]
        start = entry.get("byteOffset", 0)
        data = self.buffer(entry["buffer"])[start : start + entry["byteLength"]]
        if len(data) < entry["byteLength"]:
            raise self.error(f"buffer view {index} reaches beyond its buffer")
        return data, entry.get("byteStride", 0)

    def accessor(self, index) -> np.ndarray:
        """(n, width) numbers; normalised integers become floats within [0, 1] or [-1, 1]."""
        entry = self.json["accessors"][index]
        if "sparse" in entry:
            raise self.error("sparse accessors are not supported")
        dtype, width, count = np.dtype(COMPONENTS[entry["componentType"]]), WIDTHS[entry["type"]], entry["count"]
        if "bufferView" not in entry:
            return np.zeros((count, width), dtype)
        data, stride = self.view(entry["bufferView"])
        stride = stride or dtype.itemsize * width
        start = entry.get("byteOffset", 0)
        if count < 1 or start + (count - 1) * stride + dtype.itemsize * width > len(data):
            raise self.error(f"accessor {index} reaches beyond its buffer view")
        rows = np.ndarray((count, width), dtype, data, start, (stride, dtype.itemsize))
        if not entry.get("normalized", False):
            return rows
        return np.maximum(rows / np.float32(np.iinfo(dtype).max), -1.0)

    # ------------------------------------------------------------ nodes and meshes

    def scene(self) -> Gltf:
        for key, what in (("skins", "skins"), ("animations", "animations"), ("cameras", "cameras")):
            if self.json.get(key):
                self.note(f"the file's {what} are not used")
        if "KHR_lights_punctual" in self.json.get("extensions", {}):
            self.note("the file's lights are not used")
        scenes, nodes = self.json.get("scenes", []), self.json.get("nodes", [])
        roots = scenes[self.json.get("scene", 0)].get("nodes", []) if scenes else range(len(nodes))
        for root in roots:
            self._node(root, np.eye(4), 0)
        if not self.result.shapes:
            raise self.error("the file shows no triangles")
        return self.result

    def _node(self, index, above, level):
        if level > MOST_LEVELS:
            raise self.error("the nodes are nested in a circle")
        node = self.json["nodes"][index]
        matrix = above @ _local(node)
        if "mesh" in node:
            mesh = self.json["meshes"][node["mesh"]]
            for primitive in mesh["primitives"]:
                self._primitive(primitive, matrix, node.get("name") or mesh.get("name"))
        for child in node.get("children", ()):
            self._node(child, matrix, level + 1)

    def _primitive(self, primitive, matrix, name):
        attributes, mode = primitive["attributes"], primitive.get("mode", TRIANGLES)
        if mode not in (TRIANGLES, STRIP, FAN):
            self.note("points and lines are not shown")
            return
        positions = self.accessor(attributes["POSITION"]).astype(np.float32)
        count = len(positions)
        order = self.accessor(primitive["indices"])[:, 0] if "indices" in primitive else np.arange(count)
        faces = _faces(order.astype(np.int64), mode)
        if len(faces) == 0:
            return
        uvs = None
        if "TEXCOORD_0" in attributes:
            uvs = self.accessor(attributes["TEXCOORD_0"]).astype(np.float32)
            uvs[:, 1] = 1.0 - uvs[:, 1]  # theirs begins at the top
        normals = self.accessor(attributes["NORMAL"]).astype(np.float32) if "NORMAL" in attributes else None
        colors = {}
        if "COLOR_0" in attributes:
            colors["vertex_color"] = self.accessor(attributes["COLOR_0"])[:, :3].astype(np.float32)
            self.note("vertex colours do not tint materials; a mesh_attribute texture can show 'vertex_color'")
        material, emitter = self._material(primitive.get("material"))
        self.result.shapes.append(
            d.TriangleMesh(
                vertices=positions,
                faces=faces,
                normals=normals,
                uvs=uvs,
                attributes=colors,
                face_normals=normals is None,
                material=material,
                emitter=emitter,
                to_world=d.Transform(matrix),
                name=name,
            )
        )

    # ------------------------------------------------------------ materials

    def _material(self, index):
        """(material, emitter) of a primitive; glTF's default is a white metal of full roughness."""
        if index not in self.materials:
            entry = {} if index is None else self.json["materials"][index]
            self.materials[index] = self._made(entry)
        return self.materials[index]

    def _made(self, entry):
        extensions = entry.get("extensions", {})
        for name in sorted(set(extensions) - EXTENSIONS):
            self.note(f"the material extension {name} is not used")
        for name in ("normalTexture", "occlusionTexture"):
            if name in entry:
                self.note(f"{name} is not used")
        surface = entry.get("pbrMetallicRoughness", {})
        if "metallicRoughnessTexture" in surface:
            self.note("textures of metalness and roughness are not used, only their factors")
        factor = surface.get("baseColorFactor", [1.0, 1.0, 1.0, 1.0])
        clearcoat = extensions.get("KHR_materials_clearcoat", {})
        material = d.Principled(
            base_color=self._color(factor[:3], surface.get("baseColorTexture"), "the base colour"),
            metallic=float(surface.get("metallicFactor", 1.0)),
            roughness=max(float(surface.get("roughnessFactor", 1.0)), 0.03),
            eta=float(extensions.get("KHR_materials_ior", {}).get("ior", 1.5)),
            spec_trans=float(extensions.get("KHR_materials_transmission", {}).get("transmissionFactor", 0.0)),
            clearcoat=float(clearcoat.get("clearcoatFactor", 0.0)),
            clearcoat_gloss=1.0 - float(clearcoat.get("clearcoatRoughnessFactor", 0.0)),
        )
        if entry.get("doubleSided", False) and material.spec_trans == 0.0:
            material = d.TwoSided(material=material)
        if entry.get("alphaMode", "OPAQUE") != "OPAQUE":
            if "baseColorTexture" in surface:
                self.note("opacity in the base colour's texture is not used, only its factor")
            opacity = float(factor[3])
            if entry["alphaMode"] == "MASK":
                opacity = float(opacity >= entry.get("alphaCutoff", 0.5))
            if opacity < 1.0:
                material = d.Mask(material=material, opacity=opacity)
        return material, self._emitter(entry, extensions)

    def _emitter(self, entry, extensions):
        factor = entry.get("emissiveFactor", [0.0, 0.0, 0.0])
        if not any(factor):
            return None
        color = self._color(factor, entry.get("emissiveTexture"), "the emission")
        strength = float(extensions.get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0))
        return d.AreaLight(radiance=color, intensity=strength, normalize=False)

    def _color(self, factor, texture, what):
        """A linear Rec.709 colour, or a texture times a grey."""
        if texture is None:
            return d.SpectrumSpec(rgb=tuple(float(x) for x in factor))
        if max(factor) - min(factor) > 1e-3:
            self.note(f"a colour factor on the texture of {what} counts as its grey")
        scale = float(np.mean(factor))
        return d.SpectrumSpec(texture=self._texture(texture), scale=scale)

    def _texture(self, reference):
        """The name of a texture, made at its first use."""
        if reference.get("texCoord", 0) != 0:
            self.note("second texture coordinates are not used, the first are")
        if "KHR_texture_transform" in reference.get("extensions", {}):
            self.note("KHR_texture_transform is not used")
        index = reference["index"]
        name = f"{self.path.resolve()}#texture_{index}"
        if name not in self.result.textures:
            texture = self.json["textures"][index]
            sampler = self.json["samplers"][texture["sampler"]] if "sampler" in texture else {}
            wraps = {WRAPS[sampler.get(key, 10497)] for key in ("wrapS", "wrapT")}
            if len(wraps) > 1:
                self.note("a texture that is wrapped differently along u and v is repeated")
            self.result.textures[name] = d.Bitmap(
                filename=self._image(texture["source"]),
                wrap_mode=wraps.pop() if len(wraps) == 1 else "repeat",
                filter_type="nearest" if sampler.get("magFilter") == NEAREST else "bilinear",
            )
        return name

    def _image(self, index) -> str:
        """The name of an image's file."""
        entry = self.json["images"][index]
        found = self._resource(entry["uri"]) if "uri" in entry else self.view(entry["bufferView"])[0]
        if isinstance(found, Path):
            return str(found)
        suffix = ".jpg" if found[:2] == b"\xff\xd8" else ".png"
        folder = cache_folder() / "images"
        place = folder / f"{hashlib.sha256(found).hexdigest()[:32]}{suffix}"
        if not place.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            part = place.with_suffix(".part")
            part.write_bytes(found)
            part.replace(place)
        return str(place)


def _local(node) -> np.ndarray:
    """The (4, 4) matrix of a node: as it stands there (by columns), or from translation, rotation and scale."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = np.array(node.get("rotation", (0.0, 0.0, 0.0, 1.0)), np.float64)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)), np.float64)
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix


def _faces(order, mode) -> np.ndarray:
    """(m, 3) int32 corners of a list, strip or fan of triangles."""
    if mode == TRIANGLES:
        return order[: len(order) // 3 * 3].reshape(-1, 3).astype(np.int32)
    i = np.arange(max(len(order) - 2, 0))
    if mode == FAN:
        return np.stack([order[i + 1], order[i + 2], np.full(len(i), order[0])], axis=1).astype(np.int32)
    odd = i % 2
    return np.stack([order[i], order[i + 1 + odd], order[i + 2 - odd]], axis=1).astype(np.int32)
