"""Mitsuba's XML, up to but not including the meaning of its plugins.

`read_tree` resolves `<default>` and `$name`, `<include>`, `<path>`, `<alias>` and `<ref>`, applies the renames that
Mitsuba applies to files older than version 2, and returns the plugins as a tree of `Plugin` and `Value`.  The rules are
those of Mitsuba 3.9's parser.  No entities are expanded and nothing is fetched.  The line of an element is where its
opening tag ends, which is what libxml2 keeps.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from lxml import etree

from specrender.errors import SceneError, did_you_mean
from specrender.files import reason
from specrender.scene.description import Transform
from specrender.scene.readers import transforms
from specrender.scene.readers.xml_nodes import Plugin, Reference, Resolver, Tree, Value, resolve_references
from specrender.scene.readers.xml_numbers import number, read_spd, spectrum_values, split, vector, xyz
from specrender.scene.readers.xml_upgrade import upgrade

OBJECT_TAGS = frozenset(
    "scene bsdf emitter shape sensor film sampler integrator rfilter medium phase texture volume field".split()
)
VALUE_TAGS = frozenset("float integer boolean string point vector rgb spectrum transform".split())
OTHER_TAGS = frozenset("ref include default alias path".split())
TRANSFORM_TAGS = {
    "translate": {"x", "y", "z", "value"},
    "rotate": {"x", "y", "z", "value", "angle"},
    "scale": {"x", "y", "z", "value"},
    "lookat": {"origin", "target", "up"},
    "matrix": {"value"},
}
#: Attributes of each tag, those that must be there marked with "!".
ATTRIBUTES = {
    "float": "!name !value",
    "integer": "!name !value",
    "boolean": "!name !value",
    "string": "!name !value",
    "rgb": "!name !value",
    "point": "!name x y z value",
    "vector": "!name x y z value",
    "spectrum": "!name value filename",
    "transform": "!name",
    "ref": "!id name",
    "include": "!filename name",
    "default": "!name !value",
    "alias": "!id !as",
    "path": "!value",
}


def read_tree(path: Path, defines: dict[str, str], content: bytes | None = None) -> Tree:
    """Read and preprocess a file, or `content` in its place.  Raises SceneError with file and line."""
    reader = _Reader(defines)
    resolver = Resolver([path.parent])
    root = reader.file(path, resolver, [], None, content)
    unknown = [name for name in defines if name not in reader.used]
    if unknown:
        hint = did_you_mean(unknown[0], reader.declared) or "; the scene has no <default> entries"
        raise SceneError(f"no parameter is named '{unknown[0]}' (given with -D){hint}", str(path))
    resolve_references(root, reader.ids)
    return Tree(root, reader.ids, resolver)


class _Reader:
    """The state that spans a file and what it includes."""

    def __init__(self, defines):
        self.values = {name: str(value) for name, value in defines.items()}
        self.used = set()
        self.declared = set()
        self.ids = {}

    def file(self, path, resolver, chain, parent, content=None):
        """The root plugin of `path`, whose children go to `parent` if it is an included scene."""
        root = _parse(path, content)
        where = f"{path}:{root.sourceline}"
        if root.get("version") is None:
            raise SceneError(f"the root element <{root.tag}> has no version attribute", where)
        version = re.match(r"^(\d+)\.(\d+)\.(\d+)$", root.get("version").strip())
        if not version:
            raise SceneError(f"'{root.get('version')}' is not a version number such as 3.0.0", where)
        if root.tag not in OBJECT_TAGS:
            raise SceneError(f"the root element is <{root.tag}>{did_you_mean(root.tag, ['scene'])}", where)
        state = _File(self, path, resolver, [*chain, path.resolve()], int(version[1]) < 2)
        if parent is not None and root.tag == "scene":
            state.children(root, parent)
            return parent
        return state.object(root, None)


def _parse(path, content):
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        # read here: lxml takes names, also those of open files, as text in UTF-8
        tree = etree.parse(io.BytesIO(path.read_bytes() if content is None else content), parser)
    except etree.XMLSyntaxError as error:
        raise SceneError(f"is not well-formed XML: {error.msg}", f"{path}:{error.lineno or 1}") from None
    except OSError as error:
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None
    if tree.docinfo.internalDTD is not None and any(True for _ in tree.docinfo.internalDTD.iterentities()):
        raise SceneError("declares XML entities, which are not allowed", str(path))
    return tree.getroot()


class _File:
    """One file being read."""

    def __init__(self, reader, path, resolver, chain, old):
        self.reader, self.path, self.resolver, self.chain, self.old = reader, path, resolver, chain, old

    def at(self, element):
        return f"{self.path}:{element.sourceline}"

    def attributes(self, element, allowed):
        """The attributes of an element after substitution, checked against a string like "!name value"."""
        where = self.at(element)
        names = [word.lstrip("!") for word in allowed.split()]
        found = {}
        for name, text in element.attrib.items():
            if name not in names:
                raise SceneError(f"<{element.tag}> has no attribute '{name}'{did_you_mean(name, names)}", where)
            found[name] = self.substitute(text, where)
        for word in allowed.split():
            if word[0] == "!" and word[1:] not in found:
                raise SceneError(f"<{element.tag}> lacks its attribute '{word[1:]}'", where)
        return found

    def substitute(self, text, where):
        """`text` with every $name replaced, longest names first; a backslash keeps the dollar sign."""
        if "$" not in text:
            return text
        reader = self.reader
        for name in sorted(reader.values, key=len, reverse=True):
            pattern = rf"(?<!\\)\${re.escape(name)}"
            replaced, count = re.subn(pattern, lambda _, n=name: reader.values[n], text)
            if count:
                reader.used.add(name)
                text = replaced
        left = re.search(r"(?<!\\)\$(\w*)", text)
        if left:
            hint = did_you_mean(left[1], reader.values) or "; nothing is defined here"
            raise SceneError(f"undefined parameter ${left[1]}{hint}", where)
        return text.replace("\\$", "$")

    def object(self, element, parent):
        """A Plugin from an element such as <bsdf type=...>; None as `parent` for the root."""
        root = parent is None
        given = self.attributes(element, "version type id name" if root else "!type id name")
        tag = "texture" if element.tag == "spectrum" else element.tag
        kind = given.get("type", "scene" if tag == "scene" else "")
        plugin = Plugin(tag, kind, given.get("id") or None, self.at(element), self.resolver)
        if plugin.id is not None:
            self.register(plugin.id, plugin, plugin.location)
        self.children(element, plugin)
        if self.old:
            upgrade(plugin)
        return plugin

    def register(self, name, plugin, where):
        if name in self.reader.ids:
            raise SceneError(f"the id '{name}' is taken (first at {self.reader.ids[name].location})", where)
        self.reader.ids[name] = plugin

    def children(self, element, parent):
        for child in element:
            self.child(child, parent)

    def child(self, element, parent):
        tag, where = element.tag, self.at(element)
        if not isinstance(tag, str):
            raise SceneError(f"{element.text} is not allowed", where)
        if tag in OBJECT_TAGS or (tag == "spectrum" and element.get("type") is not None):
            plugin = self.object(element, parent)
            _enter(parent, self.substitute(element.get("name", ""), where), plugin, where)
            return
        if tag in TRANSFORM_TAGS:
            raise SceneError(f"<{tag}> belongs inside a <transform>", where)
        if tag not in ATTRIBUTES:
            allowed = OBJECT_TAGS | VALUE_TAGS | OTHER_TAGS
            raise SceneError(f"there is no element <{tag}>{did_you_mean(tag, allowed)}", where)
        given = self.attributes(element, ATTRIBUTES[tag])
        if len(element) and tag != "transform":
            raise SceneError(f"<{element[0].tag}> cannot be inside <{tag}>", self.at(element[0]))
        if tag in VALUE_TAGS:
            _enter(parent, given["name"], Value(tag, self.value(tag, given, element), where), where)
        else:
            getattr(self, f"on_{tag}")(given, parent, where)

    # ------------------------------------------------------------ parameters

    def value(self, tag, given, element):
        where, text = self.at(element), given.get("value", "")
        if tag == "string":
            return text
        if tag == "float":
            return number(text, where)
        if tag == "integer":
            if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
                raise SceneError(f"'{text}' is not an integer", where)
            return int(text)
        if tag == "boolean":
            if text.lower() not in ("true", "false"):
                raise SceneError(f"'{text}' is not a boolean; allowed: true, false", where)
            return text.lower() == "true"
        if tag == "rgb":
            return list(vector(text, where))
        if tag == "spectrum":
            return self.spectrum(given, where)
        if tag == "transform":
            return self.transform(element)
        if "value" not in given and not {"x", "y", "z"} <= set(given):
            missing = sorted({"x", "y", "z"} - set(given))[0]
            raise SceneError(f"<{tag}> lacks its attribute '{missing}'", where)
        return list(xyz(given, 0.0, where))

    def spectrum(self, given, where):
        if given.get("filename") == "":
            raise SceneError("the filename of <spectrum> is empty", where)
        if bool(given.get("value")) == bool(given.get("filename")):
            raise SceneError("<spectrum> needs either a value or a filename", where)
        if given.get("value"):
            return spectrum_values(given["value"], where)
        path = self.resolver.find(given["filename"])
        if not path.is_file():
            raise SceneError(f"no spectrum file '{given['filename']}' in {_folders(self.resolver)}", where)
        return read_spd(path)

    def transform(self, element):
        matrix = np.eye(4)
        for step in element:
            if step.tag not in TRANSFORM_TAGS:
                raise SceneError(f"<{step.tag}> is no transform{did_you_mean(step.tag, TRANSFORM_TAGS)}", self.at(step))
            given = self.attributes(step, " ".join(TRANSFORM_TAGS[step.tag]))
            matrix = self.step(step.tag, given, self.at(step)) @ matrix
        return Transform(matrix)

    def step(self, tag, given, where):
        try:
            if tag == "translate":
                return transforms.translate(xyz(given, 0.0, where))
            if tag == "scale":
                return transforms.scale(xyz(given, 1.0, where))
            if tag == "rotate":
                if "angle" not in given:
                    raise ValueError("<rotate> lacks its attribute 'angle'")
                # Mitsuba 3.9 takes the axis as it is: one that is not of length 1 also scales and shears.
                return transforms.rotate(xyz(given, 0.0, where), number(given["angle"], where), normalize=False)
            if tag == "matrix":
                return transforms.from_values([number(word, where) for word in split(given.get("value", ""))])
            missing = [name for name in ("origin", "target") if name not in given]
            if missing:
                raise ValueError(f"<lookat> lacks its attribute '{missing[0]}'")
            up = vector(given["up"], where, single=False) if given.get("up") else None
            origin, target = (vector(given[name], where, single=False) for name in ("origin", "target"))
            return transforms.look_at(origin, target, up)
        except ValueError as error:
            raise SceneError(str(error), where) from None

    # ------------------------------------------------------------ elements without a value

    def on_ref(self, given, parent, where):
        _enter(parent, given.get("name", ""), Reference(given["id"], where), where)

    def on_default(self, given, parent, where):
        if not given["name"]:
            raise SceneError("<default> has an empty name", where)
        self.reader.declared.add(given["name"])
        if given["name"] in self.reader.values:
            self.reader.used.add(given["name"])
        self.reader.values.setdefault(given["name"], given["value"])

    def on_alias(self, given, parent, where):
        if given["id"] not in self.reader.ids:
            hint = did_you_mean(given["id"], self.reader.ids)
            raise SceneError(f"the alias refers to an unknown id '{given['id']}'{hint}", where)
        self.register(given["as"], self.reader.ids[given["id"]], where)

    def on_path(self, given, parent, where):
        if parent.tag != "scene":
            raise SceneError("<path> must be a child of the root element", where)
        folder = self.resolver.find(given["value"])
        if not folder.is_dir():
            raise SceneError(f"there is no folder '{folder}'", where)
        self.resolver.folders.insert(0, folder)

    def on_include(self, given, parent, where):
        if not given["filename"]:
            raise SceneError("the filename of <include> is empty", where)
        path = self.resolver.find(given["filename"])
        if not path.is_file():
            raise SceneError(f"no file '{given['filename']}' to include in {_folders(self.resolver)}", where)
        if path.resolve() in self.chain:
            names = [step.name for step in [*self.chain, path]]
            raise SceneError(f"the file includes itself: {' -> '.join(names)}", where)
        inner = Resolver([path.parent, *self.resolver.folders])
        plugin = self.reader.file(path, inner, self.chain, parent)
        if plugin is not parent:
            _enter(parent, given.get("name", ""), plugin, where)


def _enter(parent, name, value, where):
    if not name:
        name = f"_arg_{sum(key.startswith('_arg_') for key in parent.params)}"
    if name in parent.params:
        raise SceneError(f"the parameter '{name}' is given twice", where)
    parent.params[name] = value


def _folders(resolver):
    return ", ".join(f"'{folder}'" for folder in resolver.folders)
