"""Image files as textures: alpha leaves colours alone, broken files are one line."""

import numpy as np
import OpenImageIO as oiio
import pytest

from specrender.errors import InputError
from specrender.scene.compile.images import load_image


def write(path, pixels):
    pixels = np.asarray(pixels, np.uint8)
    output = oiio.ImageOutput.create(str(path))
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], oiio.UINT8)
    spec.attribute("oiio:UnassociatedAlpha", 1)
    output.open(str(path), spec)
    output.write_image(pixels)
    output.close()


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
    with pytest.raises(InputError, match=r"cut\.png' cannot be read: [^\n]+$"):
        load_image(tmp_path / "cut.png", raw=False)
    assert capfd.readouterr().err == ""
