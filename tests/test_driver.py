"""Passes, threads and interruption."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import tiny

from specrender.driver import Job, Plan, Regular, RenderStats, Stop, new_film, render, render_film
from specrender.driver.variant import variant_of
from specrender.errors import InputError
from specrender.film import allocation
from specrender.kernel.tile import RENDER_TILE
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.overrides import overridden


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


def test_slow_passes_take_eight_samples_of_a_pixel(tables, monkeypatch):
    """However long a pass takes: with one at a time a render is a tenth slower."""
    monkeypatch.setattr(render, "PASS_SECONDS", 0.0)
    seen = [0]
    job = Job(on_progress=lambda samples, total: seen.append(samples))
    render_film(tables, new_film(tables), 33, threads=1, tile_size=64, job=job)
    assert (np.diff(seen) / (40 * 33)).tolist() == [1, 2, 4, 8, 8, 8, 2]


@pytest.mark.parametrize("left, samples", [(np.inf, 8), (20.0, 8), (6.0, 3), (1.5, 1), (0.0, 1)])
def test_slow_passes_take_fewer_before_the_time_is_up(monkeypatch, left, samples):
    """At a second for each sample of all pixels no more than half of the time that is left."""
    clock = iter((0.0, 1.0))
    monkeypatch.setattr(render.time, "monotonic", lambda: next(clock))
    tiles = SimpleNamespace(stats=RenderStats(), seconds_left=left)
    pace = render.Pace(tiles, 10**6)
    pace.next = 8 * 10**6
    with pace:
        tiles.stats.samples += 10**6
    assert pace.next == samples * 10**6


def test_counts(tables):
    seen = []
    film = new_film(tables)
    stats = render_film(tables, film, 5, threads=2, job=Job(on_progress=lambda *now: seen.append(now)))
    assert stats.samples == 40 * 33 * 5 and not stats.interrupted and stats.threads == 2
    assert seen[-1] == (stats.samples, stats.samples)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def assert_same_state(a, b):
    assert_same_bits(a, b)
    assert np.array_equal(a.samples(), b.samples())
    for name, value in vars(a.convergence).items():
        assert np.array_equal(value, vars(b.convergence)[name], equal_nan=True), name


@pytest.mark.parametrize("adaptive", [True, False])
def test_decisions_do_not_depend_on_threads_tiles_and_interruptions(tables, adaptive):
    plan = Plan(noise=0.0003, adaptive=adaptive)
    once, often = new_film(tables), new_film(tables)
    stats = render_film(tables, once, plan, threads=1)
    assert stats.stop is Stop.NOISE and stats.noise <= 0.0003 and stats.decisions > 2
    assert (once.extra_samples is not None) == adaptive
    calls = 0
    while render_film(tables, often, plan, threads=2, tile_size=7, job=stop_after(12)).interrupted:
        calls += 1
    assert calls > 2
    assert_same_state(once, often)


def test_more_samples_than_a_limit_allowed_go_on_to_the_same(tables):
    once, often = new_film(tables), new_film(tables)
    render_film(tables, once, Plan(noise=0.008), threads=1)
    for limit in (5, 33, 40, 47, 90, 10_000):
        stats = render_film(tables, often, Plan(noise=0.008, samples=limit), threads=1)
        assert often.total_samples() <= limit * often.pixel_count
    assert stats.stop is Stop.NOISE
    assert_same_state(once, often)


@pytest.mark.parametrize("adaptive", [False, True])
def test_noise_targets_need_no_other_kernel(tables, adaptive):
    """Uneven passes call the entry point with the same types: to compile it anew takes a minute."""
    entry = RENDER_TILE[variant_of(tables.tables)]
    render_film(tables, new_film(tables), 1, threads=1)
    before = list(entry.signatures)
    render_film(tables, new_film(tables), Plan(noise=1e-6, adaptive=adaptive, samples=80), threads=1)
    assert entry.signatures == before


def test_adaptive_sampling_without_a_target_spends_what_it_is_given(tables):
    film = new_film(tables)
    stats = render_film(tables, film, Plan(samples=100, adaptive=True), threads=2)
    assert stats.stop is Stop.SAMPLES and film.extra_samples is not None
    assert film.total_samples() == 100 * film.pixel_count


@pytest.mark.parametrize("target, adaptive, spp", [(0.0001, True, 150), (0.0001, True, 201), (1e-5, False, 127)])
def test_a_limit_on_samples_ends_the_way_to_a_noise_target_where_it_says(tables, target, adaptive, spp):
    film = new_film(tables)
    stats = render_film(tables, film, Plan(noise=target, samples=spp, adaptive=adaptive), threads=2)
    assert stats.stop is Stop.SAMPLES and film.total_samples() == spp * film.pixel_count
    assert (film.extra_samples is not None) == adaptive
    assert 0.0 < stats.noise < stats.worst_noise < 1.0
    # resumed, there is nothing to do, and the noise is known all the same
    again = render_film(tables, film, Plan(noise=target, samples=spp, adaptive=adaptive), threads=2)
    assert again.samples == 0 and (again.noise, again.worst_noise) == (stats.noise, stats.worst_noise)


@pytest.mark.parametrize("plan", [{"noise": 0.0001}, {"adaptive": True}])
def test_any_sequence_of_limits_and_interruptions_ends_like_the_last_limit_alone(tables, plan):
    """A render with a limit is the beginning of that with a larger one, also where it ends within a round."""
    once, often = new_film(tables), new_film(tables)
    render_film(tables, once, Plan(samples=201, **plan), threads=1)
    for limit, tiles in ((70, 25), (70, 1000), (135, 7), (136, 50), (150, 200), (201, 31), (201, 10), (201, 10**9)):
        render_film(tables, often, Plan(samples=limit, **plan), threads=1, tile_size=9, job=stop_after(tiles))
    assert once.total_samples() == 201 * once.pixel_count
    assert_same_state(once, often)


@pytest.mark.parametrize("plan", [{}, {"noise": 1e-6}, {"adaptive": True}])
def test_time_that_is_too_short_gives_every_pixel_a_sample(tables, plan):
    film = new_film(tables)
    stats = render_film(tables, film, Plan(seconds=1e-9, **plan), threads=1, tile_size=9)
    assert stats.stop is Stop.TIME and film.sample_count == 1 and film.extra_samples is None
    # those of an earlier run count
    assert render_film(tables, film, Plan(seconds=1e-9, **plan), threads=1).samples == 0


def test_time_limit(tables):
    film = new_film(tables)
    stats = render_film(tables, film, Plan(seconds=0.3), threads=2)
    assert stats.stop is Stop.TIME and not stats.interrupted
    assert 0.3 <= stats.render_seconds < 3.0 and film.total_samples() == stats.samples > 0


def test_regular_calls_see_a_consistent_film(tables):
    film, seen = new_film(tables), []

    def look(film):
        seen.append(film.total_samples())
        assert np.all(np.squeeze(film.weight) == np.squeeze(film.samples()))

    job = Job(regulars=[Regular(0.02, look)])
    stats = render_film(tables, film, Plan(samples=400), threads=2, job=job)
    assert len(seen) > 1 and seen == sorted(seen) and stats.pause_seconds > 0
    assert_same_bits(film, rendered(tables, 400))


@pytest.mark.parametrize(
    "rules, message",
    [
        ({}, "without an end"),
        ({"samples": 2.5}, "a whole number, 1 or more, got 2.5"),
        ({"samples": 0}, "1 or more"),
        ({"seconds": -1.0}, "time limit must be a positive"),
        ({"noise": float("nan")}, "noise target must be a positive"),
        ({"adaptive": True}, "without an end"),
    ],
)
def test_plans_that_make_no_sense(rules, message):
    with pytest.raises(InputError, match=message):
        Plan(**rules)


def test_counts_of_a_cut_pass_take_a_byte_a_pixel(tables):
    film = new_film(tables)
    render_film(tables, film, 50, threads=1, tile_size=7, job=stop_after(80))
    assert film.extra_samples.dtype == np.uint8
    render_film(tables, film, Plan(samples=9), threads=1, tile_size=7, job=stop_after(2))
    assert film.extra_samples.dtype == np.uint8 and set(np.unique(film.samples())) == {3, 7}
    film.set_counts(film.samples()[..., 0] + np.where(film.samples()[..., 0] == 7, 500, 0))
    assert film.extra_samples.dtype == np.uint16 and set(np.unique(film.samples())) == {3, 507}


def lamp_scene(seed):
    """The tiny scene under a lamp instead of a sky: half of the picture is black, shadows are noisier than light."""
    scene = tiny(width=40, height=32)
    floor = d.Transform([[5.0, 0.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0], [0.0, -5.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    scene.lights = []
    scene.shapes = [
        *scene.shapes,
        d.Sphere(center=(1.0, 2.5, 1.0), radius=0.4, emitter=d.AreaLight(radiance=5.0)),
        d.Rectangle(to_world=floor, material=d.Diffuse(reflectance=0.5)),
    ]
    return overridden(scene, seed=seed)


@pytest.mark.parametrize("adaptive", [False, True])
def test_the_target_is_the_error_that_is_reached(adaptive):
    """The median of the standard errors over renders that differ in their seeds, by the formula of film.noise."""
    target, films = 0.005, []
    for seed in range(8):
        seeded = compile_scene(lamp_scene(seed))
        films.append(new_film(seeded))
        plan = Plan(noise=target, adaptive=adaptive, samples=1000)
        assert render_film(seeded, films[-1], plan, threads=1).stop is Stop.NOISE
    luminance = np.array([film.noisy_xyz()[..., 1] for film in films])
    mean = luminance.mean(axis=0)
    errors = luminance.std(axis=0, ddof=1) / (mean + 0.01 * mean.mean())
    # 0.95: the median of chi / sqrt(n) with n = 7 degrees of freedom
    reached = np.median(errors[errors > 1e-6]) / 0.95
    assert 0.8 * target < reached < 1.2 * target


def test_adaptive_sampling_takes_few_more_samples_than_uniform():
    scene_tables = compile_scene(lamp_scene(1))
    films = [new_film(scene_tables) for _ in range(2)]
    for film, adaptive in zip(films, (False, True), strict=True):
        render_film(scene_tables, film, Plan(noise=0.005, adaptive=adaptive, samples=1000), threads=1)
    uniform, adaptive = (film.total_samples() for film in films)
    # both are rounded up to an eighth of a doubling
    assert films[1].sample_count < films[0].sample_count and adaptive < 1.13 * allocation.SPEND * uniform


def caustic_scene(seed):
    """A ball of glass that throws the light of a small lamp on a floor: a bright path that few samples find."""
    scene = lamp_scene(seed)
    glass = d.Sphere(center=(0.0, 0.5, 0.0), radius=0.5, material=d.Dielectric(int_ior=1.5))
    lamp = d.Sphere(center=(1.5, 3.0, 0.5), radius=0.15, emitter=d.AreaLight(radiance=20.0))
    scene.shapes = [glass, lamp, scene.shapes[-1]]
    scene.lights = [d.ConstantLight(radiance=0.2)]
    scene.film.width, scene.film.height = 24, 18
    return scene


def luminances(plan, seeds):
    """Y of a render for each seed, and the most uneven ratio of numbers of samples within one."""
    films = []
    for seed in seeds:
        seeded = compile_scene(caustic_scene(seed))
        films.append(new_film(seeded))
        render_film(seeded, films[-1], plan, threads=1)
    return np.array([film.noisy_xyz()[..., 1] for film in films]), max(np.ptp(np.log2(f.counts())) for f in films)


def standard_error(pictures):
    return pictures.mean(axis=(1, 2)).std(ddof=1) / np.sqrt(len(pictures))


def test_adaptive_sampling_does_not_darken_the_image():
    """Judged by their own samples, pixels stop when they have missed the light: 8 standard errors too dark here."""
    converged, _ = luminances(Plan(samples=4096), range(1000, 1008))
    adaptive, octaves = luminances(Plan(noise=0.005), range(64))
    assert octaves > 3.0
    errors = adaptive - converged.mean(axis=0)
    uncertainty = np.hypot(standard_error(adaptive), standard_error(converged))
    assert uncertainty < 0.015 * np.sqrt(np.square(errors).mean())
    assert abs(errors.mean()) < 4.0 * uncertainty
