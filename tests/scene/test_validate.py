"""Scenes made in Python are checked like those from files; every struct with numbers of its own has a rule."""

import numpy as np
import pytest

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.rules import RULES
from specrender.scene.validate import validate


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        (d.Scene(shapes=[d.Sphere(radius=-1.0)]), "shapes[0].radius: radius must be above 0, got -1"),
        (
            d.Scene(shapes=[d.Disk(material="x")]),
            "shapes[0].material: no material is named 'x'; the scene has no materials",
        ),
        (
            d.Scene(materials={"a": d.Diffuse(reflectance=d.SpectrumSpec())}),
            "materials.a.reflectance: one of rgb, blackbody, name, values, file, texture must be given",
        ),
        (d.Scene(materials={"a": "a"}), "materials.a: the materials refer to each other in a circle: a -> a"),
        (d.Scene(film=d.HdrFilm(height=0)), "film.height: height must be between 1 and 65536 pixels, got 0"),
        (
            d.Scene(shapes=[d.Cube(to_world=d.Transform(np.full((4, 4), np.nan)))]),
            "shapes[0].to_world: to_world has a number that is not finite",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.zeros((3, 2)), faces=[(0, 1, 2)])]),
            "shapes[0].vertices: vertices must have the shape (n, 3), got (3, 2)",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.zeros((3, 3)), faces=[(0, 1, 2)], uvs=[(0, 0)])]),
            "shapes[0].uvs: uvs has 1 rows, vertices has 3",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.full((3, 3), np.inf), faces=[(0, 1, 2)])]),
            "shapes[0]: the position of vertex 0 is not finite: [inf, inf, inf]",
        ),
    ],
)
def test_python_scenes(scene, message):
    with pytest.raises(SceneError) as caught:
        validate(scene)
    assert str(caught.value) == message


def test_a_good_scene_passes():
    validate(
        d.Scene(
            materials={"a": d.Diffuse(), "b": "a", "c": d.TwoSided(material="b")},
            spectra={"warm": d.SpectrumSpec(blackbody=2700.0), "half": 0.5},
            shapes=[
                d.Sphere(material="c", emitter=d.AreaLight(radiance="warm")),
                d.TriangleMesh(vertices=np.eye(3, dtype=np.float32), faces=np.array([[0, 1, 2]])),
                d.Cylinder(to_world=d.Transform(np.diag([1e-9, 1e-9, 1e-9, 1.0]))),
            ],
            lights=[d.ConstantLight(radiance="D65"), d.PointLight(color="half")],
        )
    )


def test_every_struct_with_numbers_has_a_rule():
    # Rules of a base class hold for its subclasses; what has none has nothing but spectra and references.
    without = {"Diffuse", "Null", "Checkerboard", "TextureRef", "MomentIntegrator", "Scene", "CatmullRomFilter"}
    without |= {"Disk", "Rectangle", "Cube", "MitchellFilter", "Shape"}
    structs = [s for s in vars(d).values() if isinstance(s, type) and issubclass(s, d.Node) and s is not d.Node]
    assert {s.__name__ for s in structs if not any(base in RULES for base in s.__mro__)} == without
