"""Lamps that are one flat piece of one radiance, and meshes of many such pieces: the rows of `kernel.light.flat`."""

from __future__ import annotations

import numpy as np

from specrender.kernel.shape.layout import FLIP
from specrender.kernel.texture.layout import BITMAP, REGULAR
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry

#: Largest gap between a fourth corner and where that of a parallelogram is, relative to the edges.
GAP = 1e-6


def parallelogram(triangles: np.ndarray) -> np.ndarray | None:
    """One row for two triangles that make up a parallelogram and face the same way, else None.

    triangles : (2, 4, 4) float64: a corner, two edges from there, (normal, area).
    """
    corners = np.stack([triangles[:, 0], triangles[:, 0] + triangles[:, 1], triangles[:, 0] + triangles[:, 2]], axis=1)
    corners = corners[..., :3]
    if not triangles[:, 3, 3].min() > 0.0:
        return None
    for i in range(3):
        apex, left, right = (corners[0, (i + k) % 3] for k in range(3))
        opposite = left + right - apex
        for j in range(3):
            expected = np.stack([opposite, right, left])
            found = corners[1, [j, (j + 1) % 3, (j + 2) % 3]]
            if np.abs(found - expected).max() <= GAP * np.abs(corners - apex).max():
                row = np.zeros((4, 4))
                row[:3, :3] = apex, left - apex, right - apex
                row[3] = triangles[0, 3]
                row[3, 3] = triangles[:, 3, 3].sum()
                return row
    return None


def pack_flat(light: np.void, geometry: Geometry, builder: TableBuilder) -> np.ndarray:
    """The `corners` of each triangle of a light's shape; -1 where it is not flat or not of one radiance.

    The record of a light that is one piece is told so.
    """
    shape = int(light["shape"])
    triangles = geometry.emitting.get(shape)
    if triangles is None:
        return np.array([-1])
    kind = builder.textures[int(light["color"])]["kind"]
    if kind >= BITMAP and kind != REGULAR:
        return np.full(len(triangles), -1)
    record = geometry.records[shape]
    is_flipped = bool(record["flags"] & FLIP)
    whole = parallelogram(triangles) if len(triangles) == 2 else None
    light["is_parallelogram"] = whole is not None
    rows = triangles.copy() if whole is None else whole[None]
    if is_flipped:
        rows[:, 3, :3] *= -1.0
    # the shape has its triangles in the pool already, as they are
    is_there = whole is None and not is_flipped
    first = int(record["corners"]) if is_there else builder.values(rows) // 4
    if len(rows) == 1:
        light["corners"] = first
    return first + 4 * np.arange(len(rows))
