"""Shapes that stand for several: replaced by these before a scene is compiled."""

from __future__ import annotations

import msgspec

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers.gltf import load_gltf


def expanded(scene: d.Scene) -> d.Scene:
    """The scene with the meshes and lights of glTF files in their place; the same object if it has no such files."""
    groups = [group.shapes for group in scene.groups.values()]
    if not any(isinstance(shape, d.GltfFile) for shapes in (scene.shapes, *groups) for shape in shapes):
        return scene
    made = msgspec.structs.replace(scene, textures=dict(scene.textures), lights=list(scene.lights))
    made.shapes = _meshes(scene.shapes, made.textures, made.lights)
    made.groups = {
        name: msgspec.structs.replace(group, shapes=_meshes(group.shapes, made.textures, None))
        for name, group in scene.groups.items()
    }
    return made


def _meshes(shapes, textures, lights):
    found = []
    for shape in shapes:
        if isinstance(shape, d.GltfFile):
            found += _shown(shape, textures, lights)
        else:
            found.append(shape)
    return found


def _shown(shape, textures, lights):
    """The meshes of a file, moved by the shape's to_world; its material, if given, takes the place of the file's.

    Its lights are moved into `lights`; None says that they cannot be there: a group stands in many places.
    """
    try:
        file = load_gltf(shape.filename, shape.to_world.matrix)
    except SceneError as error:
        raise d.fail(shape, str(error)) from None
    textures.update(file.textures)
    if file.lights and lights is None:
        raise d.fail(shape, f"the lights of '{shape.filename}' cannot be part of a group; place it as a shape")
    for light in file.lights:
        light.__dict__["location"] = ": ".join(filter(None, (d.where(shape), d.where(light))))
        lights.append(light)
    for mesh in file.shapes:
        mesh.flip_normals = shape.flip_normals
        if shape.material is not None:
            mesh.material, mesh.emitter = shape.material, None
        if shape.face_normals:
            mesh.normals, mesh.face_normals = None, True
        mesh.smooth_shadows = shape.smooth_shadows
        mesh.__dict__["location"] = ": ".join(filter(None, (d.where(shape), d.where(mesh))))
    return file.shapes
