"""Image files to linear arrays for textures and environment maps."""

import contextlib
import os
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

    # colours as they are in the file: multiplied by alpha before they are decoded they would be too dark
    as_stored = oiio.ImageSpec()
    as_stored.attribute("oiio:UnassociatedAlpha", 1)
    with _silent_libraries():
        image = oiio.ImageInput.open(str(path), as_stored)
        if image is None:
            raise InputError(f"image file '{path}' cannot be read: {_first_clause(oiio.geterror())}")
        spec = image.spec()
        pixels = image.read_image(0, 0, 0, min(spec.nchannels, 4), oiio.FLOAT)
        error = image.geterror()
        image.close()
    if pixels is None:
        raise InputError(f"image file '{path}' cannot be read: {_first_clause(error)}")
    pixels = np.asarray(pixels, np.float32).reshape(spec.height, spec.width, -1)
    pixels = np.repeat(pixels[..., :1], 3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    if not np.isfinite(pixels).all():
        raise InputError(f"image file '{path}' has pixels that are not finite")
    if not raw and spec.format.basetype not in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE):
        pixels = srgb_decode(pixels).astype(np.float32)
    return np.ascontiguousarray(pixels)


def _first_clause(message: str) -> str:
    """What an image library says first; it tends to repeat itself."""
    lines = message.strip().splitlines()
    return lines[0][:160] if lines else "no reason given"


@contextlib.contextmanager
def _silent_libraries():
    """Keeps what image libraries print on their own out of the terminal; the error is reported by us."""
    try:
        saved = os.dup(2)
    except OSError:  # stderr is closed: nothing to keep quiet
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def luminance_of(pixels: np.ndarray) -> np.ndarray:
    """(h, w) float32 luminance of linear Rec.709 pixels."""
    return (pixels @ REC709_LUMINANCE).astype(np.float32)
