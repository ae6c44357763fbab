"""Names of files that are no text in UTF-8, that mean something to a library, or that are as long as names can be."""

import base64
import os
import re
import subprocess
import sys

import OpenImageIO as oiio
import pytest

from specrender.output import read_image

#: Bytes that are no UTF-8, as Python has them in names.
ODD = os.fsdecode(b"x\xff\xfe")

MITSUBA = """<scene version="3.0.0">
<include filename="lights.xml"/>
<shape type="rectangle"><bsdf type="diffuse">
<texture type="bitmap" name="reflectance"><string name="filename" value="t.png"/></texture>
</bsdf></shape></scene>"""


@pytest.fixture
def odd_folder(tmp_path):
    """A folder with such a name; skips where names are text to the system."""
    folder = tmp_path / ODD
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("a file system whose names are text")
    return folder


@pytest.mark.parametrize("extension", [".exr", ".spectral.exr", ".png", ".jpg", ".tif", ".dpx"])
def test_pictures_under_odd_names(scene, command, odd_folder, extension):
    odd_scene = scene.rename(odd_folder / f"{ODD}.toml")
    output = odd_folder / f"{ODD}{extension}"
    code, _, error = command("render", odd_scene, "--spp", 1, "-o", output)
    assert code == 0, error
    assert output.is_file() and len(list(odd_folder.iterdir())) == 2
    read_image(output)


def test_a_scene_in_an_odd_folder_finds_its_files(command, odd_folder):
    (odd_folder / "s.xml").write_text(MITSUBA)
    (odd_folder / "lights.xml").write_text('<scene version="3.0.0"><emitter type="constant"/></scene>')
    oiio.ImageBuf(oiio.ImageSpec(2, 2, 3, "uint8")).write("t.png")
    os.rename("t.png", odd_folder / "t.png")
    code, _, error = command("render", odd_folder / "s.xml", "--spp", 1, "--size", "8x8", "-o", "a.exr")
    assert code == 0, error
    (odd_folder / "s.xml").write_text("<scene")
    code, _, error = command("render", odd_folder / "s.xml")
    assert code == 2 and "is not well-formed XML" in error


def test_reports_on_odd_names(scene, command, odd_folder):
    pytest.importorskip("matplotlib")
    odd_scene = scene.rename(odd_folder / f"{ODD}.toml")
    for arguments in (
        ("compare", odd_scene, "--spp", 8, "-o", odd_folder / "c"),
        ("compare", odd_folder / "c/spectral.exr", odd_folder / "c/rgb-srgb.exr", "-o", odd_folder / "d"),
    ):
        code, _, error = command(*arguments)
        assert code == 0, error
    assert "\ufffd" in (odd_folder / "c/report.html").read_text(encoding="utf-8")


def test_a_locale_of_ascii(scene, tmp_path):
    """Then every other name is one of bytes that are no text; the title in the file is right nevertheless."""
    scene.rename(tmp_path / "ünï.toml")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    for arguments in (("render", "ünï.toml", "--spp", "1", "-o", "ö.exr"), ("info", "ünï.toml")):
        command = [sys.executable, "-m", "specrender", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
    header = oiio.ImageInput.open(str(tmp_path / "ö.exr")).spec()
    assert header.getattribute("specrender:scene") == "ünï"


@pytest.mark.parametrize("name", ["a$\\frac$", "_$x_{", "漢字"])
def test_names_that_mean_something_to_figures(scene, command, tmp_path, name, recwarn):
    pytest.importorskip("matplotlib")
    (tmp_path / f"{name}.csv").write_text("400 0.1\n700 0.5\n")
    code, _, error = command("spectrum", f"{name}.csv", "--plot", "a.png")
    assert code == 0 and not error and not recwarn.list
    assert command("render", scene, "--spp", 1, "-o", f"{name}.exr")[0] == 0
    code, _, error = command("compare", f"{name}.exr", f"{name}.exr", "-o", "c")
    assert code == 0, error
    page = (tmp_path / "c/report.html").read_text(encoding="utf-8")
    figures = [base64.b64decode(data).decode() for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)]
    assert figures and all(figure.count(f"{name}.exr</text>") == 2 for figure in figures)  # of two points in a legend


def test_the_longest_names_can_be_written(scene, command, tmp_path):
    """Temporary files beside them have names of their own; a render that ends in an error has lost its picture."""
    name = "l" * 251 + ".png"
    (tmp_path / name).touch()
    code, _, error = command("render", scene, "--spp", 1, "-o", name, "--checkpoint", "c", "--stats", "s" * 255)
    assert code == 0, error
    assert sorted(path.name for path in tmp_path.iterdir() if path != scene) == ["c", name, "s" * 255]
    read_image(tmp_path / name)


def test_a_link_to_a_folder_that_is_not_there(scene, command, tmp_path):
    (tmp_path / "a.exr").symlink_to(tmp_path / "gone" / "a.exr")
    code, _, error = command("render", scene, "-o", "a.exr")
    assert code == 2 and error.endswith(f": the folder '{tmp_path / 'gone'}' does not exist\n")
