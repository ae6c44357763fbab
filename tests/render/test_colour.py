"""What the film makes of spectra, against colour-science: blackbody lights, a ColorChecker under three illuminants."""

import colour
import numpy as np
import pytest
from rendering import film, moved, rendered, scene

from specrender.scene import description as d
from specrender.spectra import catalogue
from specrender.spectra.wavelengths import visible

CMFS = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(colour.SpectralShape(360, 830, 1))


def integrated(values, illuminant):
    """XYZ by colour-science of (471,) reflectances under (471,) illuminant values, both at 1 nm."""
    return colour.sd_to_XYZ(
        colour.SpectralDistribution(values, visible()),
        CMFS,
        colour.SpectralDistribution(illuminant, visible()),
        method="Integration",
    )


def facing(**fields):
    """An orthographic camera 1 in front of the xy plane, looking along -z."""
    camera = np.diag([-1.0, 1.0, -1.0, 1.0])
    camera[2, 3] = 1.0
    return d.Orthographic(to_world=d.Transform(camera), near_clip=1e-3, **fields)


@pytest.mark.parametrize("temperature", [2000.0, 3200.0, 5000.0, 6504.0, 10000.0])
def test_blackbody_has_its_chromaticity(temperature):
    light = d.AreaLight(radiance=d.SpectrumSpec(blackbody=temperature))
    wall = d.Rectangle(to_world=moved(scale=2.0), emitter=light)
    result = rendered(scene([wall], camera=facing(), sampler=d.SobolSampler(), pixels=8), 4096)
    xyz = result.mean_xyz().mean(axis=(0, 1))
    planck = colour.sd_blackbody(temperature, CMFS.shape).values
    expected = colour.XYZ_to_xy(integrated(planck, np.ones(471)))
    assert np.abs(colour.XYZ_to_xy(xyz) - expected).max() < 5e-4
    assert np.isclose(xyz[1], 1.0, rtol=1e-3)  # a light's colour is scaled to luminance 1


@pytest.mark.parametrize("illuminant", ["D65", "A", "FL2"])
def test_color_checker(illuminant):
    """24 measured reflectances under an illuminant; Delta E 2000 against the sums of CIE 15 at 1 nm."""
    names = catalogue.names("patch")
    assert len(names) == 24
    patches = []
    for number, name in enumerate(names):
        row, column = divmod(number, 6)
        place = moved((column - 2.5) / 3.0, (1.5 - row) / 3.0, scale=1.0 / 6.0)
        patches.append(d.Rectangle(to_world=place, material=d.Diffuse(reflectance=name)))
    sun = d.DirectionalLight(direction=(0.0, 0.0, -1.0), irradiance=illuminant, intensity=np.pi)
    description = scene(
        patches,
        [sun],
        camera=facing(),
        integrator=d.PathIntegrator(max_depth=2),
        sampler=d.SobolSampler(),
        film=film(6, 4),
    )
    rendered_xyz = 100.0 * rendered(description, 16384).mean_xyz().reshape(24, 3)

    light = catalogue.named(illuminant)(visible())
    white = colour.XYZ_to_xy(integrated(np.ones(471), light))
    expected_xyz = np.array([integrated(catalogue.named(name)(visible()), light) for name in names])
    expected, found = (colour.XYZ_to_Lab(xyz / 100.0, white) for xyz in (expected_xyz, rendered_xyz))
    difference = colour.delta_E(expected, found, method="CIE 2000")
    assert difference.max() < 0.1, dict(zip(names, difference.round(3), strict=True))


def test_flat_spectrum_is_one():
    """A radiance of 1 at all wavelengths has Y = 1, and the X and Z of equal energy."""
    wall = d.Rectangle(to_world=moved(scale=2.0), emitter=d.AreaLight(radiance=1.0))
    result = rendered(scene([wall], camera=facing(), sampler=d.SobolSampler(), pixels=8), 4096)
    expected = integrated(np.ones(471), np.ones(471))
    assert np.allclose(result.mean_xyz().mean(axis=(0, 1)), expected / expected[1], rtol=5e-4)


def test_metamers_part_ways():
    """Two reflectances that match under E and differ under A must differ by what the integrals say."""
    nm = visible()
    weights = CMFS.values
    bump = np.sin(nm / 18.0) * np.exp(-(((nm - 540.0) / 120.0) ** 2))
    metameric = bump - weights @ np.linalg.lstsq(weights, bump, rcond=None)[0]
    base = 0.5 + 0.0 * nm
    other = base + 0.3 * metameric / np.abs(metameric).max()
    found = []
    for values in (base, other):
        reflectance = d.SpectrumSpec(wavelengths=nm.tolist(), values=values.tolist())
        for light in ("E", "A"):
            wall = d.Rectangle(to_world=moved(scale=2.0), material=d.Diffuse(reflectance=reflectance))
            sun = d.DirectionalLight(direction=(0.0, 0.0, -1.0), irradiance=light, intensity=np.pi)
            description = scene(
                [wall],
                [sun],
                camera=facing(),
                integrator=d.PathIntegrator(max_depth=2),
                sampler=d.SobolSampler(),
                pixels=8,
            )
            found.append(rendered(description, 4096).mean_xyz().mean(axis=(0, 1)))
    assert np.allclose(found[0], found[2], atol=1e-3)
    expected = [integrated(v, catalogue.named("A")(nm)) / 100.0 for v in (base, other)]
    assert np.abs(expected[0] - expected[1]).max() > 0.01
    assert np.allclose(found[3] - found[1], expected[1] - expected[0], atol=1e-3)
