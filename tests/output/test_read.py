"""Reading: other programs' files, and refusals."""

import numpy as np
import pytest

from specrender.errors import InputError
from specrender.film import Film
from specrender.output import read_image, write_image


def test_named_channels_of_a_foreign_file(tmp_path):
    oiio = pytest.importorskip("OpenImageIO")
    pixels = np.random.default_rng(0).random((3, 4, 2), dtype=np.float32)
    spec = oiio.ImageSpec(4, 3, 2, "float")
    spec.channelnames = ("left.Y", "right.Y")
    spec.attribute("show", "someone")
    output = oiio.ImageOutput.create(str(tmp_path / "a.exr"))
    assert output.open(str(tmp_path / "a.exr"), spec) and output.write_image(pixels) and output.close()
    image = read_image(tmp_path / "a.exr")
    assert np.array_equal(image.stacked("right.Y", "left.Y"), pixels[..., ::-1])
    assert image.attributes["show"] == "someone"
    assert image.window == (0, 0, 4, 3) and image.size == (4, 3)
    assert image.formats == {"left.Y": "float", "right.Y": "float"}
    with pytest.raises(InputError, match=r"no channel 'R'; it has: left\.Y, right\.Y"):
        image.stacked("R")


def test_no_image(tmp_path):
    (tmp_path / "a.exr").write_bytes(b"not an image")
    (tmp_path / "a.foo").write_bytes(b"not an image")
    for name, message in (("missing.exr", "no such file"), ("a.exr", "cannot read"), ("a.foo", "cannot read")):
        with pytest.raises(InputError, match=message) as caught:
            read_image(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.exr", "a.png"])
def test_damaged(tmp_path, name, capfd):
    film = Film.create(100, 100)
    film.weight[...] = 1.0
    film.xyz[...] = np.random.default_rng(0).random(film.xyz.shape)
    write_image(film, tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    capfd.readouterr()
    with pytest.raises(InputError, match="cannot read"):
        read_image(tmp_path / name)
    # libpng speaks for itself
    assert capfd.readouterr() == ("", "")


def test_damaged_header(tmp_path):
    """The library quotes what no text is."""
    film = Film.create(8, 8)
    film.weight[...] = 1.0
    write_image(film, tmp_path / "a.exr")
    data = bytearray((tmp_path / "a.exr").read_bytes())
    data[8:300] = b"\xff" * 292
    (tmp_path / "a.exr").write_bytes(data)
    with pytest.raises(InputError, match="cannot read"):
        read_image(tmp_path / "a.exr")
