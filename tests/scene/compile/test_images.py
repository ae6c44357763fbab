"""Image files as textures: alpha leaves colours alone, broken files are one line."""

import numpy as np
import OpenImageIO as oiio
import pytest
from image_files import write_image

from specrender.color import srgb_decode
from specrender.errors import InputError
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
