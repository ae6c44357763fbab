"""Scene-linear OpenEXR files.

Channels: `R G B` in the chosen gamut (`X Y Z` for the gamut "xyz", the observer's own for "raw", `Y` for luminance),
`A`, then data layers, float even if the colour is half: `variance.X/Y/Z` and `m2.X/Y/Z` (see `OutputOptions`),
`noisy.R/G/B`, the image before denoising, `sampleCount` where pixels have different numbers of samples, and the AOVs
under the names of `film.aovs` (depth as `depth.Z` where the colour has a `Z`).  Ids are float (exact up to 2^24), -1
where there is no surface.  Header: `chromaticities`, `colorInteropID` [ColorInteropID], `whiteLuminance`, `capDate`,
`renderingTransform`, data and display window, and the metadata of the film.
"""

import os
import time

import numpy as np

from specrender.color.gamuts import rgb_to_xyz, xyz_to_rgb
from specrender.color.mapping import mapped, share_outside
from specrender.film.aovs import AOVS
from specrender.film.film import Film
from specrender.output.balance import film_observer, response_matrix
from specrender.output.display import rendering_transform
from specrender.output.options import RAW, OutputOptions
from specrender.output.picture import Layers, Picture, finite_colour, metadata_attributes
from specrender.spectra.lamps import CDM2_OF_Y
from specrender.spectra.observers import DEFAULT_OBSERVER

_XYZ = ("X", "Y", "Z")


def exr_picture(film: Film, options: OutputOptions) -> Picture:
    """The film as a linear EXR image; `pixel_type` applies to colour and alpha."""
    layers = Layers(film)
    add_colour_layers(layers, options, pixel_type(options))
    add_data_layers(layers, options)
    return layers.picture(exr_attributes(film, options))


def pixel_type(options: OutputOptions) -> str:
    """ "half" or "float" for colour and alpha: the bit depth if it is one of them, else the pixel type."""
    return options.bit_depth if isinstance(options.bit_depth, str) else options.pixel_type


def add_colour_layers(layers: Layers, options: OutputOptions, pixel_type: str) -> None:
    """Append colour in the chosen gamut, and coverage if asked for."""
    film = layers.film
    if not options.colour and film.aov_layout:
        return
    if options.luminance:
        responses, nonfinite = finite_colour(film.mean_xyz())
        layers.nonfinite += nonfinite
        xyz = responses @ response_matrix(film, options.adapt, options.white_balance).T
        layers.add(xyz[..., 1:2], ("Y",), pixel_type)
    else:
        channels = {"xyz": _XYZ, RAW: film_observer(film).channels}.get(options.gamut, ("R", "G", "B"))
        matrix = gamut_matrix(film, options, options.white_balance)
        layers.add_colour(film.mean_xyz(), matrix, channels, pixel_type, lambda rgb: _mapped(layers, options, rgb))
    if options.alpha:
        layers.add(film.mean_alpha(), ("A",), pixel_type)


def gamut_matrix(film: Film, options: OutputOptions, white_balance: str | None = None) -> np.ndarray:
    """(3, 3) matrix from what the film holds to the channels of the gamut."""
    if options.gamut == RAW:
        return np.eye(3)
    balanced = response_matrix(film, options.adapt, white_balance)
    return xyz_to_rgb(options.linear_gamut, options.adapt) @ balanced


def _mapped(layers, options, rgb):
    if options.gamut == RAW:
        return rgb
    layers.outside = share_outside(rgb)
    return mapped(rgb, options.out_of_gamut or "keep", rgb_to_xyz(options.linear_gamut, options.adapt)[1])


def add_data_layers(layers: Layers, options: OutputOptions) -> None:
    """Append variance, moments and AOVs, as float."""
    film = layers.film
    channels = film_observer(film).channels
    if options.variance:
        # Infinity says that one sample tells nothing about the variance; keep it.
        layers.add(film.variance_of_mean(), tuple(f"variance.{c}" for c in channels), clean=False)
    if options.moments:
        layers.add(film.second_moment(), tuple(f"m2.{c}" for c in channels))
    if film.denoised is not None:
        colours = {"xyz": _XYZ, RAW: film_observer(film).channels}.get(options.gamut, ("R", "G", "B"))
        matrix = gamut_matrix(film, options, options.white_balance)
        layers.add_colour(film.noisy_xyz(), matrix, tuple(f"noisy.{c}" for c in colours), "float")
    if film.extra_samples is not None:
        layers.add(film.samples().astype(np.float64), ("sampleCount",))
    for name, count in film.aov_layout:
        values = film.mean_aov(name)
        record = AOVS.get(name)
        if record is None:
            layers.add(values, (name,) if count == 1 else tuple(f"{name}.{i}" for i in range(count)))
            continue
        channels = layer_channels(name, layers.channels)
        if record.kind == "xyz":
            # seen under D65, whatever light the picture is balanced for
            layers.add_colour(values, gamut_matrix(film, options), channels, "float")
        else:
            layers.add(values, channels)


def layer_channels(name: str, others: list[str]) -> tuple[str, ...]:
    """Channel names of an auxiliary layer: depth is `depth.Z` where `Z` is a colour."""
    return tuple(f"{name}.{c}" if c in others else c for c in AOVS[name].exr_channels)


def exr_attributes(film: Film, options: OutputOptions) -> dict[str, object]:
    """Header of an EXR file, for `Picture.attributes`."""
    space = options.linear_gamut
    attributes: dict[str, object] = {
        **metadata_attributes(film),
        "compression": "zip",
        "DateTime": write_date(),
        "specrender:observer": film_observer(film).name,
        "specrender:gamut": RAW if space is None else space.name,
        "specrender:adapt": options.adapt,
        "specrender:whiteBalance": options.white_balance,
        "specrender:outOfGamut": None if space is None else options.out_of_gamut or "keep",
    }
    if space is None:
        return attributes
    is_physical = film.metadata.get("units") == "W.m^-2.sr^-1.nm^-1" and film_observer(film).name == DEFAULT_OBSERVER
    return attributes | {
        "chromaticities": ("float[8]", space.chromaticities),
        # (1, 1, 1) has Y = 1 in every gamut
        "whiteLuminance": CDM2_OF_Y if is_physical else None,
        "renderingTransform": rendering_transform(options),
        "colorInteropID": space.interop_id,
        # Left to itself OpenImageIO may call linear data Rec.709; the id above, or nothing, is what we know.
        "oiio:ColorSpace": space.interop_id,
    }


def write_date() -> str:
    """The time as image files have it, UTC: now, or $SOURCE_DATE_EPOCH, which makes files the same byte for byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return time.strftime("%Y:%m:%d %H:%M:%S", time.gmtime(int(epoch) if epoch.isdecimal() else None))
