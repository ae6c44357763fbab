"""Views: the same code values as oiiotool, and refusals."""

import shutil
import subprocess
import sysconfig

import numpy as np
import pytest

from specrender.color import D65, GAMUTS, srgb_decode, white_xyz
from specrender.errors import InputError
from specrender.film import Film
from specrender.output import OutputOptions, check_output, read_image, write_image
from specrender.output.view import find_view, linear_space, views

VIEWS = [
    ("sRGB - Display", "ACES 2.0 - SDR 100 nits (Rec.709)"),
    ("sRGB - Display", "Un-tone-mapped"),
    ("Display P3 - Display", "ACES 2.0 - SDR 100 nits (P3 D65)"),
    ("Rec.2100-PQ - Display", "ACES 2.0 - HDR 1000 nits (Rec.2020)"),
]


@pytest.fixture
def film():
    """Colours of all hues up to 20 times white, also outside sRGB, whose halves are exact in float32."""
    film = Film.create(32, 24)
    film.sample_count = 1
    film.weight[...] = 1.0
    film.alpha[...] = 1.0
    rng = np.random.default_rng(8)
    film.xyz[...] = rng.random((24, 32, 3)) * white_xyz(D65) * 2.0 ** rng.uniform(-8, 4, (24, 32, 1))
    return film


EVERY_VIEW = [(display, view) for display, names in views().items() for view in names if view != "Raw"]


@pytest.fixture(scope="module")
def oiiotool():
    """The program comes with OpenImageIO's wheel, beside the interpreter, which need not be on the path."""
    return shutil.which("oiiotool", path=sysconfig.get_path("scripts")) or shutil.which("oiiotool")


@pytest.mark.parametrize(
    "gamut, display, view",
    [("srgb", *pair) for pair in EVERY_VIEW] + [(gamut, *pair) for gamut in ("acescg", "prophoto") for pair in VIEWS],
)
def test_same_as_oiiotool(film, tmp_path, oiiotool, gamut, display, view):
    """To one code value of 16 bits, from the linear EXR of the same options."""
    linear, ours, theirs = (str(tmp_path / name) for name in ("a.exr", "a.png", "b.png"))
    options = {"gamut": gamut, "display": display, "view": view}
    write_image(film, linear, OutputOptions(bit_depth="float", **options))
    write_image(film, ours, OutputOptions(bit_depth=16, **options))
    space = [] if GAMUTS[gamut].interop_id else ["--iscolorspace", "lin_rec709_scene"]
    if space:  # a gamut that OpenColorIO does not know
        write_image(film, linear, OutputOptions(bit_depth="float", gamut="srgb"))
    command = [oiiotool, linear, *space, "--ociodisplay", display, view, "-d", "uint16", "-o", theirs]
    subprocess.run(command, check=True, capture_output=True)
    a, b = (np.rint(read_image(path).stacked("R", "G", "B") * 65535) for path in (ours, theirs))
    # `prophoto` goes by ACES2065-1, theirs by Rec.709: the matrices differ in rounding
    assert np.abs(a - b).max() <= 1
    assert a.std() > 1000


def test_exposure_and_float(film, tmp_path):
    """Under a view without tone curve a stop is a factor of 2 in light, and floats keep what is above 1."""
    for stops in (0, 1):
        options = OutputOptions(view="Un-tone-mapped", exposure=stops, bit_depth="float")
        write_image(film, tmp_path / f"{stops}.tif", options)
    dark, bright = (srgb_decode(read_image(tmp_path / f"{n}.tif").stacked("R", "G", "B")) for n in (0, 1))
    assert bright == pytest.approx(2 * dark, rel=2e-3, abs=1e-4)
    assert bright.max() > 2


def test_tags(film, tmp_path):
    display, view = VIEWS[3]
    write_image(film, tmp_path / "a.png", OutputOptions(display=display, bit_depth=16))
    image = read_image(tmp_path / "a.png")
    assert image.attributes["CICP"] == (9, 16, 0, 1)
    assert image.attributes["specrender:display"] == display
    write_image(film, tmp_path / "a.exr", OutputOptions(display=display, view=view))
    assert read_image(tmp_path / "a.exr").attributes["renderingTransform"] == f"{display}: {view}"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.dpx", "a.jxl"])
@pytest.mark.parametrize("display, view", VIEWS)
def test_every_format(film, tmp_path, name, display, view):
    write_image(film, tmp_path / name, OutputOptions(display=display, view=view))
    assert read_image(tmp_path / name).stacked("R", "G", "B").std() > 0.05


def test_names():
    known = views()
    assert ("ACES 2.0 - SDR 100 nits (Rec.709)") in known["sRGB - Display"]
    assert "Rec.2100-HLG - Display" in views("ocio://studio-config-latest")
    default = find_view(None, None)
    assert default.display == next(iter(known)) and default.view == known[default.display][0]
    assert find_view(None, "ACES 2.0 - HDR 1000 nits (Rec.2020)").display == "Rec.2100-PQ - Display"
    assert linear_space(GAMUTS["dci-p3"])[0].name == "aces2065-1"
    assert linear_space(GAMUTS["acescg"]) == (GAMUTS["acescg"], "ACEScg")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"display": "sRGB Display"}, "did you mean 'sRGB - Display'"),
        ({"view": "Un-tone-maped"}, "did you mean 'Un-tone-mapped'"),
        ({"display": "sRGB - Display", "view": "Rawx"}, "did you mean 'Raw'"),
        ({"ocio": "ocio://nothing"}, "'ocio://nothing' cannot be used"),
        ({"ocio": "gone.ocio"}, "gone.ocio"),
    ],
)
@pytest.mark.parametrize("name", ["a.png", "a.exr"])
def test_refusals(tmp_path, options, message, name):
    with pytest.raises(InputError, match=message) as caught:
        check_output(tmp_path / name, OutputOptions(**options))
    assert "\n" not in str(caught.value)


def test_config_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OCIO", str(tmp_path / "mine.ocio"))
    with pytest.raises(InputError, match=r"mine\.ocio"):
        views()
    assert views("ocio://default")


def test_what_is_no_config(tmp_path):
    (tmp_path / "text.ocio").write_text("no config")
    for name, problem in ((tmp_path, "it is a folder"), (tmp_path / "text.ocio", ".+"), (tmp_path / "gone.ocio", ".+")):
        with pytest.raises(InputError, match=rf"config '{name}' cannot be used: {problem}") as caught:
            check_output(tmp_path / "a.png", OutputOptions(display="x", ocio=str(name)))
        assert "\n" not in str(caught.value)
