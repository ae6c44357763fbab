"""`specrender render` from the command line to files."""

import json
import os
import signal
import sys
import time

import numpy as np
import pytest
from image_files import write_image

from specrender.output import read_image


def colour(path):
    return read_image(path).stacked("R", "G", "B")


def test_exr_and_png(scene, command, tmp_path):
    code, out, err = command("render", scene, "-o", "a.exr", "-o", "a.png")
    assert code == 0
    assert "a.exr" in out and "a.png" in out and "paths/s" in out
    assert all("error" not in line for line in err.splitlines())
    image = read_image(tmp_path / "a.exr")
    assert image.size == (24, 16) and image.formats["R"] == "float"
    assert image.attributes["specrender:spp"] == 4
    rgb = image.stacked("R", "G", "B")
    # the sky has radiance 1 at every wavelength: Y = 1, and nothing is brighter
    assert np.allclose(rgb[0, 0] @ [0.2126, 0.7152, 0.0722], 1.0, atol=0.1)
    middle = rgb[8, 12]
    assert middle[0] > 2 * middle[2]
    png = read_image(tmp_path / "a.png")
    assert png.size == (24, 16) and png.formats["R"] == "uint8"


def test_default_output_is_in_the_working_directory(scene, command, tmp_path):
    folder = tmp_path / "scenes"
    folder.mkdir()
    moved = scene.rename(folder / "tiny.toml")
    assert command("render", moved, "--spp", 1)[0] == 0
    assert (tmp_path / "tiny.exr").is_file()
    assert not (folder / "tiny.exr").exists()


def test_quiet_prints_nothing(scene, command):
    assert command("render", scene, "--spp", 1, "--quiet") == (0, "", "")


def test_overrides(scene, command, tmp_path):
    code, *_ = command(
        "render", scene, "-o", "a.exr", "--spp", 2, "--size", "12x10", "--crop", "2,3,8,9", "--aov", "depth,albedo"
    )
    assert code == 0
    image = read_image(tmp_path / "a.exr")
    assert image.size == (12, 10) and image.window == (2, 3, 8, 9)
    assert image.attributes["specrender:spp"] == 2
    assert {"Z", "albedo.R"} <= set(image.channels)


def test_size_scales_the_crop_of_the_scene(scene, command, tmp_path):
    text = scene.read_text().replace("width = 24", "width = 24\ncrop_offset_x = 12\ncrop_width = 6")
    scene.write_text(text)
    assert command("render", scene, "-o", "a.exr", "--spp", 1, "--size", "48x32")[0] == 0
    assert read_image(tmp_path / "a.exr").window == (24, 0, 36, 32)


def test_defines(scene, command, tmp_path):
    for albedo in (0, 1):
        command("render", scene, "-o", f"{albedo}.exr", "--spp", 4, "-D", f"albedo={albedo}")
    dark, bright = colour(tmp_path / "0.exr"), colour(tmp_path / "1.exr")
    assert np.all(dark[-1] == 0) and np.all(bright[-1].mean(axis=0) > 0.5)


def test_seed_and_threads(scene, command, tmp_path):
    runs = {"a": (1, 1), "b": (1, 2), "c": (2, 1)}
    for name, (seed, threads) in runs.items():
        command("render", scene, "-o", f"{name}.exr", "--seed", seed, "--threads", threads)
    a, b, c = (colour(tmp_path / f"{name}.exr") for name in runs)
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_rgb_mode(scene, command, tmp_path):
    assert command("render", scene, "-o", "a.exr", "--mode", "rgb", "--rgb-space", "acescg", "--spp", 64)[0] == 0
    assert command("render", scene, "-o", "b.exr", "--spp", 64)[0] == 0
    a, b = colour(tmp_path / "a.exr"), colour(tmp_path / "b.exr")
    assert read_image(tmp_path / "a.exr").attributes["specrender:rgbSpace"] == "acescg"
    assert np.allclose(a.mean(axis=(0, 1)), b.mean(axis=(0, 1)), rtol=0.05)


def test_spectral_exr(scene, command, tmp_path):
    assert command("render", scene, "-o", "a.spectral.exr", "--spp", 1)[0] == 0
    image = read_image(tmp_path / "a.spectral.exr")
    assert sum(name.startswith("S0.") for name in image.channels) == 94  # 360 to 830 nm by 5 nm


def test_gamut_replaces_the_pixel_format(scene, command, tmp_path):
    scene.write_text(scene.read_text().replace("height = 16", 'height = 16\npixel_format = "luminance_alpha"'))
    assert command("render", scene, "-o", "a.exr", "--spp", 1)[0] == 0
    assert set(read_image(tmp_path / "a.exr").channels) == {"Y", "A"}
    assert command("render", scene, "-o", "b.exr", "--spp", 1, "--gamut", "acescg")[0] == 0
    assert set(read_image(tmp_path / "b.exr").channels) == {"R", "G", "B", "A"}


def test_moments_of_a_moment_integrator(scene, command, tmp_path):
    text = scene.read_text().replace('type = "path"\nmax_depth = 4', 'type = "moment"\nintegrator = { type = "path" }')
    scene.write_text(text)
    assert command("render", scene, "-o", "a.exr", "--spp", 2)[0] == 0
    assert {"m2.X", "m2.Y", "m2.Z"} <= set(read_image(tmp_path / "a.exr").channels)


def test_exposure_acts_on_display_files(scene, command, tmp_path):
    _, _, note = command("render", scene, "-o", "a.exr", "--exposure", 1)
    assert "note: --exposure" in note
    command("render", scene, "-o", "b.exr", "-o", "b.png", "--exposure", -4)
    command("render", scene, "-o", "c.png")
    assert np.array_equal(colour(tmp_path / "a.exr"), colour(tmp_path / "b.exr"))
    assert colour(tmp_path / "b.png").mean() < 0.5 * colour(tmp_path / "c.png").mean()


def test_integrator_takes_the_place_of_one_that_is_not_supported(command, tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(
        '<scene version="3.0.0"><integrator type="ptracer"><integer name="max_depth" value="3"/>'
        '<boolean name="hide_emitters" value="true"/><integer name="rr_depth" value="9"/></integrator>'
        '<shape type="sphere"/><emitter type="constant"/></scene>'
    )
    assert command("render", path, "--spp", 1)[0] == 2
    code, _, note = command("render", path, "--spp", 1, "--size", "8x8", "--integrator", "direct")
    assert code == 0
    assert "direct" in note and "ptracer" in note and "max_depth, rr_depth" in note and "hide_emitters" not in note


def test_stats(scene, command, tmp_path):
    assert command("render", scene, "--stats", "stats.json", "--quiet")[0] == 0
    stats = json.loads((tmp_path / "stats.json").read_text())
    assert stats["counters"]["paths"] == 24 * 16 * 4
    assert stats["spp"] == 4 and stats["size"] == [24, 16] and not stats["interrupted"]
    stages = {"import", "read", "compile_scene", "compile_kernel", "render", "checkpoint", "write", "total"}
    assert set(stats["seconds"]) == stages and all(seconds >= 0 for seconds in stats["seconds"].values())
    # the stage is longer than what the rate is of: it starts threads
    assert stats["paths_per_second"] > 0.99 * stats["counters"]["paths"] / stats["seconds"]["render"]


def test_as_a_process(scene, start, tmp_path):
    process = start("render", scene, "--spp", 1)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err.count("error")) == (0, 0)
    assert out.startswith("specrender: wrote tiny.exr")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind do not exist on Windows")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_interrupt_keeps_what_there_is(scene, start, tmp_path, number):
    process = start("render", scene, "--spp", 50_000_000, "--stats", "stats.json")
    while "rendering" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.5)
    process.send_signal(getattr(signal, number))
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert "rendered in" in out
    stats = json.loads((tmp_path / "stats.json").read_text())
    assert stats["interrupted"] and 0 < stats["spp"] < 50_000_000
    assert "(interrupted: " in out
    assert np.isfinite(colour(tmp_path / "tiny.exr")).all() and colour(tmp_path / "tiny.exr").mean() > 0.1


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind do not exist on Windows")
def test_interrupt_before_there_is_anything(start, tmp_path):
    os.mkfifo(tmp_path / "slow.toml")
    process = start("render", "slow.toml")
    with open(tmp_path / "slow.toml", "w"):  # opens when the process reads, which then waits for text
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "specrender: interrupted; nothing was written\n"
    assert not (tmp_path / "slow.exr").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind do not exist on Windows")
@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_repeated_interrupts_end_with_130(scene, start, pause):
    process = start("render", scene, "--spp", 50_000_000)
    while "rendering" not in process.stderr.readline():
        assert process.poll() is None
    for _ in range(6):
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err


def test_paths_without_an_edge_are_noted(scene, command, tmp_path):
    code, _, error = command("render", scene, "--spp", 1, "--max-depth", 0, "-o", "a.exr")
    assert code == 0 and "note: max_depth is 0" in error and not colour(tmp_path / "a.exr").any()
    assert "max_depth is" not in command("render", scene, "--spp", 1, "--max-depth", 1)[2]


def test_an_environment_without_colours_is_noted(scene, command, tmp_path):
    write_image(tmp_path / "uv.exr", np.full((4, 8, 2), 0.5), ["u", "v"])
    light = 'type = "envmap"\nfilename = "uv.exr"'
    scene.write_text(scene.read_text().replace('type = "constant"\nradiance = 1.0', light))
    code, _, error = command("render", scene, "--spp", 1)
    assert code == 0
    assert f"specrender: note: image file '{tmp_path / 'uv.exr'}' has no channels R, G, B or Y: 'u' is used" in error
