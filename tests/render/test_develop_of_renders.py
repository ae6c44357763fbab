"""A spectral file, developed, against the colours that the same run summed directly: the ColorChecker."""

import numpy as np
import pytest
from rendering import film, moved, rendered, scene

import specrender
from specrender.color import D65, adaptation_matrix, delta_e_2000, xyz_to_lab
from specrender.output import OutputOptions, develop, write_image
from specrender.scene import description as d
from specrender.spectra import catalogue
from specrender.spectra.observers import observer
from specrender.spectra.spectrum import Product, integrate_xyz


def color_checker(illuminant, bins, samples=4096):
    """A film of 6x4 pixels, one a patch, under a lamp of Y = 1."""
    return rendered(checker_scene(illuminant, bins), samples)


def checker_scene(illuminant, bins):
    patches = []
    for number, name in enumerate(catalogue.names("patch")):
        row, column = divmod(number, 6)
        place = moved((column - 2.5) / 3.0, (1.5 - row) / 3.0, scale=1.0 / 6.0)
        patches.append(d.Rectangle(to_world=place, material=d.Diffuse(reflectance=name)))
    camera = np.diag([-1.0, 1.0, -1.0, 1.0])
    camera[2, 3] = 1.0
    return scene(
        patches,
        [d.DirectionalLight(direction=(0.0, 0.0, -1.0), irradiance=illuminant, intensity=np.pi)],
        camera=d.Orthographic(to_world=d.Transform(camera), near_clip=1e-3),
        integrator=d.PathIntegrator(max_depth=2),
        sampler=d.SobolSampler(),
        film=film(6, 4, spectral_bins=bins),
    )


@pytest.mark.parametrize("who", ["cie1964-10", "cie2015-10", "cones-2", "nikon-5100"])
def test_rendered_for_an_observer(who):
    """The kernel's tables of other observers: the patches' own spectra, summed directly."""
    direct = specrender.render(checker_scene("D65", None), spp=8192, observer=who)
    light = catalogue.named("D65")
    scale = 1.0 / integrate_xyz(light)[1]
    expected = [scale * observer(who).responses(Product(catalogue.named(n), light)) for n in catalogue.names("patch")]
    assert direct.mean_xyz().reshape(24, 3) == pytest.approx(np.array(expected), rel=3e-3, abs=2e-4)
    assert direct.metadata["observer"] == who


def difference(xyz, other, illuminant):
    """Delta E 2000 of two films of XYZ, adapted from the white of the illuminant."""
    white = integrate_xyz(catalogue.named(illuminant))
    to_d65 = adaptation_matrix(tuple(white[:2] / white.sum()), D65)
    return delta_e_2000(xyz_to_lab(xyz @ to_d65.T), xyz_to_lab(other @ to_d65.T))


@pytest.mark.parametrize("width, limit", [(5.0, 0.5), (1.0, 0.1)])
@pytest.mark.parametrize("illuminant", ["D65", "A"])
def test_developed_is_rendered(tmp_path, illuminant, width, limit):
    direct = color_checker(illuminant, d.SpectralBins(width=width))
    write_image(direct, tmp_path / "a.spectral.exr")
    developed = develop(tmp_path / "a.spectral.exr")
    found = difference(direct.mean_xyz(), developed.mean_xyz(), illuminant)
    assert found.max() < limit
    # and so for the R G B that both write
    write_image(direct, tmp_path / "a.exr", OutputOptions(bit_depth="float"))
    write_image(developed, tmp_path / "b.exr", OutputOptions(bit_depth="float"))
    a, b = (develop(tmp_path / name).mean_xyz() for name in ("a.exr", "b.exr"))
    assert difference(a, b, illuminant).max() < limit


@pytest.mark.parametrize("who", ["cie1964-10", "cie2015-2", "cones-10", "nikon-5100"])
def test_other_observers(tmp_path, who):
    """Developed for another observer: what its functions make of the patches' own spectra."""
    direct = color_checker("D65", d.SpectralBins(width=1.0))
    write_image(direct, tmp_path / "a.spectral.exr")
    found = develop(tmp_path / "a.spectral.exr", who).mean_xyz().reshape(24, 3)
    light = catalogue.named("D65")
    scale = 1.0 / integrate_xyz(light)[1]
    expected = [scale * observer(who).responses(Product(catalogue.named(n), light)) for n in catalogue.names("patch")]
    assert found == pytest.approx(np.array(expected), rel=5e-3, abs=5e-4)
