"""Spectra on the host: what emits, reflects or weighs light as a function of wavelength.

Every spectrum is a small frozen object that is called with wavelengths in nm, an array of any shape, and answers with
float64 values of that shape. Emitters are spectral radiance in W m^-2 sr^-1 nm^-1 or relative to it; reflectances and
other weights have no unit. Equal spectra compare equal and hash alike, so that compiled scenes can share them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields

import numpy as np

from specrender.errors import InputError
from specrender.spectra import wavelengths as _wavelengths

# Exact in the SI of 2019 (CODATA 2018): Planck, light speed, Boltzmann.
PLANCK_J_S = 6.62607015e-34
LIGHT_SPEED_M_S = 299792458.0
BOLTZMANN_J_K = 1.380649e-23

EXTRAPOLATIONS = ("zero", "hold")


class Spectrum(ABC):
    """A function of wavelength: ``spectrum(wavelengths_nm) -> float64 values`` of the same shape."""

    @abstractmethod
    def __call__(self, wavelengths_nm) -> np.ndarray: ...

    def _key(self) -> tuple:
        """What makes two spectra of one class the same; arrays as bytes, labels left out."""
        parts = []
        for field in fields(self):
            if field.compare:
                value = getattr(self, field.name)
                parts.append(value.tobytes() if isinstance(value, np.ndarray) else value)
        return (type(self), *parts)

    def __eq__(self, other):
        return self._key() == other._key() if isinstance(other, Spectrum) else NotImplemented

    def __hash__(self):
        return hash(self._key())


def as_wavelengths(wavelengths_nm) -> np.ndarray:
    """Wavelengths as a float64 array [nm]."""
    return np.asarray(wavelengths_nm, dtype=np.float64)


def finite_number(value, what: str) -> float:
    """``value`` as a float; InputError naming ``what`` unless it is one finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be a number, not {value!r}") from None
    if not math.isfinite(number):
        raise InputError(f"{what} must be finite, not {number}")
    return number


def frozen_samples(values, what: str) -> np.ndarray:
    """A read-only float64 copy of a one-dimensional list of finite numbers; InputError naming ``what`` otherwise."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be a list of numbers") from None
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{what} must be a list of at least one number, not an array of shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise InputError(f"{what} must be finite, but number {bad[0] + 1} is {array[bad[0]]}")
    array.setflags(write=False)
    return array


def frozen_grid(wavelengths, what: str = "wavelengths") -> np.ndarray:
    """`frozen_samples` that are strictly increasing and positive [nm]."""
    grid = frozen_samples(wavelengths, what)
    if grid[0] <= 0:
        raise InputError(f"{what} must be positive (nm), but the first is {grid[0]:g}")
    step = np.flatnonzero(np.diff(grid) <= 0)
    if step.size:
        i = step[0]
        raise InputError(f"{what} must increase strictly, but {grid[i]:g} is followed by {grid[i + 1]:g}")
    return grid


@dataclass(frozen=True, eq=False)
class Uniform(Spectrum):
    """The same value at every wavelength."""

    value: float

    def __post_init__(self):
        object.__setattr__(self, "value", finite_number(self.value, "a uniform spectrum"))

    def __call__(self, wavelengths_nm):
        return np.full(as_wavelengths(wavelengths_nm).shape, self.value)


@dataclass(frozen=True, eq=False, repr=False)
class Tabulated(Spectrum):
    """Samples joined by straight lines.

    Parameters
    ----------
    wavelengths : (n,) float64 [nm], strictly increasing.
    values : (n,) float64.
    extrapolate : outside the samples ``"zero"`` gives 0 and ``"hold"`` the nearest sample.
    label : a name for messages; plays no part in equality.

    Raises
    ------
    InputError : lengths differ, not finite, not increasing, or an unknown ``extrapolate``.
    """

    wavelengths: np.ndarray
    values: np.ndarray
    extrapolate: str = "zero"
    label: str = ""

    def __post_init__(self):
        object.__setattr__(self, "wavelengths", frozen_grid(self.wavelengths))
        object.__setattr__(self, "values", frozen_samples(self.values, "values"))
        if self.wavelengths.size != self.values.size:
            raise InputError(f"{self.wavelengths.size} wavelengths but {self.values.size} values")
        if self.extrapolate not in EXTRAPOLATIONS:
            raise InputError(f"extrapolate is {self.extrapolate!r}; allowed: {', '.join(EXTRAPOLATIONS)}")

    def __call__(self, wavelengths_nm):
        outside = None if self.extrapolate == "hold" else 0.0
        return np.interp(as_wavelengths(wavelengths_nm), self.wavelengths, self.values, left=outside, right=outside)

    def _key(self):
        return (type(self), self.wavelengths.tobytes(), self.values.tobytes(), self.extrapolate)

    def __repr__(self):
        label = f"{self.label!r}, " if self.label else ""
        span = f"{self.wavelengths[0]:g}-{self.wavelengths[-1]:g} nm"
        return f"Tabulated({label}{self.values.size} samples, {span}, extrapolate={self.extrapolate!r})"


@dataclass(frozen=True, eq=False)
class Blackbody(Spectrum):
    """Planck's law: spectral radiance [W m^-2 sr^-1 nm^-1] of a black body at ``temperature_k`` [K], above 0."""

    temperature_k: float

    def __post_init__(self):
        temperature = finite_number(self.temperature_k, "a blackbody's temperature")
        if temperature <= 0:
            raise InputError(f"a blackbody's temperature must be above 0 K, not {temperature:g}")
        object.__setattr__(self, "temperature_k", temperature)

    def __call__(self, wavelengths_nm):
        metres = as_wavelengths(wavelengths_nm) * 1e-9
        c1 = 2.0 * PLANCK_J_S * LIGHT_SPEED_M_S**2
        c2 = PLANCK_J_S * LIGHT_SPEED_M_S / BOLTZMANN_J_K
        # 1 / (e^x - 1) written with e^-x, which underflows to 0 where e^x would overflow (cold bodies).
        decay = np.exp(-c2 / (metres * self.temperature_k))
        return c1 * metres**-5 * decay / -np.expm1(-c2 / (metres * self.temperature_k)) * 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Sigmoid(Spectrum):
    """A smooth spectrum from three coefficients, the model of [Jakob2019].

    value = scale * S(c0 l^2 + c1 l + c2) [* illuminant(l)],  S(x) = 1/2 + x / (2 sqrt(1 + x^2)),  l in nm.
    Without an illuminant and with scale 1 it lies within [0, 1]: a reflectance.
    """

    coefficients: np.ndarray
    scale: float = 1.0
    illuminant: Spectrum | None = None

    def __post_init__(self):
        object.__setattr__(self, "coefficients", frozen_samples(self.coefficients, "sigmoid coefficients"))
        if self.coefficients.size != 3:
            raise InputError(f"a sigmoid has 3 coefficients, not {self.coefficients.size}")
        object.__setattr__(self, "scale", finite_number(self.scale, "a sigmoid's scale"))

    def __call__(self, wavelengths_nm):
        wavelengths_nm = as_wavelengths(wavelengths_nm)
        values = self.scale * sigmoid(np.polyval(self.coefficients, wavelengths_nm))
        return values if self.illuminant is None else values * self.illuminant(wavelengths_nm)

    def __repr__(self):
        c = ", ".join(f"{v:.6g}" for v in self.coefficients)
        scale = f", scale={self.scale:g}" if self.scale != 1.0 else ""
        illuminant = f", illuminant={self.illuminant!r}" if self.illuminant is not None else ""
        return f"Sigmoid(({c}){scale}{illuminant})"


def sigmoid(x) -> np.ndarray:
    """S(x) = 1/2 + x / (2 sqrt(1 + x^2)), from the real line to (0, 1), [Jakob2019]."""
    return 0.5 + 0.5 * x / np.sqrt(1.0 + x * x)


@dataclass(frozen=True, eq=False)
class Scaled(Spectrum):
    """``factor`` times a spectrum."""

    spectrum: Spectrum
    factor: float

    def __post_init__(self):
        object.__setattr__(self, "factor", finite_number(self.factor, "a spectrum's factor"))

    def __call__(self, wavelengths_nm):
        return self.factor * self.spectrum(wavelengths_nm)


@dataclass(frozen=True, eq=False)
class Product(Spectrum):
    """Two spectra multiplied wavelength by wavelength."""

    a: Spectrum
    b: Spectrum

    def __call__(self, wavelengths_nm):
        return self.a(wavelengths_nm) * self.b(wavelengths_nm)


def all_whole_nm(wavelengths_nm: np.ndarray) -> bool:
    """Whether straight lines between samples at these wavelengths are kept by a table of 1 nm."""
    return bool(np.allclose(wavelengths_nm, np.round(wavelengths_nm), rtol=0.0, atol=1e-9))


def straight_pieces(wavelengths, low: float, high: float, is_held: bool) -> np.ndarray:
    """Where the lines between samples that lie within [low, high] begin and end [nm]; empty if there are none.

    wavelengths : of the samples, increasing.  is_held : the first and last are kept outside, up to `low` and `high`.
    """
    if not is_held:
        low, high = max(low, wavelengths[0]), min(high, wavelengths[-1])
    if low > high:
        return np.zeros(0)
    return np.concatenate([[low], wavelengths[(wavelengths > low) & (wavelengths < high)], [high]])


def line_integral(wavelengths, values, low: float, high: float, is_held: bool) -> float:
    """The exact integral over [low, high] nm of straight lines between samples, 0 outside them unless `is_held`."""
    pieces = straight_pieces(np.asarray(wavelengths, np.float64), low, high, is_held)
    return float(np.trapezoid(np.interp(pieces, wavelengths, values), pieces)) if pieces.size else 0.0


def integrate(spectrum: Spectrum, weights: np.ndarray) -> np.ndarray:
    """Integrals over 360..830 nm of a spectrum times weights, (n,) float64.

    They are sums in steps of 1 nm.  Tables with samples between are integrated exactly, for a sum may miss what they
    hold: the lines of lamps.

    weights : (471, n) at 360, 361, ..., 830 nm, straight lines between.
    """
    if isinstance(spectrum, Scaled):
        return spectrum.factor * integrate(spectrum.spectrum, weights)
    grid = _wavelengths.visible()
    if not isinstance(spectrum, Tabulated) or all_whole_nm(spectrum.wavelengths):
        return spectrum(grid) @ weights
    pieces = straight_pieces(spectrum.wavelengths, grid[0], grid[-1], spectrum.extrapolate == "hold")
    if not pieces.size:
        return np.zeros(weights.shape[1])
    nodes = np.union1d(pieces, grid[(grid > pieces[0]) & (grid < pieces[-1])])
    # Simpson's rule is exact for the product of two straight lines
    middles, widths = 0.5 * (nodes[1:] + nodes[:-1]), np.diff(nodes)
    at = np.concatenate([nodes[:-1], middles, nodes[1:]])
    shares = np.concatenate([widths, 4.0 * widths, widths]) / 6.0
    factors = np.stack([np.interp(at, grid, weight) for weight in weights.T], axis=1)
    return (shares * spectrum(at)) @ factors


def integrate_xyz(spectrum: Spectrum) -> np.ndarray:
    """CIE 1931 XYZ of a spectrum, (3,) float64, by `integrate`.

    Divided by the sum of ybar, so that a spectrum of 1 everywhere has Y = 1 and spectral radiance L gives
    683.002 * 106.857 * Y cd m^-2.
    """
    return integrate(spectrum, _wavelengths.cmf()) / _wavelengths.CIE_Y_INTEGRAL


def luminance(spectrum: Spectrum) -> float:
    """Y of `integrate_xyz`: 1 for a spectrum of 1 everywhere."""
    return float(integrate_xyz(spectrum)[1])
