"""Textures."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.node import Node, Transform, Vec3
from specrender.scene.description.spectra import Spectrum


class Bitmap(Node, tag="bitmap", tag_field="type", kw_only=True):
    """An image as a texture; `raw` switches colour conversion off (for roughness, opacity, normals).

    Linear values v become `scale` v + `offset`, for each of R, G, B if three numbers are given; with a `threshold` 1
    from there on and 0 below.  `channel` takes one channel as it is stored, for packed maps; alpha is 1 without one.
    """

    filename: str
    raw: bool = False
    channel: Literal["r", "g", "b", "a"] | None = None
    scale: float | Vec3 = 1.0
    offset: float | Vec3 = 0.0
    threshold: float | None = None
    filter_type: Literal["bilinear", "nearest"] = "bilinear"
    wrap_mode: Literal["repeat", "mirror", "clamp"] = "repeat"
    space: str = "srgb"
    to_uv: Transform = msgspec.field(default_factory=Transform)


class SpectralBitmap(Node, tag="spectral_bitmap", tag_field="type", kw_only=True):
    """An image with a spectrum in each texel: an EXR file in the layout of [Fichet2021], as specrender writes them."""

    filename: str
    scale: float = 1.0
    filter_type: Literal["bilinear", "nearest"] = "bilinear"
    wrap_mode: Literal["repeat", "mirror", "clamp"] = "repeat"
    extrapolate: Literal["hold", "zero"] = "hold"
    to_uv: Transform = msgspec.field(default_factory=Transform)


class Checkerboard(Node, tag="checkerboard", tag_field="type", kw_only=True):
    """Two colours on a grid whose squares have half a unit of uv."""

    color0: Spectrum = 0.4
    color1: Spectrum = 0.2
    to_uv: Transform = msgspec.field(default_factory=Transform)


class MeshAttribute(Node, tag="mesh_attribute", tag_field="type", kw_only=True):
    """A value that a mesh carries for each vertex ("vertex_...") or face ("face_...")."""

    name: str
    scale: float = 1.0


class Pattern(Node, kw_only=True):
    """What noise, marble and wood share: two colours mixed by sums of gradient noise [Perlin2002] in uv."""

    color0: Spectrum = 0.2
    color1: Spectrum = 0.8
    octaves: int = 4
    roughness: float = 0.5
    seed: int = 0
    to_uv: Transform = msgspec.field(default_factory=Transform)


class Noise(Pattern, tag="noise", tag_field="type", kw_only=True):
    """Clouds: the mixing follows the noise itself."""


class Marble(Pattern, tag="marble", tag_field="type", kw_only=True):
    """Bands across u, one in each unit, bent by turbulence."""

    distortion: float = 1.0


class Wood(Pattern, tag="wood", tag_field="type", kw_only=True):
    """Rings about the origin of uv, one in each unit of radius, bent by noise."""

    distortion: float = 0.2


Texture = Bitmap | SpectralBitmap | Checkerboard | MeshAttribute | Noise | Marble | Wood
