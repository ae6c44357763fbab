"""Pictures of the report: heat maps with their colours, chromaticity diagrams, spectra."""

from __future__ import annotations

import io

import numpy as np

from specrender.color import rgb_to_xyz, srgb_encode, xyz_to_rgb, xyz_to_uv_prime, xyz_to_xy
from specrender.color.gamuts import D65
from specrender.labels import plain
from specrender.spectra.wavelengths import cmf, visible

#: Gamut of the colours of real surfaces [Pointer1980]: maximum over lightness, CIE 1931 xy under illuminant C, as
#: given by colour-science 0.4.7 (`CCS_POINTER_GAMUT_BOUNDARY`).
POINTER_XY = np.array([
    [0.659, 0.316], [0.634, 0.351], [0.594, 0.391], [0.557, 0.427], [0.523, 0.462], [0.482, 0.491],
    [0.444, 0.515], [0.409, 0.546], [0.371, 0.558], [0.332, 0.573], [0.288, 0.584], [0.242, 0.576],
    [0.202, 0.530], [0.177, 0.454], [0.151, 0.389], [0.151, 0.330], [0.162, 0.295], [0.157, 0.266],
    [0.159, 0.245], [0.142, 0.214], [0.141, 0.195], [0.129, 0.168], [0.138, 0.141], [0.145, 0.129],
    [0.145, 0.106], [0.161, 0.094], [0.188, 0.084], [0.252, 0.104], [0.324, 0.127], [0.393, 0.165],
    [0.451, 0.199], [0.508, 0.226],
])  # fmt: skip

#: Triangles of every diagram, besides that of the rendering space.
TRIANGLES = {"srgb": "#c2410c", "rec2020": "#15803d", "acescg": "#6d28d9"}

#: Colours of a cloud: spectral, RGB.
SPECTRAL_COLOUR, RGB_COLOUR = "#0f172a", "#e11d48"

#: Most pixels that are drawn of a picture.
CLOUD = 4000

#: What a map is called, its unit, colour map, and range: (low, high), where None follows from the data.
MAPS = {
    "delta_e_2000": ("CIEDE2000", "", "inferno", (0.0, None)),
    "significant": ("CIEDE2000 where significant", "", "inferno", (0.0, None)),
    "delta_e_itp": ("Delta E ITP", "", "inferno", (0.0, None)),
    "flip": ("FLIP", "", "magma", (0.0, 1.0)),
    "luminance_ratio": ("luminance, RGB / spectral", "stops", "RdBu", (-1.0, 1.0)),
    "hue_shift_deg": ("hue shift", "degrees", "PuOr", (-30.0, 30.0)),
    "chroma_shift": ("chroma shift", "C*", "PiYG", (-20.0, 20.0)),
    "noise_delta_e_2000": ("CIEDE2000 that noise alone would make", "", "inferno", (0.0, None)),
}

#: Least top of a scale of colour differences, so that noise does not glow.
LEAST_TOP = 5.0


def top_of_scale(values: np.ndarray) -> float:
    """A round number at or above the 99th percentile, and at least `LEAST_TOP`."""
    finite = values[np.isfinite(values)]
    top = max(LEAST_TOP, float(np.percentile(finite, 99))) if finite.size else LEAST_TOP
    for step in (5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0):
        if top <= step:
            return step
    return float(np.ceil(top / 50.0) * 50.0)


def heat_map(values: np.ndarray, name: str, low: float, high: float, grey: np.ndarray | None = None) -> np.ndarray:
    """(h, w, 3) uint8 of a map.

    grey : (h, w) mask of the pixels that are shown as dark grey, since nothing is known of them.
    """
    import matplotlib

    scaled = np.nan_to_num((values - low) / (high - low), nan=0.0, posinf=1.0, neginf=0.0)
    colours = matplotlib.colormaps[name](np.clip(scaled, 0.0, 1.0), bytes=True)[..., :3]
    unknown = np.isnan(values) if grey is None else grey | np.isnan(values)
    colours[unknown] = (72, 72, 80)
    return colours


def colour_scale(name: str, steps: int = 24) -> str:
    """A CSS gradient of a colour map, from left to right."""
    import matplotlib

    colours = matplotlib.colormaps[name](np.linspace(0.0, 1.0, steps), bytes=True)[:, :3]
    return "linear-gradient(to right, " + ", ".join("#{:02x}{:02x}{:02x}".format(*c) for c in colours) + ")"


# ---------------------------------------------------------------- diagrams


def chromaticity_diagram(first: np.ndarray, second: np.ndarray, space: str, uv: bool, names: tuple[str, str]) -> str:
    """SVG text of both pixel clouds in CIE 1976 u'v' or CIE 1931 xy, with gamuts and Pointer's gamut.

    first, second : (h, w, 3) XYZ.  names : what they are called in the legend.
    """
    project = xyz_to_uv_prime if uv else xyz_to_xy
    figure, axes = _axes((5.2, 5.2))
    locus = project(cmf()[20:341])  # 380 to 700 nm: beyond, the ends of the tables wander
    axes.fill(*locus.T, facecolor="#f1f5f9", edgecolor="#64748b", linewidth=1.0, zorder=0)
    for wavelength in (450, 480, 500, 520, 540, 560, 580, 600, 620, 650):
        spot = project(cmf()[int(wavelength - visible()[0])])
        axes.plot(*spot, marker="o", markersize=2, color="#64748b")
        axes.annotate(f"{wavelength}", spot, fontsize=6, color="#64748b", xytext=(3, 3), textcoords="offset points")
    pointer = _xy_to(POINTER_XY, uv)
    axes.plot(*_closed(pointer), color="#64748b", linestyle=":", linewidth=1.2, label="Pointer's gamut")
    triangles = dict(TRIANGLES)
    triangles.setdefault(space, "#0369a1")
    for name, colour in triangles.items():
        # as the primaries are seen in XYZ relative to D65, which is where the pixels are
        corners = project(rgb_to_xyz(name).T)
        width = 1.8 if name == space else 0.9
        axes.plot(*_closed(corners), color=colour, linewidth=width, label=name)
    axes.plot(*project(_white()), marker="+", color="black", markersize=8)
    chosen = _lit_pixels(first, second)
    for xyz, colour, label, marker in (
        (second, RGB_COLOUR, names[1], "."),
        (first, SPECTRAL_COLOUR, names[0], "."),
    ):
        spots = project(xyz.reshape(-1, 3)[chosen])
        axes.plot(*spots.T, marker, color=colour, markersize=2.2, alpha=0.35, markeredgewidth=0, rasterized=True)
        axes.plot([], [], marker, color=colour, label=plain(label))
    axes.set_aspect("equal")
    axes.set_xlim(*((0.0, 0.65) if uv else (0.0, 0.78)))
    axes.set_ylim(*((0.0, 0.6) if uv else (0.0, 0.88)))
    axes.set_xlabel("u'" if uv else "x")
    axes.set_ylabel("v'" if uv else "y")
    axes.legend(fontsize=7, loc="upper right" if not uv else "lower right", frameon=False)
    return _svg(figure)


def spectrum_figure(probe: dict, label: str) -> str:
    """SVG text of the spectral radiance of a probe, with two standard errors."""
    figure, axes = _axes((5.2, 2.6))
    edges, values = np.array(probe["edges_nm"]), np.array(probe["radiance"])
    error = 2.0 * np.array(probe["radiance_standard_error"])
    centres = np.array(probe["wavelengths_nm"])
    axes.fill_between(centres, np.maximum(values - error, 0.0), values + error, color="#94a3b8", alpha=0.5, linewidth=0)
    for start, end, value, colour in zip(edges[:-1], edges[1:], values, spectral_colours(centres), strict=True):
        axes.fill_between([start, end], 0.0, value, color=colour, linewidth=0)
    axes.plot(centres, values, color=SPECTRAL_COLOUR, linewidth=1.2)
    axes.set_xlim(edges[0], min(edges[-1], 780.0) if edges[0] < 780.0 else edges[-1])
    axes.set_ylim(0.0, 1.05 * max(float((values + error).max()), 1e-12))
    axes.set_xlabel("wavelength [nm]")
    axes.set_ylabel("radiance [W m$^{-2}$ sr$^{-1}$ nm$^{-1}$]", fontsize=7)
    axes.set_title(plain(label), fontsize=9, loc="left")
    return _svg(figure)


def spectral_colours(wavelengths_nm: np.ndarray) -> np.ndarray:
    """(n, 3) sRGB code values that stand for wavelengths, for the eye only: clipped and evened out."""
    responses = np.stack([np.interp(wavelengths_nm, visible(), cmf()[:, i], left=0.0, right=0.0) for i in range(3)], -1)
    linear = np.maximum(responses @ xyz_to_rgb("srgb").T, 0.0)
    linear /= np.maximum(linear.max(axis=-1, keepdims=True), 0.05)
    return 0.35 + 0.65 * srgb_encode(np.clip(linear, 0.0, 1.0))


def _white():
    x, y = D65
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def _xy_to(xy, uv):
    if not uv:
        return xy
    return xyz_to_uv_prime(np.stack([xy[:, 0], xy[:, 1], 1.0 - xy.sum(axis=1)], axis=-1))


def _closed(points):
    return np.concatenate([points, points[:1]]).T


def _lit_pixels(first, second):
    """Indices of pixels, evenly taken, that are light enough in both pictures to have a chromaticity."""
    both = np.minimum(first[..., 1], second[..., 1]).ravel()
    level = 0.01 * np.percentile(both, 95)
    lit = np.flatnonzero(both > max(level, 1e-9))
    return lit[np.unique(np.linspace(0, len(lit) - 1, min(len(lit), CLOUD)).astype(int))] if len(lit) else lit


def _axes(size):
    """A figure without pyplot, which would look for a display."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(labelsize=7, color="#94a3b8")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _svg(figure) -> str:
    import matplotlib

    buffer = io.StringIO()
    # text stays text, in a font that every device has; the same picture gives the same file
    with matplotlib.rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "svg.hashsalt": "specrender"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
