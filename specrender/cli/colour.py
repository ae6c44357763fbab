"""The colour flags that `render` and `develop` share: what they mean for each output file."""

from __future__ import annotations

import warnings
from pathlib import Path

from specrender.cli.numbers import is_number
from specrender.errors import InputError, SpecrenderWarning

#: Flags that are keywords of `OutputOptions`.
CHOICES = (
    "gamut",
    "adapt",
    "white_balance",
    "exposure",
    "out_of_gamut",
    "encoding",
    "reference_white",
    "display",
    "view",
    "ocio",
    "vision",
    "bit_depth",
    "dither",
)

#: Share of the pixels outside the gamut that is worth a word.
SMALLEST_SHARE = 5e-4

#: A picture whose light is less than this share of white, 25 of 255 in sRGB, is hardly what was meant.
NEARLY_BLACK = 0.01

#: Those that change display files only.
DISPLAY_CHOICES = ("exposure", "encoding", "display", "view", "ocio", "vision", "dither")


def output_choices(arguments, paths: list[Path]) -> dict[Path, dict[str, object]]:
    """Path -> keywords of `writing.write`, all checked; notes on flags that no file follows.

    Raises
    ------
    InputError : a value that is not allowed, or that the format of a file cannot follow.
    """
    from specrender.output import check_output
    from specrender.writing import output_options

    given = {name: getattr(arguments, name) for name in CHOICES if getattr(arguments, name) is not None}
    _check_bit_depth(given, paths)
    output_options({}, **given)  # a wrong value is wrong for every file
    choices = {path: _fitting(path, given) for path in paths}
    for path, each in choices.items():
        check_output(path, output_options({}, **each))
    _note_unused(given, paths)
    return choices


def _note_unused(given, paths):
    if given and all(path.suffix.lower() == ".film" for path in paths):
        flags = ", ".join(map(_flag, given))
        _note(f"a .film file holds the sums of the samples, without the choices that pictures are made by ({flags})")
        return
    display = [path for path in paths if path.suffix.lower() not in (".exr", ".film")]
    for name in DISPLAY_CHOICES:
        if name in given and not display:
            _note(f"{_flag(name)} acts on .png, .jpg, .tif, .dpx and .jxl files; EXR files stay scene-linear")
    if "reference_white" in given and not (display and given.get("encoding") in ("pq", "hlg")):
        _note("--reference-white acts on files with --encoding pq or hlg; none is written")


def _check_bit_depth(given, paths):
    """InputError if a bit depth fits none of the files, with what each can hold."""
    from specrender.output import FILM_EXTENSIONS
    from specrender.output.display import DEPTHS
    from specrender.output.options import depths_in_words

    kinds = dict.fromkeys(path.suffix.lower() for path in paths if path.suffix.lower() not in FILM_EXTENSIONS)
    if "bit_depth" in given and kinds and not any(given["bit_depth"] in DEPTHS[kind] for kind in kinds):
        held = ", ".join(f"{depths_in_words(DEPTHS[kind])} in {kind} files" for kind in kinds)
        raise InputError(f"--bit-depth can be {held}, not {given['bit_depth']}")


def _fitting(path, given):
    """The choices that a file can follow: a film has none, and a bit depth may be meant for another file."""
    from specrender.output import FILM_EXTENSIONS
    from specrender.output.display import DEPTHS

    if path.suffix.lower() in FILM_EXTENSIONS:
        return {}
    leave_out = given.get("bit_depth") not in (None, *DEPTHS[path.suffix.lower()])
    return {name: value for name, value in given.items() if not (leave_out and name == "bit_depth")}


def report_colour(written, exposure) -> list[str]:
    """What there is to say of the colours of files that were written.

    written : of `writing.write`.  exposure : as asked for; None is none.
    """
    parts = []
    stops = {file.stops for file in written if file.stops is not None}
    if exposure is not None and not is_number(exposure):
        parts += [f"exposure {value:+.2f} stops" for value in sorted(stops)]
    shares: dict[str, list[str]] = {}
    for file in written:
        if file.outside is not None and file.outside >= SMALLEST_SHARE:
            shares.setdefault(f"{100 * file.outside:.3g} %", []).append(str(file.path))
    for file in written:
        if (
            file.brightest is not None
            and 0.0 < file.brightest < NEARLY_BLACK
            and (exposure is None or is_number(exposure))
        ):
            parts.append(f"{file.path} is nearly black, its light {file.brightest:.2g} of white: try --exposure auto")
    parts += [f"{share} of the pixels outside the gamut of {', '.join(names)}" for share, names in shares.items()]
    return parts


def _flag(name):
    return "--no-dither" if name == "dither" else "--" + name.replace("_", "-")


def _note(message):
    warnings.warn(message, SpecrenderWarning, stacklevel=2)
