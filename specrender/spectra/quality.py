"""How well lamps show colours: the colour rendering index of CIE 13.3, and Rf and Rg of ANSI/IES TM-30.

Both compare colours under the lamp with those under the reference of its colour temperature: a black body below 5000 K,
daylight above.  TM-30 comes from colour-science, which is imported when it is asked for.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from specrender.spectra import catalogue, store
from specrender.spectra.lamps import cct_duv, xyz_to_uv_1960
from specrender.spectra.spectrum import Blackbody, Spectrum
from specrender.spectra.wavelengths import cmf, visible
from specrender.spectra.whites import daylight

#: Where the reference changes from black body to daylight [K], in [CIE13-3].
DAYLIGHT_FROM_K = 5000.0

#: Wavelengths of the test colours: 380, 385, ..., 780 nm.
_TEST_NM = np.arange(380.0, 780.5, 5.0)


@dataclass(frozen=True)
class ColorRendering:
    """Ra, the general index, and the 14 special ones, R1 to R14; 100 is the reference itself."""

    ra: float
    special: tuple[float, ...]


@dataclass(frozen=True)
class Fidelity:
    """TM-30: rf, how near colours are to those of the reference (100 the same); rg, the size of the gamut (100)."""

    rf: float
    rg: float


def published_step(name: str | None) -> float:
    """Step [nm] at which indices of a lamp are computed: 5 for the CIE's own, as they are published, 1 for others."""
    return 5.0 if name is not None and name in catalogue.names("illuminant") else 1.0


def color_rendering(lamp: Spectrum, step_nm: float = 1.0) -> ColorRendering | None:
    """The colour rendering index of [CIE13-3].

    Parameters
    ----------
    lamp : its spectrum.
    step_nm : of the sums over 380 to 780 nm.

    Returns
    -------
    None for a light without correlated colour temperature, or one that no daylight has (above 25000 K).
    """
    grid = np.arange(380.0, 780.5, step_nm)
    responses = np.stack([np.interp(grid, visible(), channel) for channel in cmf().T], axis=1)
    light = lamp(grid)
    found = cct_duv(light @ responses)
    if found is None or found[0] > 25000.0:
        return None
    kelvin = found[0]
    reference = Blackbody(kelvin) if kelvin < DAYLIGHT_FROM_K else daylight(kelvin)
    colours = np.stack([np.interp(grid, _TEST_NM, sample) for sample in store.array("test_colours", "cie1995")])

    def seen(spectrum):
        """XYZ of the white and of the test colours, white Y = 100."""
        white = spectrum @ responses
        return 100.0 / white[1] * white, 100.0 / white[1] * (colours * spectrum) @ responses

    white_test, test = seen(light)
    white_reference, other = seen(reference(grid))
    special = 100.0 - 4.6 * _distances(white_test, test, white_reference, other)
    return ColorRendering(float(special[:8].mean()), tuple(float(r) for r in special))


def _distances(white_test, test, white_reference, reference):
    """(n,) distances in the U*V*W* space of 1964, the test colours adapted to the white of the reference."""
    uv_white = xyz_to_uv_1960(white_reference)
    c, d = _cd(xyz_to_uv_1960(test))
    (c_test, d_test), (c_reference, d_reference) = _cd(xyz_to_uv_1960(white_test)), _cd(uv_white)
    c, d = c * c_reference / c_test, d * d_reference / d_test
    below = 16.518 + 1.481 * c - d
    adapted = np.stack([10.872 + 0.404 * c - 4.0 * d, np.full_like(c, 5.520)], axis=-1) / below[:, None]
    uvw_test = _uvw(test[:, 1], adapted, uv_white)
    uvw_reference = _uvw(reference[:, 1], xyz_to_uv_1960(reference), uv_white)
    return np.linalg.norm(uvw_test - uvw_reference, axis=1)


def _cd(uv):
    """The coordinates c and d in which von Kries' rule is applied, [CIE13-3] section 5.7."""
    u, v = np.moveaxis(uv, -1, 0)
    return (4.0 - u - 10.0 * v) / v, (1.708 * v + 0.404 - 1.481 * u) / v


def _uvw(y, uv, uv_white):
    w = 25.0 * np.cbrt(y) - 17.0
    return np.concatenate([13.0 * w[:, None] * (uv - uv_white), w[:, None]], axis=1)


def fidelity(lamp: Spectrum, step_nm: float = 1.0) -> Fidelity | None:
    """Rf and Rg of [TM30] by colour-science; None where `color_rendering` has none."""
    if color_rendering(lamp, step_nm) is None:
        return None
    grid = np.arange(380.0, 780.5, step_nm)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optional packages it does without
        import colour

        found = colour.quality.colour_fidelity_index_ANSIIESTM3018(
            colour.SpectralDistribution(lamp(grid), grid), additional_data=True
        )
    return Fidelity(float(found.R_f), float(found.R_g))
