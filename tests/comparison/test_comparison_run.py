"""Comparisons of scenes whose truth is known."""

import itertools

import numpy as np
import pytest
from rendering import look_at, moved

import specrender
from specrender.color import rgb_to_xyz
from specrender.comparison.metrics import Viewing, ciede2000
from specrender.errors import InputError, SpecrenderError
from specrender.scene import description as d
from specrender.scene.compile.projection import project
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Product, Uniform, integrate_xyz


def room(ball=0.5, floor=0.7, lamp=1.0, sky=0.3, seed=1, pixels=32):
    """A ball on a floor under a lamp and a sky."""
    return d.Scene(
        camera=d.Perspective(fov=40.0, to_world=look_at([0, 1, 4], [0, 0.5, 0])),
        film=d.HdrFilm(width=pixels, height=pixels),
        sampler=d.SobolSampler(sample_count=64, seed=seed),
        integrator=d.PathIntegrator(max_depth=5),
        materials={"ball": d.Diffuse(reflectance=ball), "floor": d.Diffuse(reflectance=floor)},
        shapes=[
            d.Sphere(center=(0, 0.5, 0), radius=0.5, material="ball"),
            d.Rectangle(to_world=moved(scale=4.0, axis=(1, 0, 0), degrees=-90), material="floor"),
            d.Sphere(center=(1, 2, 1), radius=0.3, emitter=d.AreaLight(radiance=lamp, intensity=8.0), name="lamp"),
        ],
        lights=[d.ConstantLight(radiance=sky)],
    )


def compare(scene, **options):
    return specrender.compare(scene, threads=1, **{"spp": 64, **options})


@pytest.mark.parametrize("sampler", ["sobol", "independent"])
def test_flat_spectra_differ_by_noise_only(sampler):
    """Over 20 seeds hardly a pixel is marked: pictures with any are at most a few, where 0.05 x 20 are promised."""
    marked, with_any, verdicts = 0, 0, []
    for seed in range(20):
        numbers = compare(room(seed=7 * seed + 1), sampler=sampler).numbers["spaces"]["srgb"]
        marked += numbers["significant_pixels"]
        with_any += numbers["significant_pixels"] > 0
        verdicts.append(numbers["verdict"])
    assert marked / (20 * 32 * 32) < 0.05 / 20
    assert with_any <= 3
    assert verdicts.count("none") >= 19


def test_a_coloured_ball_is_found_and_the_flat_floor_is_not():
    result = compare(room(ball="ColorChecker/cyan", lamp="FL11", sky=0.0), spp=256)
    numbers = result.numbers["parts"]
    assert numbers["ball"]["spaces"]["srgb"]["mean_colour"]["significant"]
    assert result.numbers["spaces"]["srgb"]["verdict"] == "visible"
    assert result.findings["srgb"].significant[result.masks["ball"]].mean() > 0.3


# ---------------------------------------------------------------- closed form


def sphere(reflectance, emission, depth):
    """The inside of a sphere that reflects and emits everywhere: after k bounces L = E (1 + rho + ... + rho^k)."""
    inside = d.Sphere(
        radius=1.0,
        flip_normals=True,
        material=d.Diffuse(reflectance=reflectance),
        emitter=d.AreaLight(radiance=emission, normalize=False),
        name="wall",
    )
    return d.Scene(
        camera=d.Perspective(fov=60.0, near_clip=1e-4),
        film=d.HdrFilm(width=8, height=8, rfilter=d.BoxFilter()),
        sampler=d.SobolSampler(sample_count=4096, seed=3),
        integrator=d.PathIntegrator(max_depth=depth, rr_depth=100),
        shapes=[inside],
    )


@pytest.mark.parametrize("space", ["srgb", "acescg", "rec2020"])
def test_integrating_sphere_both_modes_match_their_own_closed_form(space):
    reflectance, lamp = catalogue.named("ColorChecker/red"), catalogue.named("D65")
    result = compare(sphere("ColorChecker/red", "D65", 3), spp=4096, rgb_spaces=[space])
    scaled = 0.01  # D65 is tabulated as 100 at 560 nm; the sphere takes it as it is
    squared = Product(reflectance, reflectance)
    truth = sum(integrate_xyz(s) for s in (lamp, Product(lamp, reflectance), Product(lamp, squared))) * scaled
    rho, light = project(reflectance, "reflectance", space), project(lamp, "emission", space) * scaled
    expected = rgb_to_xyz(space) @ (light * (1 + rho + rho**2))
    spectral, rgb = (film.mean_xyz().mean(axis=(0, 1)) * scaled for film in (result.spectral, result.rgb[space]))
    # the light of the wall itself has no noise in RGB; paths of both have that of two bounces only
    np.testing.assert_allclose(spectral, truth, rtol=1.5e-3)
    np.testing.assert_allclose(rgb, expected, rtol=2e-4)
    # and so does the difference, in the units in which it is reported
    viewing = Viewing(exposure=-np.log2(truth[1] / scaled) - 1.0)
    wanted = ciede2000(truth, expected, Viewing(exposure=-np.log2(truth[1]) - 1.0))
    found = ciede2000(spectral / scaled, rgb / scaled, viewing)
    assert found == pytest.approx(wanted, abs=0.05)
    colour = compare(sphere("ColorChecker/red", "D65", 3), spp=4096, rgb_spaces=[space], exposure=viewing.exposure)
    numbers = colour.numbers["spaces"][space]["mean_colour"]
    assert abs(numbers["delta_e_2000"] - wanted) < 2 * numbers["ci95"]


# ---------------------------------------------------------------- parts of the report


def test_interval_of_the_mean_covers_repeated_renders():
    """The jackknife's interval is that of renders with other seeds."""
    values, halves = [], []
    for seed in range(12):
        numbers = compare(room(ball="ColorChecker/cyan", lamp="A", seed=100 * seed), spp=64).numbers
        spread = numbers["spaces"]["srgb"]["delta_e_2000"]
        values.append(spread["mean"])
        halves.append(spread["ci95"])
    scatter = np.std(values, ddof=1)
    # the factor of Student's distribution for 7 degrees of freedom is 2.36
    assert 0.5 < np.mean(halves) / 2.36 / scatter < 2.0


def test_noise_alone_explains_the_difference_of_a_flat_scene():
    spread = compare(room(), spp=64).numbers["spaces"]["srgb"]["delta_e_2000"]
    assert spread["noise_alone"] == pytest.approx(spread["mean"], rel=0.1)
    assert spread["rms_without_noise"] < 0.3 * spread["mean"]


def test_lights_alone_add_up_to_the_picture():
    result = compare(room(ball="ColorChecker/cyan", lamp="FL11", sky="D65"), spp=512)
    lights = result.numbers["lights"]
    assert [light["name"] for light in lights] == ["lamp: FL11", "constant 0: D65"]
    assert sum(light["share"] for light in lights) == pytest.approx(1.0)
    without = room(ball="ColorChecker/cyan", lamp="FL11", sky="D65")
    without.lights = []
    alone = specrender.render(without, spp=512, threads=1).mean_xyz()[..., 1].mean()
    whole = result.spectral.mean_xyz()[..., 1].mean()
    # 2.36 half widths are one standard error of 7 degrees of freedom
    error = lights[0]["share_ci95"] / 2.36
    assert abs(lights[0]["share"] - alone / whole) < 3.5 * error
    assert error < 0.1 * lights[0]["share"]


def test_probes_have_the_spectrum_of_the_pixel():
    result = compare(room(lamp=0.0, sky="FL11"), probes=[(2, 2)], spp=8)
    probe = result.numbers["probes"][0]
    grid = np.arange(360.0, 830.5)
    lamp = catalogue.named("FL11")
    scale = 1.0 / integrate_xyz(lamp)[1]
    edges = np.array(probe["edges_nm"])
    expected = [scale * lamp(grid[(grid >= a) & (grid <= b)]).mean() for a, b in itertools.pairwise(edges)]
    # the sky is seen directly, so that only the wavelengths are random; line lamps change within a bin
    visible = (edges[:-1] > 420) & (edges[1:] < 680)
    np.testing.assert_allclose(np.array(probe["radiance"])[visible], np.array(expected)[visible], rtol=0.25)
    assert np.sum(probe["radiance"]) == pytest.approx(np.sum(expected), rel=0.03)
    np.testing.assert_allclose(probe["xyz_spectral"], integrate_xyz(lamp) * scale, rtol=0.02)


def test_probes_outside_are_refused():
    with pytest.raises(InputError, match="probe 40,2 lies outside the picture: x 0 to 31, y 0 to 31"):
        compare(room(), probes=[(40, 2)])


def test_same_seed_same_numbers_whatever_the_threads():
    one = specrender.compare(room(), spp=16, threads=1)
    two = specrender.compare(room(), spp=16, threads=2)
    np.testing.assert_array_equal(one.findings["srgb"].maps["p"], two.findings["srgb"].maps["p"])
    assert one.numbers["spaces"] == two.numbers["spaces"]


def test_ends_when_noise_is_below_the_target():
    levels = []
    result = compare(room(pixels=16), spp=None, resolve=0.2, on_noise=lambda samples, level: levels.append(level))
    assert levels[-1] <= 0.2
    assert all(level > 0.2 for level in levels[:-1])
    assert result.numbers["spaces"]["srgb"]["delta_e_2000"]["noise_alone"] < 0.2
    # and no sooner than needed: checks come each time the samples have doubled
    samples = result.numbers["render"]["samples_per_pixel"]
    half = compare(room(pixels=16), spp=samples // 4).numbers["spaces"]["srgb"]["delta_e_2000"]["p95"]
    assert half > 0.2


def test_ends_in_time():
    result = compare(room(pixels=16), spp=None, time=1.0)
    assert result.numbers["render"]["batches"] >= 8
    assert result.numbers["seconds"]["render"] < 3.0


def test_stopped_before_there_is_enough():
    from specrender.driver import Job

    job = Job()
    job.stop.set()
    with pytest.raises(SpecrenderError, match="stopped after 0 of the 8 batches"):
        compare(room(), job=job)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spp": 7}, "at least 8 samples per pixel"),
        ({"rgb_spaces": ["xyz"]}, "xyz has none"),
        ({"rgb_spaces": ["srgbb"]}, "did you mean 'srgb'"),
        ({"rgb_spaces": []}, "at least one RGB space"),
        ({"relight": ["D66"]}, "D66"),
        ({"time": -1.0}, "time must be above 0"),
        ({"resolve": 0.0}, "resolve must be above 0"),
        ({"exposure": 1e6}, "exposure"),
        ({"reference_white": 0.0}, "reference white"),
    ],
)
def test_what_cannot_be_compared_is_said(options, message):
    with pytest.raises(InputError, match=message):
        compare(room(), **options)


def test_a_scene_without_light_transport_is_refused():
    scene = room()
    scene.integrator = d.AovIntegrator(aovs=["depth"])
    with pytest.raises(InputError, match="no integrator that carries light"):
        compare(scene)


def test_layers_and_bins_of_the_scene_do_not_disturb():
    plain = compare(room(), spp=8)
    scene = room()
    scene.integrator = d.MomentIntegrator(integrator=d.AovIntegrator(aovs=["depth"], integrator=scene.integrator))
    scene.film.spectral_bins = 20
    layered = compare(scene, spp=8)
    np.testing.assert_array_equal(plain.spectral.xyz, layered.spectral.xyz)
    assert len(layered.numbers["probes"]) == 0 or len(layered.numbers["probes"][0]["radiance"]) == 20


def test_uniform_is_what_flat_means():
    """The helper's own premise: numbers are the same at every wavelength."""
    assert integrate_xyz(Uniform(1.0))[1] == pytest.approx(1.0)
