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
from specrender.files import reason
from specrender.scene import description as d
from specrender.scene.readers.gltf.file import File
from specrender.scene.readers.gltf.lights import punctual_light
from specrender.scene.readers.gltf.materials import VERTEX_COLOR, Materials
from specrender.scene.readers.gltf.nodes import part_of, placed_nodes, triangles
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
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None


class _Reader:
    def __init__(self, file: File):
        self.file = file
        self.numbers = Numbers(file)
        self.textures = Textures(self.numbers)
        self.materials = Materials(self.textures)
        self._meshes: dict[tuple[int, int, bool], list[d.TriangleMesh]] = {}

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
        place_in_world = d.Transform(matrix)
        is_mirror_image = np.linalg.det(matrix[:3, :3]) < 0.0
        name = node.name or mesh.name
        shapes = []
        for k, primitive in enumerate(mesh.primitives):
            for part in self._parts(node.mesh, k, primitive, is_mirror_image):
                shapes.append(msgspec.structs.replace(part, to_world=place_in_world, name=name))
                shapes[-1].__dict__["location"] = f"{self.file.path}: meshes[{node.mesh}].primitives[{k}]"
        return shapes

    def _parts(self, index, k, primitive, is_mirror_image) -> list[d.TriangleMesh]:
        """The meshes of a primitive, whose arrays all nodes that show it share.

        They are two if its normal map is mirrored on some of its faces.

        is_mirror_image : whether it stands in the world as in a mirror, with its textures.
        """
        key = (index, k, is_mirror_image)
        if key not in self._meshes:
            place = f"meshes[{index}].primitives[{k}]"
            has_colors = "COLOR_0" in primitive.attributes

            def look_of(is_mirrored):
                return self.materials.look(primitive.material, f"{place}.material", has_colors, is_mirrored)

            look = look_of(False)
            made = triangles(self.numbers, primitive, place, look.texcoord, look.has_normal_map)
            if look.has_normal_map and {"TANGENT", "NORMAL"} <= set(primitive.attributes):
                self.file.note("of tangents only the side is used: they follow the texture coordinates")
            self._meshes[key] = [] if made is None else self._dressed(*made, look, look_of, is_mirror_image)
        return self._meshes[key]

    def _dressed(self, mesh, is_mirrored, look, look_of, is_mirror_image) -> list[d.TriangleMesh]:
        """A mesh in its material, in two parts where they need two."""
        mesh.emitter = look.emitter
        for name, values in mesh.attributes.items():
            mesh.attributes[name] = values * np.float32(look.color_factor)
        if is_mirror_image and mesh.normals is None:  # its outside is still that of the unmirrored mesh
            mesh.faces = mesh.faces[:, [0, 2, 1]]
        if not look.has_normal_map:
            mesh.material = look.material
            return [mesh]
        is_mirrored = is_mirrored ^ is_mirror_image
        parts = []
        for side in (False, True):
            wanted = is_mirrored == side
            if wanted.any():
                parts.append(mesh if wanted.all() else part_of(mesh, wanted))
                parts[-1].material = look_of(side).material
        return parts
