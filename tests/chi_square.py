"""Pearson's chi-square test of sampled directions against the density they claim to have."""

import numpy as np
from scipy.stats import chi2

#: p-values below this fail; seeds are fixed, so a test that has passed once does not fail by chance.
SIGNIFICANCE = 1e-4


def chi_square_p_value(directions, density, shape=(32, 64), order=10):
    """The chance of counts as far from the density as those of the given directions.

    Parameters
    ----------
    directions : (n, 3) samples; rows of NaN are samples without a direction.
    density : (m, 3) unit vectors -> (m,) density per solid angle; may integrate to less than 1, the rest being the
        chance of no direction.
    shape : cells in polar angle and azimuth.  order : Gauss-Legendre points along each side of a cell.

    Returns
    -------
    p : float.
    integral : float, of the density over the sphere.
    """
    expected = cell_integrals(density, shape, order) * len(directions)
    found = directions[np.isfinite(directions[:, 0])].astype(np.float64)
    theta = np.arccos(np.clip(found[:, 2], -1.0, 1.0))
    phi = np.arctan2(found[:, 1], found[:, 0]) % (2.0 * np.pi)
    counts, _, _ = np.histogram2d(theta, phi, bins=shape, range=((0.0, np.pi), (0.0, 2.0 * np.pi)))

    counts = np.append(counts.ravel(), len(directions) - len(found))
    cells = np.append(expected.ravel(), max(len(directions) - expected.sum(), 0.0))
    # Cells that expect fewer than 5 are counted together, from the emptiest up
    order = np.argsort(cells)
    counts, cells = counts[order], cells[order]
    rare = np.searchsorted(cells, 5.0)
    while rare and cells[:rare].sum() < 5.0 and rare < len(cells):
        rare += 1
    if rare:
        counts = np.append(counts[rare:], counts[:rare].sum())
        cells = np.append(cells[rare:], cells[:rare].sum())
    statistic = np.sum((counts - cells) ** 2 / cells)
    return float(chi2.sf(statistic, max(len(cells) - 1, 1))), float(expected.sum() / len(directions))


def cell_integrals(density, shape, order):
    """Integral of a density (or (m, k) values) over each cell of a grid of theta (rows) and phi."""
    directions, weights = sphere_quadrature(shape, order)
    values = np.asarray(density(directions), np.float64)
    products = values * weights if values.ndim == 1 else values * weights[:, None]
    cells = products.reshape(*shape, order * order, *values.shape[1:])
    return cells.sum(axis=2)


def sphere_quadrature(shape, order):
    """((m, 3) float32 directions, (m,) weights that sum to 4 pi), cell by cell."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    sides = [np.linspace(0.0, end, count + 1) for end, count in zip((np.pi, 2.0 * np.pi), shape, strict=True)]
    points = [s[:-1, None] + 0.5 * (nodes + 1.0) * np.diff(s)[:, None] for s in sides]
    theta = points[0][:, None, :, None]
    phi = points[1][None, :, None, :]
    area = 0.25 * (sides[0][1] - sides[0][0]) * (sides[1][1] - sides[1][0])
    weight = area * weights[:, None] * weights[None, :] * np.sin(theta)
    full = np.broadcast_shapes(theta.shape, phi.shape)
    parts = (np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta))
    directions = np.stack([np.broadcast_to(p, full) for p in parts], axis=-1)
    return directions.reshape(-1, 3).astype(np.float32), np.broadcast_to(weight, full).ravel()
