"""Image files as textures: alpha leaves colours alone, broken files are one line."""

import warnings

import numpy as np
import OpenImageIO as oiio
import pytest
from image_files import write_image

from specrender.color import srgb_decode
from specrender.errors import InputError, SpecrenderWarning
from specrender.scene.compile.images import load_image


def write(path, pixels):
    write_image(path, np.asarray(pixels, np.uint8), kind=oiio.UINT8, **{"oiio:UnassociatedAlpha": 1})


@pytest.mark.parametrize("alpha", [0, 128, 255])
@pytest.mark.parametrize("colours", [1, 3])
def test_alpha_does_not_darken(tmp_path, alpha, colours):
    pixels = np.full((2, 3, colours + 1), 200)
    pixels[..., -1] = alpha
    write(tmp_path / "a.png", pixels)
    expected = ((200 / 255 + 0.055) / 1.055) ** 2.4
    loaded = load_image(tmp_path / "a.png", raw=False)
    assert loaded.shape == (2, 3, 3)
    np.testing.assert_allclose(loaded, expected, rtol=1e-5)
    np.testing.assert_allclose(load_image(tmp_path / "a.png", raw=True), 200 / 255, rtol=1e-6)


def test_a_truncated_file_is_one_clause_and_says_nothing_else(tmp_path, capfd):
    write(tmp_path / "whole.png", np.random.default_rng(1).integers(0, 255, (64, 64, 3)))
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"cannot read '.*cut\.png': [^\n]+$"):
        load_image(tmp_path / "cut.png", raw=False)
    assert capfd.readouterr().err == ""


FORMATS = {
    "png": (oiio.UINT8, 1 / 255),
    "tga": (oiio.UINT8, 1 / 255),
    "jpg": (oiio.UINT8, 0.03),
    "tif": (oiio.UINT16, 1 / 65535),
    "hdr": (oiio.FLOAT, 0.01),
    "pfm": (oiio.FLOAT, 1e-6),
    "exr": (oiio.HALF, 1e-3),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(tmp_path, kind):
    """Integers are decoded from sRGB, floating point is linear; the top row comes first in all of them."""
    across, down = np.meshgrid(np.linspace(0.1, 0.9, 16), np.linspace(0.8, 0.2, 12))
    values = np.stack([across, down, 0.5 * (across + down)], axis=-1).astype(np.float32)
    number_type, tolerance = FORMATS[kind]
    path = tmp_path / f"a.{kind}"
    how = {"compression": "jpeg:100" if kind == "jpg" else "", "jpeg:subsampling": "4:4:4"}
    write_image(path, values, kind=number_type, **how)
    assert np.abs(load_image(path, raw=True) - values).max() <= tolerance
    is_integer = number_type in (oiio.UINT8, oiio.UINT16)
    decoded = srgb_decode(values) if is_integer else values
    assert np.abs(load_image(path, raw=False) - decoded).max() <= 2.3 * tolerance
    sixteen = tmp_path / "b.png"
    write_image(sixteen, values, kind=oiio.UINT16)
    assert np.abs(load_image(sixteen, raw=False) - srgb_decode(values)).max() <= 4e-5


#: Formats with their numbers of channels; Radiance files are always of three.
USUAL = [(kind, count) for kind in FORMATS for count in (1, 3) if (kind, count) != ("hdr", 1)]


@pytest.mark.parametrize(("kind", "count"), USUAL)
def test_usual_files_need_no_remark(tmp_path, kind, count):
    write_image(tmp_path / f"a.{kind}", np.full((4, 4, count), 0.5), kind=FORMATS[kind][0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_image(tmp_path / f"a.{kind}", raw=False)


@pytest.mark.parametrize(
    "names, used, remark",
    [
        ("R G B", 0, None),
        ("R G B A Z", 0, None),
        ("R", 0, None),
        ("beauty.R beauty.G beauty.B", 0, None),
        ("u v", 0, "has no channels R, G, B or Y: 'u' is used, as grey"),
        ("Z", 0, "has no channels R, G, B or Y: 'Z' is used, as grey"),
        ("N.x N.y N.z", 0, "has no channels R, G, B or Y: 'N.x', 'N.y', 'N.z' are used for them"),
        ("X Y Z", 1, "is not in R, G and B: of its channels only 'Y' is used, as grey"),
        ("depth.z a.R a.G a.B b.R b.G b.B", 1, "has 2 layers: 'a.R', 'a.G', 'a.B' are used"),
    ],
)
def test_channels_that_stand_for_colours_are_told(tmp_path, names, used, remark):
    names = names.split()
    pixels = np.broadcast_to(np.arange(1.0, len(names) + 1), (2, 2, len(names)))
    path = tmp_path / "a.exr"
    write_image(path, pixels, names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert load_image(path, raw=False)[0, 0, 0] == pixels[0, 0, used]
        load_image(path, raw=True)  # may be no colours
    assert [str(warning.message) for warning in caught] == ([f"image file '{path}' {remark}"] if remark else [])
    assert all(warning.category is SpecrenderWarning for warning in caught)


@pytest.mark.parametrize("value", [3e38, -2e30])
def test_values_that_overflow_are_refused(tmp_path, value):
    pixels = np.full((4, 2, 3), 1e29)
    write_image(tmp_path / "a.exr", pixels)
    load_image(tmp_path / "a.exr", raw=False)
    pixels[1, 1, 2] = value
    write_image(tmp_path / "a.exr", pixels)
    with pytest.raises(InputError, match=r"a\.exr' has 1 of 8 pixels that are beyond 1e\+30: replace"):
        load_image(tmp_path / "a.exr", raw=False)
