"""How much light a light gives: colour, intensity and exposure, or a quantity in `units`."""

from __future__ import annotations

import numpy as np

from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.spectra.spectrum import luminance
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL

#: Luminous efficacy at 540 THz [lm W^-1] times the integral of ybar [nm]: what Y = 1 is in cd/m2, lx or cd.
PHOTOMETRIC_PER_Y = 683.002 * CIE_Y_INTEGRAL


def emission(light: d.Light, spec: d.Spectrum, per_unit: dict[str, float], builder: TableBuilder) -> tuple[int, float]:
    """(texture id, factor) of a light's colour.

    Parameters
    ----------
    per_unit : unit -> what a light of 1 (lm or W per whatever its radiance, intensity or irradiance is per) is in that
        unit: pi times the area for the flux of an area light, 1 for its luminance.
    """
    color, factor = builder.emission(light, spec, light)
    if light.units == "radiometric":
        return color, factor
    amount = light.intensity * 2.0**light.exposure / per_unit[light.units]
    if isinstance(spec, d.SpectrumSpec) and spec.texture is not None:
        # where the texture is 1 its luminance is, too
        return color, amount * spec.scale / PHOTOMETRIC_PER_Y
    spectrum = builder.host_spectrum(spec, "emission", light)
    if light.units == "W":
        whole = builder.integral(spectrum)
    else:
        whole = PHOTOMETRIC_PER_Y * luminance(spectrum)
    if not whole > 0.0:
        raise d.fail(light, f"a colour that has no {light.units} of its own cannot be scaled to some")
    # what `factor` holds besides intensity and exposure cancels: builder.emission's table is of the bare colour
    return color, amount / whole


def area_units(area: float, unit: str) -> dict[str, float]:
    """`per_unit` of a surface that emits evenly; `unit` is that of its radiance."""
    return {unit: 1.0, "lm": area, "W": area}


def spot_solid_angle(cutoff: float, beam: float) -> float:
    """Solid angle [sr] times share of the intensity of a cone that falls linearly in angle from `beam` to `cutoff`."""
    theta = np.linspace(beam, cutoff, 2001)
    rim = np.ones_like(theta) if cutoff <= beam else (cutoff - theta) / (cutoff - beam)
    return float(2.0 * np.pi * (1.0 - np.cos(beam) + np.trapezoid(rim * np.sin(theta), theta)))
