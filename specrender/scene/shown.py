"""Values in messages: as a scene file has them, in few characters."""

from __future__ import annotations

import msgspec
import numpy as np

from specrender.scene.description import Transform


def shown(value, longest: int = 60) -> str:
    """A value for a message: `true`, `2.5`, `'text'`, `[1, 2]`, "a table", "a table of type 'area'".

    Neither TOML's dates nor our own structs are shown as Python would: a user has not written those.
    """
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        return f"a table of type '{tag}'" if tag else "a table"
    if isinstance(value, Transform):
        return "a transform"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = _text(value)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _text(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # 3.0 was probably written as 3
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_text(item)}' for key, item in value.items())} }}" if value else "{}"
    if value is None or isinstance(value, str | int):
        return repr(value)
    if isinstance(value, msgspec.Struct | Transform | np.ndarray):
        return shown(value)
    return str(value)
