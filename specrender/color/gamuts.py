"""Display and working gamuts: primaries and white as published, matrices derived from them in float64.

The film holds CIE 1931 XYZ "relative to D65": a neutral of the scene is what D65 would make it.  A gamut with another
white is therefore reached by chromatic adaptation from D65 (Bradford, as OCIO and ACES do); with adapt="none" the
colorimetry stays absolute and a D65 neutral is not (1, 1, 1) there.  Published rounded matrices are not used:
they differ from the primaries in the fifth digit and do not invert one another.
"""

from dataclasses import dataclass

import numpy as np

from specrender.color.adaptation import adaptation_matrix
from specrender.errors import InputError, did_you_mean

D65 = (0.3127, 0.3290)  # as all the RGB standards below round it
_DCI = (0.314, 0.351)
_ACES = (0.32168, 0.33767)  # often called D60, but not quite on the daylight locus [TB2018-001]
_D50 = (0.3457, 0.3585)


@dataclass(frozen=True)
class Gamut:
    """An additive colour space with linear components.

    Parameters
    ----------
    name : the token users write.
    red, green, blue, white : CIE 1931 xy chromaticities [1].
    source : the standard, a key of REFERENCES.md.
    interop_id : name of the linear scene-referred space by the Color Interop Forum; None where it has none.
    display_transfer : encoding of display files (a key of `color.transfer.TRANSFERS`); None for working spaces that no
        display shows, whose display files are written in sRGB instead.
    cicp_primaries : code of the primaries in [H273] table 2; None where there is none.
    adapted : False for XYZ itself, which is not relative to a white of its own.
    """

    name: str
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]
    source: str
    interop_id: str | None = None
    display_transfer: str | None = "srgb"
    cicp_primaries: int | None = None
    adapted: bool = True

    @property
    def chromaticities(self) -> tuple[float, ...]:
        """The eight numbers of the `chromaticities` attribute of OpenEXR: red, green, blue, white."""
        return (*self.red, *self.green, *self.blue, *self.white)


_709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65)
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))

GAMUTS: dict[str, Gamut] = {
    gamut.name: gamut
    for gamut in (
        Gamut("srgb", *_709, "IEC61966-2-1", "lin_rec709_scene", cicp_primaries=1),
        Gamut("rec709", *_709, "BT709", "lin_rec709_scene", cicp_primaries=1),
        Gamut("rec601-525", (0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65, "BT601", cicp_primaries=6),
        Gamut("rec601-625", (0.640, 0.330), (0.290, 0.600), (0.150, 0.060), D65, "BT601", cicp_primaries=5),
        Gamut("display-p3", *_P3, D65, "EG432-1", "lin_p3d65_scene", cicp_primaries=12),
        Gamut("dci-p3", *_P3, _DCI, "RP431-2", display_transfer="gamma2.6", cicp_primaries=11),
        Gamut("rec2020", (0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65, "BT2020", "lin_rec2020_scene",
              cicp_primaries=9),
        Gamut("adobe-rgb", (0.640, 0.330), (0.210, 0.710), (0.150, 0.060), D65, "AdobeRGB1998", "lin_adobergb_scene",
              display_transfer="adobe"),
        Gamut("prophoto", (0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), _D50, "ISO22028-2",
              display_transfer="romm"),
        Gamut("aces2065-1", (0.7347, 0.2653), (0.0, 1.0), (0.0001, -0.0770), _ACES, "ST2065-1", "lin_ap0_scene",
              display_transfer=None),
        Gamut("acescg", (0.713, 0.293), (0.165, 0.830), (0.128, 0.044), _ACES, "S-2014-004", "lin_ap1_scene",
              display_transfer=None),
        Gamut("xyz", (1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1 / 3, 1 / 3), "CIE15", "lin_ciexyzd65_scene",
              display_transfer=None, adapted=False),
    )
}  # fmt: skip


def gamut(name: str) -> Gamut:
    """Look a gamut up by its token; InputError with a suggestion when there is none."""
    try:
        return GAMUTS[name]
    except KeyError:
        raise InputError(f"there is no gamut '{name}'{did_you_mean(str(name).lower(), GAMUTS)}") from None


def rgb_to_xyz(space: str | Gamut, adapt: str = "bradford") -> np.ndarray:
    """Matrix from linear RGB of a gamut to CIE XYZ relative to D65.

    Parameters
    ----------
    space : a token or record of `GAMUTS`.
    adapt : how the white of the gamut is taken to D65, one of `ADAPTATIONS`; "none" is absolute colorimetry.

    Returns
    -------
    (3, 3) float64; column vectors: XYZ = M @ RGB.

    Raises
    ------
    InputError : unknown gamut or adaptation.
    """
    space = gamut(space) if isinstance(space, str) else space
    to_d65 = adaptation_matrix(space.white, D65, adapt)  # also checks `adapt` where nothing is to be adapted
    return to_d65 @ primary_matrix(space) if space.adapted else np.eye(3)


def xyz_to_rgb(space: str | Gamut, adapt: str = "bradford") -> np.ndarray:
    """Matrix from CIE XYZ relative to D65 to linear RGB of a gamut, (3, 3) float64; the inverse of `rgb_to_xyz`."""
    return np.linalg.inv(rgb_to_xyz(space, adapt))


def primary_matrix(space: Gamut) -> np.ndarray:
    """Normalised primary matrix, (3, 3) float64: RGB (1, 1, 1) becomes the XYZ of the white with Y = 1 [RP177]."""
    primaries = np.stack([xy_to_xyz(xy) for xy in (space.red, space.green, space.blue)], axis=1)
    return primaries * np.linalg.solve(primaries, white_xyz(space.white))


def xy_to_xyz(xy: tuple[float, float]) -> np.ndarray:
    """(x, y, 1 - x - y) float64; not scaled to Y = 1, since a primary (X or Z) may have y = 0."""
    return np.array([xy[0], xy[1], 1.0 - xy[0] - xy[1]])


def white_xyz(xy: tuple[float, float]) -> np.ndarray:
    """XYZ of a white with Y = 1, (3,) float64."""
    return xy_to_xyz(xy) / xy[1]
