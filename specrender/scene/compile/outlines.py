"""The pixels that outlines of lamps may cross, for `kernel/outline.py`."""

from __future__ import annotations

import numpy as np

from specrender.kernel.camera.layout import PERSPECTIVE
from specrender.kernel.settings import DIRECT, PATH
from specrender.kernel.shape.layout import CYLINDER, DISK, FLIP, SPHERE
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry
from specrender.scene.compile.optics import filter_radius, has_negative_parts

#: Outlines that take a larger part of the picture are left alone: their rays would take as much time as they save.
LARGEST_SHARE = 1.0 / 16.0
#: Emitting triangles, and straight pieces of outlines, beyond which nobody looks for them.
MOST_TRIANGLES = 20_000
MOST_PIECES = 4096
#: Straight pieces of a circle.
CIRCLE = 64


def pack_outlines(
    settings: np.void, camera: np.void, rfilter: d.ReconstructionFilter, geometry: Geometry, builder: TableBuilder
) -> np.ndarray:
    """The table `outlines`: (width * height,) uint8, 1 where an outline may cross the filter of a pixel.

    Empty, and so said in `settings`, where there are none or too many, where rays of the camera do not start at one
    point, and where the filter has negative parts: a picture is divided by the sum of the weights that its paths had,
    and lamps with weights of their own would no longer be as bright as they are.

    camera : record of the camera; rfilter : the reconstruction filter.
    """
    nothing = np.zeros(0, np.uint8)
    integrator, is_blind = settings["integrator"], settings["hide_emitters"]
    sees = integrator == DIRECT or (integrator == PATH and settings["max_depth"] != 0)
    if is_blind or not sees or camera["kind"] != PERSPECTIVE or has_negative_parts(rfilter):
        return nothing
    width, height, radius = int(settings["width"]), int(settings["height"]), filter_radius(rfilter)
    pieces = _film_pieces(outlines(geometry, builder, _eye(camera, builder)), camera, builder)
    # of lamps out of view nothing counts
    in_view = (pieces.max(axis=1) > -radius) & (pieces.min(axis=1) < np.array([width, height]) + radius)
    pieces = pieces[in_view.all(axis=1)]
    if not 0 < len(pieces) <= MOST_PIECES:
        return nothing
    # long before all rows are walked
    if _length_within(pieces, width, height) * 2.0 * radius > 4.0 * LARGEST_SHARE * width * height:
        return nothing
    mask = crossed_pixels(pieces, width, height, radius)
    if not 0 < np.count_nonzero(mask) <= LARGEST_SHARE * mask.size:
        return nothing
    settings["has_outlines"] = 1
    return mask.ravel().view(np.uint8)


def _eye(camera, builder):
    return builder.transforms[int(camera["transform"])][:3, 3]


def outlines(geometry: Geometry, builder: TableBuilder, eye: np.ndarray) -> np.ndarray:
    """(n, 2, 3) straight pieces of the outlines of all area lights as seen from `eye`; what hides them does not count.

    Empty if there are more than MOST_TRIANGLES triangles that emit, or round lamps of more than MOST_PIECES.
    """
    pieces = [np.zeros((0, 2, 3))]
    lamps = [shape for shape, record in enumerate(geometry.records) if record["light"] >= 0]
    round_ones = sum(shape not in geometry.emitting for shape in lamps)
    if sum(map(len, geometry.emitting.values())) > MOST_TRIANGLES or round_ones * CIRCLE > MOST_PIECES:
        return pieces[0]
    for shape in lamps:
        record, triangles = geometry.records[shape], geometry.emitting.get(shape)
        if triangles is None:
            to_world, to_local = builder.transforms[int(record["transform"]) :][:2]
            pieces.append(_of_object(int(record["kind"]), to_world, to_local, eye))
        else:
            pieces.append(_of_mesh(triangles, -1.0 if record["flags"] & FLIP else 1.0, eye))
    return np.concatenate(pieces)


def _of_mesh(triangles, side, eye):
    """Edges of which one triangle alone turns its bright side to the eye."""
    corner, first, second, normal = (triangles[:, k, :3] for k in range(4))
    shines = side * np.einsum("ij,ij->i", normal, eye - corner) > 0.0
    vertices = np.stack([corner, corner + first, corner + second], axis=1)[shines].astype(np.float32)
    edges = np.concatenate([vertices[:, [i, (i + 1) % 3]] for i in range(3)])
    # both triangles of an edge name its ends in the same order
    order = np.lexsort(edges.transpose(2, 0, 1), axis=1)
    edges = np.take_along_axis(edges, order[..., None], axis=1)
    found, count = np.unique(edges.reshape(-1, 6), axis=0, return_counts=True)
    return found[count == 1].reshape(-1, 2, 3).astype(np.float64)


def _of_object(kind, to_world, to_local, eye):
    """Of a unit sphere, disk or cylinder that was moved; nothing of what else there may be one day."""
    local = to_local[:3, :3] @ eye + to_local[:3, 3]
    phi = np.linspace(0.0, 2.0 * np.pi, CIRCLE + 1)
    circle = np.stack([np.cos(phi), np.sin(phi), np.zeros_like(phi)], axis=1)
    lines = []
    if kind == DISK:
        lines = [circle]
    elif kind == SPHERE:
        distance = np.linalg.norm(local)
        if distance <= 1.0:
            return np.zeros((0, 2, 3))
        # what lies on both the sphere and the cone around it: a circle across the way to the eye
        z = local / distance
        x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
        x /= np.linalg.norm(x)
        radius = np.sqrt(1.0 - 1.0 / distance**2)
        lines = [radius * (circle[:, :1] * x + circle[:, 1:2] * np.cross(z, x)) + z / distance]
    elif kind == CYLINDER:
        away = np.hypot(local[0], local[1])
        lines = [circle, circle + np.array([0.0, 0.0, 1.0])]
        if away > 1.0:
            middle, half = np.arctan2(local[1], local[0]), np.arccos(1.0 / away)
            for angle in (middle - half, middle + half):
                lines.append(np.array([(np.cos(angle), np.sin(angle), z) for z in (0.0, 1.0)]))
    pieces = np.concatenate([np.zeros((0, 2, 3)), *(np.stack([line[:-1], line[1:]], axis=1) for line in lines)])
    return pieces @ to_world[:3, :3].T + to_world[:3, 3]


def _film_pieces(pieces, camera, builder):
    """(m, 2, 2) the same in pixels of the film, without what is behind the near plane or too far away for numbers."""
    inverse = builder.transforms[int(camera["transform"]) + 1]
    a, b = (pieces[:, i] @ inverse[:3, :3].T + inverse[:3, 3] for i in range(2))
    near = float(camera["near_clip"])
    in_front = (a[:, 2] > near) | (b[:, 2] > near)
    a, b = a[in_front], b[in_front]
    a, b = _cut(a, b, near), _cut(b, a, near)
    ends = np.stack([a, b], axis=1)
    film = []
    with np.errstate(over="ignore", invalid="ignore"):
        for axis, name in enumerate("xy"):
            size = 1.0 / float(camera["inv_width" if name == "x" else "inv_height"])
            share = ends[..., axis] / (ends[..., 2] * float(camera[f"{name}_scale"]))
            film.append((0.5 * (1.0 - share) - float(camera[f"{name}_offset"])) * size)
    film = np.stack(film, axis=-1)
    return film[np.isfinite(film).all(axis=(1, 2))]


def _cut(a, b, near):
    """a, or where the way from b to it meets the near plane."""
    is_behind = a[:, 2] < near
    rise = b[:, 2] - a[:, 2]
    t = np.where(is_behind, (near - a[:, 2]) / np.where(rise == 0.0, 1.0, rise), 0.0)
    moved = a + t[:, None] * (b - a)
    # as the sum rounds it might be the camera's own plane
    moved[is_behind, 2] = near
    return moved


def _length_within(pieces, width, height):
    """Length of all pieces in pixels, as far as they are in the box that the film cuts out of each one's box."""
    ends = np.clip(pieces, 0.0, (width, height))
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum())


def crossed_pixels(pieces: np.ndarray, width: int, height: int, radius: float) -> np.ndarray:
    """(height, width) bool: a straight piece crosses the square of half-width `radius` around the middle of the pixel.

    pieces : (n, 2, 2) their ends, in pixels.
    """
    mask = np.zeros((height, width), bool)
    for (x0, y0), (x1, y1) in pieces:
        # as floats first: ends may be further away than an int can say
        first = int(np.clip(np.ceil(min(y0, y1) - radius - 0.5), 0, height))
        last = int(np.clip(np.floor(max(y0, y1) + radius - 0.5), -1, height - 1))
        middles = np.arange(first, last + 1) + 0.5
        # the part of the piece that is as high as the square
        slope = 0.0 if y1 == y0 else (x1 - x0) / (y1 - y0)
        low, high = min(y0, y1), max(y0, y1)
        if y1 == y0:
            left, right = (np.full(len(middles), f(x0, x1)) for f in (min, max))
        else:
            ends = [x0 + (np.clip(middles + d, low, high) - y0) * slope for d in (-radius, radius)]
            left, right = np.minimum(*ends), np.maximum(*ends)
        starts = np.clip(np.ceil(left - radius - 0.5), 0, width).astype(int)
        stops = np.clip(np.floor(right + radius - 0.5) + 1, 0, width).astype(int)
        for row, start, stop in zip(range(first, last + 1), starts, stops, strict=True):
            mask[row, start:stop] = True
    return mask
