"""IES photometric files: LM-63 of 1986 to 2019 [LM63], type C.

A file tells candelas over vertical angles (0 down, 180 up) and horizontal ones, which may cover a part that its mirror
images complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from specrender.errors import InputError
from specrender.files import reason

#: Larger files are no luminaires.
MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Photometry:
    """What a luminaire radiates.

    Parameters
    ----------
    vertical : (n,) float64 [deg], increasing within 0 .. 180: from the nadir.
    horizontal : (m,) float64 [deg], increasing from 0 to 360 (m = 1: the same all around).
    candela : (m, n) float64 [cd], all multipliers applied, mirror images included.
    """

    vertical: np.ndarray
    horizontal: np.ndarray
    candela: np.ndarray

    def __call__(self, theta_deg, phi_deg) -> np.ndarray:
        """Candelas at angles from the nadir and around it [deg], linear in both; 0 beyond the vertical angles."""
        theta, phi = np.broadcast_arrays(np.asarray(theta_deg, float), np.asarray(phi_deg, float) % 360.0)
        rows = np.stack([np.interp(theta, self.vertical, row, left=0.0, right=0.0) for row in self.candela], axis=-1)
        if len(self.horizontal) == 1:
            return rows[..., 0]
        k = np.clip(np.searchsorted(self.horizontal, phi, side="right") - 1, 0, len(self.horizontal) - 2)
        share = (phi - self.horizontal[k]) / (self.horizontal[k + 1] - self.horizontal[k])
        low, high = (np.take_along_axis(rows, index[..., None], axis=-1)[..., 0] for index in (k, k + 1))
        return low + share * (high - low)

    @property
    def peak(self) -> float:
        """The largest intensity [cd]."""
        return float(self.candela.max())


@lru_cache(maxsize=64)
def _parsed(path: str, _stamp) -> Photometry:
    return parse(Path(path).read_text(encoding="latin-1"), path)


def read_ies(path) -> Photometry:
    """The photometry of a file; InputError names what is wrong with it."""
    path = Path(path)
    try:
        status = path.stat()
        if status.st_size > MAX_BYTES:
            raise InputError(f"IES file '{path}' is too large: {status.st_size} bytes")
        return _parsed(str(path), (status.st_mtime_ns, status.st_size))
    except OSError as error:
        raise InputError(f"IES file '{path}' cannot be read: {reason(error)}") from None


def parse(text: str, name: str = "text") -> Photometry:
    """The photometry of an IES file's text."""

    def fail(what):
        return InputError(f"IES file '{name}': {what}")

    tilt, body = _split_at_tilt(text)
    if tilt is None:
        raise fail("there is no line TILT=, so it is no IES file")
    words = body.replace(",", " ").split()
    try:
        numbers = np.array(words, np.float64)
    except ValueError:
        bad = next(word for word in words if not _is_number(word))
        raise fail(f"'{bad[:40]}' is not a number") from None
    if not np.isfinite(numbers).all():
        raise fail("a number is not finite")
    take = _Taker(numbers, fail)
    if tilt == "INCLUDE":
        # factors for lamps that dim when the luminaire is tilted; it is not
        take(1, "the lamp's position")
        count = take.count("tilt angles")
        take(2 * count, "tilt angles and factors")
    take(2, "the number of lamps and their lumens")
    (multiplier,) = take(1, "the candela multiplier")
    n, m = take.count("vertical angles"), take.count("horizontal angles")
    (kind,) = take(1, "the photometric type")
    if kind != 1:
        names = {2.0: "B", 3.0: "A"}
        raise fail(f"photometric type {names.get(float(kind), f'{kind:g}')} is not supported, only type C (1)")
    take(4, "the units and the size")
    ballast, _, _ = take(3, "the ballast factor, a reserved number and the watts")
    vertical, horizontal = take(n, "vertical angles"), take(m, "horizontal angles")
    candela = take(n * m, "candelas").reshape(m, n) * multiplier * ballast
    if take.left:
        raise fail(f"{take.left} numbers follow the candelas")
    for angles, what in ((vertical, "vertical"), (horizontal, "horizontal")):
        if (np.diff(angles) <= 0.0).any():
            raise fail(f"the {what} angles do not increase")
    if n < 2 or vertical[0] < 0.0 or vertical[-1] > 180.0:
        raise fail("the vertical angles must be two or more within 0 and 180")
    if (candela < 0.0).any() or not candela.max() > 0.0:
        raise fail("the candelas must not be negative, nor all 0")
    return Photometry(vertical, *_all_around(horizontal, candela, fail))


def _split_at_tilt(text):
    """(the value of TILT= or None, what follows)."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line.strip().upper().startswith("TILT="):
            return line.split("=", 1)[1].strip().upper(), "\n".join(lines[i + 1 :])
    return None, ""


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True


class _Taker:
    """Takes numbers off the front of a list."""

    def __init__(self, numbers, fail):
        self.numbers, self.fail, self.at = numbers, fail, 0

    def __call__(self, count, what):
        if self.left < count:
            raise self.fail(f"it ends within {what}")
        self.at += count
        return self.numbers[self.at - count : self.at]

    def count(self, what):
        """A number of things, at least one."""
        (value,) = self(1, f"the number of {what}")
        if value != int(value) or not 1 <= value <= 100_000:
            raise self.fail(f"the number of {what} is {value:g}")
        return int(value)

    @property
    def left(self):
        return len(self.numbers) - self.at


def _all_around(horizontal, candela, fail):
    """Horizontal angles and candelas from 0 to 360 degrees."""
    first, last = horizontal[0], horizontal[-1]
    if len(horizontal) == 1:
        return np.zeros(1), candela
    if (first, last) == (90.0, 270.0):  # alike on both sides of the plane through 90 and 270
        k = np.searchsorted(horizontal, 180.0)
        if horizontal[k] != 180.0:
            share = (180.0 - horizontal[k - 1]) / (horizontal[k] - horizontal[k - 1])
            row = (1.0 - share) * candela[k - 1] + share * candela[k]
            horizontal, candela = np.insert(horizontal, k, 180.0), np.insert(candela, k, row, axis=0)
        near, far = slice(k, None, -1), slice(-1, k - 1, -1)  # mirrored to 0 .. 90 and to 270 .. 360
        angles = [180.0 - horizontal[near][:-1], horizontal, 540.0 - horizontal[far][1:]]
        return np.concatenate(angles), np.concatenate([candela[near][:-1], candela, candela[far][1:]])
    if first != 0.0 or last not in (90.0, 180.0, 360.0):
        allowed = "they must go from 0 to 0, 90, 180 or 360, or from 90 to 270"
        raise fail(f"the horizontal angles go from {first:g} to {last:g}; {allowed}")
    while last < 360.0:
        horizontal = np.concatenate([horizontal, 2.0 * last - horizontal[-2::-1]])
        candela = np.concatenate([candela, candela[-2::-1]])
        last *= 2.0
    return horizontal, candela
