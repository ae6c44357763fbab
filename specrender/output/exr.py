"""Scene-linear OpenEXR files.

Channels: `R G B` in the chosen gamut (`X Y Z` for the gamut "xyz", `Y` for luminance), `A`, then data layers, which
are float even if the colour is half: `variance.X/Y/Z` and `m2.X/Y/Z` (see `OutputOptions`) and the AOVs under the
names of `film.aovs`.  Ids are float (exact up to 2^24), -1 where there is no surface.  Header: `chromaticities`,
`colorInteropID` [ColorInteropID], data and display window, and the metadata of the film.
"""

import numpy as np

from specrender.color.gamuts import gamut, xyz_to_rgb
from specrender.film.aovs import AOVS
from specrender.film.film import Film
from specrender.output.options import OutputOptions
from specrender.output.picture import Layers, Picture, finite_colour, metadata_attributes

_XYZ = ("X", "Y", "Z")


def exr_picture(film: Film, options: OutputOptions) -> Picture:
    """The film as a linear EXR image; `pixel_type` applies to colour and alpha."""
    layers = Layers(film)
    add_colour_layers(layers, options, options.pixel_type)
    add_data_layers(layers, options)
    return layers.picture(exr_attributes(film, options))


def add_colour_layers(layers: Layers, options: OutputOptions, pixel_type: str) -> None:
    """Append colour in the chosen gamut, and coverage if asked for."""
    film = layers.film
    if options.luminance:
        xyz, nonfinite = finite_colour(film.mean_xyz())
        layers.nonfinite += nonfinite
        layers.add(xyz[..., 1:2], ("Y",), pixel_type)
    else:
        channels = _XYZ if options.gamut == "xyz" else ("R", "G", "B")
        layers.add_colour(film.mean_xyz(), xyz_to_rgb(options.gamut, options.adapt), channels, pixel_type)
    if options.alpha:
        layers.add(np.clip(film.mean_alpha(), 0.0, 1.0), ("A",), pixel_type)


def add_data_layers(layers: Layers, options: OutputOptions) -> None:
    """Append variance, moments and AOVs, as float."""
    film = layers.film
    if options.variance:
        # Infinity says that one sample tells nothing about the variance; keep it.
        layers.add(film.variance_of_mean(), tuple(f"variance.{c}" for c in _XYZ), clean=False)
    if options.moments:
        layers.add(film.second_moment(), tuple(f"m2.{c}" for c in _XYZ))
    for name, channels in film.aov_layout:
        values = film.mean_aov(name)
        record = AOVS.get(name)
        if record is None:
            layers.add(values, (name,) if channels == 1 else tuple(f"{name}.{i}" for i in range(channels)))
            continue
        if record.kind == "xyz":
            layers.add_colour(values, xyz_to_rgb(options.gamut, options.adapt), record.exr_channels, "float")
        else:
            layers.add(values, record.exr_channels)


def exr_attributes(film: Film, options: OutputOptions) -> dict[str, object]:
    """Header of an EXR file, for `Picture.attributes`."""
    space = gamut(options.gamut)
    return {
        **metadata_attributes(film),
        "compression": "zip",
        "chromaticities": ("float[8]", space.chromaticities),
        "colorInteropID": space.interop_id,
        # Left to itself OpenImageIO may call linear data Rec.709; the id above, or nothing, is what we know.
        "oiio:ColorSpace": space.interop_id,
        "specrender:gamut": space.name,
        "specrender:adapt": options.adapt,
    }
