"""Denoising by Intel Open Image Denoise, guided by albedo and normal.  Film -> Film with a denoised image.

The samples stay as they are: the film gets a second image beside its own, which outputs then show.
"""

from __future__ import annotations

import numpy as np

from specrender.color import rgb_to_xyz, xyz_to_rgb
from specrender.errors import InputError, SpecrenderError
from specrender.film import Film

#: Layers that guide the denoiser, in the order of its arguments.
GUIDES = ("albedo", "sh_normal")

_MISSING = "denoising needs the package pyoidn: pip install pyoidn"


def check_available() -> None:
    """SpecrenderError, with what to do, if the denoiser is not installed or does not start here."""
    _library()


def denoise(film: Film) -> None:
    """Put a denoised image into `film.denoised`.

    Works on linear Rec.709, which the filter was trained on, and so on what a film of CIE XYZ holds.

    Parameters
    ----------
    film : with the AOVs albedo and sh_normal.

    Raises
    ------
    InputError : an AOV is missing.
    SpecrenderError : the denoiser is not installed, or failed.
    """
    library = _library()
    missing = [name for name in GUIDES if name not in film.aovs]
    if missing:
        raise InputError(f"denoising needs the AOVs {' and '.join(GUIDES)}; the film lacks {', '.join(missing)}")
    to_rgb, to_xyz = xyz_to_rgb("srgb"), rgb_to_xyz("srgb")
    rgb = film.noisy_xyz() @ to_rgb.T
    # the filter takes no negative light; colours outside the gamut keep the part that is beyond it, with its noise
    inside = np.maximum(rgb, 0.0)
    albedo = np.clip(film.mean_aov("albedo") @ to_rgb.T, 0.0, 1.0)
    normal = film.mean_aov("sh_normal")
    try:
        clean = library.denoise(
            *(np.ascontiguousarray(image, np.float32) for image in (inside, albedo, normal)), hdr=True
        )
    except (RuntimeError, ValueError, TypeError) as error:
        raise SpecrenderError(f"denoising failed: {error}") from error
    film.denoised = (clean.astype(np.float64) + (rgb - inside)) @ to_xyz.T


def _library():
    try:
        import pyoidn
    except (ImportError, OSError) as error:
        reason = "" if isinstance(error, ModuleNotFoundError) else f" ({error})"
        raise SpecrenderError(f"{_MISSING}{reason}") from None
    return pyoidn
