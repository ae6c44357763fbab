"""Back from files to films: linear EXR files, spectral ones above all, to be written again in other ways.

What a spectral file holds in bins is integrated anew, for any observer or camera: the mean radiance of a bin times the
integral of the observer's functions over it.  That is exact for light that is flat within each bin.  Files of colour
keep their three numbers and go back to XYZ by the matrix of the gamut their header names.
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specrender.color.gamuts import GAMUTS, Gamut, rgb_to_xyz
from specrender.errors import InputError, SpecrenderWarning
from specrender.film.aovs import AOVS
from specrender.film.film import Film, checked_crop
from specrender.film.store import load_film
from specrender.output.exr import layer_channels
from specrender.output.options import RAW
from specrender.output.read import Image, read_image
from specrender.output.write import FILM_EXTENSIONS
from specrender.spectra import observers
from specrender.spectra.channels import spectral_channels
from specrender.spectra.observers import DEFAULT_OBSERVER, NAMES

#: Metadata that `output.exr` writes anew.
_OWN = {"gamut", "adapt", "observer", "whiteBalance", "outOfGamut", "binEdges", "spp"}


@dataclass(frozen=True)
class Bins:
    """Spectral channels of a file, by wavelength: (h, w, n) means and (n + 1,) edges [nm]."""

    values: np.ndarray
    edges_nm: np.ndarray


def develop(path: str | os.PathLike, observer: str | None = None) -> Film:
    """A film from a scene-linear EXR file, to be written with other options.

    Parameters
    ----------
    path : an EXR file, of specrender or another program: spectral in the layout of [Fichet2021], or R G B, or X Y Z; or
        a .film file, which keeps its samples.
    observer : who looks, see `spectra.observers`; None is the observer of the file.

    Returns
    -------
    Film : one sample a pixel, with the spectra, coverage and auxiliary layers of the file.  A colour file without
        anything that names its space is taken for linear Rec.709, with a SpecrenderWarning.

    Raises
    ------
    InputError : no such file, not linear, or another observer is asked of a file that holds no spectra.
    """
    if Path(path).suffix.lower() in FILM_EXTENSIONS:
        return _seen_by(load_film(path), observer, path)
    image = read_image(path)
    bins = spectral_bins(image)
    own = str(image.attributes.get("specrender:observer", DEFAULT_OBSERVER))
    if bins is None and observer is not None and observer != own:
        raise _no_spectra(path, own)
    film = Film.create(
        *_window(image),
        bin_edges_nm=None if bins is None else bins.edges_nm,
        aov_layout=[(name, AOVS[name].channels) for name in _layers(image)],
        metadata=_metadata(image),
    )
    film.sample_count = _sample_count(image)
    film.weight[...] = 1.0
    film.alpha[...] = image.channels.get("A", 1.0)
    with np.errstate(invalid="ignore"):  # pixels that are not finite stay so, and are counted when they are written
        if bins is None:
            film.xyz[...], name = _colours(image)
            film.metadata["observer"] = name
        else:
            who = observers.observer(_known(own, path) if observer is None else observer)
            film.bins[...] = bins.values
            film.xyz[...] = bins.values @ who.bin_weights(bins.edges_nm)
            stored = image.channels.get("radiance")
            film.radiance[...] = bins.values @ np.diff(bins.edges_nm) if stored is None else stored
            film.metadata["observer"] = who.name
        _add_layers(film, image)
    return film


def _sample_count(image):
    """Samples a pixel of a file, 1 if its header does not tell."""
    count = image.attributes.get("specrender:spp", 1)
    return count if isinstance(count, int) and count > 0 else 1


def _seen_by(film, name, path):
    """A film of samples, for another observer if one is named."""
    own = str(film.metadata.get("observer", DEFAULT_OBSERVER))
    if name is not None and name != own:
        if film.bins is None:
            raise _no_spectra(path, own)
        film.xyz[...] = film.bins @ observers.observer(name).bin_weights(film.bin_edges_nm)
        film.xyz_squared[...] = np.inf  # of single samples nothing is known
        film.metadata["observer"] = name
    return film


def _no_spectra(path, own):
    return InputError(f"'{path}' holds no spectra but what '{own}' sees; another observer needs a spectral file")


def _known(name, path):
    """The observer of a file; the camera of a .csv file that is no longer there cannot be asked again."""
    if name not in NAMES and not Path(name).is_file():
        raise InputError(f"'{path}' was rendered for '{name}', which is not here; choose an observer or sensor")
    return name


def spectral_bins(image: Image) -> Bins | None:
    """The spectral channels of an image in order of wavelength; None if there are none.

    Edges are those that our files state; otherwise halfway between neighbouring wavelengths, and as far beyond the
    outer ones.
    """
    names = list(image.channels)
    found = spectral_channels(names, image.path)
    if not found["S0"]:
        if found["T"]:
            what = "holds reflectances; developing needs the light of a scene, in S0 channels"
            raise InputError(f"'{image.path}' {what}")
        return None
    wavelengths = np.array(list(found["S0"]))
    values = image.stacked(*(names[index] for index in found["S0"].values())).astype(np.float64)
    return Bins(values, _edges(image, wavelengths))


def _edges(image, wavelengths):
    stated = image.attributes.get("specrender:binEdges")
    if stated is not None:
        try:
            edges = np.array([float(edge) for edge in str(stated).split(";")])
        except ValueError:
            edges = np.zeros(0)
        fit = len(edges) == len(wavelengths) + 1 and np.all((edges[:-1] < wavelengths) & (wavelengths < edges[1:]))
        if fit and edges[0] > 0.0 and np.isfinite(edges[-1]):
            return edges
        count = len(wavelengths)
        raise InputError(f"'{image.path}': the bin edges of its header do not fit its {count} spectral channels")
    if len(wavelengths) == 1:
        raise InputError(f"'{image.path}' has one spectral channel and does not say how wide it is")
    middle = (wavelengths[1:] + wavelengths[:-1]) / 2
    edges = np.concatenate([[2 * wavelengths[0] - middle[0]], middle, [2 * wavelengths[-1] - middle[-1]]])
    if not edges[0] > 0.0:
        least, most = wavelengths[[0, -1]]
        raise InputError(f"'{image.path}': its spectral channels, {least:g} to {most:g} nm, leave no bins above 0 nm")
    return edges


def _window(image):
    """(width, height, crop) of the film; a data window that reaches outside counts as the whole image."""
    try:
        return *image.size, checked_crop(*image.size, image.window)
    except InputError:
        x0, y0, x1, y1 = image.window
        return x1 - x0, y1 - y0, None


def _metadata(image):
    metadata: dict[str, object] = {}
    software = str(image.attributes.get("Software", ""))
    if software:
        name, _, version = software.partition(" ")
        metadata |= {"software": name, "version": version} if name == "specrender" else {"software": software}
    for key, value in image.attributes.items():
        prefix, colon, name = key.partition(":")
        if prefix == "specrender" and colon and name not in _OWN:
            metadata[name] = value
    return metadata


def file_gamut(image: Image) -> tuple[Gamut | None, str]:
    """(gamut, adaptation) of the colours of a file: by our own header, colorInteropID, chromaticities; None if raw."""
    attributes = image.attributes
    name = attributes.get("specrender:gamut")
    adapt = str(attributes.get("specrender:adapt", "bradford"))
    if name == RAW:
        return None, adapt
    if name in GAMUTS:
        return GAMUTS[name], adapt
    interop = attributes.get("colorInteropID")
    for space in GAMUTS.values():
        if interop is not None and space.interop_id == interop:
            return space, adapt
    chromaticities = attributes.get("chromaticities")
    if chromaticities is not None and len(chromaticities) == 8:
        red, green, blue, white = (tuple(float(v) for v in chromaticities[i : i + 2]) for i in range(0, 8, 2))
        return Gamut("file", red, green, blue, white, image.path), adapt
    if {"X", "Y", "Z"} <= set(image.channels):
        return GAMUTS["xyz"], adapt
    message = f"'{image.path}' does not say what its colours are; they are taken for linear Rec.709"
    warnings.warn(message, SpecrenderWarning, stacklevel=2)
    return GAMUTS["rec709"], adapt


def file_to_xyz(image: Image) -> tuple[np.ndarray | None, str]:
    """((3, 3) matrix to XYZ relative to D65, adaptation) of the colours of a file; None if they are raw.

    Raises
    ------
    InputError : the header names no adaptation that is known, or chromaticities that make no colour space.
    """
    space, adapt = file_gamut(image)
    if space is None:
        return None, adapt
    try:
        with np.errstate(all="ignore"):
            matrix = rgb_to_xyz(space, adapt)
            usable = np.isfinite(np.linalg.inv(matrix)).all()
    except np.linalg.LinAlgError:
        usable = False
    except InputError as error:
        raise InputError(f"'{image.path}': in its header, {error}") from None
    if not usable:
        numbers = ", ".join(f"{v:g}" for corner in (space.red, space.green, space.blue, space.white) for v in corner)
        raise InputError(f"'{image.path}': the chromaticities of its header, {numbers}, make no colour space")
    return matrix, adapt


def _colours(image):
    """((h, w, 3) responses, name of their observer) of a file without spectra."""
    if not all(image.formats[name] in ("half", "float", "double") for name in list(image.channels)[:3]):
        raise InputError(f"'{image.path}' is not scene-linear: develop an EXR file (its numbers are integers)")
    to_xyz, _ = file_to_xyz(image)
    if to_xyz is None:
        named = str(image.attributes.get("specrender:observer", DEFAULT_OBSERVER))
        who = observers.observer(_known(named, image.path))
        return image.stacked(*who.channels).astype(np.float64), who.name
    names = ("X", "Y", "Z") if {"X", "Y", "Z"} <= set(image.channels) else ("R", "G", "B")
    missing = [name for name in names if name not in image.channels]
    if missing:
        has = ", ".join(list(image.channels)[:12])
        raise InputError(f"'{image.path}' has no channels R, G, B, X, Y, Z or S0.*nm to develop; it has: {has}")
    return image.stacked(*names).astype(np.float64) @ to_xyz.T, DEFAULT_OBSERVER


def _layers(image):
    """Name -> channels of the auxiliary layers in a file."""
    colours = [c for c in ("X", "Y", "Z") if {"X", "Y", "Z"} <= set(image.channels)]
    channels = {name: layer_channels(name, colours) for name in AOVS}
    return {name: names for name, names in channels.items() if all(c in image.channels for c in names)}


def _add_layers(film, image):
    """Auxiliary layers; colours in them go from the gamut of the file to what the film's observer would have seen."""
    for name, channels in _layers(image).items():
        values = image.stacked(*channels).astype(np.float64)
        if AOVS[name].kind == "xyz":
            to_xyz, adapt = file_to_xyz(image)
            if to_xyz is not None:
                back = np.linalg.inv(observers.observer(str(film.metadata["observer"])).to_xyz(adapt))
                values = values @ (back @ to_xyz).T
        film.aovs[name][...] = values
