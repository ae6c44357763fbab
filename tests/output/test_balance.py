"""White balance, observers and raw responses on their way into files."""

import numpy as np
import pytest

from specrender.color import ADAPTATIONS, D65, white_xyz, xyz_to_rgb
from specrender.errors import InputError, SpecrenderWarning
from specrender.film import Film
from specrender.output import OutputOptions, read_image, write_image
from specrender.output.balance import response_matrix
from specrender.spectra import catalogue
from specrender.spectra.observers import NAMES, observer
from specrender.spectra.spectrum import Blackbody


def lit_by(*spectra, who="cie1931-2"):
    """A film of one row that sees these lights."""
    film = Film.create(len(spectra), 1, metadata={"observer": who, "units": "W.m^-2.sr^-1.nm^-1"})
    film.sample_count = 1
    film.weight[...] = film.alpha[...] = 1.0
    film.xyz[0] = [observer(who).responses(spectrum) for spectrum in spectra]
    return film


def linear(film, tmp_path, **options):
    write_image(film, tmp_path / "a.exr", OutputOptions(bit_depth="float", **options))
    return read_image(tmp_path / "a.exr")


@pytest.mark.parametrize("who", NAMES)
@pytest.mark.parametrize("white, lamp", [("A", "A"), ("FL11", "FL11"), ("3200K", None), ("D50", "D50")])
def test_the_light_becomes_neutral(tmp_path, who, white, lamp):
    spectrum = Blackbody(3200) if lamp is None else catalogue.named(lamp)
    film = lit_by(spectrum, who=who)
    for gamut in ("srgb", "acescg"):
        rgb = linear(film, tmp_path, gamut=gamut, white_balance=white).stacked("R", "G", "B")[0, 0]
        assert rgb / rgb[1] == pytest.approx([1, 1, 1], abs=1e-5)
    plain = linear(film, tmp_path).stacked("R", "G", "B")[0, 0]
    assert np.ptp(plain / plain[1]) > 0.1


@pytest.mark.parametrize("method", [name for name in ADAPTATIONS if name != "none"])
def test_adaptation_agrees_with_colour_science(method):
    colour = pytest.importorskip("colour")
    rng = np.random.default_rng(1)
    a, d65 = np.array([0.44757, 0.40745]), np.array(D65)
    names = {"bradford": "Bradford", "cat02": "CAT02", "cat16": "CAT16"}
    film = lit_by(catalogue.named("A"))
    matrix = response_matrix(film, method, "A")
    xyz = rng.random((500, 3))
    white = film.xyz[0, 0] / film.xyz[0, 0, 1]
    expected = colour.adaptation.chromatic_adaptation_VonKries(
        xyz, white, colour.xy_to_XYZ(d65), transform=names[method]
    )
    assert xyz @ matrix.T == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert white[[0, 2]] / white.sum() == pytest.approx([a[0], 1 - a.sum()], abs=2e-5)


def test_a_picked_pixel(tmp_path):
    film = lit_by(catalogue.named("HP1"), catalogue.named("D65"))
    rgb = linear(film, tmp_path, white_balance="0,0").stacked("R", "G", "B")[0]
    assert rgb[0] / rgb[0, 1] == pytest.approx([1, 1, 1], abs=1e-5) and np.ptp(rgb[1] / rgb[1, 1]) > 0.3
    for pixel, message in (("2,0", "outside the image"), ("0,1", "outside the image")):
        with pytest.raises(InputError, match=message):
            write_image(film, tmp_path / "b.exr", OutputOptions(white_balance=pixel))
    film.xyz[0, 1] = 0
    assert not (tmp_path / "b.exr").exists()
    with pytest.warns(SpecrenderWarning, match="pixel 1,0 is black"):
        same = linear(film, tmp_path, white_balance="1,0").stacked("R", "G", "B")
    assert np.array_equal(same, linear(film, tmp_path).stacked("R", "G", "B"))


@pytest.mark.parametrize("who", NAMES)
def test_raw_responses(tmp_path, who):
    film = lit_by(catalogue.named("FL2"), who=who)
    image = linear(film, tmp_path, gamut="raw")
    assert tuple(image.channels) == observer(who).channels
    assert image.stacked(*observer(who).channels)[0, 0] == pytest.approx(film.xyz[0, 0], rel=1e-6)
    for name in ("chromaticities", "colorInteropID", "whiteLuminance"):
        assert name not in image.attributes
    assert image.attributes["specrender:observer"] == who


def test_header(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    attributes = linear(lit_by(catalogue.named("D65")), tmp_path, white_balance="D50", adapt="cat16").attributes
    assert attributes["DateTime"] == "1970:01:02 00:00:00"
    assert attributes["whiteLuminance"] == pytest.approx(683.002 * 106.8569171, rel=1e-6)
    assert attributes["renderingTransform"] == "srgb, srgb, out of gamut: clip"
    assert attributes["specrender:whiteBalance"] == "D50" and attributes["specrender:adapt"] == "cat16"
    assert attributes["specrender:observer"] == "cie1931-2" and attributes["specrender:outOfGamut"] == "keep"
    film = lit_by(catalogue.named("D65"), who="cie1964-10")
    assert "whiteLuminance" not in linear(film, tmp_path).attributes  # Y10 is no luminance


def test_policies_of_linear_files(tmp_path):
    film = lit_by(catalogue.named("D65"))
    film.xyz[0, 0] = [0.0633, 0.7100, 0.0782]
    report = write_image(film, tmp_path / "a.exr", OutputOptions())
    assert report.outside == 1.0 and report.stops is None
    kept = linear(film, tmp_path).stacked("R", "G", "B")[0, 0]
    assert kept == pytest.approx(xyz_to_rgb("srgb") @ film.xyz[0, 0], rel=1e-5) and kept.min() < 0
    clipped = linear(film, tmp_path, out_of_gamut="clip").stacked("R", "G", "B")[0, 0]
    assert clipped == pytest.approx(np.maximum(kept, 0))
    compressed = linear(film, tmp_path, out_of_gamut="compress").stacked("R", "G", "B")[0, 0]
    assert compressed.min() >= 0 and not np.allclose(clipped, compressed)
    assert write_image(film, tmp_path / "b.exr", OutputOptions(gamut="xyz")).outside == 0.0


def test_white_is_d65_of_the_standard(tmp_path):
    film = lit_by(catalogue.named("D65"))
    film.xyz[0, 0] = white_xyz(D65)
    assert linear(film, tmp_path).stacked("R", "G", "B")[0, 0] == pytest.approx([1, 1, 1], abs=1e-6)
