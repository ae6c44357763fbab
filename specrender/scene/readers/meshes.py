"""Triangle meshes from files: one loader a format, one dict that lists them, and the checks they share.

Vertex normals that a file lacks are computed here as Mitsuba does for its formats (OBJ, PLY, serialized): the mean of
the adjacent faces weighted by their corner angles [Thurmer1998].  An STL file stays faceted: it has no notion of
smoothness.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from specrender.errors import SceneError
from specrender.files import reason, why_unreadable

#: File extension -> (module, function) that reads it.
MESH_LOADERS = {
    "obj": ("specrender.scene.readers.mesh_obj", "load_obj"),
    "ply": ("specrender.scene.readers.mesh_ply", "load_ply"),
    "stl": ("specrender.scene.readers.mesh_stl", "load_stl"),
    "serialized": ("specrender.scene.readers.mesh_serialized", "load_serialized"),
}


#: How many times as far from its origin as it is large a mesh keeps double precision.
FAR = 16.0


@dataclass
class Mesh:
    """A triangle mesh in its own coordinates.

    Parameters
    ----------
    positions : (n, 3) float32, or float64 where that counts, see `stored` [scene units].
    faces : (m, 3) int32 indices into the vertices, counter-clockwise from the front.
    normals : (n, 3) float32 of length 1, or None for a faceted mesh.
    uvs : (n, 2) float32, or None.
    attributes : name -> (n, c) float32 for "vertex_...", (m, c) for "face_..."; c is 1 or, for linear colours, 3.
    """

    positions: np.ndarray
    faces: np.ndarray
    normals: np.ndarray | None = None
    uvs: np.ndarray | None = None
    attributes: dict[str, np.ndarray] = field(default_factory=dict)


def load_mesh(path, kind=None, face_normals=False, flip_tex_coords=None, shape_index=0) -> Mesh:
    """Read a mesh file.

    Parameters
    ----------
    path : file name.
    kind : "obj", "ply", "stl" or "serialized"; by the file's extension when None.
    face_normals : drop vertex normals and compute none.
    flip_tex_coords : replace v by 1 - v; None is Mitsuba's default (True for OBJ, False for PLY).
    shape_index : which mesh of a serialized file.

    Raises
    ------
    SceneError : naming the file and what is wrong with it.
    """
    path = Path(path)
    kind = kind or path.suffix.lower().lstrip(".")
    if kind not in MESH_LOADERS:
        raise SceneError(f"cannot read meshes of type '{path.suffix}'; allowed: {', '.join(MESH_LOADERS)}", str(path))
    problem = why_unreadable(path)
    if problem:
        raise SceneError(f"cannot be read: {problem}", str(path))
    module, function = MESH_LOADERS[kind]
    load = getattr(importlib.import_module(module), function)
    arguments = {"shape_index": shape_index} if kind == "serialized" else {}
    try:
        mesh = load(path, **arguments)
    except OSError as error:
        raise SceneError(f"cannot be read: {reason(error)}", str(path)) from None
    checked(mesh, str(path))
    if mesh.uvs is not None and (kind == "obj" if flip_tex_coords is None else flip_tex_coords):
        mesh.uvs[:, 1] = 1 - mesh.uvs[:, 1]
    if face_normals:
        mesh.normals = None
    elif mesh.normals is not None:
        mesh.normals = _repaired(mesh)
    elif kind != "stl":
        mesh.normals = smooth_normals(mesh.positions, mesh.faces)
    return mesh


def stored(positions) -> np.ndarray:
    """Positions (n, 3) as a `Mesh` holds them: float32, but as they are where that would say little but where it is.

    In the coordinates of a land survey single precision is half a metre; scenes that are there are moved before their
    meshes are rounded (`scene.compile.origin`).
    """
    positions = np.asarray(positions)
    if positions.dtype == np.float64 and len(positions):
        low, high = positions.min(axis=0), positions.max(axis=0)
        if np.maximum(np.abs(low), np.abs(high)).max() > FAR * (high - low).max():
            return positions
    return positions.astype(np.float32)


def load_shape(shape) -> Mesh:
    """The mesh of a `MeshFile` struct, with that shape's options."""
    kind = shape.__struct_config__.tag
    return load_mesh(
        shape.filename,
        kind,
        face_normals=shape.face_normals,
        flip_tex_coords=getattr(shape, "flip_tex_coords", None),
        shape_index=getattr(shape, "shape_index", 0),
    )


def checked(mesh: Mesh, where: str) -> Mesh:
    """`mesh`, or a SceneError that says why it cannot be rendered."""
    count = len(mesh.positions)
    if count == 0 or len(mesh.faces) == 0:
        raise SceneError("the mesh has no vertices" if count == 0 else "the mesh has no faces", where)
    low, high = int(mesh.faces.min()), int(mesh.faces.max())
    if low < 0 or high >= count:
        wrong = low if low < 0 else high
        raise SceneError(f"a face refers to vertex {wrong}; the mesh has vertices 0 to {count - 1}", where)
    for name, array in (("position", mesh.positions), ("normal", mesh.normals), ("texture coordinate", mesh.uvs)):
        if array is not None and not np.isfinite(array).all():
            index = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
            raise SceneError(f"the {name} of vertex {index} is not finite: {array[index].tolist()}", where)
    for name, array in mesh.attributes.items():
        of_faces = name.startswith("face_")
        expected = len(mesh.faces) if of_faces else count
        if len(array) != expected:
            what = "faces" if of_faces else "vertices"
            raise SceneError(f"the attribute '{name}' has {len(array)} values, the mesh has {expected} {what}", where)
        if not np.isfinite(array).all():
            raise SceneError(f"the attribute '{name}' has a value that is not finite", where)
    return mesh


def smooth_normals(positions, faces):
    """Vertex normals as the mean of face normals weighted by the angle at the vertex [Thurmer1998].

    positions: (n, 3) float.  faces: (m, 3) int.  Returns (n, 3) float32 of length 1; a vertex whose faces are all
    degenerate gets (1, 0, 0), as in Mitsuba.
    """
    total = np.zeros((len(positions), 3))
    # A million faces at once would need hundreds of MB of temporaries.
    for start in range(0, len(faces), 65536):
        part = faces[start : start + 65536]
        corners = positions[part].astype(np.float64)
        edges = np.roll(corners, -1, axis=1) - corners
        lengths = np.linalg.norm(edges, axis=2, keepdims=True)
        edges /= np.where(lengths > 0, lengths, 1)
        normal = np.cross(edges[:, 0], -edges[:, 2])
        size = np.linalg.norm(normal, axis=1, keepdims=True)
        normal /= np.where(size > 0, size, 1)
        cosines = np.einsum("fkc,fkc->fk", edges, -np.roll(edges, 1, axis=1))
        angles = np.arccos(np.clip(cosines, -1, 1))
        # faces that are neighbours in the file have vertices that are, too
        first, last = part.min(), part.max() + 1
        for k in range(3):
            weighted = normal * angles[:, k, None]
            for axis in range(3):
                sums = np.bincount(part[:, k] - first, weighted[:, axis], minlength=last - first)
                total[first:last, axis] += sums
    size = np.linalg.norm(total, axis=1)
    degenerate = ~(size > 0)
    total[degenerate] = (1.0, 0.0, 0.0)
    size[degenerate] = 1.0
    return (total / size[:, None]).astype(np.float32)


def _repaired(mesh):
    """The mesh's normals at length 1; where the file has a zero normal, the smooth one."""
    normals = mesh.normals
    size = np.linalg.norm(normals, axis=1)
    missing = ~(size > 0)
    if missing.any():
        normals = np.where(missing[:, None], smooth_normals(mesh.positions, mesh.faces), normals)
        size = np.where(missing, 1, size)
    return (normals / size[:, None]).astype(np.float32)
