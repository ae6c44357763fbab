"""Where a scene names files."""

from __future__ import annotations

import os

import msgspec

from specrender.scene import description as d

#: Fields whose strings are names of files.
FILES = {"filename", "file", "transforms"}


def name_files_from(scene: d.Scene, folder: str) -> None:
    """Make the names of a scene's files, which are relative to `folder`, absolute; in place."""
    waiting = [scene]
    while waiting:
        value = waiting.pop()
        if isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                part = getattr(value, name)
                if name in FILES and isinstance(part, str):
                    setattr(value, name, os.path.join(folder, part))
                else:
                    waiting.append(part)
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple) and value and not isinstance(value[0], int | float):
            waiting += value
