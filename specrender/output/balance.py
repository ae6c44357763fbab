"""From what a film holds to colours fit for gamuts: the observer's matrix, and the white balance."""

import re

import numpy as np

from specrender.color import D65, adaptation_matrix
from specrender.errors import InputError
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
    white_balance : see `OutputOptions`; None leaves what D65 makes neutral.

    Raises
    ------
    InputError : the pixel lies outside the image or is black.
    """
    who = film_observer(film)
    pixel = None if white_balance is None else _PIXEL.fullmatch(white_balance.strip())
    if white_balance is None:
        return who.to_xyz(adapt)
    if pixel is not None:
        matrix = who.to_xyz(adapt)
        return adaptation_matrix(_pixel_xy(film, matrix, int(pixel[1]), int(pixel[2])), D65, adapt) @ matrix
    light = white(white_balance)
    if who.kind == "camera":  # balanced and fitted for that light
        return who.to_xyz(adapt, light.spectrum)
    matrix = who.to_xyz(adapt)
    x, y, z = matrix @ who.responses(light.spectrum)
    return adaptation_matrix((x / (x + y + z), y / (x + y + z)), D65, adapt) @ matrix


def _pixel_xy(film, matrix, x, y):
    x0, y0, x1, y1 = film.crop
    if not (x0 <= x < x1 and y0 <= y < y1):
        raise InputError(f"pixel {x},{y} to balance for lies outside the image, which goes from {x0},{y0} to {x1},{y1}")
    xyz = matrix @ film.mean_xyz()[y - y0, x - x0]
    if not (np.all(np.isfinite(xyz)) and xyz.sum() > 0 and xyz[1] > 0):
        raise InputError(f"pixel {x},{y} to balance for is black")
    return float(xyz[0] / xyz.sum()), float(xyz[1] / xyz.sum())
