"""Image files to linear arrays for textures and environment maps."""

from pathlib import Path

import numpy as np

from specrender.color import srgb_decode
from specrender.errors import InputError

#: Luminance of linear Rec.709, as Mitsuba uses it for scalars taken from colour images.
REC709_LUMINANCE = np.array([0.212671, 0.715160, 0.072169])


def load_image(path: Path, raw: bool) -> np.ndarray:
    """(h, w, 3) float32, top row first; integer images are decoded from sRGB unless `raw`; alpha is dropped.

    Raises
    ------
    InputError : the file is missing, not an image, or has pixels that are not finite.
    """
    if not path.is_file():
        raise InputError(f"image file '{path}' does not exist")
    import OpenImageIO as oiio

    image = oiio.ImageInput.open(str(path))
    if image is None:
        raise InputError(f"image file '{path}' cannot be read: {oiio.geterror().strip()}")
    spec = image.spec()
    pixels = image.read_image(0, 0, 0, min(spec.nchannels, 4), oiio.FLOAT)
    error = image.geterror()
    image.close()
    if pixels is None:
        raise InputError(f"image file '{path}' cannot be read: {error.strip()}")
    pixels = np.asarray(pixels, np.float32).reshape(spec.height, spec.width, -1)
    pixels = np.repeat(pixels[..., :1], 3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    if not np.isfinite(pixels).all():
        raise InputError(f"image file '{path}' has pixels that are not finite")
    if not raw and spec.format.basetype not in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE):
        pixels = srgb_decode(pixels).astype(np.float32)
    return np.ascontiguousarray(pixels)


def luminance_of(pixels: np.ndarray) -> np.ndarray:
    """(h, w) float32 luminance of linear Rec.709 pixels."""
    return (pixels @ REC709_LUMINANCE).astype(np.float32)
