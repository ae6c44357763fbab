"""Small glTF files for tests: a square, with whatever is laid over it."""

import base64
import json
import struct

import numpy as np

POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4")
UVS = np.array([[0, 65535], [65535, 65535], [65535, 0], [0, 0]], "<u2")
INDICES = np.array([0, 1, 2, 0, 2, 3], "<u2")
TURN = 0.5**0.5
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


def document(**extra):
    """(JSON, binary buffer) of a square with quantised texture coordinates, shown by a node in a node."""
    parts = [POSITIONS.tobytes(), UVS.tobytes(), INDICES.tobytes(), PNG]
    views, start = [], 0
    for part in parts:
        views.append({"buffer": 0, "byteOffset": start, "byteLength": len(part)})
        start += len(part) + -len(part) % 4
    data = b"".join(part + bytes(-len(part) % 4) for part in parts)
    text = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [1]}],
        "nodes": [
            {"mesh": 0, "rotation": [0, 0, TURN, TURN], "scale": [2, 1, 1], "name": "square"},
            {"children": [0], "translation": [0, 0, 5]},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}]}],
        "materials": [
            {
                "pbrMetallicRoughness": {"baseColorFactor": [0.2, 0.4, 0.6, 1.0], "metallicFactor": 0.25},
                "emissiveFactor": [1, 0.5, 0],
                "doubleSided": True,
                "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": 3.0}},
            }
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 4, "type": "VEC2", "normalized": True},
            {"bufferView": 2, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": len(data)}],
        **extra,
    }
    return text, data


def written(path, text, data, keep_uri=False):
    """A .glb, or a .gltf with its buffer beside it; keep_uri: the uri of the buffer stays as it is."""
    if path.suffix == ".glb":
        head = json.dumps(text).encode()
        head += b" " * (-len(head) % 4)
        body = struct.pack("<I4s", len(head), b"JSON") + head + struct.pack("<I4s", len(data), b"BIN\0") + data
        path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body)
    else:
        if not keep_uri:
            text["buffers"][0]["uri"] = "the%20data.bin"
        (path.parent / "the data.bin").write_bytes(data)
        path.write_text(json.dumps(text))
    return path
