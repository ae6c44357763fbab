"""Which wavelengths paths carry: their range, and a density that follows the observer and the lines of the lamps."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from specrender.color import rgb_to_xyz
from specrender.kernel.texture.layout import RGB
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.lights.lines import Lamp
from specrender.scene.rules.place import WAVELENGTHS
from specrender.spectra.observers import DEFAULT_OBSERVER, observer
from specrender.spectra.spectrum import Tabulated, straight_pieces
from specrender.spectra.wavelengths import visible

#: Equal-probability cells of the tabulated inverse CDF, and the even cells that it is made of.
WAVELENGTH_CELLS = 1024
EVEN_CELLS = 16 * 1024

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

#: Standard deviation [nm] of the smoothed spectrum above which something is a line of a lamp.  What varies more slowly
#: the density above is as good for as any: in proportion to the whole spectrum it would have 3 times the variance under
#: D65, for the four lanes of a path would no longer make up for each other.  The patches of a ColorChecker have, in
#: units as above, 0.032 instead of 0.485 under FL11, 0.017 instead of 0.370 under HP1, 0.023 instead of 0.317 under
#: LED-RGB1, 0.05 instead of 21 under lines of mercury 0.3 nm wide.  10 nm leave five times as much for lines as broad
#: as those of an LED.
LINE_SCALE_NM = 20.0
#: A spectrum that differs less than this from its smoothed one, as the mean over the density, has no lines: daylight
#: does by 0.05, a white LED by 0.13 to 0.3, fluorescent tubes by 0.2 to 0.7.
LEAST_LINES = 0.1
#: Share of the density that knows of no lines: of what shines in a way that is not known here, and for spectral bins.
#: At 0.1 the above have 0.6 times the variance, and bins between lines twice as much.
KEPT_SHARE = 0.2
#: Cells that are smoothed as one, and how many neighbours count as part of a line: the cells of the table that lie half
#: on a line would be sampled as what is beside it.
SMOOTHED_CELLS = 32
LINE_MARGIN = 2


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


def wavelength_density(edges_nm: np.ndarray, responses: list = (), lamps: list[Lamp] = ()) -> np.ndarray:
    """(n,) density of the wavelengths of a path in n even cells, not normalised; positive everywhere.

    edges_nm : (n + 1,), n a multiple of SMOOTHED_CELLS.
    responses : functions of nm that the film integrates; where there are any, they take the observer's place.
    lamps : what shines.  Where a lamp has a line, the density is higher by the factor by which the lamp's spectrum is
        above its smoothed one, so that a line is met about as often as what would be there if it were smeared out.
    """
    middles = 0.5 * (edges_nm[1:] + edges_nm[:-1])
    if responses:
        density = sum(response(middles) / max(response(middles).mean(), 1e-30) for response in responses)
    else:
        density = np.exp(np.interp(middles, *np.transpose(WAVELENGTH_DENSITY)))
    density = (1.0 - UNIFORM_SHARE) * density / max(density.mean(), 1e-30) + UNIFORM_SHARE
    total = sum(lamp.weight for lamp in lamps)
    if not total > 0.0:
        return density
    lines = sum(lamp.weight / total * _lines(lamp.spectrum, edges_nm, density) for lamp in lamps)
    return density * (KEPT_SHARE + (1.0 - KEPT_SHARE) * lines)


def _lines(spectrum: Tabulated | None, edges_nm: np.ndarray, density: np.ndarray) -> np.ndarray:
    """A spectrum over what it is when smoothed, in even cells; 1 for one without lines, or None."""
    count = len(edges_nm) - 1
    nothing = np.ones(count)
    if spectrum is None:
        return nothing
    values = _cell_means(spectrum, edges_nm)
    coarse = count // SMOOTHED_CELLS
    smooth = _blur(coarse, SMOOTHED_CELLS * (edges_nm[1] - edges_nm[0])) @ values.reshape(coarse, -1).mean(axis=1)
    smooth = np.interp(np.arange(count) + 0.5, SMOOTHED_CELLS * (np.arange(coarse) + 0.5), smooth)
    if not smooth.max() > 0.0:
        return nothing
    padded = np.pad(values, LINE_MARGIN)
    widened = np.max([padded[k : k + count] for k in range(2 * LINE_MARGIN + 1)], axis=0)
    lines = widened / np.maximum(smooth, 1e-6 * smooth.max())
    return lines if np.average(np.abs(lines - 1.0), weights=density) > LEAST_LINES else nothing


@lru_cache(maxsize=1)
def _blur(count: int, step_nm: float) -> np.ndarray:
    """(count, count) matrix that smooths values in even cells; its rows add up to 1, also at the ends of the range."""
    cells = np.arange(count)
    blur = np.exp(-0.5 * ((cells[:, None] - cells) * (step_nm / LINE_SCALE_NM)) ** 2)
    return blur / blur.sum(axis=1, keepdims=True)


def _cell_means(spectrum: Tabulated, edges_nm: np.ndarray) -> np.ndarray:
    """The mean magnitude of a table in each cell, exactly: the thinnest line counts."""
    pieces = straight_pieces(spectrum.wavelengths, edges_nm[0], edges_nm[-1], spectrum.extrapolate == "hold")
    nodes = np.union1d(edges_nm, pieces)
    values = np.abs(spectrum(nodes))
    running = np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(nodes))])
    return np.diff(running[np.searchsorted(nodes, edges_nm)]) / np.diff(edges_nm)


def pack_wavelengths(
    record,
    scene: d.Scene,
    limits,
    responses: dict,
    lamps: list[Lamp],
    builder: TableBuilder,
    observer_name: str | None = None,
) -> np.ndarray:
    """The wavelength density into the values; returns the (n, 4) response table of the film.

    limits : (min, max) wavelength of a path [nm].
    lamps : as in `wavelength_density`.

    The camera's `srf` is a factor on what the film sees.
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
    grid = np.linspace(low, high, EVEN_CELLS + 1)
    density = wavelength_density(grid, list(responses.values()), lamps)
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
