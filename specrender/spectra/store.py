"""Shipped tables, read when first asked for: ``data/*.npz`` (see data/SOURCES.md)."""

from functools import cache
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"


@cache
def _archive(archive: str):
    # Opening reads only the directory of the zip; each table is unpacked when asked for.
    return np.load(DATA / f"{archive}.npz", allow_pickle=False)


def members(archive: str) -> list[str]:
    """The names of the tables in ``data/<archive>.npz``."""
    return list(_archive(archive).files)


@cache
def array(archive: str, name: str) -> np.ndarray:
    """One table of ``data/<archive>.npz``, read-only; KeyError if there is none of that name."""
    table = _archive(archive)[name]
    table.setflags(write=False)
    return table
