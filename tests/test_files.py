"""Files that are whole or not there, and places where none can be."""

import pytest

from specrender.files import filling, why_unwritable


def test_a_folder_is_filled_at_once_or_not_at_all(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError), filling(tmp_path) as part:
        (part / "a").write_text("new")
        raise OSError("the disk is full")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "old"
    with filling(tmp_path) as part:
        (part / "a").write_text("new")
        (part / "b").write_text("new")
        assert (tmp_path / "a").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"] and (tmp_path / "a").read_text() == "new"


def test_why_a_file_cannot_be_written(tmp_path):
    assert why_unwritable(tmp_path / "new") is None and not list(tmp_path.iterdir())
    assert why_unwritable(tmp_path / "gone" / "new") == "its folder does not exist"
    assert why_unwritable(tmp_path).startswith("it is a folder")
    assert "null" in why_unwritable(tmp_path / "a\0b")


@pytest.mark.parametrize("path", ["/dev/null", "/proc/new"])
def test_places_that_permissions_do_not_tell_about(path):
    """root may write to both by their permission bits."""
    pytest.importorskip("resource", reason="a system without such files")
    assert why_unwritable(path)
