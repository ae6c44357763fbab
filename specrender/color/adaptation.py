"""Chromatic adaptation of white points by the von Kries rule in a cone-like space."""

import numpy as np

from specrender.errors import InputError, did_you_mean

# XYZ to sharpened cone responses.
CONE_MATRICES: dict[str, np.ndarray] = {
    # The linear Bradford transform, [ICC2010] annex E.
    "bradford": np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]),
    # [CIE159]
    "cat02": np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]]),
    # [Li2017]
    "cat16": np.array(
        [[0.401288, 0.650173, -0.051461], [-0.250268, 1.204414, 0.045854], [-0.002079, 0.048952, 0.953127]]
    ),
}
ADAPTATIONS = (*CONE_MATRICES, "none")


def check_adaptation(method: str) -> str:
    """The method, or InputError with a suggestion when it is not one of `ADAPTATIONS`."""
    if method not in ADAPTATIONS:
        raise InputError(f"there is no chromatic adaptation '{method}'{did_you_mean(method, ADAPTATIONS)}")
    return method


def adaptation_matrix(
    from_white: tuple[float, float], to_white: tuple[float, float], method: str = "bradford"
) -> np.ndarray:
    """Matrix that takes XYZ seen under one white to the XYZ of the same appearance under another.

    Parameters
    ----------
    from_white, to_white : CIE 1931 xy chromaticities of the whites [1].
    method : "bradford", "cat02", "cat16" (complete adaptation), or "none" for the identity.

    Returns
    -------
    (3, 3) float64, exactly the identity for equal whites.

    Raises
    ------
    InputError : unknown method.
    """
    if check_adaptation(method) == "none" or from_white == to_white:
        return np.eye(3)
    cones = CONE_MATRICES[method]
    gain = (cones @ _xyz(to_white)) / (cones @ _xyz(from_white))
    return np.linalg.inv(cones) @ (gain[:, None] * cones)


def _xyz(xy: tuple[float, float]) -> np.ndarray:
    x, y = xy
    return np.array([x / y, 1.0, (1.0 - x - y) / y])
