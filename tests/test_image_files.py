"""Damaged images are errors or notes, good ones neither, whatever follows or surrounds their pixels."""

import warnings

import numpy as np
import OpenImageIO as oiio
import pytest
from image_files import write_image

from specrender.errors import InputError, SpecrenderWarning
from specrender.image_files import _jpeg_flaws, jpeg_has_end, library_error, read_pixels, silent_libraries

#: The kinds of file that textures come in: name, type, attributes.
KINDS = {
    "a.jpg": (oiio.UINT8, {"compression": "jpeg:90"}),
    "progressive.jpg": (oiio.UINT8, {"compression": "jpeg:90", "jpeg:progressive": 1}),
    "a.png": (oiio.UINT8, {}),
    "b.png": (oiio.UINT16, {}),
    "zip.exr": (oiio.HALF, {"compression": "zip"}),
    "none.exr": (oiio.FLOAT, {"compression": "none"}),
    "piz.exr": (oiio.HALF, {"compression": "piz"}),
    "dwaa.exr": (oiio.HALF, {"compression": "dwaa"}),
    "none.tif": (oiio.UINT8, {"compression": "none"}),
    "lzw.tif": (oiio.UINT16, {"compression": "lzw"}),
    "zip.tif": (oiio.FLOAT, {"compression": "zip"}),
    "a.hdr": (oiio.FLOAT, {}),
    "a.pfm": (oiio.FLOAT, {}),
    "a.tga": (oiio.UINT8, {}),
    "a.bmp": (oiio.UINT8, {}),
    "a.webp": (oiio.UINT8, {}),
}


@pytest.fixture
def whole(tmp_path):
    """Writes an image of some kind; returns its bytes and a function that reads other bytes as such a file."""

    def make(name):
        kind, attributes = KINDS[name]
        pixels = np.random.default_rng(3).random((48, 64, 3), np.float32)
        write_image(tmp_path / name, pixels, kind=kind, **attributes)

        def read(data):
            (tmp_path / name).write_bytes(data)
            return read_pixels(tmp_path / name)[1]

        return (tmp_path / name).read_bytes(), read

    return make


@pytest.fixture
def no_notes():
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpecrenderWarning)
        yield


@pytest.mark.parametrize("name", KINDS)
def test_whole_files_are_read_without_a_word(whole, name, no_notes, capfd):
    data, read = whole(name)
    pixels = read(data)
    assert pixels.shape == (48, 64, 3) and np.array_equal(read(data + b"junk\xff\xd8\xff" * 9), pixels)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
@pytest.mark.parametrize("name", KINDS)
def test_files_that_are_cut_off(whole, name, share, capfd):
    data, read = whole(name)
    with pytest.raises(InputError, match=rf"cannot read '.*{name}': .+; copy or export it anew$") as caught:
        read(data[: int(share * len(data))])
    assert "\n" not in str(caught.value) and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.jpg", "progressive.jpg"])
@pytest.mark.parametrize("rest", [b"\xff\xd9", bytes(3000)], ids=["end marker", "zeros"])
def test_jpegs_whose_rest_was_replaced(whole, name, rest):
    """By what decoders take for the end, or for codes like others: downloads into files that were made in full size."""
    data, read = whole(name)
    with pytest.raises(InputError, match=r"cut off|premature end"):
        read(data[: len(data) // 2] + rest)


@pytest.mark.parametrize("name", ["a.jpg", "progressive.jpg"])
def test_a_jpeg_without_its_end_marker_alone_is_usable(whole, name):
    data, read = whole(name)
    pixels = read(data)
    with pytest.warns(SpecrenderWarning, match=rf"{name}' may be damaged: its end marker is missing"):
        assert np.array_equal(read(data[:-2]), pixels)


def test_a_jpeg_with_stray_bytes_between_segments_is_usable(whole):
    data, read = whole("a.jpg")
    pixels = read(data)
    with pytest.warns(SpecrenderWarning, match="may be damaged: Corrupt JPEG data: 4 extraneous bytes"):
        assert np.array_equal(read(data[:2] + b"abcd" + data[2:]), pixels)


def test_stray_bytes_between_restart_markers_are_a_loss(whole):
    """Each marker ends a piece of the picture; what libjpeg skips before one was part of that piece."""
    data, _ = whole("a.jpg")
    complaint = "Corrupt JPEG data: 153 extraneous bytes before marker 0xd4"
    assert _jpeg_flaws(data, complaint) == (complaint, None)
    complaint = "Corrupt JPEG data: 153 extraneous bytes before marker 0xda"
    assert _jpeg_flaws(data, complaint) == (None, complaint)


def test_the_end_of_a_thumbnail_is_not_the_end(whole, no_notes):
    """It lies in an APP1 segment, whose length is announced."""
    data, read = whole("a.jpg")
    segment = b"\xff\xe1" + (len(data) + 2).to_bytes(2, "big") + data
    nested = data[:2] + segment + data[2:]
    assert np.array_equal(read(nested), read(data))
    assert jpeg_has_end(nested) and not jpeg_has_end(nested[: len(segment) + 800])


def test_no_images(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("no image")
    for path, problem in (
        (tmp_path, "it is a folder; give a file"),
        (tmp_path / "gone.png", "there is no such file"),
        (tmp_path / "empty.png", "it is empty"),
        (tmp_path / "text.jpg", "copy or export it anew"),
    ):
        with pytest.raises(InputError, match=problem) as caught:
            read_pixels(path)
        assert str(path) in str(caught.value)


def test_only_what_is_asked_for_is_read(tmp_path):
    pixels = np.random.default_rng(0).random((2, 3, 4), np.float32)
    write_image(tmp_path / "a.exr", pixels)
    spec, found = read_pixels(tmp_path / "a.exr", lambda spec: (1, spec.nchannels))
    assert spec.channelnames == ("R", "G", "B", "A") and np.array_equal(found, pixels[..., 1:])


def test_errors_that_are_no_text():
    class Damaged:
        def geterror(self):
            return b"\xff".decode()

    class Long:
        def geterror(self):
            return " first line\nfirst line again\n"

    class Silent:
        def geterror(self):
            return ""

    assert [library_error(kind()) for kind in (Damaged, Long, Silent)] == ["its header is damaged", "first line", ""]


def test_libraries_are_silent(capfd):
    import os

    with silent_libraries():
        os.write(2, b"libpng error")
    os.write(2, b"ours")
    assert capfd.readouterr().err == "ours"


def test_what_is_no_image_is_said_in_one_clause(tmp_path):
    (tmp_path / "a.toml").write_text("name = 'no image'\n")
    with pytest.raises(InputError, match=r"cannot read '.*a\.toml': it is no image of a format that can be read; copy"):
        read_pixels(tmp_path / "a.toml")
