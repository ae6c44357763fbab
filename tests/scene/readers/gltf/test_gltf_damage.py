"""Damaged glTF files: one line that names the file and the place, whatever is wrong, and no memory in vain."""

import copy
import json
import random
import re
import struct
import tracemalloc

import numpy as np
import pytest
from gltf_documents import document, written

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers.gltf import load_gltf
from specrender.scene.validate import validate

#: What Python, NumPy or msgspec would say; nothing of it belongs into a message.
PYTHONS_WORDS = re.compile(
    r"Error|Traceback|list index|NoneType|object is not|unpack|codec|numpy|dtype|msgspec|`|\$\.|expected (str|int)\b"
)


def changed(path, value, base=None):
    """A document in which the item at `path` ("meshes[0].primitives") is another, or gone where value is None."""
    text, data = document() if base is None else base
    *steps, last = [int(step) if step.isdecimal() else step for step in re.findall(r"\w+", path)]
    item = text
    for step in steps:
        item = item[step] if isinstance(step, int) else item.setdefault(step, {})
    if value is None:
        del item[last]
    else:
        item[last] = value
    return text, data


def message_of(path):
    with pytest.raises(SceneError) as caught:
        load_gltf(path)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in message and not PYTHONS_WORDS.search(message.replace(str(path), "")), message
    assert str(path) in message
    return message


#: (item, its value (None: it is missing), the place that is named, part of the message).
CASES = [
    ("asset", None, "", "'asset' is missing"),
    ("asset", [], "asset", "expected an object, got a list"),
    ("asset.version", "1.0", "asset.version", "only glTF 2 can be read"),
    ("asset.version", 2.0, "asset.version", "expected a text, got a number"),
    ("extensionsRequired", ["KHR_draco_mesh_compression"], "extensionsRequired", "export it without"),
    ("extensionsRequired", "KHR_x", "extensionsRequired", "expected a list, got a text"),
    ("scene", 3, "scene", "there is no scenes[3], the file has 1"),
    ("scene", 0.5, "scene", "expected an integer, got a number"),
    ("scenes[0].nodes", [7], "scenes[0].nodes[0]", "there is no nodes[7]"),
    ("scenes[0].nodes", [1, 0], "scenes[0].nodes[1]", "two parents"),
    ("scenes", [{}], "", "shows no triangles"),
    ("nodes[0].children", [1], "nodes[0].children[0]", "nested in a circle"),
    ("nodes[1].children", [0, 0], "nodes[1].children[1]", "two parents"),
    ("nodes[1].children", [9], "nodes[1].children[0]", "there is no nodes[9]"),
    ("nodes[1].children", [-1], "nodes[1].children[0]", ">= 0"),
    ("nodes[0].mesh", 1, "nodes[0].mesh", "there is no meshes[1]"),
    ("nodes[0].scale", [0, 0, 0], "nodes[0].scale", "flattened to nothing"),
    ("nodes[0].scale", [1, 0, 1], "nodes[0].scale", "flattened to nothing"),
    ("nodes[0].scale", [1, 1], "nodes[0].scale", "length 3, got 2"),
    ("nodes[0].scale", [1e30, 1e30, 1e30], "nodes[0]", "out of range"),
    ("nodes[0].rotation", [0, 0, 0, 0], "nodes[0].rotation", "length 1"),
    ("nodes[0].rotation", [0, 0, 0, "1"], "nodes[0].rotation[3]", "expected a number, got a text"),
    ("nodes[0].matrix", [1.0] * 16, "nodes[0]", "only one of both"),
    ("nodes[1]", {"children": [0], "matrix": [0.0] * 16}, "nodes[1].matrix", "last row"),
    ("nodes[1]", {"children": [0], "matrix": [1.0] * 9}, "nodes[1].matrix", "length"),
    ("meshes[0].primitives", [], "meshes[0].primitives", "length"),
    ("meshes[0].primitives[0].attributes", {}, "meshes[0].primitives[0].attributes", "'POSITION' is missing"),
    ("meshes[0].primitives[0].attributes.POSITION", 2.5, "meshes[0].primitives[0].attributes", "expected an integer"),
    ("meshes[0].primitives[0].attributes.POSITION", 9, "meshes[0].primitives[0].attributes.POSITION", "accessors[9]"),
    ("meshes[0].primitives[0].attributes.POSITION", 1, "meshes[0].primitives[0].attributes.POSITION", "VEC3 of float"),
    ("meshes[0].primitives[0].attributes.NORMAL", 2, "meshes[0].primitives[0].attributes.NORMAL", "VEC3 of float"),
    ("meshes[0].primitives[0].indices", 0, "meshes[0].primitives[0].indices", "SCALAR of unsigned byte"),
    ("meshes[0].primitives[0].indices", 1.0, "meshes[0].primitives[0].indices", "expected an integer, got a number"),
    ("meshes[0].primitives[0].mode", 12, "meshes[0].primitives[0].mode", "got 12"),
    ("meshes[0].primitives[0].material", 4, "meshes[0].primitives[0].material", "there is no materials[4]"),
    ("accessors[2].componentType", 5126, "meshes[0].primitives[0].indices", "got SCALAR of float"),
    ("accessors[2].componentType", 5122, "meshes[0].primitives[0].indices", "got SCALAR of short"),
    ("accessors[2].componentType", 77, "meshes[0].primitives[0].indices", "componentType 77"),
    ("accessors[0].componentType", 5123, "meshes[0].primitives[0].attributes.POSITION", "VEC3 of unsigned short"),
    ("accessors[0].type", "VEC9", "meshes[0].primitives[0].attributes.POSITION", "got VEC9 of float"),
    ("accessors[1].normalized", False, "meshes[0].primitives[0].attributes.TEXCOORD_0", "normalized unsigned short"),
    ("accessors[0].count", -1, "accessors[0].count", ">= 1"),
    ("accessors[0].count", 10**18, "accessors[0].count", "<="),
    ("accessors[0].count", 10**15, "accessors[0].count", "elements end at byte"),
    ("accessors[0].count", 3, "meshes[0].primitives[0].attributes.TEXCOORD_0", "4 elements for 3 positions"),
    ("accessors[0].byteOffset", 4, "accessors[0].count", "elements end at byte"),
    ("accessors[0].bufferView", 40, "accessors[0].bufferView", "there is no bufferViews[40]"),
    ("accessors[0].bufferView", None, "accessors[0]", "neither a bufferView nor sparse"),
    ("accessors[2].count", 5, "meshes[0].primitives[0].indices", "multiple of 3"),
    ("bufferViews[0].byteStride", 8, "bufferViews[0].byteStride", "overlap"),
    ("bufferViews[0].byteStride", -8, "bufferViews[0].byteStride", ">= 1"),
    ("bufferViews[0].byteLength", 10**12, "bufferViews[0]", "it ends at byte"),
    ("bufferViews[0].byteLength", None, "bufferViews[0]", "'byteLength' is missing"),
    ("bufferViews[0].byteOffset", 10**15, "bufferViews[0]", "it ends at byte"),
    ("bufferViews[0].buffer", 3, "bufferViews[0].buffer", "there is no buffers[3]"),
    ("buffers[0].byteLength", 10**9, "buffers[0].byteLength", "are announced"),
    ("buffers[0].uri", "gone.bin", "buffers[0].uri", "there is no such file"),
    ("buffers[0].uri", "", "buffers[0].uri", "its name is empty"),
    ("buffers[0].uri", "a%00b", "buffers[0].uri", "null"),
    ("buffers[0].uri", "x" * 5000, "buffers[0].uri", "too long"),
    ("buffers[0].uri", "https://x.org/a.bin", "buffers[0].uri", "on the network"),
    ("buffers[0].uri", "data:application/octet-stream;base64,@@@@", "buffers[0].uri", "not valid base64"),
    ("buffers[0].uri", "data:application/octet-stream;base64,AAAA", "buffers[0].byteLength", "are announced"),
    ("buffers[0].uri", "data:no comma", "buffers[0].uri", "no comma"),
    ("materials[0].alphaMode", "SEETHROUGH", "materials[0].alphaMode", "got 'SEETHROUGH'"),
    ("materials[0].emissiveFactor", [1, 2, 1], "materials[0].emissiveFactor[1]", "<= 1"),
    ("materials[0].pbrMetallicRoughness.roughnessFactor", 1.5, "materials[0].pbrMetallicRoughness.roughness", "<= 1"),
    ("materials[0].normalTexture", {"index": 3}, "materials[0].normalTexture.index", "there is no textures[3]"),
    ("materials[0].normalTexture", {}, "materials[0].normalTexture", "'index' is missing"),
    (
        "materials[0].extensions",
        {"KHR_materials_ior": {"ior": 0.5}},
        "materials[0].extensions.KHR_materials_ior.ior",
        "give 1 or more",
    ),
]


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
@pytest.mark.parametrize(("item", "value", "place", "part"), CASES)
def test_one_wrong_item(tmp_path, suffix, item, value, place, part):
    text, data = changed(item, value)
    path = written(tmp_path / f"a{suffix}", text, data, keep_uri=item.endswith(".uri"))
    message = message_of(path)
    assert f"{path}: {place}" in message and part in message


def with_texture(**parts):
    """A document whose base colour is a texture, with other parts of it."""
    surface = {"baseColorTexture": {"index": 0, **parts.pop("info", {})}}
    return document(
        **{
            "materials": [{"pbrMetallicRoughness": surface}],
            "textures": [{"source": 0, "sampler": 0}],
            "samplers": [{}],
            "images": [{"bufferView": 3}],
            **parts,
        }
    )


@pytest.mark.parametrize(
    ("parts", "place", "part"),
    [
        ({"images": [{"bufferView": 0}]}, "images[0]", "only PNG and JPEG"),
        ({"images": [{}]}, "images[0]", "either a uri or a bufferView"),
        ({"images": [{"uri": "gone.png"}]}, "images[0].uri", "there is no such file"),
        ({"images": [{"uri": "data:image/png;base64,abc"}]}, "images[0].uri", "not valid base64"),
        ({"images": []}, "textures[0].source", "there is no images[0]"),
        ({"textures": [{"extensions": {"KHR_texture_basisu": {"source": 0}}}]}, "textures[0].source", "convert it"),
        ({"samplers": [{"wrapS": 1}]}, "samplers[0].wrapS", "allowed: 10497"),
        ({"samplers": []}, "textures[0].sampler", "there is no samplers[0]"),
        ({"info": {"texCoord": 2}}, "meshes[0].primitives[0].attributes", "'TEXCOORD_2' is missing"),
        (
            {"info": {"extensions": {"KHR_texture_transform": {"scale": [0, 1]}}}},
            "materials[0].pbrMetallicRoughness.baseColorTexture.extensions.KHR_texture_transform.scale",
            "other than 0",
        ),
    ],
)
def test_a_wrong_texture(tmp_path, monkeypatch, parts, place, part):
    monkeypatch.setenv("SPECRENDER_CACHE", str(tmp_path / "cache"))
    path = written(tmp_path / "a.glb", *with_texture(**parts))
    message = message_of(path)
    assert f"{path}: {place}: " in message and part in message


@pytest.mark.parametrize(
    ("light", "place", "part"),
    [
        ({"type": "disco"}, "type", "allowed: directional, point, spot"),
        ({"type": "point", "intensity": -1}, "intensity", ">= 0"),
        ({"type": "spot", "spot": {"innerConeAngle": 1.0, "outerConeAngle": 0.5}}, "spot", "must hold"),
    ],
)
def test_a_wrong_light(tmp_path, light, place, part):
    text, data = document(extensions={"KHR_lights_punctual": {"lights": [light]}})
    text["nodes"][0]["extensions"] = {"KHR_lights_punctual": {"light": 0}}
    path = written(tmp_path / "a.glb", text, data)
    message = message_of(path)
    assert f"{path}: extensions.KHR_lights_punctual.lights[0].{place}: " in message and part in message


@pytest.mark.parametrize(
    ("sparse", "place"),
    [
        ({"count": 9}, "accessors[0].sparse.count"),
        ({"indices": {"bufferView": 2, "componentType": 5126}}, "accessors[0].sparse.indices.componentType"),
        ({"indices": {"bufferView": 9, "componentType": 5121}}, "accessors[0].sparse.indices.bufferView"),
        ({"values": {"bufferView": 0, "byteOffset": 44}}, "accessors[0].sparse.values.count"),
        ({"indices": {"bufferView": 3, "componentType": 5121}}, "accessors[0].sparse.indices"),
    ],
)
def test_a_wrong_sparse_accessor(tmp_path, sparse, place):
    right = {"count": 1, "indices": {"bufferView": 2, "componentType": 5123}, "values": {"bufferView": 0}}
    path = written(tmp_path / "a.glb", *changed("accessors[0].sparse", {**right, **sparse}))
    assert f"{path}: {place}: " in message_of(path)


def test_a_large_count_asks_for_no_memory(tmp_path):
    """A sparse accessor may stand on zeros only, so that its count is all the file says."""
    sparse = {"count": 1, "indices": {"bufferView": 2, "componentType": 5123}, "values": {"bufferView": 0}}
    huge = {"componentType": 5126, "count": 2**31, "type": "VEC3", "sparse": sparse}
    path = written(tmp_path / "a.glb", *changed("accessors[0]", huge))
    tracemalloc.start()
    assert "accessors[0].count" in message_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6


def test_a_buffer_that_is_not_there_makes_no_count_right(tmp_path):
    sparse = {"count": 1, "indices": {"bufferView": 2, "componentType": 5123}, "values": {"bufferView": 0}}
    huge = {"componentType": 5126, "count": 2**31, "type": "VEC3", "sparse": sparse}
    text, data = changed("accessors[0]", huge)
    text["buffers"].append({"byteLength": 2**40, "uri": "data:,x"})
    assert "buffers[1].byteLength" in message_of(written(tmp_path / "a.glb", text, data))


def test_positions_that_are_not_finite(tmp_path):
    text, data = document()
    data = data[:12] + np.array([0, np.nan, 0], "<f4").tobytes() + data[24:]
    path = written(tmp_path / "a.glb", text, data)
    assert "meshes[0].primitives[0].attributes.POSITION: element 1 is not finite" in message_of(path)


def test_an_index_that_is_out_of_range(tmp_path):
    text, data = document()
    start = text["bufferViews"][2]["byteOffset"]
    path = written(tmp_path / "a.glb", text, data[:start] + b"\x04\0" + data[start + 2 :])
    assert "meshes[0].primitives[0].indices: index 4 is out of range: there are 4 vertices" in message_of(path)


GLB_HEADERS = [
    (b"glTX" + struct.pack("<II", 2, 12), "neither 'glTF'"),
    (b"glTF", "ends in its header"),
    (b"glTF" + struct.pack("<II", 1, 12), "version 2"),
    (b"glTF" + struct.pack("<II", 2, 4000), "announces 4000 bytes and has 12"),
    (b"glTF" + struct.pack("<II", 2, 12), "no chunk of JSON"),
    (b"glTF" + struct.pack("<II", 2, 15) + b"abc", "header of a chunk"),
    (b"glTF" + struct.pack("<III", 2, 22, 2**32 - 1) + b"JSON{}", "truncated"),
    (b"glTF" + struct.pack("<III", 2, 22, 2) + b"JSON{}", "'asset' is missing"),
    (b"", "neither 'glTF'"),
    (b"[1]", "neither 'glTF'"),
    (b'{"asset": {"version": "2.0"}', "ends too early"),
    (b'{"asset": NaN}', "broken at byte"),
    (b'{"asset": "\xff"}', "not UTF-8"),
    (b'{"asset":' + b"[" * 100000, "nested too deeply"),
    (b'{"asset": {"version": "2.0"}, "scene": 1e400}', "out of range"),
]


@pytest.mark.parametrize(("content", "part"), GLB_HEADERS)
def test_what_is_no_gltf_file(tmp_path, content, part):
    path = tmp_path / "a.glb"
    path.write_bytes(content)
    assert part in message_of(path)


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_every_truncation(tmp_path, suffix):
    """No beginning of a file is taken for the whole of it."""
    path = written(tmp_path / f"a{suffix}", *document())
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        message_of(path)


#: Values in place of others.
NASTY = [None, True, -1, 0, 1, 3, 1.5, 1e30, 2**31, 2**63, 10**400, "", "x", "a\0b", [], [1], [[]], {}, {"index": 0}]


def damaged(text, pick):
    """A document with one item of it changed, removed, repeated or moved."""
    text = copy.deepcopy(text)
    places = []

    def visit(item):
        for key in list(item) if isinstance(item, dict) else range(len(item)):
            places.append((item, key))
            if isinstance(item[key], (dict, list)):
                visit(item[key])

    visit(text)
    item, key = pick.choice(places)
    what = pick.random()
    if what < 0.7:
        item[key] = pick.choice(NASTY)
    elif what < 0.85:
        del item[key]
    else:
        other, there = pick.choice(places)
        item[key] = copy.deepcopy(other[there])
    return text


@pytest.mark.filterwarnings("ignore::specrender.errors.SpecrenderWarning")
@pytest.mark.parametrize("seed", range(8))
def test_random_damage(tmp_path, monkeypatch, seed):
    """Whatever is changed, a file is read or refused in one line; then it can be rendered."""
    monkeypatch.setenv("SPECRENDER_CACHE", str(tmp_path / "cache"))
    pick = random.Random(seed)
    lights = {"KHR_lights_punctual": {"lights": [{"type": "spot", "spot": {"outerConeAngle": 0.5}}]}}
    text, data = with_texture(extensions=lights, info={"extensions": {"KHR_texture_transform": {"offset": [0.5, 0]}}})
    text["nodes"][0]["extensions"] = {"KHR_lights_punctual": {"light": 0}}
    refused = 0
    for k in range(250):
        broken = damaged(text, pick)
        for _ in range(pick.randrange(2)):
            broken = damaged(broken, pick)
        path = tmp_path / f"{k}.gltf"
        (tmp_path / "the data.bin").write_bytes(data)
        if isinstance(broken.get("buffers"), list) and broken["buffers"] and isinstance(broken["buffers"][0], dict):
            broken["buffers"][0].setdefault("uri", "the%20data.bin")
        path.write_text(json.dumps(broken))
        try:
            found = load_gltf(path)
        except SceneError:
            refused += 1
            message_of(path)
            continue
        assert found.shapes or found.lights
        validate(d.Scene(shapes=found.shapes, textures=found.textures, lights=found.lights))
        for mesh in found.shapes:
            assert np.isfinite(mesh.vertices).all() and mesh.faces.max() < len(mesh.vertices)
    assert refused > 50


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(tmp_path, seed):
    """Some bytes of a .glb are others."""
    pick = random.Random(seed)
    path = written(tmp_path / "a.glb", *document())
    whole = path.read_bytes()
    for _ in range(250):
        content = bytearray(whole)
        for _ in range(pick.randint(1, 4)):
            content[pick.randrange(len(content))] = pick.randrange(256)
        path.write_bytes(content)
        try:
            load_gltf(path)
        except SceneError:
            message_of(path)


@pytest.mark.parametrize("place", ["nodes[0].scale", "nodes[0].translation"])
def test_huge_numbers_are_found_before_anything_is_computed_with_them(tmp_path, place):
    text, data = changed(place, [1e308, 1.0, 1.0])
    with np.errstate(all="raise"), pytest.raises(SceneError, match=r"nodes\[0\].* out of range"):
        load_gltf(written(tmp_path / "a.glb", text, data))
