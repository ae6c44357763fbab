"""Film: the sums the kernel fills, and the auxiliary channels it can hold."""

from specrender.film.aovs import AOVS, Aov, aov_layout
from specrender.film.film import Film, checked_crop
from specrender.film.identity import Identity
from specrender.film.merge import machines, merged
from specrender.film.store import load_film, save_film

__all__ = [
    "AOVS",
    "Aov",
    "Film",
    "Identity",
    "aov_layout",
    "checked_crop",
    "load_film",
    "machines",
    "merged",
    "save_film",
]
