"""Rules of lights."""

from __future__ import annotations

from specrender.errors import InputError
from specrender.scene import description as d
from specrender.scene.rules.cameras import check_angle_of_view
from specrender.scene.rules.place import MAX_EMISSION, check_filename, peak

#: What `units` other than "radiometric" make sense for which light, and why not the others.
UNITS = {
    d.AreaLight: ("cd/m2", "lm", "W"),
    d.DirectionalAreaLight: ("lx", "lm", "W"),
    d.PointLight: ("cd", "lm", "W"),
    d.SpotLight: ("cd", "lm", "W"),
    d.DirectionalLight: ("lx",),
    d.ConstantLight: ("cd/m2", "lx"),
    d.EnvironmentMap: ("cd/m2",),
    d.Projector: ("lx", "lm"),
    d.IesLight: ("cd", "lm", "W"),
    d.SunSky: (),
}


def is_dark(light, scene) -> bool:
    """Whether a light is written as one that gives nothing: it is switched off."""
    values = (peak(getattr(light, field, None), scene) for field in ("radiance", "irradiance", "color"))
    return light.intensity == 0 or getattr(light, "scale", 1.0) == 0 or any(value == 0 for value in values)


def _units(p):
    allowed = ("radiometric", *UNITS[type(p.node)])
    kind = p.node.__struct_config__.tag
    p.require(p.node.units in allowed, "units", f"{' or '.join(allowed)} for a light of type {kind}")
    for field in ("radiance", "irradiance"):
        value = getattr(p.node, field, None)
        if isinstance(value, d.SpectrumSpec) and value.texture is not None and p.node.units in ("lm", "W"):
            per_place = next(unit for unit in allowed[1:] if unit not in ("lm", "W"))
            message = f"the flux of a texture is not known beforehand: {p.node.units} needs a {field} that is the same"
            raise p.fail("units", f"{message} everywhere; use {per_place}, which counts where the texture is 1")


def _light(p):
    p.not_negative("intensity")
    _units(p)
    p.require(abs(p.node.exposure) <= 100, "exposure", "within 100 stops of 0")
    factor = p.node.intensity * getattr(p.node, "scale", 1.0)
    for field in ("radiance", "color", "irradiance", "scale"):
        value = getattr(p.node, field, None)
        emitted = None if value is None else factor if field == "scale" else (peak(value, p.scene) or 1.0) * factor
        if emitted is not None and emitted * 2**p.node.exposure > MAX_EMISSION:
            with_what = "intensity and exposure" if field == "scale" else "its scale, intensity and exposure"
            raise p.fail(field, f"{field} with {with_what} is out of range: at most {MAX_EMISSION:g}")


def _spot(p):
    p.require(0 < p.node.cutoff_angle <= 180, "cutoff_angle", "above 0 and at most 180 degrees")
    beam = p.node.beam_width
    p.require(beam is None or 0 <= beam <= p.node.cutoff_angle, "beam_width", "between 0 and cutoff_angle")


def _point(p):
    p.one_of("position", "to_world", least=0)


def _directional(p):
    p.one_of("direction", "to_world", least=0)
    p.require(p.node.direction is None or any(p.node.direction), "direction", "a vector other than zero")


def _envmap(p):
    check_filename(p)
    p.not_negative("scale")


def _projector(p):
    p.not_negative("scale")
    check_angle_of_view(p)


def _ies(p):
    from specrender.scene.readers.ies import read_ies

    check_filename(p)
    try:
        read_ies(p.node.filename)
    except InputError as error:
        raise p.fail("filename", str(error)) from None


#: Parameters of sunsky that say where and when, with the least and largest value that is not a typing error.
PLACE_AND_TIME = {
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "timezone": (-14, 14),
    "year": (1900, 2100),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 24),
    "minute": (0, 60),
    "second": (0, 60),
}


def _sunsky(p):
    node = p.node
    p.require(1 <= node.turbidity <= 10, "turbidity", "between 1 and 10")
    p.not_negative("sun_scale", "sky_scale")
    p.require(0 < node.sun_aperture < 90, "sun_aperture", "above 0 and below 90 degrees")
    given = [field for field in PLACE_AND_TIME if getattr(node, field) is not None]
    if node.sun_direction is not None:
        p.require(any(node.sun_direction), "sun_direction", "a vector other than zero")
        if given:
            raise p.fail(given[0], f"give either sun_direction or a place and time, got sun_direction and {given[0]}")
    for field in given:
        low, high = PLACE_AND_TIME[field]
        p.require(low <= getattr(node, field) <= high, field, f"between {low} and {high}")


RULES = {
    d.Light: _light,
    d.PointLight: _point,
    d.SpotLight: _spot,
    d.DirectionalLight: _directional,
    d.EnvironmentMap: _envmap,
    d.Projector: _projector,
    d.IesLight: _ies,
    d.SunSky: _sunsky,
}
