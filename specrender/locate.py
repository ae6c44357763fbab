"""What stands in a pixel: for reports of where something went wrong."""

from __future__ import annotations

import numpy as np

from specrender.driver import new_film, render_film
from specrender.kernel.aov import SHAPE_INDEX
from specrender.kernel.settings import NO_INTEGRATOR
from specrender.scene import description as d
from specrender.scene.compile import SceneTables


def visible_material(scene: d.Scene, tables: SceneTables, x: int, y: int) -> str | None:
    """The material that the first camera ray of a pixel meets, or None if it meets nothing.

    Parameters
    ----------
    x, y : pixel of the full image.

    Returns
    -------
    Its name if it has one, else its type; with file and line or key path where that is known.
    """
    index = visible_shape(tables, x, y)
    if index is None or index >= len(scene.shapes):
        return None
    material = scene.shapes[index].material
    if isinstance(material, str):
        name, node = f"'{material}'", scene.materials.get(material)
    else:
        name, node = "the default material" if material is None else material.__struct_config__.tag, material
    for known, other in scene.materials.items():
        if other is node and node is not None:
            name = f"'{known}'"
    place = None if node is None else d.where(node)
    return f"{name} ({place})" if place else name


def visible_shape(tables: SceneTables, x: int, y: int) -> int | None:
    """Index in the scene of the shape that the first camera ray of a pixel meets, or None."""
    settings = tables.tables.arrays["settings"].copy()
    settings[0]["integrator"], settings[0]["aov_count"], settings[0]["bin_count"] = NO_INTEGRATOR, 1, 0
    seen = tables.tables.replaced(settings=settings, aovs=np.array([SHAPE_INDEX], np.int32))
    only = SceneTables(seen, tables.mode, None, ["shape_index"], False)
    film = new_film(only, (x, y, x + 1, y + 1))
    render_film(only, film, 1, threads=1)
    index = int(film.aovs["shape_index"][0, 0, 0])
    return index if index >= 0 else None
