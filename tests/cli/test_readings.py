"""What meters read."""

import json

import pytest

from specrender.cli.readings import readings
from specrender.driver import new_film, render_film
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

SCENE = """
film = { type = "hdrfilm", width = 32, height = 24 }
integrator = { type = "path", max_depth = 2 }
[[lights]]
type = "point"
position = [0, 0, 2]
color = "A"
intensity = 100
units = "cd"
[[shapes]]
name = "plate"
type = "disk"
to_world = { scale = 1e-3 }
[[shapes]]
type = "rectangle"
to_world = [{ scale = 3 }, { translate = [0, 0, -0.1] }]
[cameras.picture]
type = "perspective"
to_world = { look_at = { origin = [0, 3, 3], target = [0, 0, 0], up = [0, 0, 1] } }
[cameras.lux]
type = "irradiancemeter"
shape = "plate"
[cameras.nits]
type = "radiancemeter"
origin = [0, 1, 1]
direction = [0, -1, -1]
"""


@pytest.fixture
def metered(tmp_path):
    path = tmp_path / "metered.toml"
    path.write_text(SCENE)
    return path


def test_a_meter_reads_lux(metered, command, tmp_path):
    """100 cd at a distance of 2."""
    given = ("--camera", "lux", "--size", "1x1", "--spp", 256, "-o", "a.exr", "--stats", "a.json")
    code, out, _ = command("render", metered, *given)
    assert code == 0
    line = out.splitlines()[1]
    assert line.startswith("specrender: irradiancemeter: illuminance 25.0") and line.endswith(" K")
    (reading,) = json.loads((tmp_path / "a.json").read_text())["readings"]
    assert reading["value"] == pytest.approx(25.0, rel=1e-3) and 0.0 <= reading["error"] < 0.1
    assert f"{reading['value']:.3f} +- {reading['error']:.3f} lx, " in line
    assert reading["unit"] == "lx" and reading["cct"] == pytest.approx(2856.0, abs=5.0)


def test_a_ray_reads_luminance(metered, command):
    """A matt plate of reflectance 0.5 under 25 lx."""
    code, out, _ = command("render", metered, "--camera", "nits", "--size", "1x1", "--spp", 256, "-o", "a.exr")
    value = float(out.splitlines()[1].split("luminance ")[1].split()[0])
    assert code == 0 and value == pytest.approx(0.5 * 25.0 / 3.14159, rel=2e-3)


def test_pictures_have_no_readings(metered, command, tmp_path):
    code, out, _ = command("render", metered, "--camera", "picture", "--spp", 1, "-o", "a.exr", "--stats", "a.json")
    assert code == 0 and len(out.splitlines()) == 1
    assert json.loads((tmp_path / "a.json").read_text())["readings"] == []


def test_distances_are_no_luminance(metered, command):
    ray = ("--camera", "nits", "--size", "1x1", "--spp", 4, "-o", "a.exr")
    code, out, _ = command("render", metered, *ray, "--integrator", "depth")
    assert code == 0 and len(out.splitlines()) == 1
    film = new_film(compile_scene(d.Scene(camera=d.RadianceMeter(), film=d.HdrFilm(width=1, height=1))))
    scene = d.Scene(camera=d.RadianceMeter())
    assert len(readings(scene, film)) == 1
    film.metadata["observer"] = "nikon-5100"
    assert readings(scene, film) == []


def test_meters_side_by_side_and_one_that_reads_nothing():
    shapes = [d.Disk(name="m", to_world=d.Transform()), d.Disk(name="n", flip_normals=True)]
    cameras = [d.IrradianceMeter(shape="m"), d.IrradianceMeter(shape="n")]
    film = d.HdrFilm(width=2, height=1, rfilter=d.BoxFilter())
    light = d.DirectionalLight(irradiance=1.0, direction=(0.0, 0.0, -1.0))
    scene = d.Scene(shapes=shapes, lights=[light], camera=d.Batch(cameras=cameras), film=film)
    tables = compile_scene(scene)
    taken = new_film(tables)
    render_film(tables, taken, 1)
    assert all(reading.error is None and reading.cct is None for reading in readings(scene, taken))
    render_film(tables, taken, 63)
    lit, dark = readings(scene, taken)
    assert lit.sensor == "irradiancemeter 0" and lit.value == pytest.approx(683.002 * 106.857, rel=2e-3)
    assert lit.cct == pytest.approx(5455.0, abs=30.0)  # of equal energy
    assert str(dark) == "irradiancemeter 1: illuminance 0 lx"


def test_pictures_that_are_nearly_black_are_noted(metered, command):
    """Absolute light is far below white: 10 cd/m2 of 73,000."""
    view = ("render", metered, "--camera", "picture", "--spp", 4)
    _, out, _ = command(*view, "-o", "a.png")
    assert "a.png is nearly black, its light " in out and "of white: try --exposure auto" in out
    for others in (("-o", "b.png", "--exposure", "auto"), ("-o", "b.exr"), ("-o", "b.png", "--exposure", 13)):
        assert "nearly black" not in command(*view, *others)[1]
