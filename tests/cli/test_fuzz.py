"""Damaged scene files: a render or one clear line, never a traceback, an endless loop, or half a file.

SPECRENDER_FUZZ=N runs N cases of each kind instead of the few of the suite; SPECRENDER_FUZZ=N:M those from N to M.
"""

import faulthandler
import os
import sys
import time

import numpy as np
import OpenImageIO as oiio
import pytest
from fuzzing import case
from fuzzing_scenes import TOML_SCENES, XML_SCENES

from specrender.cli import main

#: Cases of each kind in the suite.
FEW = 40
#: Seconds that one case may take; a tiny render takes a tenth of one.
LONGEST = 30.0

MESH = """ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
property float s
property float t
element face 2
property list uchar int vertex_indices
end_header
0 0 0 0 0
1 0 0 1 0
1 1 0 1 1
0 1 0 0 1
3 0 1 2
3 0 2 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the scenes refer to."""
    path = tmp_path_factory.mktemp("fuzz")
    (path / "m.ply").write_text(MESH)
    (path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n")
    _write(path / "t.png", np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3) * 4, "RGB", oiio.UINT8)
    spectral = np.linspace(0.1, 0.9, 4 * 3 * 5, dtype=np.float32).reshape(4, 3, 5)
    _write(path / "s.exr", spectral, [f"T.{nm},0nm" for nm in (400, 450, 500, 600, 700)], oiio.FLOAT)
    return path


def _write(path, pixels, names, kind):
    output = oiio.ImageOutput.create(str(path))
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], kind)
    spec.channelnames = list(names)
    assert output.open(str(path), spec)
    output.write_image(pixels)
    output.close()


@pytest.mark.parametrize("text", XML_SCENES + TOML_SCENES, ids=["xml 1", "xml 2", "toml 1", "toml 2"])
def test_undamaged_scenes_render(folder, capsys, monkeypatch, text):
    monkeypatch.chdir(folder)
    scene = folder / ("scene.xml" if text.startswith("<") else "scene.toml")
    scene.write_text(text)
    code = main(["render", str(scene), "-o", "out.exr", "--spp", "1", "--threads", "1", "--quiet"])
    assert code == 0, capsys.readouterr().err
    (folder / "out.exr").unlink()


def numbers():
    """Which cases to run."""
    first, _, last = os.environ.get("SPECRENDER_FUZZ", str(FEW)).rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.parametrize("kind", ["xml", "toml", "vocabulary"])
def test_only_clean_errors_or_a_render(folder, capsys, monkeypatch, kind):
    monkeypatch.chdir(folder)
    files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.stem != "scene"}
    suffix = "xml" if kind == "xml" else "toml"
    scene, output = folder / f"scene.{suffix}", folder / "out.exr"
    # the first render of a process loads the kernel, or compiles it
    scene.write_text(XML_SCENES[0] if kind == "xml" else TOML_SCENES[0], encoding="utf-8")
    assert main(["render", str(scene), "-o", str(output), "--spp", "1", "--threads", "1", "--quiet"]) == 0
    output.unlink()
    endings = {0: 0, 2: 0}
    for number in numbers():
        text = case(kind, number)
        scene.write_text(text, encoding="utf-8", errors="surrogatepass")
        started = time.perf_counter()
        # a kernel that never returns cannot be interrupted: show where, and end
        faulthandler.dump_traceback_later(10 * LONGEST, exit=True, file=sys.__stderr__)
        size = [] if "meter" in text or "distant" in text else ["--size", "4x2"]
        code = main(["render", str(scene), "-o", str(output), "--spp", "1", *size, "--threads", "1", "--quiet"])
        faulthandler.cancel_dump_traceback_later()
        message = capsys.readouterr().err
        told = f"{kind} {number}: exit code {code}: {message}\n{text[:3000]}"
        assert time.perf_counter() - started < LONGEST, told
        assert code in endings, told
        endings[code] += 1
        assert output.exists() == (code == 0), told
        output.unlink(missing_ok=True)
        if code == 2:
            assert message.startswith("specrender: error: ") and message.count("\n") == 1, told
            assert len(message) < 2000, told
        else:
            assert message == "", told
        left = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.stem != "scene"}
        assert left == files, told
    # a fuzzer whose cases all fail early tests little
    assert min(endings.values()) > 0.05 * sum(endings.values()), endings
