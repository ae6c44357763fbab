"""Mitsuba's renames of parameters in files that are older than version 2."""

from __future__ import annotations

import re

from specrender.scene.description import Transform
from specrender.scene.readers import transforms
from specrender.scene.readers.xml_nodes import Plugin, Value


def upgrade(plugin: Plugin) -> None:
    """Give the parameters of a plugin of version 0.x or 1.x the names they have today."""
    renamed = {}
    for name, value in plugin.params.items():
        renamed[name if name.startswith("_arg_") else snake_case(name)] = value
    if plugin.type == "diffuse" and "diffuse_reflectance" in renamed:
        renamed["reflectance"] = renamed.pop("diffuse_reflectance")
    uv = {name: renamed.pop(name) for name in ("uoffset", "voffset", "uscale", "vscale") if name in renamed}
    if uv:
        get = {name: value.value for name, value in uv.items()}
        matrix = transforms.scale([get.get("uscale", 1.0), get.get("vscale", 1.0), 1.0])
        matrix = matrix @ transforms.translate([get.get("uoffset", 0.0), get.get("voffset", 0.0), 0.0])
        renamed["to_uv"] = Value("transform", Transform(matrix), next(iter(uv.values())).location)
    plugin.params = renamed


def snake_case(name):
    """camelCase to snake_case as Mitsuba does it: `toWorld` is to_world, `intIOR` is int_ior."""
    return re.sub(r"(?<=[a-z])[A-Z]+", lambda m: "_" + m[0].lower(), name)
