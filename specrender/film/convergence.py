"""Convergence: what a film remembers of its earlier states, so that its error can be told from its own samples."""

from dataclasses import dataclass

import numpy as np


@dataclass(eq=False)
class Convergence:
    """Earlier states of each pixel, kept while a render heads for a noise target; all arrays (h, w).

    Scrambled Sobol samples converge faster than the scatter of samples says; how much faster is seen when the number
    of samples doubles (see `film.noise`).

    Parameters
    ----------
    goal : int32, samples at which each pixel waits for the next decision.
    seen : int32, samples each pixel had when it was last looked at.
    halfway : float64, mean Y of the pixel when its number of samples was last a power of two; NaN before it was one.
    change : float32, squared change of that mean by the last doubling; NaN before there was one.
    efficiency : float32, variance of the mean at that time divided by that of independent samples.
    rate : float32, the exponent a by which the variance falls as n^-a.
    """

    goal: np.ndarray
    seen: np.ndarray
    halfway: np.ndarray
    change: np.ndarray
    efficiency: np.ndarray
    rate: np.ndarray

    @classmethod
    def create(cls, height: int, width: int) -> "Convergence":
        """The state of a film of which nothing is known."""
        shape = (height, width)
        return cls(
            goal=np.zeros(shape, np.int32),
            seen=np.zeros(shape, np.int32),
            halfway=np.full(shape, np.nan),
            change=np.full(shape, np.nan, np.float32),
            efficiency=np.ones(shape, np.float32),
            rate=np.ones(shape, np.float32),
        )
