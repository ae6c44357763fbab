"""Whatever is wrong with the input: one line that says so, exit code 2, no file left behind."""

import struct

import numpy as np
import pytest

TRIANGLE = "0 0 0\n1 0 0\n0 1 0\n"
PLY = """ply
format ascii 1.0
element vertex {vertices}
property float x
property float y
property float z
element face {faces}
property list uchar int vertex_indices
end_header
"""


def xml(body):
    return f'<scene version="3.0.0">{body}</scene>'


def with_mesh(content):
    """Files of a scene with one PLY mesh."""
    return {"s.xml": xml('<shape type="ply"><string name="filename" value="m.ply"/></shape>'), "m.ply": content}


def truncated_ply():
    header = PLY.format(vertices=3, faces=1).replace("ascii", "binary_little_endian")
    return header.encode() + struct.pack("<4f", 0, 0, 0, 1)


#: What is wrong -> (files, arguments after `render`, words of the message).
CASES = {
    "missing file": ({}, ["nowhere.toml"], ["nowhere.toml: cannot be read: there is no such file"]),
    "unknown scene extension": ({"s.blend": ""}, ["s.blend"], [".blend", ".toml", ".xml"]),
    "a folder": ({"f.toml/x": ""}, ["f.toml"], ["f.toml: cannot be read: it is a folder"]),
    "this folder": ({}, ["."], [".: cannot be read: it is a folder"]),
    "no extension, no content": ({"s": ""}, ["s"], ["s: is empty", "TOML", "XML"]),
    "output like a flag": ({"s.toml": ""}, ["s.toml", "-o", "-x.png"], ["-o: '-x.png' begins with a dash", "./-x.png"]),
    "file like a flag": ({"s.toml": ""}, ["s.toml", "--stats", "-x"], ["--stats: '-x' begins with", "--stats=-x"]),
    "flag in place of a value": ({"s.toml": ""}, ["s.toml", "--seed", "--quiet"], ["expected one argument, N; "]),
    "no value": ({"s.toml": ""}, ["s.toml", "-o"], ["-o: expected one argument, OUT; "]),
    "scene like a flag": ({"-s.toml": ""}, ["-s.toml"], ["'-s.toml' begins with a dash", "./-s.toml"]),
    "misspelt flag": ({"s.toml": ""}, ["s.toml", "--spps", "3"], ["no flag --spps; did you mean '--spp'"]),
    "unknown flag": ({"s.toml": ""}, ["s.toml", "--xyzzy=3"], ["no flag --xyzzy; see `specrender render --help`"]),
    "no choice": ({"s.toml": ""}, ["--adaptive", "--quiet", "s.toml"], ["expected one argument, on or off; "]),
    "value of a switch": ({"s.toml": ""}, ["s.toml", "--quiet=3"], ["--quiet takes no value, got '3'"]),
    "two scenes": ({"s.toml": ""}, ["s.toml", "t.toml"], ["'t.toml' is one argument too many", "render --help"]),
    "not TOML": ({"s.toml": "film = = 3"}, ["s.toml"], ["s.toml:1", "TOML"]),
    "not XML": ({"s.xml": "<scene"}, ["s.xml"], ["s.xml:1", "XML"]),
    "unknown type": (
        {"s.toml": '[[shapes]]\ntype = "spere"\n'},
        ["s.toml"],
        ["s.toml", "shapes[0].type", "spere", "did you mean 'sphere'"],
    ),
    "unknown plugin": ({"s.xml": xml('<shape type="spere"/>')}, ["s.xml"], ["s.xml:1", "spere", "'sphere'"]),
    "misspelt key": (
        {"s.toml": '[[shapes]]\ntype = "sphere"\nradus = 1.0\n'},
        ["s.toml"],
        ["shapes[0].radus", "did you mean 'radius'"],
    ),
    "misspelt parameter": (
        {"s.xml": xml('<shape type="sphere"><float name="radus" value="1"/></shape>')},
        ["s.xml"],
        ["s.xml:1", "radus", "'radius'"],
    ),
    "wrong type": (
        {"s.toml": '[[shapes]]\ntype = "sphere"\nradius = "big"\n'},
        ["s.toml"],
        ["shapes[0].radius", "a number", "'big'"],
    ),
    "NaN in a transform": (
        {"s.toml": '[[shapes]]\ntype = "sphere"\nto_world = { translate = [nan, 0, 0] }\n'},
        ["s.toml"],
        ["shapes[0].to_world", "finite"],
    ),
    "empty mesh": (with_mesh(PLY.format(vertices=0, faces=0)), ["s.xml"], ["m.ply", "no vertices"]),
    "index out of range": (
        with_mesh(PLY.format(vertices=3, faces=1) + TRIANGLE + "3 0 1 7\n"),
        ["s.xml"],
        ["m.ply", "vertex 7", "0 to 2"],
    ),
    "truncated PLY": (with_mesh(truncated_ply()), ["s.xml"], ["m.ply"]),
    "missing mesh": (
        {"s.xml": xml('<shape type="obj"><string name="filename" value="gone.obj"/></shape>')},
        ["s.xml"],
        ["gone.obj"],
    ),
    "circular include": (
        {"s.xml": xml('<include filename="t.xml"/>'), "t.xml": xml('<include filename="s.xml"/>')},
        ["s.xml"],
        ["includes itself", "s.xml -> t.xml -> s.xml"],
    ),
    "zero-size film": ({"s.toml": "[film]\nwidth = 0\n"}, ["s.toml"], ["film.width", "got 0"]),
    "undeclared parameter": ({"s.toml": ""}, ["s.toml", "-D", "x=1"], ["'x'", "-D"]),
    "unwritable output": ({"s.toml": ""}, ["s.toml", "-o", "gone/a.exr"], ["gone", "does not exist"]),
    "output is a folder": ({"s.toml": "", "f.exr/x": ""}, ["s.toml", "-o", "f.exr"], ["f.exr", "folder"]),
    "unknown output extension": ({"s.toml": ""}, ["s.toml", "-o", "a.bmp"], ["a.bmp", ".exr", ".png"]),
    "output twice": ({"s.toml": ""}, ["s.toml", "-o", "a.exr", "-o", "a.exr"], ["a.exr", "twice"]),
    "unwritable statistics": ({"s.toml": ""}, ["s.toml", "--stats", "gone/s.json"], ["gone/s.json"]),
    "negative spp": ({"s.toml": ""}, ["s.toml", "--spp", "-4"], ["--spp", "from 1", "-4"]),
    "spp that is no number": ({"s.toml": ""}, ["s.toml", "--spp", "many"], ["--spp", "many"]),
    "zero threads": ({"s.toml": ""}, ["s.toml", "--threads", "0"], ["--threads", "1 or more"]),
    "zero size": ({"s.toml": ""}, ["s.toml", "--size", "0x10"], ["--size", "0x10", "640x480"]),
    "size without height": ({"s.toml": ""}, ["s.toml", "--size", "10"], ["--size", "'10'"]),
    "huge size": ({"s.toml": ""}, ["s.toml", "--size", "1000000x10"], ["1000000x10", "65536"]),
    "crop outside": ({"s.toml": ""}, ["s.toml", "--size", "8x8", "--crop", "0,0,9,8"], ["0,0,9,8", "0,0,8,8"]),
    "empty crop": ({"s.toml": ""}, ["s.toml", "--crop", "4,4,4,8"], ["4,4,4,8"]),
    "crop of three": ({"s.toml": ""}, ["s.toml", "--crop", "1,2,3"], ["--crop", "1,2,3"]),
    "unknown mode": ({"s.toml": ""}, ["s.toml", "--mode", "spectrel"], ["did you mean 'spectral'"]),
    "unknown gamut": ({"s.toml": ""}, ["s.toml", "--gamut", "rec202"], ["rec202", "'rec2020'"]),
    "unknown adaptation": ({"s.toml": ""}, ["s.toml", "--adapt", "bradfort"], ["'bradford'"]),
    "unknown rgb space": ({"s.toml": ""}, ["s.toml", "--mode", "rgb", "--rgb-space", "acesgc"], ["'acescg'"]),
    "rgb space of spectral mode": ({"s.toml": ""}, ["s.toml", "--rgb-space", "srgb"], ["--mode rgb", "--gamut"]),
    "spectra in rgb mode": ({"s.toml": ""}, ["s.toml", "--mode", "rgb", "-o", "a.spectral.exr"], ["--mode spectral"]),
    "bins in rgb mode": ({"s.toml": "[film]\nspectral_bins = 8\n"}, ["s.toml", "--mode", "rgb"], ["--mode spectral"]),
    "unknown integrator": ({"s.toml": ""}, ["s.toml", "--integrator", "pathh"], ["did you mean 'path'"]),
    "integrator of another kind": (
        {"s.toml": ""},
        ["s.toml", "--integrator", "bdpt"],
        ["there is no integrator 'bdpt'; allowed: depth, direct, path"],
    ),
    "unknown sampler": ({"s.toml": ""}, ["s.toml", "--sampler", "sobal"], ["did you mean 'sobol'"]),
    "unknown layer": ({"s.toml": ""}, ["s.toml", "--aov", "dept"], ["did you mean 'depth'"]),
    "max depth of direct": ({"s.toml": ""}, ["s.toml", "--integrator", "direct", "--max-depth", "3"], ["max_depth"]),
    "infinite exposure": ({"s.toml": ""}, ["s.toml", "--exposure", "inf"], ["exposure must be", "inf"]),
    "unknown exposure": ({"s.toml": ""}, ["s.toml", "--exposure", "sunny"], ["auto", "f/8,1/125,iso100", "'sunny'"]),
    "unknown view": ({"s.toml": ""}, ["s.toml", "--view", "Rawe"], ["'Rawe'", "did you mean 'Raw'"]),
    "unknown display": ({"s.toml": ""}, ["s.toml", "--display", "sRGB"], ["'sRGB'", "sRGB - Display"]),
    "unknown config": ({"s.toml": ""}, ["s.toml", "-o", "a.png", "--ocio", "gone.ocio"], ["'gone.ocio'"]),
    "view and encoding": ({"s.toml": ""}, ["s.toml", "--view", "Raw", "--encoding", "pq"], ["--encoding pq"]),
    "unknown encoding": ({"s.toml": ""}, ["s.toml", "--encoding", "hlgg"], ["did you mean 'hlg'"]),
    "PQ in a JPEG": ({"s.toml": ""}, ["s.toml", "-o", "a.jpg", "--encoding", "pq"], ["10 bits", ".jpg"]),
    "unknown policy": ({"s.toml": ""}, ["s.toml", "--out-of-gamut", "compres"], ["'compress'"]),
    "keep in integers": ({"s.toml": ""}, ["s.toml", "-o", "a.png", "--out-of-gamut", "keep"], [".png", "compress"]),
    "raw in a PNG": ({"s.toml": ""}, ["s.toml", "-o", "a.png", "--gamut", "raw"], [".exr", ".png"]),
    "unknown white": ({"s.toml": ""}, ["s.toml", "--white-balance", "D66"], ["'D66'", "did you mean"]),
    "cold white": ({"s.toml": ""}, ["s.toml", "--white-balance", "-5"], ["kelvin goes from 1000", "got '-5'"]),
    "blue white": ({"s.toml": ""}, ["s.toml", "--white-balance", "1e9"], ["in kelvin goes from 1000", "got '1e9'"]),
    "white without adaptation": ({"s.toml": ""}, ["s.toml", "--white-balance", "A", "--adapt", "none"], ["--adapt"]),
    "depth of no file": ({"s.toml": ""}, ["s.toml", "-o", "a.exr", "--bit-depth", "16"], ["half or float", "16"]),
    "depth of a JPEG": ({"s.toml": ""}, ["s.toml", "-o", "a.jpg", "--bit-depth", "16"], [".jpg", "8", "16"]),
    "depth of nothing": (
        {"s.toml": ""},
        ["s.toml", "-o", "a.png", "-o", "a.exr", "--bit-depth", "7"],
        ["--bit-depth", "8 or 16 bits in .png files", "half or float in .exr files", "7"],
    ),
    "depth that is no number": ({"s.toml": ""}, ["s.toml", "--bit-depth", "x"], ["16, half or float", "'x'"]),
    "linear preview": ({"s.toml": ""}, ["s.toml", "--preview", "p.exr"], ["--preview", ".png, .jpg", "'p.exr'"]),
    "preview in a folder's name": ({"s.toml": ""}, ["s.toml", "--preview", "p.png/"], ["'p.png/'", "names a folder"]),
    "output in a folder's name": ({"s.toml": ""}, ["s.toml", "-o", "p.png/"], ["'p.png/'", "names a folder"]),
    "preview of no format": ({"s.toml": ""}, ["s.toml", "--preview", "p"], ["--preview", ".png, .jpg", "'p'"]),
    "unknown observer": ({"s.toml": ""}, ["s.toml", "--observer", "cie1932"], ["'cie1932'", "'cie1931-2'"]),
    "missing camera": ({"s.toml": ""}, ["s.toml", "--observer", "gone.csv"], ["gone.csv"]),
    "observer in rgb mode": ({"s.toml": ""}, ["s.toml", "--mode", "rgb", "--observer", "cones-2"], ["--mode spectral"]),
    "unknown vision": ({"s.toml": ""}, ["s.toml", "--vision", "protanopiq"], ["'protanopia'"]),
    "malformed definition": ({"s.toml": ""}, ["s.toml", "-D", "x"], ["NAME=VALUE", "'x'"]),
    "no scene": ({}, [], ["SCENE", "specrender render --help"]),
}


def prepare(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {path for path in folder.rglob("*")}


def check(code, out, err, words):
    assert code == 2, err
    assert out == ""
    assert len(err.splitlines()) == 1 and err.startswith("specrender: error: "), err
    for word in words:
        assert word in err


@pytest.mark.parametrize("case", CASES)
def test_in_this_process(case, command, tmp_path):
    files, arguments, words = CASES[case]
    before = prepare(tmp_path, files)
    check(*command("render", *arguments), words)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("case", ["missing file", "empty mesh", "unknown flag"])
def test_as_a_process(case, start, tmp_path):
    files, arguments, words = CASES[case]
    before = prepare(tmp_path, files)
    process = start("render", *arguments)
    out, err = process.communicate(timeout=60)
    check(process.returncode, out, err, words)
    assert set(tmp_path.rglob("*")) == before


def test_old_output_survives_bad_input(command, tmp_path):
    (tmp_path / "a.exr").write_bytes(b"old")
    assert command("render", "nowhere.toml", "-o", "a.exr")[0] == 2
    assert (tmp_path / "a.exr").read_bytes() == b"old"


def test_no_command(command):
    check(*command(), ["COMMAND", "--help"])


def test_unknown_command(command):
    check(*command("rendr"), ["rendr"])


def test_a_bug_is_one_line_too(command, monkeypatch, scene):
    import specrender.session

    monkeypatch.setattr(specrender.session.Session, "compile", lambda self: np.zeros(1)[3])
    code, out, err = command("render", scene)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1 and err.startswith("specrender: internal error: IndexError")
