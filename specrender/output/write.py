"""The front door of the output stage: check a path before rendering, write a film after it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from specrender.errors import InputError
from specrender.files import why_unwritable
from specrender.film import Film, save_film
from specrender.film.store import EXTENSIONS as FILM_EXTENSIONS
from specrender.output.balance import picked_pixel
from specrender.output.display import (
    check_display,
    dpx_picture,
    jpeg_picture,
    jxl_picture,
    png_picture,
    tiff_picture,
)
from specrender.output.exr import exr_picture
from specrender.output.options import PIXEL_TYPES, RAW, OutputOptions, depths_in_words
from specrender.output.picture import Picture, save, save_bands
from specrender.output.spectral_exr import spectral_exr_picture
from specrender.output.view import find_view


def _exr(film: Film, options: OutputOptions) -> Picture:
    return spectral_exr_picture(film, options) if options.spectral else exr_picture(film, options)


# extension -> what turns a film into the picture to be written; a new format is a row here.
FORMATS: dict[str, Callable[[Film, OutputOptions], Picture]] = {
    ".exr": _exr,
    ".png": png_picture,
    ".jpg": jpeg_picture,
    ".jpeg": jpeg_picture,
    ".tif": tiff_picture,
    ".tiff": tiff_picture,
    ".dpx": dpx_picture,
    ".jxl": jxl_picture,
}


#: EXR files of more pixels are written in bands of about so many.
BAND_PIXELS = 1 << 17


@dataclass(frozen=True)
class Written:
    """What became of a film on its way into a file.

    Parameters
    ----------
    path : the file.
    nonfinite : number of colours (a NaN in any component) and of data values that were NaN and are written as 0.
    clamped : number of values beyond the range of the pixel type, written as its largest.
    outside : share of the pixels whose colour the gamut does not hold; None for raw responses, luminance and views.
    stops : exposure of a display file; None of EXR.
    brightest : luminance that nearly all pixels of a display file are darker than, 1 is white; None of EXR.
    """

    path: Path
    nonfinite: int
    clamped: int
    outside: float | None = None
    stops: float | None = None
    brightest: float | None = None


def wants_spectral(path: str | os.PathLike, options: OutputOptions | None = None) -> bool:
    """Whether the file at `path` is to hold spectra, so that the film needs bins: by the options, else by its name."""
    name = Path(path).name.lower()
    if options is None or options.spectral is None:
        return name.endswith(".spectral.exr")
    return options.spectral and name.endswith(".exr")


def check_output(path: str | os.PathLike, options: OutputOptions | None = None) -> None:
    """Find out before rendering that a file could not be written after it.

    Parameters
    ----------
    path : the output file.
    options : with which it is to be written; None if they are not known yet.

    Raises
    ------
    InputError : unknown extension, missing folder, folder that cannot be written to, something at `path` that is no
        file, or options that the format cannot follow; one line naming what is allowed.
    """
    path = Path(path)
    extension = path.suffix.lower()
    if extension not in FORMATS and extension not in FILM_EXTENSIONS and not os.path.isdir(path):
        given = f"unknown extension '{path.suffix}'" if extension else "no extension"
        raise InputError(f"cannot write '{path}': {given}; allowed: {_allowed()}")
    problem = why_unwritable(path)
    if problem:
        raise InputError(f"cannot write '{path}': {problem}")
    if options is not None and extension in FORMATS:
        _check_options(extension, options)


def _check_options(extension: str, options: OutputOptions) -> None:
    if extension != ".exr":
        check_display(extension, options)
    elif isinstance(options.bit_depth, int):
        raise InputError(f"an .exr file holds {depths_in_words(PIXEL_TYPES)}, not {options.bit_depth} bits")
    elif options.gamut == RAW and options.luminance:
        raise InputError("raw responses and luminance exclude one another")
    elif options.has_view:  # its name goes into the header
        find_view(options.display, options.view, options.ocio)


def write_image(film: Film, path: str | os.PathLike, options: OutputOptions | None = None) -> Written:
    """Write a film to a file whose extension picks the format.

    The file appears complete or not at all: an old file at `path` stays as it was when writing fails.

    Parameters
    ----------
    film : what was rendered.
    path : `.exr` (`.spectral.exr` with spectra), `.png`, `.jpg`, `.tif`, `.dpx`, `.jxl`; or `.film`, the film itself
        with all its sums, to be merged with others or made pictures of later.
    options : None for the defaults.

    Returns
    -------
    Written : with the number of values that had to be changed, for the caller to report.

    Raises
    ------
    InputError : the path cannot be used (see `check_output`), or spectra are wanted of a film that has none.
    SpecrenderError : writing failed, and why.
    """
    options = OutputOptions() if options is None else options
    check_output(path, options)
    path = Path(path)
    if path.suffix.lower() in FILM_EXTENSIONS:
        save_film(film, path)
        return Written(path, 0, 0)
    options = replace(options, spectral=wants_spectral(path, options))
    if path.suffix.lower() == ".exr" and film.pixel_count > BAND_PIXELS and picked_pixel(options.white_balance) is None:
        return _write_bands(film, path, options)
    picture = FORMATS[path.suffix.lower()](film, options)
    save(picture, path)
    return Written(path, picture.nonfinite, picture.clamped, picture.outside, picture.stops, picture.brightest)


def _write_bands(film: Film, path: Path, options: OutputOptions) -> Written:
    """Write an EXR file band by band: the picture of a large film would need as much memory as the film."""
    total = {"nonfinite": 0, "clamped": 0, "outside": 0.0}
    height, width = film.shape
    # EXR compresses 16 rows at a time
    rows = max(16, BAND_PIXELS // width // 16 * 16)

    def bands():
        for first in range(0, height, rows):
            last = min(first + rows, height)
            picture = _exr(film.rows(first, last), options)
            total["nonfinite"] += picture.nonfinite
            total["clamped"] += picture.clamped
            if picture.outside is None:
                total["outside"] = None
            else:
                total["outside"] += picture.outside * (last - first) / height
            yield picture

    save_bands(bands(), film.crop, path)
    return Written(path, **total)


def _allowed() -> str:
    return " ".join([*FORMATS, *FILM_EXTENSIONS])
