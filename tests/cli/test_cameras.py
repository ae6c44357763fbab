"""Cameras by name, crops and films of sensor responses, as files show them."""

import numpy as np
import pytest

from specrender.output import read_image

SCENE = """
[cameras.wide]
type = "perspective"
fov = 60
film = { width = 12, height = 8 }
[cameras.around]
type = "equirectangular"
film = { width = 16, height = 8 }
[cameras.bands]
type = "perspective"
[cameras.bands.film]
type = "specfilm"
width = 6
height = 4
[cameras.bands.film.responses]
green = { wavelengths = [500, 600], values = [1, 1] }
near_infrared = { wavelengths = [800, 900], values = [1, 1] }
[sampler]
type = "independent"
sample_count = 16
[[shapes]]
type = "sphere"
center = [0, 0, 3]
[[lights]]
type = "constant"
radiance = 2.0
"""


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(SCENE)
    return path


def test_cameras_by_name_and_number(scene, command):
    for flags, size in (([], (12, 8)), (["--camera", "around"], (16, 8)), (["--camera", "1"], (16, 8))):
        assert command("render", scene, "-o", "a.exr", "--quiet", *flags)[0] == 0
        assert read_image("a.exr").size == size
    code, _, error = command("render", scene, "-o", "b.exr", "--camera", "arond")
    assert code == 2 and "did you mean 'around'" in error and error.count("\n") == 1
    assert "around (equirectangular)" in command("info", scene)[1]


def test_crop_is_the_data_window(scene, command):
    assert command("render", scene, "-o", "whole.exr", "--quiet")[0] == 0
    assert command("render", scene, "-o", "part.exr", "--crop", "3,2,10,7", "--quiet")[0] == 0
    whole, part = read_image("whole.exr"), read_image("part.exr")
    assert part.window == (3, 2, 10, 7) and part.size == whole.size == (12, 8)
    assert np.array_equal(part.channels["G"], whole.channels["G"][2:7, 3:10])


def test_film_of_responses(scene, command):
    """EXR files hold the responses and no colour; PNG files show what is visible."""
    assert command("render", scene, "-o", "a.exr", "-o", "a.png", "--camera", "bands", "--quiet")[0] == 0
    channels = read_image("a.exr").channels
    assert set(channels) == {"green", "near_infrared"}
    # the sky's 2 over 100 nm, where nothing is in front of it
    for name in channels:
        assert np.isclose(channels[name][0, 0], 200.0, rtol=0.3), name
    assert read_image("a.png").size == (6, 4)
    code, _, error = command("render", scene, "-o", "b.exr", "--camera", "bands", "--mode", "rgb")
    assert code == 2 and "spectral" in error


def test_the_only_camera_is_number_0(command, tmp_path):
    text = 'camera = { type = "perspective" }\nfilm = { type = "hdrfilm", width = 4, height = 4 }\n'
    (tmp_path / "one.toml").write_text(text)
    assert command("render", "one.toml", "-o", "a.exr", "--spp", 1, "--camera", "0", "--quiet")[0] == 0
    assert command("render", "one.toml", "-o", "a.exr", "--spp", 1, "--camera", "1", "--quiet")[0] == 2
