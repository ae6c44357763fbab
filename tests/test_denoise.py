"""Denoising: better, and nothing lost."""

import sys

import numpy as np
import pytest

from specrender.errors import InputError, SpecrenderError
from specrender.film import Film, aov_layout
from specrender.output import OutputOptions, read_image, write_image

GUIDES = aov_layout(["albedo", "sh_normal"])


@pytest.fixture
def film():
    """Half dark, half bright, with noise of 30 %."""
    film = Film.create(64, 48, aov_layout=GUIDES)
    film.weight[...] = 1.0
    film.sample_count = 1
    clean = np.where(np.arange(64) < 32, 0.2, 1.0)[None, :, None] * np.array([0.95, 1.0, 1.09])
    film.xyz[...] = clean * np.random.default_rng(3).gamma(10.0, 0.1, (48, 64, 1))
    film.aovs["albedo"][...] = clean
    film.aovs["sh_normal"][..., 2] = 1.0
    return film, np.broadcast_to(clean, film.xyz.shape)


def test_less_noise_and_the_samples_stay(film, tmp_path):
    pytest.importorskip("pyoidn")
    from specrender.denoise import denoise

    film, clean = film
    noisy, sums = film.mean_xyz(), film.xyz.copy()
    denoise(film)
    errors = [np.sqrt(np.mean((image - clean) ** 2)) for image in (noisy, film.mean_xyz())]
    assert errors[1] < errors[0] / 3
    assert np.array_equal(film.xyz, sums) and np.array_equal(film.noisy_xyz(), noisy)
    write_image(film, tmp_path / "a.exr", OutputOptions(pixel_type="float", gamut="xyz"))
    image = read_image(tmp_path / "a.exr")
    assert np.allclose(image.stacked("X", "Y", "Z"), film.denoised, rtol=1e-5)
    assert np.allclose(image.stacked("noisy.X", "noisy.Y", "noisy.Z"), noisy, rtol=1e-5)


def test_colours_outside_the_gamut_survive(film):
    pytest.importorskip("pyoidn")
    from specrender.denoise import denoise

    film, _ = film
    film.xyz[...] = (0.1, 0.8, 0.2)  # a green that Rec.709 has not
    denoise(film)
    assert np.allclose(film.denoised[20:28, 10:20], (0.1, 0.8, 0.2), rtol=0.05)


def test_without_the_package(film, monkeypatch):
    from specrender.denoise import check_available, denoise

    monkeypatch.setitem(sys.modules, "pyoidn", None)
    for call in (check_available, lambda: denoise(film[0])):
        with pytest.raises(SpecrenderError, match="pip install pyoidn"):
            call()


def test_without_the_guides():
    pytest.importorskip("pyoidn")
    from specrender.denoise import denoise

    with pytest.raises(InputError, match="lacks albedo, sh_normal"):
        denoise(Film.create(4, 4))
