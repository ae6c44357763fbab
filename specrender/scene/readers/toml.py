"""The native scene format: TOML tables named as in the vocabulary.

[integrator] [camera] [film] [sampler] [wavelengths] [materials.NAME] [textures.NAME] [spectra.NAME] [[shapes]]
[[lights]] and `[defaults]`, whose values stand wherever a string "$name" is written and which -D NAME=VALUE replaces.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from specrender.errors import SceneError, did_you_mean
from specrender.files import reason, title
from specrender.scene.description import Scene
from specrender.scene.overrides import dropped_parameters, use_camera
from specrender.scene.readers.decode import Decoder, quoted
from specrender.scene.shown import shown


def load(
    path,
    defines: dict[str, str] | None = None,
    dispersive: bool = True,
    integrator: str | None = None,
    content: bytes | None = None,
) -> Scene:
    """Read a TOML scene.

    Parameters
    ----------
    path : file name; relative file names inside are seen from its folder.
    defines : values for the entries of `[defaults]`, as text; each takes the type of the entry's own value.
    dispersive : no effect: named indices are the real, dispersive materials in this format.
    integrator : type that takes the place of the innermost integrator.
    content : what is read in place of the file's own bytes.

    Raises
    ------
    SceneError : with file and key path ("scene.toml: materials.glass.alpha"), or line where the TOML is not valid.
    """
    path = Path(path)
    try:
        content = path.read_bytes() if content is None else content
        data = tomllib.loads(content.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        message, line = _split_line(str(error))
        raise SceneError(f"is not valid TOML: {message}", f"{path}:{line}" if line else str(path)) from None
    except UnicodeDecodeError:
        raise SceneError("is not text in UTF-8", str(path)) from None
    except OSError as error:
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None
    values = _parameters(data.pop("defaults", {}), defines or {}, path)
    data = {key: _substituted(value, values, quoted(key), path) for key, value in data.items()}
    if integrator is not None:
        data["integrator"] = _replaced(data.get("integrator"), integrator, path)
    if isinstance(data.get("instances"), dict):
        data["instances"] = [data["instances"]]  # one set may be written without the list
    scene = Decoder(path, path.parent).struct(data, Scene)
    if "name" not in data:
        scene.name = title(path)
    use_camera(scene, next(iter(scene.cameras.values())) if scene.cameras and "camera" not in data else scene.camera)
    return scene


def _replaced(table, kind, path):
    """The table of an integrator, the innermost of which is of another kind."""
    if not isinstance(table, dict) or table.get("type") == kind:
        return table if isinstance(table, dict) else {"type": kind}
    if table.get("type") in ("moment", "aov"):
        return {**table, "integrator": _replaced(table.get("integrator"), kind, path)}
    given = [key for key in table if key != "type"]
    lacking = dropped_parameters(kind, str(table.get("type")), given, str(path))
    return {"type": kind, **{key: table[key] for key in given if key not in lacking}}


def _split_line(message):
    match = re.search(r" \(at line (\d+), column \d+\)$", message)
    return (message[: match.start()], int(match[1])) if match else (message, None)


def _parameters(defaults, defines, path):
    """The values of "$name": the file's defaults, replaced by what was defined."""
    if not isinstance(defaults, dict):
        raise SceneError("expected a table", f"{path}: defaults")
    for name, value in defaults.items():
        if isinstance(value, (dict, list)) or not isinstance(value, (bool, int, float, str)):
            raise SceneError(f"expected a number, string or boolean, got {shown(value)}", f"{path}: defaults.{name}")
    values = dict(defaults)
    for name, text in defines.items():
        if name not in defaults:
            hint = did_you_mean(name, defaults) or "; the scene has no [defaults]"
            raise SceneError(f"no parameter is named '{name}' (given with -D){hint}", str(path))
        values[name] = _typed(name, str(text), defaults[name], path)
    return values


def _typed(name, text, default, path):
    """`text` as the type of `default`; an integer default takes any number."""
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise SceneError(f"'{name}' must be true or false, got '{text}' (given with -D)", str(path))
    for kind in (int, float) if isinstance(default, int) else (float,):
        try:
            return kind(text)
        except ValueError:
            continue
    raise SceneError(f"'{name}' must be a number, got '{text}' (given with -D)", str(path))


def _substituted(value, values, place, path):
    """A copy of `value` in which every string "$name" is the value of that parameter; "$$" starts a plain "$"."""
    if isinstance(value, dict):
        return {key: _substituted(item, values, f"{place}.{quoted(key)}", path) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item, values, f"{place}[{index}]", path) for index, item in enumerate(value)]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$$"):
        return value[1:]
    if value[1:] not in values:
        hint = did_you_mean(value[1:], values) or "; the scene has no [defaults]"
        raise SceneError(f"undefined parameter {value}{hint}", f"{path}: {place}")
    return values[value[1:]]
