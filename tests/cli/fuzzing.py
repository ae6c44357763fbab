"""Broken scene files by the thousand, each made from a seed: `case(kind, seed)` gives the text of one.

Kinds: "xml" and "toml" damage scenes that are right, in their values, their structure or their bare text; "vocabulary"
fills a type of the vocabulary with values that may or may not suit it.
"""

import copy
import functools
import inspect
import random
import re
import sys
import tomllib
import xml.etree.ElementTree as ElementTree

from fuzzing_scenes import TOML_SCENES, XML_SCENES

from specrender.scene import description as d

#: Texts in place of values: limits of the number types, other types, nothing, too much, names of other things.
NASTY = [
    *(
        "0 -1 1 2 1e-30 1e30 1e39 -1e39 1e400 nan inf -inf 2147483647 2147483648 -2147483649 99999999999999999999 0x10 "
        "1_000 true false none $n $ $$ D65 BK7 Au path sphere diffuse a b c .. . / /dev/null no.png t.png s.exr m.ply "
        "1,2 1,2,3 0,0,0 1,2,3,4 400:1 400:1,500:2 500:1,400:2 400:nan 50mm mm box rgb vertex_color"
    ).split(),
    *["", " ", "ü\u0000", "a" * 3000, "-", "1 2 3", "\u202e", "{}", "[]", "<", "&", "'", '"'],
]


def case(kind: str, seed: int) -> str:
    """The text of a scene file."""
    rng = random.Random(f"{kind} {seed}")
    return {"xml": _xml, "toml": _toml, "vocabulary": _vocabulary}[kind](rng)


def _bare_text(rng, text):
    """Characters deleted, doubled, replaced or cut off."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        length = rng.choice([1, 1, 2, 10, 200])
        text = rng.choice(
            [
                lambda a, n, t: t[:a] + t[a + n :],
                lambda a, n, t: t[:a] + t[a : a + n] * 2 + t[a + n :],
                lambda a, n, t: t[:a] + rng.choice(NASTY) + t[a + n :],
                lambda a, n, t: t[:a],
            ]
        )(at, length, text)
    return text


def _damaged(rng, scenes, parse, damage, to_text):
    """One of the scenes, damaged in its text or, more often, some times in what it says."""
    text = rng.choice(scenes)
    if rng.random() < 0.2:
        return _bare_text(rng, text)
    data = parse(text)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        damage(rng, data)
    return to_text(data)


# ---------------------------------------------------------------- XML


def _xml(rng):
    to_text = functools.partial(ElementTree.tostring, encoding="unicode")
    return _damaged(rng, XML_SCENES, ElementTree.fromstring, _damage_element, to_text)


def _tweaked(rng, number):
    """Another number, as text, that may do as well."""
    factor = rng.choice([0.0, 0.5, 0.9, 1.1, 2.0, 10.0, 1e3, -1.0])
    try:
        return str(round(int(number) * factor)) if number.isdecimal() else str(float(number) * factor)
    except ValueError:
        return number


def _damage_element(rng, root):
    parents = [(parent, child) for parent in root.iter() for child in parent]
    if not parents:
        return
    parent, child = rng.choice(parents)
    everything = list(root.iter())
    action = rng.choice(
        ["tweak"] * 6 + ["value", "value", "value", "type", "drop", "copy", "tag", "rename", "lose", "nest", "add"]
    )
    if action == "tweak" and child.attrib:
        key = rng.choice(list(child.attrib))
        child.set(key, re.sub(r"[\d.]+", lambda number: _tweaked(rng, number[0]), child.get(key)))
    elif action == "value" and child.attrib:
        child.set(rng.choice(list(child.attrib)), rng.choice(NASTY))
    elif action == "type":
        child.set("type", rng.choice([e.get("type") for e in everything if e.get("type")] + NASTY))
    elif action == "drop":
        parent.remove(child)
    elif action == "copy":
        rng.choice(everything).append(ElementTree.fromstring(ElementTree.tostring(child)))
    elif action == "tag":
        child.tag = rng.choice([e.tag for e in everything] + ["medium", "phase", "volume", "alias", "include", "foo"])
    elif action == "rename" and child.attrib:
        old = rng.choice(list(child.attrib))
        child.set(rng.choice(["name", "value", "x", "id", "type", "filename", "foo"]), child.attrib.pop(old))
    elif action == "lose" and child.attrib:
        del child.attrib[rng.choice(list(child.attrib))]
    elif action == "nest":
        parent.remove(child)
        rng.choice([e for e in root.iter() if e not in child.iter()]).append(child)
    elif action == "add":
        kind = rng.choice("float integer boolean string point vector rgb spectrum ref transform texture bsdf".split())
        names = [e.get("name") for e in everything if e.get("name")]
        extra = {"name": rng.choice(names), "value": rng.choice(NASTY), "type": rng.choice(NASTY)}
        child.append(ElementTree.Element(kind, {k: v for k, v in extra.items() if rng.random() < 0.8}))


# ---------------------------------------------------------------- TOML


def _toml(rng):
    return _damaged(rng, TOML_SCENES, tomllib.loads, _damage_table, dump)


def _containers(value, found):
    if isinstance(value, (dict, list)) and value:
        found.append(value)
        for item in value.values() if isinstance(value, dict) else value:
            _containers(item, found)
    return found


def _nasty_value(rng, data):
    """A number, text, list or table, or a piece of the scene that belongs elsewhere."""
    if rng.random() < 0.3:
        return copy.deepcopy(rng.choice(_containers(data, [])))
    word = rng.choice(NASTY)
    for kind in (int, float):
        try:
            return kind(word) if rng.random() < 0.9 else word
        except ValueError:
            continue
    return {"true": True, "[]": [], "{}": {}}.get(word, word)


def _damage_table(rng, data):
    containers = _containers(data, [])
    if not containers:
        return
    place = rng.choice(containers)
    key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
    action = rng.choice(["tweak"] * 6 + ["value", "value", "value", "drop", "rename", "copy", "wrap"])
    if action == "tweak":
        numbers = [(p, k) for p in containers for k, v in (p.items() if isinstance(p, dict) else enumerate(p))
                   if isinstance(v, (int, float)) and not isinstance(v, bool)]  # fmt: skip
        if numbers:
            place, key = rng.choice(numbers)
            number = _tweaked(rng, str(place[key]))
            place[key] = int(float(number)) if isinstance(place[key], int) else float(number)
    elif action == "value":
        place[key] = _nasty_value(rng, data)
    elif action == "drop":
        del place[key]
    elif action == "rename" and isinstance(place, dict):
        place[rng.choice([*place, "type", "scale", "foo", "", "texture"])] = place.pop(key)
    elif action == "copy":
        item, target = copy.deepcopy(place[key]), rng.choice(containers)
        if isinstance(target, dict):
            target[rng.choice(["type", "material", "to_world", "filename", "foo"])] = item
        else:
            target.append(item)
    elif action == "wrap":
        place[key] = [place[key]] if rng.random() < 0.5 else {"type": place[key]}


def dump(value, depth=0):
    """TOML of a tree."""
    if depth == 0:
        return "".join(f"{_key(k)} = {dump(v, 1)}\n" for k, v in value.items())
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {dump(v, depth + 1)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(dump(v, depth + 1) for v in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return _quoted(value)


def _quoted(text):
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\\u007f' else c for c in text)
    return f'"{escaped}"'


def _key(key):
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else _quoted(key)


# ---------------------------------------------------------------- types filled at random


def _vocabulary(rng):
    """A scene with one type whose parameters have values made after their annotations, right or wrong."""
    structs = [s for s in vars(d).values() if isinstance(s, type) and issubclass(s, d.Node) and s.__struct_config__.tag]
    struct = rng.choice(structs)
    table = _filled(rng, struct, 3)
    scene = {"film": {"width": 4, "height": 2}, "shapes": [], "lights": [{"type": "constant"}]}
    scene["textures"] = {"a": {"type": "checkerboard"}, "t": {"type": "bitmap", "filename": "t.png"}}
    module = sys.modules[struct.__module__].__name__.rpartition(".")[2]
    if module == "materials":
        scene["shapes"].append({"type": "sphere", "radius": 9.0, "material": table})
    elif module == "textures":
        scene["textures"]["a"] = table
        scene["shapes"].append(
            {"type": "sphere", "material": {"type": "diffuse", "reflectance": {"texture": "a"}}, "radius": 9.0}
        )
    elif module == "lights" and struct.__name__ == "AreaLight":
        scene["shapes"].append({"type": "sphere", "emitter": table, "center": [0.0, 0.0, 4.0]})
    elif module in ("lights", "shapes"):
        scene[module].append(table)
    elif module == "cameras":
        scene["camera"] = table
    elif module == "film":
        scene["film"] = {"rfilter": table} if "Filter" in struct.__name__ else table
    elif module in ("integrators", "samplers"):
        scene[module.removesuffix("s")] = table
    return dump(scene)


def _annotations(struct):
    found = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, d.Node) and base is not d.Node:
            found |= inspect.get_annotations(base)
    return found


def _filled(rng, struct, depth):
    tag = struct.__struct_config__.tag
    table = {} if tag is None else {"type": tag}
    for name, annotation in _annotations(struct).items():
        required = name in struct.__struct_fields__ and _is_required(struct, name)
        if rng.random() < (0.95 if required else 0.35):
            table[name] = _value(rng, name, str(annotation), depth)
    return table


def _is_required(struct, name):
    import msgspec

    field = next(f for f in msgspec.structs.fields(struct) if f.name == name)
    return field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT


SPECTRA = [0.3, 1.0, "D65", {"rgb": [0.1, 0.5, 2.0]}, {"rgb": [0.1, 0.5, 0.9]}, {"texture": "t"}, {"texture": "a"}]
SPECTRA += [{"blackbody": 3000}, {"wavelengths": [400, 700], "values": [0.1, 0.9]}, {"name": "A", "scale": 0.5}]


def _value(rng, name, annotation, depth):
    if rng.random() < 0.08:
        return _nasty_value(rng, {"a": [1, 2]})
    option = rng.choice([part.strip() for part in re.split(r"\|(?![^\[]*\])", annotation) if part.strip() != "None"])
    literal = re.fullmatch(r"Literal\[(.*)\]", option)
    if literal:
        return rng.choice([word.strip().strip("'\"") for word in literal[1].split(",")])
    if "filename" in name or name == "file":
        return rng.choice(["t.png", "s.exr", "m.ply", "m.obj", "no.png", ""])
    listed = re.fullmatch(r"(list|dict|tuple)\[(.*)\]", option)
    if listed and listed[1] == "dict":
        inner = listed[2].partition(",")[2].strip()
        return {key: _value(rng, name, inner, depth - 1) for key in rng.sample("abcde", rng.randint(0, 2))}
    if listed:
        length = rng.choice([0, 1, 2, 3, 3, 4]) if listed[1] == "list" else listed[2].count(",") + 1
        inner = listed[2] if listed[1] == "list" else listed[2].split(",")[0]
        return [_value(rng, name, inner, depth - 1) for _ in range(length)]
    numbers = [0.0, 0.5, 1.0, 0.1, 2.0, 1e-6, 1e6, -1.0, 1e-38, 3e38, 1e18]
    simple = {
        "float": lambda: rng.choice(numbers),
        "int": lambda: rng.choice([0, 1, 2, 3, 5, 100, -1, 2**31 - 1]),
        "bool": lambda: rng.random() < 0.5,
        "str": lambda: rng.choice(["a", "t", "Au", "srgb", "vertex_color", "D65", "50mm", "path", ""]),
        "Vec3": lambda: [rng.choice(numbers) for _ in range(3)],
        "Transform": lambda: rng.choice(
            [{"scale": rng.choice(numbers)}, [{"translate": [1, 2, 3]}, {"rotate": [0, 1, 0], "angle": 30}], []]
        ),
        "Spectrum": lambda: rng.choice(SPECTRA),
        "FloatTexture": lambda: rng.choice([0.2, 0.0, 1.0, {"texture": "t"}, {"texture": "a"}]),
        "Ior": lambda: rng.choice([1.5, 1.0, 0.5, "BK7", "water", {"cauchy": [1.5, 0.01]}]),
    }
    if option in simple:
        return simple[option]()
    kinds = [s for s in vars(d).values() if isinstance(s, type) and issubclass(s, d.Node)]
    named = getattr(d, option, None)
    if isinstance(named, type):
        return _filled(rng, named, depth - 1) if depth > 0 else {}
    members = [s for s in kinds if named is not None and s in getattr(named, "__args__", ())]
    if not members or depth <= 0:
        return "a"
    return _filled(rng, rng.choice(members), depth - 1)
