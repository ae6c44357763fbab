"""glTF 2.0 files (.gltf, .glb) [Khronos2021]: meshes and lights placed by their nodes, metallic-roughness materials.

The front door is `load_gltf`.  document.py says what a file may hold and decodes it, file.py takes it apart, numbers.py
makes arrays, nodes.py walks the tree, materials.py, textures.py and lights.py translate to the vocabulary.  What the
file says and this does not show is named in one note each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers.gltf.file import File
from specrender.scene.readers.gltf.lights import punctual_light
from specrender.scene.readers.gltf.materials import VERTEX_COLOR, Materials
from specrender.scene.readers.gltf.nodes import has_mirrored_faces, placed_nodes, triangles
from specrender.scene.readers.gltf.numbers import Numbers
from specrender.scene.readers.gltf.textures import Textures


@dataclass
class Gltf:
    """What a file shows: meshes with their materials, the textures these name, and lights."""

    shapes: list[d.TriangleMesh] = field(default_factory=list)
    textures: dict[str, d.Texture] = field(default_factory=dict)
    lights: list[d.SceneLight] = field(default_factory=list)


def load_gltf(path, to_world=None) -> Gltf:
    """Read the default scene of a file.

    Parameters
    ----------
    path : name of the file.
    to_world : (4, 4) matrix that moves all of it, or None.

    Raises
    ------
    SceneError : naming the file, the path in its JSON, what is wrong there and what would be right.
    """
    path = Path(path)
    try:
        return _Reader(File(path)).scene(np.eye(4) if to_world is None else to_world)
    except OSError as error:
        raise SceneError(f"cannot be read: {error.strerror or error}", str(path)) from None


class _Reader:
    def __init__(self, file: File):
        self.file = file
        self.numbers = Numbers(file)
        self.textures = Textures(self.numbers)
        self.materials = Materials(self.textures)
        self._meshes: dict[tuple[int, int], d.TriangleMesh | None] = {}

    def scene(self, to_world: np.ndarray) -> Gltf:
        if self.file.document.animations:
            self.file.note("the file's animations are not used")
        result = Gltf()
        for place, node, matrix in placed_nodes(self.file, to_world):
            for what, index in (("skins", node.skin), ("cameras", node.camera)):
                if index is not None:
                    self.file.note(f"the file's {what} are not used")
            light = node.extensions.KHR_lights_punctual
            if light is not None:
                where = f"{place}.extensions.KHR_lights_punctual.light"
                made = punctual_light(self.file, light.light, matrix, where)
                result.lights += [] if made is None else [made]
            if node.mesh is not None:
                result.shapes += self._shapes(node, matrix, place)
        result.textures = self.textures.found
        if any(mesh.attributes for mesh in result.shapes):
            result.textures[VERTEX_COLOR] = d.MeshAttribute(name="vertex_color")
        if not result.shapes and not result.lights:
            raise self.file.error("", "the file shows no triangles; export a scene with meshes")
        return result

    def _shapes(self, node, matrix, place) -> list[d.TriangleMesh]:
        mesh = self.file.item("meshes", node.mesh, f"{place}.mesh")
        made = [self._primitive(node.mesh, k, primitive) for k, primitive in enumerate(mesh.primitives)]
        place_in_world = d.Transform(matrix)
        name = node.name or mesh.name
        shapes = []
        for k, primitive in enumerate(made):
            if primitive is not None:
                shapes.append(msgspec.structs.replace(primitive, to_world=place_in_world, name=name))
                shapes[-1].__dict__["location"] = f"{self.file.path}: meshes[{node.mesh}].primitives[{k}]"
        return shapes

    def _primitive(self, index, k, primitive) -> d.TriangleMesh | None:
        """The mesh of a primitive, whose arrays all nodes that show it share."""
        if (index, k) not in self._meshes:
            place = f"meshes[{index}].primitives[{k}]"
            has_colors = "COLOR_0" in primitive.attributes
            look = self.materials.look(primitive.material, f"{place}.material", has_colors)
            made = triangles(self.numbers, primitive, place, look.texcoord)
            if made is not None and look.has_normal_map:
                if "TANGENT" in primitive.attributes:
                    self.file.note("tangents are not used: those of the texture coordinates are")
                if has_mirrored_faces(made):
                    self.file.note("a normal map is upside down where its texture coordinates are mirrored")
            if made is not None:
                made.material, made.emitter = look.material, look.emitter
                for name, values in made.attributes.items():
                    made.attributes[name] = values * np.float32(look.color_factor)
            self._meshes[index, k] = made
        return self._meshes[index, k]
