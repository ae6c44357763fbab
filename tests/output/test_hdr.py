"""PQ, HLG, depths and formats of display files."""

import numpy as np
import pytest

from specrender.color import D65, hdr, white_xyz
from specrender.errors import InputError
from specrender.film import Film
from specrender.output import OutputOptions, check_output, read_image, write_image


def patches(*luminance_cdm2, reference_white=203.0):
    """Greys of these luminances, when Y = 1 is the reference white."""
    film = Film.create(len(luminance_cdm2), 1)
    film.sample_count = 1
    film.weight[...] = film.alpha[...] = 1.0
    film.xyz[0] = np.array(luminance_cdm2)[:, None] / reference_white * white_xyz(D65)
    return film


@pytest.mark.parametrize(
    "name, bits", [("a.png", 16), ("a.tif", 16), ("a.tif", 10), ("a.dpx", 10), ("a.dpx", 12), ("a.jxl", 16)]
)
def test_pq_of_1000_cdm2(tmp_path, name, bits):
    """0.7518, to one code of 10 bits."""
    path = tmp_path / name
    write_image(patches(0, 203, 1000, 10000, 50000), path, OutputOptions(encoding="pq", bit_depth=bits, dither=False))
    codes = read_image(path).stacked("R", "G", "B")[0].astype(float)
    assert codes == pytest.approx(np.array([0, 0.5807, 0.7518, 1, 1])[:, None] * np.ones(3), abs=1 / 1023)
    assert abs(codes[2, 0] - 0.751827) < 1 / 1023


def test_reference_white_and_exposure(tmp_path):
    for options in ({"reference_white": 406.0}, {"exposure": 1.0}):
        write_image(patches(500), tmp_path / "a.png", OutputOptions(encoding="pq", **options))
        code = read_image(tmp_path / "a.png").channels["G"][0, 0]
        assert float(hdr.pq_decode(code)) * 10000 == pytest.approx(1000, rel=2e-3)


def test_hlg(tmp_path):
    write_image(patches(0, 203, 1000, 2000), tmp_path / "a.png", OutputOptions(encoding="hlg"))
    image = read_image(tmp_path / "a.png")
    assert image.channels["G"][0] == pytest.approx([0, 0.75, 1, 1], abs=1e-3)
    assert image.attributes["CICP"] == (9, 18, 0, 1) and image.formats["G"] == "uint16"


def test_tags(tmp_path):
    film = patches(*range(100))
    for options, expected in (
        ({"encoding": "pq"}, (9, 16, 0, 1)),
        ({"encoding": "pq", "gamut": "display-p3"}, (12, 16, 0, 1)),
        ({"encoding": "bt1886", "gamut": "rec2020"}, (9, 1, 0, 1)),
        ({"encoding": "gamma2.2"}, (1, 4, 0, 1)),
    ):
        write_image(film, tmp_path / "a.png", OutputOptions(**options))
        assert read_image(tmp_path / "a.png").attributes["CICP"] == expected
        if expected[1] != 4:
            write_image(film, tmp_path / "a.jxl", OutputOptions(**options))
            assert read_image(tmp_path / "a.jxl").attributes["CICP"] == expected
    write_image(film, tmp_path / "a.png", OutputOptions(encoding="gamma2.4"))
    assert "CICP" not in read_image(tmp_path / "a.png").attributes


@pytest.mark.parametrize(
    "name, bits",
    [("a.png", 16), ("a.tif", 12), ("a.tif", 10), ("a.dpx", 10), ("a.dpx", 12), ("a.dpx", 8), ("a.jxl", 8)],
)
def test_integers_are_what_was_meant(tmp_path, name, bits):
    film = patches(*np.linspace(0, 203, 38))
    write_image(film, tmp_path / name, OutputOptions(encoding="linear", bit_depth=bits, dither=False))
    image = read_image(tmp_path / name)
    top = 2**bits - 1
    expected = np.floor(np.linspace(0, 1, 38) * top + 0.5)
    assert np.rint(image.channels["R"][0].astype(float) * top) == pytest.approx(expected, abs=0)


@pytest.mark.parametrize("name, bits", [("a.tif", "float"), ("a.jxl", "half")])
def test_floats_keep_what_is_out_of_range(tmp_path, name, bits):
    film = patches(2030, 20.3)
    film.xyz[0, 1] = [0.1, 0.5, 0.05]  # outside sRGB
    report = write_image(film, tmp_path / name, OutputOptions(encoding="linear", bit_depth=bits))
    rgb = read_image(tmp_path / name).stacked("R", "G", "B")[0]
    assert rgb[0] == pytest.approx([10, 10, 10], rel=1e-3) and rgb[1].min() < -0.1
    assert report.outside == 0.5
    write_image(film, tmp_path / name, OutputOptions(encoding="linear", bit_depth=bits, out_of_gamut="compress"))
    rgb = read_image(tmp_path / name).stacked("R", "G", "B")[0]
    assert rgb[0, 0] == pytest.approx(10, rel=1e-3) and rgb[1].min() >= 0


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("a.jpg", {"encoding": "hlg"}, "needs 10 bits"),
        ("a.png", {"encoding": "pq", "bit_depth": 8}, "needs 10 bits"),
        ("a.png", {"bit_depth": 10}, "holds 8 or 16 bits, not 10"),
        ("a.png", {"bit_depth": "float"}, "holds 8 or 16 bits, not float"),
        ("a.exr", {"bit_depth": 16}, "holds half or float, not 16 bits"),
        ("a.png", {"gamut": "raw"}, "only .exr"),
        ("a.png", {"out_of_gamut": "keep"}, "clip or compress"),
        ("a.exr", {"gamut": "raw", "luminance": True}, "exclude"),
        ("a.jxl", {"encoding": "gamma2.2"}, "no tag for gamut srgb and encoding gamma2.2"),
        ("a.jxl", {"gamut": "adobe-rgb"}, "no tag for gamut adobe-rgb"),
        ("a.jxl", {"view": "Raw"}, "no tag for the view 'Raw'"),
    ],
)
def test_unusable_combinations(tmp_path, name, options, message):
    with pytest.raises(InputError, match=message):
        check_output(tmp_path / name, OutputOptions(**options))


def test_dither_is_deterministic_and_has_a_switch(tmp_path):
    film = Film.create(64, 64)
    film.weight[...] = 1.0
    film.xyz[...] = 0.2005 * white_xyz(D65)
    for name in ("a.png", "b.png"):
        write_image(film, tmp_path / name)
    first, second = (read_image(tmp_path / name).channels["G"] for name in ("a.png", "b.png"))
    assert np.array_equal(first, second) and len(np.unique(first)) == 2
    write_image(film, tmp_path / "a.png", OutputOptions(dither=False))
    assert len(np.unique(read_image(tmp_path / "a.png").channels["G"])) == 1
    write_image(film, tmp_path / "a.jpg")
    assert np.ptp(read_image(tmp_path / "a.jpg").channels["G"]) <= 1 / 255
