"""The parameter reference of scene files, made from the structs of the vocabulary: `sections`, and as Markdown.

Names, types and defaults are the structs' own; what a parameter means, and its unit, is in `scene.meanings`.
"""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass

import msgspec

from specrender.scene import description as d
from specrender.scene.meanings import MEANINGS

#: Heading -> module of `scene.description`, in the order of the page.
CHAPTERS = {
    "Scene": "scene",
    "Integrators": "integrators",
    "Cameras and sensors": "cameras",
    "Film and filters": "film",
    "Samplers": "samplers",
    "Spectra and indices": "spectra",
    "Textures": "textures",
    "Materials": "materials",
    "Lights": "lights",
    "Shapes": "shapes",
}

#: Annotations of structs in the words of a scene file.
WORDS = {
    "float": "number",
    "int": "integer",
    "bool": "true or false",
    "str": "text",
    "Vec3": "[x, y, z]",
    "list": "list",
    "Transform": "transform",
    "Spectrum": "spectrum",
    "FloatTexture": "number or texture",
    "Ior": "index",
    "Material": "material",
    "AnyShape": "shape",
    "GroupedShape": "shape",
    "ShapeGroup": "group",
    "Instances": "table",
    "SceneLight": "light",
    "Emitter": "area or directionalarea light",
    "Camera": "camera",
    "Film": "film",
    "Sampler": "sampler",
    "Texture": "texture",
    "Integrator": "integrator",
    "ReconstructionFilter": "filter",
    "SpectralBins": "table",
    "WavelengthRange": "table",
    "TextureRef": "table",
    "SpectrumSpec": "table",
    "IorSpec": "table",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of one type; all texts.  `default` is "required" where there is none."""

    name: str
    type: str
    unit: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """One struct: `tag` is its type in scene files, or "" for tables and for what several types share."""

    chapter: str
    struct: str
    tag: str
    summary: str
    parameters: tuple[Parameter, ...]
    shares: tuple[str, ...]


def sections() -> list[Section]:
    """Every struct of the vocabulary, in the order of the page."""
    chapters = {f"{d.__name__}.{module}": chapter for chapter, module in CHAPTERS.items()}
    return [_section(chapters[struct.__module__], struct) for struct in structs().values()]


def structs() -> dict[str, type]:
    """Name -> struct, in the order of the page."""
    modules = [sys.modules[f"{d.__name__}.{name}"] for name in CHAPTERS.values()]
    return {
        struct.__name__: struct
        for module in modules
        for struct in vars(module).values()
        if isinstance(struct, type) and issubclass(struct, d.Node) and struct.__module__ == module.__name__
    }


def _section(chapter: str, struct) -> Section:
    own = inspect.get_annotations(struct)
    defaults = _defaults(struct)
    bases = tuple(
        base.__name__
        for base in struct.__mro__[1:]
        if issubclass(base, d.Node) and base is not d.Node and inspect.get_annotations(base)
    )
    parameters = []
    for name, annotation in own.items():
        unit, means = meaning(struct, name)
        parameters.append(Parameter(name, type_in_words(annotation), unit, defaults[name], means))
    tag = struct.__struct_config__.tag or ""
    return Section(chapter, struct.__name__, tag, _summary(struct), tuple(parameters), bases)


def meaning(struct, name: str) -> tuple[str, str]:
    """(unit, meaning) of a parameter, by the struct's own entry, that of a base, or that of the name."""
    for base in struct.__mro__:
        entry = MEANINGS.get(f"{base.__name__}.{name}")
        if entry is not None:
            return entry
    return MEANINGS.get(name, ("", ""))


def _defaults(struct) -> dict[str, str]:
    fields = msgspec.structs.fields(struct)
    return {field.name: _default(field) for field in fields}


def _default(field) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        made = field.default_factory()
        if isinstance(made, d.Transform):
            return "identity"
        if isinstance(made, msgspec.Struct):
            return made.__struct_config__.tag or "its defaults"
        return "empty"
    if field.default is msgspec.NODEFAULT:
        return "required"
    if field.default is None:
        return ""
    if isinstance(field.default, bool):
        return str(field.default).lower()
    if isinstance(field.default, tuple):
        return "[" + ", ".join(f"{x:g}" for x in field.default) + "]"
    return f"{field.default:.6g}" if isinstance(field.default, float) else str(field.default)


def type_in_words(annotation: str) -> str:
    """An annotation such as `Spectrum | None` in the words of a scene file."""
    literal = re.fullmatch(r"(?:.*\b)?Literal\[(.*?)\](?: \| None)?", annotation)
    if literal:
        return " or ".join(word.strip().strip("\"'") for word in literal[1].split(","))
    container = re.fullmatch(r"(list|dict|tuple)\[(.*)\](?: \| None)?", annotation)
    if container and container[1] == "list":
        inner = type_in_words(container[2])
        return "list of lists of numbers" if inner.startswith("[") else f"list of {_plural(inner)}"
    if container and container[1] == "dict":
        return f"named {_plural(type_in_words(container[2].partition(',')[2].strip()))}"
    if container:
        return "[" + ", ".join("ijkl"[: annotation.count(",") + 1]) + "]"
    options = [option.strip() for option in annotation.split("|")]
    words = [WORDS[option] if option in WORDS else type_in_words(option) for option in options if option != "None"]
    return " or ".join(dict.fromkeys(words))


def _plural(word: str) -> str:
    if word.startswith("list of "):
        return "lists" + word[len("list") :]
    return {"spectrum": "spectra"}.get(word, word if word.endswith("s") else f"{word}s")


def _summary(struct) -> str:
    """The docstring, its lines joined; paragraphs stay."""
    paragraphs = re.split(r"\n\s*\n", (struct.__doc__ or "").strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


# ---------------------------------------------------------------- Markdown

_HEAD = """# Parameters of scene files

Made by `specrender info --types` from the vocabulary itself (`specrender/scene/description`); a test keeps it so.

Every table of a TOML scene with a `type` is one of the types below, and so is every plugin of a Mitsuba scene that has
the same name. An empty default means that the parameter may be left out, with the effect that its meaning tells.

A *spectrum* is a number (the same at every wavelength), the name of a data set (`specrender info --spectra`) or of an
entry of `[spectra]`, or a table (see SpectrumSpec). An *index* is a number, the name of a glass or another material,
or a table (see IorSpec). *Number or texture*: a number or `{ texture = "NAME" }`. A *material* is the name of an entry
of `[materials]` or a table with a `type`. A *transform* is one step or a list of steps, applied in their order:
`{ translate = [x, y, z] }`, `{ scale = s }` or `[sx, sy, sz]`, `{ rotate = [x, y, z], angle = degrees }`,
`{ look_at = { origin, target, up } }`, `{ matrix = [16 numbers] }`.

To show something thousands of times, put it in a *group* and let `[[instances]]` place it, once for each matrix of a
NumPy file (`scenes/sunflower` is an example; a few instances may as well be shapes of type `instance`):

    [groups.seed]
    shapes = [{ type = "sphere" }]
    [[instances]]
    group = "seed"
    transforms = "seeds.npy"    # numpy.save("seeds.npy", matrices), of shape (n, 3, 4) or (n, 4, 4)
"""


def markdown() -> str:
    """The whole page."""
    parts = [_HEAD]
    chapter = None
    for section in sections():
        if section.chapter != chapter:
            chapter = section.chapter
            parts.append(f"## {chapter}\n")
        parts.append(_section_markdown(section))
    return "\n".join(parts)


def _section_markdown(section: Section) -> str:
    title = f"`{section.tag}`" if section.tag else section.struct
    lines = [f"### {title}\n", f"{_escaped(section.summary)}\n"]
    if section.parameters:
        lines += ["| name | type | unit | default | meaning |", "|---|---|---|---|---|"]
        for p in section.parameters:
            cells = (f"`{p.name}`", p.type, p.unit, f"`{p.default}`" if p.default else "", p.meaning)
            lines.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
        lines.append("")
    if section.shares:
        lines.append(f"{'Also' if section.parameters else 'Has'} the parameters of {', '.join(section.shares)}.\n")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


# ---------------------------------------------------------------- Mitsuba's plugins


def plugins() -> dict[str, dict[str, list[str]]]:
    """Kind of plugin -> its types in Mitsuba 3 scenes: "supported" and "not yet" (an error that names them)."""
    from specrender.scene.readers import mitsuba_xml as reader
    from specrender.scene.readers import xml_sensor as sensor

    supported = {
        "shape": [*reader.SHAPES, *reader.COMPOUND_SHAPES],
        "bsdf": reader.BSDFS,
        "texture": reader.TEXTURES,
        "spectrum": reader.SPECTRUM_PLUGINS,
        "emitter": reader.EMITTERS,
        "sensor": reader.SENSORS,
        "film": sensor.FILMS,
        "rfilter": sensor.FILTERS,
        "sampler": sensor.SAMPLERS,
        "integrator": reader.INTEGRATORS,
    }
    kinds = dict.fromkeys([*supported, *reader.NOT_YET])
    return {
        kind: {"supported": sorted(supported.get(kind, ())), "not yet": sorted(reader.NOT_YET.get(kind, ()))}
        for kind in kinds
    }


def plugins_markdown() -> str:
    """A table of Mitsuba's plugins."""
    lines = ["| kind | supported | not yet |", "|---|---|---|"]
    for kind, row in plugins().items():
        names = [", ".join(f"`{name}`" for name in row[state]) for state in ("supported", "not yet")]
        lines.append(f"| {kind} | {names[0]} | {names[1]} |")
    return "\n".join(lines) + "\n"
