"""Choosing from tabulated shares."""

import numpy as np
import pytest

from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import find_guided, find_interval
from specrender.kernel.tables import Tables
from specrender.scene.compile.geometry import cumulative
from specrender.scene.compile.lights.grid import _guide, _guide_size


@kernel(entry=True)
def _find(tables, offset, count, guide, size, u, out):
    for i in range(len(u)):
        out[i, 0] = find_guided(tables.values, offset, guide, size, u[i])
        out[i, 1] = find_interval(tables.values, offset, count, u[i])


@pytest.mark.parametrize("count", [1, 2, 5, 64, 300])
@pytest.mark.parametrize("exponent", [0.0, 2.0, 40.0])
@pytest.mark.parametrize("after", [0.0, 2.0, np.nan])
def test_guided_search(count, exponent, after):
    """The interval of the plain search, also where a guide's cell has hundreds of entries, whatever follows."""
    rng = np.random.default_rng(7)
    shares = cumulative(rng.random(count) ** exponent)
    size = _guide_size(count)
    guide = _guide(shares, size)
    values = np.concatenate([shares, np.full(4, after, np.float32), guide.astype(np.float32)])
    below = np.nextafter(np.float32(1.0), np.float32(0.0))
    u = np.concatenate([rng.random(5000), shares, np.nextafter(shares, np.float32(0.0)), [0.0, below]])
    u = np.clip(u, 0.0, below).astype(np.float32)
    found = np.empty((len(u), 2), np.int64)
    _find(Tables({"values": np.float32}, {"values": values}), 0, count, len(shares) + 4, size, u, found)
    assert np.array_equal(found[:, 1], np.searchsorted(shares[1:-1], u, side="right"))
    # among intervals of no share any will do that the plain search finds
    assert np.array_equal(found[:, 0], found[:, 1])
