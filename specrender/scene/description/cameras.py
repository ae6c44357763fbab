"""Cameras and other sensors."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.film import Film
from specrender.scene.description.node import Node, Transform, Vec3
from specrender.scene.description.samplers import Sampler
from specrender.scene.description.shapes import AnyShape
from specrender.scene.description.spectra import Spectrum


class CameraBase(Node, kw_only=True):
    """What all sensors share: `film` and `sampler` stand in for the scene's when this camera renders."""

    film: Film | None = None
    sampler: Sampler | None = None
    srf: Spectrum | None = None


class ProjectiveCamera(CameraBase, kw_only=True):
    """What cameras share: they look along +z of `to_world`, +y up, +x to the left (Mitsuba's frame)."""

    to_world: Transform = msgspec.field(default_factory=Transform)
    near_clip: float = 1e-2
    far_clip: float = 1e4


class Perspective(ProjectiveCamera, tag="perspective", tag_field="type", kw_only=True):
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


class Orthographic(ProjectiveCamera, tag="orthographic", tag_field="type", kw_only=True):
    """Parallel projection of the square [-1, 1]^2 of camera space (its height follows the aspect ratio)."""


class Equirectangular(ProjectiveCamera, tag="equirectangular", tag_field="type", kw_only=True):
    """All directions around one place, longitude across and latitude down; the film is twice as wide as high.

    +z of `to_world` is in the middle, +y at the top: the picture is the environment map of this place.
    """


class RadianceMeter(CameraBase, tag="radiancemeter", tag_field="type", kw_only=True):
    """Radiance along one ray, from `origin` in `direction` (or along +z of `to_world`); one pixel."""

    to_world: Transform | None = None
    origin: Vec3 | None = None
    direction: Vec3 | None = None


class IrradianceMeter(CameraBase, tag="irradiancemeter", tag_field="type", kw_only=True):
    """Irradiance [W m^-2 nm^-1] on the outside of a shape, averaged over its area; one pixel.

    Lights that no ray meets count, too: points, spots, photometric files, directional lights.
    """

    shape: str


class Distant(CameraBase, tag="distant", tag_field="type", kw_only=True):
    """Radiance that leaves the scene against `direction` (or +z of `to_world`), averaged over `target`; one pixel."""

    to_world: Transform | None = None
    direction: Vec3 | None = None
    target: Vec3 | AnyShape | None = None


class Batch(CameraBase, tag="batch", tag_field="type", kw_only=True):
    """Several cameras in one picture, side by side with equal widths."""

    cameras: list[Camera]


Camera = Perspective | ThinLens | Orthographic | Equirectangular | RadianceMeter | IrradianceMeter | Distant | Batch
#: Sensors that measure one number.
METERS = (RadianceMeter, IrradianceMeter, Distant)
