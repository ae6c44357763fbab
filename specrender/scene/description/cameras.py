"""Cameras."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.node import Node, Transform


class CameraBase(Node, kw_only=True):
    """What all cameras share: the camera looks along +z of `to_world`, +y up, +x to the left (Mitsuba's frame)."""

    to_world: Transform = msgspec.field(default_factory=Transform)
    near_clip: float = 1e-2
    far_clip: float = 1e4


class Perspective(CameraBase, tag="perspective", tag_field="type", kw_only=True):
    """Pinhole camera.  `fov` [deg] is along `fov_axis`; `focal_length` ("50mm", 35 mm film) may replace it."""

    fov: float | None = None
    focal_length: str | None = None
    fov_axis: Literal["x", "y", "diagonal", "smaller", "larger"] = "x"
    principal_point_offset_x: float = 0.0
    principal_point_offset_y: float = 0.0


class ThinLens(Perspective, tag="thinlens", tag_field="type", kw_only=True):
    """Perspective camera with a lens of radius `aperture_radius`, sharp at `focus_distance`."""

    aperture_radius: float
    focus_distance: float = 1.0


class Orthographic(CameraBase, tag="orthographic", tag_field="type", kw_only=True):
    """Parallel projection of the square [-1, 1]^2 of camera space (its height follows the aspect ratio)."""


Camera = Perspective | ThinLens | Orthographic
