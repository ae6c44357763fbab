"""Scene files in, `Scene` out: one reader a syntax."""

from __future__ import annotations

import importlib
from pathlib import Path

from specrender.errors import SceneError, did_you_mean
from specrender.files import why_unreadable

#: File extension -> module with `load(path, defines, dispersive, integrator)`; imported when such a file is read.
READERS = {
    ".toml": "specrender.scene.readers.toml",
    ".xml": "specrender.scene.readers.mitsuba_xml",
}


def load(path, defines: dict[str, str] | None = None, dispersive: bool = False, integrator: str | None = None):
    """Read a scene file and check what can be checked without rendering.

    Parameters
    ----------
    path : file name; its extension picks the reader, one of `READERS`.
    defines : values for the parameters that the file declares (`<default>` in XML, `[defaults]` in TOML).
    dispersive : take named refractive indices of Mitsuba files as the real glass (TOML always does).
    integrator : "path" or "direct", read in place of the file's innermost integrator, which may be one that is not
        supported; parameters that the new one lacks are dropped with a SpecrenderWarning.

    Returns
    -------
    Scene

    Raises
    ------
    SceneError : in one line, with file and line or key path, what was given and what is allowed.
    """
    path = check_scene_file(path)
    from specrender.scene.validate import validate

    reader = importlib.import_module(READERS[path.suffix.lower()])
    scene = reader.load(path, dict(defines or {}), dispersive, integrator)
    validate(scene)
    return scene


def check_scene_file(path) -> Path:
    """The name as a Path; SceneError if there is no file of a type that can be read."""
    path = Path(path)
    extension = path.suffix.lower()
    problem = why_unreadable(path, or_pipe=True)
    if problem:
        raise SceneError(f"cannot be read: {problem}", str(path))
    if extension not in READERS:
        hint = did_you_mean(extension, READERS) if extension else f"; allowed: {', '.join(READERS)}"
        what = f"scene files of type '{extension}'" if extension else "scene files without an extension"
        raise SceneError(f"{what} cannot be read{hint}", str(path))
    return path
