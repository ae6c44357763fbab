"""From a film to files, by what the scene's film asked for and what the caller chose."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from specrender.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from specrender.film import Film
    from specrender.output import OutputOptions, Written

#: pixel_format of a film -> what it asks of an EXR file.
PIXEL_FORMATS = {
    "rgb": {},
    "rgba": {"alpha": True},
    "xyz": {"gamut": "xyz"},
    "xyza": {"gamut": "xyz", "alpha": True},
    "luminance": {"luminance": True},
    "luminance_alpha": {"luminance": True, "alpha": True},
}
#: The same of a film without a pixel_format, that of sensor responses.
RESPONSES = {"colour": False}
COMPONENT_FORMATS = {"float16": "half", "float32": "float"}


def output_options(metadata: dict[str, object], **choices) -> OutputOptions:
    """The options of an output file: what was chosen, else what the scene's film asked for.

    Parameters
    ----------
    metadata : of the film.
    choices : keywords of `OutputOptions`; None counts as not chosen.  A chosen gamut replaces `pixel_format`'s colour.
    """
    from specrender.output import OutputOptions

    asked = dict({**PIXEL_FORMATS, "responses": RESPONSES}.get(metadata.get("pixelFormat"), {}))
    if choices.get("gamut") is not None:
        asked.pop("luminance", None)
    asked["pixel_type"] = COMPONENT_FORMATS.get(metadata.get("componentFormat"), "half")
    asked["moments"] = bool(metadata.get("moments", False))
    given = {name: value for name, value in choices.items() if value is not None}
    allowed = OutputOptions.__dataclass_fields__
    for name in given:
        if name not in allowed:
            raise InputError(f"there is no output option '{name}'{did_you_mean(name, allowed)}")
    return OutputOptions(**asked | given)


def write(film: Film, path: str | os.PathLike, **options) -> Written:
    """Write a film to a file whose extension picks the format: .exr (.spectral.exr), .png, .jpg, .tif, .dpx, .jxl.

    Parameters
    ----------
    film : from `render`.
    path : the file; it appears complete or not at all.
    options : keywords of `output.OutputOptions`: gamut, adapt, exposure, pixel_type, alpha, variance, moments, ...;
        what is left out is as the scene's film asks (`pixel_format`, `component_format`, a `moment` integrator).

    Returns
    -------
    Written : with the number of values that had to be changed.

    Raises
    ------
    InputError : an option or the path cannot be used.
    SpecrenderError : writing failed, and why.
    """
    from specrender.output import write_image

    return write_image(film, path, output_options(film.metadata, **options))
