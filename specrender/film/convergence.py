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
    halfway : float32, mean Y of the pixel when its number of samples was last a power of two.
    change : float32, squared change of the mean Y, over that from half of those samples, relative to brightness;
        NaN before there was one.
    efficiency : float32, variance of the mean at that time divided by that of independent samples.
    rate : float32, the exponent a by which the variance falls as n^-a.
    """

    goal: np.ndarray
    halfway: np.ndarray
    change: np.ndarray
    efficiency: np.ndarray
    rate: np.ndarray

    @classmethod
    def create(cls, height: int, width: int, goal: int) -> "Convergence":
        """The state before the first sample; every pixel goes to `goal` samples first."""
        return cls(
            goal=np.full((height, width), goal, np.int32),
            halfway=np.zeros((height, width), np.float32),
            change=np.full((height, width), np.nan, np.float32),
            efficiency=np.ones((height, width), np.float32),
            rate=np.ones((height, width), np.float32),
        )
