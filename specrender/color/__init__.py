"""Colour: gamuts and their matrices, chromatic adaptation, transfer functions, differences between colours."""

from specrender.color.adaptation import ADAPTATIONS, adaptation_matrix
from specrender.color.difference import (
    delta_e_2000,
    delta_e_itp,
    xyz_to_ictcp,
    xyz_to_lab,
    xyz_to_uv_prime,
    xyz_to_xy,
)
from specrender.color.gamuts import D65, GAMUTS, Gamut, gamut, rgb_to_xyz, white_xyz, xyz_to_rgb
from specrender.color.transfer import TRANSFERS, srgb_decode, srgb_encode, transfer

__all__ = [
    "ADAPTATIONS",
    "D65",
    "GAMUTS",
    "TRANSFERS",
    "Gamut",
    "adaptation_matrix",
    "delta_e_2000",
    "delta_e_itp",
    "gamut",
    "rgb_to_xyz",
    "srgb_decode",
    "srgb_encode",
    "transfer",
    "white_xyz",
    "xyz_to_ictcp",
    "xyz_to_lab",
    "xyz_to_rgb",
    "xyz_to_uv_prime",
    "xyz_to_xy",
]
