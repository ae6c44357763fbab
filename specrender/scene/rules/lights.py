"""Rules of lights."""

from __future__ import annotations

from specrender.scene import description as d
from specrender.scene.rules.place import MAX_EMISSION, check_filename, peak


def _light(p):
    p.not_negative("intensity")
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


RULES = {
    d.Light: _light,
    d.PointLight: _point,
    d.SpotLight: _spot,
    d.DirectionalLight: _directional,
    d.EnvironmentMap: _envmap,
}
