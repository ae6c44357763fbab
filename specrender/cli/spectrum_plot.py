"""Pictures of a spectrum: its curve, and its place in the chromaticity diagrams of 1931 and 1976."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from specrender.color import GAMUTS, xyz_to_rgb, xyz_to_uv_prime, xyz_to_xy
from specrender.color.transfer import srgb_encode
from specrender.errors import InputError, SpecrenderError
from specrender.files import reason, replacing, why_unwritable
from specrender.labels import plain
from specrender.spectra.lamps import CCT_MIN_K
from specrender.spectra.spectrum import Blackbody, integrate_xyz
from specrender.spectra.wavelengths import cmf, visible

FORMATS = (".png", ".svg", ".pdf")

#: Gamuts that the diagrams show, with a colour each.
SHOWN = {"srgb": "black", "display-p3": "tab:blue", "rec2020": "tab:green", "acescg": "tab:red"}

#: Wavelengths written at the locus [nm].
MARKS = (400, 460, 480, 490, 500, 510, 520, 540, 560, 580, 600, 620, 700)


def check_plot(path: str) -> None:
    """InputError if a plot cannot be written there."""
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        raise InputError(f"cannot plot to '{path}': the extension must be one of {', '.join(FORMATS)}")
    problem = why_unwritable(target)
    if problem:
        raise InputError(f"cannot plot to '{path}': {problem}")


def plot(thing, report: dict, path: str) -> None:
    """Draw the report of `cli.spectrum` to a file, which appears complete or not at all."""
    try:
        import matplotlib
    except ImportError:
        raise InputError("--plot needs matplotlib: pip install matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    has_colour = "xy" in report
    figure = Figure(figsize=(15 if has_colour else 6, 5), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, 3 if has_colour else 1))
    _curve(axes[0], thing, report)
    if has_colour:
        _diagram(axes[1], report["xy"], np.asarray, (0.0, 0.0, 0.8, 0.9), ("x", "y"), "CIE 1931")
        _diagram(axes[2], report["uv_prime"], _to_uv_prime, (0.0, 0.0, 0.65, 0.6), ("u'", "v'"), "CIE 1976")
        axes[1].legend(loc="upper right", fontsize=8, facecolor="silver")
    try:
        with replacing(path) as temporary, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # the name of a file in a script of another font
            figure.savefig(temporary, dpi=100)
    except OSError as error:
        raise SpecrenderError(f"cannot write '{path}': {reason(error)}") from error


def _curve(axes, thing, report):
    nm = visible()
    axes.set_title(plain(report["spectrum"] if len(report["spectrum"]) < 40 else report["spectrum"][:37] + "..."))
    axes.set_xlabel("wavelength [nm]")
    axes.set_xlim(nm[0], nm[-1])
    if thing.kind == "metal":
        axes.plot(nm, thing.eta(nm), label="n")
        axes.plot(nm, thing.k(nm), label="k")
        axes.legend()
    elif thing.kind == "index":
        axes.plot(nm, thing.index(nm))
        axes.set_ylabel("refractive index")
    else:
        values = thing.spectrum(nm)
        colours = np.clip(_display(cmf() @ xyz_to_rgb("srgb").T * 1.2), 0, 1)
        axes.bar(nm, values, width=1.0, color=colours, linewidth=0)
        axes.plot(nm, values, color="black", linewidth=0.8)
        units = {"reflectance": "reflectance", "emission": "relative power"}
        axes.set_ylabel("radiance [W m$^{-2}$ sr$^{-1}$ nm$^{-1}$]" if thing.is_physical else units[thing.kind])
        axes.set_ylim(0, (1.0 if thing.kind == "reflectance" else 1.05) * max(float(values.max()), 1e-30))
        if thing.kind == "reflectance":
            axes.set_ylim(0, max(1.0, float(values.max())))


def _display(rgb):
    return srgb_encode(np.maximum(rgb, 0.0))


def _to_uv_prime(xy):
    xy = np.asarray(xy, np.float64)
    return xyz_to_uv_prime(np.concatenate([xy, 1.0 - xy.sum(axis=-1, keepdims=True)], axis=-1))


def _diagram(axes, point, project, limits, labels, title):
    """A chromaticity diagram; `project` takes xy to its coordinates."""
    axes.set_title(title)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    locus = project(xyz_to_xy(cmf()[20:341]))  # 380 to 700 nm
    outline = np.concatenate([locus, locus[:1]])
    _fill(axes, locus, limits, labels[0] == "x")
    axes.plot(*outline.T, color="black", linewidth=0.8)
    for nm in MARKS:
        axes.annotate(str(nm), locus[nm - 380], fontsize=6, textcoords="offset points", xytext=(2, 2))
    kelvins = np.geomspace(CCT_MIN_K, 25000.0, 60)
    planck = project(xyz_to_xy(np.stack([integrate_xyz(Blackbody(kelvin)) for kelvin in kelvins])))
    axes.plot(*planck.T, color="dimgrey", linewidth=0.8, label="black bodies")
    for name, colour in SHOWN.items():
        space = GAMUTS[name]
        triangle = project(np.array([space.red, space.green, space.blue, space.red]))
        axes.plot(*triangle.T, color=colour, linewidth=1.0, label=name)
    pointer = project(pointer_gamut())
    axes.plot(*pointer.T, color="white", linewidth=1.2, linestyle="--", label="Pointer's gamut")
    axes.plot(*point, marker="o", markersize=7, markerfacecolor="white", markeredgecolor="black", linestyle="none")
    axes.set_xlim(limits[0], limits[2])
    axes.set_ylim(limits[1], limits[3])
    axes.set_aspect("equal")


def _fill(axes, locus, limits, is_xy):
    """The inside of the locus in the colours that a display has for it."""
    from matplotlib.patches import Polygon

    x, y = np.meshgrid(np.linspace(limits[0], limits[2], 256), np.linspace(limits[3], limits[1], 256))
    if not is_xy:  # u', v' back to x, y [CIE15]
        below = 6.0 * x - 16.0 * y + 12.0
        x, y = 9.0 * x / below, 4.0 * y / below
    y = np.maximum(y, 1e-3)
    rgb = np.maximum(np.stack([x / y, np.ones_like(y), (1.0 - x - y) / y], axis=-1) @ xyz_to_rgb("srgb").T, 0.0)
    rgb = srgb_encode(rgb / np.maximum(rgb.max(axis=-1, keepdims=True), 1e-9))
    image = axes.imshow(np.clip(rgb, 0, 1), extent=(limits[0], limits[2], limits[1], limits[3]), alpha=0.75)
    image.set_clip_path(Polygon(locus, closed=True, transform=axes.transData))


def pointer_gamut() -> np.ndarray:
    """(n, 2) xy of the outline of all surface colours that Pointer found, closed, by colour-science."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from colour.models import CCS_POINTER_GAMUT_BOUNDARY
    outline = np.asarray(CCS_POINTER_GAMUT_BOUNDARY)[:, :2]
    return np.concatenate([outline, outline[:1]])
