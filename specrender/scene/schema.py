"""JSON Schema of the native scene format, for editors that complete and check TOML or JSON."""

from __future__ import annotations

import msgspec

from specrender.scene import reference
from specrender.scene.description import Scene, Transform


def scene_schema() -> dict:
    """The schema (draft 2020-12) of a TOML scene as a plain dict; every scalar may be a "$name" of `[defaults]`."""
    (reference,), definitions = msgspec.json.schema_components([Scene], schema_hook=_hook)
    _describe(definitions)
    definitions = {name: _with_parameters(schema) for name, schema in definitions.items()}
    scalar = {"anyOf": [{"type": kind} for kind in ("number", "string", "boolean")]}
    definitions["Scene"]["properties"]["defaults"] = {
        "type": "object",
        "description": 'Values for strings "$name" in the rest of the file; -D NAME=VALUE replaces them.',
        "additionalProperties": scalar,
    }
    for name in ("HdrFilm", "AreaLight"):
        definitions[name]["required"].remove("type")  # the only or the usual kinds of their sort
    definitions |= {"Parameter": _PARAMETER, "TransformStep": _STEP}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "specrender scene",
        **reference,
        "$defs": definitions,
    }


_PARAMETER = {"type": "string", "pattern": "^\\$[^$]", "description": "The name of an entry of [defaults]."}


def _numbers(least, most=None):
    return {"type": "array", "items": {"type": "number"}, "minItems": least, "maxItems": most or least}


def _step(name, value, extra=None):
    properties = {name: value, **(extra or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_STEP = {
    "anyOf": [
        _step("translate", _numbers(2, 3)),
        _step("scale", {"anyOf": [{"type": "number"}, _numbers(2, 3)]}),
        _step("rotate", _numbers(3), {"angle": {"type": "number", "description": "degrees"}}),
        _step(
            "look_at",
            {
                "type": "object",
                "properties": {"origin": _numbers(3), "target": _numbers(3), "up": _numbers(3)},
                "required": ["origin", "target"],
                "additionalProperties": False,
            },
        ),
        _step("matrix", {"anyOf": [_numbers(16), {**_numbers(4), "items": _numbers(4)}]}),
    ]
}


def _hook(kind):
    """Transform in the syntax of `readers.steps`."""
    if kind is Transform:
        step = {"$ref": "#/$defs/TransformStep"}
        return {"anyOf": [step, {"type": "array", "items": step}]}
    raise NotImplementedError(f"no schema for {kind}")


def _describe(definitions):
    """Give each property the meaning and the unit that the parameter reference tells, which editors show."""
    for name, struct in reference.structs().items():
        if name in definitions:
            for field, schema in definitions[name]["properties"].items():
                unit, meaning = reference.meaning(struct, field)
                if meaning:
                    # beside a "$ref" as well: siblings of references count since draft 2019-09
                    schema["description"] = f"{meaning} [{unit}]" if unit else meaning


def _with_parameters(schema):
    """The schema, with "$name" allowed wherever a number, an integer, a boolean or one of several words is."""
    if isinstance(schema, list):
        return [_with_parameters(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # `enum` with a single entry is the type tag of a struct and stays literal.
    scalar = schema.get("type") in ("number", "integer", "boolean") or len(schema.get("enum", ())) > 1
    if scalar:
        outer = {key: schema[key] for key in ("default", "description") if key in schema}
        inner = {key: value for key, value in schema.items() if key not in outer}
        return {**outer, "anyOf": [inner, {"$ref": "#/$defs/Parameter"}]}
    return {key: value if key == "default" else _with_parameters(value) for key, value in schema.items()}
