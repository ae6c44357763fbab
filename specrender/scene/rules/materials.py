"""Rules of materials."""

from __future__ import annotations

from specrender.errors import InputError, did_you_mean
from specrender.scene import description as d

#: Materials that let light through; `twosided` takes none of them.
TRANSMISSIVE = (d.Dielectric, d.ThinDielectric, d.RoughDielectric, d.Null, d.Mask)


def _indices(p):
    """int_ior and ext_ior: above 0, or the name of a material or of an entry of spectra."""
    from specrender.spectra import catalogue

    known = {name.lower() for name in (*catalogue.names("glass"), *catalogue.names("ior"))}
    for field in ("int_ior", "ext_ior"):
        value = getattr(p.node, field)
        if isinstance(value, float):
            p.require(value > 0, field, "above 0")
        elif isinstance(value, str) and value.lower() not in known and value not in p.scene.spectra:
            names = [*catalogue.names("glass"), *catalogue.names("ior"), *p.scene.spectra]
            hint = did_you_mean(value, names)
            hint = hint if "did you mean" in hint else "; `specrender info --spectra` lists the names"
            raise p.fail(field, f"no material with a refractive index is named '{value}'{hint}")


def _roughness(p):
    p.not_negative("alpha", "alpha_u", "alpha_v")
    p.at_most(1, "alpha", "alpha_u", "alpha_v")
    if p.node.alpha is not None and (p.node.alpha_u is not None or p.node.alpha_v is not None):
        raise p.fail("alpha", "give either alpha or alpha_u and alpha_v")
    if (p.node.alpha_u is None) != (p.node.alpha_v is None):
        missing = "alpha_u" if p.node.alpha_u is None else "alpha_v"
        raise p.fail("", f"alpha_u and alpha_v must be given together; {missing} is missing")


def _rough_dielectric(p):
    _indices(p)
    _roughness(p)


def _conductor(p):
    from specrender.spectra import catalogue

    node = p.node
    if node.material is not None and (node.eta is not None or node.k is not None):
        raise p.fail("material", "give either material or eta and k")
    if (node.eta is None) != (node.k is None):
        raise p.fail("", f"eta and k must be given together; {'eta' if node.eta is None else 'k'} is missing")
    if node.material is not None:
        try:
            catalogue.metal(node.material)
        except InputError as error:
            raise p.fail("material", str(error)) from None


def _rough_conductor(p):
    _conductor(p)
    _roughness(p)


def _rough_plastic(p):
    _indices(p)
    p.not_negative("alpha")
    p.at_most(1, "alpha")


def _two_sided(p):
    for field in ("material", "back"):
        material = getattr(p.node, field)
        while isinstance(material, str):
            material = p.scene.materials[material]
        if isinstance(material, TRANSMISSIVE):
            tag = material.__struct_config__.tag
            raise p.fail(field, f"twosided takes opaque materials only, got {tag}")


def _mask(p):
    opacity = p.node.opacity
    p.require(not isinstance(opacity, float) or 0 <= opacity <= 1, "opacity", "within [0, 1]")


RULES = {
    d.Dielectric: _indices,
    d.ThinDielectric: _indices,
    d.RoughDielectric: _rough_dielectric,
    d.Conductor: _conductor,
    d.RoughConductor: _rough_conductor,
    d.Plastic: _indices,
    d.RoughPlastic: _rough_plastic,
    d.TwoSided: _two_sided,
    d.Mask: _mask,
}
