"""RGB mode: the projection rule, and scenes whose answer is known channel by channel."""

import numpy as np
import pytest
from rendering import film, moved, narrow_camera, rendered, scene

from specrender.color import rgb_to_xyz, xyz_to_rgb
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.projection import project
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Scaled, Tabulated, Uniform, integrate_xyz
from specrender.spectra.uplift import uplift_emission, uplift_reflectance

SPACES = ["srgb", "acescg", "rec2020"]
COLOURS = [(0.2, 0.5, 0.7), (0.9, 0.1, 0.05), (0.3, 0.3, 0.3), (0.02, 0.6, 0.1)]


@pytest.mark.parametrize("space", SPACES)
def test_grey_reflectance_stays(space):
    for value in (0.0, 0.18, 1.0):
        assert np.allclose(project(Uniform(value), "reflectance", space), value, atol=1e-12)


@pytest.mark.parametrize("space", SPACES)
def test_uniform_emitter_is_equal_energy(space):
    expected = 2.5 * xyz_to_rgb(space) @ np.ones(3)
    assert np.allclose(project(Uniform(2.5), "emission", space), expected, rtol=5e-4)  # Z of E is 1.0004


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("role", ["reflectance", "unbounded", "emission"])
def test_rgb_in_is_rgb_out(space, role):
    """Exactly, also where no reflectance has the colour; through names and scales."""
    spec = d.SpectrumSpec(rgb=(0.9, 0.1, 0.05), space=space)
    builder = TableBuilder(d.Scene(spectra={"paint": spec}), "rgb", space, (360.0, 830.0))
    for said, factor in ((spec, 1.0), ("paint", 1.0), (d.SpectrumSpec(name="paint", scale=0.5), 0.5)):
        record = builder.textures[builder.spectral(said, role)]
        found = [record["value0"], record["value1"], record["value2"]]
        assert np.allclose(found, factor * np.array([0.9, 0.1, 0.05]), atol=1e-6)


def test_colours_of_another_space_are_converted():
    builder = TableBuilder(d.Scene(), "rgb", "acescg", (360.0, 830.0))
    record = builder.textures[builder.spectral(d.SpectrumSpec(rgb=(0.2, 0.5, 0.7)))]
    expected = xyz_to_rgb("acescg") @ rgb_to_xyz("srgb") @ [0.2, 0.5, 0.7]
    assert np.allclose([record["value0"], record["value1"], record["value2"]], expected, atol=1e-6)


@pytest.mark.parametrize("rgb", COLOURS)
def test_spectra_of_srgb_colours_come_back(rgb):
    assert np.allclose(project(uplift_reflectance(rgb), "reflectance", "srgb"), rgb, atol=1e-3)
    assert np.allclose(project(uplift_emission(rgb), "emission", "srgb"), rgb, atol=1e-3)


def test_reflectances_are_weighted_by_d65_and_clamped():
    white = catalogue.named("D65")
    nm = np.arange(360.0, 831.0)
    patch = catalogue.named("ColorChecker/orange")
    product = Tabulated(nm, patch(nm) * white(nm))
    expected = xyz_to_rgb("srgb") @ integrate_xyz(product) / integrate_xyz(white)[1]
    assert np.allclose(project(patch, "reflectance", "srgb"), np.clip(expected, 0.0, 1.0), atol=1e-4)
    laser = Tabulated(np.array([518.0, 520.0, 522.0]), np.array([0.0, 1.0, 0.0]))
    colour = project(laser, "reflectance", "srgb")
    assert colour.min() == 0.0
    assert project(Scaled(Uniform(1.0), 4.0), "reflectance", "srgb").max() <= 1.0
    assert project(laser, "emission", "srgb").min() < 0.0  # emitters are not clamped


@pytest.mark.parametrize("space", SPACES)
def test_scene_is_its_closed_form(space):
    """An RGB wall under an RGB lamp: the product, channel by channel, in the rendering space."""
    reflectance, colour = np.array([0.7, 0.4, 0.1]), np.array([1.0, 0.8, 0.3])
    wall = d.Rectangle(
        to_world=moved(scale=20.0),
        material=d.Diffuse(reflectance=d.SpectrumSpec(rgb=tuple(reflectance), space=space)),
    )
    lamp = d.PointLight(color=d.SpectrumSpec(rgb=tuple(colour), space=space), position=(0.0, 0.0, 2.0), normalize=False)
    description = scene([wall], [lamp], camera=narrow_camera((0.3, 0.2, 0.5), (0.0, 0.0, 0.0)), film=film(2))
    description.integrator = d.PathIntegrator(max_depth=2)
    result = rendered(description, 64, "rgb", rgb_space=space)
    found = xyz_to_rgb(space) @ result.mean_xyz().mean(axis=(0, 1))
    assert np.allclose(found, reflectance * colour / (4.0 * np.pi), rtol=1e-4)


def test_modes_agree_on_greys():
    """Without colour there is nothing that the two could see differently."""
    wall = d.Rectangle(to_world=moved(scale=20.0), material=d.Diffuse(reflectance=0.4))
    lamp = d.PointLight(color="D65", position=(0.0, 0.0, 2.0))
    description = scene([wall], [lamp], camera=narrow_camera((0.3, 0.2, 0.5), (0.0, 0.0, 0.0)), film=film(8))
    description.integrator, description.sampler = d.PathIntegrator(max_depth=2), d.SobolSampler()
    spectral, rgb = (rendered(description, 1024, mode).mean_xyz().mean(axis=(0, 1)) for mode in ("spectral", "rgb"))
    assert np.allclose(spectral, rgb, rtol=2e-3)
    assert np.allclose(rgb[1], 0.4 / (4.0 * np.pi), rtol=1e-4)


def test_spaces_agree_on_what_they_can_show():
    """The same grey scene in three rendering spaces is the same XYZ."""
    wall = d.Rectangle(to_world=moved(scale=20.0), emitter=d.AreaLight(radiance=d.SpectrumSpec(blackbody=4000.0)))
    description = scene([wall], camera=narrow_camera((0.3, 0.2, 0.5), (0.0, 0.0, 0.0)), film=film(2))
    found = [rendered(description, 4, "rgb", rgb_space=s).mean_xyz()[0, 0] for s in SPACES]
    assert np.allclose(found, found[0], rtol=1e-5)
    assert np.allclose(rgb_to_xyz("srgb") @ xyz_to_rgb("srgb") @ found[0], found[0])
