"""Refractive index as a function of wavelength: the dispersion formulas and tables of transparent materials.

Every index is a frozen object, called with wavelengths in nm (any shape) and answering with float64 indices of that
shape. Outside the range of its data a formula is used as it stands and a table holds its end values.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from specrender.errors import InputError
from specrender.spectra.spectrum import as_wavelengths, finite_number, frozen_grid, frozen_samples

# Fraunhofer lines [nm]: helium d, hydrogen F and C.
LINE_D_NM, LINE_F_NM, LINE_C_NM = 587.5618, 486.1327, 656.2725


class RefractiveIndex:
    """``index(wavelengths_nm) -> float64`` of the same shape."""

    def __call__(self, wavelengths_nm) -> np.ndarray:
        raise NotImplementedError

    @property
    def nd(self) -> float:
        """The index at the d line, 587.56 nm."""
        return float(self(LINE_D_NM))

    @property
    def abbe_number(self) -> float:
        """V_d = (n_d - 1) / (n_F - n_C); infinite without dispersion."""
        n_f, n_c = self(np.array([LINE_F_NM, LINE_C_NM]))
        return (self.nd - 1.0) / (n_f - n_c) if n_f != n_c else float("inf")


def _check_numbers(index, what: str) -> None:
    for field in fields(index):
        object.__setattr__(index, field.name, finite_number(getattr(index, field.name), f"{what} {field.name}"))


def _micrometres_squared(wavelengths_nm) -> np.ndarray:
    return (as_wavelengths(wavelengths_nm) * 1e-3) ** 2


@dataclass(frozen=True)
class ConstantIndex(RefractiveIndex):
    """The same index at every wavelength."""

    value: float

    def __post_init__(self):
        _check_numbers(self, "a refractive index's")
        if self.value <= 0:
            raise InputError(f"a refractive index must be above 0, not {self.value:g}")

    def __call__(self, wavelengths_nm):
        return np.full(as_wavelengths(wavelengths_nm).shape, self.value)


@dataclass(frozen=True)
class Cauchy(RefractiveIndex):
    """n = A + B / l^2 + C / l^4 with l in micrometres: B in um^2, C in um^4."""

    A: float
    B: float = 0.0
    C: float = 0.0

    def __post_init__(self):
        _check_numbers(self, "Cauchy coefficient")

    def __call__(self, wavelengths_nm):
        l2 = _micrometres_squared(wavelengths_nm)
        return self.A + self.B / l2 + self.C / l2**2


@dataclass(frozen=True)
class Sellmeier(RefractiveIndex):
    """n^2 = 1 + sum_i B_i l^2 / (l^2 - C_i), i = 1..3, with l in micrometres: B without unit, C in um^2."""

    B1: float
    B2: float
    B3: float
    C1: float
    C2: float
    C3: float

    def __post_init__(self):
        _check_numbers(self, "Sellmeier coefficient")

    def __call__(self, wavelengths_nm):
        return SellmeierSum(1.0, (self.B1, self.B2, self.B3), (self.C1, self.C2, self.C3))(wavelengths_nm)


@dataclass(frozen=True)
class SellmeierSum(RefractiveIndex):
    """n^2 = A + sum_i B_i l^2 / (l^2 - C_i) over any number of terms, l in micrometres: C in um^2."""

    A: float
    B: tuple[float, ...]
    C: tuple[float, ...]

    def __post_init__(self):
        if len(self.B) != len(self.C):
            raise InputError(f"a Sellmeier sum has as many B as C, not {len(self.B)} and {len(self.C)}")

    def __call__(self, wavelengths_nm):
        l2 = _micrometres_squared(wavelengths_nm)
        return np.sqrt(self.A + sum(b * l2 / (l2 - c) for b, c in zip(self.B, self.C, strict=True)))


@dataclass(frozen=True)
class Gas(RefractiveIndex):
    """n = 1 + B1 / (C1 - 1/l^2) + B2 / (C2 - 1/l^2) with l in micrometres: B and C in um^-2, [Ciddor1996] eq. 1."""

    B1: float
    C1: float
    B2: float
    C2: float

    def __post_init__(self):
        _check_numbers(self, "gas coefficient")

    def __call__(self, wavelengths_nm):
        s2 = 1.0 / _micrometres_squared(wavelengths_nm)
        return 1.0 + self.B1 / (self.C1 - s2) + self.B2 / (self.C2 - s2)


@dataclass(frozen=True, eq=False, repr=False)
class TabulatedIndex(RefractiveIndex):
    """Measured indices joined by straight lines, held beyond the ends.

    Parameters
    ----------
    wavelengths : (n,) float64 [nm], strictly increasing.
    values : (n,) float64, above 0.
    """

    wavelengths: np.ndarray
    values: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "wavelengths", frozen_grid(self.wavelengths))
        object.__setattr__(self, "values", frozen_samples(self.values, "refractive indices"))
        if self.wavelengths.size != self.values.size:
            raise InputError(f"{self.wavelengths.size} wavelengths but {self.values.size} refractive indices")
        if self.values.min() <= 0:
            raise InputError(f"refractive indices must be above 0, but one is {self.values.min():g}")

    def __call__(self, wavelengths_nm):
        return np.interp(as_wavelengths(wavelengths_nm), self.wavelengths, self.values)

    def __eq__(self, other):
        if not isinstance(other, TabulatedIndex):
            return NotImplemented
        return np.array_equal(self.wavelengths, other.wavelengths) and np.array_equal(self.values, other.values)

    def __hash__(self):
        return hash((self.wavelengths.tobytes(), self.values.tobytes()))

    def __repr__(self):
        return f"TabulatedIndex({self.values.size} samples, {self.wavelengths[0]:g}-{self.wavelengths[-1]:g} nm)"
