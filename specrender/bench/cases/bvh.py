"""The hierarchy: building it, its size, and single rays cast into it by one thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from specrender.bench.case import BYTES_PER_TRIANGLE, MRAYS, SECONDS, Case, Contestant, Context, Sample, figure, timed
from specrender.bench.peers import embree
from specrender.bench.scenes.geometry import TriangleMesh, bumpy_sphere, soup

#: Edge of the square image of primary rays [pixels]; as many rays of the other kinds.
IMAGE = 512
QUICK_IMAGE = 64

MESHES = {
    "sphere-1k": lambda: bumpy_sphere(1_000),
    "sphere-80k": lambda: bumpy_sphere(80_000),
    "soup-1m": lambda: soup(1_000_000),
}

RAYS = {
    "coherent": "primary rays of a camera, row by row",
    "incoherent": "random points of the bounding sphere, random directions",
    "shadow": "from what the camera sees to a point light",
}
QUERIES = (
    ("closest", "nearest hit", ("coherent", "incoherent")),
    ("occluded", "any hit", ("coherent", "incoherent", "shadow")),
)


def cases(context: Context) -> list[Case]:
    """Build, size and casts for each mesh."""
    meshes = dict(MESHES)
    files = [context.mesh] if context.mesh else []
    if context.mitsuba_data:
        files.append(context.mitsuba_data / "common" / "meshes" / "bunny.ply")
    for path in files:
        meshes[path.stem.lower()] = lambda path=path: _loaded(path)
    found = []
    for name, make in meshes.items():
        mesh = (name, make)
        found.append(Case(f"bvh.build.{name}", "building the hierarchy, all threads", SECONDS,
                          partial(_build_contestants, *mesh), clock="wall"))  # fmt: skip
        found.append(Case(f"bvh.memory.{name}", "hierarchy and triangles as rays meet them", BYTES_PER_TRIANGLE,
                          partial(_memory_contestants, *mesh), is_steady=True))  # fmt: skip
        for query, what, kinds in QUERIES:
            for kind in kinds:
                found.append(Case(f"bvh.{query}.{name}.{kind}", f"{what}: {RAYS[kind]}; one thread", MRAYS,
                                  partial(_ray_contestants, *mesh, query, kind)))  # fmt: skip
    return found


def _loaded(path: Path) -> TriangleMesh:
    from specrender.scene.readers.meshes import load_mesh

    mesh = load_mesh(path)
    return TriangleMesh(np.asarray(mesh.positions, np.float32), np.asarray(mesh.faces, np.int32))


@dataclass(frozen=True)
class Ready:
    """A mesh as both sides take it.  positions (n, 4) float32, triangles (m, 4) int32, both 64-byte aligned."""

    positions: np.ndarray
    triangles: np.ndarray

    @property
    def count(self) -> int:
        return len(self.triangles)


def _ready(context: Context, name: str, make) -> Ready:
    def prepare():
        from specrender.kernel.placement import aligned

        mesh = make()
        positions = np.zeros((len(mesh.positions), 4), np.float32)
        positions[:, :3] = mesh.positions
        triangles = np.zeros((len(mesh.faces), 4), np.int32)
        triangles[:, :3] = mesh.faces
        return Ready(aligned(positions), aligned(triangles))

    return context.once(("mesh", name), prepare)


def _built(context: Context, name: str, make):
    """The hierarchy of a mesh."""
    from specrender.kernel.accel.build import build

    ready = _ready(context, name, make)
    no_boxes = np.zeros((0, 6), np.float32)
    return context.once(("accel", name), lambda: build(ready.positions, ready.triangles, no_boxes, context.threads))


def _embree_scene(context: Context, name: str, make):
    device = context.once(("device",), lambda: embree.Device(context.threads))
    ready = _ready(context, name, make)
    return context.once(("embree", name), lambda: embree.Scene(device, ready.positions, ready.triangles))


def _build_contestants(name, make, context):
    from specrender.kernel.accel.build import build

    ready, no_boxes = _ready(context, name, make), np.zeros((0, 6), np.float32)

    def ours(loops):
        for _ in range(loops):
            build(ready.positions, ready.triangles, no_boxes, context.threads)
        return loops

    contestants = [Contestant("specrender", timed(ours, process=True))]
    if embree.available(context):
        device = context.once(("device",), lambda: embree.Device(context.threads))

        def theirs(loops):
            for _ in range(loops):
                embree.Scene(device, ready.positions, ready.triangles)
            return loops

        contestants.append(Contestant("embree", timed(theirs, process=True), against="specrender"))
    return contestants


def _memory_contestants(name, make, context):
    accel, count = _built(context, name, make), _ready(context, name, make).count
    contestants = [Contestant("specrender", figure(accel.table.nbytes / count, triangles=count))]
    if embree.available(context):
        scene = _embree_scene(context, name, make)
        contestants.append(Contestant("embree", figure(scene.bytes / count), against="specrender"))
    return contestants


# ---------------------------------------------------------------- rays


def _tables(context, name, make):
    from specrender.kernel.settings import LAYOUT
    from specrender.kernel.tables import Tables

    accel = _built(context, name, make)
    return context.once(("tables", name), lambda: Tables(LAYOUT, {"bvh": accel.table}))


def as_rays(origins, directions, t_max) -> np.ndarray:
    """(n, 12) float32 rows of the layout in kernels/rays.py; directions need not have unit length."""
    rays = np.zeros((len(origins), 12), np.float32)
    rays[:, 0:3] = origins
    rays[:, 4:7] = directions / np.linalg.norm(directions, axis=1)[:, None]
    rays[:, 8] = t_max
    rays.view(np.uint32)[:, 9] = 0xFFFFFFFF
    return rays


def primary_rays(lower, upper, image: int) -> np.ndarray:
    """Of a camera that sees the whole of a box, row by row."""
    centre, radius = 0.5 * (lower + upper), 0.5 * np.linalg.norm(upper - lower)
    eye = centre + radius * np.array([1.1, 0.9, 1.9])
    forward = (centre - eye) / np.linalg.norm(centre - eye)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    offsets = ((np.arange(image) + 0.5) / image - 0.5) * 0.75
    y, x = (g.reshape(-1, 1) for g in np.meshgrid(-offsets, offsets, indexing="ij"))
    directions = forward + x * right + y * up
    return as_rays(np.broadcast_to(eye, directions.shape), directions, np.inf)


def random_rays(lower, upper, count: int) -> np.ndarray:
    """From points that are uniform in the bounding sphere of a box, in uniform directions."""
    rng = np.random.default_rng(2)
    centre, radius = 0.5 * (lower + upper), 0.5 * np.linalg.norm(upper - lower)
    points, directions = rng.normal(size=(2, count, 3))
    points *= (rng.random((count, 1)) ** (1 / 3)) / np.linalg.norm(points, axis=1)[:, None]
    return as_rays(centre + radius * points, directions, np.inf)


def shadow_rays(rays, distances, lower, upper) -> np.ndarray:
    """From just before the hits of `rays` to a point above the box."""
    hit = np.isfinite(distances)
    points = rays[hit, 0:3].astype(np.float64) + rays[hit, 4:7].astype(np.float64) * (0.9995 * distances[hit, None])
    light = 0.5 * (lower + upper) + np.linalg.norm(upper - lower) * np.array([-0.4, 0.9, 0.3])
    way = light - points
    return as_rays(points, way, np.linalg.norm(way, axis=1))


def _rays(context, name, make, kind):
    from specrender.bench.kernels.rays import cast_closest

    accel = _built(context, name, make)
    lower, upper = accel.bounds.astype(np.float64)
    image = QUICK_IMAGE if context.quick else IMAGE

    def prepare():
        if kind == "coherent":
            return primary_rays(lower, upper, image)
        if kind == "incoherent":
            return random_rays(lower, upper, image * image)
        rays = _rays(context, name, make, "coherent")
        distances, primitives = np.zeros(len(rays), np.float32), np.zeros(len(rays), np.int32)
        cast_closest(_tables(context, name, make), rays, 1, distances, primitives)
        return shadow_rays(rays, distances, lower, upper)

    return context.once(("rays", name, kind), prepare)


def _ray_contestants(name, make, query, kind, context):
    from specrender.bench.kernels.rays import cast_closest, cast_occluded

    rays, tables = _rays(context, name, make, kind), _tables(context, name, make)
    scene = _embree_scene(context, name, make) if embree.available(context) else None
    count = len(rays)
    if query == "closest":
        room = (np.zeros(count, np.float32), np.zeros(count, np.int32))
        runs = [lambda loops: cast_closest(tables, rays, loops, *room)]
        if scene is not None:
            runs.append(lambda loops: scene.closest(rays, loops, *room))
    else:
        shadowed = np.zeros(count, np.uint8)
        runs = [lambda loops: cast_occluded(tables, rays, loops, shadowed)]
        if scene is not None:
            runs.append(lambda loops: scene.occluded(rays, loops, shadowed))
    contestants = [Contestant("specrender", _counted(runs[0], count))]
    if scene is not None:
        contestants.append(Contestant("embree", _counted(runs[1], count), against="specrender"))
    return contestants


def _counted(cast, count):
    """A contestant's run whose details hold the share of rays that hit something: it must be the same for all."""
    hits = [0.0]

    def work(loops):
        hits[0] = cast(loops) / (loops * count)
        return loops * count

    measure = timed(work)

    def run(loops):
        sample = measure(loops)
        return Sample(sample.amount, sample.wall, sample.cpu, {"hit_share": hits[0]})

    return run
