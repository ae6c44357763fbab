"""What a kind of BSDF is made of, and the flags of a scattering event.

A kind lives in one file: its parameter record, `evaluate` and `sample`, and one `BsdfKind` named KIND at the end.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

#: The event's direction has no density (mirror, smooth glass, null): no light sample can meet it.
DELTA = 1
#: Straight through, as if there were no surface.
NULL = 2
#: To the other side of the surface.
TRANSMISSION = 4
#: The direction belongs to the hero wavelength (lane 0) alone: the other lanes end here, and the hero's weight makes up
#: for them.  The path must go on with the hero's wavelength in all lanes, or the next event makes up for them again.
DISPERSED = 8


@dataclass(frozen=True)
class BsdfKind:
    """One row of the table of BSDFs.

    name : the type in scene files.
    dtype : aligned record of its parameters; spectra and textures are int32 texture ids.
    evaluate : (tables, offset, surface, wavelengths, wo, wi) -> (f32x4 value times |cos|, float32 pdf).
    sample : (tables, offset, surface, wavelengths, wo, u_lobe, u1, u2)
        -> (wi, f32x4 weight = value / pdf, float32 pdf, float32 eta, int32 flags).
        A weight of zero says that no direction was found.  eta is the relative index crossed (1 for reflection).
        For delta events pdf is the probability of the lobe.
    is_smooth : it has a lobe that light sampling can meet.
    has_mirror : it has a reflection that is a delta event beside other lobes, and `u_lobe` = 0 samples it.
    is_anisotropic : it needs the tangent along u.
    is_outlined : it is too large to be compiled into each place that evaluates BSDFs.
    """

    name: str
    dtype: np.dtype
    evaluate: Any
    sample: Any
    is_smooth: bool = True
    has_mirror: bool = False
    is_anisotropic: bool = False
    is_outlined: bool = False

    @property
    def feature(self) -> str | None:
        """The feature of a kernel that has this kind; None: all have."""
        if self.name == "null":
            return "masks"
        return "rare_bsdfs" if self.is_outlined else None
