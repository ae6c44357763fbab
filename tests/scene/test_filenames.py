"""Where a scene names files."""

import os

from specrender.scene import description as d
from specrender.scene.filenames import name_files_from


def test_names_become_absolute_wherever_they_are():
    texture = d.Bitmap(filename="wood.png")
    material = d.Diffuse(reflectance=d.SpectrumSpec(file="paint.csv"))
    away = os.path.abspath("away.ply")
    scene = d.Scene(
        textures={"wood": texture},
        shapes=[d.Ply(filename=away), d.Sphere(material=d.TwoSided(material=material))],
        instances=[d.Instances(group="g", transforms="places.npy")],
        lights=[d.EnvironmentMap(filename="sky.exr")],
    )
    name_files_from(scene, os.sep + "scenes")
    assert texture.filename == os.path.join(os.sep, "scenes", "wood.png")
    assert material.reflectance.file == os.path.join(os.sep, "scenes", "paint.csv")
    assert scene.shapes[0].filename == away
    assert scene.instances[0].transforms == os.path.join(os.sep, "scenes", "places.npy")
    assert scene.lights[0].filename == os.path.join(os.sep, "scenes", "sky.exr")
