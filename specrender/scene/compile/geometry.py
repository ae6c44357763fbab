"""Shapes of the scene to triangles, analytic records and the BVH."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace

import numpy as np

from specrender.errors import SpecrenderWarning
from specrender.kernel.shape import layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.parts import PARTS
from specrender.scene.readers.meshes import Mesh, checked, load_shape, stored

#: The vertices of so small meshes are kept in double precision until they are cut: a slanted floor of a million units
#: whose corners are rounded is off by a tenth of one where things stand on it.
EXACT_VERTICES = 4096

#: Relative difference of two scales below which they count as equal.
SCALE_TOLERANCE = 1e-4

#: 1 - cosine below which a vertex normal counts as its face's: float32 cannot tell them apart.
FLAT_TOLERANCE = 3e-7
#: Half a degree: the edge of a shadow that follows faces lies where light grazes them by 0.4 % of its strength.
BENT_COSINE = np.cos(np.radians(0.5))


@dataclass
class PlacedMesh:
    """A mesh where it is in the scene, or in its group.

    Parameters
    ----------
    shape : index of its record.
    positions : (n, 4) float32, the last column 0.
    faces : (m, 3) int32 indices into its own vertices.
    normals : (n, 4) float32, or None.
    uvs : (n, 2) float32, or None.
    attributes : as `Mesh` has them.
    emits : it is a light or a sensor: `Geometry.emitting` and area_cdf have its triangles.
    exact : (n, 3) float64, positions before they were rounded; None for meshes of more than EXACT_VERTICES.
    pieces : (k,) int32, which of the mesh's triangles each of its last k is a piece of, see `cutting`.
    """

    shape: int
    positions: np.ndarray
    faces: np.ndarray
    normals: np.ndarray | None
    uvs: np.ndarray | None
    attributes: dict[str, np.ndarray]
    emits: bool
    exact: np.ndarray | None = None
    pieces: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))

    def corners(self, faces) -> np.ndarray:
        """(..., 3, 3) float64 corners of faces, as exact as they are known."""
        positions = self.positions[:, :3] if self.exact is None else self.exact
        return positions[self.faces[faces]].astype(np.float64)


@dataclass(frozen=True)
class Mark:
    """How much has been added to the geometry so far, to tell later what came after it."""

    meshes: int = 0
    objects: int = 0
    batches: int = 0


@dataclass
class Geometry:
    """Growing geometry tables: shapes are added, `place_meshes` numbers their triangles, `finish` gives the arrays."""

    records: list[np.void] = field(default_factory=list)
    objects: list[np.ndarray] = field(default_factory=list)  # (k, 2): shape, part of it
    object_boxes: list[np.ndarray] = field(default_factory=list)  # (k, 6)
    object_count: int = 0
    meshes: list[PlacedMesh] = field(default_factory=list)
    emitting: dict[int, np.ndarray] = field(default_factory=dict)  # shape -> (n, 4, 4): v0, e1, e2, (normal, area)
    #: Index of a shape -> (its mesh attributes, numbers of its first vertex and triangle), once these are placed.
    attributes: dict[int, tuple[dict, int, int]] = field(default_factory=dict)
    #: Number of the first triangle of each mesh, and of all, once they are placed.
    first_triangles: list[int] = field(default_factory=list)

    def add(
        self,
        shape: d.Shape,
        material: int,
        needs_tangent: bool,
        light: int,
        builder: TableBuilder,
        mesh: Mesh | None = None,
    ) -> None:
        """Add one shape; `material` and `light` (-1: none) are table indices, `mesh` its mesh if that is at hand."""
        record = np.zeros(1, layout.DTYPE)[0]
        record["material"], record["light"] = material, light
        record["flags"] = (layout.FLIP if shape.flip_normals else 0) | (layout.NEEDS_TANGENT if needs_tangent else 0)
        self.records.append(record)
        analytic, parts = ANALYTIC.get(type(shape)), PARTS.get(type(shape))
        if parts is not None:
            if light >= 0:
                kind = type(shape).__struct_config__.tag
                message = f"shapes of type '{kind}' can be no lights and no sensors: their surface cannot be sampled"
                raise d.fail(shape, message)
            parts(shape, record, self, builder)
        elif analytic is not None:
            self._add_object(record, *analytic(shape), builder)
        else:
            self._add_mesh(record, shape, mesh_of(shape) if mesh is None else mesh, light >= 0, builder)

    def _add_object(self, record, kind, to_world, area, box, builder):
        record["kind"] = kind
        record["area"] = area
        record["radius"] = np.linalg.norm(to_world[:3, 0])
        record["transform"] = builder.transform(to_world)
        self.add_objects(len(self.records) - 1, [0], [box])

    def add_objects(self, shape: int, parts, boxes) -> None:
        """Add objects of the hierarchy: parts (k,) int of a shape's record, and their boxes (k, 6)."""
        rows = np.empty((len(parts), 2), np.int32)
        rows[:, 0], rows[:, 1] = shape, parts
        self.objects.append(rows)
        self.object_boxes.append(np.asarray(boxes, np.float64).reshape(-1, 6))
        self.object_count += len(rows)

    def add_instances(self) -> int:
        """A record for a set of instances, whose objects come later; its index."""
        record = np.zeros(1, layout.DTYPE)[0]
        record["kind"], record["light"] = layout.INSTANCE, -1
        self.records.append(record)
        return len(self.records) - 1

    def _add_mesh(self, record, shape, mesh, emits, builder):
        matrix = shape.to_world.matrix
        has_outside = mesh.normals is not None or type(shape) in OUTWARD
        if mesh.normals is not None and has_flat_faces(mesh):
            mesh = replace(mesh, normals=None)
        positions = np.zeros((len(mesh.positions), 4), np.float32)
        exact = mesh.positions @ matrix[:3, :3].T + matrix[:3, 3]
        positions[:, :3] = exact
        if not np.isfinite(positions).all():
            raise d.fail(shape, "the transformed mesh leaves the range of float32")
        faces = mesh.faces
        if has_outside and np.linalg.det(matrix[:3, :3]) < 0.0:
            # a mirror image keeps its outside: the order of vertices follows the normals, as Mitsuba's shading does
            faces = faces[:, [0, 2, 1]]
        record["kind"] = layout.MESH
        if mesh.normals is not None:
            record["flags"] |= layout.HAS_NORMALS
            if shape.smooth_shadows and has_bent_faces(mesh):
                record["flags"] |= layout.SMOOTH_SHADOWS
        if mesh.uvs is not None:
            record["flags"] |= layout.HAS_UVS
        if has_no_area(positions, faces):
            what = "no triangle of it has an area"
            if emits:
                raise d.fail(shape, f"{what}; it can be no light and no sensor")
            warnings.warn(f"{d.where(shape) or 'a mesh'}: {what}; it is not seen", SpecrenderWarning, stacklevel=2)
        if emits:
            corners = positions[faces].astype(np.float64)
            corners[:, 1:] -= corners[:, :1]
            normals = np.zeros((len(corners), 1, 4))
            normals[:, 0, :3] = np.cross(corners[:, 1, :3], corners[:, 2, :3])
            areas = 0.5 * np.linalg.norm(normals[:, 0], axis=1)
            normals /= np.maximum(2.0 * areas, np.finfo(float).tiny)[:, None, None]
            record["area"] = areas.sum()
            record["area_cdf"] = builder.values(cumulative(areas))
            normals[:, 0, 3] = areas
            corners = np.concatenate([corners, normals], axis=1)
            record["corners"] = builder.values(corners) // 4
            self.emitting[len(self.records) - 1] = corners
        normals = self._transformed_normals(mesh, matrix)
        uvs = None if mesh.uvs is None else mesh.uvs.astype(np.float32)
        exact = exact if len(exact) <= EXACT_VERTICES else None
        shape_id = len(self.records) - 1
        self.meshes.append(PlacedMesh(shape_id, positions, faces, normals, uvs, mesh.attributes, emits, exact))

    @staticmethod
    def _transformed_normals(mesh: Mesh, matrix) -> np.ndarray | None:
        if mesh.normals is None:
            return None
        normals = np.zeros((len(mesh.normals), 4), np.float32)
        normals[:, :3] = mesh.normals @ np.linalg.inv(matrix[:3, :3])
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        return np.divide(normals, length, out=normals, where=length > 0)

    def mark(self) -> Mark:
        """What has been added so far."""
        return Mark(len(self.meshes), self.object_count, len(self.object_boxes))

    def bounds(self, since: Mark = Mark()) -> np.ndarray:
        """(2, 3) corners of the box around the shapes added since a mark; infinite if there are none."""
        meshes = [mesh.positions[:, :3] for mesh in self.meshes[since.meshes :] if len(mesh.positions)]
        boxes = [np.concatenate([p.min(axis=0), p.max(axis=0)])[None] for p in meshes]
        boxes = np.concatenate([*boxes, *self.object_boxes[since.batches :], np.zeros((0, 6))])
        return np.stack([boxes[:, :3].min(axis=0, initial=np.inf), boxes[:, 3:].max(axis=0, initial=-np.inf)])

    def place_meshes(self) -> None:
        """Number all vertices and triangles: after this no mesh is added or changed."""
        first_vertex, first_triangle, first_piece = 0, 0, 0
        for mesh in self.meshes:
            record = self.records[mesh.shape]
            record["first_triangle"], record["triangle_count"] = first_triangle, len(mesh.faces)
            record["parts"] = len(mesh.faces) - len(mesh.pieces)
            record["data"] = first_piece - record["parts"]
            first_piece += len(mesh.pieces)
            if mesh.uvs is not None and not record["flags"] & layout.HAS_UVS:
                # they came with the cuts; tangents do not follow them
                record["flags"] = (record["flags"] | layout.HAS_UVS) & ~layout.NEEDS_TANGENT
            if mesh.attributes:
                self.attributes[mesh.shape] = (mesh.attributes, first_vertex, first_triangle)
            self.first_triangles.append(first_triangle)
            first_vertex += len(mesh.positions)
            first_triangle += len(mesh.faces)
        self.first_triangles.append(first_triangle)

    def finish(self) -> dict[str, np.ndarray]:
        """Arrays positions, normals, uvs, triangles and pieces.  Lets the meshes go to save memory."""
        meshes, self.meshes = self.meshes, []
        sizes = [len(mesh.positions) for mesh in meshes]
        triangles = np.empty((sum(len(mesh.faces) for mesh in meshes), 4), np.int32)
        first_vertex = 0
        for mesh, first, size in zip(meshes, self.first_triangles, sizes, strict=False):
            rows = triangles[first : first + len(mesh.faces)]
            np.add(mesh.faces, first_vertex, out=rows[:, :3])
            rows[:, 3] = mesh.shape
            first_vertex += size
        return {
            "positions": _joined([mesh.positions for mesh in meshes], 4, np.float32),
            "triangles": triangles,
            "pieces": np.concatenate([*(mesh.pieces for mesh in meshes), np.zeros(0, np.int32)]),
            "normals": _joined_optional([mesh.normals for mesh in meshes], sizes, 4),
            "uvs": _joined_optional([mesh.uvs for mesh in meshes], sizes, 2),
        }

    def finish_objects(self) -> dict[str, np.ndarray]:
        """The tables shapes, objects."""
        return {
            "shapes": np.array(self.records, layout.DTYPE),
            "objects": np.concatenate([*self.objects, np.zeros((0, 2), np.int32)]),
        }

    def boxes(self) -> np.ndarray:
        """(object_count, 6) float32: the boxes of all objects so far."""
        return np.concatenate([*self.object_boxes, np.zeros((0, 6))]).astype(np.float32)


def mesh_of(shape: d.Shape) -> Mesh | None:
    """The mesh of a shape that is made of triangles, in its own coordinates; None for other kinds."""
    if type(shape) in ANALYTIC or type(shape) in PARTS or isinstance(shape, d.Instance):
        return None
    return MESHES[type(shape)](shape) if type(shape) in MESHES else load_shape(shape)


def has_no_area(positions: np.ndarray, faces: np.ndarray) -> bool:
    """Whether all triangles are lines or points; positions (n, 4), faces (m, 3)."""
    for some in (faces[:32], faces):  # nearly all meshes are told by their first faces
        corners = positions[some][..., :3].astype(np.float64)
        if np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).any():
            return False
    return True


def has_flat_faces(mesh: Mesh) -> bool:
    """Whether vertex normals say what the faces say anyway, as in walls and boxes: no need to blend them then."""
    for faces in (mesh.faces[:32], mesh.faces):  # most smooth meshes are told by their first faces
        corners = mesh.positions[faces].astype(np.float64)
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(across, axis=1)
        cosines = np.einsum("ijk,ik->ij", mesh.normals[faces], across)
        if (cosines < (1.0 - FLAT_TOLERANCE) * length[:, None]).any():
            return False
    return True


def has_bent_faces(mesh: Mesh) -> bool:
    """Whether the vertex normals of some face differ by more than BENT_COSINE: else no shadow shows the faces."""
    for faces in (mesh.faces[:32], mesh.faces):
        normals = mesh.normals[faces].astype(np.float64)
        normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), np.finfo(float).tiny)
        if (np.einsum("ijk,ijk->ij", normals, np.roll(normals, 1, axis=1)) < BENT_COSINE).any():
            return True
    return False


def cumulative(weights) -> np.ndarray:
    """(n + 1,) float32 running shares of non-negative weights, from exactly 0 to exactly 1."""
    total = np.concatenate([[0.0], np.cumsum(np.asarray(weights, np.float64))])
    shares = (total / total[-1]).astype(np.float32)
    shares[-1] = 1.0
    return shares


def _joined(parts, width, dtype):
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros((0, width), dtype)


def _joined_optional(parts, sizes, width):
    """Parts in vertex order with zeros where a mesh has none; an empty table if no mesh has any."""
    if all(part is None for part in parts):
        return np.zeros((0, width), np.float32)
    if len(parts) == 1:
        return parts[0]
    joined = np.zeros((sum(sizes), width), np.float32)
    start = 0
    for part, size in zip(parts, sizes, strict=True):
        if part is not None:
            joined[start : start + size] = part
        start += size
    return joined


def vertex_table(positions: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(n, 2, 4) float32: each position and its normal, read together; (n, 1, 4) where there are no normals."""
    return np.stack([positions, normals], axis=1) if len(normals) else positions[:, None]


# ---------------------------------------------------------------- analytic shapes


def _scales(shape: d.Shape, matrix: np.ndarray, axes: int) -> np.ndarray:
    """Lengths of the first `axes` columns, which must be orthogonal and of equal length."""
    linear = matrix[:3, :axes]
    gram = linear.T @ linear
    scale2 = gram[0, 0]
    if not np.allclose(gram, scale2 * np.eye(axes), atol=SCALE_TOLERANCE * scale2):
        what = type(shape).__name__.lower()
        raise d.fail(shape, f"a {what} cannot be sheared or scaled differently along its axes; use a mesh instead")
    return np.sqrt(scale2)


def _sphere(shape: d.Sphere):
    matrix = shape.to_world.matrix @ _translation(shape.center) @ np.diag([shape.radius] * 3 + [1.0])
    radius = _scales(shape, matrix, 3)
    center = matrix[:3, 3]
    return layout.SPHERE, matrix, 4.0 * np.pi * radius**2, np.concatenate([center - radius, center + radius])


def _disk(shape: d.Disk):
    matrix = shape.to_world.matrix
    area = np.pi * np.linalg.norm(np.cross(matrix[:3, 0], matrix[:3, 1]))
    extent = np.hypot(matrix[:3, 0], matrix[:3, 1])
    return layout.DISK, matrix, area, np.concatenate([matrix[:3, 3] - extent, matrix[:3, 3] + extent])


def _cylinder(shape: d.Cylinder):
    p0, p1 = np.array(shape.p0), np.array(shape.p1)
    axis = p1 - p0
    length = np.linalg.norm(axis)
    if not length > 0.0:
        raise d.fail(shape, "the two ends of a cylinder are the same point")
    z = axis / length
    # where u begins: the tangent of [Duff2017], as in Mitsuba
    sign = np.copysign(1.0, z[2])
    a = -1.0 / (sign + z[2])
    x = np.array([1.0 + sign * z[0] ** 2 * a, sign * z[0] * z[1] * a, -sign * z[0]])
    local = np.eye(4)
    local[:3, 0], local[:3, 1], local[:3, 2] = x * shape.radius, np.cross(z, x) * shape.radius, axis
    local[:3, 3] = p0
    matrix = shape.to_world.matrix @ local
    radius = _scales(shape, matrix, 2)
    if np.abs(matrix[:3, 2] @ matrix[:3, :2]).max() > SCALE_TOLERANCE * radius * np.linalg.norm(matrix[:3, 2]):
        raise d.fail(shape, "a cylinder cannot be sheared; use a mesh instead")
    ends = np.stack([matrix[:3, 3], matrix[:3, 3] + matrix[:3, 2]])
    extent = np.hypot(matrix[:3, 0], matrix[:3, 1])
    box = np.concatenate([ends.min(axis=0) - extent, ends.max(axis=0) + extent])
    return layout.CYLINDER, matrix, 2.0 * np.pi * radius * np.linalg.norm(matrix[:3, 2]), box


def _translation(offset) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix


#: Struct -> (kind, to_world, area, box (6,)) of a shape that is intersected as a formula.
ANALYTIC = {d.Sphere: _sphere, d.Disk: _disk, d.Cylinder: _cylinder}


# ---------------------------------------------------------------- shapes made of triangles


def _rectangle(shape: d.Rectangle) -> Mesh:
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    faces = np.array([[0, 1, 2], [2, 3, 0]], np.int32)
    return Mesh(corners, faces, uvs=(0.5 * corners[:, :2] + 0.5).astype(np.float32))


#: Corners of the faces of a cube in the order in which texture coordinates go around, as Mitsuba has them:
#: below (-y), above, +x, +z, -x, -z.
CUBE_CORNERS = """
    +-- +-+ --+ ---   ++- -+- -++ +++   +-- ++- +++ +-+
    +-+ +++ -++ --+   --+ -++ -+- ---   ++- +-- --- -+-
"""


def _cube(shape: d.Cube) -> Mesh:
    signs = [[1.0 if sign == "+" else -1.0 for sign in corner] for corner in CUBE_CORNERS.split()]
    faces = [[4 * side + i for i in corners] for side in range(6) for corners in ((0, 1, 2), (3, 0, 2))]
    uvs = np.tile(np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32), (6, 1))
    return Mesh(np.array(signs, np.float32), np.array(faces, np.int32), uvs=uvs)


def _inline(shape: d.TriangleMesh) -> Mesh:
    def array(values, width, dtype):
        return None if values is None else np.asarray(values, dtype).reshape(-1, width)

    positions, faces = array(shape.vertices, 3, np.float64), array(shape.faces, 3, np.int32)
    normals = None if shape.face_normals else array(shape.normals, 3, np.float32)
    attributes = {name: np.asarray(values, np.float32) for name, values in shape.attributes.items()}
    mesh = Mesh(stored(positions), faces, normals, array(shape.uvs, 2, np.float32), attributes)
    return checked(mesh, d.where(shape) or "mesh")


#: Struct -> mesh of a shape that is triangles without being a file.
MESHES = {d.Rectangle: _rectangle, d.Cube: _cube, d.TriangleMesh: _inline}

#: Those whose front side is part of what they are, not of how their triangles are listed.
OUTWARD = (d.Rectangle, d.Cube)
