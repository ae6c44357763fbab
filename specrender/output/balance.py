"""From what a film holds to colours fit for gamuts: the observer's matrix, and the white balance."""

import re
import warnings

import numpy as np

from specrender.color import D65, adaptation_matrix
from specrender.errors import InputError, SpecrenderWarning
from specrender.film.film import Film
from specrender.spectra.observers import DEFAULT_OBSERVER, Observer, observer
from specrender.spectra.whites import white

_PIXEL = re.compile(r"(\d+)\s*,\s*(\d+)")


def check_white_balance(text: str) -> str:
    """The text, if it is an illuminant, a temperature or a pixel; else InputError with a suggestion."""
    if not _PIXEL.fullmatch(text.strip()):
        if "," in text:
            raise InputError(f"a pixel to balance for is X,Y, such as 320,200, got '{text}'")
        white(text)
    return text


def film_observer(film: Film) -> Observer:
    """Whose responses a film holds."""
    return observer(str(film.metadata.get("observer", DEFAULT_OBSERVER)))


def response_matrix(film: Film, adapt: str, white_balance: str | None = None) -> np.ndarray:
    """(3, 3) matrix from what a film holds to CIE 1931 XYZ relative to D65; the identity for a film as it is rendered.

    Parameters
    ----------
    film : with the name of its observer in the metadata.
    adapt : adaptation of the observer's white, and of the white balance, to D65.
    white_balance : see `OutputOptions`; None leaves what D65 makes neutral.  A black pixel balances nothing, with a
        SpecrenderWarning: what was rendered must not be lost for it.

    Raises
    ------
    InputError : the pixel lies outside the image.
    """
    who = film_observer(film)
    matrix = who.to_xyz(adapt)
    if white_balance is None:
        return matrix
    pixel = picked_pixel(white_balance)
    if pixel is not None:
        return _balanced(matrix, _pixel(film, *pixel), adapt, f"pixel {white_balance}")
    light = white(white_balance)
    if who.kind == "camera":  # balanced and fitted for that light
        return who.to_xyz(adapt, light.spectrum)
    return _balanced(matrix, who.responses(light.spectrum), adapt, white_balance)


def picked_pixel(white_balance: str | None) -> tuple[int, int] | None:
    """(x, y) of the pixel to balance for; None if it is no pixel."""
    match = None if white_balance is None else _PIXEL.fullmatch(white_balance.strip())
    return None if match is None else (int(match[1]), int(match[2]))


def check_pixel(white_balance: str | None, crop: tuple[int, int, int, int]) -> None:
    """InputError if a pixel to balance for lies outside the data window (x0, y0, x1, y1) of an image."""
    pixel = picked_pixel(white_balance)
    x0, y0, x1, y1 = crop
    if pixel is not None and not (x0 <= pixel[0] < x1 and y0 <= pixel[1] < y1):
        raise InputError(
            f"pixel {white_balance} to balance for lies outside the image: X {x0} to {x1 - 1}, Y {y0} to {y1 - 1}"
        )


def _pixel(film, x, y):
    check_pixel(f"{x},{y}", film.crop)
    return film.mean_xyz()[y - film.crop[1], x - film.crop[0]]


def _balanced(matrix, responses, adapt, what):
    """`matrix`, followed by the adaptation of the white that has these responses."""
    xyz = matrix @ responses
    if not (np.all(np.isfinite(xyz)) and xyz[1] > 0 and xyz.sum() > xyz[1]):
        warnings.warn(f"{what} is black or no colour; nothing is balanced for it", SpecrenderWarning, stacklevel=3)
        return matrix
    return adaptation_matrix((float(xyz[0] / xyz.sum()), float(xyz[1] / xyz.sum())), D65, adapt) @ matrix
