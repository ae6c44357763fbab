"""Numbers, vectors and spectra as Mitsuba's XML writes them: separated by commas or spaces."""

from __future__ import annotations

from itertools import pairwise

from specrender.errors import SceneError


def number(text, where):
    """A float, or a SceneError that quotes the text."""
    try:
        if "_" in text:  # Python's digit separator, which Mitsuba does not know
            raise ValueError
        return float(text)
    except ValueError:
        raise SceneError(f"'{text}' is not a number", where) from None


def split(text):
    """The words of a list."""
    return text.replace(",", " ").split()


def vector(text, where, single=True):
    """Three floats from "x, y, z"; one number stands for all three where `single`."""
    words = split(text)
    if len(words) == 1 and single:
        words = words * 3
    if len(words) != 3:
        raise SceneError(f"expected {'one or three' if single else 'three'} numbers, got '{text}'", where)
    return tuple(number(word, where) for word in words)


def xyz(given, default, where):
    """Three floats from the attributes value or x, y, z."""
    if "value" in given:
        if {"x", "y", "z"} & set(given):
            raise SceneError("give either value or x, y, z, not both", where)
        return vector(given["value"], where)
    return tuple(number(given[axis], where) if axis in given else default for axis in "xyz")


def spectrum_values(text, where):
    """A number, or (wavelength, value) pairs from "400:0.1, 500:0.2"."""
    words = split(text)
    if len(words) == 1 and ":" not in words[0]:
        return number(words[0], where)
    pairs = []
    for word in words:
        left, colon, right = word.partition(":")
        if not colon:
            raise SceneError(f"'{word}' is not a wavelength:value pair", where)
        pairs.append((number(left, where), number(right, where)))
    return _increasing(pairs, where)


def read_spd(path):
    """(wavelength, value) pairs of a text file with two numbers a line and # comments (Mitsuba's .spd)."""
    pairs = []
    for line_number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        words = split(line.partition("#")[0])
        if words:
            where = f"{path}:{line_number}"
            if len(words) != 2:
                raise SceneError(f"expected a wavelength and a value, got '{line.strip()}'", where)
            pairs.append((number(words[0], where), number(words[1], where)))
    return _increasing(pairs, str(path))


def _increasing(pairs, where):
    if len(pairs) < 2:
        raise SceneError("a spectrum needs at least two wavelength:value pairs", where)
    for (left, _), (right, _) in pairwise(pairs):
        if not right > left:
            raise SceneError(f"the wavelengths must increase, but {right:g} follows {left:g}", where)
    return pairs
