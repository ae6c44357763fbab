"""Passes, threads and interruption."""

import threading

import numpy as np
import pytest
from tiny import tiny

from specrender.driver import Job, Plan, new_film, render_film
from specrender.scene.compile import compile_scene


@pytest.fixture(scope="module")
def tables():
    return compile_scene(tiny(width=40, height=33))


def rendered(tables, *counts, **options):
    film = new_film(tables)
    for count in counts:
        render_film(tables, film, count, **options)
    return film


def assert_same_bits(a, b):
    assert a.sample_count == b.sample_count
    for name in ("xyz", "xyz_rest", "xyz_squared", "xyz_squared_rest", "weight", "alpha"):
        assert np.array_equal(getattr(a, name), getattr(b, name))


def test_same_bits_whatever_the_threads_tiles_and_calls(tables):
    film = rendered(tables, 70, threads=1)
    assert_same_bits(film, rendered(tables, 70, threads=2, tile_size=7))
    assert_same_bits(film, rendered(tables, 1, 64, 5, threads=2))


def stop_after(tiles):
    """A job that is stopped when that many tiles are done."""
    stop, done = threading.Event(), []

    def on_progress(samples, total):
        done.append(samples)
        if len(done) >= tiles:
            stop.set()

    return Job(on_progress=on_progress, stop=stop)


def test_interrupted_within_a_pass(tables):
    """Every pixel holds exactly the samples that the film says it has."""
    film = new_film(tables)
    # 35 tiles a pass; the third pass, which takes samples 3 to 6, is cut
    stats = render_film(tables, film, 50, threads=1, tile_size=7, job=stop_after(80))
    assert stats.interrupted and film.extra_samples is not None
    samples = film.samples()[..., 0]
    assert samples.sum() == stats.samples
    counts = np.unique(samples)
    assert len(counts) == 2
    for count in counts:
        where = samples == count
        assert np.array_equal(film.xyz[where], rendered(tables, int(count)).xyz[where])
    assert np.isfinite(film.variance_of_mean()).all()


def test_interrupted_film_has_the_variance_of_each_pixels_own_samples(tables):
    film = new_film(tables)
    render_film(tables, film, 50, threads=1, tile_size=7, job=stop_after(80))
    samples = film.samples()[..., 0]
    for count in np.unique(samples):
        where = samples == count
        even = rendered(tables, int(count))
        assert np.array_equal(film.variance_of_mean()[where], even.variance_of_mean()[where])
        assert np.array_equal(film.second_moment()[where], even.second_moment()[where])


def test_interrupted_between_passes(tables):
    film = new_film(tables)
    stats = render_film(tables, film, 50, threads=1, tile_size=64, job=stop_after(2))
    assert stats.interrupted and film.extra_samples is None and film.sample_count == 3
    assert_same_bits(film, rendered(tables, 3))


@pytest.mark.parametrize("tiles, tile_size", [(3, 7), (80, 7), (20, 16)])
def test_a_film_that_was_stopped_goes_on_as_if_it_never_had(tables, tiles, tile_size):
    film = new_film(tables)
    render_film(tables, film, 20, threads=1, tile_size=tile_size, job=stop_after(tiles))
    assert film.extra_samples is not None or film.sample_count < 20
    render_film(tables, film, Plan(samples=20), threads=2)
    assert film.extra_samples is None
    assert_same_bits(film, rendered(tables, 20))


def test_counts(tables):
    seen = []
    film = new_film(tables)
    stats = render_film(tables, film, 5, threads=2, job=Job(on_progress=lambda *now: seen.append(now)))
    assert stats.samples == 40 * 33 * 5 and not stats.interrupted and stats.threads == 2
    assert seen[-1] == (stats.samples, stats.samples)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
