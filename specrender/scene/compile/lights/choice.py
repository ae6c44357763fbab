"""How the kernel chooses a light: with equal probability among few, by a tree over emitters among many."""

from __future__ import annotations

import numpy as np

from specrender.kernel.light import layout
from specrender.kernel.light.binary import AXIS, COLUMNS, EXTENT, HIGH, LOW, PLACE, POWER, THETA_O, THICKNESS
from specrender.kernel.light.build import build_tree
from specrender.kernel.light.tree import LINK
from specrender.kernel.shape import layout as shapes
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry, cumulative
from specrender.scene.compile.lights.flat import flat_pieces

#: Up to this many emitters are chosen with equal probability, which costs nothing.  A rectangle is one emitter, larger
#: meshes are one for each triangle.
FEW = 4

#: Pairs of light samples at the first surface of a path if there are more emitters than that.
LIGHT_PAIRS = 1

#: A mesh of this many triangles is sampled as a whole: a rectangle.
WHOLE = 2

#: Least strength of what emits at all, relative to the brightest: float32 holds sums of strengths and their quotients.
FAINTEST = 1e-12

#: Lights that shine on everything, or on a part of space that no cone bounds: chosen beside the tree.
INFINITE = (layout.DIRECTIONAL, layout.BEAM, layout.CONSTANT, layout.ENVMAP, layout.SUNSKY)


def pack_lights(
    settings: np.void, lights: list[np.void], geometry: Geometry, builder: TableBuilder, threads: int
) -> dict:
    """The tables of all lights, those at infinity last; shapes and `settings` are told their new numbers.

    Parameters
    ----------
    settings : record of the kernel; its fields about lights are written.
    lights : records; `shape` of area lights and `light` of shapes refer to each other.
    threads : for building the tree; the tables are the same for all numbers.
    """
    order = sorted(range(len(lights)), key=lambda i: lights[i]["kind"] in INFINITE)
    place = {old: new for new, old in enumerate(order)}
    lights = [lights[i] for i in order]
    for record in geometry.records:
        if record["light"] >= 0:
            light = place[int(record["light"])]
            # beams of parallel light are not seen
            record["light"] = -1 if lights[light]["kind"] == layout.BEAM else light
    finite = [light for light in lights if light["kind"] not in INFINITE]
    environments = [i for i, light in enumerate(lights) if light["kind"] >= layout.CONSTANT]
    settings["environment"] = environments[0] if environments else -1
    settings["light_count"], settings["first_infinite"] = len(lights), len(finite)
    tables = {}
    if sum(_emitter_count(light, geometry) for light in finite) > FEW:
        tables = _tree(finite, geometry, builder, threads)
    settings["has_light_tree"] = bool(tables)
    settings["light_pairs"] = LIGHT_PAIRS if tables else 0
    choices = len(lights) - len(finite) + 1 if tables else len(lights)
    settings["inv_choices"] = 1.0 / max(choices, 1)
    if tables:
        settings["root_groups"] = np.count_nonzero(tables["light_parents"] < 0)
    for light in lights:
        light["probability"] = settings["inv_choices"]
    if lights and not tables:
        settings["light_cdf"] = builder.values(cumulative(np.ones(len(lights))))
    emitters = [tables.get("emitters", np.zeros(0, layout.EMITTER))]
    for index in range(len(finite) if tables else 0, len(lights)):
        lights[index]["emitter"] = sum(len(records) for records in emitters)
        emitters.append(_emitters(index, lights[index], np.array([-1]), geometry, builder))
    return tables | {"lights": np.array(lights, layout.DTYPE), "emitters": np.concatenate(emitters)}


def _emitter_count(light, geometry) -> int:
    triangles = geometry.emitting.get(int(light["shape"]))
    return 1 if triangles is None or len(triangles) <= WHOLE else len(triangles)


def _emitters(index, light, triangles, geometry, builder) -> np.ndarray:
    """The `EMITTER` records of a light, one for each of `triangles` (-1: all of it), in no tree yet."""
    pieces = flat_pieces(light, geometry, builder) if light["kind"] == layout.AREA else ()
    result = pieces if len(pieces) == len(triangles) else np.zeros(len(triangles), layout.EMITTER)
    result["light"], result["triangle"], result["slot"] = index, triangles, -1
    result["color"], result["scale"] = light["color"], light["scale"]
    return result


def _tree(finite, geometry, builder, threads) -> dict:
    """The tables of the tree and what it has for leaves; empty if none of the lights emits anything."""
    rows, records, count = [], [], 0
    # analytic shapes, the only objects that emit, are one object each
    shapes = [int(objects[0, 0]) for objects in geometry.objects]
    boxes = {shape: box[0] for shape, box in zip(shapes, geometry.object_boxes, strict=True)}
    for index, light in enumerate(finite):
        radiance = builder.mean(int(light["color"])) * float(light["scale"])
        bounds, triangles = _bounds(light, geometry, boxes, radiance, builder)
        light["emitter"], light["per_triangle"] = count, len(bounds) > 1
        count += len(bounds)
        rows.append(bounds)
        records.append(_emitters(index, light, triangles, geometry, builder))
    bounds, emitters = np.concatenate(rows), np.concatenate(records)
    bright = np.flatnonzero(bounds[:, POWER] > 0.0)
    if len(bright) == 0:
        return {}
    bounds[bright, POWER] = np.maximum(bounds[bright, POWER] / bounds[:, POWER].max(), FAINTEST)
    nodes, parents, emitters["slot"][bright] = build_tree(bounds[bright], threads)
    # the tree knows the bright ones by their number among themselves
    links = nodes.view(np.int32)[:, LINK]
    links[...] = np.where(links < 0, ~bright[~np.minimum(links, -1)].astype(np.int32), links)
    return {"emitters": emitters, "light_nodes": nodes.reshape(-1), "light_parents": parents}


def _bounds(light, geometry, boxes, radiance, builder) -> tuple[np.ndarray, np.ndarray]:
    """((n, COLUMNS) rows for `build_tree`, (n,) triangles) of one light; strength is its peak radiant intensity."""
    if light["kind"] != layout.AREA:
        return _point_bounds(light, radiance, builder), np.array([-1])
    shape = int(light["shape"])
    record = geometry.records[shape]
    side = -1.0 if record["flags"] & shapes.FLIP else 1.0
    corners = geometry.emitting.get(shape)
    if corners is None:
        return _object_bounds(record, boxes[shape], radiance, side, builder), np.array([-1])
    v0, e1, e2, normals = (corners[:, k, :3] for k in range(4))
    areas = corners[:, 3, 3]
    vertices = np.stack([v0, v0 + e1, v0 + e2], axis=1)
    rows = np.zeros((len(corners), COLUMNS))
    rows[:, LOW : LOW + 3], rows[:, HIGH : HIGH + 3] = vertices.min(axis=1), vertices.max(axis=1)
    rows[:, AXIS : AXIS + 3] = normals * side
    rows[:, AXIS + 2] += areas == 0.0
    rows[:, POWER] = radiance * areas
    middle = vertices.mean(axis=1)
    rows[:, PLACE : PLACE + 3] = middle
    rows[:, EXTENT] = np.linalg.norm(vertices - middle[:, None], axis=2).max(axis=1)
    if len(rows) > WHOLE:
        return rows, np.arange(len(rows))
    whole = rows[:1].copy()
    whole[0, LOW : LOW + 3], whole[0, HIGH : HIGH + 3] = vertices.min(axis=(0, 1)), vertices.max(axis=(0, 1))
    mean = (rows[:, AXIS : AXIS + 3] * areas[:, None]).sum(axis=0)
    length = np.linalg.norm(mean)
    whole[0, AXIS : AXIS + 3] = mean / length if length > 0.0 else (0.0, 0.0, 1.0)
    cosines = rows[areas > 0.0, AXIS : AXIS + 3] @ whole[0, AXIS : AXIS + 3]
    whole[0, THETA_O] = np.arccos(np.clip(cosines.min(), -1.0, 1.0)) if length > 0.0 else np.pi
    whole[0, POWER] = rows[:, POWER].sum()
    offsets = vertices.reshape(-1, 3) - middle.mean(axis=0)
    whole[0, PLACE : PLACE + 3] = middle.mean(axis=0)
    whole[0, EXTENT] = np.linalg.norm(offsets, axis=1).max()
    whole[0, THICKNESS] = np.abs(offsets @ whole[0, AXIS : AXIS + 3]).max()
    return whole, np.array([-1])


def _object_bounds(record, box, radiance, side, builder):
    """A shape that is intersected as a formula: disks face one way, cylinders across their axis, others anywhere."""
    row = np.zeros((1, COLUMNS))
    row[0, LOW : LOW + 3], row[0, HIGH : HIGH + 3] = box[:3], box[3:]
    matrix = builder.transforms[int(record["transform"])][:3, :3]
    axis = side * np.linalg.inv(matrix)[2]
    row[0, AXIS : AXIS + 3] = axis / np.linalg.norm(axis)
    row[0, THETA_O] = {shapes.DISK: 0.0, shapes.CYLINDER: 0.5 * np.pi}.get(int(record["kind"]), np.pi)
    row[0, POWER] = radiance * float(record["area"])
    row[0, PLACE : PLACE + 3] = 0.5 * (box[:3] + box[3:])
    row[0, EXTENT] = 0.5 * np.linalg.norm(box[3:] - box[:3])
    row[0, THICKNESS] = 0.0 if record["kind"] == shapes.DISK else row[0, EXTENT]
    return row


def _point_bounds(light, intensity, builder):
    """A light at a point; a spot shines around its axis."""
    matrix = builder.transforms[int(light["transform"])][:3]
    row = np.zeros((1, COLUMNS))
    row[0, LOW : LOW + 3] = row[0, HIGH : HIGH + 3] = row[0, PLACE : PLACE + 3] = matrix[:, 3]
    row[0, AXIS : AXIS + 3] = matrix[:, 2] / np.linalg.norm(matrix[:, 2])
    cutoffs = {layout.SPOT: light["cutoff"], layout.PROJECTOR: np.arctan(np.hypot(light["tan_x"], light["tan_y"]))}
    row[0, THETA_O] = cutoffs.get(int(light["kind"]), 1.5 * np.pi) - 0.5 * np.pi
    row[0, POWER] = intensity
    return row
