"""Checkpoints and resuming from the command line."""

import signal
import sys
import time

import numpy as np
import pytest

from specrender.film import load_film, save_film
from specrender.output import read_image


def same_pixels(a, b):
    a, b = read_image(a), read_image(b)
    return list(a.channels) == list(b.channels) and all(
        np.array_equal(a.channels[name], b.channels[name]) for name in a.channels
    )


def test_more_samples_on_a_finished_render(scene, command, tmp_path):
    assert command("render", scene, "-o", "whole.exr", "--spp", 12)[0] == 0
    assert not (tmp_path / "whole.exr.checkpoint").exists()
    assert command("render", scene, "-o", "a.exr", "--spp", 5, "--resume")[0] == 0
    assert load_film(tmp_path / "a.exr.checkpoint").sample_count == 5
    _, _, err = command("render", scene, "-o", "a.exr", "--spp", 12, "--threads", 1, "--resume")
    assert "going on after 5" in err
    assert same_pixels(tmp_path / "a.exr", tmp_path / "whole.exr")


def test_resuming_with_fewer_samples_changes_nothing(scene, command, tmp_path):
    command("render", scene, "-o", "a.exr", "--spp", 5, "--resume")
    _, _, err = command("render", scene, "-o", "a.exr", "--spp", 2, "--resume")
    assert "note: nothing was added: the checkpoint holds 5 samples per pixel, and 2 are asked for" in err
    assert "nothing was added" not in command("render", scene, "-o", "b.exr", "--spp", 2, "--resume")[2]
    assert load_film(tmp_path / "a.exr.checkpoint").sample_count == 5
    assert read_image(tmp_path / "a.exr").attributes["specrender:spp"] == 5


def test_resume_with_other_outputs(scene, command, tmp_path):
    command("render", scene, "-o", "a.exr", "--spp", 2, "--checkpoint", "c")
    code, *_ = command("render", scene, "-o", "b.png", "-o", "b.exr", "--spp", 2, "--checkpoint", "c", "--resume")
    assert code == 0 and (tmp_path / "b.png").is_file() and same_pixels(tmp_path / "a.exr", tmp_path / "b.exr")


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--seed", 5], "sampler is sobol(seed=0), not sobol(seed=5)"),
        (["--size", "25x16"], "size is 24x16, not 25x16"),
        (["--crop", "0,0,8,8"], "crop is 0,0,24,16, not 0,0,8,8"),
        (["--max-depth", 3], "max_depth=4"),
        (["--mode", "rgb"], "mode is spectral, not rgb in srgb"),
        (["--aov", "depth"], "integrator is path"),
        (["--clamp-indirect", 2], "limit of indirect light is none, not 2.0"),
        (["-D", "albedo=0.4"], "its scene, or a file that the scene names, was another"),
        (["-o", "b.spectral.exr"], "spectral bins is none, not 94"),
        (["--samples", "2:4"], "begins with sample 0, not 2"),
    ],
)
def test_a_checkpoint_of_another_render_is_refused(scene, command, tmp_path, flags, message):
    command("render", scene, "-o", "a.exr", "--spp", 1, "--checkpoint", "c", "--quiet")
    before = (tmp_path / "c").read_bytes()
    (tmp_path / "a.exr").unlink()
    code, _, err = command("render", scene, "-o", "a.exr", "--checkpoint", "c", "--resume", "--quiet", *flags)
    assert code == 2 and message in err and len(err.splitlines()) == 1
    assert (tmp_path / "c").read_bytes() == before and not (tmp_path / "a.exr").exists()


def test_another_version_and_machine_are_refused(scene, command, monkeypatch):
    command("render", scene, "-o", "a.exr", "--spp", 1, "--checkpoint", "c", "--quiet")
    monkeypatch.setattr("specrender.__version__", "9.9.9")
    monkeypatch.setattr("specrender.kernel.jit.cpu_target", lambda: "abacus")
    code, _, err = command("render", scene, "-o", "a.exr", "--checkpoint", "c", "--resume", "--quiet")
    assert code == 2 and "version is 0.1.0" in err and "not 9.9.9" in err and "not abacus" in err


def test_files_that_are_no_checkpoints_are_not_overwritten(scene, command, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    code, _, err = command("render", scene, "--spp", 1, "--checkpoint", "thesis.txt")
    assert code == 2 and "no checkpoint" in err and "name another file" in err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    places = (("no/such/file", "the folder 'no/such' does not exist"), (".", "it is a folder"))
    for place, problem in (*places, ("/dev/null", "not a regular file")):
        code, _, err = command("render", scene, "--spp", 1, "--checkpoint", place)
        assert code == 2 and f"cannot write '{place}': " in err and problem in err and "remove" not in err


def test_the_checkpoint_of_another_render_is_not_replaced(scene, command, tmp_path):
    command("render", scene, "-o", "a.exr", "--spp", 1, "--checkpoint", "c", "--quiet")
    before = (tmp_path / "c").read_bytes()
    code, _, err = command("render", scene, "-o", "b.exr", "--spp", 1, "--max-depth", 1, "--checkpoint", "c", "--quiet")
    assert code == 2 and "holds another render" in err and err.count("\n") == 1
    assert (tmp_path / "c").read_bytes() == before and not (tmp_path / "b.exr").exists()


def test_the_checkpoint_and_the_output_are_two_files(scene, command):
    code, _, err = command("render", scene, "-o", "a.exr", "--spp", 1, "--checkpoint", "a.exr")
    assert code == 2 and "a.exr" in err


def test_an_older_checkpoint_is_mentioned(scene, command):
    command("render", scene, "-o", "a.exr", "--spp", 1, "--checkpoint", "c")
    _, _, err = command("render", scene, "-o", "a.exr", "--spp", 1, "--checkpoint", "c")
    assert "note: 'c' is there from an earlier render" in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind do not exist on Windows")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_interrupted_and_resumed(scene, start, command, tmp_path, number):
    flags = ("--size", "96x64", "--threads", 2)
    process = start("render", scene, "-o", "a.exr", "--spp", 50_000_000, *flags)
    while "rendering" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.6)
    process.send_signal(getattr(signal, number))
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    film = load_film(tmp_path / "a.exr.checkpoint")
    most = film.sample_count + (0 if film.extra_samples is None else int(film.extra_samples.max()))
    assert 0 < most < 50_000_000
    assert read_image(tmp_path / "a.exr").attributes["specrender:spp"] == film.sample_count
    command("render", scene, "-o", "a.exr", "--spp", most + 3, "--resume", *flags)
    command("render", scene, "-o", "whole.exr", "--spp", most + 3, *flags)
    assert same_pixels(tmp_path / "a.exr", tmp_path / "whole.exr")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind do not exist on Windows")
def test_killed_and_resumed(scene, start, command, tmp_path):
    process = start("render", scene, "-o", "a.exr", "--spp", 50_000_000, "--every", 0.1, "--threads", 1)
    while not (tmp_path / "a.exr.checkpoint").exists():
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    process.kill()
    process.communicate()
    film = load_film(tmp_path / "a.exr.checkpoint")
    spp = film.sample_count + 70
    command("render", scene, "-o", "a.exr", "--spp", spp, "--resume")
    command("render", scene, "-o", "whole.exr", "--spp", spp)
    assert same_pixels(tmp_path / "a.exr", tmp_path / "whole.exr")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "flags, is_noted",
    [
        (["--spp", 300], True),
        (["--spp", 100], True),
        (["--spp", 100, "--adaptive", "off"], False),
        (["--spp", 100, "--adaptive", "on"], False),
        (["--spp", 100, "--noise", 0.001], False),
        (["--spp", 32], False),
    ],
)
def test_an_adaptive_render_that_goes_on_evenly_is_noted(scene, command, flags, is_noted):
    command("render", scene, "-o", "a.exr", "--spp", 90, "--adaptive", "on", "--resume")
    code, _, err = command("render", scene, "-o", "a.exr", "--resume", *flags)
    assert code == 0
    assert err.count("note: the checkpoint was sampled adaptively, 64 to ") == is_noted, err


def test_a_pass_that_was_interrupted_is_not_called_adaptive(scene, command, tmp_path):
    command("render", scene, "-o", "a.exr", "--spp", 64, "--noise", 1e-6, "--adaptive", "off", "--resume")
    film = load_film(tmp_path / "a.exr.checkpoint")
    film.extra_samples = np.zeros(film.shape, np.uint32)
    film.extra_samples[:4] = 8
    save_film(film, tmp_path / "a.exr.checkpoint")
    _, _, err = command("render", scene, "-o", "a.exr", "--spp", 80, "--resume")
    assert "going on after 64 to 72" in err and "adaptively" not in err
