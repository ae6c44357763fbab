"""Lights."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.node import Node, Transform, Vec3
from specrender.scene.description.spectra import Spectrum


class Light(Node, kw_only=True):
    """What all lights share: `intensity` (linear) and `exposure` (stops) multiply the colour, which is scaled to
    luminance 1 when `normalize` is true.  A colour written as a plain number is never scaled.

    With `units` other than "radiometric" the colour only says how the light is spread over wavelengths, and
    intensity times 2**exposure is how much there is: W (over the wavelengths of the render), lm, cd, lx or cd/m2.
    """

    intensity: float = 1.0
    exposure: float = 0.0
    normalize: bool = True
    units: Literal["radiometric", "W", "lm", "cd", "lx", "cd/m2"] = "radiometric"


class AreaLight(Light, tag="area", tag_field="type", kw_only=True):
    """The shape it belongs to emits `radiance` [W m^-2 sr^-1 nm^-1] from its front side."""

    radiance: Spectrum = 1.0


class DirectionalAreaLight(Light, tag="directionalarea", tag_field="type", kw_only=True):
    """The shape it belongs to sends `radiance` [W m^-2 nm^-1, power per area] along its normals, and nowhere else.

    It lights what lies straight before it, and is not seen itself.
    """

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
    """A latitude-longitude image at infinity, +y up; never normalised.  RGB texels are uplifted times D65."""

    filename: str
    scale: float = 1.0
    space: str = "srgb"
    to_world: Transform = msgspec.field(default_factory=Transform)


class Projector(Light, tag="projector", tag_field="type", kw_only=True):
    """Throws the picture `irradiance` like a perspective camera that looks along +z of `to_world`.

    A plane at distance 1 across the axis receives pi times the picture, so that a white one shows the picture.
    """

    irradiance: Spectrum = 1.0
    scale: float = 1.0
    fov: float | None = None
    focal_length: str | None = None
    fov_axis: Literal["x", "y", "diagonal", "smaller", "larger"] = "x"
    to_world: Transform = msgspec.field(default_factory=Transform)


class IesLight(Light, tag="ies", tag_field="type", kw_only=True):
    """A point that radiates as an IES file (LM-63, type C) tells: its nadir is +z of `to_world`, its C0 plane +x.

    By default the file gives the shape only, and its peak radiates `color` [W sr^-1 nm^-1]; with `units = "cd"` its
    candelas count, times `intensity`; with lm or W `intensity` is the whole flux.
    """

    filename: str
    color: Spectrum = 1.0
    to_world: Transform = msgspec.field(default_factory=Transform)


class SunSky(Light, tag="sunsky", tag_field="type", kw_only=True):
    """Clear sky [Hosek2012] and sun [Hosek2013] over a ground of some `albedo`, in W m^-2 sr^-1 nm^-1, 320 to 720 nm.

    +z of `to_world` is the zenith.  The sun is at `sun_direction`, or where it is at a place and time: then +x is south
    and the sun sets at +y, as in Mitsuba.  Below the horizon all is black.
    """

    turbidity: float = 3.0
    albedo: Spectrum = 0.3
    sun_direction: Vec3 | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: float | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: float | None = None
    minute: float | None = None
    second: float | None = None
    sun_scale: float = 1.0
    sky_scale: float = 1.0
    sun_aperture: float = 0.5358
    to_world: Transform = msgspec.field(default_factory=Transform)


#: Lights all around a scene, which can have one of them.
ENVIRONMENTS = (ConstantLight, EnvironmentMap, SunSky)

#: What a shape may have as its `emitter`.
Emitter = AreaLight | DirectionalAreaLight

SceneLight = PointLight | SpotLight | DirectionalLight | ConstantLight | EnvironmentMap | Projector | IesLight | SunSky
