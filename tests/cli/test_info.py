"""`specrender info`, `--help` and `--version`."""

import json
import subprocess
import sys

import pytest

import specrender
from specrender.color import GAMUTS


def test_scene(scene, command):
    code, out, _ = command("info", scene)
    assert code == 0
    for words in ("24x16", "perspective", "path", "1 rectangle", "1 sphere", "2 triangles", "1 constant", "2 diffuse"):
        assert words in out


def test_scene_as_json(scene, command):
    table = json.loads(command("info", scene, "--json")[1])
    assert table["size"] == [24, 16] and table["triangles"] == 2
    assert table["shapes"] == {"rectangle": 1, "sphere": 1}
    assert table["impossible_reflectances"] == 0


def test_impossible_reflectance(scene, command):
    """The green primary of a wide gamut reflects more at some wavelength than it receives."""
    scene.write_text(scene.read_text().replace("rgb = [0.7, 0.2, 0.1]", 'rgb = [0.0, 1.0, 0.0], space = "prophoto"'))
    table = json.loads(command("info", scene, "--json")[1])
    assert table["impossible_reflectances"] == 1


def test_defines(scene, command):
    assert command("info", scene, "-D", "albedo=0.3")[0] == 0
    code, _, err = command("info", scene, "-D", "albdo=0.3")
    assert code == 2 and "did you mean 'albedo'" in err


def test_schema(command):
    schema = json.loads(command("info", "--schema")[1])
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "film" in schema["$defs"]["Scene"]["properties"]


def test_gamuts(command):
    out = command("info", "--gamuts")[1]
    assert all(f"\n{name} " in out for name in GAMUTS)
    table = json.loads(command("info", "--gamuts", "--json")[1])
    assert table["acescg"]["white"] == pytest.approx([0.32168, 0.33767])


def test_spectra(command):
    out = command("info", "--spectra")[1]
    assert all(name in out for name in ("D65", "FL11", "N-SF11", "Au", "ColorChecker/red"))
    assert "N-BK7" in json.loads(command("info", "--spectra", "--json")[1])["glass"]


@pytest.mark.parametrize("arguments", [["info"], ["info", "s.toml", "--gamuts"], ["info", "--gamuts", "-D", "a=1"]])
def test_one_subject(arguments, command):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "") and len(err.splitlines()) == 1


def test_version(command):
    assert command("--version") == (0, f"specrender {specrender.__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["render", "--help"], ["info", "--help"]])
def test_help(arguments, command):
    code, out, err = command(*arguments)
    assert (code, err) == (0, "") and out.startswith("usage: specrender")


def test_help_imports_nothing_heavy():
    """It must come in 0.3 s; what takes time is imports."""
    code = "import sys; from specrender.cli import main; main(['--help']); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    modules = set(out.splitlines()[-1].split())
    assert not modules & {"numpy", "numba", "scipy", "colour", "OpenImageIO", "msgspec", "lxml"}
