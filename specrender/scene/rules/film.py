"""Rules of the film, its filters and the wavelengths."""

from __future__ import annotations

import re

from specrender.scene import description as d
from specrender.scene.rules.place import MAX_BINS, MAX_PIXELS, WAVELENGTHS
from specrender.scene.shown import shown


def _filter(*fields):
    return lambda p: p.positive(*fields)


def _film(p):
    film = p.node
    for field in ("width", "height"):
        p.require(0 < getattr(film, field) <= MAX_PIXELS, field, f"between 1 and {MAX_PIXELS} pixels")
    for axis, size in (("x", film.width), ("y", film.height)):
        offset, extent = f"crop_offset_{axis}", "crop_width" if axis == "x" else "crop_height"
        start, length = getattr(film, offset), getattr(film, extent)
        p.require(0 <= start < size, offset, f"between 0 and {size - 1}")
        inside = length is None or 0 < length <= size - start
        p.require(inside, extent, f"between 1 and {size - start}, inside the film")


def _hdr_film(p):
    if isinstance(p.node.spectral_bins, int):
        p.positive("spectral_bins")
        p.at_most(MAX_BINS, "spectral_bins")


def _spec_film(p):
    from specrender.film.aovs import AOVS

    responses = p.node.responses
    p.require(bool(responses), "responses", "a table with at least one response")
    for name, response in responses.items():
        if not re.fullmatch(r"[A-Za-z_][\w.-]{0,99}", name):
            raise p.fail("responses", f"{shown(name)} is no name for a channel: letters, digits, '_', '-' and '.'")
        if name in AOVS:
            raise p.fail("responses", f"the name '{name}' is that of an aov")
        if isinstance(response, d.SpectrumSpec) and (response.texture is not None or response.rgb is not None):
            raise p.fail(f"responses.{name}", "a response is a spectrum, not a texture or an rgb colour")


def _spectral_bins(p):
    p.one_of("count", "width")
    p.positive("count", "width")
    p.at_most(MAX_BINS, "count")
    _range(p)
    span = p.node.lambda_max - p.node.lambda_min
    if p.node.width is not None and span / p.node.width > MAX_BINS:
        raise p.fail("width", f"width must give at most {MAX_BINS} bins, got {shown(p.node.width)} for {span:g} nm")


def _range(p):
    low, high = WAVELENGTHS
    for field in ("lambda_min", "lambda_max"):
        p.require(low <= getattr(p.node, field) <= high, field, f"within {low:g} and {high:g} nm")
    p.require(p.node.lambda_max > p.node.lambda_min, "lambda_max", "above lambda_min")


RULES = {
    d.BoxFilter: _filter("radius"),
    d.TentFilter: _filter("radius"),
    d.GaussianFilter: _filter("stddev"),
    d.LanczosFilter: _filter("lobes"),
    d.FilmBase: _film,
    d.HdrFilm: _hdr_film,
    d.SpecFilm: _spec_film,
    d.SpectralBins: _spectral_bins,
    d.WavelengthRange: _range,
}
