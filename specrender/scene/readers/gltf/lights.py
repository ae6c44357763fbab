"""KHR_lights_punctual: lamps without size, on nodes.

Their candelas and lux, and the nits of emissive materials, keep their ratios: 1 nit is shown as Y = 1, so that a white
diffuse surface 1 m below a lamp of 1 cd is shown as 1 / pi.  The exposure of the picture is the user's.
"""

from __future__ import annotations

import math

import numpy as np

from specrender.errors import did_you_mean
from specrender.scene import description as d
from specrender.scene.readers.gltf.document import AGAIN, Light
from specrender.scene.readers.gltf.file import File

KINDS = ("directional", "point", "spot")


def punctual_light(file: File, index: int, matrix: np.ndarray, place: str) -> d.SceneLight | None:
    """A light at a node, or None if it is dark.

    matrix : (4, 4) of the node, whose -z a light looks along.  place : of the reference, for messages.
    """
    lights = file.document.extensions.KHR_lights_punctual
    entry: Light = file.item("lights", index, place, [] if lights is None else lights.lights)
    place = f"extensions.KHR_lights_punctual.lights[{index}]"
    if entry.type not in KINDS:
        raise file.error(f"{place}.type", f"got '{entry.type}'{did_you_mean(entry.type, KINDS)}{AGAIN}")
    if entry.range is not None:
        file.note("the range of a light is not used: light has no end")
    if not any(entry.color) or entry.intensity == 0.0:
        return None
    light = _made(file, entry, matrix, place)
    light.__dict__["location"] = f"{file.path}: {place}"
    return light


def _made(file, entry, matrix, place) -> d.SceneLight:
    color = d.SpectrumSpec(rgb=entry.color)
    shared = {"intensity": entry.intensity, "normalize": False}
    position, axis = matrix[:3, 3], -matrix[:3, 2] / np.linalg.norm(matrix[:3, 2])
    if entry.type == "point":
        return d.PointLight(color=color, position=tuple(position.tolist()), **shared)
    if entry.type == "directional":
        return d.DirectionalLight(irradiance=color, direction=tuple(axis.tolist()), **shared)
    inner, outer = entry.spot.inner_cone_angle, entry.spot.outer_cone_angle
    if not 0.0 <= inner < outer <= math.pi / 2 + 1e-6:
        message = f"0 <= innerConeAngle < outerConeAngle <= pi/2 must hold, got {inner:g} and {outer:g}"
        raise file.error(f"{place}.spot", message)
    return d.SpotLight(
        color=color,
        beam_width=math.degrees(inner),
        cutoff_angle=min(math.degrees(outer), 90.0),
        to_world=d.Transform(_looking(position, axis)),
        **shared,
    )


def _looking(position, axis) -> np.ndarray:
    """(4, 4) rotation and translation that takes +z to `axis` and the origin to `position`."""
    helper = np.eye(3)[np.argmin(np.abs(axis))]
    x = np.cross(helper, axis)
    x /= np.linalg.norm(x)
    matrix = np.eye(4)
    matrix[:3] = np.stack([x, np.cross(axis, x), axis, position], axis=1)
    return matrix
