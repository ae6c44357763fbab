"""Rules of shapes."""

from __future__ import annotations

import numpy as np

from specrender.errors import SceneError, did_you_mean
from specrender.scene import description as d
from specrender.scene.rules.place import MAX_INT, MAX_LENGTH, check_file, check_filename
from specrender.scene.shown import shown


def _serialized(p):
    p.not_negative("shape_index")
    p.at_most(MAX_INT, "shape_index")


def _attribute(p, name, values):
    """(n, 1) or (n, 3) float64 of a mesh attribute."""
    place = f"attributes.{name}"
    if not name.startswith(("vertex_", "face_")):
        raise p.fail(place, f"the name of an attribute begins with vertex_ or face_, got {shown(name)}")
    if len({len(row) for row in values}) > 1:
        raise p.fail(place, f"{place} has rows of different lengths")
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.shape[1] not in (1, 3):
        raise p.fail(place, f"{place} must have the shape (n, 1) or (n, 3), got {array.shape}")
    if array.size and not np.abs(array).max() <= MAX_LENGTH:
        raise p.fail(place, f"{place} has a number out of range: at most {MAX_LENGTH:g}")
    return array


def _triangle_mesh(p):
    from specrender.scene.readers.meshes import Mesh, checked

    node = p.node
    shapes = {"vertices": 3, "faces": 3, "normals": 3, "uvs": 2}
    arrays = {}
    for field, width in shapes.items():
        value = getattr(node, field)
        if value is None:
            arrays[field] = None
            continue
        array = np.asarray(value, np.int64 if field == "faces" else np.float64)
        if array.size and (array.ndim != 2 or array.shape[1] != width):
            raise p.fail(field, f"{field} must have the shape (n, {width}), got {array.shape}")
        if field in ("normals", "uvs") and len(array) != len(arrays["vertices"]):
            raise p.fail(field, f"{field} has {len(array)} rows, vertices has {len(arrays['vertices'])}")
        arrays[field] = array
    finite = arrays["vertices"][np.isfinite(arrays["vertices"])]
    if finite.size and np.abs(finite).max() > MAX_LENGTH:
        raise p.fail("vertices", f"vertices has a number out of range: at most {MAX_LENGTH:g}")
    attributes = {name: _attribute(p, name, values) for name, values in node.attributes.items()}
    try:
        checked(Mesh(arrays["vertices"], arrays["faces"], arrays["normals"], arrays["uvs"], attributes), None)
    except SceneError as error:
        raise p.fail("", error.message) from None


def _sphere(p):
    p.positive("radius")
    block = p.node.to_world.matrix[:3, :3]
    gram = block.T @ block
    if not np.allclose(gram, np.eye(3) * gram[0, 0], rtol=0, atol=1e-4 * abs(gram[0, 0])):
        raise p.fail("to_world", "to_world of a sphere may rotate, move and scale uniformly only")


def _cylinder(p):
    p.positive("radius")
    p.require(tuple(p.node.p0) != tuple(p.node.p1), "p1", "another point than p0")


def _group_name(p):
    if p.node.group not in p.scene.groups:
        hint = did_you_mean(p.node.group, p.scene.groups) or "; the scene has no groups"
        raise p.fail("group", f"no group is named '{p.node.group}'{hint}")


def _instance(p):
    _group_name(p)
    for field, unset in (("material", None), ("emitter", None), ("flip_normals", False)):
        if getattr(p.node, field) != unset:
            raise p.fail(field, f"an instance takes its {field} from the shapes of its group")


def _instances(p):
    from specrender.scene.readers.instances import load_transforms

    _group_name(p)
    if isinstance(p.node.transforms, str):
        check_file(p, "transforms")
    try:
        load_transforms(p.node.transforms)
    except SceneError as error:
        raise p.fail("transforms", str(error)) from None


def _group(p):
    if not p.node.shapes:
        raise p.fail("shapes", "a group needs at least one shape")
    for index, shape in enumerate(p.node.shapes):
        if isinstance(shape, d.Instance):
            raise p.fail(f"shapes[{index}]", "a group cannot hold instances")
        if shape.emitter is not None:
            raise p.fail(f"shapes[{index}].emitter", "the shapes of a group cannot emit light")


def _sdf_grid(p):
    p.one_of("filename", "grid")
    check_file(p, "filename")


def _gltf(p):
    p.require(p.node.emitter is None, "emitter", "left out: the materials of the file say what emits")


RULES = {
    d.GltfFile: _gltf,
    d.LinearCurve: check_filename,
    d.BSplineCurve: check_filename,
    d.SdfGrid: _sdf_grid,
    d.ShapeGroup: _group,
    d.Instance: _instance,
    d.Instances: _instances,
    d.MeshFile: check_filename,
    d.Serialized: _serialized,
    d.TriangleMesh: _triangle_mesh,
    d.Sphere: _sphere,
    d.Cylinder: _cylinder,
}
