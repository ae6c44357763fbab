"""Textures."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.node import Node, Transform
from specrender.scene.description.spectra import Spectrum


class Bitmap(Node, tag="bitmap", tag_field="type", kw_only=True):
    """An image as a texture; `raw` switches colour conversion off (for roughness, opacity, normals)."""

    filename: str
    raw: bool = False
    filter_type: Literal["bilinear", "nearest"] = "bilinear"
    wrap_mode: Literal["repeat", "mirror", "clamp"] = "repeat"
    space: str = "srgb"
    to_uv: Transform = msgspec.field(default_factory=Transform)


class Checkerboard(Node, tag="checkerboard", tag_field="type", kw_only=True):
    """Two colours on a grid whose squares have half a unit of uv."""

    color0: Spectrum = 0.4
    color1: Spectrum = 0.2
    to_uv: Transform = msgspec.field(default_factory=Transform)


Texture = Bitmap | Checkerboard
