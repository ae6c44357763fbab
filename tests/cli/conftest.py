"""A tiny scene, and ways to run the command line."""

import os
import subprocess
import sys

import pytest

from specrender.cli import main

SCENE = """
[integrator]
type = "path"
max_depth = 4
[camera]
type = "perspective"
fov = 40
to_world = { look_at = { origin = [0, 1, 4], target = [0, 0.5, 0], up = [0, 1, 0] } }
[film]
width = 24
height = 16
component_format = "float32"
[sampler]
type = "sobol"
sample_count = 4
[defaults]
albedo = 0.5
[[shapes]]
type = "rectangle"
to_world = [{ rotate = [1, 0, 0], angle = -90 }, { scale = 5 }]
material = { type = "diffuse", reflectance = "$albedo" }
[[shapes]]
type = "sphere"
center = [0, 0.5, 0]
radius = 0.5
material = { type = "diffuse", reflectance = { rgb = [0.7, 0.2, 0.1] } }
[[lights]]
type = "constant"
radiance = 1.0
"""


@pytest.fixture
def scene(tmp_path):
    """The scene's file, in a folder of its own."""
    path = tmp_path / "tiny.toml"
    path.write_text(SCENE)
    return path


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs a command line in this process, in `tmp_path`; returns (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def start(tmp_path):
    """Starts the command as a process in `tmp_path`."""

    def popen(*arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "specrender", *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    return popen
