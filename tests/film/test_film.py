"""Film: shapes, normalisation, moments against naive statistics, merging, and refusals."""

import numpy as np
import pytest

from specrender.errors import InputError
from specrender.film import AOVS, Film, aov_layout


def splat(film, samples, weights):
    """Add (n, h, w, 3) XYZ samples with (n, h, w) weights, as the kernel does."""
    for value, weight in zip(samples, weights, strict=True):
        film.xyz += weight[..., None] * value
        film.xyz_squared += (weight[..., None] * value) ** 2
        film.weight += weight
        film.alpha += weight
    film.sample_count += len(samples)


def test_arrays_cover_the_crop_and_are_contiguous():
    film = Film.create(8, 6, (2, 1, 7, 4), bin_edges_nm=[400, 500, 600], aov_layout=aov_layout(["albedo", "depth"]))
    assert film.shape == (3, 5)
    assert film.xyz.shape == film.xyz_squared.shape == (3, 5, 3)
    assert film.weight.shape == film.alpha.shape == film.radiance.shape == (3, 5)
    assert film.bins.shape == (3, 5, 2)
    assert film.aovs["albedo"].shape == (3, 5, 3) and film.aovs["depth"].shape == (3, 5, 1)
    for array in (film.xyz, film.xyz_squared, film.weight, film.alpha, film.bins, film.radiance):
        assert array.dtype == np.float64 and array.flags.c_contiguous and array.flags.writeable
    for array in (film.xyz_rest, film.xyz_squared_rest, film.layers):
        assert array.dtype == np.float32 and array.flags.c_contiguous and array.flags.writeable
    assert all(np.shares_memory(array, film.layers) for array in film.aovs.values())


def test_no_weight_gives_zero():
    film = Film.create(3, 2, bin_edges_nm=[400, 500], aov_layout=aov_layout(["uv"]))
    film.sample_count = 4
    film.xyz[0, 0] = 1.0  # negative lobes can cancel the weight but not the colour
    for values in (film.mean_xyz(), film.second_moment(), film.variance_of_mean(), film.mean_alpha()):
        assert np.all(values == 0)
    assert np.all(film.spectral_radiance() == 0) and np.all(film.mean_radiance() == 0)
    assert np.all(film.mean_aov("uv") == 0)


def test_coverage_stays_within_0_and_1():
    """Sums that leave it a little are kept as they are, for films to be added; only their mean is limited."""
    film = Film.create(3, 1)
    film.sample_count, film.weight[...] = 4, 4.0
    film.alpha[0] = -0.5, 3.0, 4.25
    assert film.mean_alpha().tolist() == [[0.0, 0.75, 1.0]]
    assert film.alpha.tolist() == [[-0.5, 3.0, 4.25]]
    other = Film.create(3, 1)
    other.first_sample, other.sample_count, other.weight[...], other.alpha[0] = 4, 4, 4.0, (4.0, 4.0, 3.5)
    film.add(other)
    assert film.mean_alpha().tolist() == [[3.5 / 8.0, 7.0 / 8.0, 7.75 / 8.0]]


def test_moments_match_naive_statistics():
    rng = np.random.default_rng(1)
    samples = rng.gamma(2.0, size=(50, 2, 3, 3))
    film = Film.create(3, 2)
    splat(film, samples, np.full((50, 2, 3), 0.25))  # a constant weight must cancel
    assert film.mean_xyz() == pytest.approx(samples.mean(axis=0), rel=1e-12)
    assert film.second_moment() == pytest.approx((samples**2).mean(axis=0), rel=1e-12)
    assert film.variance_of_mean() == pytest.approx(samples.var(axis=0, ddof=1) / 50, rel=1e-10)
    assert np.all(film.mean_alpha() == 1.0)


def test_variance_predicts_the_scatter_of_signed_weights():
    rng = np.random.default_rng(2)
    shape = (40, 1, 2000)  # 2000 pixels are 2000 independent repetitions
    weights = np.where(rng.random(shape) < 0.1, -1.0, 1.0)
    film = Film.create(2000, 1)
    splat(film, rng.gamma(2.0, size=(*shape, 3)), weights)
    scatter = (film.xyz / (film.sample_count * 0.8)).var(axis=1, ddof=1)  # E[w] = 0.9 - 0.1
    predicted = (film.variance_of_mean() * (film.weight / (film.sample_count * 0.8))[..., None] ** 2).mean(axis=1)
    assert predicted == pytest.approx(scatter, rel=0.15)


def test_variance_is_unknown_below_two_samples():
    film = Film.create(1, 1)
    splat(film, np.ones((1, 1, 1, 3)), np.ones((1, 1, 1)))
    assert np.all(np.isinf(film.variance_of_mean()))


def test_adding_parts_equals_the_whole():
    rng = np.random.default_rng(3)
    samples, weights = rng.integers(0, 99, (6, 2, 3, 3)).astype(float), np.ones((6, 2, 3))
    parts = [Film.create(3, 2, bin_edges_nm=[400, 500], aov_layout=aov_layout(["shape_index", "depth"])) for _ in "ab"]
    for part, some in zip(parts, (samples[:2], samples[2:]), strict=True):
        splat(part, some, weights[: len(some)])
        part.bins += len(some)
        part.radiance += 2.0 * len(some)
        part.aovs["depth"] += len(some)
        part.aovs["shape_index"][...] = len(some)
    whole = Film.create(3, 2, bin_edges_nm=[400, 500], aov_layout=aov_layout(["shape_index", "depth"]))
    for part in parts:
        whole.add(part)
    assert whole.sample_count == 6
    assert np.array_equal(whole.mean_xyz(), samples.sum(axis=0) / 6)
    assert np.array_equal(whole.xyz_squared, (samples**2).sum(axis=0))
    assert np.all(whole.bins == 6) and np.all(whole.radiance == 12) and np.all(whole.alpha == 6)
    assert np.all(whole.mean_aov("depth") == 1)
    assert np.all(whole.mean_aov("shape_index") == 2)  # of the first part, not a sum


@pytest.mark.parametrize(
    "other",
    [
        Film.create(4, 2),
        Film.create(3, 2, (0, 0, 2, 2)),
        Film.create(3, 2, bin_edges_nm=[1, 2]),
        Film.create(3, 2, aov_layout=[("depth", 1)]),
    ],
)
def test_unlike_films_do_not_add(other):
    with pytest.raises(InputError, match="do not add"):
        Film.create(3, 2).add(other)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"width": 0}, "at least one pixel"),
        ({"height": -3}, "at least one pixel"),
        ({"crop": (0, 0, 5, 2)}, "must lie within"),
        ({"crop": (-1, 0, 2, 2)}, "must lie within"),
        ({"crop": (2, 0, 2, 2)}, "must lie within"),
        ({"crop": (1, 2, 3)}, "X0,Y0,X1,Y1"),
        ({"bin_edges_nm": [500.0]}, "at least two bin edges"),
        ({"bin_edges_nm": [500.0, 400.0]}, "increase"),
        ({"aov_layout": [("depth", 3)]}, "has 1 channels"),
        ({"aov_layout": [("depth", 1), ("depth", 1)]}, "twice"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(InputError, match=message):
        Film.create(**{"width": 4, "height": 2, **arguments})


def test_missing_parts_are_named():
    film = Film.create(1, 1)
    with pytest.raises(InputError, match="no spectral bins"):
        film.spectral_radiance()
    with pytest.raises(InputError, match="no AOV 'depth'"):
        film.mean_aov("depth")


def test_aov_names():
    assert aov_layout(["uv", "sh_normal"]) == [("uv", 2), ("sh_normal", 3)]
    with pytest.raises(InputError, match="did you mean 'albedo'"):
        aov_layout(["albdo"])
    with pytest.raises(InputError, match="twice"):
        aov_layout(["uv", "uv"])
    channels = [c for record in AOVS.values() for c in record.exr_channels]
    assert len(channels) == len(set(channels))
