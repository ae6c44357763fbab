"""The hierarchy of a scene: one tree over its shapes and instances, and one below each group that is instanced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specrender.errors import SceneError
from specrender.kernel.accel.build import Accel, aligned_empty, build
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.cutting import Details, cut_large_triangles, details_of_boxes, details_of_meshes
from specrender.scene.compile.geometry import Geometry, Mark
from specrender.scene.readers.instances import load_transforms

#: Instances whose transforms are computed at once: a few MB of float64.
CHUNK = 65536


@dataclass(frozen=True)
class _Part:
    """Which meshes and objects of the scene belong together."""

    since: Mark
    until: Mark

    @property
    def meshes(self) -> slice:
        return slice(self.since.meshes, self.until.meshes)

    @property
    def objects(self) -> slice:
        return slice(self.since.objects, self.until.objects)

    @property
    def batches(self) -> slice:
        return slice(self.since.batches, self.until.batches)


class Hierarchy:
    """Collects what is instanced, then builds the trees.

    Parameters
    ----------
    geometry : holds all shapes of the scene itself, and none of its groups.
    """

    def __init__(self, scene: d.Scene, geometry: Geometry):
        self.scene, self.geometry = scene, geometry
        self._instances: list[tuple[int, str, np.ndarray, np.ndarray]] = []  # record, group, columns, boxes
        self._groups: dict[str, _Part] = {}
        self._top = _Part(Mark(), geometry.mark())
        self._bounds = geometry.bounds()

    def add_groups(self, instances, add_shape) -> None:
        """Add the shapes of all groups that are shown.

        instances : (record, struct) of the single instances among the scene's shapes.
        add_shape : puts one shape into the geometry.
        """
        geometry = self.geometry
        pending = [*instances, *((geometry.add_instances(), node) for node in self.scene.instances)]
        bounds = {}
        for name in dict.fromkeys(node.group for _, node in pending):
            since = geometry.mark()
            for shape in self.scene.groups[name].shapes:
                add_shape(shape)
            self._groups[name] = _Part(since, geometry.mark())
            bounds[name] = geometry.bounds(since)
        for record, node in pending:
            columns, boxes = placed(transforms_of(node), bounds[node.group], node)
            self._instances.append((record, node.group, columns, boxes))

    def bounds(self) -> np.ndarray:
        """(2, 3) corners of the box around the scene; infinite if it is empty."""
        boxes = [boxes for _, _, _, boxes in self._instances]
        lower = [box[:, :3].min(axis=0) for box in boxes]
        upper = [box[:, 3:].max(axis=0) for box in boxes]
        return np.stack([np.min([self._bounds[0], *lower], axis=0), np.max([self._bounds[1], *upper], axis=0)])

    def cut_large(self) -> None:
        """Cut triangles that are too large for what is near them; before triangles are numbered."""
        sizes = {}
        for name, part in self._groups.items():
            own = self._details(part)
            sizes[name] = own.typical_size
            cut_large_triangles(self.geometry.meshes[part.meshes], own)
        details = [self._details(self._top)]
        for _, group, columns, boxes in self._instances:
            details.append(details_of_boxes(boxes, sizes[group] * _magnification(columns)))
        cut_large_triangles(self.geometry.meshes[self._top.meshes], Details.joined(details))

    def _details(self, part: _Part) -> Details:
        boxes = np.concatenate([np.zeros((0, 6)), *self.geometry.object_boxes[part.batches]])
        return Details.joined([details_of_meshes(self.geometry.meshes[part.meshes]), details_of_boxes(boxes)])

    def build(self, arrays: dict[str, np.ndarray], builder: TableBuilder, threads: int) -> dict[str, np.ndarray]:
        """The tables bvh, shapes and objects; `arrays` has positions and triangles."""
        geometry = self.geometry
        boxes = geometry.boxes()

        def first_triangle(mark: Mark) -> int:
            return geometry.first_triangles[mark.meshes]

        def tree(part: _Part, extra=None) -> Accel:
            own = boxes[part.objects] if extra is None else np.concatenate([boxes[part.objects], extra])
            triangles = arrays["triangles"][first_triangle(part.since) : first_triangle(part.until)]
            return build(arrays["positions"], triangles, own, threads)

        below = {name: tree(part) for name, part in self._groups.items()}
        first_instance, instance_boxes = geometry.object_count, [np.zeros((0, 6), np.float32)]
        for record, _, columns, own in self._instances:
            first = builder.transform_block(columns)
            geometry.add_objects(record, first + 2 * np.arange(len(own)), own)
            instance_boxes.append(own)
        top = tree(self._top, np.concatenate(instance_boxes))
        if self._instances:
            numbers = [np.arange(self._top.until.objects), np.arange(first_instance, geometry.object_count)]
            top = top.moved(objects=np.concatenate(numbers))

        accels, root = [top], top.places
        for name, part in self._groups.items():
            for record, group, _, _ in self._instances:
                if group == name:
                    geometry.records[record]["root"] = root
            numbers = np.arange(part.since.objects, part.until.objects)
            accels.append(below.pop(name).moved(root, first_triangle(part.since), numbers))
            root += accels[-1].places
        return {"bvh": _joined([accel.table for accel in accels])} | geometry.finish_objects()


def _magnification(columns) -> np.ndarray:
    """(n,) largest factor by which the to_world of each instance lengthens an axis; columns as `placed` makes them."""
    return np.linalg.norm(columns[::2, :3, :3], axis=2).max(axis=1)


def _joined(parts):
    """One table on a 64-byte boundary."""
    if len(parts) == 1:
        return parts[0]
    joined = aligned_empty(sum(len(part) for part in parts))
    np.concatenate(parts, out=joined)
    return joined


def transforms_of(node) -> np.ndarray:
    """(n, 4, 4) to_world matrices of an instance, or of many, as given (float32 or float64)."""
    if isinstance(node, d.Instance):
        return node.to_world.matrix[None]
    try:
        matrices = load_transforms(node.transforms)
    except SceneError as error:
        raise d.fail(node, error.message) from None
    return matrices


def placed(matrices, bounds, node) -> tuple[np.ndarray, np.ndarray]:
    """What the kernel needs of instances of a group with bounds (2, 3).

    Parameters
    ----------
    matrices : (n, 3 or 4, 4) to_world; for `Instances`, its own to_world is applied after them.

    Returns
    -------
    columns : (2 n, 4 columns, 4 lanes) float32: each to_world, then its inverse.
    boxes : (n, 6) float32.
    """
    count = len(matrices)
    columns = np.zeros((2 * count, 4, 4), np.float32)
    boxes = np.empty((count, 6), np.float32)
    center, half = bounds.mean(axis=0), (bounds[1] - bounds[0]) / 2
    after = node.to_world.matrix if isinstance(node, d.Instances) else None
    for start in range(0, count, CHUNK):
        part = np.tile(np.eye(4), (len(matrices[start : start + CHUNK]), 1, 1))
        part[:, :3] = matrices[start : start + CHUNK, :3]
        if after is not None:
            part = after @ part
        inverse = np.linalg.inv(part)
        middle = part[:, :3, :3] @ center + part[:, :3, 3]
        extent = np.abs(part[:, :3, :3]) @ half
        stop = start + len(part)
        for k, matrix in enumerate((part, inverse)):
            columns[2 * start + k : 2 * stop : 2, :, :3] = matrix.transpose(0, 2, 1)[:, :, :3]
        boxes[start:stop, :3], boxes[start:stop, 3:] = middle - extent, middle + extent
    if not (np.isfinite(columns).all() and np.isfinite(boxes).all()):
        raise d.fail(node, "an instance leaves the range of float32")
    # rounded outwards: the boxes were made in double precision
    boxes[:, :3] = np.nextafter(boxes[:, :3], np.float32(-np.inf))
    boxes[:, 3:] = np.nextafter(boxes[:, 3:], np.float32(np.inf))
    return columns, boxes
