"""The box around all lamps, by which the kernel knows rays that meet none; see `kernel.light.bounds`."""

from __future__ import annotations

import numpy as np

from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry

#: What the box is larger than the lamps on each side, in units of the largest coordinate of the scene: 800 ulp, where
#: hits and the test of the box are off by some ten.
MARGIN = 1e-4


def pack_lamp_box(settings: np.void, scene_bounds: np.ndarray, geometry: Geometry, builder: TableBuilder) -> None:
    """Write the settings' `lamp_box`: the index of its two corners, or -1 if no shape emits.

    Parameters
    ----------
    scene_bounds : (2, 3) corners of the box around everything.
    geometry : its records must know their lights.
    """
    bounds = lamp_bounds(geometry)
    settings["lamp_box"] = -1
    if bounds is not None:
        margin = MARGIN * np.abs(scene_bounds).max()
        # lane 3 is one more axis, along which rays stay at 0
        corners = np.array([[*(bounds[0] - margin), -1.0], [*(bounds[1] + margin), 1.0]])
        settings["lamp_box"] = builder.values(corners) // 4


def lamp_bounds(geometry: Geometry) -> np.ndarray | None:
    """(2, 3) corners of the box around all shapes that are seen to emit; None if there are none."""
    boxes = []
    for shape, triangles in geometry.emitting.items():
        if geometry.records[shape]["light"] >= 0:
            vertices = triangles[:, :1, :3] + triangles[:, :3, :3] * [[0.0], [1.0], [1.0]]
            boxes.append([vertices.min(axis=(0, 1)), vertices.max(axis=(0, 1))])
    for objects, bounds in zip(geometry.objects, geometry.object_boxes, strict=True):
        if geometry.records[int(objects[0, 0])]["light"] >= 0:
            boxes.append([bounds[:, :3].min(axis=0), bounds[:, 3:].max(axis=0)])
    if not boxes:
        return None
    boxes = np.array(boxes)
    return np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])
