"""A small film with everything in it: crop, alpha, bins, AOVs."""

import numpy as np
import pytest

from specrender.film import Film, aov_layout

AOV_NAMES = ["albedo", "depth", "position", "uv", "sh_normal", "shape_index"]


@pytest.fixture
def film():
    """8x6 image, 5x3 data window, sums of 4 samples of weight 0.5, reproducible random values."""
    film = Film.create(
        8,
        6,
        (2, 1, 7, 4),
        bin_edges_nm=[360, 400, 555, 556, 830, 1200.5],
        aov_layout=aov_layout(AOV_NAMES),
        metadata={
            "version": "1.2.3",
            "seed": 7,
            "mode": "spectral",
            "scene": "box",
            "renderTime": 1.5,
            "units": "W.m^-2.sr^-1.nm^-1",
            "hash": 2**40,
        },
    )
    rng = np.random.default_rng(1)
    film.sample_count = 4
    film.weight[...] = 2.0
    film.alpha[...] = 2.0 * rng.random(film.shape)
    film.xyz[...] = 2.0 * rng.random(film.xyz.shape)
    film.xyz_squared[...] = film.xyz**2 / 4 * 1.1
    film.bins[...] = 2.0 * rng.random(film.bins.shape)
    film.radiance[...] = film.bins @ np.diff(film.bin_edges_nm)
    for name, values in film.aovs.items():
        values[...] = rng.integers(0, 100_000, values.shape) if name == "shape_index" else 2 * rng.random(values.shape)
    return film
