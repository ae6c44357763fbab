"""Materials of the scene to parameter records of the kernel's BSDFs: `pack_bsdf`, one packer a struct.

The builder resolves names and files and owns the tables; see `scene.compile.builder`.
"""

from __future__ import annotations

import numpy as np

from specrender.kernel.bsdf import KINDS, TAGS
from specrender.kernel.bsdf.roughplastic import RESOLUTION
from specrender.kernel.microfacet import MIN_ALPHA
from specrender.scene.compile.coats import coat_tables, diffuse_reflectance_inside
from specrender.scene.compile.measured import pack_measured
from specrender.scene.compile.principled import pack_principled, pack_principled_thin
from specrender.scene.compile.scene_spectra import metal
from specrender.scene.description import (
    Conductor,
    Dielectric,
    Diffuse,
    DiffuseTransmission,
    Hair,
    Measured,
    Null,
    Plastic,
    Principled,
    PrincipledThin,
    RoughConductor,
    RoughDielectric,
    RoughDiffuse,
    RoughPlastic,
    SpectrumSpec,
    TextureRef,
    ThinDielectric,
    fail,
)
from specrender.spectra.refraction import LINE_D_NM

#: An index that varies by less than this share of itself over the spectrum counts as constant, since a smooth surface
#: pays for dispersion with three lanes of four: air alone (1.5e-5) must not make a glass of constant index split light.
#: It bends light by less than 0.01 degrees; the lowest dispersion of any glass is 80 times as large.
CONSTANT_WITHIN = 1e-4

_NONE = -1  # a texture that is not there


def pack_bsdf(node, builder):
    """The kernel's form of one material.

    Parameters
    ----------
    node : one of the material structs of `scene.description`, except those that wrap others.
    builder : makes textures and tables, see `scene.compile.builder`.

    Returns
    -------
    tag : int, position in `kernel.bsdf.KINDS`.
    record : 0-dimensional array of the kind's dtype.

    Raises
    ------
    SceneError : parameters that exclude each other or lack their partner, unknown names, impossible values.
    """
    kind, pack = PACKERS[type(node)]
    tag = TAGS[kind]
    record = np.zeros((), KINDS[tag].dtype)
    for name, value in pack(node, builder).items():
        record[name] = value
    return tag, record


# ---------------------------------------------------------------- shared parameters


def _tint(spec, node, builder) -> int:
    """Texture id of a factor on a lobe, or _NONE for the number 1."""
    if isinstance(spec, (int, float)) and spec == 1.0:
        return _NONE
    return builder.spectral(spec, "reflectance", node)


def _mean(texture: int, builder) -> float:
    return 1.0 if texture == _NONE else builder.mean(texture)


def _relative_index(node, builder):
    """(eta at the d line, function of nm or None): the index inside over the one outside.

    The function is there if the index depends on the wavelength and wavelengths are what the lanes carry.
    """
    inside, outside = builder.index(node.int_ior, node), builder.index(node.ext_ior, node)

    def eta(wavelengths_nm):
        return inside(wavelengths_nm) / outside(wavelengths_nm)

    probes = eta(builder.grid_nm)
    if not np.all(np.isfinite(probes)) or np.any(probes <= 0.0):
        raise fail(node, "refractive indices must be above 0 at all wavelengths")
    at_d = float(eta(np.array([LINE_D_NM]))[0])
    varies = builder.mode == "spectral" and np.ptp(probes) > CONSTANT_WITHIN * at_d
    return at_d, eta if varies else None


def _index_fields(node, builder) -> dict:
    at_d, eta = _relative_index(node, builder)
    return {"eta": at_d, "eta_texture": _NONE if eta is None else builder.spectrum_table(eta)}


def _interface(node, builder) -> dict:
    return _index_fields(node, builder) | {
        "specular_reflectance": _tint(node.specular_reflectance, node, builder),
        "specular_transmittance": _tint(node.specular_transmittance, node, builder),
    }


def _must_differ(node, eta: float) -> None:
    if eta == 1.0:
        raise fail(node, "int_ior and ext_ior must differ: a rough interface between equal indices does nothing")


def _metal(node, builder) -> dict:
    """Textures of the complex index; _NONE for a perfect mirror."""
    if node.material is not None and (node.eta is not None or node.k is not None):
        raise fail(node, "give either material or eta and k, not both")
    if (node.eta is None) != (node.k is None):
        given, missing = ("eta", "k") if node.k is None else ("k", "eta")
        raise fail(node, f"{given} is given without {missing}; a metal needs both")
    eta, k = _NONE, _NONE
    if node.eta is not None:
        eta, k = builder.spectral(node.eta, "unbounded", node), builder.spectral(node.k, "unbounded", node)
    elif node.material is not None and node.material.lower() != "none":
        role = "unbounded" if node.weighting == "d65" else "unweighted"
        eta, k = (builder.spectrum(s, role) for s in metal(node.material, node))
    return {"eta": eta, "k": k, "specular_reflectance": _tint(node.specular_reflectance, node, builder)}


def _checked_alpha(node, name: str, value: float) -> float:
    if not (np.isfinite(value) and value >= 0.0):
        raise fail(node, f"{name} must be a number of at least 0, not {value:g}")
    return max(float(value), float(MIN_ALPHA))


def _microfacets(node, builder) -> dict:
    """Distribution and roughness; 0.1 if no alpha is given, as in Mitsuba."""
    if node.alpha is not None and (node.alpha_u is not None or node.alpha_v is not None):
        raise fail(node, "give either alpha or alpha_u and alpha_v, not both")
    if (node.alpha_u is None) != (node.alpha_v is None):
        raise fail(node, "alpha_u and alpha_v go together: give both, or alpha for the two")
    if node.alpha_u is not None:
        along = {"alpha_u": node.alpha_u, "alpha_v": node.alpha_v}
    else:
        alpha = 0.1 if node.alpha is None else node.alpha
        along = {"alpha_u": alpha, "alpha_v": alpha}
    fields = {"ggx": node.distribution == "ggx"}
    for name, value in along.items():
        textured = isinstance(value, TextureRef)
        fields[name] = MIN_ALPHA if textured else _checked_alpha(node, name, value)
        fields[f"{name}_texture"] = builder.scalar(value, node) if textured else _NONE
    return fields


def _base(node, builder) -> dict:
    """The two lobes of a plastic and the share of samples each gets."""
    diffuse = builder.spectral(node.diffuse_reflectance, "reflectance", node)
    specular = _tint(node.specular_reflectance, node, builder)
    diffuse_mean, specular_mean = builder.mean(diffuse), _mean(specular, builder)
    both = diffuse_mean + specular_mean
    return {
        "diffuse_reflectance": diffuse,
        "specular_reflectance": specular,
        "specular_weight": specular_mean / both if both > 0.0 else 0.5,
        "nonlinear": node.nonlinear,
    }


# ---------------------------------------------------------------- the kinds


def _diffuse(node, builder):
    return {"reflectance": builder.spectral(node.reflectance, "reflectance", node)}


def _rough_dielectric(node, builder):
    fields = _interface(node, builder)
    _must_differ(node, fields["eta"])
    return fields | _microfacets(node, builder)


def _rough_conductor(node, builder):
    return _metal(node, builder) | _microfacets(node, builder)


def _plastic(node, builder):
    at_d, eta = _relative_index(node, builder)
    fields = _base(node, builder)
    fields |= {
        "eta": at_d,
        "eta_texture": _NONE,
        "internal": diffuse_reflectance_inside(at_d),
        "internal_texture": _NONE,
    }
    if eta is not None:
        fields["eta_texture"] = builder.spectrum_table(eta)
        fields["internal_texture"] = builder.spectrum_table(lambda nm: diffuse_reflectance_inside(eta(nm)))
    return fields


def _rough_plastic(node, builder):
    at_d, eta = _relative_index(node, builder)
    _must_differ(node, at_d)
    alpha = _checked_alpha(node, "alpha", node.alpha)
    ggx = node.distribution == "ggx"
    transmittance, internal = coat_tables(ggx, alpha, at_d, RESOLUTION)
    slope, internal_slope = np.zeros_like(transmittance), 0.0
    fields = _base(node, builder)
    fields |= {"eta": at_d, "eta_texture": _NONE, "internal": internal, "internal_texture": _NONE}
    if eta is not None:
        # First order in the index is ample (errors of 3e-3 where it is off by 3 %, more than glass); the step is wide
        # against the noise of the quadrature
        step = 0.03 * at_d
        (t_high, r_high), (t_low, r_low) = (coat_tables(ggx, alpha, at_d + s, RESOLUTION) for s in (step, -step))
        slope, internal_slope = (t_high - t_low) / (2.0 * step), (r_high - r_low) / (2.0 * step)
        fields["eta_texture"] = builder.spectrum_table(eta)
        fields["internal_texture"] = builder.spectrum_table(lambda nm: internal + internal_slope * (eta(nm) - at_d))
    table = np.stack([transmittance, slope], axis=1).astype(np.float32)
    return fields | {"ggx": ggx, "alpha": alpha, "transmittance": builder.values(table.ravel())}


def _rough_diffuse(node, builder):
    textured = isinstance(node.roughness, TextureRef)
    return _diffuse(node, builder) | {
        "roughness": 0.0 if textured else node.roughness,
        "roughness_texture": builder.scalar(node.roughness, node) if textured else _NONE,
    }


def _diffuse_transmission(node, builder):
    return {
        name: builder.spectral(getattr(node, name), "reflectance", node) for name in ("reflectance", "transmittance")
    }


#: Absorption of pigments for a concentration of 1, per radius, as sRGB: [DEon2011] section 6.
EUMELANIN = np.array([0.419, 0.697, 1.37])
PHEOMELANIN = np.array([0.187, 0.4, 1.05])


def hair_absorption(node: Hair):
    """(spectrum, scale) of the absorption that `sigma_a` or the concentrations of pigments give."""
    if node.sigma_a is not None:
        return node.sigma_a, node.scale
    eumelanin = 1.3 if node.eumelanin is None else node.eumelanin
    pheomelanin = 0.2 if node.pheomelanin is None else node.pheomelanin
    rgb = eumelanin * EUMELANIN + pheomelanin * PHEOMELANIN
    return SpectrumSpec(rgb=tuple(rgb)), 1.0


def _hair(node, builder):
    eta, _ = _relative_index(node, builder)
    spectrum, scale = hair_absorption(node)
    b, a = node.longitudinal_roughness, node.azimuthal_roughness
    # [Chiang2016] section 4.2; the kernel divides by both
    variance = max((0.726 * b + 0.812 * b**2 + 3.7 * b**20) ** 2, 1e-7)
    logistic = max(np.sqrt(np.pi / 8.0) * (0.265 * a + 1.194 * a**2 + 5.372 * a**22), 1e-4)
    fields = {
        "eta": eta,
        "sigma_a": builder.spectral(spectrum, "unbounded", node),
        "scale": scale,
        "is_rgb": builder.mode == "rgb",
        "logistic": logistic,
        **{f"variance{p}": variance * factor for p, factor in enumerate((1.0, 0.25, 4.0, 4.0))},
    }
    for k in (1, 2, 4):
        fields[f"sin{k}"], fields[f"cos{k}"] = (f(np.deg2rad(k * node.scale_tilt)) for f in (np.sin, np.cos))
    return fields


def _null(node, builder):
    return {}


#: struct -> (kind, packer): the fields of the kind's record.
PACKERS = {
    Diffuse: ("diffuse", _diffuse),
    Dielectric: ("dielectric", _interface),
    ThinDielectric: ("thindielectric", _interface),
    RoughDielectric: ("roughdielectric", _rough_dielectric),
    Conductor: ("conductor", _metal),
    RoughConductor: ("roughconductor", _rough_conductor),
    Plastic: ("plastic", _plastic),
    RoughPlastic: ("roughplastic", _rough_plastic),
    Null: ("null", _null),
    RoughDiffuse: ("roughdiffuse", _rough_diffuse),
    DiffuseTransmission: ("diffusetransmission", _diffuse_transmission),
    Principled: ("principled", pack_principled),
    PrincipledThin: ("principledthin", pack_principled_thin),
    Hair: ("hair", _hair),
    Measured: ("measured", pack_measured),
}
