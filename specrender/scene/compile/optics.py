"""Reconstruction filter, sensor responses, spectral bins and integrator of the scene to the settings record."""

from __future__ import annotations

import warnings

import numpy as np

from specrender.errors import SpecrenderWarning, did_you_mean
from specrender.kernel.aov import AOV_TAGS
from specrender.kernel.sampler import INDEPENDENT, SOBOL
from specrender.kernel.settings import DEPTH, DIRECT, NO_INTEGRATOR, PATH
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder

SAMPLER_TAGS = {d.IndependentSampler: INDEPENDENT, d.SobolSampler: SOBOL}

#: Equal-probability cells of the tabulated inverse CDF.
FILTER_CELLS = 256

#: Width of the bins of an output named *.spectral.exr when the scene does not ask for any [nm].
DEFAULT_BIN_WIDTH_NM = 5.0


# ---------------------------------------------------------------- reconstruction filter


def filter_function(rfilter: d.ReconstructionFilter):
    """(f, radius): the one-dimensional filter as a function of |x| [pixels] and where it ends."""
    match rfilter:
        case d.BoxFilter(radius=radius):
            return np.ones_like, radius
        case d.TentFilter(radius=radius):
            return (lambda x: np.maximum(0.0, 1.0 - x / radius)), radius
        case d.GaussianFilter(stddev=stddev):
            radius = 4.0 * stddev
            edge = np.exp(-0.5 * (radius / stddev) ** 2)
            return (lambda x: np.maximum(0.0, np.exp(-0.5 * (x / stddev) ** 2) - edge)), radius
        case d.MitchellFilter(B=b, C=c):
            return (lambda x: _cubic(x, b, c)), 2.0
        case d.CatmullRomFilter():
            return (lambda x: _cubic(x, 0.0, 0.5)), 2.0
        case d.LanczosFilter(lobes=lobes):
            return (lambda x: np.sinc(x) * np.sinc(x / lobes)), float(lobes)


def _cubic(x, b, c):
    """The two-parameter family of [Mitchell1988] eq. 8."""
    near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + (6 - 2 * b)
    far = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)
    return np.where(x < 1, near, np.where(x < 2, far, 0.0)) / 6.0


def filter_radius(rfilter: d.ReconstructionFilter) -> float:
    """How far from the middle of a pixel its samples lie along each axis, at most [pixels]."""
    return float(filter_function(rfilter)[1])


def has_negative_parts(rfilter: d.ReconstructionFilter) -> bool:
    """Whether samples of it have weights other than 1."""
    function, radius = filter_function(rfilter)
    return bool((function(np.linspace(0.0, radius, FILTER_CELLS)) < -1e-6).any())


def pack_filter(record, rfilter: d.ReconstructionFilter, builder: TableBuilder) -> None:
    """Inverse CDF of the filter's magnitude, and each cell's weight (its signed share over its share)."""
    if isinstance(rfilter, d.BoxFilter):
        record["filter_cells"] = 1
        record["filter_table"] = builder.values([-rfilter.radius, rfilter.radius, 1.0])
        return
    function, radius = filter_function(rfilter)
    edges = np.linspace(-radius, radius, 64 * FILTER_CELLS + 1)
    centres = 0.5 * (edges[1:] + edges[:-1])
    signed = function(np.abs(centres))
    magnitude = np.concatenate([[0.0], np.cumsum(np.abs(signed))])
    levels = np.linspace(0.0, magnitude[-1], FILTER_CELLS + 1)
    inverse = np.interp(levels, magnitude, edges)
    running = np.interp(inverse, edges, np.concatenate([[0.0], np.cumsum(signed)]))
    weights = np.diff(running) / running[-1] * FILTER_CELLS
    # Multiples of 2^-16: products are multiples of 2^-32, so that float64 sums of two million of them are exact in
    # whatever order parts of an image are added.  It changes weights by less than 8e-6.
    weights = np.rint(weights * 2.0**16) * 2.0**-16
    record["filter_cells"] = FILTER_CELLS
    record["filter_table"] = builder.values(np.concatenate([inverse, weights]))


# ---------------------------------------------------------------- film


def film_responses(scene: d.Scene, builder: TableBuilder) -> dict:
    """Name of each channel of a film of sensor responses -> function of nm; empty for other films."""
    film = scene.film
    if not isinstance(film, d.SpecFilm):
        return {}
    if builder.mode == "rgb":
        raise d.fail(film, "a specfilm needs --mode spectral: RGB transport knows no wavelengths")
    return {name: builder.host_spectrum(spec, "unbounded", film) for name, spec in sorted(film.responses.items())}


def pack_bins(record, scene: d.Scene, mode: str, wanted: bool) -> np.ndarray | None:
    """Edges of the spectral film [nm], or None if there is none."""
    bins = getattr(scene.film, "spectral_bins", None)
    if bins is None and not wanted:
        return None
    if mode == "rgb":
        remedy = "" if bins is None else "; leave its spectral_bins out for rgb"
        raise d.fail(scene.film, f"a spectral film needs --mode spectral: RGB transport knows no wavelengths{remedy}")
    if bins is None:
        bins = d.SpectralBins(
            width=DEFAULT_BIN_WIDTH_NM, lambda_min=scene.wavelengths.lambda_min, lambda_max=scene.wavelengths.lambda_max
        )
    elif isinstance(bins, int):
        bins = d.SpectralBins(
            count=bins, lambda_min=scene.wavelengths.lambda_min, lambda_max=scene.wavelengths.lambda_max
        )
    span = bins.lambda_max - bins.lambda_min
    width = bins.width if bins.width is not None else DEFAULT_BIN_WIDTH_NM
    count = bins.count if bins.count is not None else max(1, round(span / width))
    edges = np.linspace(bins.lambda_min, bins.lambda_max, count + 1)
    low, high = scene.wavelengths.lambda_min, scene.wavelengths.lambda_max
    if edges[0] < low or edges[-1] > high:
        what = f"bins from {edges[0]:g} to {edges[-1]:g} nm, but paths carry {low:g} to {high:g} nm"
        remedy = "what lies outside stays 0; [wavelengths] of the scene sets lambda_min and lambda_max"
        warnings.warn(f"{d.where(scene.film) or 'film'}: {what}: {remedy}", SpecrenderWarning, stacklevel=2)
    record["bin_count"], record["bin_start"] = count, edges[0]
    record["inv_bin_width"] = count / span
    return edges


# ---------------------------------------------------------------- integrator


def _nested(integrator: d.Integrator | None) -> list[d.Integrator | None]:
    """From the outermost to the one that carries light; those before it only add layers."""
    chain = [integrator]
    while isinstance(chain[-1], (d.MomentIntegrator, d.AovIntegrator)):
        chain.append(chain[-1].integrator)
    return chain


def samples_bsdfs(scene: d.Scene) -> bool:
    """Whether light is looked for by sampling BSDFs, too, so that sampling lights need not find all of it."""
    integrator = _nested(scene.integrator)[-1]
    return not isinstance(integrator, d.DirectIntegrator) or _samples_of_direct(integrator)[1] > 0


def _samples_of_direct(integrator: d.DirectIntegrator) -> tuple[int, int]:
    """Numbers of samples of emitters and of the BSDF."""
    both = 1 if integrator.shading_samples is None else integrator.shading_samples
    emitter, bsdf = integrator.emitter_samples, integrator.bsdf_samples
    return both if emitter is None else emitter, both if bsdf is None else bsdf


def pack_integrator(record, scene: d.Scene) -> tuple[list[str], list[int], bool]:
    """(names, tags) of the extra layers, and whether second moments are wanted."""
    *around, integrator = _nested(scene.integrator)
    wants_moments = any(isinstance(layer, d.MomentIntegrator) for layer in around)
    names = [_aov_type(entry, layer) for layer in around if isinstance(layer, d.AovIntegrator) for entry in layer.aovs]
    tags = [AOV_TAGS[name] for name in dict.fromkeys(names)]
    record["aov_count"] = len(tags)
    if integrator is None:
        record["integrator"] = NO_INTEGRATOR
    elif isinstance(integrator, d.DepthIntegrator):
        record["integrator"] = DEPTH
    elif isinstance(integrator, d.DirectIntegrator):
        record["integrator"] = DIRECT
        record["emitter_samples"], record["bsdf_samples"] = _samples_of_direct(integrator)
        if record["emitter_samples"] + record["bsdf_samples"] == 0:
            raise d.fail(integrator, "direct needs at least one emitter sample or BSDF sample")
        record["hide_emitters"] = integrator.hide_emitters
    else:
        record["integrator"] = PATH
        record["max_depth"], record["rr_depth"] = integrator.max_depth, integrator.rr_depth
        record["hide_emitters"] = integrator.hide_emitters
    return list(dict.fromkeys(names)), tags, wants_moments


def _aov_type(entry: str, node: d.Node) -> str:
    """The type of an entry "NAME:TYPE" or "TYPE"."""
    name = entry.split(":")[-1].strip()
    if name not in AOV_TAGS:
        raise d.fail(node, f"there is no AOV type '{name}'{did_you_mean(name, AOV_TAGS)}")
    return name
