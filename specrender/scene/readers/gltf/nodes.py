"""The tree of nodes of a glTF file: where each is, and the triangles of its meshes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from specrender.scene import description as d
from specrender.scene.readers.gltf.document import AGAIN, Node, Primitive
from specrender.scene.readers.gltf.file import File
from specrender.scene.readers.gltf.numbers import Numbers
from specrender.scene.rules.place import MAX_LENGTH

TRIANGLES, STRIP, FAN = 4, 5, 6
#: Determinant of a node's frame, relative to the lengths of its columns, below which it is flat.
SINGULAR = 1e-12


def placed_nodes(file: File, to_world: np.ndarray) -> Iterator[tuple[str, Node, np.ndarray]]:
    """(place, node, (4, 4) matrix to the world) of every node of the default scene, parents before children.

    to_world : (4, 4) matrix that moves the whole tree.
    """
    document = file.document
    if document.scenes:
        index = document.scene or 0
        roots, place = file.item("scenes", index, "scene").nodes, f"scenes[{index}].nodes"
    else:  # the file is a library: all is shown
        below = {child for node in document.nodes for child in node.children}
        roots, place = [index for index in range(len(document.nodes)) if index not in below], "nodes"
        if document.nodes and not roots:
            raise file.error("nodes", "every node is the child of another: they form a circle" + AGAIN)
    stack = [(root, to_world, f"{place}[{k}]") for k, root in enumerate(roots)][::-1]
    seen: set[int] = set()
    while stack:
        index, above, asked_at = stack.pop()
        node = file.item("nodes", index, asked_at)
        if index in seen:
            message = f"nodes[{index}] is in the tree already: it has two parents, or is nested in a circle{AGAIN}"
            raise file.error(asked_at, message)
        seen.add(index)
        here = f"nodes[{index}]"
        matrix = above @ _local(file, node, here)
        if not np.isfinite(matrix).all() or np.abs(matrix).max() > MAX_LENGTH:
            raise file.error(here, f"with its parents it reaches out of range: at most {MAX_LENGTH:g}")
        yield here, node, matrix
        stack += [(child, matrix, f"{here}.children[{k}]") for k, child in enumerate(node.children)][::-1]


def _local(file: File, node: Node, place: str) -> np.ndarray:
    """The (4, 4) matrix of a node: as it stands there (by columns), or from translation, rotation and scale."""
    if node.matrix is not None:
        if not (node.translation is None and node.rotation is None and node.scale is None):
            message = "it has a matrix and also translation, rotation or scale; only one of both is allowed" + AGAIN
            raise file.error(place, message)
        matrix = np.array(node.matrix, np.float64).reshape(4, 4).T
        if not np.allclose(matrix[3], (0, 0, 0, 1), rtol=0, atol=1e-6):
            raise file.error(f"{place}.matrix", f"the last row must be 0 0 0 1, got {matrix[3].tolist()}{AGAIN}")
        matrix[3] = (0, 0, 0, 1)
        _require_volume(file, matrix, f"{place}.matrix")
        return matrix
    matrix = np.eye(4)
    rotation = np.array((0.0, 0.0, 0.0, 1.0) if node.rotation is None else node.rotation)
    if np.abs(rotation).max() > 1e9 or abs(np.linalg.norm(rotation) - 1.0) > 1e-2:
        raise file.error(f"{place}.rotation", f"a quaternion must have length 1, got {rotation.tolist()}{AGAIN}")
    x, y, z, w = rotation / np.linalg.norm(rotation)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, :3] = turn * np.array((1.0, 1.0, 1.0) if node.scale is None else node.scale)
    matrix[:3, 3] = (0.0, 0.0, 0.0) if node.translation is None else node.translation
    _require_volume(file, matrix, f"{place}.scale")
    return matrix


def _require_volume(file, matrix, place):
    if not (np.abs(matrix) <= MAX_LENGTH).all():
        raise file.error(place, f"the node is out of range: at most {MAX_LENGTH:g}")
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    if not lengths.min() > 0.0 or abs(np.linalg.det(matrix[:3, :3] / lengths)) < SINGULAR:
        raise file.error(place, "the node is flattened to nothing; give it a size other than 0, or remove it")


# ---------------------------------------------------------------- triangles


def triangles(
    numbers: Numbers, primitive: Primitive, place: str, texcoord: int | None, has_normal_map: bool
) -> tuple[d.TriangleMesh, np.ndarray] | None:
    """The mesh of a primitive in its own coordinates, without material; None for points and lines.

    Parameters
    ----------
    texcoord : the set of texture coordinates that is needed, or None.
    has_normal_map : whether it matters how textures lie.

    Returns
    -------
    mesh : TriangleMesh.
    is_mirrored : (m,) bool, whether the image on each face is seen in a mirror; without a normal map, all False.
    """
    file, attributes = numbers.file, primitive.attributes
    if primitive.mode not in range(7):
        raise file.error(f"{place}.mode", f"got {primitive.mode}; allowed: 4 (triangles), 5 (strip), 6 (fan){AGAIN}")
    if primitive.mode not in (TRIANGLES, STRIP, FAN):
        file.note("points and lines are not shown")
        return None
    if primitive.targets:
        file.note("the file's morph targets are not used")

    def attribute(name, needed=False):
        if name not in attributes:
            if needed:
                raise file.error(f"{place}.attributes", f"'{name}' is missing{AGAIN}")
            return None
        here = f"{place}.attributes.{name}"
        values = numbers.accessor(attributes[name], name.partition("_")[0], here).astype(np.float32)
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise file.error(here, f"element {row} is not finite: {values[row].tolist()}{AGAIN}")
        return values

    positions = attribute("POSITION", needed=True)
    if np.abs(positions).max() > MAX_LENGTH:
        raise file.error(f"{place}.attributes.POSITION", f"a number is out of range: at most {MAX_LENGTH:g}")
    found = {"NORMAL": attribute("NORMAL"), "COLOR_0": attribute("COLOR_0")}
    if has_normal_map:
        found["TANGENT"] = attribute("TANGENT")
    uv_name = f"TEXCOORD_{0 if texcoord is None else texcoord}"
    uvs = found[uv_name] = attribute(uv_name, needed=texcoord is not None)
    for name, values in found.items():
        if values is not None and len(values) != len(positions):
            message = f"{len(values)} elements for {len(positions)} positions{AGAIN}"
            raise file.error(f"{place}.attributes.{name}", message)
    faces = _faces(_order(numbers, primitive, len(positions), place), primitive.mode)
    if len(faces) == 0:
        raise file.error(place, f"{len(positions)} vertices make no triangle{AGAIN}")
    colors, normals = found["COLOR_0"], found["NORMAL"]
    mesh = d.TriangleMesh(
        vertices=positions,
        faces=faces,
        normals=normals,
        uvs=uvs,
        attributes={} if colors is None else {"vertex_color": np.clip(colors[:, :3], 0.0, 1.0)},
        face_normals=normals is None,
    )
    if not has_normal_map:
        return mesh, np.zeros(len(faces), bool)
    if found["TANGENT"] is not None and normals is not None:  # else they "MUST be ignored"
        # bitangent = w (normal x tangent), [Khronos2021] section 3.7.2.1
        return mesh, found["TANGENT"][faces, 3].sum(axis=1) < 0.0
    return mesh, _mirrored_faces(mesh)


def _mirrored_faces(mesh) -> np.ndarray:
    """(m,) whether v, which points down in an image, lies on the left of u, seen from the side of the normals.

    It is the sign that MikkTSpace gives a tangent, the default of [Khronos2021] section 3.7.2.1.
    """
    uvs = mesh.uvs[mesh.faces].astype(np.float64)
    along, across = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    turn = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    if mesh.normals is not None:
        corners = mesh.vertices[mesh.faces].astype(np.float64)
        of_face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        turn *= np.sign((of_face * mesh.normals[mesh.faces].sum(axis=1)).sum(axis=1))
    return turn > 0.0


def part_of(mesh: d.TriangleMesh, wanted: np.ndarray) -> d.TriangleMesh:
    """The faces of a mesh that are `wanted` ((m,) bool), with the vertices they need."""
    kept, faces = np.unique(mesh.faces[wanted], return_inverse=True)
    return msgspec.structs.replace(
        mesh,
        vertices=mesh.vertices[kept],
        faces=faces.reshape(-1, 3).astype(np.int32),
        normals=None if mesh.normals is None else mesh.normals[kept],
        uvs=None if mesh.uvs is None else mesh.uvs[kept],
        attributes={name: values[kept] for name, values in mesh.attributes.items()},
    )


def _order(numbers, primitive, count, place) -> np.ndarray:
    """(n,) int64 vertices in the order in which they make triangles."""
    file = numbers.file
    if primitive.indices is None:
        order = np.arange(count)
    else:
        place = f"{place}.indices"
        order = numbers.accessor(primitive.indices, "indices", place)[:, 0].astype(np.int64)
        if int(order.max()) >= count:
            message = f"index {int(order.max())} is out of range: there are {count} vertices{AGAIN}"
            raise file.error(place, message)
    if primitive.mode == TRIANGLES and len(order) % 3:
        raise file.error(place, f"triangles need a multiple of 3 corners, got {len(order)}{AGAIN}")
    return order


def _faces(order, mode) -> np.ndarray:
    """(m, 3) int32 corners of a list, strip or fan of triangles."""
    if mode == TRIANGLES:
        return order.reshape(-1, 3).astype(np.int32)
    i = np.arange(max(len(order) - 2, 0))
    if mode == FAN:
        return np.stack([order[i + 1], order[i + 2], np.full(len(i), order[0])], axis=1).astype(np.int32)
    odd = i % 2
    return np.stack([order[i], order[i + 1 + odd], order[i + 2 - odd]], axis=1).astype(np.int32)
