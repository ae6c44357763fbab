"""What stands in a pixel."""

from tiny import tiny

from specrender.locate import visible_material
from specrender.scene import description as d
from specrender.scene.compile import compile_scene


def test_materials_are_named():
    scene = tiny()
    tables = compile_scene(scene)
    assert visible_material(scene, tables, 8, 6) == "diffuse"
    assert visible_material(scene, tables, 0, 0) is None
    scene.materials["grey"] = d.Diffuse(reflectance=0.2)
    scene.shapes[0].material = "grey"
    scene.materials["grey"].__dict__["location"] = "scene.toml: materials.grey"
    assert visible_material(scene, compile_scene(scene), 8, 6) == "'grey' (scene.toml: materials.grey)"
