"""Image files as OpenImageIO reads them: it does not talk to the terminal, and what it says of damage is heeded.

Every reader of pixels goes through `read_pixels`.  Damage that a format has no check sums against cannot be seen by
anyone: a wrong byte in an uncompressed file is another picture.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from specrender.errors import InputError, SpecrenderWarning
from specrender.files import AGAIN, check_readable, named_as_text

#: Longest piece of a library's complaint: of garbled headers it quotes what it finds.
_LONGEST = 160

#: Where a complaint names the library or the file, which we tell.
_NAMED = re.compile(r'^JPEG error: |^EXR Error \([^)]*\): (EXR_ERR_[A-Z_]+ )?|\s*"[^"]*"$|\s*\("[^"]*"\)$')

#: libjpeg's warnings after which part of the picture is grey or noise (jerror.h), as are stray bytes between the pieces
#: that restart markers (D0 to D7) end.  Stray bytes elsewhere may be nothing, or all that is left of a part.
_JPEG_LOSSES = re.compile(
    r"premature end|bad huffman code|bad arithmetic code|instead of rst|extraneous bytes before marker 0xd[0-7]",
    re.IGNORECASE,
)
_JPEG_END = b"\xff\xd9"
#: A marker of [T81], B.1.1.2, with the fill bytes before it: neither a stuffed FF 00 nor a restart marker.
_JPEG_MARKER = re.compile(rb"\xff+([\x02-\xcf\xd8-\xfe])")


def read_pixels(path: str | os.PathLike, choose: Callable[[object], tuple[int, int]] | None = None):
    """The pixels of the first image in a file of any format OpenImageIO knows, as they are stored.

    Parameters
    ----------
    choose : gets the OpenImageIO.ImageSpec and returns which channels to read, [first, last); None reads all.

    Returns
    -------
    spec : OpenImageIO.ImageSpec.
    pixels : (h, w, c) float32, top row first; integers are scaled to [0, 1], colours not multiplied by alpha.
        A SpecrenderWarning tells of what may have cost some.

    Raises
    ------
    InputError : the file is missing, no image, or damaged; or what `choose` raises.
    """
    check_readable(path)
    if os.path.getsize(path) == 0:
        raise InputError(f"cannot read '{path}': it is empty{AGAIN}")
    with silent_libraries():
        kind, spec, pixels, complaint = _decoded(path, choose)
        loss = flaw = None
        if pixels is None:
            loss = complaint or "it is damaged"
        elif kind == "jpeg":
            loss, flaw = _jpeg_flaws(Path(path).read_bytes(), complaint)
        else:
            flaw = complaint
    if loss:
        raise InputError(f"cannot read '{path}': {loss}{AGAIN}")
    if flaw:
        warnings.warn(f"'{path}' may be damaged: {flaw}; look at it", SpecrenderWarning, stacklevel=2)
    return spec, pixels


@contextlib.contextmanager
def silent_libraries() -> Iterator[None]:
    """Context that keeps what image libraries print on their own out of the terminal; the error is reported by us."""
    try:
        saved = os.dup(2)
    except OSError:  # stderr is closed: nothing to keep quiet
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def library_error(source) -> str:
    """First line of what OpenImageIO or one of its readers tells about an error (it repeats itself); "" if nothing."""
    try:
        lines = source.geterror().strip().splitlines()
    except UnicodeDecodeError:  # it quotes bytes of a damaged file
        return "its header is damaged"
    return lines[0] if lines else ""


def _decoded(path, choose=None):
    """(name of the format, spec, pixels or None, complaint or "") of a file; opening that fails is without a spec."""
    import OpenImageIO as oiio

    as_stored = oiio.ImageSpec()
    as_stored.attribute("oiio:UnassociatedAlpha", 1)
    with named_as_text(path) as name:
        image = oiio.ImageInput.open(name, as_stored)
        return ("", None, None, _complaint(oiio)) if image is None else _read(oiio, image, choose)


def _read(oiio, image, choose):
    try:
        spec = image.spec()
        first, last = (0, spec.nchannels) if choose is None else choose(spec)
        pixels = image.read_image(0, 0, first, last, oiio.FLOAT)
        if pixels is not None:
            pixels = np.asarray(pixels, np.float32).reshape(spec.height, spec.width, -1)
        return image.format_name(), spec, pixels, _complaint(image)
    finally:
        image.close()


def _complaint(source) -> str:
    """What a library tells of an error while reading, without names."""
    complaint = library_error(source)
    if complaint.startswith("OpenImageIO could not find a format reader"):
        return "it is no image of a format that can be read"
    return _NAMED.sub("", complaint)[:_LONGEST]


def _jpeg_flaws(data: bytes, complaint: str) -> tuple[str | None, str | None]:
    """(what cost pixels, what may have) of a JPEG file that libjpeg decoded, with its first complaint or "".

    It fills up what is missing in grey and goes on, and says nothing of zeros where the rest of the file should be:
    to it they are codes like others.
    """
    if jpeg_has_end(data):
        return (complaint, None) if _JPEG_LOSSES.search(complaint) else (None, complaint or None)
    # Of a file that only lacks the end itself, the decoder complains of that alone.
    if complaint and not _jpeg_complaint(data + _JPEG_END):
        return None, "its end marker is missing"
    return "the file is cut off", None


def _jpeg_complaint(data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.jpg"
        path.write_bytes(data)
        return _decoded(path)[3]


def jpeg_has_end(data: bytes) -> bool:
    """Whether a JPEG file's own EOI marker is there, be it that of a thumbnail in its header or of what follows.

    The segments are walked as decoders do [T81, B.1]: from each marker over as many bytes as its segment announces,
    and from there to the next.
    """
    place = 2
    while found := _JPEG_MARKER.search(data, place):
        marker, place = found[1][0], found.end()
        if marker == _JPEG_END[1]:
            return True
        if marker != 0xD8:
            place += int.from_bytes(data[place : place + 2], "big")
    return False
