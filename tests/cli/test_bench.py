"""`specrender bench` from its arguments to its files; nothing here depends on how fast anything is."""

import json

import pytest

QUICK = ("--quick", "--repeats", "1", "--threads", "1")


@pytest.fixture(autouse=True)
def no_public_data(monkeypatch):
    monkeypatch.delenv("SPECRENDER_MITSUBA_DATA", raising=False)


def test_list_names_everything(command):
    code, out, err = command("bench", "--list")
    names = [line.split()[0] for line in out.splitlines()]
    assert code == 0 and not err
    assert {"bvh.build.soup-1m", "bsdf.diffuse.sample", "render.cbox", "quality.emitters", "scale.lights"} <= set(names)
    code, out, _ = command("bench", "sampler", "--list")
    assert [line.split()[0] for line in out.splitlines()] == ["sampler.independent", "sampler.sobol"]


def test_results_are_printed_and_written(command, tmp_path):
    code, out, _ = command("bench", "spectrum.regular", "sampler", *QUICK, "--json", "r.json")
    assert code == 0
    rows = out.splitlines()
    assert rows[0].split()[:2] == ["benchmark", "median"]
    assert [row.split()[0] for row in rows[1:]] == ["spectrum.regular", "sampler.independent", "sampler.sobol"]
    found = json.loads((tmp_path / "r.json").read_text())
    assert list(found["cases"]) == ["spectrum.regular", "sampler.independent", "sampler.sobol"]
    assert found["quick"] and found["threads"] == 1 and found["repeats"] == 1 and not found["interrupted"]


def test_baseline_adds_ratios(command, tmp_path):
    command("bench", "spectrum.regular", *QUICK, "--json", "r.json")
    old = json.loads((tmp_path / "r.json").read_text())
    old["cases"]["spectrum.regular"]["contestants"]["specrender"]["median"] *= 1e6
    (tmp_path / "r.json").write_text(json.dumps(old))
    code, out, _ = command("bench", "spectrum", *QUICK, "--baseline", "r.json")
    assert code == 0
    rows = {row.split()[0]: row.split() for row in out.splitlines()[1:]}
    assert float(rows["spectrum.regular"][-1].removesuffix("x")) > 1e4
    assert rows["spectrum.irregular"][-1] == "-"


def test_memory_is_that_of_a_process(command):
    code, out, _ = command("bench", "memory", *QUICK)
    assert code == 0
    row = out.splitlines()[1].split()
    # Python, NumPy, numba and a landscape of 10,000 triangles
    assert row[2] == "MB" and 50 < float(row[1]) < 1000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bhv"], ["'bhv'", "did you mean 'bvh'"]),
        (["*.nothing"], ["*.nothing", "--list"]),
        (["sampler", "--baseline", "gone.json"], ["cannot read 'gone.json': there is no such file"]),
        (["sampler", "--baseline", "."], ["cannot read '.': it is a folder; give a file"]),
        (["sampler", "--baseline", "/dev/zero"], ["cannot read '/dev/zero': it is a device"]),
        (["sampler", "--baseline", "bad.json"], ["bad.json", "specrender bench --json", "JSON of something else"]),
        (["sampler", "--json", "gone/r.json"], ["gone/r.json", "cannot write"]),
        (["sampler", "--json", "."], ["'.'", "cannot write"]),
        (["scale", "--plot", "p.bmp"], ["p.bmp", ".svg"]),
        (["sampler", "--json", "/proc/r.json"], ["cannot write '/proc/r.json'"]),
        (["sampler", "--json", "/dev/null"], ["/dev/null", "not a regular file"]),
        (["scale", "--plot", "/proc/p.svg"], ["cannot write '/proc/p.svg'"]),
        (["sampler", "--mesh", "gone.ply"], ["--mesh 'gone.ply' cannot be read: there is no such file"]),
        (["sampler", "--mesh", "."], ["--mesh '.' cannot be read: it is a folder"]),
        (["sampler", "--mesh", "bad.json"], ["bad.json", "cannot read meshes", "ply"]),
        (["sampler", "--plot", "p.svg"], ["nothing to plot", "scale.lights"]),
        (["sampler", "--peers", "--pbrt", "gone/pbrt"], ["--pbrt", "gone/pbrt"]),
        (["sampler", "--pbrt", "pbrt"], ["--peers"]),
        (["sampler", "--mitsuba-data", "gone"], ["--mitsuba-data", "gone"]),
        (["sampler", "--mitsuba-data", "."], ["--mitsuba-data", "scenes"]),
        (["bvh", "--mesh", "gone.ply"], ["--mesh", "gone.ply"]),
        (["sampler", "--repeats", "0"], ["--repeats", "'0'"]),
        (["sampler", "--repeats", "-3"], ["--repeats", "'-3'"]),
        (["sampler", "--threads", "none"], ["--threads", "'none'"]),
    ],
)
def test_bad_input_is_one_line(command, tmp_path, arguments, words):
    (tmp_path / "bad.json").write_text("{}")
    code, out, err = command("bench", *arguments, "--quick")
    assert code == 2 and not out
    assert len(err.splitlines()) == 1 and err.startswith("specrender: error: ")
    for word in words:
        assert word in err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


def case(median):
    """The text of a benchmark's results."""
    return f'{{"unit": "ns/call", "contestants": {{"specrender": {{"median": {median}}}}}}}'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1 is not JSON: Expecting value"),
        (b'{"format": 1,\n"cases": {,}}', "line 2 is not JSON"),
        (b"\xff\xfe\0", "it is not text in UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "it is beyond what JSON files hold"),
        (b"[1, 2]", "it is JSON of something else"),
        (b'{"format": 1, "cases": []}', "it is JSON of something else"),
        (b'{"format": 99, "cases": {}}', "its format is 99, this version reads 1: measure anew"),
        (b'{"format": 1, "cases": {"sampler.sobol": {"unit": "ns"}}}', "its entry 'sampler.sobol' is no benchmark's"),
        (f'{{"format": 1, "cases": {{"a": {case(3)}, "b": {case("true")}}}}}'.encode(), "its entry 'b'"),
    ],
)
def test_what_is_no_baseline(command, tmp_path, content, words):
    (tmp_path / "b.json").write_bytes(content)
    code, out, err = command("bench", "sampler", *QUICK, "--baseline", "b.json", "--json", "r.json")
    assert code == 2 and not out and not (tmp_path / "r.json").exists()
    assert len(err.splitlines()) == 1
    assert f"error: 'b.json' is no result of `specrender bench --json`: {words}" in err


def test_broken_mesh_is_noticed_before_anything_is_measured(command, tmp_path):
    (tmp_path / "broken.ply").write_text("nothing of the kind")
    code, out, err = command("bench", "spectrum.regular", "bvh", "--mesh", "broken.ply", *QUICK, "--json", "r.json")
    assert code == 2 and not out
    assert len(err.splitlines()) == 1 and "broken.ply" in err
    assert not (tmp_path / "r.json").exists()


def test_interrupt_keeps_what_was_measured(command, tmp_path, monkeypatch):
    from specrender.bench.kernels import shading

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(shading, "draw_numbers", interrupted)
    code, _, err = command("bench", "spectrum.regular", "sampler", *QUICK, "--json", "r.json")
    assert code == 130 and "interrupted" in err
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["interrupted"] and list(found["cases"]) == ["spectrum.regular"]


def test_plot_is_drawn(command, tmp_path):
    pytest.importorskip("matplotlib")
    code, _, err = command("bench", "scale.size", *QUICK, "--plot", "p.svg")
    assert code == 0, err
    assert b"<svg" in (tmp_path / "p.svg").read_bytes()
