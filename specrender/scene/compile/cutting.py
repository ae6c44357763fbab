"""Triangles that are far larger than what is near them, cut into pieces there.

A ray leaves a triangle by a share of its size (`kernel.shape.hit.CLEARANCE`), since its points, texture coordinates and
the distances to it are no better than that in single precision.  On a floor a million times as large as the box that
stands on it the shadow of the box would start from above its lid.  So a floor is cut the finer the nearer it gets to
small things: a hundred pieces or two are enough for that one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np

from specrender.scene.compile.geometry import PlacedMesh

#: A triangle may be this many times as long as what is near it: rays then leave it by at most 1/600 of that.
LARGEST_RATIO = 4096.0

#: "Near" is what is no farther from a triangle than this share of its length.
REACH = 0.5

#: So many triangles or boxes of a mesh or set of objects stand for all of them.
MOST_DETAILS = 4096

#: Cuts end when they have added this many triangles to a scene or group.
MOST_PIECES = 50_000

#: So few details, all of about one size, are told from a triangle by the box around them.
FEW_DETAILS = 32


@dataclass(frozen=True)
class Details:
    """Where small things are.

    Parameters
    ----------
    centres : (n, 3) float64.
    radii : (n,) of the spheres that hold them.
    sizes : (n,) lengths, > 0, of what is to be seen there.
    """

    centres: np.ndarray
    radii: np.ndarray
    sizes: np.ndarray

    @classmethod
    def joined(cls, parts: list[Details]) -> Details:
        """All of them in one."""
        none = cls(np.zeros((0, 3)), np.zeros(0), np.zeros(0))
        names = ("centres", "radii", "sizes")
        return cls(*(np.concatenate([getattr(part, name) for part in (none, *parts)]) for name in names))

    @property
    def typical_size(self) -> float:
        """Median of the sizes; infinite if there are none."""
        return float(np.median(self.sizes)) if len(self.sizes) else np.inf

    def chosen(self, which) -> Details:
        """Those of an index or a mask."""
        return Details(self.centres[which], self.radii[which], self.sizes[which])


class _Cluster:
    """Details, the box around them and the least of their sizes; in halves of more alike ones when asked.

    Most triangles are near none of millions of details, which these boxes tell of many triangles at once.
    """

    def __init__(self, details: Details):
        self._details = details
        self.least = details.sizes.min()
        self.low = (details.centres - details.radii[:, None]).min(axis=0)
        self.high = (details.centres + details.radii[:, None]).max(axis=0)

    @cached_property
    def halves(self) -> tuple[_Cluster, ...]:
        """Two clusters of sizes that are more alike, or of places; none where that would tell little more."""
        sizes, centres = self._details.sizes, self._details.centres
        if sizes.max() > 4.0 * self.least:
            is_first = sizes <= np.sqrt(sizes.max() * self.least)
        elif len(sizes) > FEW_DETAILS:
            along = centres[:, np.ptp(centres, axis=0).argmax()]
            is_first = along < np.median(along)
        else:
            return ()
        parts = (self._details.chosen(which) for which in (is_first, ~is_first))
        return tuple(_Cluster(part) for part in parts) if is_first.any() and not is_first.all() else ()

    def is_near(self, low, high, lengths) -> np.ndarray:
        """(n,) whether triangles in boxes low, high (n, 3) may be near details that they are too long for."""
        result = np.zeros(len(lengths), bool)
        waiting = [(self, np.arange(len(lengths)))]
        while waiting:
            cluster, which = waiting.pop()
            which = which[~result[which] & (lengths[which] > LARGEST_RATIO * cluster.least)]
            reach = (REACH * lengths[which])[:, None]
            meets = (low[which] - reach <= cluster.high) & (high[which] + reach >= cluster.low)
            which = which[meets.all(axis=1)]
            if len(which) and cluster.halves:
                waiting += [(half, which) for half in cluster.halves]
            else:
                result[which] = True
        return result


def details_of_meshes(meshes: list[PlacedMesh]) -> Details:
    """The triangles of meshes; of large meshes, every few."""
    parts = [mesh.positions[mesh.faces[:: _stride(len(mesh.faces))], :3] for mesh in meshes]
    corners = np.concatenate([np.zeros((0, 3, 3), np.float32), *parts]).astype(np.float64)
    sizes = _lengths(corners)
    return Details(corners.mean(axis=1), sizes / np.sqrt(3.0), sizes).chosen(sizes > 0.0)


def details_of_boxes(boxes, sizes=None) -> Details:
    """What is in boxes (n, 6); of sizes (n,), or as large as the boxes are.  Of many, every few and the smallest."""
    boxes = np.asarray(boxes, np.float64)
    extents = boxes[:, 3:] - boxes[:, :3]
    sizes = extents.max(axis=1) if sizes is None else np.minimum(sizes, extents.max(axis=1))
    centres, radii = (boxes[:, :3] + boxes[:, 3:]) / 2, np.linalg.norm(extents, axis=1) / 2
    details = Details(centres, radii, sizes).chosen(sizes > 0.0)
    step = _stride(len(details.sizes))
    if step == 1:
        return details
    # unlike the triangles of a mesh, shapes that follow one another need not be alike
    smallest = np.argpartition(details.sizes, MOST_DETAILS)[:MOST_DETAILS]
    return details.chosen(np.union1d(np.arange(0, len(details.sizes), step), smallest))


def cut_large_triangles(meshes: list[PlacedMesh], details: Details) -> None:
    """Cut triangles of `meshes` in place until each is at most LARGEST_RATIO times as long as any detail near it.

    The first piece of a triangle takes its number, the others come after the triangles of its mesh.  Texture
    coordinates, normals and attributes of vertices are blended, those of faces repeated.  Where a mesh has no texture
    coordinates, those within each of its triangles stand for them.  Meshes that emit stay whole.
    """
    if not len(details.sizes):
        return
    enough = LARGEST_RATIO * details.sizes.min()
    details = details.chosen(np.argsort(details.sizes, kind="stable"))
    cluster = _Cluster(details)
    queue, order, whole = [], count(), np.eye(3)
    corners = {}
    for number, mesh in enumerate(meshes):
        if mesh.emits or _diagonal(mesh) <= enough:
            continue
        for face, length in _large_faces(mesh, cluster, enough):
            corners[number, face] = mesh.corners(face)
            heapq.heappush(queue, (-length, next(order), (number, face), whole, details))
    pieces: dict[int, dict[int, list[np.ndarray]]] = {}
    added = 0
    while queue:
        _, _, owner, weights, near = heapq.heappop(queue)
        vertices = weights @ corners[owner]
        near = _too_small_for(vertices, near) if added < MOST_PIECES else None
        if near is None:
            number, face = owner
            pieces.setdefault(number, {}).setdefault(face, []).append(weights)
            continue
        added += 1
        for half in _halves(weights, vertices):
            length = _lengths((half @ corners[owner])[None])[0]
            heapq.heappush(queue, (-length, next(order), owner, half, near))
    for number, faces in pieces.items():
        cuts = {face: parts for face, parts in faces.items() if len(parts) > 1}
        if cuts:
            _replace_faces(meshes[number], cuts)


def _stride(number: int) -> int:
    return max(1, number // MOST_DETAILS)


def _edges(corners) -> np.ndarray:
    """(n, 3) lengths of the edges opposite to each corner of triangles (n, 3, 3)."""
    across = corners[:, [2, 0, 1]] - corners[:, [1, 2, 0]]
    return np.sqrt(np.einsum("nij,nij->ni", across, across))


def _lengths(corners) -> np.ndarray:
    """(n,) lengths of the longest edges of triangles (n, 3, 3)."""
    return _edges(corners).max(axis=1)


def _diagonal(mesh: PlacedMesh) -> float:
    """Length of the diagonal of the box around a mesh: no triangle is longer."""
    if not len(mesh.faces):
        return 0.0
    low, high = (getattr(mesh.positions[:, :3], bound)(axis=0).astype(np.float64) for bound in ("min", "max"))
    return float(np.linalg.norm(high - low))


def _large_faces(mesh: PlacedMesh, cluster: _Cluster, enough: float) -> list[tuple[int, float]]:
    """(number, length) of the triangles longer than `enough` that may be near smaller things; the longest first."""
    corners = mesh.corners(slice(None))
    lengths = _lengths(corners)
    large = np.flatnonzero(lengths > enough)
    large = large[np.argsort(-lengths[large], kind="stable")]
    low, high = corners[large].min(axis=1), corners[large].max(axis=1)
    large = large[cluster.is_near(low, high, lengths[large])][:MOST_PIECES]
    return list(zip(large.tolist(), lengths[large].tolist(), strict=True))


def _too_small_for(vertices, details: Details) -> Details | None:
    """The details near a triangle that it is too long for; None if there are none, or if cutting it would not help.

    It would not where the triangle is as far from the origin as it is long: what counts there is the distance.
    details : by size, the least first.
    """
    length = _lengths(vertices[None])[0]
    if length <= np.abs(vertices).max(axis=1).min():
        return None
    details = details.chosen(slice(np.searchsorted(details.sizes, length / LARGEST_RATIO)))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    outside = np.maximum(np.maximum(low - details.centres, details.centres - high), 0.0)
    distance = np.linalg.norm(outside, axis=1) - details.radii
    found = distance < REACH * length
    return details.chosen(found) if found.any() else None


def _halves(weights, vertices) -> tuple[np.ndarray, np.ndarray]:
    """Barycentric weights (3, 3) of both halves of a piece, whose longest edge is cut."""
    k = int(_edges(vertices[None])[0].argmax())
    apex, left, right = weights[k], weights[(k + 1) % 3], weights[(k + 2) % 3]
    middle = (left + right) / 2
    return np.stack([apex, left, middle]), np.stack([apex, middle, right])


def _replace_faces(mesh: PlacedMesh, cuts: dict[int, list[np.ndarray]]) -> None:
    """Put pieces in the places of faces, each with three vertices of its own."""
    owners = np.array([face for face, parts in cuts.items() for _ in parts])
    weights = np.array([part for parts in cuts.values() for part in parts])  # (p, 3, 3)
    first = np.concatenate([[True], owners[1:] != owners[:-1]])
    places = (weights @ mesh.corners(owners)).reshape(-1, 3)
    if mesh.uvs is None:
        _add_uvs(mesh)

    def blended(values):
        if values is None:
            return None
        new = weights @ values[mesh.faces[owners]].astype(np.float64)
        return np.concatenate([values, new.reshape(-1, values.shape[1]).astype(values.dtype)])

    def repeated(values):
        return np.concatenate([values, values[owners[~first]]])

    rows = len(mesh.positions) + np.arange(3 * len(owners), dtype=np.int32).reshape(-1, 3)
    mesh.attributes = {
        name: (repeated if name.startswith("face_") else blended)(values) for name, values in mesh.attributes.items()
    }
    positions, normals, uvs = blended(mesh.positions), blended(mesh.normals), blended(mesh.uvs)
    positions[len(mesh.positions) :, :3] = places
    faces = repeated(mesh.faces)
    faces[owners[first]] = rows[first]
    faces[len(mesh.faces) :] = rows[~first]
    mesh.positions, mesh.normals, mesh.uvs, mesh.faces, mesh.exact = positions, normals, uvs, faces, None
    mesh.pieces = owners[~first].astype(np.int32)


def _add_uvs(mesh: PlacedMesh) -> None:
    """Give a mesh the texture coordinates that the kernel takes where there are none: barycentric ones."""
    corners = mesh.faces.ravel()
    mesh.attributes = {
        name: values if name.startswith("face_") else values[corners] for name, values in mesh.attributes.items()
    }
    mesh.positions, mesh.exact = mesh.positions[corners], None
    mesh.normals = None if mesh.normals is None else mesh.normals[corners]
    mesh.faces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    mesh.uvs = np.tile(np.array([[0, 0], [1, 0], [0, 1]], np.float32), (len(mesh.faces), 1))
