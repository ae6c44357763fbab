"""Triangle meshes of any size, the same at every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TriangleMesh:
    """positions (n, 3) float32, faces (m, 3) int32."""

    positions: np.ndarray
    faces: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        """(m, 3, 3) float32 corners of each triangle."""
        return self.positions[self.faces]


def _icosahedron():
    golden = 0.5 * (1.0 + 5.0**0.5)
    corners = np.array([(s, t * golden, 0.0) for s in (-1, 1) for t in (-1, 1)])
    corners = np.concatenate([np.roll(corners, k, axis=1) for k in range(3)])
    # neighbours are 2 apart: the 20 triples of mutual neighbours are the faces
    near = np.isclose(np.linalg.norm(corners[:, None] - corners, axis=2), 2.0)
    faces = []
    for i in range(12):
        for j in range(i + 1, 12):
            for k in range(j + 1, 12):
                if near[i, j] and near[j, k] and near[i, k]:
                    outwards = np.dot(np.cross(corners[j] - corners[i], corners[k] - corners[i]), corners[i]) > 0
                    faces.append((i, j, k) if outwards else (i, k, j))
    return corners, np.array(faces)


def bumpy_sphere(triangles: int) -> TriangleMesh:
    """About `triangles` triangles: an icosahedron with evenly divided faces, on a sphere of radius 1 with bumps."""
    corners, faces = _icosahedron()
    n = max(1, round((triangles / 20) ** 0.5))
    # lattice points of one face, row by row: row i has n + 1 - i points
    i, j = (index.ravel() for index in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    i, j = i[i + j <= n], j[i + j <= n]
    number = np.full((n + 2, n + 2), -1)
    number[i, j] = np.arange(len(i))
    up = np.stack([number[i, j], number[i + 1, j], number[i, j + 1]], axis=1)
    down = np.stack([number[i + 1, j], number[i + 1, j + 1], number[i, j + 1]], axis=1)
    lattice = np.concatenate([up[i + j < n], down[i + j < n - 1]])
    weights = np.stack([n - i - j, i, j], axis=1) / n
    points = np.einsum("pk,fkx->fpx", weights, corners[faces]).reshape(-1, 3)
    points /= np.linalg.norm(points, axis=1)[:, None]
    all_faces = (lattice + len(i) * np.arange(20)[:, None, None]).reshape(-1, 3)
    # faces of the icosahedron share the points of their edges
    _, first, inverse = np.unique(np.round(points * 1e6).astype(np.int64) @ [1, 1 << 21, 1 << 42],
                                  return_index=True, return_inverse=True)  # fmt: skip
    points, all_faces = points[first], inverse.reshape(-1)[all_faces]
    x, y, z = points.T
    bumps = np.sin(9 * x + 1) * np.sin(11 * y) * np.sin(13 * z + 2) + 0.3 * np.sin(41 * x) * np.sin(37 * y + z)
    return TriangleMesh((points * (1.0 + 0.06 * bumps)[:, None]).astype(np.float32), all_faces.astype(np.int32))


def soup(triangles: int, edge: float = 0.01) -> TriangleMesh:
    """Triangles of random place and direction in the unit cube, with edges of about `edge`."""
    rng = np.random.default_rng(1)
    centres = rng.random((triangles, 1, 3), dtype=np.float32)
    corners = centres + (edge * (rng.random((triangles, 3, 3), dtype=np.float32) - 0.5) * 2.0).astype(np.float32)
    return TriangleMesh(corners.reshape(-1, 3), np.arange(3 * triangles, dtype=np.int32).reshape(-1, 3))


def terrain(triangles: int) -> TriangleMesh:
    """About `triangles` triangles over the square [-1, 1]^2 of x and z; every size shows the same hills."""
    n = max(1, round((triangles / 2) ** 0.5))
    x, z = (g.ravel() for g in np.meshgrid(np.linspace(-1, 1, n + 1), np.linspace(-1, 1, n + 1), indexing="ij"))
    y = 0.10 * np.sin(4 * x + 1) * np.cos(5 * z) + 0.04 * np.sin(13 * x) * np.sin(11 * z + 2)
    y += 0.01 * np.sin(47 * x + 5 * z) * np.cos(43 * z)
    corner = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).ravel()
    lower = np.stack([corner, corner + 1, corner + n + 2], axis=1)
    upper = np.stack([corner, corner + n + 2, corner + n + 1], axis=1)
    return TriangleMesh(np.stack([x, y, z], axis=1).astype(np.float32), np.concatenate([lower, upper]).astype(np.int32))


def write_ply(path, mesh: TriangleMesh) -> None:
    """Binary PLY without normals."""
    header = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(mesh.positions)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = np.empty(len(mesh.faces), np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    rows["count"], rows["corners"] = 3, mesh.faces
    with open(path, "wb") as file:
        file.write(header.encode("ascii"))
        file.write(mesh.positions.astype("<f4").tobytes())
        file.write(rows.tobytes())


def write_environment(path, height: int = 256) -> None:
    """A sky with a sun of some degrees, as a latitude-longitude EXR."""
    import OpenImageIO as oiio

    theta, phi = np.meshgrid(
        (np.arange(height) + 0.5) * np.pi / height, (np.arange(2 * height) + 0.5) * np.pi / height, indexing="ij"
    )
    up = np.cos(theta)
    sky = np.where(up > 0, 0.35 + 0.4 * (1 - up) ** 3, 0.12)[..., None] * np.array([0.75, 0.9, 1.2])
    direction = np.stack([np.sin(theta) * np.cos(phi), up, np.sin(theta) * np.sin(phi)], axis=-1)
    sun = np.array([0.5, 0.6, 0.62]) / np.linalg.norm([0.5, 0.6, 0.62])
    glow = np.exp((direction @ sun - 1.0) / 0.0008)[..., None] * np.array([190.0, 170.0, 130.0])
    pixels = np.ascontiguousarray(sky + glow, np.float32)
    image = oiio.ImageBuf(oiio.ImageSpec(2 * height, height, 3, oiio.FLOAT))
    image.set_pixels(oiio.ROI(), pixels)
    if not image.write(str(path)):
        raise OSError(f"'{path}': {image.geterror()}")
