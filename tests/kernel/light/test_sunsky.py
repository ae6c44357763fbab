"""sunsky: its sampling against its density, RGB mode against the spectral one, and the sun's own flux."""

import numpy as np
import pytest
from chi_square import SIGNIFICANCE, chi_square_p_value, sphere_quadrature
from light_harness import look_around, sample_lights
from rendering import moved

from specrender.color import xyz_to_rgb
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.spectra import sky
from specrender.spectra.spectrum import Tabulated, integrate_xyz

SKIES = {
    "noon": d.SunSky(sun_direction=(0.1, 0.2, 1.0)),
    "evening, without sun": d.SunSky(sun_direction=(1.0, 0.2, 0.1), sun_scale=0.0),
    "evening, a large sun": d.SunSky(sun_direction=(1.0, 0.2, 0.15), sun_aperture=15.0, turbidity=7.0),
    "sun alone": d.SunSky(sun_direction=(0.0, -1.0, 1.0), sky_scale=0.0, sun_aperture=20.0),
}


#: Looks for light by sampling lights only, so that all of it has to be found so.
LIGHTS_ALONE = d.DirectIntegrator(emitter_samples=1, bsdf_samples=0)


def tables_of(light, mode="spectral", integrator=LIGHTS_ALONE):
    return compile_scene(d.Scene(lights=[light], integrator=integrator), mode).tables


@pytest.mark.parametrize("name", SKIES)
def test_sampling(name):
    """Chi-square, the integral of the density, and that nothing that shines is left out."""
    light = SKIES[name]
    light.to_world = moved(axis=(1.0, 1.0, 0.0), degrees=40.0)
    tables = tables_of(light)
    samples = sample_lights(tables, np.zeros((200_000, 3)))
    assert (samples[:, 8] > 0.0).mean() > 0.98
    found = look_around(tables, samples[:, :3])
    assert np.isclose(found[:, 4], samples[:, 8], rtol=2e-3).mean() > 0.995
    if light.sun_aperture > 1.0 or light.sun_scale == 0.0:  # else the sun is smaller than a cell
        wanted = samples[:, :3].copy()
        wanted[samples[:, 8] <= 0.0] = np.nan
        p_value, total = chi_square_p_value(wanted, lambda w: look_around(tables, w)[:, 4], (60, 120), order=14)
        assert np.isclose(total, (samples[:, 8] > 0.0).mean(), atol=2e-2)
        directions, weights = sphere_quadrature((400, 800), 2)
        everywhere = look_around(tables, directions)
        assert not np.any((everywhere[:, 1] > 1e-6) & (everywhere[:, 4] <= 0.0))
        integral = everywhere[:, :4].T @ weights
        estimates = samples[:, 4:8] / np.maximum(samples[:, 8:], 1e-30)
        assert np.allclose(estimates.mean(axis=0), integral, rtol=1e-2)
        # the rim of the sun crosses cells, where the integral is not good enough for chi-square
        assert p_value > SIGNIFICANCE or light.sun_scale > 0.0


def test_what_bsdfs_find_is_left_to_them():
    """With samples of BSDFs, those of the sky go where it is brighter than on average, and more of them to the sun."""
    light = d.SunSky(sun_direction=(1.0, 0.2, 0.5))
    alone, compensated = tables_of(light), tables_of(light, integrator=d.PathIntegrator())
    directions, weights = sphere_quadrature((200, 400), 2)
    directions, weights = directions[~_near_sun(light, directions)], weights[~_near_sun(light, directions)]
    densities = []
    for tables in (alone, compensated):
        found = look_around(tables, directions)
        densities.append(found[:, 4])
        assert abs(found[:, 4] @ weights - (1.0 - _share_of_sun(tables))) < 5e-3
    brightness = found[:, :4].mean(axis=1)
    mean = brightness @ weights / (4.0 * np.pi)
    bright, dim = brightness > 1.2 * mean, brightness < 0.8 * mean
    assert np.all(densities[1][bright] > 0.0)
    # few samples go where it is dim, but nothing is left out
    assert 0.0 < densities[1][dim] @ weights[dim] < 0.1 * (densities[0][dim] @ weights[dim])
    assert np.all(densities[1][dim & (brightness > 0.0)] > 0.0)
    assert _share_of_sun(compensated) > 1.2 * _share_of_sun(alone)


def _near_sun(light, directions):
    sun = np.array(light.sun_direction)
    return directions @ sun > 0.9999 * np.linalg.norm(sun)


def _share_of_sun(tables):
    return tables.arrays["lights"]["sun_share"][0]


def test_flux_of_the_sun():
    """What arrives from the disk, whatever its size, is its radiance times the solid angle of the real sun."""
    expected = sky.sun_radiance(3.0, np.arcsin(0.8)) * 2.0 * np.pi * (1.0 - np.cos(sky.SUN_HALF_APERTURE))
    for aperture in (0.5358, 5.0):
        tables = tables_of(d.SunSky(sun_direction=(0.6, 0.0, 0.8), sky_scale=0.0, sun_aperture=aperture))
        samples = sample_lights(tables, np.zeros((1000, 3)), (400.0, 480.0, 560.0, 640.0))
        assert np.allclose((samples[:, 4:8] / samples[:, 8:]).mean(axis=0), expected[[2, 4, 6, 8]], rtol=1e-3)


def test_rgb_mode_is_the_spectrum_seen_by_the_observer():
    light = SKIES["evening, a large sun"]
    directions = sphere_quadrature((8, 16), 1)[0]
    rgb = look_around(tables_of(light, "rgb"), directions)[:, :3]
    tables = tables_of(light)
    spectra = np.concatenate(
        [look_around(tables, directions, grid)[:, :4] for grid in sky.WAVELENGTHS_NM[:8].reshape(2, 4)], axis=1
    )
    last = look_around(tables, directions, [640.0, 680.0, 720.0, 800.0])
    assert not last[:, 3].any()
    spectra = np.concatenate([spectra, last[:, 1:3]], axis=1)
    grid = [*sky.WAVELENGTHS_NM[:8], 680.0, 720.0]
    grid.insert(8, 640.0)
    spectra = np.insert(spectra, 8, last[:, 0], axis=1)
    for values, found in zip(spectra, rgb, strict=True):
        expected = xyz_to_rgb("srgb") @ integrate_xyz(Tabulated(np.array(grid), values))
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_below_the_horizon():
    tables = tables_of(SKIES["noon"])
    below = look_around(tables, [(0.0, 0.6, -0.8), (0.0, 0.0, -1.0)])
    assert not below.any()
