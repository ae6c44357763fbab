"""RGB to spectrum: the coefficients of smooth spectra that look like given colours, [Jakob2019].

A reflectance is S(c0 l^2 + c1 l + c2) with l in nm (`spectrum.Sigmoid`). Its coefficients are found so that it has the
wanted linear RGB under D65. Every sRGB colour within [0, 1] has such a spectrum (to 1e-6); in
wider spaces some colours are no possible reflectance, and get one near the nearest in CIELAB: `round_trip_error`
tells. Emitters and values without bound are twice their largest component times the reflectance of what is left, as
in Mitsuba 3; emitters are seen through D65, normalised to luminance 1.

Few colours are solved one by one, many are looked up in a table (`uplift_table`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from specrender.color.gamuts import GAMUTS, gamut, rgb_to_xyz
from specrender.errors import InputError
from specrender.spectra import catalogue, wavelengths
from specrender.spectra.spectrum import Scaled, Sigmoid, Spectrum, luminance, sigmoid

# The white of all scenes: (1, 1, 1) of any space means this, as its output means (1, 1, 1) (Bradford's adaptation,
# as in OCIO and ACES).
WHITE = "D65"

# More unique colours than this are looked up in the table: about 0.2 s of solving, against 0.1 s of reading the table.
DIRECT_COLOURS = 2000

# Black and white are S(-LARGEST) and S(LARGEST), 2.5e-9 from 0 and 1: exactly 0 and 1 in float32.
LARGEST_ARGUMENT = 1e4

# Wavelength is scaled to t in [-1, 1] while solving: t = (l - CENTRE) / HALF_RANGE.
CENTRE_NM = 0.5 * (wavelengths.WAVELENGTH_MIN_NM + wavelengths.WAVELENGTH_MAX_NM)
HALF_RANGE_NM = 0.5 * (wavelengths.WAVELENGTH_MAX_NM - wavelengths.WAVELENGTH_MIN_NM)


@dataclass(frozen=True, eq=False)
class RgbSpace:
    """A linear RGB space: ``rgb_to_xyz`` (3, 3) float64, and the name of the illuminant that is its white."""

    name: str
    rgb_to_xyz: np.ndarray
    white: str


@cache
def rgb_space(name: str) -> RgbSpace:
    """The `RgbSpace` of a gamut token such as "srgb" or "acescg".

    InputError for an unknown one, and for xyz, which has no white.
    """
    space = gamut(name)
    if not space.adapted:
        usable = ", ".join(token for token, g in GAMUTS.items() if g.adapted)
        raise InputError(f"{name!r} is no space to give colours in: it has no white; allowed: {usable}")
    return RgbSpace(space.name, rgb_to_xyz(name), WHITE)


@cache
def white_spectrum(space: str | RgbSpace = "srgb") -> Spectrum:
    """The white of a space as an emitter of luminance 1 (`spectrum.luminance`)."""
    white = catalogue.named(_as_space(space).white)
    return Scaled(white, 1.0 / luminance(white))


def uplift_reflectance(rgb, space: str | RgbSpace = "srgb") -> Sigmoid:
    """The reflectance that has colour ``rgb`` (3,), linear, clipped to [0, 1]."""
    return Sigmoid(reflectance_coefficients(_one_colour(rgb), space))


def uplift_unbounded(rgb, space: str | RgbSpace = "srgb") -> Sigmoid:
    """A smooth spectrum of colour ``rgb`` (3,), linear and of any size, under D65."""
    coefficients, scale = unbounded_coefficients(_one_colour(rgb), space)
    return Sigmoid(coefficients, float(scale))


def uplift_emission(rgb, space: str | RgbSpace = "srgb") -> Sigmoid:
    """An emitter of colour ``rgb`` (3,), linear and of any size: its XYZ are rgb_to_xyz @ rgb (`integrate_xyz`)."""
    coefficients, scale = unbounded_coefficients(_one_colour(rgb), space)
    return Sigmoid(coefficients, float(scale), white_spectrum(space))


def reflectance_coefficients(rgb, space: str | RgbSpace = "srgb") -> np.ndarray:
    """Coefficients c of S(c0 l^2 + c1 l + c2), l in nm, for linear colours.

    Parameters
    ----------
    rgb : (..., 3) float, clipped to [0, 1]; InputError where not finite.
    space : a gamut token, or an `RgbSpace`.

    Returns
    -------
    (..., 3) float64. Greys are flat and exact. Up to `DIRECT_COLOURS` unique colours are solved to 1e-6; more are
    looked up, for which see `uplift_table.lookup`.
    """
    space = _as_space(space)
    rgb = np.clip(_as_colours(rgb), 0.0, 1.0)
    unique, inverse = np.unique(rgb.reshape(-1, 3), axis=0, return_inverse=True)
    if len(unique) > DIRECT_COLOURS:
        from specrender.spectra import uplift_table

        coefficients = uplift_table.lookup(unique, space)
    else:
        coefficients = solve(unique, space)
    return coefficients[inverse.ravel()].reshape(rgb.shape)


def unbounded_coefficients(rgb, space: str | RgbSpace = "srgb") -> tuple[np.ndarray, np.ndarray]:
    """(coefficients (..., 3), scale (...)) of linear colours of any size: scale = 2 max(rgb), as Mitsuba 3 has it.

    Negative components count as 0; black has scale 0.
    """
    rgb = np.maximum(_as_colours(rgb), 0.0)
    scale = 2.0 * rgb.max(axis=-1)
    return reflectance_coefficients(rgb / np.where(scale > 0, scale, 1.0)[..., None], space), scale


def coefficients_to_rgb(coefficients, space: str | RgbSpace = "srgb") -> np.ndarray:
    """Linear RGB (..., 3) of sigmoid reflectances under D65, where S = 1 is (1, 1, 1)."""
    coefficients = np.asarray(coefficients, dtype=np.float64)
    rule = quadrature(_as_space(space), 1.0)
    flat = coefficients.reshape(-1, 3)
    nm = wavelengths.visible()
    rgb = np.empty_like(flat)
    for begin in range(0, len(flat), _CHUNK):
        c = flat[begin : begin + _CHUNK]
        rgb[begin : begin + _CHUNK] = sigmoid((c[:, :1] * nm + c[:, 1:2]) * nm + c[:, 2:]) @ rule.weights
    return rgb.reshape(coefficients.shape)


def round_trip_error(rgb, coefficients, space: str | RgbSpace = "srgb") -> np.ndarray:
    """The largest difference, over R, G and B, between wanted linear colours and those of the coefficients: (...)."""
    return np.abs(coefficients_to_rgb(coefficients, space) - np.asarray(rgb, dtype=np.float64)).max(axis=-1)


# ---- Solving ---------------------------------------------------------------------------------------------------------

_CHUNK = 4096  # colours at a time, so that the samples of all of them (15 MB) stay near the cache
_TOLERANCE = 1e-5  # CIELAB distance at which a colour is found: about 1e-7 in linear RGB
_REACHED = 1e-2  # above this distance, after the first search, a colour counts as impossible
_MAX_COEFFICIENT = 5e3  # in units of t; at 1e3 a spectrum already steps from 0 to 1 within 1 nm
_STEEPNESS_PRICE = 1e-3  # CIELAB distance that a unit of coefficient costs where the colour is impossible


@dataclass(frozen=True, eq=False)
class Quadrature:
    """What a reflectance is integrated with: ``weights`` (n, 3) to RGB over ``basis`` (3, n) = t^2, t, 1."""

    weights: np.ndarray
    basis: np.ndarray
    rgb_to_xyz: np.ndarray  # relative to white: (1, 1, 1) to (1, 1, 1)

    @property
    def jacobian_weights(self) -> np.ndarray:
        """(n, 9): d rgb_i / d c_j = sum of S' weights_i basis_j."""
        return (self.weights[:, :, None] * self.basis.T[:, None, :]).reshape(-1, 9)


@cache
def quadrature(space: RgbSpace, step_nm: float) -> Quadrature:
    nm = wavelengths.visible()
    weights = wavelengths.cmf() * catalogue.named(space.white)(nm)[:, None]
    weights = weights @ np.linalg.inv(space.rgb_to_xyz).T
    # The illuminant's chromaticity differs from the rounded one of the space by up to 1e-4; a flat 1 is white, exactly.
    weights /= weights.sum(axis=0)
    if step_nm != 1.0:
        nm, weights = _resampled(nm, weights, step_nm)
    t = (nm - CENTRE_NM) / HALF_RANGE_NM
    rgb_to_xyz = space.rgb_to_xyz / space.rgb_to_xyz.sum(axis=1, keepdims=True)
    return Quadrature(weights, np.stack([t * t, t, np.ones_like(t)]), rgb_to_xyz)


def _resampled(nm: np.ndarray, weights: np.ndarray, step_nm: float) -> tuple[np.ndarray, np.ndarray]:
    """The same sums over fewer samples: each fine sample counts as the cubic through the four coarse ones around it."""
    coarse = np.linspace(nm[0], nm[-1], round((nm[-1] - nm[0]) / step_nm) + 1)
    position = (nm - coarse[0]) / (coarse[1] - coarse[0])
    first = np.clip(position.astype(np.int64) - 1, 0, len(coarse) - 4)
    u = position - first
    lagrange = np.stack(
        [
            -(u - 1) * (u - 2) * (u - 3) / 6,
            u * (u - 2) * (u - 3) / 2,
            -u * (u - 1) * (u - 3) / 2,
            u * (u - 1) * (u - 2) / 6,
        ]
    )
    result = np.zeros((len(coarse), 3))
    for i in range(4):
        np.add.at(result, first + i, lagrange[i][:, None] * weights)
    return coarse, result


def solve(rgb: np.ndarray, space: RgbSpace) -> np.ndarray:
    """Coefficients (n, 3) float64 in nm of colours (n, 3) within [0, 1], each solved for itself."""
    coefficients, _ = solve_scaled(rgb, grey_arguments(rgb, space), quadrature(space, 1.0))
    return to_nanometres(coefficients)


def grey_arguments(rgb: np.ndarray, space: RgbSpace) -> np.ndarray:
    """Scaled coefficients (n, 3) of the greys as bright as the colours (n, 3): where the search starts."""
    y = rgb @ quadrature(space, 1.0).rgb_to_xyz[1]
    return np.column_stack([np.zeros((len(rgb), 2)), grey_argument(np.clip(y, 1e-6, 1.0 - 1e-6))])


def grey_argument(value) -> np.ndarray:
    """x with S(x) = value, within +-`LARGEST_ARGUMENT`."""
    value = np.asarray(value, dtype=np.float64)
    spread = 2.0 * np.sqrt(np.maximum(value * (1.0 - value), 0.0))
    return np.clip((2.0 * value - 1.0) / np.maximum(spread, 1e-9), -LARGEST_ARGUMENT, LARGEST_ARGUMENT)


def is_grey(rgb: np.ndarray) -> np.ndarray:
    """Which of the colours (n, 3) have three equal components: (n,) bool."""
    return (rgb[:, 0] == rgb[:, 1]) & (rgb[:, 1] == rgb[:, 2])


def solve_scaled(
    rgb: np.ndarray, start: np.ndarray, rule: Quadrature, impossible: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (n, 3) in terms of t for colours (n, 3), searched from ``start`` (n, 3); greys are exact.

    Also returns which colours are impossible reflectances, (n,) bool. Those given as such are not searched for twice.
    """
    coefficients = np.array(start, dtype=np.float64)
    lost = np.zeros(len(rgb), dtype=bool) if impossible is None else impossible.copy()
    grey = is_grey(rgb)
    coefficients[grey] = 0.0
    coefficients[grey, 2] = grey_argument(rgb[grey, 0])
    hopeful = np.flatnonzero(~grey & ~lost)
    for begin in range(0, len(hopeful), _CHUNK):
        part = hopeful[begin : begin + _CHUNK]
        coefficients[part], distance = _levenberg_marquardt(rgb[part], start[part], rule, 0.0)
        lost[part] = distance > _REACHED
    # Impossible colours run off towards infinitely steep spectra along a flat valley. Search them again with a price on
    # steepness: smooth, and close to their neighbours, so that a table of them can be interpolated.
    again = np.flatnonzero(lost)
    for begin in range(0, len(again), _CHUNK):
        part = again[begin : begin + _CHUNK]
        coefficients[part], _ = _levenberg_marquardt(rgb[part], start[part], rule, _STEEPNESS_PRICE)
    return coefficients, lost


def refine_scaled(rgb: np.ndarray, coefficients: np.ndarray, rule: Quadrature, tolerance: float) -> None:
    """Bring those of the scaled coefficients (n, 3) that miss their colour by more than ``tolerance`` nearer, in place.

    Six steps; colours that these do not bring within the tolerance (impossible ones, mostly) stay as they were.
    """
    for begin in range(0, len(rgb), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        error = np.abs(sigmoid(coefficients[part] @ rule.basis) @ rule.weights - rgb[part]).max(axis=1)
        off = begin + np.flatnonzero(error > tolerance)
        found, _ = _levenberg_marquardt(rgb[off], coefficients[off], rule, 0.0, iterations=6)
        error = np.abs(sigmoid(found @ rule.basis) @ rule.weights - rgb[off]).max(axis=1)
        coefficients[off[error <= tolerance]] = found[error <= tolerance]


def to_nanometres(scaled: np.ndarray) -> np.ndarray:
    """Coefficients of t^2, t, 1 (..., 3) turned to those of l^2, l, 1 with l in nm."""
    a, b, c = np.moveaxis(scaled, -1, 0)
    a, b = a / HALF_RANGE_NM**2, b / HALF_RANGE_NM
    return np.stack([a, b - 2.0 * CENTRE_NM * a, c - CENTRE_NM * b + CENTRE_NM**2 * a], axis=-1)


def _levenberg_marquardt(
    rgb, start, rule: Quadrature, price: float, iterations: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of the CIELAB distance for many colours at once: ((n, 3) coefficients, (n,) distance).

    [Jakob2019] uses Gauss-Newton in CIELAB with continuation from grey; with Marquardt's damping by the
    diagonal every sRGB colour converges straight from the grey of its luminance, in 5 iterations as a rule, 35 at most.
    """
    wanted, _ = _lab(rgb @ rule.rgb_to_xyz.T)
    jacobian_weights = rule.jacobian_weights
    c = np.array(start)
    lab, jacobian = _evaluate(c, rule, jacobian_weights)
    residual = lab - wanted
    price = price * price
    cost = (residual**2).sum(axis=1) + price * (c**2).sum(axis=1)
    damping = np.full(len(c), 1e-3)
    stalled = np.zeros(len(c), dtype=np.int64)
    active = np.arange(len(c))
    for _ in range(iterations):
        active = active[(cost[active] > _TOLERANCE**2) & (stalled[active] < 8) & (damping[active] < 1e10)]
        if active.size == 0:
            break
        # Solve (J^T J + damping diag) step = J^T r for each colour.
        j = jacobian[active]
        normal = np.swapaxes(j, 1, 2) @ j + price * np.eye(3)
        gradient = (residual[active][:, None, :] @ j)[:, 0] + price * c[active]
        diagonal = np.einsum("nii->ni", normal)
        normal = normal + (damping[active][:, None] * diagonal + 1e-30)[:, :, None] * np.eye(3)
        trial = c[active] - np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]
        # Keep what came nearer, and be bolder there; elsewhere be more careful.
        lab, trial_jacobian = _evaluate(trial, rule, jacobian_weights)
        trial_residual = lab - wanted[active]
        trial_cost = (trial_residual**2).sum(axis=1) + price * (trial**2).sum(axis=1)
        better = (trial_cost < cost[active]) & (np.abs(trial).max(axis=1) < _MAX_COEFFICIENT)
        kept, left = active[better], active[~better]
        stalled[kept] = np.where(trial_cost[better] < 0.999 * cost[kept], 0, stalled[kept] + 1)
        c[kept], jacobian[kept] = trial[better], trial_jacobian[better]
        residual[kept], cost[kept] = trial_residual[better], trial_cost[better]
        damping[kept] *= 0.2
        damping[left] *= 4.0
    return c, np.sqrt((residual**2).sum(axis=1))


def _evaluate(c, rule: Quadrature, jacobian_weights) -> tuple[np.ndarray, np.ndarray]:
    """CIELAB (n, 3) of scaled coefficients (n, 3), and its derivatives by them (n, 3, 3)."""
    x = c @ rule.basis
    r = 1.0 / np.sqrt(1.0 + x * x)
    rgb = (0.5 + 0.5 * x * r) @ rule.weights
    d_rgb = ((0.5 * r * r * r) @ jacobian_weights).reshape(-1, 3, 3)
    lab, d_lab = _lab(rgb @ rule.rgb_to_xyz.T)
    return lab, d_lab @ (rule.rgb_to_xyz @ d_rgb)


_LAB_FROM_CURVES = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])


def _lab(xyz) -> tuple[np.ndarray, np.ndarray]:
    """CIELAB without its constant -16 (n, 3) of XYZ relative to white (n, 3), and its derivatives (n, 3, 3)."""
    knee = 6.0 / 29.0
    root = np.cbrt(np.maximum(xyz, knee**3))
    dark = xyz <= knee**3
    curves = np.where(dark, xyz / (3.0 * knee**2) + 4.0 / 29.0, root)
    slopes = np.where(dark, 1.0 / (3.0 * knee**2), 1.0 / (3.0 * root * root))
    return curves @ _LAB_FROM_CURVES.T, _LAB_FROM_CURVES * slopes[:, None, :]


def _as_space(space: str | RgbSpace) -> RgbSpace:
    return space if isinstance(space, RgbSpace) else rgb_space(space)


def _as_colours(rgb) -> np.ndarray:
    rgb = np.asarray(rgb, dtype=np.float64)
    if rgb.ndim == 0 or rgb.shape[-1] != 3:
        raise InputError(f"colours have 3 components, not an array of shape {rgb.shape}")
    if not np.isfinite(rgb).all():
        raise InputError("colours must be finite numbers")
    return rgb


def _one_colour(rgb) -> np.ndarray:
    rgb = _as_colours(rgb)
    if rgb.shape != (3,):
        raise InputError(f"a colour has 3 components, not an array of shape {rgb.shape}")
    return rgb
