"""How dichromats see a picture [Brettel1997], for display files.

Of the three cone responses one is missing; what differs in it alone looks the same.  Each such line of colours is shown
by the one that lies on two half planes, which meet in the neutral axis and pass through the lights that dichromats are
known to see as others do: 475 and 575 nm without L or M cones, 485 and 660 nm without S cones.
"""

import numpy as np

from specrender.color.gamuts import D65, white_xyz
from specrender.errors import InputError, did_you_mean

#: Name -> (index of the missing cone, the other two, CIE 1931 XYZ of the two lights).
VISION = {
    "protanopia": (0, (1, 2), ((0.1421, 0.1126, 1.0419), (0.8425, 0.9154, 0.0018))),
    "deuteranopia": (1, (0, 2), ((0.1421, 0.1126, 1.0419), (0.8425, 0.9154, 0.0018))),
    "tritanopia": (2, (0, 1), ((0.0580, 0.1693, 0.6162), (0.1649, 0.0610, 0.0000))),
}

#: XYZ to L, M, S: the cone space of Hunt, Pointer and Estevez, as CIECAM02 has it [CIE159].
CONES = np.array([[0.38971, 0.68898, -0.07868], [-0.22981, 1.18340, 0.04641], [0.0, 0.0, 1.0]])


def check_vision(name: str) -> str:
    """The name, or InputError with a suggestion when it is not one of `VISION`."""
    if name not in VISION:
        raise InputError(f"there is no colour vision '{name}'{did_you_mean(name, VISION)}")
    return name


def dichromatic(xyz: np.ndarray, vision: str) -> np.ndarray:
    """XYZ relative to D65 as one of `VISION` sees it, (..., 3); greys stay."""
    missing, (first, second), lights = VISION[vision]
    cones = np.asarray(xyz, np.float64) @ CONES.T
    neutral = CONES @ white_xyz(D65)
    # which side of the neutral axis: compare the ratio of the two cones that are there
    side = cones[..., first] * neutral[second] - cones[..., second] * neutral[first]
    planes = []
    for light in lights:
        anchor = CONES @ np.array(light)
        normal = np.cross(neutral, anchor)
        reach = anchor[first] * neutral[second] - anchor[second] * neutral[first]
        planes.append((reach > 0, -normal[first] / normal[missing], -normal[second] / normal[missing]))
    result = cones.copy()
    for positive, a, b in planes:
        here = side > 0 if positive else side <= 0
        result[..., missing] = np.where(here, a * cones[..., first] + b * cones[..., second], result[..., missing])
    return result @ np.linalg.inv(CONES).T
