"""Spectral OpenEXR files in the layout of [Fichet2021], emissive and unpolarised.

One float channel `S0.<wavelength>nm` for each bin, named by its centre with a decimal comma (`S0.555,500000nm`),
holding the mean radiance of the bin [W m^-2 sr^-1 nm^-1]; attributes `spectralLayoutVersion` and `emissiveUnits`.
Beyond the layout, and ignored by its readers: `radiance` (integral over all wavelengths [W m^-2 sr^-1]) and
`specrender:binEdges`, the edges in nm separated by ";" (a centre alone does not tell a width).
`R G B` are the preview the layout asks for, in the gamut of the options; other layers are those of `output.exr`.
"""

from specrender.film.film import Film
from specrender.output.exr import add_colour_layers, add_data_layers, exr_attributes
from specrender.output.options import OutputOptions
from specrender.output.picture import Layers, Picture


def spectral_exr_picture(film: Film, options: OutputOptions) -> Picture:
    """The film as a spectral EXR image, all channels float; InputError when the film has no bins."""
    spectra = film.spectral_radiance()
    layers = Layers(film)
    add_colour_layers(layers, options, "float")
    layers.add(spectra, channel_names(film))
    layers.add(film.mean_radiance(), ("radiance",))
    add_data_layers(layers, options)
    attributes = {
        **exr_attributes(film, options),
        "spectralLayoutVersion": "1.0",
        "emissiveUnits": "W.m^-2.sr^-1.nm^-1",
        "specrender:binEdges": ";".join(repr(float(edge)) for edge in film.bin_edges_nm),
    }
    return layers.picture(attributes)


def channel_names(film: Film) -> tuple[str, ...]:
    """Names of the spectral channels, in order of wavelength."""
    centres = (film.bin_edges_nm[:-1] + film.bin_edges_nm[1:]) / 2
    return tuple(f"S0.{centre:.6f}nm".replace(".", ",").replace("S0,", "S0.") for centre in centres)
