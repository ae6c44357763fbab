"""Spectra from text files: two columns (wavelength, value) or three (wavelength, n, k).

Columns are separated by white space, commas or semicolons. ``#``, ``;`` and ``//`` begin a comment line, and ``#`` a
comment at the end of a line too. One line of column titles may come first. This covers the .spd of Mitsuba and pbrt,
and the .csv of CIE and of most instruments. Wavelengths are nm unless all lie below 100: then they are micrometres,
as refractive index tables often have them; what would then still end below 100 nm, as metres do, is an error.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specrender.errors import InputError
from specrender.files import why_unreadable
from specrender.spectra.spectrum import Tabulated

# No instrument of ours measures below 100 nm, and no table in micrometres ends above 100.
LARGEST_MICROMETRE = 100.0
# The kernel has float32, and products of spectra must fit it.
LARGEST_VALUE = 1e30


def read_spectrum(path: str | Path, extrapolate: str = "zero") -> Tabulated:
    """The spectrum of a two-column file.

    Raises
    ------
    InputError : the file cannot be read, or a line is no pair of numbers; the message names file and line.
    """
    table = read_columns(path, 2)
    return Tabulated(table[:, 0], table[:, 1], extrapolate, label=Path(path).name)


def read_index(path: str | Path) -> tuple[Tabulated, Tabulated]:
    """(eta, k) of a three-column file of a conductor's index, held beyond the ends; InputError as `read_spectrum`."""
    table = read_columns(path, 3)
    name = Path(path).name
    return tuple(
        Tabulated(table[:, 0], table[:, column], "hold", label=f"{name} {part}")
        for column, part in ((1, "eta"), (2, "k"))
    )


def read_columns(path: str | Path, columns: int) -> np.ndarray:
    """The numbers of a text file, (n, columns) float64, wavelengths first, in nm and strictly increasing.

    A file that runs from long to short wavelengths is turned round.
    """
    problem = why_unreadable(path)
    if problem:
        raise InputError(f"{path}: cannot be read: {problem}")
    text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    rows, lines = [], []
    titles_allowed = True
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.split("#", 1)[0].strip()
        if not content or content.startswith((";", "//")):
            continue
        cells = content.replace(",", " ").replace(";", " ").split()
        values = [_number(cell) for cell in cells]
        if titles_allowed and all(value is None for value in values):
            titles_allowed = False
            continue
        titles_allowed = False
        where = f"{path}:{number}"
        if None in values:
            raise InputError(f"{where}: {cells[values.index(None)]!r} is not a number")
        if len(values) != columns:
            raise InputError(f"{where}: {len(values)} numbers where {columns} belong ({_COLUMNS[columns]})")
        if not np.isfinite(values).all():
            raise InputError(f"{where}: the numbers must be finite")
        if min(values[1:]) < 0:
            raise InputError(f"{where}: the value {min(values[1:]):g} is negative")
        if max(values) > LARGEST_VALUE:
            raise InputError(f"{where}: {max(values):g} is out of range: at most {LARGEST_VALUE:g}")
        rows.append(values)
        lines.append(number)
    if not rows:
        raise InputError(f"{path}: no numbers in it; it should have lines of {_COLUMNS[columns]}")
    if len(rows) == 1:
        raise InputError(f"{path}: a table needs at least two lines of {_COLUMNS[columns]}, this one has one")
    return _in_order(np.array(rows, dtype=np.float64), lines, path)


_COLUMNS = {2: "wavelength, value", 3: "wavelength, n, k", 4: "wavelength, red, green, blue"}


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _in_order(table: np.ndarray, lines: list[int], path) -> np.ndarray:
    if table[0, 0] > table[-1, 0]:
        table, lines = table[::-1].copy(), lines[::-1]
    if table[0, 0] <= 0:
        raise InputError(f"{path}:{lines[0]}: the wavelength {table[0, 0]:g} is not above 0")
    bad = np.flatnonzero(np.diff(table[:, 0]) <= 0)
    if bad.size:
        raise InputError(
            f"{path}:{lines[bad[0] + 1]}: wavelengths must all rise or all fall, "
            f"but {table[bad[0] + 1, 0]:g} stands beside {table[bad[0], 0]:g}"
        )
    if table[-1, 0] < LARGEST_MICROMETRE:
        table[:, 0] *= 1000.0
    if table[-1, 0] < LARGEST_MICROMETRE:
        raise InputError(
            f"{path}: its longest wavelength, {table[-1, 0] / 1000.0:g}, is too short for nm and for micrometres; "
            "metres must be written as nm (times 1e9)"
        )
    return table
