"""`specrender spectrum`: what a spectrum, lamp, reflectance, glass or metal is, in numbers and pictures."""

from __future__ import annotations

import json

import numpy as np

from specrender.errors import InputError


def run(arguments) -> int:
    """Print the report, and draw it if asked for; returns the exit code."""
    from specrender.cli.spectrum_text import parse_spectrum

    if arguments.plot is not None:
        from specrender.cli.spectrum_plot import check_plot

        check_plot(arguments.plot)
    thing = parse_spectrum(arguments.spectrum, arguments.reflectance)
    if arguments.illuminant is not None and thing.kind not in ("reflectance", "metal"):
        raise InputError(f"--illuminant lights reflectances and metals; '{arguments.spectrum}' is of kind {thing.kind}")
    report = REPORTS[thing.kind](thing, arguments.illuminant or "D65")
    report = {"spectrum": arguments.spectrum, "kind": thing.kind, **report}
    if arguments.plot is not None:
        from specrender.cli.spectrum_plot import plot

        plot(thing, report, arguments.plot)
    if arguments.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)
    return 0


# ---------------------------------------------------------------- reports


def _emission(thing, _illuminant):
    from specrender.spectra import lamps, quality
    from specrender.spectra.spectrum import integrate_xyz

    spectrum, step = thing.spectrum, quality.published_step(thing.name)
    xyz = integrate_xyz(spectrum)
    report = {"xyz": xyz.tolist(), "luminance_cdm2": lamps.CDM2_OF_Y * float(xyz[1]) if thing.is_physical else None}
    if not xyz[1] > 0:
        return {**report, "luminous_efficacy_lm_per_w": 0.0}
    kelvin, duv = lamps.cct_duv(xyz) or (None, None)
    rendering, fidelity = quality.color_rendering(spectrum, step), quality.fidelity(spectrum, step)
    return {
        **report,
        **_chromaticity(xyz, (1 / 3, 1 / 3)),
        "cct_k": kelvin,
        "duv": duv,
        "cri_ra": None if rendering is None else rendering.ra,
        "cri_r1_to_r14": None if rendering is None else list(rendering.special),
        "tm30_rf": None if fidelity is None else fidelity.rf,
        "tm30_rg": None if fidelity is None else fidelity.rg,
        "luminous_efficacy_lm_per_w": lamps.luminous_efficacy(spectrum),
    }


def _reflectance(thing, illuminant):
    from specrender.spectra.wavelengths import visible

    values = thing.spectrum(visible())
    return {**_lit(thing.spectrum, illuminant), "smallest": float(values.min()), "largest": float(values.max())}


def _lit(reflectance, illuminant):
    """Colour of a reflectance under an illuminant; Y = 1 is the perfect white."""
    from specrender.color import D65, adaptation_matrix, xyz_to_lab, xyz_to_rgb
    from specrender.spectra.spectrum import Product, integrate_xyz
    from specrender.spectra.whites import white

    light = white(illuminant)
    xyz = integrate_xyz(Product(reflectance, light.spectrum)) / integrate_xyz(light.spectrum)[1]
    under_d65 = adaptation_matrix(light.xy, D65) @ xyz
    return {
        "illuminant": illuminant,
        "xyz": xyz.tolist(),
        **(_chromaticity(xyz, light.xy) if xyz[1] > 0 else {}),
        "lab_d65": xyz_to_lab(under_d65).tolist(),
        "srgb_linear": (xyz_to_rgb("srgb") @ under_d65).tolist(),
    }


def _metal(thing, illuminant):
    from specrender.spectra.spectrum import Tabulated
    from specrender.spectra.wavelengths import visible

    eta, k = thing.eta(visible()), thing.k(visible())
    # Fresnel at normal incidence [Born1999]
    reflectance = Tabulated(visible(), ((eta - 1) ** 2 + k**2) / ((eta + 1) ** 2 + k**2))
    lines = (450.0, 550.0, 650.0)
    return {
        "eta_450_550_650": [float(v) for v in thing.eta(np.array(lines))],
        "k_450_550_650": [float(v) for v in thing.k(np.array(lines))],
        **_lit(reflectance, illuminant),
    }


def _index(thing, _illuminant):
    from specrender.spectra import catalogue
    from specrender.spectra.refraction import LINE_C_NM, LINE_D_NM, LINE_F_NM

    n_f, n_d, n_c = (float(thing.index(np.array(nm))) for nm in (LINE_F_NM, LINE_D_NM, LINE_C_NM))
    report = {
        "n_d": n_d,
        "n_f": n_f,
        "n_c": n_c,
        "abbe_number": (n_d - 1) / (n_f - n_c) if n_f != n_c else None,
        "reflectance_at_d": ((n_d - 1) / (n_d + 1)) ** 2,
    }
    if thing.name is not None:
        report["source"] = catalogue.glass_record(thing.name).source
    return report


REPORTS = {"emission": _emission, "reflectance": _reflectance, "metal": _metal, "index": _index}


def _chromaticity(xyz, white):
    from specrender.color import xyz_to_uv_prime, xyz_to_xy
    from specrender.spectra.lamps import dominant_wavelength

    wavelength, purity = dominant_wavelength(xyz, white) or (None, None)
    return {
        "xy": xyz_to_xy(xyz).tolist(),
        "uv_prime": xyz_to_uv_prime(xyz).tolist(),
        "dominant_wavelength_nm": wavelength,
        "excitation_purity": purity,
    }


# ---------------------------------------------------------------- as text

#: Key of the report -> (label, format of each number, unit).  A dominant wavelength below 0 is a complementary one.
LINES = {
    "source": ("source", "", ""),
    "illuminant": ("under", "", ""),
    "xyz": ("X Y Z", ".6g", ""),
    "luminance_cdm2": ("luminance", ".6g", " cd/m2"),
    "xy": ("x y", ".5f", ""),
    "uv_prime": ("u' v'", ".5f", ""),
    "cct_k": ("CCT", ".1f", " K"),
    "duv": ("Duv", "+.5f", ""),
    "dominant_wavelength_nm": ("dominant", ".1f", " nm"),
    "excitation_purity": ("purity", ".4f", ""),
    "cri_ra": ("CRI Ra", ".1f", ""),
    "cri_r1_to_r14": ("R1 to R14", ".0f", ""),
    "tm30_rf": ("TM-30 Rf", ".1f", ""),
    "tm30_rg": ("TM-30 Rg", ".1f", ""),
    "luminous_efficacy_lm_per_w": ("efficacy", ".2f", " lm/W of radiation"),
    "lab_d65": ("L* a* b*", ".2f", " (D65)"),
    "srgb_linear": ("linear sRGB", ".4f", ""),
    "smallest": ("smallest", ".4g", ""),
    "largest": ("largest", ".4g", ""),
    "eta_450_550_650": ("n", ".4f", " at 450, 550, 650 nm"),
    "k_450_550_650": ("k", ".4f", " at 450, 550, 650 nm"),
    "n_d": ("n_d", ".6f", ""),
    "n_f": ("n_F", ".6f", ""),
    "n_c": ("n_C", ".6f", ""),
    "abbe_number": ("Abbe V_d", ".2f", ""),
    "reflectance_at_d": ("reflects", ".4f", " at normal incidence, 587.6 nm"),
}


def _show(report):
    print(f"{report['spectrum']}: {report['kind']}")
    for key, (label, form, unit) in LINES.items():
        value = report.get(key)
        if key not in report or (value is None and key == "luminance_cdm2"):
            continue
        if key == "dominant_wavelength_nm" and value is not None and value < 0:
            label, value = "complement", -value
        numbers = value if isinstance(value, list) else [value]
        text = "none" if value is None else " ".join(format(v, form) for v in numbers) + unit
        print(f"  {label:<12} {text}")
