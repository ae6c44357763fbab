"""Mitsuba's BSDFs, textures, emitters and shapes as structs, with Mitsuba's defaults: one function a plugin type."""

from __future__ import annotations

from specrender.scene import description as d
from specrender.scene.readers.xml_params import Params
from specrender.spectra import catalogue

DISTRIBUTIONS = ("beckmann", "ggx")

# ---------------------------------------------------------------- BSDFs


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
    node.material = "none" if name is None else name
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

# ---------------------------------------------------------------- textures


def _bitmap(p):
    p.neutral("format", ("string",), ("auto", "variant", "fp16", "fp32"))
    p.neutral("accel", ("boolean",))
    return d.Bitmap(
        filename=p.filename(),
        raw=p.boolean("raw", False),
        filter_type=p.choice("filter_type", ("bilinear", "nearest"), "bilinear"),
        wrap_mode=p.choice("wrap_mode", ("repeat", "mirror", "clamp"), "repeat"),
        to_uv=p.transform("to_uv"),
    )


def _checkerboard(p):
    colors = [p.reflectance(name, default) for name, default in (("color0", 0.4), ("color1", 0.2))]
    for name, color in zip(("color0", "color1"), colors, strict=True):
        if isinstance(color, d.SpectrumSpec) and color.texture is not None:
            raise p.fail("a texture inside a checkerboard is not supported", name)
    return d.Checkerboard(color0=colors[0], color1=colors[1], to_uv=p.transform("to_uv"))


TEXTURES = {"bitmap": _bitmap, "checkerboard": _checkerboard}

# ---------------------------------------------------------------- emitters


def _emitter(p):
    """What all emitters share: Mitsuba never normalises; how often a light is sampled does not change the result."""
    weight = p.take("sampling_weight", ("float", "integer"), 1.0)
    if not weight > 0:
        raise p.fail("a sampling_weight of 0 is not supported", "sampling_weight")
    return {"normalize": False}


def _uniform_color(p, name):
    """An emission that may not vary over a surface."""
    color = p.emission(name)
    if isinstance(color, d.SpectrumSpec) and color.texture is not None:
        raise p.fail(f"'{name}' of {p.plugin.type} cannot be a texture", name)
    return color


def _area(p):
    if "to_world" in p:
        raise p.fail("an area emitter has no to_world: it is where its shape is", "to_world")
    return d.AreaLight(radiance=p.emission("radiance"), **_emitter(p))


def _either(p, first, second="to_world"):
    if first in p and second in p:
        raise p.fail(f"{p.plugin.type} takes either {first} or {second}", second)


def _point(p):
    _either(p, "position")
    return d.PointLight(
        color=_uniform_color(p, "intensity"),
        position=p.vector("position", None),
        to_world=p.take("to_world", ("transform",), None),
        **_emitter(p),
    )


def _spot(p):
    texture = p.plugin.params.get("texture")
    p.asked.add("texture")
    if texture is not None and getattr(texture, "type", None) not in TEXTURES:
        raise p.fail("'texture' of spot must be a texture that varies over the surface, such as a bitmap", "texture")
    cutoff = p.number("cutoff_angle", 20.0)
    return d.SpotLight(
        color=_uniform_color(p, "intensity"),
        cutoff_angle=cutoff,
        beam_width=p.number("beam_width", 0.75 * cutoff),
        texture=None if texture is None else p.context.texture(texture),
        to_world=p.transform(),
        **_emitter(p),
    )


def _directional(p):
    _either(p, "direction")
    return d.DirectionalLight(
        irradiance=_uniform_color(p, "irradiance"),
        direction=p.vector("direction", None),
        to_world=p.take("to_world", ("transform",), None),
        **_emitter(p),
    )


def _constant(p):
    return d.ConstantLight(radiance=_uniform_color(p, "radiance"), **_emitter(p))


def _envmap(p):
    p.neutral("mis_compensation", ("boolean",))
    return d.EnvironmentMap(filename=p.filename(), scale=p.number("scale", 1.0), to_world=p.transform(), **_emitter(p))


EMITTERS = {
    "area": _area,
    "point": _point,
    "spot": _spot,
    "directional": _directional,
    "constant": _constant,
    "envmap": _envmap,
}

# ---------------------------------------------------------------- shapes: (params, what all shapes share)


def _mesh(struct, *flags):
    def build(p, common):
        extra = {name: p.boolean(name, struct.__struct_defaults__[_position(struct, name)]) for name in flags}
        return struct(filename=p.filename(), face_normals=p.boolean("face_normals", False), **extra, **common)

    return build


def _position(struct, name):
    """Where the default of a keyword-only field stands in __struct_defaults__ (which lists the last fields)."""
    fields = struct.__struct_fields__
    return fields.index(name) - len(fields) + len(struct.__struct_defaults__)


def _serialized(p, common):
    return d.Serialized(
        filename=p.filename(),
        face_normals=p.boolean("face_normals", False),
        shape_index=p.integer("shape_index", 0),
        **common,
    )


def _sphere(p, common):
    return d.Sphere(center=p.vector("center", (0.0, 0.0, 0.0)), radius=p.number("radius", 1.0), **common)


def _cylinder(p, common):
    return d.Cylinder(
        p0=p.vector("p0", (0.0, 0.0, 0.0)),
        p1=p.vector("p1", (0.0, 0.0, 1.0)),
        radius=p.number("radius", 1.0),
        **common,
    )


def _plain(struct):
    return lambda p, common: struct(**common)


SHAPES = {
    "obj": _mesh(d.Obj, "flip_tex_coords"),
    "ply": _mesh(d.Ply, "flip_tex_coords"),
    "stl": _mesh(d.Stl),
    "serialized": _serialized,
    "sphere": _sphere,
    "disk": _plain(d.Disk),
    "cylinder": _cylinder,
    "rectangle": _plain(d.Rectangle),
    "cube": _plain(d.Cube),
}
