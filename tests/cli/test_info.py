"""`specrender info`, `--help` and `--version`."""

import base64
import json
import struct
import subprocess
import sys

import pytest

import specrender
from specrender.color import D65, GAMUTS, white_xyz
from specrender.film import Film
from specrender.output import write_image


def test_scene(scene, command):
    code, out, _ = command("info", scene)
    assert code == 0
    for words in ("24x16", "perspective", "path", "1 rectangle", "1 sphere", "2 triangles", "1 constant", "2 diffuse"):
        assert words in out


def test_scene_as_json(scene, command):
    table = json.loads(command("info", scene, "--json")[1])
    assert table["size"] == [24, 16] and table["triangles"] == 2
    assert table["shapes"] == {"rectangle": 1, "sphere": 1}
    assert table["impossible_reflectances"] == table["above_one"] == table["rgb_metals"] == []
    lamp = table["lamps"][0]
    assert lamp["colour"] == "equal at all wavelengths" and lamp["cct_k"] == pytest.approx(5456, abs=2)


def test_impossible_reflectance(scene, command):
    """The green primary of a wide gamut reflects more at some wavelength than it receives."""
    scene.write_text(scene.read_text().replace("rgb = [0.7, 0.2, 0.1]", 'rgb = [0.0, 1.0, 0.0], space = "prophoto"'))
    table = json.loads(command("info", scene, "--json")[1])
    assert table["impossible_reflectances"] == [f"{scene}: shapes[1].material.reflectance"]
    assert "1 rgb reflectance that no surface can have" in command("info", scene)[1]


LAMPS = """
lights = [{ type = "point", intensity = 2.0, color = "FL11" }]
[[shapes]]
type = "sphere"
emitter = { type = "area", radiance = { blackbody = 2700 } }
material = { type = "conductor", eta = { rgb = [0.2, 0.9, 1.1] }, k = { rgb = [3.9, 2.4, 2.2] } }
[[shapes]]
type = "sphere"
center = [3, 0, 0]
emitter = { type = "area", radiance = { wavelengths = [530, 532, 534], values = [0, 1, 0] } }
material = { type = "diffuse", reflectance = { texture = "bright" } }
[textures.bright]
type = "bitmap"
filename = "bright.exr"
[[shapes]]
type = "sphere"
center = [6, 0, 0]
emitter = { type = "area", radiance = "FL11" }
material = { type = "conductor", material = "Au" }
"""


def test_colours_of_a_scene(command, tmp_path):
    (tmp_path / "lamps.toml").write_text(LAMPS)
    film = Film.create(2, 2)
    film.weight[...] = 1.0
    film.xyz[...] = 1.2 * white_xyz(D65)
    write_image(film, tmp_path / "bright.exr")
    code, out, _ = command("info", "lamps.toml", "--json")
    assert code == 0
    table = json.loads(out)
    lamps = {lamp["colour"]: lamp for lamp in table["lamps"]}
    assert lamps["FL11"]["lights"] == 2 and lamps["FL11"]["cri_ra"] == pytest.approx(82.9, abs=0.3)
    assert lamps["black body of 2700 K"]["cct_k"] == pytest.approx(2700, abs=1)
    assert lamps["table of 3 values from 530 to 534 nm"]["cct_k"] is None
    assert table["rgb_metals"] == ["lamps.toml: shapes[0].material.eta"]
    assert [row["place"] for row in table["above_one"]] == ["lamps.toml: textures.bright"]
    assert table["above_one"][0]["largest"] == pytest.approx(1.2, abs=0.01)
    out = command("info", "lamps.toml")[1]
    expected = ("FL11: 4001 K, Duv +0.0002, Ra 83", "no colour temperature", "a metal from RGB", "a reflectance of 1.2")
    assert all(words in out for words in expected)


def test_views(command):
    code, out, _ = command("info", "--views")
    assert code == 0 and "sRGB - Display" in out and "ACES 2.0 - SDR 100 nits (Rec.709)" in out
    table = json.loads(command("info", "--views", "--ocio", "ocio://studio-config-latest", "--json")[1])
    assert "Rec.2100-HLG - Display" in table["displays"] and table["config"] == "ocio://studio-config-latest"
    for arguments, words in ((["--views", "--ocio", "gone"], "gone"), (["--gamuts", "--ocio", "x"], "--views")):
        code, out, err = command("info", *arguments)
        assert (code, out) == (2, "") and words in err and len(err.splitlines()) == 1


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
    assert all(name in out for name in ("D65", "FL11", "N-SF11", "Au", "ColorChecker/red", "cie2015-10", "nikon-5100"))
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


def test_what_a_gltf_file_holds_counts(command, tmp_path):
    """Its meshes, lights and materials are those of the scene; a damaged one is bad input."""
    corners = base64.b64encode(struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)).decode()
    model = {
        "asset": {"version": "2.0"},
        "nodes": [{"mesh": 0, "extensions": {"KHR_lights_punctual": {"light": 0}}}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36, "uri": f"data:application/octet-stream;base64,{corners}"}],
        "extensions": {"KHR_lights_punctual": {"lights": [{"type": "point"}]}},
    }
    (tmp_path / "m.gltf").write_text(json.dumps(model))
    scene = tmp_path / "s.toml"
    scene.write_text('[[shapes]]\ntype = "gltf"\nfilename = "m.gltf"\n')
    code, out, _ = command("info", scene, "--json")
    table = json.loads(out)
    assert code == 0 and table["triangles"] == 1
    assert (table["shapes"], table["lights"], table["materials"]) == ({"mesh": 1}, {"point": 1}, {"principled": 1})
    (tmp_path / "m.gltf").write_text(json.dumps(model | {"animations": [{}]}))
    code, _, err = command("info", scene)
    assert code == 0 and err == "specrender: note: m.gltf: the file's animations are not used\n"
    model["meshes"][0]["primitives"][0]["indices"] = 4
    (tmp_path / "m.gltf").write_text(json.dumps(model))
    code, out, err = command("info", scene)
    place = f"{tmp_path / 'm.gltf'}: meshes[0].primitives[0].indices: there is no accessors[4], the file has 1"
    assert (code, out) == (2, "") and place in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "table, code, message",
    [
        ("400 0.1 0.2\n500 0.1 0.2\n", 2, "3 numbers where 2 belong"),
        ("400 0.1\n400 0.2\n", 2, "400"),
        ("20000 0.1\n25000 0.2\n", 0, "but paths carry 360 to 830 nm: it is 0 there"),
        ("400 0.1\n500 0.2\n", 0, ""),
    ],
)
def test_tables_of_reflectances_are_read(scene, command, tmp_path, table, code, message):
    """What render refuses or notes, info does, too."""
    (tmp_path / "pig.csv").write_text(table)
    text = scene.read_text().replace('reflectance = "$albedo"', 'reflectance = "pig"')
    scene.write_text(text + '[spectra]\npig = { file = "pig.csv" }\n')
    found, _, error = command("info", scene)
    assert found == code and message in error and (message or not error)
    if code:
        found, _, error = command("render", scene, "--spp", 1)
        assert found == code and message in error
