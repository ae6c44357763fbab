"""glTF files made here: what is where, and in which material."""

import numpy as np
import pytest
from gltf_documents import PNG, POSITIONS, document, written

from specrender.errors import SceneError, SpecrenderWarning
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.expand import expanded
from specrender.scene.readers.gltf import load_gltf
from specrender.scene.validate import validate


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_a_square(tmp_path, suffix):
    (mesh,) = load_gltf(written(tmp_path / f"square{suffix}", *document())).shapes
    np.testing.assert_array_equal(mesh.vertices, POSITIONS)
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [0, 2, 3]])
    np.testing.assert_allclose(mesh.uvs, [[0, 1], [1, 1], [1, 0], [0, 0]], atol=1e-6)
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


def test_what_is_found_later_names_the_place_in_the_file(tmp_path):
    """A lamp without area is refused when the tables are made."""
    text, data = document()
    data = np.zeros((4, 3), "<f4").tobytes() + data[48:]
    path = written(tmp_path / "a.glb", text, data)
    with pytest.raises(SceneError) as caught:
        compile_scene(d.Scene(shapes=[d.GltfFile(filename=str(path))]))
    what = "no triangle of it has an area; it can be no light and no sensor"
    assert str(caught.value) == f"{path}: meshes[0].primitives[0]: {what}"


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
    lamp = {"extensions": {"KHR_materials_sheen": {}}, "doubleSided": True, "emissiveFactor": [1, 1, 1]}
    text, data = document(animations=[{}], materials=[lamp])
    text["nodes"][0]["extensions"] = {"EXT_mesh_gpu_instancing": {}}
    text["meshes"][0]["extras"] = {"extensions": {"SOMEONES_own": {}}}
    with pytest.warns(SpecrenderWarning) as caught:
        load_gltf(written(tmp_path / "a.glb", text, data))
    notes = sorted(str(item.message) for item in caught)
    assert notes == [
        "a.glb: a double-sided lamp shines from its front side only",
        "a.glb: the extension EXT_mesh_gpu_instancing is not used",
        "a.glb: the extension KHR_materials_sheen is not used",
        "a.glb: the file's animations are not used",
    ]


def test_sparse_accessors(tmp_path):
    """The third corner is lifted by 7, in an accessor with a buffer view and in one without."""
    corner = np.array([[1, 1, 7]], "<f4").tobytes()
    for base, vertices in (({"bufferView": 0}, POSITIONS.copy()), ({}, np.zeros((4, 3)))):
        text, data = document()
        views = text["bufferViews"]
        views += [
            {"buffer": 0, "byteOffset": len(data), "byteLength": 4},
            {"buffer": 0, "byteOffset": len(data) + 4, "byteLength": 12},
        ]
        sparse = {"count": 1, "indices": {"bufferView": 4, "componentType": 5121}, "values": {"bufferView": 5}}
        text["accessors"][0] = {"componentType": 5126, "count": 4, "type": "VEC3", "sparse": sparse, **base}
        data += b"\2\0\0\0" + corner
        text["buffers"][0]["byteLength"] = len(data)
        vertices[2] = (1, 1, 7)
        (mesh,) = load_gltf(written(tmp_path / "a.glb", text, data)).shapes
        np.testing.assert_array_equal(mesh.vertices, vertices)


def test_a_file_without_scenes_shows_each_mesh_once(tmp_path):
    text, data = document()
    del text["scenes"], text["scene"]
    assert len(load_gltf(written(tmp_path / "a.glb", text, data)).shapes) == 1


def test_a_chain_of_a_thousand_nodes(tmp_path):
    nodes = [{"children": [k + 1], "translation": [0, 0, 1]} for k in range(1000)] + [{"mesh": 0}]
    text, data = document(nodes=nodes, scenes=[{"nodes": [0]}])
    (mesh,) = load_gltf(written(tmp_path / "a.glb", text, data)).shapes
    np.testing.assert_allclose(mesh.to_world.matrix[:3, 3], (0, 0, 1000))


def test_lights_of_a_file_in_a_group(tmp_path):
    text, data = document(extensions={"KHR_lights_punctual": {"lights": [{"type": "point"}]}})
    text["nodes"][0]["extensions"] = {"KHR_lights_punctual": {"light": 0}}
    path = written(tmp_path / "a.glb", text, data)
    scene = d.Scene(groups={"g": d.ShapeGroup(shapes=[d.GltfFile(filename=str(path))])})
    with pytest.raises(SceneError, match="cannot be part of a group"):
        expanded(scene)
