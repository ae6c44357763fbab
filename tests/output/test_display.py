"""Display files: curve, exposure, clipping, bits, alpha, tags."""

import numpy as np
import pytest

from specrender.color import D65, srgb_encode, white_xyz
from specrender.film import Film
from specrender.output import OutputOptions, read_image, write_image

LEVELS = np.array([0.0, 0.001, 0.18, 0.5, 1.0, 4.0, -1.0, np.nan])


@pytest.fixture
def greys():
    """One row of D65 greys, with half coverage on the left (premultiplied)."""
    film = Film.create(len(LEVELS), 1)
    film.sample_count = 1
    film.weight[...] = 1.0
    film.alpha[0, :4], film.alpha[0, 4:] = 0.5, 1.0
    film.xyz[0] = LEVELS[:, None] * white_xyz(D65)
    return film


def rgb(film, path, **options):
    write_image(film, path, OutputOptions(**options))
    return read_image(path).stacked("R", "G", "B")[0].astype(float)


def expected_codes(gain=1.0):
    return srgb_encode(np.clip(np.nan_to_num(LEVELS * gain), 0, 1))[:, None] * np.ones(3)


@pytest.mark.parametrize("name, bits", [("a.png", 8), ("a.png", 16), ("a.tif", 8), ("a.tiff", 16)])
@pytest.mark.parametrize("exposure", [0.0, 1.5])
def test_code_values(greys, tmp_path, name, bits, exposure):
    codes = rgb(greys, tmp_path / name, exposure=exposure, bit_depth=bits, dither=False)
    # Half a code value, and the curve of the rounding of 2^1.5.
    assert codes == pytest.approx(expected_codes(2**exposure), abs=0.501 / (2**bits - 1))


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG"])
def test_jpeg(tmp_path, name):
    film = Film.create(16, 16)
    film.weight[...] = 1.0
    film.xyz[...] = 0.18 * white_xyz(D65)
    film.xyz[:8] *= 2.0
    image = rgb(film, tmp_path / name, jpeg_quality=100)
    assert image == pytest.approx(np.full((16, 3), srgb_encode(np.array(0.36))), abs=2 / 255)


def test_nan_is_counted(greys, tmp_path):
    assert write_image(greys, tmp_path / "a.png").nonfinite == 1


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_alpha_is_unpremultiplied_in_light(greys, tmp_path, name):
    write_image(greys, tmp_path / name, OutputOptions(alpha=True, bit_depth=16))
    image = read_image(tmp_path / name)
    assert image.channels["A"][0] == pytest.approx([0.5] * 4 + [1.0] * 4, abs=1e-4)
    assert image.channels["G"][0, 2] == pytest.approx(float(srgb_encode(np.array(0.36))), abs=1e-4)
    assert image.channels["G"][0, 4] == 1.0


def test_primaries_of_the_gamut(tmp_path):
    film = Film.create(1, 1)
    film.weight[...] = 1.0
    film.xyz[...] = [0.4866, 0.2290, 0.0]  # the red of P3
    assert rgb(film, tmp_path / "a.png", gamut="display-p3")[0] == pytest.approx([1, 0, 0], abs=0.02)
    red = rgb(film, tmp_path / "b.png", gamut="srgb")[0]
    assert np.array_equal(red, [1, 0, 0])  # out of gamut: clipped; and dither leaves 0 and 1 alone
    assert np.array_equal(rgb(film, tmp_path / "c.png", gamut="acescg")[0], red)  # no display is ACEScg


def test_other_curves(greys, tmp_path):
    for gamut, gamma in (("adobe-rgb", 563 / 256), ("dci-p3", 2.6), ("prophoto", 1.8)):
        codes = rgb(greys, tmp_path / "a.png", gamut=gamut, bit_depth=16)
        assert codes[3] == pytest.approx([0.5 ** (1 / gamma)] * 3, abs=2e-5)


def test_png_tags(greys, tmp_path):
    for gamut, primaries in (("srgb", 1), ("display-p3", 12), ("rec2020", 9), ("acescg", 1)):
        write_image(greys, tmp_path / "a.png", OutputOptions(gamut=gamut))
        assert read_image(tmp_path / "a.png").attributes["CICP"] == (primaries, 13, 0, 1)
    write_image(greys, tmp_path / "a.png", OutputOptions(gamut="adobe-rgb"))
    assert "CICP" not in read_image(tmp_path / "a.png").attributes


def test_top_row_first(tmp_path):
    film = Film.create(2, 3)
    film.weight[...] = 1.0
    film.xyz[0, 1] = white_xyz(D65)
    write_image(film, tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png").channels["G"], [[0, 1], [0, 0], [0, 0]])
