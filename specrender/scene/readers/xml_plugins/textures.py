"""Mitsuba's textures as structs: one function a plugin type."""

from __future__ import annotations

from specrender.scene import description as d


def _bitmap(p):
    p.neutral("format", ("string",), ("auto", "variant", "fp16", "fp32"))
    p.neutral("accel", ("boolean",))
    return d.Bitmap(
        filename=p.filename(),
        raw=p.boolean("raw", False),
        filter_type=p.choice("filter_type", ("bilinear", "nearest"), "bilinear"),
        wrap_mode=p.choice("wrap_mode", ("repeat", "mirror", "clamp"), "repeat"),
        to_uv=p.transform("to_uv"),
    )


def _checkerboard(p):
    return d.Checkerboard(
        color0=p.reflectance("color0", 0.4), color1=p.reflectance("color1", 0.2), to_uv=p.transform("to_uv")
    )


def _mesh_attribute(p):
    p.required("name")
    return d.MeshAttribute(name=p.string("name", None), scale=p.number("scale", 1.0))


TEXTURES = {"bitmap": _bitmap, "checkerboard": _checkerboard, "mesh_attribute": _mesh_attribute}
