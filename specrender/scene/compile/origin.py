"""The kernel's origin: where the scene is.

Single precision is a share of the distance from the origin.  A house whose transforms put it at the coordinates of a
land survey, millions of metres from there, would have its corners rounded to half a metre, and shadows that start that
far from what casts them.  So such a scene is compiled around a place in its midst; layers of positions get that added.
"""

from __future__ import annotations

import msgspec
import numpy as np

from specrender.scene import description as d
from specrender.scene.compile.hierarchy import transforms_of
from specrender.scene.readers.meshes import Mesh

#: A scene so many times as far from the origin as its things are large and apart is moved: 4 of the 24 bits of its
#: coordinates say no more than where it is, and more for what is smaller.
FARTHEST = 16.0

#: Where what is at infinity is, or what stands at a shape, does not matter.
NOWHERE = (d.DirectionalLight, d.ConstantLight, d.EnvironmentMap, d.SunSky, d.IrradianceMeter)


def centred(scene: d.Scene, meshes: list[Mesh | None]) -> tuple[d.Scene, np.ndarray]:
    """The scene around its own middle, and where that is in the world, (3,) float64.

    The same scene and zeros where it is near the origin already.  meshes : of the scene's shapes; None for other kinds.
    """
    origin = origin_of(scene, meshes)
    if not origin.any():
        return scene, origin
    made = msgspec.structs.replace(
        scene,
        shapes=[moved(shape, -origin) for shape in scene.shapes],
        instances=[moved(node, -origin) for node in scene.instances],
        lights=[moved(light, -origin) for light in scene.lights],
        camera=moved(scene.camera, -origin),
    )
    return made, origin


def origin_of(scene: d.Scene, meshes: list[Mesh | None]) -> np.ndarray:
    """The middle of a scene all of which is far from the origin, (3,) float64; zeros for all others.

    Medians, so that a few things elsewhere do not count.
    """
    sets = [_world_places(node) for node in scene.instances]
    places, sizes = _places(scene, meshes, sets)
    # what reaches the origin, such as a floor or a sky, does not say where the scene is
    is_elsewhere = _distances(places) > sizes
    if not is_elsewhere.any():
        return np.zeros(3)
    middle = np.median(places[is_elsewhere], axis=0)
    extent = np.median(_distances(places[is_elsewhere] - middle)) + np.median(sizes[is_elsewhere])
    distance = float(np.abs(middle).max())
    # what is as large as that may be anywhere, nothing else
    small = [places[sizes < distance / 2], *sets]
    if distance <= FARTHEST * extent or any((_distances(part) < distance / 2).any() for part in small):
        return np.zeros(3)
    return middle


def _places(scene, meshes, sets) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) middles and (n,) sizes of a scene's shapes and of its sets of instances, which are at places (m, 3)."""
    matrices = np.array([node.to_world.matrix for node in (*scene.shapes, *scene.instances)]).reshape(-1, 4, 4)
    scales = np.linalg.norm(matrices[:, :3, :3], axis=1).max(axis=1)
    local = [_local_place(shape, mesh) for shape, mesh in zip(scene.shapes, meshes, strict=True)]
    points = np.array([point for point, _ in local]).reshape(-1, 3)
    places = np.einsum("nij,nj->ni", matrices[: len(local), :3, :3], points) + matrices[: len(local), :3, 3]
    sizes = scales * np.array([*(length for _, length in local), *(1.0 for _ in sets)])
    sizes[len(local) :] += [np.ptp(part, axis=0).max() for part in sets]
    return np.concatenate([places, *(np.median(part, axis=0)[None] for part in sets)]), sizes


def _world_places(node: d.Instances) -> np.ndarray:
    """(n, 3) float64: where the instances of a set are."""
    own = np.asarray(transforms_of(node)[:, :3, 3], np.float64)
    return own @ node.to_world.matrix[:3, :3].T + node.to_world.matrix[:3, 3]


def moved(node, offset):
    """A copy of a shape, set of instances, light or camera whose place in the world is moved by `offset` (3,)."""
    if isinstance(node, NOWHERE):
        return node
    changes = {}
    if isinstance(node, d.Batch):
        changes["cameras"] = [moved(camera, offset) for camera in node.cameras]
    elif isinstance(node, d.Distant):
        if isinstance(node.target, tuple):
            changes["target"] = _plus(node.target, offset)
        elif node.target is not None:
            changes["target"] = moved(node.target, offset)
    elif isinstance(node, d.RadianceMeter) and node.to_world is None:
        changes["origin"] = _plus(node.origin or (0.0, 0.0, 0.0), offset)
    elif isinstance(node, d.PointLight) and node.to_world is None:
        changes["position"] = _plus(node.position or (0.0, 0.0, 0.0), offset)
    else:
        matrix = node.to_world.matrix.copy()
        matrix[:3, 3] += offset
        changes["to_world"] = d.Transform(matrix)
    made = msgspec.structs.replace(node, **changes)
    made.__dict__.update(node.__dict__)
    return made


def _plus(place, offset) -> tuple[float, float, float]:
    return tuple(float(x) for x in np.add(place, offset))


def _distances(places) -> np.ndarray:
    """(n,) largest absolute coordinates."""
    return np.abs(places).max(axis=1)


def _local_place(shape, mesh):
    """(point, length) in a shape's own coordinates; of curves and grids, which are not read yet, their origin and 1."""
    if mesh is not None:
        low, high = mesh.positions.min(axis=0).astype(np.float64), mesh.positions.max(axis=0).astype(np.float64)
        return (low + high) / 2, (high - low).max()
    if isinstance(shape, d.Sphere):
        return np.array(shape.center), shape.radius
    if isinstance(shape, d.Cylinder):
        return np.array(shape.p0), np.linalg.norm(np.subtract(shape.p1, shape.p0))
    return np.zeros(3), 1.0
