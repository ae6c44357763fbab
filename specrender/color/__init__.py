"""Colour: gamuts and their matrices, chromatic adaptation, transfer functions."""

from specrender.color.adaptation import ADAPTATIONS, adaptation_matrix
from specrender.color.gamuts import D65, GAMUTS, Gamut, gamut, rgb_to_xyz, white_xyz, xyz_to_rgb
from specrender.color.transfer import TRANSFERS, srgb_decode, srgb_encode

__all__ = [
    "ADAPTATIONS",
    "D65",
    "GAMUTS",
    "TRANSFERS",
    "Gamut",
    "adaptation_matrix",
    "gamut",
    "rgb_to_xyz",
    "srgb_decode",
    "srgb_encode",
    "white_xyz",
    "xyz_to_rgb",
]
