"""Film: the sums the kernel fills, and the auxiliary channels it can hold."""

from specrender.film.aovs import AOVS, Aov, aov_layout
from specrender.film.film import Film, checked_crop

__all__ = ["AOVS", "Aov", "Film", "aov_layout", "checked_crop"]
