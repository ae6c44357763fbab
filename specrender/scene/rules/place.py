"""What the rules share: naming a place, limits, and small checks."""

from __future__ import annotations

import re

from specrender.errors import SceneError, did_you_mean
from specrender.files import why_unreadable
from specrender.scene import description as d
from specrender.scene.shown import shown

#: Larger images are typing errors.
MAX_PIXELS = 65536
#: The kernel counts in 32 bits, and computes with float32: sums of emitted light and squares of lengths must fit.
MAX_INT = 2**31 - 1
MAX_EMISSION = 1e30
MAX_LENGTH = 1e18
#: Wavelengths [nm], bins and temperatures [K] beyond which a number is a typing error.
WAVELENGTHS = (100.0, 5000.0)
MAX_BINS = 4096
MAX_TEMPERATURE = 1e6


class Place:
    """A node together with how to name it and its fields in messages."""

    def __init__(self, node, path, scene):
        self.node, self.path, self.scene = node, path, scene

    def fail(self, field, message):
        """SceneError for one field, at "file: key.path.field", "file:line" or the path in the Scene."""
        place = d.where(self.node) or self.path
        if field and not re.search(r":\d+$", place):
            place = f"{place}.{field}" if place and not place.endswith(".toml") else f"{place}: {field}".lstrip(": ")
        return SceneError(message, place or None)

    def require(self, condition, field, what):
        """Fail unless `condition`; `what` continues "FIELD must be"."""
        if not condition:
            raise self.fail(field, f"{field} must be {what}, got {shown(getattr(self.node, field))}")

    def positive(self, *fields):
        for field in fields:
            value = getattr(self.node, field)
            self.require(value is None or value > 0, field, "above 0")

    def not_negative(self, *fields):
        for field in fields:
            value = getattr(self.node, field)
            self.require(not isinstance(value, (int, float)) or value >= 0, field, "0 or more")

    def at_most(self, limit, *fields):
        for field in fields:
            value = getattr(self.node, field)
            self.require(not isinstance(value, (int, float)) or value <= limit, field, f"at most {limit}")

    def one_of(self, *fields, least=1):
        """Exactly one of the fields (at most one, if least is 0) is given."""
        given = [field for field in fields if getattr(self.node, field) is not None]
        if len(given) > 1:
            raise self.fail(given[1], f"only one of {', '.join(fields)} can be given, got {' and '.join(given)}")
        if len(given) < least:
            raise self.fail("", f"one of {', '.join(fields)} must be given")


def peak(value, scene):
    """The largest number of a Spectrum, times its scale; None where no number is written (names, black bodies)."""
    for _ in scene.spectra:
        if isinstance(value, str) and value in scene.spectra:
            value = scene.spectra[value]
    if isinstance(value, float):
        return value
    if not isinstance(value, d.SpectrumSpec):
        return None
    inner = None
    if value.rgb is not None or value.values is not None:
        inner = max(value.rgb or value.values)
    elif value.name in scene.spectra:
        inner = peak(value.name, scene)
    elif isinstance(scene.textures.get(value.texture), (d.Checkerboard, d.Pattern)):
        board = scene.textures[value.texture]
        inner = max((peak(color, scene) or 0.0 for color in (board.color0, board.color1)), default=None)
    return None if inner is None else inner * value.scale


def check_space(p):
    from specrender.color.gamuts import GAMUTS

    if p.node.space not in GAMUTS:
        raise p.fail("space", f"there is no colour space '{p.node.space}'{did_you_mean(p.node.space, GAMUTS)}")


def check_file(p, field):
    name = getattr(p.node, field)
    if name == "":
        raise p.fail(field, f"{field} is empty; give the name of a file")
    problem = None if name is None else why_unreadable(name)
    if problem:
        raise p.fail(field, f"cannot read '{name}': {problem}")


def check_filename(p):
    check_file(p, "filename")
    if "space" in p.node.__struct_fields__:
        check_space(p)
