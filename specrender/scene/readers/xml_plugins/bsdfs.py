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


def _roughdiffuse(p):
    """Ours, under the name that Mitsuba 0.6 had."""
    return d.RoughDiffuse(reflectance=p.reflectance("reflectance", 0.5), roughness=p.float_texture("roughness", 0.5))


def _diffusetransmission(p):
    """Ours, under the name of pbrt."""
    colours = {name: p.reflectance(name, 0.25) for name in ("reflectance", "transmittance")}
    return d.DiffuseTransmission(**colours)


def _scalars(p, struct, names):
    """The parameters of a struct that are numbers or textures, with its defaults."""
    defaults = dict(zip(reversed(struct.__struct_fields__), reversed(struct.__struct_defaults__), strict=False))
    return {name: p.float_texture(name, defaults[name]) for name in names}


def _rates(p, *names):
    return {name: p.number(name, 1.0) for name in (f"{name}_sampling_rate" for name in names)}


BURLEY = "roughness anisotropic spec_trans sheen sheen_tint flatness spec_tint".split()


def _principled(p):
    if "eta" in p and "specular" in p:
        raise p.fail("principled takes either eta or specular", "specular")
    return d.Principled(
        base_color=p.reflectance("base_color", 0.5),
        eta=p.number("eta", None),
        specular=p.number("specular", None),
        **_scalars(p, d.Principled, [*BURLEY, "metallic", "clearcoat", "clearcoat_gloss"]),
        **_rates(p, "main_specular", "clearcoat", "diffuse_reflectance"),
    )


def _principledthin(p):
    lobes = [f"{kind}_{way}" for kind in ("specular", "diffuse") for way in ("reflectance", "transmittance")]
    return d.PrincipledThin(
        base_color=p.reflectance("base_color", 0.5),
        **_scalars(p, d.PrincipledThin, [*BURLEY, "diff_trans", "eta"]),
        **_rates(p, *lobes),
    )


def _hair(p):
    if "sigma_a" in p and ("eumelanin" in p or "pheomelanin" in p):
        raise p.fail("hair takes either sigma_a or eumelanin and pheomelanin", "sigma_a")
    return d.Hair(
        sigma_a=p.reflectance("sigma_a", None),
        scale=p.number("scale", 1.0),
        eumelanin=p.number("eumelanin", None),
        pheomelanin=p.number("pheomelanin", None),
        int_ior=p.index("int_ior", "amber"),
        ext_ior=p.index("ext_ior", "air"),
        longitudinal_roughness=p.number("longitudinal_roughness", 0.3),
        azimuthal_roughness=p.number("azimuthal_roughness", 0.3),
        scale_tilt=p.number("scale_tilt", 2.0),
    )


def _measured(p):
    return d.Measured(filename=p.filename())


def _blendbsdf(p):
    nested = p.children("bsdf")
    if len(nested) != 2:
        raise p.fail(f"blendbsdf takes two nested bsdfs, got {len(nested)}")
    p.required("weight")
    first, second = (p.context.material(bsdf) for bsdf in nested)
    return d.BlendBsdf(first=first, second=second, weight=p.float_texture("weight", 0.5))


def _perturbed(p):
    """What normal and bump maps share."""
    nested = p.child("bsdf", "nested bsdf")
    if nested is None:
        raise p.fail(f"{p.plugin.type} needs a nested bsdf")
    return {
        "material": p.context.material(nested),
        "flip_invalid_normals": p.boolean("flip_invalid_normals", True),
        "use_shadowing_function": p.boolean("use_shadowing_function", True),
    }


def _normalmap(p):
    p.required("normalmap")
    return d.NormalMap(normalmap=p.vector_texture("normalmap"), **_perturbed(p))


def _bumpmap(p):
    texture = p.child("texture", "nested texture")
    if texture is None:
        raise p.fail("bumpmap needs a nested texture")
    return d.BumpMap(bumpmap=p.texture_ref(texture), scale=p.number("scale", 1.0), **_perturbed(p))


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
    "roughdiffuse": _roughdiffuse,
    "diffusetransmission": _diffusetransmission,
    "principled": _principled,
    "principledthin": _principledthin,
    "hair": _hair,
    "measured": _measured,
    "blendbsdf": _blendbsdf,
    "normalmap": _normalmap,
    "bumpmap": _bumpmap,
}
