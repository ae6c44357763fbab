"""What Mitsuba's XML is read into: plugins with their parameters, and the references between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from specrender.errors import SceneError, did_you_mean


@dataclass
class Value:
    """A parameter: `kind` is the tag; `value` a Python number, string, list, Transform, or for spectra a number, a list
    of (wavelength, value) pairs."""

    kind: str
    value: object
    location: str


@dataclass
class Plugin:
    """An object: its tag ("bsdf"), type ("diffuse"), id, and parameters by name (unnamed children as "_arg_N")."""

    tag: str
    type: str
    id: str | None
    location: str
    resolver: Resolver
    params: dict[str, Value | Plugin | Reference] = field(default_factory=dict)


@dataclass
class Reference:
    """A `<ref>` that has not been looked up yet."""

    id: str
    location: str


class Resolver:
    """Folders in which file names are looked up, the latest first."""

    def __init__(self, folders):
        self.folders = list(folders)

    def find(self, name: str) -> Path:
        """The first existing file or folder of that name; without one, the name in the last of the folders asked."""
        for folder in self.folders:
            if (folder / name).exists():
                return folder / name
        return self.folders[0] / name


@dataclass
class Tree:
    """The root plugin, every plugin by id (aliases included), and the folders for files that plugins name."""

    root: Plugin
    ids: dict[str, Plugin]
    resolver: Resolver


def resolve_references(root, ids):
    """Replace every Reference by the Plugin it names; refuse cycles."""
    done, path = set(), []

    def visit(plugin):
        if id(plugin) in done:
            return
        if any(step is plugin for step in path):
            first = next(i for i, step in enumerate(path) if step is plugin)
            names = [step.id or step.type for step in [*path[first:], plugin]]
            raise SceneError(f"the references go in a circle: {' -> '.join(names)}", plugin.location)
        path.append(plugin)
        for name, value in plugin.params.items():
            if isinstance(value, Reference):
                if value.id not in ids:
                    hint = did_you_mean(value.id, ids)
                    raise SceneError(f"the reference to '{value.id}' has no target{hint}", value.location)
                value = plugin.params[name] = ids[value.id]
            if isinstance(value, Plugin):
                visit(value)
        path.pop()
        done.add(id(plugin))

    visit(root)
