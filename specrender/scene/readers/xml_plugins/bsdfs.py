"""Mitsuba's BSDFs as structs: one function a plugin type."""

from __future__ import annotations

from specrender.scene import description as d
from specrender.scene.readers.xml_params import Params
from specrender.spectra import catalogue

DISTRIBUTIONS = ("beckmann", "ggx")


def _diffuse(p: Params):
    return d.Diffuse(reflectance=p.reflectance("reflectance", 0.5))


def _dielectric(p, struct=d.Dielectric):
    return struct(
        int_ior=p.index("int_ior", "bk7"),
        ext_ior=p.index("ext_ior", "air"),
        specular_reflectance=p.reflectance("specular_reflectance", 1.0),
        specular_transmittance=p.reflectance("specular_transmittance", 1.0),
    )


def _thindielectric(p):
    return _dielectric(p, d.ThinDielectric)


def _roughness(p, node):
    """Distribution and roughness: alpha, or alpha_u and alpha_v; 0.1 by default."""
    node.distribution = p.choice("distribution", DISTRIBUTIONS, "beckmann")
    p.neutral("sample_visible", ("boolean",))
    if "alpha_u" in p or "alpha_v" in p:
        if "alpha" in p:
            raise p.fail(f"{p.plugin.type} takes either alpha or alpha_u and alpha_v", "alpha")
        for name in ("alpha_u", "alpha_v"):
            p.required(name)
        node.alpha_u, node.alpha_v = p.float_texture("alpha_u", None), p.float_texture("alpha_v", None)
        return node
    p.asked.update(("alpha_u", "alpha_v"))
    node.alpha = p.float_texture("alpha", 0.1)
    return node


def _roughdielectric(p):
    return _roughness(p, _dielectric(p, d.RoughDielectric))


def _conductor(p, struct=d.Conductor):
    """eta and k, or a material's name; a perfect mirror when neither is given."""
    node = struct(specular_reflectance=p.reflectance("specular_reflectance", 1.0))
    name = p.string("material", None)
    if "eta" in p or "k" in p:
        if name is not None:
            raise p.fail(f"{p.plugin.type} takes either material or eta and k", "material")
        node.eta, node.k = p.reflectance("eta", 0.0), p.reflectance("k", 1.0)
        return node
    p.asked.update(("eta", "k"))
    # measured with Mitsuba 3.9.1: its RGB variants integrate these indices without the D65 of other spectra
    node.material = "none" if name is None else name
    node.weighting = "d65" if node.material.lower() == "none" else "none"
    try:
        catalogue.metal(node.material)
    except Exception as error:  # an InputError of the catalogue, told here with its place
        raise p.fail(str(error), "material") from None
    return node


def _roughconductor(p):
    return _roughness(p, _conductor(p, d.RoughConductor))


def _plastic(p, struct=d.Plastic):
    return struct(
        int_ior=p.index("int_ior", "polypropylene"),
        ext_ior=p.index("ext_ior", "air"),
        diffuse_reflectance=p.reflectance("diffuse_reflectance", 0.5),
        specular_reflectance=p.reflectance("specular_reflectance", 1.0),
        nonlinear=p.boolean("nonlinear", False),
    )


def _roughplastic(p):
    node = _plastic(p, d.RoughPlastic)
    node.distribution = p.choice("distribution", DISTRIBUTIONS, "beckmann")
    node.alpha = p.number("alpha", 0.1)
    p.neutral("sample_visible", ("boolean",))
    return node


def _null(p):
    return d.Null()


def _twosided(p):
    nested = p.children("bsdf")
    if not 1 <= len(nested) <= 2:
        raise p.fail(f"twosided takes one or two nested bsdfs, got {len(nested)}")
    materials = [p.context.material(bsdf) for bsdf in nested]
    return d.TwoSided(material=materials[0], back=materials[1] if len(nested) == 2 else None)


def _mask(p):
    nested = p.child("bsdf", "nested bsdf")
    if nested is None:
        raise p.fail("mask needs a nested bsdf")
    return d.Mask(material=p.context.material(nested), opacity=p.float_texture("opacity", 0.5))


BSDFS = {
    "diffuse": _diffuse,
    "dielectric": _dielectric,
    "thindielectric": _thindielectric,
    "roughdielectric": _roughdielectric,
    "conductor": _conductor,
    "roughconductor": _roughconductor,
    "plastic": _plastic,
    "roughplastic": _roughplastic,
    "null": _null,
    "twosided": _twosided,
    "mask": _mask,
}
