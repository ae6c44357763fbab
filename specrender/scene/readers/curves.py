"""Curves in Mitsuba's text format: a control point a line, `x y z radius`; an empty line begins another curve."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specrender.errors import SceneError
from specrender.files import reason


def load_curves(path, least: int) -> list[np.ndarray]:
    """Read curves.

    Parameters
    ----------
    path : file name.
    least : control points that each curve must have at least.

    Returns
    -------
    (n, 4) float64 for each curve: positions and radii.

    Raises
    ------
    SceneError : with file and line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SceneError("is not text in UTF-8", str(path)) from None
    except OSError as error:
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None
    curves, points = [], []

    def finish(line):
        if points and len(points) < least:
            raise SceneError(f"a curve needs at least {least} control points, this one has {len(points)}", line)
        if points:
            curves.append(np.array(points))
            points.clear()

    for number, line in enumerate(text.splitlines(), 1):
        place = f"{path}:{number}"
        if not line.strip():
            finish(place)
            continue
        try:
            values = [float(word) for word in line.split()]
        except ValueError:
            values = []
        if len(values) != 4 or not np.isfinite(values).all():
            raise SceneError("expected the four numbers x y z radius", place)
        if values[3] < 0:
            raise SceneError(f"the radius must be 0 or more, got {values[3]:g}", place)
        points.append(values)
    finish(str(path))
    if not curves:
        raise SceneError("has no control points", str(path))
    return curves
