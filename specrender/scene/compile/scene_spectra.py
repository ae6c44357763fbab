"""What a scene says about spectra and refractive indices, as functions of wavelength.

Names are looked up in the scene first and among the data sets then; files are read.  What is wrong with either is told
with the place in the scene.
"""

from __future__ import annotations

import warnings

from specrender.errors import SpecrenderError, SpecrenderWarning
from specrender.scene import description as d
from specrender.spectra import catalogue, files, refraction
from specrender.spectra.spectrum import Blackbody, Scaled, Spectrum, Tabulated, Uniform
from specrender.spectra.uplift import uplift_emission, uplift_reflectance, uplift_unbounded

UPLIFT = {"reflectance": uplift_reflectance, "unbounded": uplift_unbounded, "emission": uplift_emission}


def host_spectrum(scene: d.Scene, spec: d.Spectrum, role: str, node: d.Node) -> Spectrum:
    """The function of wavelength that a spectrum (not a texture) of the scene stands for.

    role : "reflectance" (rgb is bounded), "unbounded", or "emission" (rgb is times D65).
    """
    if isinstance(spec, (int, float)):
        return Uniform(float(spec))
    if isinstance(spec, str):
        if spec in scene.spectra:
            return host_spectrum(scene, scene.spectra[spec], role, node)
        return located(catalogue.named, node, spec)
    place = spec if d.where(spec) else node
    if spec.rgb is not None:
        base = located(UPLIFT[role], place, spec.rgb, spec.space)
    elif spec.blackbody is not None:
        base = located(Blackbody, place, spec.blackbody)
    elif spec.name is not None:
        base = host_spectrum(scene, spec.name, role, place)
    elif spec.file is not None:
        base = located(files.read_spectrum, place, spec.file, spec.extrapolate)
    else:
        base = located(Tabulated, place, spec.wavelengths, spec.values, spec.extrapolate)
    _note_what_is_outside(scene, base, place)
    return base if spec.scale == 1.0 else Scaled(base, spec.scale)


def _note_what_is_outside(scene: d.Scene, spectrum: Spectrum, node: d.Node) -> None:
    """A table that lies wholly outside the wavelengths of paths is black there: mostly its unit is wrong."""
    if not isinstance(spectrum, Tabulated) or spectrum.extrapolate != "zero":
        return
    if isinstance(scene.film, d.SpecFilm):  # its responses say which wavelengths paths carry
        return
    low, high = scene.wavelengths.lambda_min, scene.wavelengths.lambda_max
    first, last = spectrum.wavelengths[0], spectrum.wavelengths[-1]
    if last <= low or first >= high:
        what = f"a table from {first:g} to {last:g} nm, but paths carry {low:g} to {high:g} nm: it is 0 there"
        remedy = "wavelengths are in nm"
        warnings.warn(f"{d.where(node) or 'spectrum'}: {what}; {remedy}", SpecrenderWarning, stacklevel=2)


def located(function, node, *args):
    """Call `function`; what it complains about is told with the place of `node`."""
    try:
        return function(*args)
    except SpecrenderError as error:
        raise d.fail(node, str(error)) from None


def metal(name: str, node: d.Node) -> tuple[Spectrum, Spectrum]:
    """(eta, k) of a metal by name."""
    return located(catalogue.metal, node, name)


def refractive_index(scene: d.Scene, ior: d.Ior, node: d.Node):
    """The refractive index a scene gives, as a callable of wavelength [nm]."""
    if isinstance(ior, (int, float)):
        return located(refraction.ConstantIndex, node, float(ior))
    if isinstance(ior, str):
        if ior in scene.spectra:
            return host_spectrum(scene, scene.spectra[ior], "unbounded", node)
        try:
            return catalogue.glass(ior)
        except SpecrenderError as error:
            if ior.lower() in catalogue.names("ior"):
                return refraction.ConstantIndex(catalogue.scalar_ior(ior))
            raise d.fail(node, str(error)) from None
    if ior.cauchy is not None:
        return located(refraction.Cauchy, node, *ior.cauchy)
    if ior.sellmeier is not None:
        return located(refraction.Sellmeier, node, *ior.sellmeier)
    if ior.file is not None:
        table = located(files.read_spectrum, node, ior.file, "hold")
        return located(refraction.TabulatedIndex, node, table.wavelengths, table.values)
    return located(refraction.TabulatedIndex, node, ior.wavelengths, ior.values)
