"""What all packers of lights begin with."""

from __future__ import annotations

import numpy as np

from specrender.kernel.light import layout
from specrender.scene.compile.builder import TableBuilder


def record(kind: int, builder: TableBuilder, color: int, scale: float, to_world=None) -> np.void:
    """A light's record with its colour [texture id], the factor before it, and where it is."""
    result = np.zeros(1, layout.DTYPE)[0]
    result["kind"], result["color"], result["scale"] = kind, color, scale
    result["shape"] = result["texture"] = result["emitter"] = -1
    result["transform"] = builder.transform(np.eye(4) if to_world is None else to_world)
    return result
