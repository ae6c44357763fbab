"""Mesh attributes: where the values of each mesh are, for the textures that show them."""

from __future__ import annotations

import msgspec
import numpy as np

from specrender.errors import did_you_mean
from specrender.kernel.texture.layout import NO_ATTRIBUTE
from specrender.scene import description as d
from specrender.scene.compile.images import luminance_of
from specrender.scene.validate import table_of


def pack_attributes(scene: d.Scene, geometry, builder) -> np.ndarray:
    """The kernel's table `attributes`: for each texture that shows one, an entry for each shape.

    Parameters
    ----------
    geometry : with all shapes.
    builder : whose `attribute_textures` get the offsets of their entries.

    Raises
    ------
    SceneError : a shape whose material shows an attribute that its mesh does not have.
    """
    if not builder.attribute_textures:
        return np.zeros(0, np.int32)
    _check(scene, geometry)
    pool = []
    for index, texture, role in builder.attribute_textures:
        entries = np.full(len(geometry.records), NO_ATTRIBUTE, np.int32)
        for shape, (attributes, first_vertex, first_triangle) in geometry.attributes.items():
            if texture.name in attributes:
                first = first_triangle if texture.name.startswith("face_") else first_vertex
                entries[shape] = _stored(attributes[texture.name], role, builder) - first
        builder.textures[index]["offset"] = sum(map(len, pool))
        pool.append(entries)
    return np.concatenate(pool)


def _stored(values: np.ndarray, role: str, builder) -> int:
    """Where the values begin in the pool: in floats for scalars, in texels of four for colours."""
    colours = np.repeat(values, 3, axis=1) if values.shape[1] == 1 else values
    if role == "scalar":
        return builder.values(luminance_of(colours[None])[0] if values.shape[1] == 3 else values)
    texels, _ = builder.texels(np.maximum(colours, 0.0)[None], "srgb", role)
    return builder.values(texels) // 4


def _check(scene, geometry):
    shown_by = {}
    for index, shape in enumerate(scene.shapes):
        node = shape.material
        key = node if isinstance(node, str) else id(node)
        if key not in shown_by:
            shown_by[key] = _attributes_of(node, scene, set())
        has = geometry.attributes.get(index, ({},))[0]
        for name in shown_by[key] | _attributes_of(shape.emitter, scene, set()):
            if name not in has:
                hint = did_you_mean(name, has) if has else "; it has none"
                raise d.fail(shape, f"the material shows the attribute '{name}', which the mesh does not have{hint}")


def _attributes_of(node, scene, seen) -> set[str]:
    """Names of the attributes that a material or emitter shows, through all it refers to."""
    if isinstance(node, str):
        if node in seen or node not in scene.materials:
            return set()
        seen.add(node)
        return _attributes_of(scene.materials[node], scene, seen)
    if not isinstance(node, msgspec.Struct):
        return set()
    if isinstance(node, d.MeshAttribute):
        return {node.name}
    found = set()
    for field in node.__struct_fields__:
        value = getattr(node, field)
        if field == "texture" and value in scene.textures and ("texture", value) not in seen:
            seen.add(("texture", value))
            found |= _attributes_of(scene.textures[value], scene, seen)
        elif isinstance(value, msgspec.Struct) or (isinstance(value, str) and table_of(node, field) == "materials"):
            found |= _attributes_of(value, scene, seen)
        elif isinstance(value, list):
            for item in value:
                found |= _attributes_of(item, scene, seen)
    return found
