"""The kernel's origin: where the scene is.

Single precision is a share of the distance from the origin.  A house whose transforms put it at the coordinates of a
land survey, millions of metres from there, would have its corners rounded to half a metre, and shadows that start that
far from what casts them.  So such a scene is compiled around a place in its midst; layers of positions get that added.
"""

from __future__ import annotations

import msgspec
import numpy as np

from specrender.scene import description as d
from specrender.scene.readers.instances import load_transforms
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
    if not scene.shapes:
        return np.zeros(3)
    matrices = np.stack([shape.to_world.matrix for shape in scene.shapes])
    points, lengths = zip(*map(_local_place, scene.shapes, meshes), strict=True)
    places = np.einsum("nij,nj->ni", matrices[:, :3, :3], np.array(points)) + matrices[:, :3, 3]
    sizes = np.linalg.norm(matrices[:, :3, :3], axis=1).max(axis=1) * np.array(lengths)
    middle = np.median(places, axis=0)
    extent = np.median(_distances(places - middle)) + np.median(sizes)
    distance = float(np.abs(middle).max())
    is_far = distance > FARTHEST * extent
    # what is as large as that, such as a floor or a sky, may be anywhere
    if not is_far or (_distances(places[sizes < distance / 2]) < distance / 2).any():
        return np.zeros(3)
    for node in scene.instances:
        own = load_transforms(node.transforms)[:, :3, 3]
        if (_distances(own @ node.to_world.matrix[:3, :3].T + node.to_world.matrix[:3, 3]) < distance / 2).any():
            return np.zeros(3)
    return middle


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
