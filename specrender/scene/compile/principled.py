"""Burley's materials to the records of the kernel."""

from __future__ import annotations

import functools

import numpy as np

from specrender.color import rgb_to_xyz
from specrender.scene import description as d
from specrender.spectra import wavelengths
from specrender.spectra.uplift import white_spectrum

SCALARS = (
    "roughness anisotropic spec_trans sheen sheen_tint flatness spec_tint metallic clearcoat clearcoat_gloss".split()
)
THIN_SCALARS = "roughness anisotropic spec_trans sheen sheen_tint flatness spec_tint diff_trans eta".split()

#: Indices that mean "no interface" and what Mitsuba takes in their place where light is transmitted.
LEAST_ETA, LEAST_SPECULAR = 1.001, 1e-3


@functools.cache
def luminance_nodes(count: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Wavelengths [nm] and weights that give the luminance of a reflectance under D65.

    Gauss's rule for the weight ybar D65 (by its orthogonal polynomials, [Golub1969]), exact for spectra that are
    polynomials of degree 2 count - 1, and within 4 % for saturated colours; the weights add up to 1.
    """
    grid = wavelengths.visible()
    weight = wavelengths.cmf()[:, 1] * white_spectrum("srgb")(grid)
    weight = weight / weight.sum()
    x = (grid - 595.0) / 235.0
    alpha, beta = np.zeros(count), np.zeros(count)
    before, current, norm = np.zeros_like(x), np.ones_like(x), 1.0
    for k in range(count):
        square = np.sum(weight * current**2)
        alpha[k] = np.sum(weight * x * current**2) / square
        beta[k] = square / norm
        before, current, norm = current, (x - alpha[k]) * current - (beta[k] if k else 0.0) * before, square
    off = np.sqrt(beta[1:])
    nodes, vectors = np.linalg.eigh(np.diag(alpha) + np.diag(off, 1) + np.diag(off, -1))
    return 595.0 + 235.0 * nodes, vectors[0] ** 2


def _luminance(builder) -> int:
    """load4 index of wavelengths and weights, see `kernel.bsdf.principled_terms.tint_of`."""
    if builder.mode == "rgb":
        nodes, weights = np.zeros(4), np.append(rgb_to_xyz(builder.rgb_space)[1], 0.0)
    else:
        nodes, weights = luminance_nodes()
    return builder.values(np.concatenate([nodes, weights])) // 4


def _scalars(node, names, builder) -> dict:
    fields = {}
    for name in names:
        value = getattr(node, name)
        textured = isinstance(value, d.TextureRef)
        fields[name] = 0.0 if textured else value
        fields[f"{name}_texture"] = builder.scalar(value, node) if textured else -1
    return fields


def principled_eta(node: d.Principled) -> float:
    """The index that `eta` or `specular` give; [Burley2015] section 5.1."""
    transmits = node.spec_trans != 0.0
    if node.eta is not None:
        return LEAST_ETA if transmits and node.eta == 1.0 else node.eta
    specular = 0.5 if node.specular is None else node.specular
    if transmits and specular == 0.0:
        specular = LEAST_SPECULAR
    return 2.0 / (1.0 - np.sqrt(0.08 * specular)) - 1.0


def pack_principled(node: d.Principled, builder) -> dict:
    """Fields of the record of `principled`."""
    return {
        "base_color": builder.spectral(node.base_color, "reflectance", node),
        "luminance": _luminance(builder),
        "eta": principled_eta(node),
        "specular_rate": node.main_specular_sampling_rate,
        "clearcoat_rate": node.clearcoat_sampling_rate,
        "diffuse_rate": node.diffuse_reflectance_sampling_rate,
        **_scalars(node, SCALARS, builder),
    }


def pack_principled_thin(node: d.PrincipledThin, builder) -> dict:
    """Fields of the record of `principledthin`."""
    return {
        "base_color": builder.spectral(node.base_color, "reflectance", node),
        "luminance": _luminance(builder),
        "specular_rate": node.specular_reflectance_sampling_rate,
        "transmission_rate": node.specular_transmittance_sampling_rate,
        "diffuse_rate": node.diffuse_reflectance_sampling_rate,
        "diffuse_transmission_rate": node.diffuse_transmittance_sampling_rate,
        **_scalars(node, THIN_SCALARS, builder),
    }
