"""Image files to linear arrays for textures and environment maps."""

import warnings
from pathlib import Path

import numpy as np

from specrender.color import srgb_decode
from specrender.errors import InputError, SpecrenderWarning
from specrender.image_files import read_pixels
from specrender.spectra.channels import spectral_channels

#: Luminance of linear Rec.709, as Mitsuba uses it for scalars taken from colour images.
REC709_LUMINANCE = np.array([0.212671, 0.715160, 0.072169])

#: Largest value of a pixel: products with scales, spectra and solid angles stay below the largest float32, 3.4e38.
#: The sun has 2e5 where the sky has 1.
LARGEST = 1e30


def load_image(path: Path, raw: bool, channel: str | None = None) -> np.ndarray:
    """(h, w, 3) float32, top row first; integer images are decoded from sRGB unless `raw`; alpha is dropped.

    channel : "r", "g", "b" or "a" gives that one three times; alpha is 1 where the image has none.

    A SpecrenderWarning says which channels stand for colours that the file does not name.

    Raises
    ------
    InputError : the file is missing, not an image, or has pixels that are not finite or absurdly large.
    """
    import OpenImageIO as oiio

    def choose(spec):
        if channel == "a":
            return (spec.alpha_channel, spec.alpha_channel + 1) if spec.alpha_channel >= 0 else (0, 1)
        return _colour_channels(spec.channelnames)

    spec, pixels = read_pixels(path, choose)
    if not raw and channel is None:
        remark = _remark(spec.channelnames, *_colour_channels(spec.channelnames))
        if remark:
            warnings.warn(f"image file '{path}' {remark}", SpecrenderWarning, stacklevel=2)
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
    finite = np.isfinite(pixels).all(axis=2)
    large = (np.abs(pixels) > LARGEST).any(axis=2)
    for is_bad, what in (
        (~finite, "are not finite: replace NaN and infinity in it"),
        (large, f"are beyond {LARGEST:g}: replace or clamp them in it"),
    ):
        bad = np.count_nonzero(is_bad)
        if bad:
            share = f"{bad} of {pixels.shape[0] * pixels.shape[1]} pixels"
            raise InputError(f"image file '{path}' has {share} that {what}")


def _colour_channels(names) -> tuple[int, int]:
    """[first, last) of the channels that hold the colour: R, G, B or Y where channels are named, else the first.

    Those of a layer, as "beauty.R", count where there are no others.
    """
    names = [name.upper() for name in names]
    in_layers = [name.rpartition(".")[2] for name in names]
    for found, wanted in ((names, ["R", "G", "B"]), (names, ["Y"]), (in_layers, ["R", "G", "B"])):
        for first in range(len(found) - len(wanted) + 1):
            if found[first : first + len(wanted)] == wanted:
                return first, first + len(wanted)
    return 0, 3 if len(names) >= 3 else 1


def _remark(names, first, last) -> str | None:
    """What to say of channels that are used as colours and are not named so, or are only some of those there."""
    taken = [name.rpartition(".")[2].upper() for name in names[first:last]]
    listed = ", ".join(f"'{name}'" for name in names[first:last])
    if taken == ["Y"]:
        others = {name.upper() for name in names}
        is_part = {"X", "Z"} <= others or {"RY", "BY"} <= others
        return "is not in R, G and B: of its channels only 'Y' is used, as grey" if is_part else None
    if taken == ["R", "G", "B"]:
        layers = sum(name.upper().endswith(".R") for name in names)
        return f"has {layers} layers: {listed} are used" if "." in names[first] and layers > 1 else None
    if len(names) == 1 and taken[0] in ("R", "L"):
        return None
    return f"has no channels R, G, B or Y: {listed} {'is used, as grey' if len(taken) == 1 else 'are used for them'}"


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
