"""`specrender develop` from the command line, and the colour flags that `render` shares with it."""

import json

import numpy as np
import pytest

from specrender.output import read_image


@pytest.fixture
def spectral(scene, command):
    """A rendered spectral file, beside `a.exr` with the colours of the same run."""
    outputs = ("-o", "a.spectral.exr", "-o", "a.exr")
    assert command("render", scene, *outputs, "--bit-depth", "float", "--spp", 64)[0] == 0
    return "a.spectral.exr"


def rgb(path):
    return read_image(path).stacked("R", "G", "B")


def test_spectra_give_the_picture_of_the_render(spectral, command, tmp_path):
    code, out, err = command("develop", spectral, "-o", "b.exr", "-o", "b.png", "--bit-depth", "float")
    assert code == 0 and err == ""
    assert "b.exr" in out and "94 spectral bins" in out and "cie1931-2" in out
    a, b = rgb(tmp_path / "a.exr"), rgb(tmp_path / "b.exr")
    assert b.mean(axis=(0, 1)) == pytest.approx(a.mean(axis=(0, 1)), rel=5e-3)
    assert read_image(tmp_path / "b.png").formats["R"] == "uint8"


def test_observers_and_sensors(spectral, command, tmp_path):
    for flags in (["--observer", "cie1964-10"], ["--sensor", "nikon-5100"]):
        assert command("develop", spectral, "-o", "b.exr", *flags)[0] == 0
        assert read_image(tmp_path / "b.exr").attributes["specrender:observer"] == flags[1]
        # what the flat sky lights is nearly the same for all
        assert rgb(tmp_path / "b.exr").mean() == pytest.approx(rgb(tmp_path / "a.exr").mean(), rel=0.05)
    (tmp_path / "cam.csv").write_text("400,0,0,1\n500,0,1,0\n600,1,0,0\n700,0,0,0\n")
    assert command("develop", spectral, "-o", "b.exr", "--sensor", "cam.csv", "--gamut", "raw")[0] == 0
    assert read_image(tmp_path / "b.exr").attributes["specrender:gamut"] == "raw"


def test_observer_of_a_render(scene, spectral, command, tmp_path):
    """Rendering for an observer is what developing for it gives, up to the bins."""
    assert command("render", scene, "-o", "c.exr", "--observer", "cones-2", "--gamut", "raw", "--spp", 64)[0] == 0
    assert command("develop", spectral, "-o", "d.exr", "--observer", "cones-2", "--gamut", "raw")[0] == 0
    a, b = (read_image(tmp_path / name).stacked("L", "M", "S").mean(axis=(0, 1)) for name in ("c.exr", "d.exr"))
    assert a == pytest.approx(b, rel=0.01)


def test_report_of_exposure_and_gamut(spectral, command, tmp_path):
    flags = ("--exposure", "auto:90", "--white-balance", "A", "--out-of-gamut", "compress")
    code, out, _ = command("develop", spectral, "-o", "b.png", *flags)
    assert code == 0 and "exposure " in out and " stops" in out
    attributes = read_image(tmp_path / "b.png").attributes
    assert attributes["specrender:whiteBalance"] == "A" and abs(float(attributes["specrender:exposure"])) < 3


def test_out_of_gamut_is_reported_and_counted(command, tmp_path):
    (tmp_path / "laser.toml").write_text(
        'lights = [{ type = "constant", radiance = { wavelengths = [500, 520, 540], values = [0, 1, 0] } }]\n'
        'film = { type = "hdrfilm", width = 4, height = 4 }\nsampler = { type = "sobol", sample_count = 64 }\n'
    )
    code, out, _ = command("render", "laser.toml", "-o", "b.png", "-o", "b.exr", "--stats", "s.json")
    assert code == 0 and "100 % of the pixels outside the gamut of b.png, b.exr" in out
    stats = json.loads((tmp_path / "s.json").read_text())
    assert stats["out_of_gamut"] == {"b.png": 1.0, "b.exr": 1.0}
    assert stats["exposure_stops"] == {"b.png": 0.0, "b.exr": None}


def test_notes_on_flags_without_a_file(spectral, command):
    flags = ("--exposure", "1", "--no-dither", "--reference-white", "100")
    _, _, err = command("develop", spectral, "-o", "b.exr", *flags)
    for flag in ("--exposure acts on", "--no-dither acts on", "--reference-white acts on"):
        assert flag in err
    assert all(line.startswith("specrender: note: ") for line in err.splitlines())


def test_bit_depth_goes_where_it_fits(spectral, command, tmp_path):
    assert command("develop", spectral, "-o", "b.exr", "-o", "b.png", "-o", "b.dpx", "--bit-depth", "16")[0] == 0
    assert read_image(tmp_path / "b.png").formats["R"] == "uint16"
    assert read_image(tmp_path / "b.dpx").formats["R"] == "uint16"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["gone.exr", "-o", "b.exr"], ["gone.exr", "no such file"]),
        ([".", "-o", "b.exr"], ["cannot read '.': it is a folder; give a file"]),
        (["folder.film", "-o", "b.exr"], ["cannot read 'folder.film': it is a folder; give a file"]),
        (["damaged.exr", "-o", "b.exr"], ["cannot read 'damaged.exr': ", "copy or export it anew"]),
        (["empty.exr", "-o", "b.exr"], ["cannot read 'empty.exr': it is empty"]),
        (["a.spectral.exr"], ["-o OUT"]),
        (["a.spectral.exr", "-o", "a.spectral.exr"], ["both input and output"]),
        (["a.spectral.exr", "-o", "b.exr", "-o", "b.exr"], ["given twice"]),
        (["a.spectral.exr", "-o", "b.exr", "--observer", "cie1964"], ["'cie1964-10'"]),
        (["a.spectral.exr", "-o", "b.exr", "--observer", "nikon-5100"], ["--sensor"]),
        (["a.spectral.exr", "-o", "b.exr", "--sensor", "cones-2"], ["--observer", "sigma-sdmerill"]),
        (["a.spectral.exr", "-o", "b.exr", "--sensor", "nikon-5100", "--observer", "cones-2"], ["exclude"]),
        (["a.exr", "-o", "b.exr", "--observer", "cones-2"], ["no spectra", "a.exr"]),
        (["a.exr", "-o", "b.spectral.exr"], ["no spectra", "b.spectral.exr"]),
        (["a.exr", "-o", "b.png", "--white-balance", "500,0"], ["500,0", "X 0 to 23"]),
        (["a.exr", "-o", "b.png", "--white-balance", "-5"], ["'-5'"]),
        (["tiny.toml", "-o", "b.png"], ["tiny.toml"]),
    ],
)
def test_bad_input(spectral, command, tmp_path, arguments, words):
    (tmp_path / "damaged.exr").write_bytes((tmp_path / "a.exr").read_bytes()[:-200])
    (tmp_path / "empty.exr").write_bytes(b"")
    (tmp_path / "folder.film").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    code, out, err = command("develop", *arguments)
    assert code == 2 and out == ""
    assert len(err.splitlines()) == 1 and err.startswith("specrender: error: "), err
    for word in words:
        assert word in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_pixel_outside_is_found_before_rendering(scene, command, tmp_path):
    code, _, err = command("render", scene, "-o", "b.png", "--white-balance", "24,0")
    assert code == 2 and "24,0" in err and not (tmp_path / "b.png").exists()


def test_exposure_of_a_dark_light(scene, command, tmp_path):
    text = scene.read_text().replace("radiance = 1.0", "radiance = 1.0\nintensity = 0.0\nexposure = 3.0")
    (tmp_path / "dark.toml").write_text(text)
    code, _, err = command("render", "dark.toml", "-o", "b.png", "--spp", 1)
    assert code == 0 and "lights[0]: no exposure brightens an intensity of 0" in err


def test_a_black_image_is_still_written(scene, command, tmp_path):
    flags = ("--exposure", "auto", "--white-balance", "0,0", "-D", "albedo=0.5")
    (tmp_path / "dark.toml").write_text(scene.read_text().replace("radiance = 1.0", "radiance = 0.0"))
    code, _, err = command("render", "dark.toml", "-o", "b.png", *flags)
    assert code == 0 and "no exposure brightens" in err and "pixel 0,0 is black" in err
    assert np.all(rgb(tmp_path / "b.png") == 0)
