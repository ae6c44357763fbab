"""What happens beside tracing: previews, live view, denoising, full disks."""

import socket
import sys
import threading

import numpy as np
import pytest

from specrender.film import load_film
from specrender.output import read_image


def test_a_preview_is_there_before_the_render_ends(scene, command, tmp_path, monkeypatch):
    monkeypatch.setattr("specrender.cli.running.SECONDS", 0.0)
    assert command("render", scene, "-o", "a.exr", "--spp", 40, "--preview", "p.png", "--exposure", 1)[0] == 0
    assert read_image(tmp_path / "p.png").size == (24, 16)
    code, _, err = command("render", scene, "-o", "a.png", "--spp", 1, "--preview", "a.png")
    assert code == 2 and "given twice" in err


def test_the_preview_is_the_picture_in_the_end(scene, command, tmp_path):
    """Also of a render that ends before the first one is due."""
    _, _, err = command("render", scene, "-o", "a.png", "--spp", 2, "--preview", "p.png")
    assert np.array_equal(*(read_image(tmp_path / name).stacked("R", "G", "B") for name in ("a.png", "p.png")))
    assert "note" not in err


def test_tiles_go_to_tev(scene, command):
    pytest.importorskip("tevclient")
    server, received = socket.create_server(("127.0.0.1", 0)), []

    def listen():
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(1 << 16):
                received.append(data)

    thread = threading.Thread(target=listen)
    thread.start()
    address = f"127.0.0.1:{server.getsockname()[1]}"
    assert command("render", scene, "-o", "a.exr", "--spp", 2, "--tev", address)[0] == 0
    thread.join(20)
    server.close()
    # at least the whole image once, three floats a pixel
    assert sum(map(len, received)) > 24 * 16 * 12


def test_a_viewer_that_is_not_there(scene, command, tmp_path):
    pytest.importorskip("tevclient")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code, _, err = command("render", scene, "-o", "a.exr", "--spp", 1, "--tev", f"127.0.0.1:{port}")
    assert code == 1 and "is the viewer running" in err and not (tmp_path / "a.exr").exists()


def test_denoise_without_the_package(scene, command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyoidn", None)
    code, _, err = command("render", scene, "-o", "a.exr", "--spp", 1, "--denoise")
    assert code == 1 and "pip install pyoidn" in err and not (tmp_path / "a.exr").exists()


def test_dask_without_the_package(scene, command, tmp_path, monkeypatch):
    """It is missed before anything is rendered, or said to be."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = command("render", scene, "-o", "a.exr", "--spp", 1, "--dask", "localhost:8786")
    assert code == 1 and not (tmp_path / "a.exr").exists()
    assert err == "specrender: error: --dask needs the package distributed: pip install distributed\n"


def test_denoise_keeps_the_noisy_image(scene, command, tmp_path):
    pytest.importorskip("pyoidn")
    assert command("render", scene, "-o", "a.exr", "--spp", 4, "--denoise")[0] == 0
    assert command("render", scene, "-o", "b.exr", "--spp", 4)[0] == 0
    a, b = read_image(tmp_path / "a.exr"), read_image(tmp_path / "b.exr")
    assert np.array_equal(a.stacked("noisy.R", "noisy.G", "noisy.B"), b.stacked("R", "G", "B"))
    assert not np.array_equal(a.channels["R"], b.channels["R"])


def test_a_full_disk_leaves_the_old_checkpoint(scene, command, tmp_path):
    resource, signal = pytest.importorskip("resource"), pytest.importorskip("signal")
    flags = ("render", scene, "-o", "a.png", "--resume", "--every", 0.001)
    assert command(*flags, "--spp", 2)[0] == 0
    before = (tmp_path / "a.png.checkpoint").read_bytes()
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, limits[1]))
        code, _, err = command(*flags, "--spp", 300)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert code == 1 and "cannot write 'a.png.checkpoint'" in err
    assert (tmp_path / "a.png.checkpoint").read_bytes() == before and read_image(tmp_path / "a.png").size == (24, 16)
    assert load_film(tmp_path / "a.png.checkpoint").sample_count == 2


def test_noise_target(scene, command, tmp_path):
    _, out, err = command("render", scene, "-o", "a.exr", "--noise", 0.005, "--stats", "s.json")
    assert "to noise 0.005, adaptive" in err and "(reached --noise 0.005: " in out and ", noise 0.00" in out
    assert {"sampleCount"} <= set(read_image(tmp_path / "a.exr").channels)
    _, out, _ = command("render", scene, "-o", "b.exr", "--noise", 0.005, "--adaptive", "off")
    assert " samples per pixel, noise 0.00" in out and "sampleCount" not in read_image(tmp_path / "b.exr").channels


def test_the_last_line_says_what_ended_the_render(scene, command):
    def last(*flags):
        return command("render", scene, "-o", "a.exr", *flags)[1]

    assert "wrote a.exr (stopped at the scene's 4 samples per pixel; rendered in" in last()
    assert "(stopped at --spp 3; rendered in" in last("--spp", 3)
    assert "(stopped at --spp 3; rendered in" in last("--spp", 3, "--time", 1000)
    assert "(stopped at --time 0.2 s: " in last("--time", 0.2)
    assert "(all of --samples 2:4; " in last("--samples", "2:4")
    assert "(stopped at --spp 8: noise not judged below 64; " in last("--spp", 8, "--noise", 0.1)


def test_a_resumed_render_tells_its_noise_again(scene, command):
    flags = ("render", scene, "-o", "a.exr", "--resume", "--noise", 1e-4, "--spp", 100)
    first = command(*flags)[1].partition("; ")[0]
    assert "(stopped at --spp 100: noise 0.0" in first and " (asked 0.0001), 95 % of the pixels below 0.0" in first
    again = command(*flags)[1].rstrip("\n)")
    assert again == first.replace("stopped at --spp 100: ", "nothing was added: 100 samples per pixel, ")


def test_a_target_that_the_last_samples_reached_is_said_to_be(scene, command):
    """What ends the render is --spp; what is there by then is judged once more."""
    flags = ("render", scene, "-o", "a.exr", "--resume", "--adaptive", "off", "--spp", 100)
    assert " (asked 0.0001), 95 %" in command(*flags, "--noise", 1e-4)[1]
    assert " (asked 0.5, reached), 95 %" in command(*flags, "--noise", 0.5)[1]


def test_resumed_with_more_samples_to_the_same_picture(scene, command, tmp_path):
    """Within a round of adaptive sampling, where the first limit ended it."""
    flags = ("render", scene, "--resume", "--adaptive", "on")
    command(*flags, "-o", "a.exr", "--spp", 81)
    command(*flags, "-o", "a.exr", "--spp", 131)
    command(*flags, "-o", "b.exr", "--spp", 131)
    a, b = (read_image(tmp_path / name).channels for name in ("a.exr", "b.exr"))
    assert "sampleCount" in a and all(np.array_equal(a[name], b[name]) for name in a)


def test_a_time_limit_that_is_too_short_finishes_the_first_pass(scene, command, tmp_path):
    code, out, err = command("render", scene, "-o", "a.exr", "--time", 1e-6, "--size", "96x64", "--threads", 1)
    assert code == 0 and "1e-06 s" in err and "(stopped at --time 1e-06 s: 1 sample per pixel; " in out
    assert read_image(tmp_path / "a.exr").channels["G"].mean(axis=1).min() > 0.1


def test_clamping_takes_light_away_and_only_indirect(scene, command, tmp_path):
    command("render", scene, "-o", "a.exr", "--spp", 16)
    command("render", scene, "-o", "b.exr", "--spp", 16, "--clamp-indirect", 0.001)
    command("render", scene, "-o", "c.exr", "--spp", 16, "--max-depth", 2)
    a, b, c = (read_image(tmp_path / f"{name}.exr").channels["G"] for name in "abc")
    assert np.all(b <= a + 1e-6) and b.mean() < a.mean() - 1e-3
    assert np.allclose(b, c, atol=0.01)


def test_too_few_samples_to_judge_errors_by(scene, command):
    flags = ("render", scene, "-o", "a.exr")
    few = "note: errors are judged from 64 samples per pixel on: with 63 samples per pixel, "
    _, _, err = command(*flags, "--spp", 63, "--adaptive", "on")
    assert few + "sampling stays uniform\n" in err and "63 samples each, uniform (adaptive sampling begins after" in err
    _, _, err = command(*flags, "--spp", 63, "--noise", 0.01)
    assert few + "no noise target of 0.01 can end it and sampling stays uniform\n" in err
    assert "63 samples each, uniform" in err and "to noise" not in err
    assert "with 64 samples per pixel, sampling stays" in command(*flags, "--spp", 64, "--adaptive", "on")[2]
    assert "errors are judged" not in command(*flags, "--spp", 65, "--adaptive", "on")[2]
    assert "errors are judged" not in command(*flags, "--spp", 64, "--noise", 0.01, "--adaptive", "off")[2]
    assert "errors are judged" not in command(*flags, "--spp", 63)[2]


def test_a_full_disk_is_named(scene, command, tmp_path):
    """The image library only says that writing failed; the render is kept."""
    resource, signal = pytest.importorskip("resource"), pytest.importorskip("signal")
    size = ("--size", "64x64", "--spp", 2)
    assert command("render", scene, "-o", "a.exr", *size, "--checkpoint", "c")[0] == 0
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
        code, _, err = command("merge", "c", "-o", "b.exr", "--bit-depth", "float")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert code == 1 and "error: cannot write 'b.exr': the file would be larger than" in err
    assert not (tmp_path / "b.exr").exists() and "OpenEXR" not in err
