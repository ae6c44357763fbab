"""Shapes that are many objects of the hierarchy: curves, a part each, and grids of distances, a voxel each."""

from __future__ import annotations

import numpy as np

from specrender.errors import SceneError
from specrender.kernel.shape import layout
from specrender.scene import description as d
from specrender.scene.readers.curves import load_curves
from specrender.scene.readers.grids import load_grid

#: Pieces into which a segment of a spline is cut: as many as make the arc of each lower than this share of its radius.
FLATNESS = 0.1
MOST_PIECES = 16

#: A voxel's box is this share of its size larger on each side, for rounding.
VOXEL_SLACK = 1e-3


def _read(shape, load, *arguments):
    """What `load` makes of the shape's file; errors name both."""
    try:
        return load(shape.filename, *arguments)
    except SceneError as error:
        raise d.fail(shape, str(error)) from None


def _moved(curves, shape):
    """The control points through to_world; radii stay, as in Mitsuba."""
    matrix = shape.to_world.matrix
    moved = [np.concatenate([c[:, :3] @ matrix[:3, :3].T + matrix[:3, 3], c[:, 3:]], axis=1) for c in curves]
    with np.errstate(over="ignore"):
        fit = all(np.isfinite(c.astype(np.float32)).all() for c in moved)
    if not fit:
        raise d.fail(shape, "the transformed curve leaves the range of float32")
    return moved


def _linear_parts(curves) -> np.ndarray:
    """(n, 2, 4): the ends of each segment."""
    return np.concatenate([np.stack([curve[:-1], curve[1:]], axis=1) for curve in curves])


def _spline_parts(curves) -> np.ndarray:
    """(n, 4, 4): Bezier control points of equal pieces of each segment of uniform cubic B-splines."""
    segments = np.concatenate([np.stack([c[k : len(c) - 3 + k] for k in range(4)], axis=1) for c in curves])
    # blossoms: c'' at both ends and the least radius say into how many pieces
    bend = np.linalg.norm(np.diff(segments[:, :, :3], n=2, axis=1), axis=2).max(axis=1)
    radius = np.maximum(segments[:, :, 3].min(axis=1), 1e-3 * segments[:, :, 3].max(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.sqrt(bend / (8.0 * FLATNESS * radius))
    wanted = np.nan_to_num(wanted, nan=1.0, posinf=MOST_PIECES)
    pieces = int(np.clip(np.ceil(wanted.max()), 2, MOST_PIECES))
    basis = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6.0
    powers = np.einsum("ij,njk->nik", basis, segments)  # coefficients of 1, u, u^2, u^3
    steps = np.arange(pieces + 1) / pieces

    def at(u):
        return np.einsum("pi,nik->npk", np.stack([u**0, u, u**2, u**3], axis=1), powers)

    def slope(u):
        return np.einsum("pi,nik->npk", np.stack([0 * u, u**0, 2 * u, 3 * u**2], axis=1), powers) / (3.0 * pieces)

    start, end = steps[:-1], steps[1:]
    rows = np.stack([at(start), at(start) + slope(start), at(end) - slope(end), at(end)], axis=2)
    return rows.reshape(-1, 4, 4)


def _boxes(parts) -> np.ndarray:
    """(n, 6) boxes around rows of spheres."""
    points, radius = parts[..., :3], parts[..., 3:].max(axis=1, keepdims=True)
    return np.concatenate([(points - radius).min(axis=1), (points + radius).max(axis=1)], axis=1)


def _add_curve(shape, record, geometry, builder, kind, least, cut):
    curves = _read(shape, load_curves, least)
    parts = cut(_moved(curves, shape))
    record["kind"] = kind
    record["parts"] = len(parts)
    record["data"] = builder.values(parts) // 4
    geometry.add_objects(len(geometry.records) - 1, np.arange(len(parts)), _boxes(parts))


def _linear_curve(shape, record, geometry, builder):
    _add_curve(shape, record, geometry, builder, layout.LINEAR_CURVE, 2, _linear_parts)


def _bspline_curve(shape, record, geometry, builder):
    _add_curve(shape, record, geometry, builder, layout.BSPLINE_CURVE, 4, _spline_parts)


def _sdf_grid(shape, record, geometry, builder):
    if shape.filename is not None:
        grid = _read(shape, load_grid)
    else:
        try:
            grid = np.asarray(shape.grid, np.float32)
        except ValueError:
            raise d.fail(shape, "the lists of the grid have different lengths") from None
        grid = grid[..., None] if grid.ndim == 3 else grid
    if grid.ndim != 4 or grid.shape[3] != 1:
        raise d.fail(shape, f"the distances must have the shape (z, y, x) or (z, y, x, 1), got {grid.shape}")
    if min(grid.shape[:3]) < 2:
        raise d.fail(shape, f"a grid of distances needs at least 2 samples along each axis, got {grid.shape[:3]}")
    if not np.isfinite(grid).all():
        raise d.fail(shape, "the grid has a distance that is not finite")
    grid = grid[..., 0]
    corners = np.stack(
        [grid[z : z - 1 or None, y : y - 1 or None, x : x - 1 or None] for z in (0, 1) for y in (0, 1) for x in (0, 1)]
    )
    z, y, x = np.nonzero((corners.min(axis=0) <= 0.0) & (corners.max(axis=0) >= 0.0))
    if len(x) == 0:
        raise d.fail(shape, "the surface passes no voxel: all distances have one sign")
    record["kind"] = layout.SDF_GRID
    record["flags"] |= layout.HAS_NORMALS if shape.normals == "smooth" else 0
    record["size_z"], record["size_y"], record["size_x"] = grid.shape
    record["data"] = builder.values(grid)
    record["transform"] = builder.transform(shape.to_world.matrix)
    matrix, cells = shape.to_world.matrix, np.array(grid.shape[::-1]) - 1.0
    middle = (np.stack([x, y, z], axis=1) + 0.5) / cells
    half = np.abs(matrix[:3, :3]) @ ((0.5 + VOXEL_SLACK) / cells)
    middle = middle @ matrix[:3, :3].T + matrix[:3, 3]
    numbers = (z * grid.shape[1] + y) * grid.shape[2] + x
    geometry.add_objects(len(geometry.records) - 1, numbers, np.concatenate([middle - half, middle + half], axis=1))


#: Struct -> function that fills the record and adds the objects.
PARTS = {d.LinearCurve: _linear_curve, d.BSplineCurve: _bspline_curve, d.SdfGrid: _sdf_grid}
