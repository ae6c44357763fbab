"""Two finished images: what files say about colour and noise is used."""

import numpy as np
import pytest
from tiny import tiny

import specrender
from specrender.color import xyz_to_rgb
from specrender.comparison.images import independent_p_values
from specrender.errors import InputError


@pytest.fixture(scope="module")
def film():
    return specrender.render(tiny(), spp=16, threads=1)


def test_an_image_equals_itself(film, tmp_path):
    specrender.write(film, tmp_path / "a.exr")
    found = specrender.compare_images(tmp_path / "a.exr", tmp_path / "a.exr")
    assert found.numbers["verdict_text"] == "The colours are identical."
    assert found.numbers["statistics"]["delta_e_2000"]["max"] == 0.0


@pytest.mark.parametrize("gamut", ["acescg", "rec2020", "prophoto", "xyz"])
def test_gamuts_of_the_files_do_not_count(film, tmp_path, gamut):
    specrender.write(film, tmp_path / "a.exr", pixel_type="float")
    specrender.write(film, tmp_path / "b.exr", pixel_type="float", gamut=gamut)
    found = specrender.compare_images(tmp_path / "a.exr", tmp_path / "b.exr")
    assert found.numbers["statistics"]["delta_e_2000"]["max"] < 0.01
    np.testing.assert_allclose(found.findings.second, film.mean_xyz(), rtol=1e-4, atol=1e-6)


def test_png_is_srgb(film, tmp_path):
    specrender.write(film, tmp_path / "a.exr", pixel_type="float")
    specrender.write(film, tmp_path / "b.png", bit_depth=16)
    found = specrender.compare_images(tmp_path / "a.exr", tmp_path / "b.png")
    in_gamut = np.all((film.mean_xyz() @ xyz_to_rgb("srgb").T < 1.0), axis=-1)
    assert found.findings.maps["delta_e_2000"][in_gamut].max() < 0.05


def test_noise_is_told_from_difference_if_the_files_know_theirs(tmp_path):
    one = specrender.render(tiny(width=24, height=24), spp=64, seed=1, sampler="independent", threads=1)
    two = specrender.render(tiny(width=24, height=24), spp=64, seed=2, sampler="independent", threads=1)
    for film, name in ((one, "a.exr"), (two, "b.exr")):
        specrender.write(film, tmp_path / name, variance=True, pixel_type="float")
    found = specrender.compare_images(tmp_path / "a.exr", tmp_path / "b.exr")
    assert found.findings.significant.mean() < 0.01
    two.xyz *= 1.5
    specrender.write(two, tmp_path / "c.exr", variance=True, pixel_type="float")
    found = specrender.compare_images(tmp_path / "a.exr", tmp_path / "c.exr")
    assert found.numbers["verdict"] == "visible"
    assert found.numbers["statistics"]["share_significant"] > 0.5


def test_without_variances_nothing_is_claimed(film, tmp_path):
    specrender.write(film, tmp_path / "a.exr")
    brighter = specrender.render(tiny(), spp=16, seed=5, threads=1)
    specrender.write(brighter, tmp_path / "b.exr")
    numbers = specrender.compare_images(tmp_path / "a.exr", tmp_path / "b.exr").numbers
    assert "How much of it is noise is not known" in numbers["verdict_text"]
    assert "share_significant" not in numbers["statistics"]


def test_p_values_of_independent_errors_are_uniform_or_larger():
    rng = np.random.default_rng(2)
    first = 10.0 + rng.normal(size=(200, 200, 3))
    second = 10.0 + rng.normal(size=(200, 200, 3))
    p = independent_p_values(first, second, np.full(first.shape, 2.0))
    for level in (0.05, 0.001):
        assert np.mean(p < level) < level + 4 * np.sqrt(level / p.size)
    assert np.mean(p < 0.05) > 0.04


def test_sizes_must_be_the_same(film, tmp_path):
    specrender.write(film, tmp_path / "a.exr")
    specrender.write(specrender.render(tiny(width=8), spp=1, threads=1), tmp_path / "b.exr")
    with pytest.raises(InputError, match=r"differ in size or place: .* is 16x12 at 0,0, .* is 8x12 at 0,0"):
        specrender.compare_images(tmp_path / "a.exr", tmp_path / "b.exr")


def test_missing_files_are_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        specrender.compare_images(tmp_path / "a.exr", tmp_path / "b.exr")
