"""Display-encoded images for PNG, JPEG, TIFF, DPX and JPEG XL.

film -> XYZ -> [vision] -> exposure -> gamut -> what lies outside it -> encoding -> integers
                                    `-> view of an OpenColorIO config ->'
"""

from dataclasses import dataclass

import numpy as np

from specrender.color.exposure import parse_exposure
from specrender.color.gamuts import rgb_to_xyz, xyz_to_rgb
from specrender.color.hdr import HLG_PEAK_CDM2, PQ_PEAK_CDM2, hlg_scene_light
from specrender.color.mapping import mapped, share_outside
from specrender.color.transfer import transfer
from specrender.color.vision import dichromatic
from specrender.errors import InputError
from specrender.film.film import Film
from specrender.output.balance import response_matrix
from specrender.output.options import PIXEL_TYPES, RAW, OutputOptions, depths_in_words
from specrender.output.picture import Picture, cleaned, finite_colour, metadata_attributes
from specrender.output.quantise import quantised
from specrender.output.view import View, apply_view, find_view, linear_space
from specrender.spectra.lamps import CDM2_OF_Y

#: Format -> depths it can hold, the usual one first.
DEPTHS = {
    ".exr": PIXEL_TYPES,
    ".png": (8, 16),
    ".jpg": (8,),
    ".jpeg": (8,),
    ".tif": (8, 10, 12, 16, "float"),
    ".tiff": (8, 10, 12, 16, "float"),
    ".dpx": (10, 8, 12, 16),
    ".jxl": (8, 16, "half"),  # of float the encoder (libjxl 0.12) refuses negative numbers
}

#: Percentile of the luminance that tells how bright a picture is: highlights and fireflies do not.
BRIGHTEST = 99.5

#: Primaries and transfer functions [H273] that JPEG XL has; the encoder writes sRGB, which it is not, for any other.
JXL_PRIMARIES, JXL_TRANSFERS = {1, 9, 11, 12}, {1, 8, 13, 16, 17, 18}


def check_display(extension: str, options: OutputOptions) -> None:
    """InputError if a display file of that format cannot be what the options ask for."""
    depth = bit_depth(extension, options)
    if options.gamut == RAW:
        raise InputError(f"raw responses are not colours to show: only .exr holds them, {extension} needs a gamut")
    if options.is_hdr and depth == 8:
        # one step would be up to 6 % of the light, where 1 % can be seen
        raise InputError(f"{options.encoding} needs 10 bits or more: not {extension} with 8")
    if options.out_of_gamut == "keep" and not isinstance(depth, str):
        raise InputError(f"a {extension} file of integers cannot keep colours outside the gamut: use clip or compress")
    view = None
    if options.has_view:
        view = find_view(options.display, options.view, options.ocio)
        linear_space(options.linear_gamut, view.config)
    codes = code_points(options, view)
    if extension == ".jxl" and (codes is None or codes[0] not in JXL_PRIMARIES or codes[1] not in JXL_TRANSFERS):
        what = f"gamut {options.display_gamut.name} and encoding {display_encoding(options)}"
        what = what if view is None else f"the view '{view.view}' of '{view.display}'"
        raise InputError(f"a .jxl file has no tag for {what}, and is shown as sRGB without one")


def bit_depth(extension: str, options: OutputOptions) -> int | str:
    """The depth of a display file: what was chosen, else what is usual; InputError if the format cannot hold it."""
    allowed = DEPTHS[extension]
    if options.bit_depth is None:
        return 16 if options.is_hdr and 16 in allowed and extension != ".dpx" else allowed[0]
    if options.bit_depth not in allowed:
        raise InputError(f"a {extension} file holds {depths_in_words(allowed)}, not {options.bit_depth}")
    return options.bit_depth


def png_picture(film: Film, options: OutputOptions) -> Picture:
    """8 or 16 bits, coverage unpremultiplied, tagged with code points [H273] where gamut and encoding have them."""
    return _picture(film, options, ".png", options.alpha, has_cicp=True)


def jxl_picture(film: Film, options: OutputOptions) -> Picture:
    """8 or 16 bits, half or float, without loss; tagged as PNG."""
    picture = _picture(film, options, ".jxl", options.alpha, has_cicp=True)
    picture.attributes["compression"] = "jpegxl:100"
    return picture


def tiff_picture(film: Film, options: OutputOptions) -> Picture:
    """8 to 16 bits or float, coverage unpremultiplied."""
    picture = _picture(film, options, ".tif", options.alpha)
    picture.attributes["compression"] = "zip"
    if picture.attributes.get("oiio:ColorSpace") != "srgb_rec709_scene":
        # "Uncalibrated".  Without any Exif tag OpenImageIO 3.2.2 fails on the empty directory of them, and of the
        # colour spaces it makes one of sRGB only.
        picture.attributes["Exif:ColorSpace"] = 65535
    return picture


def dpx_picture(film: Film, options: OutputOptions) -> Picture:
    """10 bits, or 8, 12, 16; the image over black."""
    return _picture(film, options, ".dpx", False)


def jpeg_picture(film: Film, options: OutputOptions) -> Picture:
    """8 bits, the image over black, no chroma subsampling (coloured edges are what one looks at here)."""
    picture = _picture(film, options, ".jpg", False)
    picture.attributes |= {"compression": f"jpeg:{options.jpeg_quality}", "jpeg:subsampling": "4:4:4"}
    return picture


@dataclass(frozen=True)
class Encoded:
    """Code values of an image and how they came about.

    values : (h, w, 3) float64.  stops : exposure.  outside : share of pixels outside the gamut; None under a view.
    brightest : luminance of the pixels that `BRIGHTEST` percent are darker than, at that exposure; 1 is white.
    view : the view, or None.
    """

    values: np.ndarray
    stops: float
    outside: float | None
    view: View | None
    brightest: float


def encode_display(xyz: np.ndarray, options: OutputOptions, is_float: bool = False) -> Encoded:
    """Code values of finite CIE XYZ relative to D65, (h, w, 3); of integers within [0, 1].

    Parameters
    ----------
    xyz : (h, w, 3) with the white balance done.
    is_float : the file holds floating-point numbers, and so what lies outside [0, 1] unless the options say otherwise.
    """
    stops = parse_exposure(options.exposure).stops_for(xyz[..., 1], CDM2_OF_Y)
    if options.vision is not None:
        xyz = dichromatic(xyz, options.vision)
    xyz = xyz * 2.0**stops
    brightest = float(np.percentile(xyz[..., 1], BRIGHTEST))
    if options.has_view:
        view = find_view(options.display, options.view, options.ocio)
        space, name = linear_space(options.linear_gamut, view.config)
        # float32 beyond its range would be infinite
        linear, _, _ = cleaned(xyz @ xyz_to_rgb(space, options.adapt).T, np.finfo(np.float32).max)
        return Encoded(apply_view(linear, name, view).astype(np.float64), stops, None, view, brightest)
    space, encoding = options.display_gamut, display_encoding(options)
    linear = xyz @ xyz_to_rgb(space, options.adapt).T
    outside = share_outside(linear)
    policy = options.out_of_gamut if options.out_of_gamut is not None else "keep" if is_float else "clip"
    peak = {"pq": PQ_PEAK_CDM2, "hlg": HLG_PEAK_CDM2}.get(encoding)
    scale = 1.0 if peak is None else options.reference_white / peak
    weights = rgb_to_xyz(space, options.adapt)[1]
    limit = None if is_float and peak is None else 1.0
    linear = mapped(linear * scale, policy, weights, limit)
    if encoding == "hlg":
        linear = hlg_scene_light(linear, weights / weights.sum())
    return Encoded(transfer(encoding).encode(linear), stops, outside, None, brightest)


def display_encoding(options: OutputOptions) -> str:
    """Name of the transfer function of display files without a view."""
    return options.display_gamut.display_transfer if options.encoding is None else options.encoding


def rendering_transform(options: OutputOptions) -> str:
    """One line on how display files of these options show scene-linear light."""
    if options.has_view:
        view = find_view(options.display, options.view, options.ocio)
        return f"{view.display}: {view.view}"
    encoding = display_encoding(options)
    white = f", {options.reference_white:g} cd/m^2 white" if options.is_hdr else ""
    return f"{options.display_gamut.name}, {encoding}{white}, out of gamut: {options.out_of_gamut or 'clip'}"


def _picture(film: Film, options: OutputOptions, extension: str, with_alpha: bool, has_cicp: bool = False) -> Picture:
    check_display(extension, options)
    depth = bit_depth(extension, options)
    matrix = response_matrix(film, options.adapt, options.white_balance)
    responses, nonfinite = finite_colour(film.mean_xyz())
    xyz, channels = responses @ matrix.T, ("R", "G", "B")
    alpha = np.nan_to_num(film.mean_alpha())[..., None]
    if with_alpha:
        # Unpremultiply the light, not the code values.
        xyz = np.divide(xyz, alpha, out=xyz.copy(), where=alpha > 0)
    encoded = encode_display(xyz, options, isinstance(depth, str))
    values, clamped = encoded.values, 0
    if with_alpha:
        values, channels = np.concatenate([values, alpha], axis=2), ("R", "G", "B", "A")
    if isinstance(depth, str):
        values, nan, clamped = cleaned(values, np.finfo(np.float16 if depth == "half" else np.float32).max)
        nonfinite += nan
        pixels, pixel_format = values.astype(np.float32), depth
    else:
        # the blocks of a JPEG file would spread the pattern of a dither, at the price of its size
        corner = film.crop[:2] if options.dither and depth < 16 and extension != ".jpg" else None
        pixels = quantised(np.nan_to_num(values), depth, corner)
        pixel_format = "uint8" if depth == 8 else "uint16"
    attributes = metadata_attributes(film) | _colour_attributes(options, encoded, has_cicp)
    # PNG keeps text only
    attributes = {name: str(v) if isinstance(v, (int, float)) else v for name, v in attributes.items()}
    if pixel_format == "uint16":
        attributes["oiio:BitsPerSample"] = depth
    if with_alpha:
        attributes["oiio:UnassociatedAlpha"] = 1
    return Picture(
        pixels=pixels,
        channels=channels,
        formats=(pixel_format,) * len(channels),
        attributes=attributes,
        window=film.crop,
        size=(film.width, film.height),
        nonfinite=nonfinite,
        clamped=clamped,
        outside=encoded.outside,
        stops=encoded.stops,
        brightest=encoded.brightest,
    )


def _colour_attributes(options: OutputOptions, encoded: Encoded, has_cicp: bool) -> dict[str, object]:
    """How the code values came about, and the tags by which viewers understand them."""
    attributes: dict[str, object] = {"specrender:exposure": encoded.stops}
    attributes |= {"specrender:vision": options.vision, "specrender:whiteBalance": options.white_balance}
    if encoded.view is not None:
        attributes |= {"specrender:display": encoded.view.display, "specrender:view": encoded.view.view}
        # tags only; OpenImageIO converts no pixels on writing
        attributes["oiio:ColorSpace"] = encoded.view.space
    else:
        space, encoding = options.display_gamut, display_encoding(options)
        attributes |= {"specrender:gamut": space.name, "specrender:encoding": encoding}
        if space.name in ("srgb", "rec709") and encoding == "srgb":
            attributes["oiio:ColorSpace"] = "srgb_rec709_scene"
    codes = code_points(options, encoded.view)
    if has_cicp and codes is not None:
        attributes["CICP"] = ("int[4]", codes)
    return attributes


def code_points(options: OutputOptions, view: View | None) -> tuple[int, int, int, int] | None:
    """(primaries, transfer, 0 for RGB, 1 for full range) of [H273]; None where there are none."""
    if view is not None:
        return view.cicp
    codes = (options.display_gamut.cicp_primaries, transfer(display_encoding(options)).cicp)
    return None if None in codes else (*codes, 0, 1)
