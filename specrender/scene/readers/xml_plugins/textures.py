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
    colors = [p.reflectance(name, default) for name, default in (("color0", 0.4), ("color1", 0.2))]
    for name, color in zip(("color0", "color1"), colors, strict=True):
        if isinstance(color, d.SpectrumSpec) and color.texture is not None:
            raise p.fail("a texture inside a checkerboard is not supported", name)
    return d.Checkerboard(color0=colors[0], color1=colors[1], to_uv=p.transform("to_uv"))


TEXTURES = {"bitmap": _bitmap, "checkerboard": _checkerboard}
