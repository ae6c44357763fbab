"""Plain data (what TOML and JSON give) into the structs of the vocabulary.

Driven by the structs' own types, like `msgspec.convert`, which it replaces because a message here names the key path,
what was given, what is allowed and what was probably meant, and because every node remembers its place.
"""

from __future__ import annotations

import msgspec
from msgspec import inspect

from specrender.errors import SceneError, did_you_mean, nearest
from specrender.scene.description import Transform
from specrender.scene.readers.steps import transform_from_steps
from specrender.scene.shown import shown

#: Fields that hold file names; relative ones are seen from the scene file's folder.
FILE_FIELDS = {"filename", "file", "transforms"}
#: Types that need not be written where they are allowed.
UNTYPED = {"hdrfilm", "area"}


class Decoder:
    """Decodes one file.

    Parameters
    ----------
    file : the file's name, for messages.
    folder : pathlib.Path that relative file names start from.
    """

    def __init__(self, file, folder):
        self.file, self.folder = str(file), folder

    def error(self, path, message):
        return SceneError(message, f"{self.file}: {path}" if path else self.file)

    def struct(self, value, struct, path=""):
        """An instance of `struct` from a table."""
        return self._struct(value, inspect.type_info(struct), path)

    def decode(self, value, info, path):
        """A Python object of the type that `info` (of msgspec.inspect) describes."""
        if isinstance(info, inspect.UnionType):
            return self._union(value, info, path)
        if isinstance(info, inspect.StructType):
            return self._struct(value, info, path)
        if isinstance(info, inspect.CustomType) and info.cls is Transform:
            return transform_from_steps(value, lambda where, message: self.error(path + where, message))
        if isinstance(info, inspect.LiteralType):
            if value not in info.values:
                raise self.error(path, f"got {shown(value)}{did_you_mean(str(value), map(str, info.values))}")
            return value
        if isinstance(info, inspect.DictType):
            if not isinstance(value, dict):
                raise self.error(path, f"expected a table, got {shown(value)}")
            return {key: self.decode(item, info.value_type, f"{path}.{quoted(key)}") for key, item in value.items()}
        if isinstance(info, (inspect.ListType, inspect.TupleType)):
            return self._sequence(value, info, path)
        if accepts(info, value):
            return float(value) if isinstance(info, inspect.FloatType) else value
        raise self.error(path, f"expected {expected(info)}, got {shown(value)}")

    def _sequence(self, value, info, path):
        if not accepts(info, value):
            raise self.error(path, f"expected {expected(info)}, got {shown(value)}{_remedy(value, [info], path)}")
        if isinstance(info, inspect.ListType):
            return [self.decode(item, info.item_type, f"{path}[{i}]") for i, item in enumerate(value)]
        if len(value) != len(info.item_types):
            raise self.error(path, f"expected {expected(info)}, got {len(value)}: {shown(value)}")
        pairs = zip(value, info.item_types, strict=True)
        return tuple(self.decode(item, kind, f"{path}[{i}]") for i, (item, kind) in enumerate(pairs))

    def _union(self, value, info, path):
        options = [option for option in info.types if not isinstance(option, inspect.NoneType)]
        tagged = [option for option in options if isinstance(option, inspect.StructType) and option.tag_field]
        if isinstance(value, dict) and tagged:
            return self._tagged(value, tagged, path)
        fitting = [option for option in options if accepts(option, value)]
        if not fitting:
            words = " or ".join(dict.fromkeys(expected(option) for option in options))
            raise self.error(path, f"expected {words}, got {shown(value)}{_remedy(value, options, path)}")
        return self.decode(value, fitting[0], path)

    def _tagged(self, value, options, path):
        names = {option.tag: option for option in options}
        given = value.get("type", next((name for name in names if name in UNTYPED), None))
        if given is None:
            raise self.error(path, f"needs a type; allowed: {', '.join(sorted(names))}")
        if not isinstance(given, str) or given not in names:
            raise self.error(f"{path}.type", f"there is no type {shown(given)} here{did_you_mean(str(given), names)}")
        return self._struct(value, names[given], path)

    def _struct(self, value, info, path):
        what = f" of {info.tag}" if info.tag_field else ""
        if not isinstance(value, dict):
            raise self.error(path, f"expected a table, got {shown(value)}{_remedy(value, [info], path)}")
        fields = {field.name: field for field in info.fields}
        arguments = {}
        for key, item in value.items():
            inner = f"{path}.{quoted(key)}".lstrip(".")
            if key == info.tag_field:
                if item != info.tag:
                    raise self.error(inner, f"there is no type {shown(item)} here{did_you_mean(str(item), [info.tag])}")
                continue
            if key not in fields:
                allowed = [*fields, info.tag_field] if info.tag_field else fields
                raise self.error(inner, f"unknown parameter '{key}'{what}{did_you_mean(key, allowed)}")
            arguments[key] = self.decode(item, fields[key].type, inner)
            if key in FILE_FIELDS and isinstance(arguments[key], str):
                if not arguments[key]:
                    raise self.error(inner, f"'{key}'{what} is empty; give the name of a file")
                arguments[key] = str(self.folder / arguments[key])
        for name, field in fields.items():
            if field.required and name not in arguments:
                raise self.error(path, f"the parameter '{name}'{what} is missing")
        node = info.cls(**arguments)
        if isinstance(node, msgspec.Struct):
            node.__dict__["location"] = f"{self.file}: {path}" if path else self.file
        return node


def accepts(info, value):
    """Whether a value is of the outer shape of a type (a list for a tuple), so that decoding it may succeed."""
    if isinstance(info, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(info, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(info, inspect.FloatType):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(info, (inspect.StrType, inspect.LiteralType)):
        return isinstance(value, str)
    if isinstance(info, (inspect.StructType, inspect.DictType)):
        return isinstance(value, dict)
    if isinstance(info, (inspect.ListType, inspect.TupleType)):
        return isinstance(value, list)
    return isinstance(info, inspect.CustomType) and isinstance(value, (dict, list))


def expected(info):
    """A type in words."""
    words = {
        inspect.BoolType: "true or false",
        inspect.IntType: "an integer",
        inspect.FloatType: "a number",
        inspect.StrType: "a string",
        inspect.ListType: "a list",
        inspect.CustomType: "a transform: a step or a list of steps",
    }
    if isinstance(info, inspect.TupleType):
        return f"a list of {len(info.item_types)} numbers"
    if isinstance(info, inspect.StructType) and not info.tag_field:
        return f"a table with {', '.join(field.name for field in info.fields)}"
    if isinstance(info, inspect.LiteralType):
        return " or ".join(repr(value) for value in info.values)
    return words.get(type(info), "a table")


def _remedy(value, options, path):
    """How to write what was probably meant by a value that is of none of the types `options`, or nothing."""
    tags = [option.tag for option in options if isinstance(option, inspect.StructType) and option.tag_field]
    fields = {
        field.name for option in options if isinstance(option, inspect.StructType) for field in option.fields
    }  # fmt: skip
    if isinstance(value, str) and tags:
        near = nearest(value, tags)
        return f"; allowed types: {', '.join(sorted(tags))}" if near is None else f'; write {{ type = "{near}" }}'
    if isinstance(value, list) and len(value) == 3 and "rgb" in fields and not tags:
        return f"; write {{ rgb = {shown(value)} }}"
    if isinstance(value, list) and fields and any(isinstance(item, dict) for item in value):
        return f"; write one table, [{path}], not a list of them" if _is_key(path) else "; write one table, not a list"
    is_list = any(isinstance(option, inspect.ListType) for option in options)
    return f"; write [[{path}]]" if isinstance(value, dict) and is_list and _is_key(path) else ""


def _is_key(path):
    """Whether a path is a key of the file itself, so that [path] and [[path]] are tables."""
    return path.isidentifier()


def quoted(key):
    """A key as it stands in a path: in quotes if it is not a bare TOML key."""
    return key if key and all(c.isalnum() or c in "_-" for c in key) else f'"{key}"'
