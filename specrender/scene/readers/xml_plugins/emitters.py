"""Mitsuba's emitters as structs: one function a plugin type."""

from __future__ import annotations

from specrender.scene import description as d
from specrender.scene.readers.xml_plugins.textures import TEXTURES


def _emitter(p):
    """What all emitters share: Mitsuba never normalises; how often a light is sampled does not change the result."""
    weight = p.take("sampling_weight", ("float", "integer"), 1.0)
    if not weight > 0:
        raise p.fail("a sampling_weight of 0 is not supported", "sampling_weight")
    return {"normalize": False}


def _uniform_color(p, name):
    """An emission that may not vary over a surface."""
    color = p.emission(name)
    if isinstance(color, d.SpectrumSpec) and color.texture is not None:
        raise p.fail(f"'{name}' of {p.plugin.type} cannot be a texture", name)
    return color


def _area(p):
    if "to_world" in p:
        raise p.fail("an area emitter has no to_world: it is where its shape is", "to_world")
    return d.AreaLight(radiance=p.emission("radiance"), **_emitter(p))


def _either(p, first, second="to_world"):
    if first in p and second in p:
        raise p.fail(f"{p.plugin.type} takes either {first} or {second}", second)


def _point(p):
    _either(p, "position")
    return d.PointLight(
        color=_uniform_color(p, "intensity"),
        position=p.vector("position", None),
        to_world=p.take("to_world", ("transform",), None),
        **_emitter(p),
    )


def _spot(p):
    texture = p.plugin.params.get("texture")
    p.asked.add("texture")
    if texture is not None and getattr(texture, "type", None) not in TEXTURES:
        raise p.fail("'texture' of spot must be a texture that varies over the surface, such as a bitmap", "texture")
    cutoff = p.number("cutoff_angle", 20.0)
    return d.SpotLight(
        color=_uniform_color(p, "intensity"),
        cutoff_angle=cutoff,
        beam_width=p.number("beam_width", 0.75 * cutoff),
        texture=None if texture is None else p.context.texture(texture),
        to_world=p.transform(),
        **_emitter(p),
    )


def _directional(p):
    _either(p, "direction")
    return d.DirectionalLight(
        irradiance=_uniform_color(p, "irradiance"),
        direction=p.vector("direction", None),
        to_world=p.take("to_world", ("transform",), None),
        **_emitter(p),
    )


def _constant(p):
    return d.ConstantLight(radiance=_uniform_color(p, "radiance"), **_emitter(p))


def _envmap(p):
    p.neutral("mis_compensation", ("boolean",))
    return d.EnvironmentMap(filename=p.filename(), scale=p.number("scale", 1.0), to_world=p.transform(), **_emitter(p))


def _directionalarea(p):
    if "to_world" in p:
        raise p.fail("a directionalarea emitter has no to_world: it is where its shape is", "to_world")
    return d.DirectionalAreaLight(radiance=p.emission("radiance"), **_emitter(p))


def _projector(p):
    _either(p, "fov", "focal_length")
    return d.Projector(
        irradiance=p.emission("irradiance"),
        scale=p.number("scale", 1.0),
        fov=p.number("fov", None),
        focal_length=p.string("focal_length", None),
        fov_axis=p.choice("fov_axis", ("x", "y", "diagonal", "smaller", "larger"), "x"),
        to_world=p.transform(),
        **_emitter(p),
    )


#: Parameters of sunsky that are whole numbers, and those that need not be.
WHOLE, FRACTIONS = ("year", "month", "day"), ("latitude", "longitude", "timezone", "hour", "minute", "second")


def _sunsky(p):
    for name in (*WHOLE, *FRACTIONS):
        _either(p, "sun_direction", name)
    p.neutral("complex_sun", ("boolean",), (False,))
    return d.SunSky(
        turbidity=p.number("turbidity", 3.0),
        albedo=p.reflectance("albedo", 0.3),
        sun_direction=p.vector("sun_direction", None),
        **{name: p.integer(name, None) for name in WHOLE},
        **{name: p.number(name, None) for name in FRACTIONS},
        sun_scale=p.number("sun_scale", 1.0),
        sky_scale=p.number("sky_scale", 1.0),
        sun_aperture=p.number("sun_aperture", 0.5358),
        to_world=p.transform(),
        **_emitter(p),
    )


#: Emitters that belong to a shape.
ON_SHAPES = ("area", "directionalarea")

EMITTERS = {
    "area": _area,
    "directionalarea": _directionalarea,
    "projector": _projector,
    "sunsky": _sunsky,
    "point": _point,
    "spot": _spot,
    "directional": _directional,
    "constant": _constant,
    "envmap": _envmap,
}
