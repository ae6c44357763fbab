"""EXR files read back: values, channel names and types, windows, header, range."""

import numpy as np
import pytest

from specrender.color import GAMUTS, xyz_to_rgb
from specrender.output import OutputOptions, read_image, write_image


def written(film, tmp_path, **options):
    path = tmp_path / "out.exr"
    report = write_image(film, path, OutputOptions(**options))
    assert report.path == path
    return read_image(path), report


@pytest.mark.parametrize("gamut", GAMUTS)
@pytest.mark.parametrize("pixel_type", ["half", "float"])
def test_colour(film, tmp_path, gamut, pixel_type):
    image, report = written(film, tmp_path, gamut=gamut, pixel_type=pixel_type)
    names = ("X", "Y", "Z") if gamut == "xyz" else ("R", "G", "B")
    expected = film.xyz / 2.0 @ xyz_to_rgb(gamut).T
    assert image.stacked(*names) == pytest.approx(expected, rel=2**-11 if pixel_type == "half" else 1e-6, abs=1e-6)
    assert {image.formats[name] for name in names} == {pixel_type}
    assert image.attributes["chromaticities"] == pytest.approx(GAMUTS[gamut].chromaticities, abs=1e-7)
    assert (report.nonfinite, report.clamped) == (0, 0)


@pytest.mark.parametrize("gamut", GAMUTS)
def test_openimageio_knows_the_space(film, tmp_path, gamut):
    oiio = pytest.importorskip("OpenImageIO")
    interop_id = GAMUTS[gamut].interop_id
    image, _ = written(film, tmp_path, gamut=gamut)
    if interop_id is None:
        # Not to be taken for Rec.709, which OpenImageIO assumes of linear files without a name.
        assert "colorInteropID" not in image.attributes
    else:
        assert image.attributes["colorInteropID"] == interop_id
        assert image.attributes["oiio:ColorSpace"] == interop_id
        assert oiio.ColorConfig().resolve(interop_id) != interop_id  # it has a name of its own for it


def test_adaptation_is_an_option(film, tmp_path):
    image, _ = written(film, tmp_path, gamut="acescg", adapt="none", pixel_type="float")
    assert image.stacked("R", "G", "B") == pytest.approx(film.xyz / 2 @ xyz_to_rgb("acescg", "none").T, rel=1e-5)
    assert image.attributes["specrender:adapt"] == "none"


def test_exposure_leaves_linear_files_alone(film, tmp_path):
    plain, _ = written(film, tmp_path)
    brighter, _ = written(film, tmp_path, exposure=3.0)
    assert np.array_equal(plain.channels["G"], brighter.channels["G"])


def test_windows_and_orientation(film, tmp_path):
    film.xyz[...] = 0.0
    film.xyz[0, 0] = 2.0  # top left of the crop
    image, _ = written(film, tmp_path, gamut="xyz")
    assert image.window == (2, 1, 7, 4) and image.size == (8, 6)
    assert image.channels["Y"][0, 0] == 1.0 and image.channels["Y"].sum() == 1.0


def test_layers(film, tmp_path):
    image, _ = written(film, tmp_path, gamut="rec2020", alpha=True, variance=True, moments=True)
    floats = {
        ("variance.X", "variance.Y", "variance.Z"): film.variance_of_mean(),
        ("m2.X", "m2.Y", "m2.Z"): film.second_moment(),
        ("albedo.R", "albedo.G", "albedo.B"): film.mean_aov("albedo") @ xyz_to_rgb("rec2020").T,
        ("Z",): film.mean_aov("depth"),
        ("P.X", "P.Y", "P.Z"): film.mean_aov("position"),
        ("N.X", "N.Y", "N.Z"): film.mean_aov("sh_normal"),
        ("uv.U", "uv.V"): film.mean_aov("uv"),
        ("shape_index",): film.mean_aov("shape_index"),
    }
    for names, expected in floats.items():
        assert np.array_equal(image.stacked(*names), expected.astype(np.float32)), names
        assert {image.formats[name] for name in names} == {"float"}
    assert np.any(film.variance_of_mean() > 0)
    assert image.channels["A"] == pytest.approx(film.alpha / 2, rel=2**-11)
    assert image.formats["A"] == "half"
    assert len(image.channels) == 4 + sum(len(names) for names in floats)


def test_optional_layers_are_off(film, tmp_path):
    film.aov_layout, film.layers = [], None
    image, _ = written(film, tmp_path)
    assert list(image.channels) == ["R", "G", "B"]


def test_variance_of_one_sample_is_infinite(film, tmp_path):
    film.sample_count = 1
    image, report = written(film, tmp_path, variance=True)
    assert np.all(np.isposinf(image.channels["variance.Y"])) and report.clamped == 0


def test_metadata(film, tmp_path):
    attributes = written(film, tmp_path)[0].attributes
    assert attributes["Software"] == "specrender 1.2.3"
    assert attributes["specrender:seed"] == 7 and attributes["specrender:spp"] == 4
    assert attributes["specrender:scene"] == "box" and attributes["specrender:renderTime"] == 1.5
    assert attributes["specrender:units"] == "W.m^-2.sr^-1.nm^-1"
    assert attributes["specrender:hash"] == str(2**40)  # beyond 32 bits: kept as text, not cut
    assert attributes["compression"] == "zip"


@pytest.mark.parametrize("pixel_type, largest", [("half", 65504.0), ("float", float(np.finfo(np.float32).max))])
def test_values_out_of_range(film, tmp_path, pixel_type, largest):
    film.xyz[0, 0] = [2e39, 2.0, -np.inf]
    film.xyz[0, 1, 1] = np.nan
    image, report = written(film, tmp_path, gamut="xyz", pixel_type=pixel_type)
    assert image.channels["X"][0, 0] == largest and image.channels["Z"][0, 0] == -largest
    assert image.channels["Y"][0, 0] == 1.0
    assert np.all(image.stacked("X", "Y", "Z")[0, 1] == 0.0)  # no colour is left of a pixel with one NaN
    assert (report.nonfinite, report.clamped) == (1, 2)
    assert np.all(np.isfinite(image.stacked("X", "Y", "Z")))


def test_largest_half_is_not_rounded_up(film, tmp_path):
    film.xyz[0, 0] = 2 * 65519.999
    image, report = written(film, tmp_path, gamut="xyz")
    assert image.channels["X"][0, 0] == 65504.0 and report.clamped == 3
