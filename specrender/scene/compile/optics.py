"""Reconstruction filter, wavelengths, spectral bins and integrator of the scene to the settings record."""

from __future__ import annotations

import numpy as np

from specrender.color import rgb_to_xyz
from specrender.errors import did_you_mean
from specrender.kernel.aov import AOV_TAGS
from specrender.kernel.sampler import INDEPENDENT, SOBOL
from specrender.kernel.settings import DEPTH, DIRECT, NO_INTEGRATOR, PATH
from specrender.kernel.texture.layout import RGB
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.rules.place import WAVELENGTHS
from specrender.spectra.observers import DEFAULT_OBSERVER, observer
from specrender.spectra.wavelengths import visible

SAMPLER_TAGS = {d.IndependentSampler: INDEPENDENT, d.SobolSampler: SOBOL}

#: Equal-probability cells of the tabulated inverse CDFs.
WAVELENGTH_CELLS = 1024
FILTER_CELLS = 256

#: The wavelength density: (nm, logarithm of the density), linear in between, and a share that is uniform, so that every
#: bin and every lamp line is sampled.  Found by minimising the variance of R, G, B and Y over the 24 patches of a
#: ColorChecker under E, D65, A and a white LED, with a small penalty on curvature.  On average over the patches under
#: E, D65 and A, R, G and B together have 0.0033 of variance in units of the illuminant's Y^2; with pbrt-v4's one bump,
#: 0.041; with a uniform share of 0.05, 0.0026, but then the outer bins of a spectral film have four times the variance.
#: Smoothness counts: the quadrature by four rotated lanes cancels what varies slowly along the CDF.
WAVELENGTH_DENSITY = (
    (360, -8.34), (380, -5.93), (400, -3.62), (415, -1.40), (430, -0.52), (445, 0.0), (460, -0.22), (475, -0.91),
    (490, -1.05), (505, -0.65), (520, -0.42), (540, -0.44), (560, -0.45), (580, -0.32), (600, -0.31), (620, -0.32),
    (640, -0.49), (660, -0.97), (680, -1.80), (700, -3.58), (720, -5.46), (750, -7.08), (830, -8.42),
)  # fmt: skip
UNIFORM_SHARE = 0.2

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


# ---------------------------------------------------------------- wavelengths


def wavelength_density(grid_nm: np.ndarray, responses: list = ()) -> np.ndarray:
    """Density of the wavelengths of a path at equally spaced wavelengths, not normalised; positive everywhere.

    responses : functions of nm that the film integrates; where there are any, they take the observer's place.
    """
    if responses:
        density = sum(response(grid_nm) / max(response(grid_nm).mean(), 1e-30) for response in responses)
    else:
        density = np.exp(np.interp(grid_nm, *np.transpose(WAVELENGTH_DENSITY)))
    return (1.0 - UNIFORM_SHARE) * density / max(density.mean(), 1e-30) + UNIFORM_SHARE


def wavelength_range(scene: d.Scene, responses: dict) -> tuple[float, float]:
    """(min, max) [nm] that paths carry: the scene's or, if it says nothing, where the responses of its film are."""
    limits = scene.wavelengths
    if not responses or limits != d.WavelengthRange():
        return limits.lambda_min, limits.lambda_max
    grid = np.arange(*WAVELENGTHS)
    seen = grid[np.any([response(grid) > 0.0 for response in responses.values()], axis=0)]
    if not len(seen) or len(seen) == len(grid):  # black, or not limited by itself
        return limits.lambda_min, limits.lambda_max
    # one step more on each side: the table may begin between two whole numbers
    return float(max(seen[0] - 1.0, WAVELENGTHS[0])), float(min(seen[-1] + 1.0, WAVELENGTHS[1]))


def film_responses(scene: d.Scene, builder: TableBuilder) -> dict:
    """Name of each channel of a film of sensor responses -> function of nm; empty for other films."""
    film = scene.film
    if not isinstance(film, d.SpecFilm):
        return {}
    if builder.mode == "rgb":
        raise d.fail(film, "a specfilm needs --mode spectral: RGB transport knows no wavelengths")
    return {name: builder.host_spectrum(spec, "unbounded", film) for name, spec in sorted(film.responses.items())}


def pack_wavelengths(
    record, scene: d.Scene, limits, responses: dict, builder: TableBuilder, observer_name: str | None = None
) -> np.ndarray:
    """The wavelength density into the values; returns the (n, 4) response table of the film.

    limits : (min, max) wavelength of a path [nm].  The camera's `srf` is a factor on what the film sees.
    """
    srf = scene.camera.srf
    if builder.mode == "rgb":
        table = np.zeros((3, 4), np.float32)
        table[:, :3] = rgb_to_xyz(builder.rgb_space).T
        if srf is not None:
            response = builder.textures[builder.spectral(srf, "unbounded", scene.camera)]
            factors = [response[f"value{i}"] if response["kind"] == RGB else response["scale"] for i in range(3)]
            table *= np.array(factors, np.float32)[:, None]
        return table
    low, high = limits
    grid = np.linspace(low, high, 16 * 1024 + 1)
    density = wavelength_density(0.5 * (grid[1:] + grid[:-1]), list(responses.values()))
    running = np.concatenate([[0.0], np.cumsum(density)])
    inverse = np.interp(np.linspace(0.0, running[-1], WAVELENGTH_CELLS + 1), running, grid)
    record["wavelength_cells"] = WAVELENGTH_CELLS
    record["wavelength_table"] = builder.values(inverse)
    # one row more than there are steps: the last wavelength is interpolated too
    table = np.zeros((len(builder.grid_nm) + 1, 4), np.float32)
    who = observer(DEFAULT_OBSERVER if observer_name is None else observer_name)
    for channel in range(3):
        table[:-1, channel] = np.interp(builder.grid_nm, visible(), who.functions[:, channel], left=0.0, right=0.0)
    if srf is not None:
        table[:-1] *= builder.host_spectrum(srf, "unbounded", scene.camera)(builder.grid_nm)[:, None]
    record["grid_start"] = builder.grid_nm[0]
    record["inv_cmf_integral"] = 1.0 / who.integral
    return table


def pack_bins(record, scene: d.Scene, mode: str, wanted: bool) -> np.ndarray | None:
    """Edges of the spectral film [nm], or None if there is none."""
    bins = getattr(scene.film, "spectral_bins", None)
    if bins is None and not wanted:
        return None
    if mode == "rgb":
        raise d.fail(scene.film, "a spectral film needs --mode spectral: RGB transport knows no wavelengths")
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
