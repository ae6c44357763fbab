"""Scenes whose name says nothing of their syntax: the text does."""

import pytest

from specrender.errors import SceneError
from specrender.scene.readers import called, load

TOML = "[[shapes]]\ntype = 'sphere'\nradius = 2\n"
XML = "<scene version='3.0.0'>\n<shape type='sphere'><float name='radius' value='2'/></shape></scene>"


@pytest.mark.parametrize("text", [TOML, f"\n# note\n{TOML}", XML, f"\n {XML}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_text_without_an_extension_is_recognised(tmp_path, text, encoding):
    path = tmp_path / "scene"
    path.write_text(text.lstrip() if encoding == "utf-8-sig" else text, encoding=encoding)
    loaded = load(path)
    assert loaded.shapes[0].radius == 2 and loaded.name == "scene"


def test_xml_in_utf_16_is_recognised(tmp_path):
    (tmp_path / "scene").write_text(XML, encoding="utf-16")
    assert load(tmp_path / "scene").shapes[0].radius == 2


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "scene: is empty; expected a scene in TOML or Mitsuba's XML"),
        (b" \n", "scene: is empty"),
        (b"glTF\2\0\0\0", "scene: is a model, not a scene"),
        (b'{"asset": {"version": "2.0"}}', "scene: is a model, not a scene"),
        (b"\n<scene>\n</scene>", "scene:2: the root element <scene> has no version"),
        (b"\n<scene version='3.0.0'>", "scene:2: is not well-formed XML"),
        (b"a = 1\nb = \n", "scene:2: is not valid TOML"),
        (b"\x89PNG\xff", "scene: is not text in UTF-8"),
    ],
)
def test_other_content_is_one_line(tmp_path, content, message):
    (tmp_path / "scene").write_bytes(content)
    with pytest.raises(SceneError) as caught:
        load(tmp_path / "scene")
    assert str(caught.value).startswith(f"{tmp_path}/{message}"), caught.value


@pytest.mark.parametrize(
    "given, name",
    [
        ("-", "stdin"),
        ("/dev/stdin", "stdin"),
        ("/dev/fd/63", "pipe"),
        ("/proc/self/fd/11", "pipe"),
        ("/dev/shm/scene", "/dev/shm/scene"),
        ("a/b.toml", "a/b.toml"),
    ],
)
def test_open_files_get_a_name(given, name):
    assert str(called(given)) == name
