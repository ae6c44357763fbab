"""The vocabulary: tags are unique and lower case, fields are Mitsuba's spelling, nodes know their place."""

import msgspec
import numpy as np
import pytest

from specrender.scene import description as d

STRUCTS = [s for s in vars(d).values() if isinstance(s, type) and issubclass(s, d.Node)]


def test_tags_are_unique_in_their_family():
    families = (
        d.Material,
        d.SceneLight,
        d.AnyShape,
        d.Camera,
        d.ReconstructionFilter,
        d.Sampler,
        d.Integrator,
        d.Texture,
    )
    for family in families:
        tags = [s.__struct_config__.tag for s in family.__args__ if s is not str]
        assert len(tags) == len(set(tags)) and all(tag == tag.lower() for tag in tags)


def test_every_struct_is_documented_and_refuses_unknown_fields():
    for struct in STRUCTS:
        assert struct.__doc__, struct
        assert struct.__struct_config__.forbid_unknown_fields
        with pytest.raises(TypeError):
            struct(no_such_parameter=1)


def test_where_and_fail():
    node = d.Diffuse()
    assert d.where(node) is None
    node.__dict__["location"] = "a.xml:3"
    assert str(d.fail(node, "is wrong")) == "a.xml:3: is wrong"
    assert node == d.Diffuse()  # the place is no part of the value


def test_transform():
    matrix = np.diag([2.0, 4.0, 8.0, 1.0])
    transform = d.Transform(matrix)
    np.testing.assert_array_equal(transform.inverse @ matrix, np.eye(4))
    assert transform == d.Transform(matrix.ravel()) and transform != d.Transform()
    assert d.Scene() == d.Scene() and d.Sphere().to_world is not d.Sphere().to_world


def test_structs_convert_by_msgspec():
    shape = msgspec.convert({"type": "sphere", "radius": 2}, d.Sphere | d.Disk)
    assert shape == d.Sphere(radius=2.0)
