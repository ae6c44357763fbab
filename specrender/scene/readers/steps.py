"""Transforms as scene files of plain data write them: one step or a list of steps, applied in order.

{ translate = [x, y, z] }   { scale = 2 } or { scale = [x, y, z] }   { rotate = [x, y, z], angle = degrees }
{ look_at = { origin = [..], target = [..], up = [0, 1, 0] } }   { matrix = [16 numbers, row by row] }

Two numbers do for translate and scale, which is what a `to_uv` needs.
"""

from __future__ import annotations

import numpy as np

from specrender.errors import did_you_mean
from specrender.scene.description import Transform
from specrender.scene.readers import transforms
from specrender.scene.shown import shown

STEPS = ("translate", "scale", "rotate", "look_at", "matrix")


def transform_from_steps(value, error) -> Transform:
    """The Transform of a step or a list of steps; `error(place, message)` makes the exception to raise."""
    if isinstance(value, dict):
        return Transform(_step(value, "", error))
    if not isinstance(value, list):
        raise error("", f"expected a step or a list of steps ({', '.join(STEPS)}), got {shown(value)}")
    matrix = np.eye(4)
    for index, step in enumerate(value):
        matrix = _step(step, f"[{index}]", error) @ matrix
    return Transform(matrix)


def _step(step, place, error):
    if not isinstance(step, dict):
        raise error(place, f"expected a step such as {{ translate = [0, 0, 1] }}, got {shown(step)}")
    for key in step:
        if key not in (*STEPS, "angle"):
            raise error(f"{place}.{key}", f"unknown step '{key}'{did_you_mean(key, STEPS)}")
    kinds = [key for key in step if key != "angle"]
    if len(kinds) != 1:
        raise error(place, f"a step has one of {', '.join(STEPS)}, got {', '.join(kinds) or 'none'}")
    kind = kinds[0]
    if ("angle" in step) != (kind == "rotate"):
        hint = "rotate needs an angle in degrees beside it: { rotate = [x, y, z], angle = 90 }"
        raise error(place, hint if kind == "rotate" else f"{kind} takes no angle")
    try:
        return _matrix(kind, step[kind], step.get("angle"))
    except ValueError as problem:
        raise error(f"{place}.{kind}", str(problem)) from None


def _matrix(kind, value, angle):
    if kind == "translate":
        return transforms.translate(_numbers(value, 0.0))
    if kind == "scale":
        return transforms.scale(_numbers([value] * 3 if _is_number(value) else value, 1.0))
    if kind == "rotate":
        if not _is_number(angle):
            raise ValueError(f"the angle must be a number of degrees, got {shown(angle)}")
        return transforms.rotate(_numbers(value), angle)
    if kind == "matrix":
        rows = value if isinstance(value, list) else []
        flat = [v for row in rows for v in (row if isinstance(row, list) else [row])]
        if len(flat) != 16 or not all(map(_is_number, flat)):
            raise ValueError("a matrix is a list of 16 numbers, row by row")
        return transforms.from_values(flat)
    if not isinstance(value, dict):
        raise ValueError("look_at is a table with origin, target and up")
    for key in value:
        if key not in ("origin", "target", "up"):
            raise ValueError(f"unknown key '{key}'{did_you_mean(key, ('origin', 'target', 'up'))}")
    for key in ("origin", "target"):
        if key not in value:
            raise ValueError(f"look_at lacks its {key}")
    origin, target = _numbers(value["origin"]), _numbers(value["target"])
    if "up" in value:
        return transforms.look_at(origin, target, _numbers(value["up"]))
    try:
        return transforms.look_at(origin, target, (0.0, 1.0, 0.0))
    except ValueError:  # straight up or down: any roll is as good as another
        return transforms.look_at(origin, target)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers(value, third=None):
    """Three numbers; two are completed by `third`, where that is given."""
    if not isinstance(value, list) or not all(map(_is_number, value)):
        raise ValueError(f"expected three numbers, got {shown(value)}")
    if len(value) == 2 and third is not None:
        value = [*value, third]
    if len(value) != 3:
        raise ValueError(f"expected three numbers, got {len(value)}: {shown(value)}")
    return value
