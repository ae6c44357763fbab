"""The tables behind `kernel/light/grid.py`: a density of directions from values at the points of a grid."""

from __future__ import annotations

import numpy as np

from specrender.kernel.light.layout import TEXEL
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import cumulative
from specrender.scene.compile.optics import samples_bsdfs

#: Least share of the mean of its row that a point which shines at all is sampled with, and a row of the mean row.
#: Running sums in float32 cannot tell smaller ones; it costs as much of the samples at most.
LEAST = 1e-3

#: What is left of a value that is not above the mean: a BSDF may have lobes that its own samples do not reach.
KEPT = 0.02


def pack_grid(
    record: np.void, values: np.ndarray, theta_max: float, builder: TableBuilder, texels: np.ndarray | None = None
) -> float:
    """Fill in the fields of a grid so that directions are drawn in proportion to `values` (linear in between).

    Where BSDFs are sampled too, it is in proportion to what `values` have above their mean over the sphere, and little
    else: the rest is better sampled by BSDFs, to which multiple importance sampling then leaves it [Karlik2019].

    values : (height, width), not negative; column i + 1/2 of `width` around, row j of `height - 1` down to `theta_max`
        [rad].  All zero: all directions alike.
    texels : (height, width, TEXEL - 1) what is kept beside the density at each point, at `offset`.

    Returns
    -------
    float : the integral of what the density is proportional to, over the grid's part of the sphere.
    """
    height, width = values.shape
    # neighbours as float32 has them, for the kernel divides by their difference
    cosines = np.cos(np.arange(height) * (theta_max / (height - 1))).astype(np.float32)
    solid_angles = (cosines[:-1].astype(np.float64) - cosines[1:])[:, None] * (2.0 * np.pi / width)
    points = values.astype(np.float64)
    if samples_bsdfs(builder.scene):
        mean = (_cells(points) * solid_angles).sum() / (4.0 * np.pi)
        points = np.maximum(points - mean, KEPT * points)
    integral = float((_cells(points) * solid_angles).sum())
    if not integral > 0.0:
        points = np.ones(values.shape)
    means = points.mean(axis=1, keepdims=True)
    least = LEAST * np.maximum(means, LEAST * means.mean())
    points = np.where(points > 0.0, np.maximum(points, least), 0.0)
    cells = _cells(points) * solid_angles
    density = points / cells.sum()
    record["width"], record["height"], record["theta_max"] = width, height, theta_max
    density = _around(density.astype(np.float32))
    if texels is None:
        record["weights"], record["weight_step"] = builder.values(density), 1
    else:
        record["offset"] = builder.values(np.concatenate([_around(texels), density[:, :, None]], axis=2))
        record["weights"], record["weight_step"] = record["offset"] + TEXEL - 1, TEXEL
    record["cosines"] = builder.values(cosines)
    rows = cumulative(cells.sum(axis=1))
    columns = _cumulative_rows(cells)
    record["rows"], record["columns"] = builder.values(rows), builder.values(columns)
    record["row_guide_size"], record["column_guide_size"] = _guide_size(height - 1), _guide_size(width)
    record["row_guide"] = builder.values(_guide(rows, int(record["row_guide_size"])))
    size = int(record["column_guide_size"])
    record["column_guides"] = builder.values(np.stack([_guide(row, size) for row in columns]))
    return integral


def sphere_mean(values: np.ndarray, theta_max: float = np.pi) -> float:
    """The mean over the sphere of values on a grid as those of `pack_grid`, which are 0 beyond it."""
    cosines = np.cos(np.linspace(0.0, theta_max, len(values)))
    return float(0.5 * -np.diff(cosines) @ _cells(values.astype(np.float64)).mean(axis=1))


def _around(points) -> np.ndarray:
    """(height, width + 1, ...) with the first column once more at the end."""
    return np.concatenate([points, points[:, :1]], axis=1)


def _cells(points) -> np.ndarray:
    """(height - 1, width) mean of the four points of each cell."""
    across = points + np.roll(points, -1, axis=1)
    return 0.25 * (across[:-1] + across[1:])


def _cumulative_rows(cells) -> np.ndarray:
    """(n, width + 1) float32 running shares in each row, from exactly 0 to exactly 1; of nothing, equal ones."""
    total = np.cumsum(np.where(cells.sum(axis=1, keepdims=True) > 0.0, cells, 1.0), axis=1)
    shares = np.concatenate([np.zeros((len(cells), 1)), total / total[:, -1:]], axis=1).astype(np.float32)
    shares[:, -1] = 1.0
    return shares


def _guide_size(count: int) -> int:
    """A power of two, for which float32 products with random numbers are exact."""
    return 1 << max(count - 1, 0).bit_length()


def _guide(shares, size) -> np.ndarray:
    """(size + 1,) the interval of each multiple of 1 / size in a table of running shares."""
    return np.searchsorted(shares[1:-1], np.arange(size + 1, dtype=np.float32) / np.float32(size), side="right")
