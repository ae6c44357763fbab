"""What a user can choose about output files."""

import math
from dataclasses import dataclass

from specrender.color.adaptation import check_adaptation
from specrender.color.exposure import parse_exposure
from specrender.color.gamuts import GAMUTS, Gamut, gamut
from specrender.color.hdr import REFERENCE_WHITE_CDM2
from specrender.color.mapping import check_policy
from specrender.color.transfer import transfer
from specrender.color.vision import check_vision
from specrender.errors import InputError, did_you_mean
from specrender.output.balance import check_white_balance

PIXEL_TYPES = ("half", "float")
BIT_DEPTHS = (8, 10, 12, 16, *PIXEL_TYPES)


def depths_in_words(depths: tuple[int | str, ...]) -> str:
    """Bit depths as text: "8 or 16 bits", "8, 10, 12 or 16 bits or float"."""
    bits = [str(depth) for depth in depths if not isinstance(depth, str)]
    words = [f"{', '.join(bits[:-1])} or {bits[-1]} bits" if len(bits) > 1 else f"{bits[0]} bits"] if bits else []
    return " or ".join([*words, *(depth for depth in depths if isinstance(depth, str))])


#: The gamut that means: no gamut, the responses of the observer as they are.
RAW = "raw"


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """Choices for `write_image`; every one is checked here, so that a wrong one is found before rendering.

    Parameters
    ----------
    gamut : token of `color.GAMUTS` for colour channels, or "raw": the responses of the observer or camera (EXR only).
        None is sRGB, and Rec.2020 in PQ and HLG files.  Display files of working spaces (acescg, aces2065-1, xyz),
        which no display shows, are in sRGB.
    adapt : chromatic adaptation to the white of the gamut, from D65 or the white balance: "bradford", "cat02",
        "cat16" or "none".
    white_balance : what shall be neutral: an illuminant by name, a temperature in kelvin, or a pixel as "X,Y".
    exposure : gain of display files: stops (2**exposure), or as `color.exposure` reads; EXR files stay scene-linear.
    out_of_gamut : one of `color.mapping.POLICIES`; None keeps colours outside the gamut in floating point and clips
        them in integers.  A view has its own way.
    encoding : transfer function of display files, see `color.transfer`; None is that of the gamut.
    reference_white : luminance of Y = 1 after exposure in PQ and HLG files [cd/m^2].
    display, view, ocio : show display files through a view of an OpenColorIO config; None for those that the config
        prefers, and the config of $OCIO or OpenImageIO's own.  A view is used when one of the three is given.
    vision : show display files as a dichromat sees them: one of `color.vision.VISION`.
    pixel_type : "half" or "float", for the colour and alpha of EXR files; data layers are always float.
    bit_depth : 8, 10, 12 or 16 bits of display files, as their format allows; "float" of EXR and TIFF, "half" of EXR
        and JPEG XL.  None is 8, 10 for DPX, and 16 for PQ and HLG.
    dither : spread the rounding of display files to 8, 10 and 12 bits over pixels, so that gradients have no steps;
        the pattern depends on the pixel alone.  Values that need no rounding are not touched.  JPEG is not dithered.
    alpha : write coverage too.  EXR colour is premultiplied; PNG and TIFF are not; JPEG and DPX have none and show
        the image over black.
    colour : EXR files hold the colour of the pixels; without it, only the data layers (sensor responses, AOVs).
    luminance : EXR colour is the one channel `Y`, relative luminance, instead of the three of the gamut.
    variance : EXR layer `variance.X/Y/Z`, the variance of the mean (in XYZ for all gamuts: without the covariances
        of X, Y and Z, which the film has not, it does not transform to RGB).
    moments : EXR layer `m2.X/Y/Z`, the second moment of one sample, also in XYZ, as Mitsuba's `moment` integrator.
    spectral : write EXR files with spectral channels; None: only those named `*.spectral.exr`.
    jpeg_quality : 1 to 100.

    Raises
    ------
    InputError : a value that is not allowed, with what is.
    """

    gamut: str | None = None
    adapt: str = "bradford"
    white_balance: str | None = None
    exposure: float | str = 0.0
    out_of_gamut: str | None = None
    encoding: str | None = None
    reference_white: float = REFERENCE_WHITE_CDM2
    display: str | None = None
    view: str | None = None
    ocio: str | None = None
    vision: str | None = None
    pixel_type: str = "half"
    bit_depth: int | str | None = None
    dither: bool = True
    alpha: bool = False
    colour: bool = True
    luminance: bool = False
    variance: bool = False
    moments: bool = False
    spectral: bool | None = None
    jpeg_quality: int = 95

    def __post_init__(self):
        if self.gamut not in (None, RAW):
            if self.gamut not in GAMUTS:
                hint = did_you_mean(str(self.gamut).lower(), [*GAMUTS, RAW])
                raise InputError(f"there is no gamut '{self.gamut}'{hint}")
            gamut(self.gamut)
        check_adaptation(self.adapt)
        if self.white_balance is not None:
            check_white_balance(self.white_balance)
            if self.adapt == "none":
                raise InputError("a white balance is an adaptation; it cannot go with --adapt none")
            if self.gamut == RAW:
                raise InputError("raw responses have no white balance; leave --white-balance or --gamut raw out")
        parse_exposure(self.exposure)
        if self.out_of_gamut is not None:
            check_policy(self.out_of_gamut)
        if self.encoding is not None:
            transfer(self.encoding)
            if self.has_view:
                raise InputError(f"a view has its own encoding; leave out the view or --encoding {self.encoding}")
        if not (math.isfinite(self.reference_white) and 0 < self.reference_white <= 10000):
            raise InputError(f"a reference white must be above 0 and at most 10000 cd/m^2, got {self.reference_white}")
        if self.vision is not None:
            check_vision(self.vision)
        if self.pixel_type not in PIXEL_TYPES:
            raise InputError(f"there is no pixel type '{self.pixel_type}'{did_you_mean(self.pixel_type, PIXEL_TYPES)}")
        if self.bit_depth is not None and self.bit_depth not in BIT_DEPTHS:
            raise InputError(f"files hold {depths_in_words(BIT_DEPTHS)}, not {self.bit_depth}")
        if not 1 <= self.jpeg_quality <= 100:
            raise InputError(f"JPEG quality goes from 1 to 100, got {self.jpeg_quality}")

    @property
    def has_view(self) -> bool:
        """Whether display files go through OpenColorIO."""
        return any(value is not None for value in (self.display, self.view, self.ocio))

    @property
    def is_hdr(self) -> bool:
        """Whether display files hold absolute luminance of high dynamic range by an encoding of ours."""
        return self.encoding in ("pq", "hlg")

    @property
    def linear_gamut(self) -> Gamut | None:
        """The gamut of scene-linear files; None for raw responses."""
        return None if self.gamut == RAW else gamut("srgb" if self.gamut is None else self.gamut)

    @property
    def display_gamut(self) -> Gamut:
        """The gamut of display files: the chosen one, or sRGB in place of a working space."""
        if self.gamut is None:
            return gamut("rec2020" if self.is_hdr else "srgb")
        space = gamut(self.gamut)
        return gamut("rec2020" if self.is_hdr else "srgb") if space.display_transfer is None else space
