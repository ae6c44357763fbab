"""Outputs that would destroy inputs, odd streams, negative values and notes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from specrender.cli.parser import NAMES, build_parser

ROOT = Path(__file__).parents[2]


def shell(folder, line):
    line = line.replace("specrender", f"PYTHONPATH={ROOT} {sys.executable} -m specrender")
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    "flags",
    [
        ["--stats", "tiny.toml"],
        ["-o", "o.exr", "--stats", "./o.exr"],
        ["-o", "o.exr", "-o", "../{}/o.exr"],
        ["-o", "t.png"],
        ["-o", "link.png"],
    ],
)
def test_outputs_do_not_overwrite(scene, command, tmp_path, flags):
    (tmp_path / "t.png").write_bytes(b"picture")
    (tmp_path / "link.png").symlink_to("t.png")
    scene.write_text(f'{scene.read_text()}\n[textures.t]\ntype = "bitmap"\nfilename = "t.png"\n')
    before = scene.read_text()
    code, _, error = command("render", scene, "--spp", 1, *[flag.format(tmp_path.name) for flag in flags])
    assert code == 2 and error.count("\n") == 1, error
    assert scene.read_text() == before and (tmp_path / "t.png").read_bytes() == b"picture"


@pytest.mark.parametrize(
    "word, hint",
    [
        ("rendr", "did you mean 'render'?"),
        ("a.toml", "did you mean `specrender render a.toml`?"),
        ("x", "allowed: bench, "),
    ],
)
def test_unknown_commands_are_guessed(command, word, hint):
    code, _, error = command(word)
    assert code == 2 and f"there is no command '{word}'; {hint}" in error


@pytest.mark.parametrize(
    "line, name",
    [
        (["render", ""], "SCENE"),
        (["render", "tiny.toml", "-o", ""], "-o"),
        (["render", "tiny.toml", "-o", "a.png", "-o", ""], "-o"),
        (["render", "tiny.toml", "--stats="], "--stats"),
        (["render", "tiny.toml", "--checkpoint", ""], "--checkpoint"),
        (["render", "tiny.toml", "--tev", ""], "--tev"),
        (["render", "tiny.toml", "--ocio", ""], "--ocio"),
        (["compare", "tiny.toml", "-o", ""], "-o"),
        (["compare", "a.png", ""], "SCENE | A B"),
        (["merge", "", "-o", "a.png"], "PART"),
        (["develop", "", "-o", "a.png"], "IN.exr"),
        (["spectrum", "D65", "--plot", ""], "--plot"),
        (["bench", "sampler", "--quick", "--baseline", ""], "--baseline"),
        (["bench", "sampler", "--quick", "--json", ""], "--json"),
        (["bench", "sampler", "--quick", "--mesh", ""], "--mesh"),
    ],
)
def test_empty_names(scene, command, tmp_path, line, name):
    """A variable of the shell that is not set: neither this folder nor "not given"."""
    code, out, error = command(*line)
    assert (code, out) == (2, "")
    assert error == f"specrender: error: argument {name}: the name is empty; see `specrender {line[0]} --help`\n"
    assert list(tmp_path.iterdir()) == [scene]


def test_names_are_those_of_the_help():
    """Else an argument that names a file would not be looked at."""
    parsers = [build_parser()]
    parsers += next(action.choices for action in parsers[0]._actions if action.metavar == "COMMAND").values()
    called = {action.metavar for parser in parsers for action in parser._actions}
    assert set(NAMES) <= called
    assert not {name for name in called - set(NAMES) if name and re.match("FILE|OUT|DIR|PATH|SCENE", name)}


@pytest.mark.parametrize("flag", ["--spp", "--seed", "--max-depth"])
def test_integers_have_bounds(scene, command, flag):
    code, _, error = command("render", scene, flag, 2**31)
    assert code == 2 and "2147483647" in error


@pytest.mark.parametrize("value", ["a=" + "[" * 5000, "a=" + "[" * 5000 + "]" * 5000])
def test_deep_nesting(command, tmp_path, value):
    (tmp_path / "s.toml").write_text(value)
    for name in ("render", "info"):
        code, _, error = command(name, "s.toml")
        assert code == 2 and "nested too deeply" in error


@pytest.mark.parametrize("redirection", ["2>&-", ">&-", "2>&1 | true"])
def test_render_needs_no_streams(scene, tmp_path, redirection):
    result = shell(tmp_path, f"specrender render tiny.toml --spp 1 -o q.png {redirection}")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "q.png").is_file()


@pytest.mark.parametrize(
    "line, name",
    [
        ("specrender info - < tiny.toml", "stdin"),
        ("cat tiny.toml | specrender info /dev/stdin", "stdin"),
        ("specrender info <(cat tiny.toml)", "pipe"),
    ],
)
def test_scenes_come_through_pipes(scene, tmp_path, line, name):
    """Files that they name are seen from the working directory."""
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    scene.write_text(scene.read_text() + '[[shapes]]\ntype = "obj"\nfilename = "m.obj"\n')
    result = shell(tmp_path, line)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"{name}: 24x16 pixels") and "3 triangles" in result.stdout


def test_outputs_of_piped_scenes_have_a_name(scene, tmp_path):
    result = shell(tmp_path, "specrender render - --spp 1 < tiny.toml && specrender compare - < /dev/null")
    assert (tmp_path / "stdin.exr").is_file()
    assert result.returncode == 2 and not (tmp_path / "stdin-compare").exists()
    assert result.stderr.endswith("error: stdin: is empty; expected a scene in TOML or Mitsuba's XML\n")


def test_a_scene_cannot_come_through_a_closed_stream(tmp_path):
    result = shell(tmp_path, "specrender info - <&-")
    assert result.returncode == 2
    assert result.stderr == "specrender: error: stdin: cannot be read: the standard input is closed\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("buffering", ["", "PYTHONUNBUFFERED=1"])
@pytest.mark.parametrize("arguments", ["info --spectra", "--help", "render --help", "--version"])
def test_full_device(tmp_path, arguments, buffering):
    result = shell(tmp_path, f"{buffering} specrender {arguments} > /dev/full")
    assert (result.returncode, result.stderr) == (1, "specrender: error: No space left on device\n")


def test_negative_values(scene, command):
    assert command("render", scene, "--spp", 1, "-o", "a.png", "--exposure", "-1e1")[0] == 0
    for flag, value in (("--crop", "-1,-1,4,4"), ("--size", "-1x5")):
        code, _, error = command("render", scene, flag, value)
        assert code == 2 and "expected one argument" not in error


def test_notes(scene, command, tmp_path):
    _, _, error = command("render", scene, "--spp", 1, "-o", "a.png", "--aov", "depth", "--dispersive")
    assert "--aov adds" in error and "dispersive already" in error
    assert "no light" not in error and "no camera" not in error and "no shapes" not in error
    (tmp_path / "e.toml").write_text("[film]\nwidth = 4\nheight = 4\n")
    _, _, error = command("render", "e.toml", "--spp", 1)
    assert "no light" in error and "no camera" in error and "no shapes" in error
    assert command("render", "e.toml", "--spp", 1, "--quiet") == (0, "", "")


LAMPS = {
    "off": '{ type = "constant", intensity = 0 }',
    "black": '{ type = "constant", radiance = { rgb = [0, 0, 0] }, normalize = false }',
    "named black": '{ type = "point", color = "ink", normalize = false }',
    "on": '{ type = "point" }',
}


@pytest.mark.parametrize(
    "lamps, words",
    [
        (["off"], "the only light has an intensity or a colour of 0"),
        (["black", "named black"], "all 2 lights of the scene have an intensity or a colour of 0"),
        (["off", "on"], None),
        (["on"], None),
        ([], "the scene has no light"),
    ],
)
def test_notes_on_lights_that_are_off(command, tmp_path, lamps, words):
    """One of several may be switched off; a scene in which all are is black."""
    lights = ", ".join(LAMPS[lamp] for lamp in lamps)
    film = "film = { type = 'hdrfilm', width = 4, height = 4 }"
    (tmp_path / "l.toml").write_text(f"{film}\nlights = [{lights}]\n[spectra]\nink = 0.0\n")
    _, _, error = command("render", "l.toml", "--spp", 1)
    assert (words in error and "will be black" in error) if words else "black" not in error
    code, _, error = command("render", "l.toml", "--spp", 1, "--integrator", "depth")
    assert code == 0 and "black" not in error


def test_included_files_are_kept(command, tmp_path):
    (tmp_path / "inc.xml").write_text('<scene version="3.0.0"><shape type="sphere"/></scene>')
    (tmp_path / "m.xml").write_text('<scene version="3.0.0"><include filename="inc.xml"/></scene>')
    code, _, error = command("render", "m.xml", "--stats", "inc.xml")
    assert code == 2 and "'inc.xml' is a file of the scene" in error
