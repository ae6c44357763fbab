"""Lamps that are one flat piece of one radiance, and meshes of many such pieces: what `kernel.light.flat` samples."""

from __future__ import annotations

import numpy as np

from specrender.kernel.light.layout import EMITTER
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


def flat_pieces(light: np.void, geometry: Geometry, builder: TableBuilder) -> np.ndarray:
    """`EMITTER` records with the pieces of a light's shape: one parallelogram, or each of its triangles.

    None where it is not flat or not of one radiance.
    """
    triangles = geometry.emitting.get(int(light["shape"]))
    kind = builder.textures[int(light["color"])]["kind"]
    if triangles is None or (kind >= BITMAP and kind != REGULAR):
        return np.zeros(0, EMITTER)
    whole = parallelogram(triangles) if len(triangles) == 2 else None
    rows = triangles if whole is None else whole[None]
    pieces = np.zeros(len(rows), EMITTER)
    pieces["share"] = 0.5 if whole is None else 1.0
    edges = [1, 2]
    if geometry.records[int(light["shape"])]["flags"] & FLIP:
        edges.reverse()
    pieces["corner"], pieces["edge1"], pieces["edge2"] = (rows[:, k, :3] for k in (0, *edges))
    return pieces
