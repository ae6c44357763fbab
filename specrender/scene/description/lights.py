"""Lights."""

from __future__ import annotations

import msgspec

from specrender.scene.description.node import Node, Transform, Vec3
from specrender.scene.description.spectra import Spectrum


class Light(Node, kw_only=True):
    """What all lights share: `intensity` (linear) and `exposure` (stops) multiply the colour, which is scaled to
    luminance 1 when `normalize` is true.  A colour written as a plain number is never scaled."""

    intensity: float = 1.0
    exposure: float = 0.0
    normalize: bool = True


class AreaLight(Light, tag="area", tag_field="type", kw_only=True):
    """The shape it belongs to emits `radiance` [W m^-2 sr^-1 nm^-1] from its front side."""

    radiance: Spectrum = 1.0


class PointLight(Light, tag="point", tag_field="type", kw_only=True):
    """Radiates `color` [W sr^-1 nm^-1] equally in all directions from `position` (or the origin of `to_world`)."""

    color: Spectrum = 1.0
    position: Vec3 | None = None
    to_world: Transform | None = None


class SpotLight(Light, tag="spot", tag_field="type", kw_only=True):
    """Radiates `color` [W sr^-1 nm^-1] along +z of `to_world`: in full up to `beam_width`, falling linearly in angle to
    nothing at `cutoff_angle` [deg from the axis]; `texture` colours the cone.  `beam_width` defaults to 3/4 cutoff."""

    color: Spectrum = 1.0
    cutoff_angle: float = 20.0
    beam_width: float | None = None
    texture: str | None = None
    to_world: Transform = msgspec.field(default_factory=Transform)


class DirectionalLight(Light, tag="directional", tag_field="type", kw_only=True):
    """Parallel light of `irradiance` [W m^-2 nm^-1] towards `direction` (or +z of `to_world`)."""

    irradiance: Spectrum = 1.0
    direction: Vec3 | None = None
    to_world: Transform | None = None


class ConstantLight(Light, tag="constant", tag_field="type", kw_only=True):
    """The same `radiance` from every direction."""

    radiance: Spectrum = 1.0


class EnvironmentMap(Light, tag="envmap", tag_field="type", kw_only=True):
    """A latitude-longitude image at infinity, +y up; never normalised.  RGB texels are uplifted times `illuminant`."""

    filename: str
    scale: float = 1.0
    space: str = "srgb"
    to_world: Transform = msgspec.field(default_factory=Transform)


SceneLight = PointLight | SpotLight | DirectionalLight | ConstantLight | EnvironmentMap
