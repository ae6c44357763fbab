"""Typed access to the parameters of one plugin of a Mitsuba scene.

A parameter that nobody asked for is an error when the plugin is `done`, so none is silently ignored.
"""

from __future__ import annotations

from specrender.errors import SceneError, did_you_mean
from specrender.scene.description import SpectrumSpec, TextureRef, Transform
from specrender.scene.readers.xml_nodes import Plugin, Value
from specrender.scene.readers.xml_numbers import spectrum_values
from specrender.spectra import catalogue

NUMBERS = ("float", "integer")
#: Mitsuba's spectra cover this range; a narrower `wavelength_min` or `wavelength_max` would cut the spectrum.
MITSUBA_RANGE_NM = (360.0, 830.0)


class Params:
    """The parameters of `plugin`; each getter raises a SceneError that names file and line."""

    def __init__(self, plugin: Plugin, context):
        self.plugin, self.context = plugin, context
        self.asked = set()

    def __contains__(self, name):
        return name in self.plugin.params

    def fail(self, message, name=None):
        item = self.plugin.params.get(name)
        return SceneError(message, item.location if item is not None else self.plugin.location)

    def take(self, name, kinds, default):
        """The value of a parameter whose tag is one of `kinds`; `default` when absent."""
        self.asked.add(name)
        item = self.plugin.params.get(name)
        if item is None:
            return default
        if not isinstance(item, Value) or item.kind not in kinds:
            given = item.kind if isinstance(item, Value) else item.tag
            allowed = " or ".join(f"<{kind}>" for kind in kinds)
            raise self.fail(f"'{name}' of {self.plugin.type} is a <{given}>; allowed: {allowed}", name)
        return item.value

    def required(self, name):
        if name not in self:
            raise self.fail(f"{self.plugin.type} needs the parameter '{name}'")

    def number(self, name, default):
        value = self.take(name, NUMBERS, default)
        return float(value) if value is not None else None

    def integer(self, name, default):
        return self.take(name, ("integer",), default)

    def boolean(self, name, default):
        return self.take(name, ("boolean",), default)

    def string(self, name, default):
        return self.take(name, ("string",), default)

    def choice(self, name, allowed, default):
        """A string out of `allowed`, in any case."""
        value = self.string(name, default)
        if value is not None and value.lower() not in allowed:
            hint = did_you_mean(value.lower(), allowed)
            raise self.fail(f"'{name}' of {self.plugin.type} is '{value}'{hint}", name)
        return None if value is None else value.lower()

    def vector(self, name, default):
        value = self.take(name, ("point", "vector"), default)
        return None if value is None else tuple(value)

    def transform(self, name="to_world", default=None):
        value = self.take(name, ("transform",), default)
        return Transform() if value is None else value

    def filename(self, name="filename"):
        """The path of an existing file, looked up as Mitsuba does: seen from the root file and its <path> entries."""
        self.required(name)
        given = self.string(name, None)
        if not given:
            raise self.fail(f"'{name}' of {self.plugin.type} is empty; give the name of a file", name)
        folders = [*self.context.tree.resolver.folders, *self.plugin.resolver.folders]
        for folder in folders:
            if (folder / given).is_file():
                return str(folder / given)
        looked = ", ".join(dict.fromkeys(f"'{folder}'" for folder in folders))
        raise self.fail(f"no file '{given}' in {looked}", name)

    def neutral(self, name, kinds, allowed=None):
        """A parameter that steers Mitsuba's work but not its result; `allowed` lists the values of which that holds."""
        value = self.take(name, kinds, None)
        if value is not None and allowed is not None and value not in allowed:
            raise self.fail(f"'{name}' of {self.plugin.type} is not supported with the value {value}", name)

    def done(self):
        """Raise for the first parameter or child that was not asked for."""
        for name, item in self.plugin.params.items():
            if name in self.asked:
                continue
            if name.startswith("_arg_"):
                raise SceneError(
                    f"<{item.tag} type='{item.type}'> has no place in {self.plugin.type}; does it lack a name?"
                    if isinstance(item, Plugin)
                    else f"a parameter of {self.plugin.type} lacks a name",
                    item.location,
                )
            hint = did_you_mean(name, self.asked)
            raise SceneError(f"{self.plugin.type} has no parameter '{name}'{hint}", item.location)

    def children(self, *tags):
        """The nested plugins with one of these tags, whatever the name they go by."""
        found = []
        for name, item in self.plugin.params.items():
            if isinstance(item, Plugin) and item.tag in tags:
                self.asked.add(name)
                found.append(item)
        return found

    def child(self, tag, what):
        """The one nested plugin of a tag, or None."""
        found = self.children(tag)
        if len(found) > 1:
            raise SceneError(f"{self.plugin.type} takes one {what}, not {len(found)}", found[1].location)
        return found[0] if found else None

    # ------------------------------------------------------------ spectra and textures

    def reflectance(self, name, default):
        """A Spectrum for a quantity that is not emitted; RGB is uplifted, numbers are flat."""
        return self._spectrum(name, default, emission=False)

    def emission(self, name):
        """A Spectrum for emitted light: RGB and plain numbers mean so much times D65 of luminance 1; default 1."""
        return self._spectrum(name, _white(1.0), emission=True)

    def float_texture(self, name, default):
        """A number or a TextureRef."""
        self.asked.add(name)
        item = self.plugin.params.get(name)
        if item is None:
            return default
        if isinstance(item, Plugin) and item.tag == "texture" and item.type not in SPECTRUM_PLUGINS:
            return self._located(TextureRef(texture=self.context.scalar_texture(item)), item)
        value = self._spectrum(name, None, emission=False)
        if isinstance(value, float):
            return value
        raise self.fail(f"'{name}' of {self.plugin.type} must be a number or a texture", name)

    def texture_ref(self, plugin):
        """A TextureRef to a nested texture."""
        return self._located(TextureRef(texture=self.context.texture(plugin)), plugin)

    def vector_texture(self, name):
        """Three numbers, or a TextureRef to an image of them."""
        self.asked.add(name)
        item = self.plugin.params.get(name)
        if isinstance(item, Plugin) and item.tag == "texture":
            if item.type not in ("rawconstant", "srgb"):
                return self.texture_ref(item)
            params = Params(item, self.context)
            key, kinds = ("value", ("vector", "point", "rgb")) if item.type == "rawconstant" else ("color", ("rgb",))
            params.required(key)
            value = params.take(key, kinds, None)
            params.done()
            return tuple(float(v) for v in value)
        raise self.fail(f"'{name}' of {self.plugin.type} must be a texture", name)

    def index(self, name, default):
        """An index of refraction: a number, or one of Mitsuba's names as its number (or as glass, if dispersive)."""
        value = self.take(name, ("float", "string"), default)
        if isinstance(value, float):
            return value
        if value.lower() not in catalogue.SCALAR_IOR:
            hint = did_you_mean(value.lower(), catalogue.SCALAR_IOR)
            raise self.fail(f"'{name}' of {self.plugin.type} is '{value}', which has no index{hint}", name)
        if self.context.dispersive and value.lower() in {known.lower() for known in catalogue.names("glass")}:
            return value
        return catalogue.scalar_ior(value)

    def _spectrum(self, name, default, emission):
        self.asked.add(name)
        item = self.plugin.params.get(name)
        if item is None:
            return default
        if isinstance(item, Plugin):
            if item.tag != "texture":
                message = f"'{name}' of {self.plugin.type} is a <{item.tag}>; allowed: a spectrum or texture"
                raise self.fail(message, name)
            if item.type in SPECTRUM_PLUGINS:
                return self._located(SPECTRUM_PLUGINS[item.type](Params(item, self.context), emission), item)
            # measured with Mitsuba 3.9.1: a texture on an emitter is not multiplied by D65
            return self._located(SpectrumSpec(texture=self.context.texture(item), white=not emission), item)
        if item.kind in NUMBERS:
            return self._located(_white(float(item.value)), item) if emission else float(item.value)
        if item.kind == "rgb":
            return self._located(SpectrumSpec(rgb=tuple(item.value)), item)
        if item.kind == "spectrum":
            if isinstance(item.value, float):
                return item.value
            return self._located(_table(*zip(*item.value, strict=True)), item)
        raise self.fail(
            f"'{name}' of {self.plugin.type} is a <{item.kind}>; allowed: <rgb>, <spectrum>, <float>, <texture>", name
        )

    @staticmethod
    def _located(node, item):
        if isinstance(node, (SpectrumSpec, TextureRef)):
            node.__dict__["location"] = item.location
        return node


def _white(value):
    """`value` times D65 scaled to luminance 1: Mitsuba's d65, which a grey rgb on a light means."""
    return SpectrumSpec(rgb=(value, value, value))


def _table(wavelengths, values):
    return SpectrumSpec(wavelengths=list(wavelengths), values=list(values))


# ---------------------------------------------------------------- <spectrum type="...">


def _d65(params, emission):
    if not emission:
        raise params.fail("the spectrum d65 is supported on emitters only")
    if params.children("texture"):
        raise params.fail("a texture inside d65 is not supported")
    color = params.take("color", ("rgb",), [1.0, 1.0, 1.0])
    scale = params.number("scale", 1.0)
    params.done()
    return SpectrumSpec(rgb=tuple(color), scale=scale)


def _srgb(params, emission):
    params.required("color")
    color = params.take("color", ("rgb",), None)
    unbounded = params.boolean("unbounded", False)
    params.done()
    if unbounded and not emission:
        raise params.fail("'unbounded' of srgb is not supported", "unbounded")
    return SpectrumSpec(rgb=tuple(color), white=not emission)


def _blackbody(params, emission):
    params.required("temperature")
    temperature = params.number("temperature", None)
    _whole_range(params)
    params.done()
    return SpectrumSpec(blackbody=temperature)


def _uniform(params, emission):
    params.required("value")
    value = params.number("value", None)
    _whole_range(params)
    params.done()
    return value


def _whole_range(params):
    low, high = MITSUBA_RANGE_NM
    if params.number("wavelength_min", low) > low:
        raise params.fail(f"a wavelength_min above {low:g} nm is not supported", "wavelength_min")
    if params.number("wavelength_max", high) < high:
        raise params.fail(f"a wavelength_max below {high:g} nm is not supported", "wavelength_max")


def _regular(params, emission):
    for name in ("wavelength_min", "wavelength_max", "values"):
        params.required(name)
    low, high = params.number("wavelength_min", None), params.number("wavelength_max", None)
    values = _numbers(params, "values")
    params.done()
    if not high > low or len(values) < 2:
        raise params.fail("regular needs two values or more and a wavelength_max above its wavelength_min")
    step = (high - low) / (len(values) - 1)
    return _table([low + i * step for i in range(len(values))], values)


def _irregular(params, emission):
    for name in ("wavelengths", "values"):
        params.required(name)
    wavelengths, values = _numbers(params, "wavelengths"), _numbers(params, "values")
    params.done()
    if len(wavelengths) != len(values):
        raise params.fail(f"irregular has {len(wavelengths)} wavelengths but {len(values)} values")
    pairs = " ".join(f"{w!r}:{v!r}" for w, v in zip(wavelengths, values, strict=True))
    spectrum_values(pairs, params.plugin.location)  # increasing, at least two
    return _table(wavelengths, values)


def _numbers(params, name):
    text = params.string(name, "")
    try:
        return [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        raise params.fail(f"'{name}' of {params.plugin.type} is not a list of numbers: '{text}'", name) from None


def _rawconstant(params, emission):
    params.required("value")
    value = params.take("value", ("float", "integer"), None)
    params.done()
    return float(value)


#: Types of <spectrum> and <texture> that do not vary over the surface.
SPECTRUM_PLUGINS = {
    "d65": _d65,
    "srgb": _srgb,
    "blackbody": _blackbody,
    "uniform": _uniform,
    "regular": _regular,
    "irregular": _irregular,
    "rawconstant": _rawconstant,
}
