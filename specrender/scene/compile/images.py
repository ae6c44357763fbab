"""Image files to linear arrays for textures and environment maps."""

from pathlib import Path

import numpy as np

from specrender.color import srgb_decode
from specrender.errors import InputError
from specrender.image_files import read_pixels
from specrender.spectra.channels import spectral_channels

#: Luminance of linear Rec.709, as Mitsuba uses it for scalars taken from colour images.
REC709_LUMINANCE = np.array([0.212671, 0.715160, 0.072169])


def load_image(path: Path, raw: bool, channel: str | None = None) -> np.ndarray:
    """(h, w, 3) float32, top row first; integer images are decoded from sRGB unless `raw`; alpha is dropped.

    channel : "r", "g", "b" or "a" gives that one three times; alpha is 1 where the image has none.

    Raises
    ------
    InputError : the file is missing, not an image, or has pixels that are not finite.
    """
    import OpenImageIO as oiio

    def choose(spec):
        if channel == "a":
            return (spec.alpha_channel, spec.alpha_channel + 1) if spec.alpha_channel >= 0 else (0, 1)
        return _colour_channels(spec.channelnames)

    spec, pixels = read_pixels(path, choose)
    pixels = np.repeat(pixels[..., :1], 3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    if channel == "a" and spec.alpha_channel < 0:
        pixels = np.ones_like(pixels)
    elif channel is not None:
        pixels = np.repeat(pixels[..., [max("rgb".find(channel), 0)]], 3, axis=2)
    _check_finite(pixels, path)
    if not raw and spec.format.basetype not in (oiio.HALF, oiio.FLOAT, oiio.DOUBLE):
        pixels = srgb_decode(pixels).astype(np.float32)
    return np.ascontiguousarray(pixels)


def _check_finite(pixels, path):
    bad = np.count_nonzero(~np.isfinite(pixels).all(axis=2))
    if bad:
        share = f"{bad} of {pixels.shape[0] * pixels.shape[1]} pixels"
        raise InputError(f"image file '{path}' has {share} that are not finite: replace NaN and infinity in it")


def _colour_channels(names) -> tuple[int, int]:
    """[first, last) of the channels that hold the colour: R, G, B or Y where channels are named, else the first."""
    names = [name.upper() for name in names]
    for wanted in (["R", "G", "B"], ["Y"]):
        for first in range(len(names) - len(wanted) + 1):
            if names[first : first + len(wanted)] == wanted:
                return first, first + len(wanted)
    return 0, 3 if len(names) >= 3 else 1


def load_spectral_image(path: Path, prefer: str) -> tuple[np.ndarray, np.ndarray]:
    """(wavelengths (n,) [nm], spectra (h, w, n) float32) of an EXR file in the layout of [Fichet2021].

    Parameters
    ----------
    prefer : "T" (reflectance or transmittance) or "S0" (emission), if the file has both.

    Raises
    ------
    InputError : the file is missing, has no spectral channels, or has pixels that are not finite.
    """
    found = {}

    def choose(spec):
        found.update(spectral_channels(spec.channelnames, path))
        if not any(found.values()):
            examples = "'T.550,000000nm' or 'S0.550,000000nm'"
            raise InputError(f"image file '{path}' has no spectral channels such as {examples}")
        return 0, spec.nchannels

    _, pixels = read_pixels(path, choose)
    channels = found[prefer] or found["S0" if prefer == "T" else "T"]
    spectra = np.ascontiguousarray(pixels[..., list(channels.values())])
    _check_finite(spectra, path)
    return np.array(list(channels)), spectra


def luminance_of(pixels: np.ndarray) -> np.ndarray:
    """(h, w) float32 luminance of linear Rec.709 pixels."""
    return (pixels @ REC709_LUMINANCE).astype(np.float32)
