"""Plan: when a render is done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

from specrender.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The stop rules of a render; it ends with the first that is met.

    Parameters
    ----------
    samples : samples per pixel that the film shall hold in the end, counted from its first; None: no limit.  Where
        sampling is adaptive, the mean over the pixels.
    seconds : wall time of tracing in this run [s], but the first sample of every pixel is finished; None: no limit.
    noise : the `film.noise` to reach; None: no target.
    adaptive : spend samples where the error is large; None: if there is a noise target.

    Raises
    ------
    InputError : a limit that is not positive, or no number of its kind, or none at all.
    """

    samples: int | None = None
    seconds: float | None = None
    noise: float | None = None
    adaptive: bool | None = None

    def __post_init__(self):
        if self.samples is not None and not (isinstance(self.samples, Integral) and self.samples >= 1):
            raise InputError(f"samples per pixel must be a whole number, 1 or more, got {self.samples!r}")
        for name, value in (("time limit", self.seconds), ("noise target", self.noise)):
            if value is not None and not (isinstance(value, Real) and value > 0 and math.isfinite(value)):
                raise InputError(f"the {name} must be a positive number, got {value!r}")
        if self.samples is None and self.seconds is None and self.noise is None:
            raise InputError("a render without an end: give a number of samples, a time or a noise target")

    @property
    def is_adaptive(self) -> bool:
        """Whether pixels get different numbers of samples."""
        return self.noise is not None if self.adaptive is None else self.adaptive

    @property
    def needs_decisions(self) -> bool:
        """Whether the film is looked at while it is rendered."""
        return self.is_adaptive or self.noise is not None
