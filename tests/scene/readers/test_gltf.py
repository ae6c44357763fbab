"""glTF files made here: what is where, in which material, and what is wrong with those that are damaged."""

import base64
import json
import struct

import numpy as np
import pytest

from specrender.errors import SceneError, SpecrenderWarning
from specrender.scene import description as d
from specrender.scene.compile.expand import expanded
from specrender.scene.readers.gltf import load_gltf
from specrender.scene.validate import validate

POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4")
UVS = np.array([[0, 65535], [65535, 65535], [65535, 0], [0, 0]], "<u2")
INDICES = np.array([0, 1, 2, 0, 2, 3], "<u2")
TURN = 0.5**0.5
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)


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


def written(path, text, data):
    """A .glb, or a .gltf with its buffer beside it."""
    if path.suffix == ".glb":
        head = json.dumps(text).encode()
        head += b" " * (-len(head) % 4)
        body = struct.pack("<I4s", len(head), b"JSON") + head + struct.pack("<I4s", len(data), b"BIN\0") + data
        path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body)
    else:
        text["buffers"][0]["uri"] = "the%20data.bin"
        (path.parent / "the data.bin").write_bytes(data)
        path.write_text(json.dumps(text))
    return path


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_a_square(tmp_path, suffix):
    (mesh,) = load_gltf(written(tmp_path / f"square{suffix}", *document())).shapes
    np.testing.assert_array_equal(mesh.vertices, POSITIONS)
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [0, 2, 3]])
    np.testing.assert_allclose(mesh.uvs, [[0, 0], [1, 0], [1, 1], [0, 1]], atol=1e-6)
    assert mesh.name == "square" and mesh.normals is None and mesh.face_normals
    # twice as long along x, turned by 90 degrees about z, lifted by 5
    np.testing.assert_allclose(mesh.to_world.matrix @ (1, 1, 0, 1), (-1, 2, 5, 1), atol=1e-6)
    inner = mesh.material.material
    assert (inner.base_color.rgb, inner.metallic, inner.roughness) == ((0.2, 0.4, 0.6), 0.25, 1.0)
    assert mesh.emitter.radiance.rgb == (1.0, 0.5, 0.0) and mesh.emitter.intensity == 3.0


def test_images_inside_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECRENDER_CACHE", str(tmp_path / "cache"))
    text, data = document(
        images=[{"bufferView": 3, "mimeType": "image/png"}],
        textures=[{"source": 0, "sampler": 0}],
        samplers=[{"wrapS": 33071, "wrapT": 33071, "magFilter": 9728}],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    )
    path = written(tmp_path / "a.glb", text, data)
    scene = d.Scene(shapes=[d.GltfFile(filename=str(path), to_world=d.Transform(np.diag([3.0, 3.0, 3.0, 1.0])))])
    made = expanded(scene)
    validate(made)
    ((name, texture),) = made.textures.items()
    assert made.shapes[0].material.base_color.texture == name
    assert (texture.wrap_mode, texture.filter_type) == ("clamp", "nearest")
    with open(texture.filename, "rb") as file:
        assert file.read() == PNG
    np.testing.assert_allclose(made.shapes[0].to_world.matrix @ (0, 0, 0, 1), (0, 0, 15, 1))
    assert not scene.textures and isinstance(scene.shapes[0], d.GltfFile)


def test_a_material_for_all(tmp_path):
    path = written(tmp_path / "a.glb", *document())
    (mesh,) = expanded(d.Scene(shapes=[d.GltfFile(filename=str(path), material=d.Diffuse())])).shapes
    assert mesh.material == d.Diffuse() and mesh.emitter is None


def test_strips_and_fans(tmp_path):
    for mode, faces in ((5, [[0, 1, 2], [1, 3, 2]]), (6, [[1, 2, 0], [2, 3, 0]])):
        primitive = {"attributes": {"POSITION": 0}, "mode": mode}
        text, data = document(meshes=[{"primitives": [primitive]}])
        (mesh,) = load_gltf(written(tmp_path / "a.glb", text, data)).shapes
        np.testing.assert_array_equal(mesh.faces, faces)


def test_what_is_not_shown_is_noted(tmp_path):
    text, data = document(animations=[{}], materials=[{"normalTexture": {"index": 0}}])
    with pytest.warns(SpecrenderWarning) as caught:
        load_gltf(written(tmp_path / "a.glb", text, data))
    notes = " ".join(str(item.message) for item in caught)
    assert "animations are not used" in notes and "normalTexture is not used" in notes


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"asset": {"version": "1.0"}}, "only glTF 2"),
        ({"extensionsRequired": ["KHR_draco_mesh_compression"]}, "needs the extension KHR_draco_mesh_compression"),
        ({"meshes": []}, "is damaged"),
        ({"buffers": [{"byteLength": 10000}]}, "10000 are announced"),
        ({"nodes": [{"children": [1]}, {"children": [0]}]}, "circle"),
        ({"scenes": [{}]}, "shows no triangles"),
        ({"accessors": [{"bufferView": 0, "componentType": 5126, "count": 9, "type": "VEC3"}] * 3}, "beyond"),
    ],
)
def test_damaged_files(tmp_path, extra, message):
    path = written(tmp_path / "a.glb", *document(**extra))
    with pytest.raises(SceneError) as caught:
        load_gltf(path)
    assert message in str(caught.value) and "a.glb" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"glTF", b"glTF\2\0\0\0\xff\0\0\0\xff\0\0\0JSON{}", b"[1]", b"\xff\xfe"])
def test_no_gltf_files(tmp_path, content):
    path = tmp_path / "a.glb"
    path.write_bytes(content)
    with pytest.raises(SceneError):
        load_gltf(path)
