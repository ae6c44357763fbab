"""What makes two renders parts of one."""

from tiny import tiny

from specrender.session import Session

CAMERA = "nm,r,g,b\n400,0,0,1\n500,0,1,0\n600,{red},0,0\n700,0,0,0\n"


def identity(**keywords):
    session = Session(**keywords)
    session.read(tiny())
    session.compile()
    return session.film.identity


def test_cameras_from_files_count_by_their_contents(tmp_path):
    for folder, red in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cam.csv").write_text(CAMERA.format(red=red))
    a, b, c = (identity(observer=str(tmp_path / folder / "cam.csv")) for folder in "abc")
    assert a.differences(b) == []
    (difference,) = a.differences(c)
    assert difference.startswith("its observer is cam.csv (")


def test_what_is_not_there_is_called_none():
    differences = "; ".join(identity().differences(identity(mode="rgb", clamp_indirect=None)))
    assert "its observer is none, not cie1931-2" in differences
    assert "None" not in "; ".join(identity(clamp_indirect=2.0).differences(identity()))
    assert not identity(clamp_indirect=2.0).differences(identity(clamp_indirect=2))
