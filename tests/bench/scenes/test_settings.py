"""Copies of scene files with other settings."""

import pytest

from specrender.bench.scenes.settings import rewritten
from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers import load

SCENE = """<scene version="3.0.0">
<default name="width" value="40"/><default name="albedo" value="0.25"/>
<include filename="parts/sensor.xml"/>
<!-- a comment -->
<shape type="obj"><string name="filename" value="m.obj"/>
<bsdf type="diffuse"><rgb name="reflectance" value="$albedo"/></bsdf></shape>
</scene>"""
SENSOR = """<scene version="3.0.0"><sensor type="perspective">
<sampler type="independent"><integer name="sample_count" value="7"/></sampler>
<film type="hdrfilm"><integer name="width" value="$width"/><rfilter type="gaussian"/></film></sensor></scene>"""


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "scene"
    (folder / "parts").mkdir(parents=True)
    (folder / "scene.xml").write_text(SCENE)
    (folder / "parts" / "sensor.xml").write_text(SENSOR)
    (folder / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    return folder / "scene.xml"


def test_copy_elsewhere_is_the_same_scene(path, tmp_path):
    copy = load(rewritten(path, tmp_path / "copy.xml"))
    original = load(path)
    assert copy.shapes == original.shapes and copy.film == original.film and copy.sampler == original.sampler


def test_settings_are_replaced(path, tmp_path):
    out = rewritten(path, tmp_path / "copy.xml", sampler="ldsampler", rfilter="box", size=(12, 9))
    copy = load(out)
    assert (copy.film.width, copy.film.height) == (12, 9)
    assert isinstance(copy.film.rfilter, d.BoxFilter) and isinstance(copy.sampler, d.SobolSampler)
    # $width is used by nothing any more, $albedo is
    text = out.read_text()
    assert '<default name="albedo"' in text and '<default name="width"' not in text


def test_no_scene(tmp_path):
    (tmp_path / "a.xml").write_text("<scene")
    (tmp_path / "b.xml").write_text('<scene version="3.0.0"/>')
    for name in ("a.xml", "b.xml", "gone.xml"):
        with pytest.raises(SceneError, match=name):
            rewritten(tmp_path / name, tmp_path / "out.xml")
    assert not (tmp_path / "out.xml").exists()
