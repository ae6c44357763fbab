"""The image: its reconstruction filters and what is stored."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.node import Node
from specrender.scene.description.spectra import Spectrum


class BoxFilter(Node, tag="box", tag_field="type", kw_only=True):
    """One pixel wide."""

    radius: float = 0.5


class TentFilter(Node, tag="tent", tag_field="type", kw_only=True):
    """Linear falloff."""

    radius: float = 1.0


class GaussianFilter(Node, tag="gaussian", tag_field="type", kw_only=True):
    """Gaussian of standard deviation `stddev` pixels, cut and shifted to zero at 4 `stddev`."""

    stddev: float = 0.5


class MitchellFilter(Node, tag="mitchell", tag_field="type", kw_only=True):
    """The cubic of [Mitchell1988] with its parameters B and C."""

    B: float = 1.0 / 3.0
    C: float = 1.0 / 3.0


class CatmullRomFilter(Node, tag="catmullrom", tag_field="type", kw_only=True):
    """Interpolating cubic with negative lobes."""


class LanczosFilter(Node, tag="lanczos", tag_field="type", kw_only=True):
    """Windowed sinc with `lobes` lobes."""

    lobes: int = 3


ReconstructionFilter = BoxFilter | TentFilter | GaussianFilter | MitchellFilter | CatmullRomFilter | LanczosFilter


class SpectralBins(Node, kw_only=True):
    """The spectral film: `count` equal bins, or bins of `width` nm, from `lambda_min` to `lambda_max` [nm]."""

    count: int | None = None
    width: float | None = None
    lambda_min: float = 360.0
    lambda_max: float = 830.0


class FilmBase(Node, kw_only=True):
    """What films share: size in pixels, crop window (origin top left), filter, type of the numbers in EXR files."""

    width: int = 768
    height: int = 576
    crop_offset_x: int = 0
    crop_offset_y: int = 0
    crop_width: int | None = None
    crop_height: int | None = None
    component_format: Literal["float16", "float32"] = "float16"
    rfilter: ReconstructionFilter = msgspec.field(default_factory=GaussianFilter)


class HdrFilm(FilmBase, tag="hdrfilm", tag_field="type", kw_only=True):
    """An image of colours and, if asked for, of spectra."""

    pixel_format: Literal["rgb", "rgba", "xyz", "xyza", "luminance", "luminance_alpha"] = "rgb"
    spectral_bins: SpectralBins | int | None = None


class SpecFilm(FilmBase, tag="specfilm", tag_field="type", kw_only=True):
    """An image with one channel a sensor response: the integral of radiance times response over wavelength [nm].

    EXR files hold these channels in place of the colour; wavelengths are sampled where the responses are.
    """

    responses: dict[str, Spectrum]


Film = HdrFilm | SpecFilm
