"""The wavelength range, its 1 nm grid, and the CIE 1931 2 degree colour matching functions on it."""

from functools import cache

import numpy as np

from specrender.spectra import store

WAVELENGTH_MIN_NM = 360.0
WAVELENGTH_MAX_NM = 830.0

# Sum of ybar over 360..830 nm in steps of 1 nm, as shipped (7 digits; pbrt-v4 has 106.856895 from a rounded table).
# The step is part of the constant: at 5 nm Mitsuba has 106.7503.
CIE_Y_INTEGRAL = 106.8569171


@cache
def visible() -> np.ndarray:
    """360, 361, ..., 830 nm: (471,) float64, read-only."""
    grid = np.arange(WAVELENGTH_MIN_NM, WAVELENGTH_MAX_NM + 0.5)
    grid.setflags(write=False)
    return grid


@cache
def cmf() -> np.ndarray:
    """xbar, ybar, zbar of the CIE 1931 2 degree observer on `visible`: (471, 3) float64, read-only."""
    return store.array("cie", "cmf_1931_2deg")
