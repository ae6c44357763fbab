"""Display-encoded images for PNG, JPEG and TIFF: exposure, clip to the gamut, transfer curve, integers."""

import numpy as np

from specrender.color.gamuts import Gamut, gamut, xyz_to_rgb
from specrender.color.transfer import TRANSFERS
from specrender.film.film import Film
from specrender.output.options import OutputOptions
from specrender.output.picture import Picture, finite_colour, metadata_attributes

# Code of the sRGB curve in [H273] table 3; matrix 0 (RGB), full range 1.
_CICP_SRGB_CURVE = 13


def png_picture(film: Film, options: OutputOptions) -> Picture:
    """8 or 16 bits, coverage unpremultiplied, tagged with the code points of the gamut where it has them."""
    picture = _picture(film, options, options.bit_depth, options.alpha)
    space = display_gamut(options)
    if space.cicp_primaries is not None and space.display_transfer == "srgb":
        picture.attributes["CICP"] = ("int[4]", (space.cicp_primaries, _CICP_SRGB_CURVE, 0, 1))
    return picture


def tiff_picture(film: Film, options: OutputOptions) -> Picture:
    """8 or 16 bits, coverage unpremultiplied."""
    picture = _picture(film, options, options.bit_depth, options.alpha)
    picture.attributes["compression"] = "zip"
    if "oiio:ColorSpace" not in picture.attributes:
        # "Uncalibrated".  Without any Exif tag OpenImageIO 3.2.2 fails on the empty directory of them.
        picture.attributes["Exif:ColorSpace"] = 65535
    return picture


def jpeg_picture(film: Film, options: OutputOptions) -> Picture:
    """8 bits, the image over black, no chroma subsampling (coloured edges are what one looks at here)."""
    picture = _picture(film, options, 8, False)
    picture.attributes |= {"compression": f"jpeg:{options.jpeg_quality}", "jpeg:subsampling": "4:4:4"}
    return picture


def display_gamut(options: OutputOptions) -> Gamut:
    """The gamut of display files: the chosen one, or sRGB in place of a working space."""
    space = gamut(options.gamut)
    return gamut("srgb") if space.display_transfer is None else space


def encode_display(xyz: np.ndarray, options: OutputOptions) -> np.ndarray:
    """Code values in [0, 1], (..., 3) float64, of finite CIE XYZ relative to D65, (..., 3)."""
    space = display_gamut(options)
    linear = xyz @ xyz_to_rgb(space, options.adapt).T * 2.0**options.exposure
    return TRANSFERS[space.display_transfer][0](np.clip(linear, 0.0, 1.0))


def _picture(film: Film, options: OutputOptions, bits: int, with_alpha: bool) -> Picture:
    xyz, nonfinite = finite_colour(film.mean_xyz())
    channels = ("R", "G", "B")
    alpha = np.clip(np.nan_to_num(film.mean_alpha()), 0.0, 1.0)[..., None]
    if with_alpha:
        # Unpremultiply the light, not the code values.
        xyz = np.divide(xyz, alpha, out=xyz.copy(), where=alpha > 0)
    values = encode_display(xyz, options)
    if with_alpha:
        values, channels = np.concatenate([values, alpha], axis=2), ("R", "G", "B", "A")
    pixels = np.rint(values * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    attributes = metadata_attributes(film)
    attributes["specrender:exposure"] = float(options.exposure)
    if with_alpha:
        attributes["oiio:UnassociatedAlpha"] = 1
    if display_gamut(options).name == "srgb":
        attributes["oiio:ColorSpace"] = "srgb_rec709_scene"  # tags only; OpenImageIO converts no pixels on writing
    return Picture(
        pixels=pixels,
        channels=channels,
        formats=(f"uint{bits}",) * len(channels),
        attributes=attributes,
        window=film.crop,
        size=(film.width, film.height),
        nonfinite=nonfinite,
    )
