"""Films back from files: spectra for any observer, colours by their gamut, files of other programs."""

import warnings

import numpy as np
import pytest

from specrender.color import GAMUTS, xyz_to_rgb
from specrender.errors import InputError, SpecrenderWarning
from specrender.film import Film
from specrender.output import OutputOptions, develop, read_image, write_image
from specrender.spectra import catalogue
from specrender.spectra.observers import NAMES, observer

oiio = pytest.importorskip("OpenImageIO")


def foreign(path, channels, pixels, **attributes):
    """An EXR file of another program."""
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, "float")
    spec.channelnames = channels
    for name, value in attributes.items():
        spec.attribute(name, *value) if isinstance(value, tuple) else spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    pixels = np.ascontiguousarray(pixels, np.float32)
    assert output.open(str(path), spec) and output.write_image(pixels) and output.close()
    return path


@pytest.mark.parametrize("gamut", GAMUTS)
@pytest.mark.parametrize("adapt", ["bradford", "none"])
def test_colours_come_back(film, tmp_path, gamut, adapt):
    write_image(film, tmp_path / "a.exr", OutputOptions(gamut=gamut, adapt=adapt, bit_depth="float", alpha=True))
    back = develop(tmp_path / "a.exr")
    assert back.mean_xyz() == pytest.approx(film.mean_xyz(), abs=2e-6)
    assert back.mean_alpha() == pytest.approx(film.mean_alpha(), abs=1e-6)
    assert (back.width, back.height, back.crop) == (8, 6, (2, 1, 7, 4))
    assert back.sample_count == 4 and back.metadata["scene"] == "box" and back.metadata["version"] == "1.2.3"
    for name in film.aovs:
        assert back.mean_aov(name) == pytest.approx(film.mean_aov(name), rel=1e-5, abs=1e-5), name
    # and so on into another gamut
    write_image(back, tmp_path / "b.exr", OutputOptions(gamut="rec2020", bit_depth="float"))
    rgb = read_image(tmp_path / "b.exr").stacked("R", "G", "B")
    assert rgb == pytest.approx(film.mean_xyz() @ xyz_to_rgb("rec2020").T, abs=5e-6)


@pytest.mark.parametrize("who", NAMES)
def test_spectra_for_any_observer(tmp_path, who):
    """Light that is flat within its bins is integrated exactly."""
    edges = np.array([360.0, 400, 440.5, 500, 555.25, 600, 700, 830])
    film = Film.create(3, 2, bin_edges_nm=edges)
    film.weight[...] = film.sample_count = 1
    rng = np.random.default_rng(3)
    film.bins[...] = rng.random(film.bins.shape)
    write_image(film, tmp_path / "a.spectral.exr")
    back = develop(tmp_path / "a.spectral.exr", who)
    assert back.bins == pytest.approx(film.bins, rel=1e-6) and np.array_equal(back.bin_edges_nm, edges)
    fine = np.arange(360.0, 830.0, 1 / 128) + 1 / 256
    light = film.bins[..., np.searchsorted(edges, fine, side="right") - 1]
    functions = observer(who).functions
    responses = np.stack([np.interp(fine, np.arange(360, 831.0), functions[:, i]) for i in range(3)], axis=1)
    expected = light @ responses / 128 / observer(who).integral
    assert back.mean_xyz() == pytest.approx(expected, abs=1e-5)
    assert back.metadata["observer"] == who


def test_spectra_are_written_again(film, tmp_path):
    write_image(film, tmp_path / "a.spectral.exr", OutputOptions(alpha=True))
    write_image(develop(tmp_path / "a.spectral.exr"), tmp_path / "b.spectral.exr", OutputOptions(alpha=True))
    a, b = (read_image(tmp_path / f"{name}.spectral.exr") for name in "ab")
    assert list(a.channels) == list(b.channels)
    for name in a.channels:
        if name not in ("R", "G", "B"):  # these are integrated from the bins
            # colours of layers go to XYZ and back
            assert b.channels[name] == pytest.approx(a.channels[name], abs=1e-6 if "albedo" in name else 0), name


def test_raw_responses_come_back(tmp_path):
    film = Film.create(2, 1, metadata={"observer": "cones-10"})
    film.weight[...] = film.sample_count = 1
    film.xyz[...] = [[1, 2, 3], [4, 5, 6]]
    write_image(film, tmp_path / "a.exr", OutputOptions(gamut="raw", bit_depth="float"))
    back = develop(tmp_path / "a.exr", "cones-10")
    assert np.array_equal(back.xyz, film.xyz) and back.metadata["observer"] == "cones-10"
    with pytest.raises(InputError, match="what 'cones-10' sees; another observer needs a spectral file"):
        develop(tmp_path / "a.exr", "cie1931-2")


def test_spectra_of_another_program(tmp_path):
    """Wavelengths in other units and order; edges lie halfway."""
    names = ("S0.600,0nm", "S0.0,5um", "S0.400nm", "S0.4,28274940E2THz", "S1.400nm")
    pixels = np.broadcast_to(np.array([6.0, 5.0, 4.0, 7.0, 0.0]), (2, 2, 5))
    film = develop(foreign(tmp_path / "a.exr", names, pixels, spectralLayoutVersion="1.0"))
    assert film.bin_edges_nm == pytest.approx([350, 450, 550, 650, 750], abs=1e-3)
    assert np.array_equal(film.bins[0, 0], [4, 5, 6, 7])
    expected = observer("cie1931-2").bin_weights(np.array([350, 450, 550, 650, 750.0])).T @ [4, 5, 6, 7]
    assert film.xyz[0, 0] == pytest.approx(expected, rel=1e-5)


def test_colours_of_other_programs(tmp_path):
    rgb = np.random.default_rng(0).random((2, 3, 3))
    p3 = GAMUTS["display-p3"]
    path = tmp_path / "a.exr"
    foreign(path, ("R", "G", "B"), rgb, chromaticities=(oiio.TypeDesc("float[8]"), p3.chromaticities))
    assert develop(path).xyz == pytest.approx(rgb @ np.linalg.inv(xyz_to_rgb("display-p3")).T, abs=1e-6)
    foreign(path, ("R", "G", "B"), rgb, colorInteropID="lin_ap1_scene")
    assert develop(path).xyz == pytest.approx(rgb @ np.linalg.inv(xyz_to_rgb("acescg")).T, abs=1e-6)
    foreign(path, ("X", "Y", "Z"), rgb)
    assert develop(path).xyz == pytest.approx(rgb, abs=1e-6)


def test_depth_of_an_xyz_file_is_not_its_colour(film, tmp_path):
    write_image(film, tmp_path / "a.exr", OutputOptions(gamut="xyz", bit_depth="float"))
    image = read_image(tmp_path / "a.exr")
    assert image.channels["depth.Z"] == pytest.approx(film.mean_aov("depth")[..., 0], rel=1e-6)
    assert image.channels["Z"] == pytest.approx(film.mean_xyz()[..., 2], rel=1e-6)


def test_a_nameless_space_is_noted(tmp_path, monkeypatch):
    image = read_image(foreign(tmp_path / "a.exr", ("R", "G", "B"), np.ones((1, 1, 3))))
    image.attributes.pop("colorInteropID", None)
    monkeypatch.setattr("specrender.output.developing.read_image", lambda path: image)
    with pytest.warns(SpecrenderWarning, match=r"a\.exr' does not say .* Rec\.709"):
        film = develop(tmp_path / "a.exr")
    assert film.xyz[0, 0] == pytest.approx(np.linalg.inv(xyz_to_rgb("srgb")) @ np.ones(3))


def test_window_outside_the_image(tmp_path):
    spec = oiio.ImageSpec(4, 3, 3, "float")
    spec.channelnames = ("X", "Y", "Z")
    spec.x, spec.y, spec.full_width, spec.full_height = -2, -1, 2, 2
    output = oiio.ImageOutput.create(str(tmp_path / "a.exr"))
    assert output.open(str(tmp_path / "a.exr"), spec) and output.write_image(np.ones((3, 4, 3), np.float32))
    assert output.close()
    assert develop(tmp_path / "a.exr").crop == (0, 0, 4, 3)


def chromaticities(number):
    return oiio.TypeDesc("float[8]"), (number,) * 8


@pytest.mark.parametrize(
    "channels, attributes, message",
    [
        (("T.500nm", "T.600nm"), {}, "holds reflectances"),
        (("S0.500nm",), {}, "does not say how wide"),
        (("S0.500nm", "S0.600nm"), {"specrender:binEdges": "1;2;3"}, "do not fit its 2 spectral channels"),
        (("S0.500nm", "S0.600nm"), {"specrender:binEdges": "a;b;c"}, "do not fit"),
        (("S0.500nm", "S0.600nm"), {"specrender:binEdges": "-1;550;650"}, "do not fit"),
        (("S0.500nm", "S0.600nm"), {"specrender:binEdges": "400;550;inf"}, "do not fit"),
        (("S0.0Hz", "S0.600nm"), {}, r"a\.exr' has a channel 'S0.0Hz', which is no wavelength"),
        (("S0.100nm", "S0.600nm"), {}, "100 to 600 nm, leave no bins above 0 nm"),
        (("R", "G", "B"), {"chromaticities": chromaticities(0.64)}, "the chromaticities of its header, .* make no"),
        (("R", "G", "B"), {"chromaticities": chromaticities(np.nan)}, "make no colour space"),
        (
            ("R", "G", "B"),
            {"specrender:adapt": "vonkries9"},
            r"a\.exr': in its header, there is no chromatic adaptation",
        ),
        (("X", "G", "Z"), {"specrender:gamut": "raw"}, r"a\.exr' has no channel 'Y'"),
        (("left", "right"), {"colorInteropID": "lin_rec709_scene"}, "no channels R, G, B, .* it has: left, right"),
        (("R", "G", "B"), {"specrender:gamut": "raw", "specrender:observer": "gone.csv"}, "rendered for 'gone.csv'"),
    ],
)
def test_what_cannot_be_developed(tmp_path, channels, attributes, message):
    path = foreign(tmp_path / "a.exr", channels, np.ones((2, 2, len(channels))), **attributes)
    with pytest.raises(InputError, match=message):
        develop(path)


@pytest.mark.parametrize("spp", ["many", -3, 0])
def test_a_header_that_tells_no_number_of_samples(tmp_path, spp):
    path = foreign(tmp_path / "a.exr", ("X", "Y", "Z"), np.ones((1, 1, 3)), **{"specrender:spp": spp})
    assert develop(path).sample_count == 1


def test_pixels_that_are_not_finite_are_counted_without_a_word(tmp_path):
    path = foreign(tmp_path / "a.exr", ("R", "G", "B"), np.array([[[np.nan, 0, 1], [np.inf, 1, 1], [1, 1, 1]]]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert write_image(develop(path), tmp_path / "b.exr").nonfinite > 0


def test_display_files_are_refused(film, tmp_path):
    write_image(film, tmp_path / "a.png")
    with pytest.raises(InputError, match="is not scene-linear"):
        develop(tmp_path / "a.png")
    with pytest.raises(InputError, match="no observer or camera 'nobody'"):
        write_image(film, tmp_path / "a.spectral.exr")
        develop(tmp_path / "a.spectral.exr", "nobody")


def test_header_says_observer_and_scene(tmp_path):
    film = Film.create(1, 1, bin_edges_nm=[400, 500, 600], metadata={"sceneHash": "0123456789abcdef", "seed": 3})
    film.weight[...] = film.sample_count = 1
    film.bins[...] = catalogue.named("D65")(np.array([450.0, 550.0]))
    write_image(film, tmp_path / "a.spectral.exr")
    film = develop(tmp_path / "a.spectral.exr", "cie2015-10")
    write_image(film, tmp_path / "b.exr")
    attributes = read_image(tmp_path / "b.exr").attributes
    assert attributes["specrender:observer"] == "cie2015-10"
    assert attributes["specrender:sceneHash"] == "0123456789abcdef" and attributes["specrender:seed"] == 3


def test_films_of_samples(film, tmp_path):
    """They keep what they are, or are integrated anew from their bins."""
    write_image(film, tmp_path / "a.film")
    assert np.array_equal(develop(tmp_path / "a.film").xyz, film.xyz)
    write_image(film, tmp_path / "a.spectral.exr")
    samples, spectra = (develop(tmp_path / name, "cones-2") for name in ("a.film", "a.spectral.exr"))
    assert samples.mean_xyz() == pytest.approx(spectra.mean_xyz(), rel=1e-5, abs=1e-6)
    assert samples.metadata["observer"] == "cones-2" and np.all(np.isposinf(samples.variance_of_mean()))
    film.bins = film.bin_edges_nm = film.radiance = None
    write_image(film, tmp_path / "b.film")
    with pytest.raises(InputError, match="holds no spectra"):
        develop(tmp_path / "b.film", "cones-2")
