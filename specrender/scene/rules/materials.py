"""Rules of materials."""

from __future__ import annotations

from specrender.errors import InputError, did_you_mean
from specrender.scene import description as d
from specrender.scene.rules.place import check_filename, peak


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
            hint = f"{hint} " if "did you mean" in hint else "; "
            message = f"no material with a refractive index is named '{value}'{hint}{catalogue.LISTED}"
            raise p.fail(field, message)


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
        if isinstance(material, d.TRANSMISSIVE):
            tag = material.__struct_config__.tag
            raise p.fail(field, f"twosided takes opaque materials only, got {tag}")


def _within(p, low, high, *fields):
    for field in fields:
        value = getattr(p.node, field)
        p.require(not isinstance(value, float) or low <= value <= high, field, f"within [{low}, {high}]")


def _mask(p):
    _within(p, 0, 1, "opacity")


def _rough_diffuse(p):
    _within(p, 0, 1, "roughness")


def _diffuse_transmission(p):
    back, through = (peak(getattr(p.node, field), p.scene) for field in ("reflectance", "transmittance"))
    numbers = all(isinstance(getattr(p.node, field), float) for field in ("reflectance", "transmittance"))
    if numbers and back + through > 1:
        raise p.fail("transmittance", f"reflectance and transmittance must add up to 1 at most, not {back + through:g}")


BURLEY = "roughness anisotropic spec_trans sheen sheen_tint flatness spec_tint".split()


def _rates(p):
    """Sampling rates: 0 or more, and at least one lobe that is always there has one above 0."""
    rates = [field for field in p.node.__struct_fields__ if field.endswith("_sampling_rate")]
    p.not_negative(*rates)
    for field in rates:
        p.require(field == "clearcoat_sampling_rate" or getattr(p.node, field) > 0, field, "above 0")


def _principled(p):
    _within(p, 0, 1, *BURLEY, "metallic", "clearcoat", "clearcoat_gloss")
    p.one_of("eta", "specular", least=0)
    p.positive("eta")
    p.require(p.node.specular is None or 0 <= p.node.specular <= 1, "specular", "within [0, 1]")
    _rates(p)


def _principled_thin(p):
    _within(p, 0, 1, *BURLEY)
    _within(p, 0, 2, "diff_trans")
    p.require(not isinstance(p.node.eta, float) or p.node.eta > 0, "eta", "above 0")
    _rates(p)


def _hair(p):
    _indices(p)
    node = p.node
    if node.sigma_a is not None and (node.eumelanin is not None or node.pheomelanin is not None):
        raise p.fail("sigma_a", "give either sigma_a or concentrations of eumelanin and pheomelanin")
    p.not_negative("scale", "eumelanin", "pheomelanin")
    _within(p, 0, 1, "longitudinal_roughness", "azimuthal_roughness")
    p.require(abs(node.scale_tilt) <= 45, "scale_tilt", "within 45 degrees of 0")


def _blend(p):
    _within(p, 0, 1, "weight")


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
    d.RoughDiffuse: _rough_diffuse,
    d.DiffuseTransmission: _diffuse_transmission,
    d.Principled: _principled,
    d.PrincipledThin: _principled_thin,
    d.Hair: _hair,
    d.Measured: check_filename,
    d.BlendBsdf: _blend,
}
