"""The rule by which spectra become colours in rgb mode; it is Mitsuba's."""

from __future__ import annotations

import numpy as np

from specrender.color import xyz_to_rgb
from specrender.spectra.spectrum import Sigmoid, Spectrum, Tabulated, Uniform, integrate_xyz
from specrender.spectra.uplift import coefficients_to_rgb, white_spectrum


def project(spectrum: Spectrum, role: str, rgb_space: str) -> np.ndarray:
    """(3,) RGB of a spectrum in the rendering space of rgb mode.

    Emitters as they are; others are weighted by D65, reflectances clamped to [0, 1] and unbounded ones to [0, inf).
    A uniform emitter v becomes v times the RGB of XYZ = (1, 1, 1); a uniform reflectance v is v.  Colours that the
    scene gives as RGB come back as given.
    """
    matrix = xyz_to_rgb(rgb_space)
    if role == "emission":
        return matrix @ integrate_xyz(spectrum)
    if role == "unweighted":  # what Mitsuba does with the indices of its named metals
        return np.clip(matrix @ integrate_xyz(spectrum), 0.0, np.inf)
    if isinstance(spectrum, Uniform):
        return np.full(3, spectrum.value)
    if isinstance(spectrum, Sigmoid) and rgb_space in ("srgb", "rec709"):
        rgb = spectrum.scale * coefficients_to_rgb(spectrum.coefficients, rgb_space)
    else:
        white = white_spectrum("srgb")
        grid = np.arange(360.0, 830.5)
        product = Tabulated(grid, spectrum(grid) * white(grid))
        rgb = matrix @ integrate_xyz(product)
    return np.clip(rgb, 0.0, 1.0 if role == "reflectance" else np.inf)
