"""Embree sees the same triangles: its hits are those of our traversal."""

import numpy as np
import pytest

from specrender.bench.cases import bvh
from specrender.bench.kernels.rays import cast_closest, cast_occluded
from specrender.bench.peers import embree
from specrender.bench.scenes.geometry import bumpy_sphere, soup


@pytest.fixture(scope="module")
def device():
    pytest.importorskip("embreex")
    return embree.Device(1)


def rays_of(context, mesh, kind):
    return bvh._rays(context, "m", lambda: mesh, kind), bvh._tables(context, "m", lambda: mesh)


@pytest.mark.parametrize("mesh", [bumpy_sphere(2000), soup(3000, 0.05)], ids=["sphere", "soup"])
@pytest.mark.parametrize("kind", ["coherent", "incoherent", "shadow"])
def test_hits_agree(device, context, mesh, kind):
    rays, tables = rays_of(context, mesh, kind)
    ready = bvh._ready(context, "m", lambda: mesh)
    scene = embree.Scene(device, ready.positions, ready.triangles)
    count = len(rays)
    ours, theirs = (
        (np.zeros(count, np.float32), np.zeros(count, np.int32), np.zeros(count, np.uint8)) for _ in range(2)
    )
    hits = cast_closest(tables, rays, 1, *ours[:2])
    assert scene.closest(rays, 1, *theirs[:2]) == pytest.approx(hits, abs=2)
    assert cast_occluded(tables, rays, 1, ours[2]) == pytest.approx(hits, abs=2)
    assert scene.occluded(rays, 1, theirs[2]) == pytest.approx(hits, abs=2)
    assert 0.1 * count < hits < 0.95 * count
    # rays through an edge may be told to belong to either triangle, and be near misses of both
    same = ours[1] == theirs[1]
    assert same.mean() > 0.999
    hit = same & (ours[1] >= 0)
    np.testing.assert_allclose(ours[0][hit], theirs[0][hit], rtol=1e-4)
    assert (ours[2] == theirs[2]).mean() > 0.999


def test_loops_do_the_work_again(device, context):
    mesh = bumpy_sphere(500)
    rays, tables = rays_of(context, mesh, "coherent")
    ready = bvh._ready(context, "m", lambda: mesh)
    scene = embree.Scene(device, ready.positions, ready.triangles)
    room = np.zeros(len(rays), np.float32), np.zeros(len(rays), np.int32)
    assert scene.closest(rays, 3, *room) == 3 * scene.closest(rays, 1, *room)
    assert cast_closest(tables, rays, 3, *room) == 3 * cast_closest(tables, rays, 1, *room)


def test_device_knows_its_version_and_memory(device, context):
    assert device.version.startswith("4.")
    ready = bvh._ready(context, "m", lambda: bumpy_sphere(20_000))
    before = device.bytes
    scene = embree.Scene(device, ready.positions, ready.triangles)
    assert 30 < scene.bytes / ready.count < 300
    del scene
    assert device.bytes <= before + 1e6


def test_rays_that_end_before_the_mesh_hit_nothing(device, context):
    mesh = bumpy_sphere(500)
    rays, tables = rays_of(context, mesh, "coherent")
    rays = rays.copy()
    rays[:, 8] = 0.1
    ready = bvh._ready(context, "m", lambda: mesh)
    scene = embree.Scene(device, ready.positions, ready.triangles)
    shadowed = np.zeros(len(rays), np.uint8)
    assert scene.occluded(rays, 1, shadowed) == 0 == cast_occluded(tables, rays, 1, shadowed)


def test_a_missing_library_is_a_note(context, monkeypatch):
    monkeypatch.setattr(embree, "library_path", lambda: None)
    context.peers = True
    assert not embree.available(context) and not embree.available(context)
    assert len(context.lines) == 1 and "pip install embreex" in context.lines[0]


def test_nobody_is_asked_without_peers(context):
    assert not embree.available(context)
    assert not context.lines
