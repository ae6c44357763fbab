"""Writes brilliant.ply: a round brilliant cut of girdle diameter 1, table up (+y), girdle at y = 0.

    python make_brilliant.py

Proportions are those of [Tolkowsky1919] (table 53 %, crown 34.5 degrees, pavilion 40.75 degrees); the smaller facets
are turned around the same girdle. The stone is the intersection of half spaces n.x <= d, one a facet: every corner is
the meeting point of three planes that lies outside no other.

[Tolkowsky1919] M. Tolkowsky, Diamond Design, Spon & Chamberlain.
"""

from itertools import combinations
from pathlib import Path

import numpy as np

RADIUS = 0.5
HALF_GIRDLE = 0.008
TABLE_WIDTH = 0.53
CROWN, PAVILION = 34.5, 40.75


def tan(degrees):
    return np.tan(np.radians(degrees))


def ring(count, first_azimuth, slope, height_at_axis):
    """`count` planes around the y axis, inclined by `slope` degrees, that cut the axis at a height."""
    side = np.sign(height_at_axis)
    azimuth = np.radians(first_azimuth + 360.0 / count * np.arange(count))
    slope = np.radians(slope)
    normals = np.stack(
        [np.sin(slope) * np.cos(azimuth), np.full(count, side * np.cos(slope)), np.sin(slope) * np.sin(azimuth)], axis=1
    )
    return normals, np.full(count, np.cos(slope) * abs(height_at_axis))


def facets():
    """Normals (n, 3) and offsets (n,) of all facets."""
    crown_apex = HALF_GIRDLE + RADIUS * tan(CROWN)
    table = crown_apex - TABLE_WIDTH / 2 * tan(CROWN)
    culet = -(HALF_GIRDLE + RADIUS * tan(PAVILION))
    # upper and lower halves meet the girdle between the mains, whose planes touch it at RADIUS
    between = RADIUS / np.cos(np.radians(11.25))
    rings = [
        (np.array([[0.0, 1.0, 0.0]]), np.array([table])),
        ring(8, 0.0, CROWN, crown_apex),
        ring(8, 22.5, 21.0, table + TABLE_WIDTH / 2 * 1.015 * tan(21.0)),
        ring(16, 11.25, 40.5, HALF_GIRDLE + 0.992 * RADIUS * tan(40.5)),
        ring(8, 0.0, PAVILION, culet),
        ring(16, 11.25, 42.2, -(HALF_GIRDLE + 0.992 * RADIUS * tan(42.2))),
    ]
    azimuth = np.radians(360.0 / 64 * (np.arange(64) + 0.5))
    rings.append((np.stack([np.cos(azimuth), 0 * azimuth, np.sin(azimuth)], axis=1), np.full(64, 0.985 * between)))
    return np.concatenate([r[0] for r in rings]), np.concatenate([r[1] for r in rings])


def polyhedron(normals, offsets):
    """Vertices (n, 3) and faces, as lists of vertex numbers that turn counter-clockwise seen from outside."""
    triples = np.array(list(combinations(range(len(normals)), 3)))
    systems = normals[triples]
    regular = np.abs(np.linalg.det(systems)) > 1e-9
    triples, systems = triples[regular], systems[regular]
    corners = np.linalg.solve(systems, offsets[triples][..., None])[..., 0]
    corners = corners[(corners @ normals.T <= offsets + 1e-9).all(axis=1)]
    _, index = np.unique(np.round(corners, 6), axis=0, return_index=True)
    vertices = corners[np.sort(index)]
    faces = []
    for normal, offset in zip(normals, offsets, strict=True):
        on = np.flatnonzero(np.abs(vertices @ normal - offset) < 1e-6)
        if len(on) < 3:
            continue
        spokes = vertices[on] - vertices[on].mean(axis=0)
        right = np.cross(normal, spokes[0])
        faces.append(on[np.argsort(np.arctan2(spokes @ right, spokes @ spokes[0] * np.linalg.norm(normal)))])
    return vertices, faces


def main():
    vertices, faces = polyhedron(*facets())
    header = ["ply", "format ascii 1.0", "comment round brilliant cut, made by make_brilliant.py"]
    header += [f"element vertex {len(vertices)}", *(f"property float {axis}" for axis in "xyz")]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header"]
    rows = [" ".join(f"{v + 0.0:.6f}" for v in vertex) for vertex in vertices]
    rows += [" ".join(str(v) for v in (len(face), *face)) for face in faces]
    Path(__file__).with_name("brilliant.ply").write_text("\n".join([*header, *rows]) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
