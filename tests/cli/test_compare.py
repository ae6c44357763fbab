"""`specrender compare` as it is typed: files, tables, exit codes, one-line errors."""

import json
import signal
import time

import pytest


def run_quick(command, *more):
    return command("compare", "tiny.toml", "--spp", "8", "--threads", "1", *more)


def test_a_scene_becomes_a_report_and_a_table(scene, command, tmp_path):
    code, out, _ = run_quick(command, "-o", "report", "--rgb-space", "srgb,acescg", "--probe", "12,8", "--probe", "0,0")
    assert code == 0
    assert "spectral against RGB, 8 samples per pixel" in out
    assert "Delta E 2000, mean" in out and "acescg" in out and "report.html" in out
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [(probe["x"], probe["y"]) for probe in report["probes"]] == [(12, 8), (0, 0)]
    assert set(report["spaces"]) == {"srgb", "acescg"}
    assert (tmp_path / "report" / "report.html").stat().st_size > 50_000


def test_the_folder_is_named_after_the_scene(scene, command, tmp_path):
    code, _, _ = run_quick(command)
    assert code == 0 and (tmp_path / "tiny-compare" / "report.html").is_file()


def test_quiet_is_quiet(scene, command):
    code, out, err = run_quick(command, "--quiet")
    assert (code, out, err) == (0, "", "")


def test_two_images_become_a_table(scene, command, tmp_path):
    for seed in ("1", "2"):
        assert command("render", "tiny.toml", "-o", f"{seed}.exr", "--spp", "4", "--seed", seed, "--quiet")[0] == 0
    code, out, _ = command("compare", "1.exr", "2.exr")
    assert code == 0
    assert out.startswith("2.exr against 1.exr\n") and "FLIP, mean" in out and "noise is not known" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.exr", "2.exr", "tiny.toml"]
    code, out, _ = command("compare", "1.exr", "2.exr", "-o", "report")
    assert code == 0 and "Chromaticities" in (tmp_path / "report" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny.toml", "--spp", "4"], "must be a whole number, from 8"),
        (["tiny.toml", "--probe", "1"], "must be X,Y in pixels"),
        (["tiny.toml", "--probe", "-1,3"], "probe -1,3 lies outside the picture"),
        (["tiny.toml", "--probe", "24,0"], "x 0 to 23, y 0 to 15"),
        (["tiny.toml", "--rgb-space", "srgb,nope"], "there is no gamut 'nope'"),
        (["tiny.toml", "--rgb-space", "xyz"], "xyz has none"),
        (["tiny.toml", "--relight", "D66"], "D66"),
        (["tiny.toml", "--time", "0"], "time must be above 0"),
        (["tiny.toml", "--resolve", "-1"], "resolve must be above 0"),
        (["tiny.toml", "--exposure", "nan"], "must be a number"),
        (["tiny.toml", "-o", "."], "the report would go into the folder of the scene"),
        (["tiny.toml", "-o", "no/where"], "'no' does not exist"),
        (["tiny.toml", "-o", "/proc/x"], "cannot make the folder '/proc/x': No such file or directory"),
        (["tiny.toml", "-o", "tiny.toml"], "it is a file, and a folder is needed"),
        (["gone.toml"], "gone.toml: cannot be read: there is no such file"),
        (["."], ".: cannot be read: it is a folder"),
        (["a.exr"], "give the second image, too"),
        (["a.exr", "tiny.toml"], "'tiny.toml' is no image"),
        (["a.exr", "b.exr", "c.exr"], "one scene or two images, got 3 files"),
        (["a.exr", "b.exr"], "cannot read 'a.exr': there is no such file"),
        (["a.exr", "b.exr", "--spp", "16"], "--spp says how a scene is rendered"),
        ([], "the following arguments are required"),
    ],
)
def test_errors_are_one_line(scene, command, tmp_path, arguments, message):
    code, out, err = command("compare", *arguments)
    assert code == 2 and out == ""
    lines = [line for line in err.splitlines() if not line.startswith("specrender: compiling")]
    assert len(lines) == 1 and message in lines[0], err
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.toml"]


def test_ctrl_c_before_there_is_enough_writes_nothing(scene, start, tmp_path):
    process = start("compare", "tiny.toml", "--spp", "100000000", "--size", "512x512", "-o", "report")
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not (tmp_path / "report").exists()
