"""Shapes."""

from __future__ import annotations

from typing import Literal

import msgspec

from specrender.scene.description.lights import Emitter
from specrender.scene.description.materials import Material
from specrender.scene.description.node import Node, Transform, Vec3


class Shape(Node, kw_only=True):
    """What all shapes share.  Without a `material` a shape is diffuse with reflectance 0.5."""

    material: Material | None = None
    emitter: Emitter | None = None
    to_world: Transform = msgspec.field(default_factory=Transform)
    flip_normals: bool = False
    name: str | None = None


class MeshFile(Shape, kw_only=True):
    """A triangle mesh from a file; `face_normals` drops vertex normals."""

    filename: str
    face_normals: bool = False
    smooth_shadows: bool = True


class Obj(MeshFile, tag="obj", tag_field="type", kw_only=True):
    """Wavefront OBJ."""

    flip_tex_coords: bool = True


class Ply(MeshFile, tag="ply", tag_field="type", kw_only=True):
    """Stanford PLY, ascii or binary."""

    flip_tex_coords: bool = False


class Stl(MeshFile, tag="stl", tag_field="type", kw_only=True):
    """Stereolithography STL, ascii or binary."""


class Serialized(MeshFile, tag="serialized", tag_field="type", kw_only=True):
    """Mitsuba's binary mesh; `shape_index` picks one of several in the file."""

    shape_index: int = 0


class GltfFile(MeshFile, tag="gltf", tag_field="type", kw_only=True):
    """The default scene of a glTF 2.0 file (.gltf or .glb): all its meshes and lights, as its nodes place them.

    Its metallic-roughness materials become `principled`, or `principledthin` where they transmit without a volume, with
    all their textures and normal maps, unless a `material` is given for all.  1 nit is shown as Y = 1.  What is not
    shown (skins, animations, morph targets, cameras, further extensions) is named in notes.
    """


class TriangleMesh(Shape, tag="mesh", tag_field="type", kw_only=True):
    """A mesh given in place: `vertices` (n, 3), `faces` (m, 3) indices, optional per-vertex `normals` and `uvs`.

    From Python these, and the values of `attributes`, may be NumPy arrays.
    """

    vertices: list[Vec3]
    faces: list[tuple[int, int, int]]
    normals: list[Vec3] | None = None
    uvs: list[tuple[float, float]] | None = None
    attributes: dict[str, list[list[float]]] = msgspec.field(default_factory=dict)
    face_normals: bool = False
    smooth_shadows: bool = True


class Sphere(Shape, tag="sphere", tag_field="type", kw_only=True):
    """`to_world` may rotate, translate and scale uniformly."""

    center: Vec3 = (0.0, 0.0, 0.0)
    radius: float = 1.0


class Disk(Shape, tag="disk", tag_field="type", kw_only=True):
    """Unit disk in the xy plane, facing +z."""


class Cylinder(Shape, tag="cylinder", tag_field="type", kw_only=True):
    """Open cylinder from `p0` to `p1`."""

    p0: Vec3 = (0.0, 0.0, 0.0)
    p1: Vec3 = (0.0, 0.0, 1.0)
    radius: float = 1.0


class Rectangle(Shape, tag="rectangle", tag_field="type", kw_only=True):
    """The square [-1, 1]^2 in the xy plane, facing +z."""


class Cube(Shape, tag="cube", tag_field="type", kw_only=True):
    """The cube [-1, 1]^3, facing outwards."""


class LinearCurve(Shape, tag="linearcurve", tag_field="type", kw_only=True):
    """Chains of cones with round joints and ends; only their outside is seen.

    The file has a control point a line, `x y z radius`; an empty line begins another curve.  Radii are not transformed.
    """

    filename: str


class BSplineCurve(Shape, tag="bsplinecurve", tag_field="type", kw_only=True):
    """Tubes along uniform cubic B-splines, at least four control points each; ends are open, only the outside is seen.

    The file is that of `linearcurve`.
    """

    filename: str


class SdfGrid(Shape, tag="sdfgrid", tag_field="type", kw_only=True):
    """The surface where a grid of signed distances over the unit cube is zero; without texture coordinates.

    filename : Mitsuba's grid file (.vol) with one channel; or `grid`, lists or a (z, y, x) array of them.
    normals : continuous across voxels, or those of the interpolated distance.
    """

    filename: str | None = None
    grid: list[list[list[float]]] | None = None
    normals: Literal["smooth", "analytic"] = "smooth"


class Instance(Shape, tag="instance", tag_field="type", kw_only=True):
    """Shows the shapes of `group`, an entry of `[groups]`, moved by `to_world`.

    Materials are those of the group's shapes; its shapes cannot emit light.  Thousands of instances are better written
    as one `[[instances]]` table, whose matrices are in a file.
    """

    group: str


class ShapeGroup(Node, kw_only=True):
    """Shapes that are not shown themselves, only by instances, as often as there are some."""

    shapes: list[GroupedShape]


class Instances(Node, kw_only=True):
    """Many instances of `group` at once: `[[instances]]` tables (scenes/sunflower has two).

    transforms : name of a NumPy file (.npy) with (n, 3, 4) or (n, 4, 4) numbers, or such an array: one to_world matrix
        an instance, acting on column vectors.  `to_world` moves all of them.
    """

    group: str
    transforms: str
    to_world: Transform = msgspec.field(default_factory=Transform)


#: What a group may hold.
GroupedShape = (
    Obj
    | Ply
    | Stl
    | Serialized
    | GltfFile
    | TriangleMesh
    | Sphere
    | Disk
    | Cylinder
    | Rectangle
    | Cube
    | LinearCurve
    | BSplineCurve
    | SdfGrid
)
AnyShape = GroupedShape | Instance
