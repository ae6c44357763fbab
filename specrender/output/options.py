"""What a user can choose about output files."""

import math
from dataclasses import dataclass

from specrender.color.adaptation import check_adaptation
from specrender.color.gamuts import gamut
from specrender.errors import InputError, did_you_mean

PIXEL_TYPES = ("half", "float")


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """Choices for `write_image`; every one is checked here, so that a wrong one is found before rendering.

    Parameters
    ----------
    gamut : token of `color.GAMUTS` for colour channels.  Display files of working spaces (acescg, aces2065-1, xyz),
        which no display shows, are in sRGB.
    adapt : chromatic adaptation from D65 to the white of the gamut: "bradford", "cat02", "cat16" or "none".
    exposure : gain of display files in stops (2**exposure); EXR files stay scene-linear.
    pixel_type : "half" or "float", for the colour and alpha of EXR files; data layers are always float.
    alpha : write coverage too.  EXR colour is premultiplied; PNG and TIFF are not; JPEG has none and shows the
        image over black.
    luminance : EXR colour is the one channel `Y`, relative luminance, instead of the three of the gamut.
    variance : EXR layer `variance.X/Y/Z`, the variance of the mean (in XYZ for all gamuts: without the covariances
        of X, Y and Z, which the film has not, it does not transform to RGB).
    moments : EXR layer `m2.X/Y/Z`, the second moment of one sample, also in XYZ, as Mitsuba's `moment` integrator.
    spectral : write EXR files with spectral channels; None: only those named `*.spectral.exr`.
    bit_depth : 8 or 16 bits for PNG and TIFF; JPEG has 8.
    jpeg_quality : 1 to 100.

    Raises
    ------
    InputError : a value that is not allowed, with what is.
    """

    gamut: str = "srgb"
    adapt: str = "bradford"
    exposure: float = 0.0
    pixel_type: str = "half"
    alpha: bool = False
    luminance: bool = False
    variance: bool = False
    moments: bool = False
    spectral: bool | None = None
    bit_depth: int = 8
    jpeg_quality: int = 95

    def __post_init__(self):
        gamut(self.gamut)
        check_adaptation(self.adapt)
        if not math.isfinite(self.exposure) or abs(self.exposure) > 1000:  # 2**1024 overflows
            raise InputError(f"exposure must be a number of stops within -1000 and 1000, got {self.exposure}")
        if self.pixel_type not in PIXEL_TYPES:
            raise InputError(f"there is no pixel type '{self.pixel_type}'{did_you_mean(self.pixel_type, PIXEL_TYPES)}")
        if self.bit_depth not in (8, 16):
            raise InputError(f"display files have 8 or 16 bits, not {self.bit_depth}")
        if not 1 <= self.jpeg_quality <= 100:
            raise InputError(f"JPEG quality goes from 1 to 100, got {self.jpeg_quality}")
