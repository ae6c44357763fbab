"""Spectra, numbers that vary over a surface, and refractive indices, as a scene file writes them."""

from __future__ import annotations

from typing import Literal

from specrender.scene.description.node import Node, Vec3


class SpectrumSpec(Node, kw_only=True):
    """A spectral quantity written as a table; exactly one of rgb, blackbody, name, values, file, texture is given.

    `scale` multiplies whatever was given.  On a light, `rgb` and `texture` are times D65 unless
    `white` is false.  `wavelengths` [nm] goes with `values`; `extrapolate` says what a table is
    outside its range.  A `name` is a data set ("D65", "FL11", "ColorChecker/red") or an entry of `[spectra]`.
    """

    rgb: Vec3 | None = None
    space: str = "srgb"
    blackbody: float | None = None
    name: str | None = None
    wavelengths: list[float] | None = None
    values: list[float] | None = None
    file: str | None = None
    texture: str | None = None
    scale: float = 1.0
    white: bool = True
    extrapolate: Literal["zero", "hold"] = "zero"


class TextureRef(Node, kw_only=True):
    """A scalar parameter that varies over the surface: `{ texture = "NAME" }` with NAME from `[textures]`."""

    texture: str


class IorSpec(Node, kw_only=True):
    """A dispersive refractive index; exactly one of cauchy, sellmeier, values, file is given.

    cauchy : A, B [um^2], C [um^4]: n = A + B/l^2 + C/l^4.   sellmeier : B1, B2, B3, C1, C2, C3 [um^2].
    values : indices at `wavelengths` [nm], held constant outside their range.
    """

    cauchy: list[float] | None = None
    sellmeier: list[float] | None = None
    wavelengths: list[float] | None = None
    values: list[float] | None = None
    file: str | None = None


#: A number (the same at every wavelength), the name of a data set or of an entry of `[spectra]`, or a table.
Spectrum = float | str | SpectrumSpec
#: A number or a texture.
FloatTexture = float | TextureRef
#: A number, the name of a material ("BK7", "water"; dispersive in TOML), or a table.
Ior = float | str | IorSpec
