"""Uplift of many colours at once: [Jakob2019]'s 64^3 coefficient table, computed once, kept in the cache folder.

Layout, as there: for each choice m of the largest component, its value z on a grid that is dense near 0 and 1,
and the other two relative to it, x = rgb[m + 1] / z and y = rgb[m + 2] / z: (3, z, y, x, 3) float32, 9.4 MB.
The coefficients are kept in terms of t = (l - 595) / 235, where float32 loses nothing, and turned to nm after lookup.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from specrender.files import cache_folder
from specrender.spectra import uplift
from specrender.spectra.uplift import RgbSpace

RESOLUTION = 64

# Change when the solver or the layout does, so that tables of old are not read.
TABLE_VERSION = 1

# Quadrature of the table's solver: a fifth of the samples, and the round trip of what was solved stays below 1e-4.
STEP_NM = 5.0

# Interpolation alone is off by 2e-4 at the median and by 5e-3 beside white: what is off by more than this is refined.
LOOKUP_TOLERANCE = 5e-4


def lookup(rgb: np.ndarray, space: RgbSpace) -> np.ndarray:
    """Coefficients (n, 3) float64, in nm, of colours (n, 3) within [0, 1]: trilinear, then refined where off.

    The round trip of possible colours stays below 1e-3; greys are exact.
    """
    scaled = np.empty((len(rgb), 3))
    for begin in range(0, len(rgb), 1 << 18):
        part = slice(begin, begin + (1 << 18))
        scaled[part] = _interpolate(rgb[part], table(space))
        uplift.refine_scaled(rgb[part], scaled[part], uplift.quadrature(space, STEP_NM), LOOKUP_TOLERANCE)
    grey = uplift.is_grey(rgb)
    scaled[grey] = 0.0
    scaled[grey, 2] = uplift.grey_argument(rgb[grey, 0])
    return uplift.to_nanometres(scaled)


def _interpolate(rgb: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    rows = np.arange(len(rgb))
    largest = rgb.argmax(axis=1)
    value = rgb[rows, largest]
    scale = (RESOLUTION - 1) / np.maximum(value, 1e-30)
    x = rgb[rows, (largest + 1) % 3] * scale
    y = rgb[rows, (largest + 2) % 3] * scale
    grid = brightness_grid()
    z0 = np.clip(np.searchsorted(grid, value, side="right") - 1, 0, RESOLUTION - 2)
    x0, y0 = (np.minimum(v.astype(np.int64), RESOLUTION - 2) for v in (x, y))
    fx, fy, fz = x - x0, y - y0, np.clip((value - grid[z0]) / (grid[z0 + 1] - grid[z0]), 0.0, 1.0)
    result = np.zeros((len(rgb), 3))
    for corner in range(8):
        i, j, k = corner & 1, corner >> 1 & 1, corner >> 2
        weight = (fx if i else 1 - fx) * (fy if j else 1 - fy) * (fz if k else 1 - fz)
        result += weight[:, None] * coefficients[largest, z0 + k, y0 + j, x0 + i]
    return result


@cache
def brightness_grid() -> np.ndarray:
    """The values of the largest component: smoothstep of smoothstep of a regular grid, (64,) float64 from 0 to 1."""
    u = np.linspace(0.0, 1.0, RESOLUTION)
    for _ in range(2):
        u = u * u * (3.0 - 2.0 * u)
    return u


@cache
def table(space: RgbSpace) -> np.ndarray:
    """The table of a space, (3, 64, 64, 64, 3) float32: from the cache folder, or computed and put there."""
    path = cache_folder() / f"uplift_{_digest(space)}.npy"
    try:
        coefficients = np.load(path, allow_pickle=False)
        if coefficients.shape == (3, RESOLUTION, RESOLUTION, RESOLUTION, 3) and coefficients.dtype == np.float32:
            return coefficients
    except (OSError, ValueError, EOFError):
        pass  # absent, or cut short by a crash: compute it
    coefficients = compute(space)
    try:
        _write(path, coefficients)
    except OSError:
        pass  # a read-only or full disk costs the next run some seconds, and no more
    return coefficients


def compute(space: RgbSpace) -> np.ndarray:
    """Solve the table, (3, 64, 64, 64, 3) float32, by layers of brightness from the middle out, each from the last."""
    rule = uplift.quadrature(space, STEP_NM)
    grid = brightness_grid()
    ratio = np.linspace(0.0, 1.0, RESOLUTION)
    y, x = np.meshgrid(ratio, ratio, indexing="ij")
    shape = np.empty((3, RESOLUTION, RESOLUTION, 3))
    for m in range(3):
        shape[m, :, :, m], shape[m, :, :, (m + 1) % 3], shape[m, :, :, (m + 2) % 3] = 1.0, x, y
    shape = shape.reshape(-1, 3)
    coefficients = np.empty((RESOLUTION, len(shape), 3))
    middle = RESOLUTION // 2
    start = uplift.grey_arguments(grid[middle] * shape, space)
    coefficients[middle], impossible = uplift.solve_scaled(grid[middle] * shape, start, rule)
    for z in range(middle + 1, RESOLUTION):
        # What is impossible stays so when it is brighter.
        coefficients[z], impossible = uplift.solve_scaled(grid[z] * shape, coefficients[z - 1], rule, impossible)
    for z in range(middle - 1, 0, -1):
        coefficients[z], _ = uplift.solve_scaled(grid[z] * shape, coefficients[z + 1], rule)
    coefficients[0] = coefficients[1]  # below the first layer, 1.7e-6, all is black
    table = coefficients.reshape(RESOLUTION, 3, RESOLUTION, RESOLUTION, 3).swapaxes(0, 1)
    return np.ascontiguousarray(table, dtype=np.float32)


def _digest(space: RgbSpace) -> str:
    """A name for the table's inputs: the space, its white, the sampling."""
    inputs = f"{TABLE_VERSION} {space.white} {STEP_NM} {RESOLUTION}".encode()
    return hashlib.sha256(inputs + np.ascontiguousarray(space.rgb_to_xyz, dtype="<f8").tobytes()).hexdigest()[:16]


def _write(path: Path, coefficients: np.ndarray) -> None:
    """Write to a temporary name and rename, so that no reader ever sees half a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, coefficients)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
