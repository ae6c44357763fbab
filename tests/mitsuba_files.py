"""Mitsuba scenes written and read by tests."""

import pytest

from specrender.errors import SceneError
from specrender.scene.readers import load


def scene(tmp_path, body, version="3.0.0", name="scene.xml", **arguments):
    path = tmp_path / name
    path.write_text(f'<scene version="{version}">\n{body}\n</scene>', encoding="utf-8")
    return load(path, **arguments)


def fails(tmp_path, body, *texts, line=2, **arguments):
    """Loading raises one line with the texts, at scene.xml:LINE."""
    with pytest.raises(SceneError) as caught:
        scene(tmp_path, body, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    place = f"scene.xml:{line}: " if line else "scene.xml: "
    for text in (place, *texts):
        assert text in message, message
