"""The JSON Schema names every struct and field of the vocabulary and the syntax of transforms."""

import json

from specrender.scene import description as d
from specrender.scene.schema import scene_schema


def test_it_is_json_and_complete():
    schema = json.loads(json.dumps(scene_schema()))
    definitions = schema["$defs"]
    assert schema["$ref"] == "#/$defs/Scene"
    bases = {d.Node, d.Light, d.Shape, d.MeshFile, d.CameraBase, d.ProjectiveCamera, d.FilmBase, d.Pattern}
    for struct in vars(d).values():
        if isinstance(struct, type) and issubclass(struct, d.Node) and struct not in bases:
            entry = definitions[struct.__name__]
            expected = {*struct.__struct_fields__} | ({"type"} if struct.__struct_config__.tag else set())
            assert set(entry["properties"]) - {"defaults"} == expected
            assert entry["additionalProperties"] is False
            if struct.__struct_config__.tag:
                assert entry["properties"]["type"] == {"enum": [struct.__struct_config__.tag]}


def test_transforms_and_parameters():
    definitions = scene_schema()["$defs"]
    step = {"$ref": "#/$defs/TransformStep"}
    assert definitions["Sphere"]["properties"]["to_world"]["anyOf"] == [step, {"type": "array", "items": step}]
    kinds = [option["required"][0] for option in definitions["TransformStep"]["anyOf"]]
    assert kinds == ["translate", "scale", "rotate", "look_at", "matrix"]
    radius = dict(definitions["Sphere"]["properties"]["radius"])
    assert radius.pop("description")
    assert radius == {"default": 1.0, "anyOf": [{"type": "number"}, {"$ref": "#/$defs/Parameter"}]}


def test_properties_tell_what_they_mean():
    """What an editor shows for each parameter: its meaning and its unit."""
    definitions = scene_schema()["$defs"]
    assert ".npy" in definitions["Scene"]["properties"]["instances"]["description"]
    assert "(n, 3, 4)" in definitions["Instances"]["properties"]["transforms"]["description"]
    assert definitions["Scene"]["properties"]["film"]["description"] == "the image"
    assert definitions["WavelengthRange"]["properties"]["lambda_min"]["description"] == "shortest wavelength [nm]"
    silent = {
        (name, field)
        for name, schema in definitions.items()
        for field, entry in schema.get("properties", {}).items()
        if "description" not in entry and field not in ("type",)
    }
    assert not silent


def test_every_reference_resolves():
    schema = scene_schema()

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    names = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert names and names <= set(schema["$defs"])
