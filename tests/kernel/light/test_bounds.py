"""The last ray of a path: what it is spared changes no bit of a picture; the box around lamps misses none of them."""

import numpy as np
import pytest
from rendering import film, look_at, moved, scene

from specrender.driver import new_film, render_film
from specrender.kernel.jit import kernel
from specrender.kernel.light import may_meet_lamp
from specrender.kernel.rays import blocked, closest_hit
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import f32, vec3
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.lights import bounds

LAMP = d.AreaLight(radiance=5.0)

#: Lamps of every kind of shape that can be one, small among the rest.
LAMPS = [
    d.Rectangle(to_world=moved(y=3.0, scale=0.3, degrees=90.0), emitter=LAMP),
    d.Sphere(center=(1.2, 2.6, -0.4), radius=0.05, emitter=LAMP),
    d.Disk(to_world=moved(-0.6, 2.5, 0.3, scale=(0.2, 0.1, 1.0), axis=(1.0, 0.3, 0.2), degrees=70.0), emitter=LAMP),
    d.Cylinder(p0=(0.4, 2.2, 1.0), p1=(0.8, 2.4, 1.1), radius=0.03, emitter=LAMP),
    d.Cube(to_world=moved(-1.5, 2.2, -1.0, scale=0.1, axis=(1.0, 1.0, 0.0), degrees=33.0), emitter=LAMP),
]

BALL = d.Sphere(radius=0.4, material=d.RoughConductor(material="Au", alpha=0.3))

#: What hides lamps and lets them shine through.
THINGS = [
    d.Rectangle(to_world=moved(scale=4.0, degrees=-90.0), material=d.Diffuse(reflectance=0.6)),
    d.Rectangle(to_world=moved(y=2.0, scale=0.8, degrees=80.0), material=d.Mask(material=d.Diffuse(), opacity=0.5)),
    d.Sphere(center=(-0.9, 0.5, 0.8), radius=0.5, material=d.Dielectric(int_ior=1.5)),
    d.Sphere(center=(0.6, 1.2, 1.2), radius=0.4, material=d.Null()),
    d.Instance(group="ball", to_world=moved(0.8, 0.4, 0.0, scale=(1.0, 1.5, 0.7), degrees=20.0)),
    d.Instance(group="ball", to_world=moved(-1.0, 1.0, -1.2, scale=1.8)),
]
SKY = d.ConstantLight(radiance=0.4)
POINT = d.PointLight(color=2.0, position=(0.5, 2.0, 2.0))

#: Shapes and lights of the scene, its integrator.
SCENES = {
    "lamps": (LAMPS, [], d.PathIntegrator(max_depth=3)),
    "lamps and sky": (LAMPS, [SKY], d.PathIntegrator(max_depth=3)),
    "lamps, hidden": (LAMPS, [SKY], d.PathIntegrator(max_depth=2, hide_emitters=True)),
    "one lamp, deep": (LAMPS[:1], [], d.PathIntegrator(max_depth=7, rr_depth=3)),
    "sky": ([], [SKY], d.PathIntegrator(max_depth=2)),
    "seen only": (LAMPS, [SKY], d.PathIntegrator(max_depth=1)),
    "point": ([], [POINT], d.PathIntegrator(max_depth=3)),
    "direct": (LAMPS, [SKY], d.DirectIntegrator(emitter_samples=1, bsdf_samples=2)),
    "direct, no sky": (LAMPS, [], d.DirectIntegrator(emitter_samples=0, bsdf_samples=2)),
}


def tables_of(name):
    """The compiled scene."""
    lamps, lights, integrator = SCENES[name]
    description = scene(
        [*THINGS, *lamps],
        lights,
        camera=d.Perspective(to_world=look_at((0.0, 1.5, 6.0), (0.0, 1.4, 0.0)), fov=50.0),
        integrator=integrator,
        film=film(32, 32),
        groups={"ball": d.ShapeGroup(shapes=[BALL])},
    )
    return compile_scene(description, seed=5)


@pytest.mark.parametrize("name", SCENES)
def test_last_rays_are_spared_without_a_trace(name, monkeypatch):
    """The same bits and counts as with lamps that might be anywhere, for which every ray is cast in full."""
    sums = []
    for anywhere in (False, True):
        if anywhere:
            monkeypatch.setattr(bounds, "lamp_bounds", lambda _: np.array([[-1e30] * 3, [1e30] * 3]))
        tables = tables_of(name)
        assert (tables.tables.arrays["settings"]["lamp_box"][0] >= 0) == (anywhere or bool(SCENES[name][0]))
        result = new_film(tables)
        stats = render_film(tables, result, 16, threads=1)
        sums.append((result.xyz, result.xyz_squared, result.weight, result.alpha, stats.non_finite))
    assert sums[0][0].sum() > 0.0
    for spared, full in zip(*sums, strict=True):
        assert np.array_equal(spared, full)


@kernel(entry=True)
def _cast(tables, rays, out):
    """out (n, 4): t, whether the hit shines, whether a lamp may be met, whether anything is in the way."""
    for i in range(len(rays)):
        origin = vec3(rays[i, 0], rays[i, 1], rays[i, 2])
        direction = vec3(rays[i, 3], rays[i, 4], rays[i, 5])
        t, u, v, primitive, item = closest_hit(tables, origin, direction, f32(np.inf))
        out[i, 0] = t
        if t < f32(np.inf):
            hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
            out[i, 1] = tables.shapes[hit.shape].light >= 0
        out[i, 2] = may_meet_lamp(tables, origin, direction)
        out[i, 3] = blocked(tables, origin, direction, f32(np.inf))


def cast(tables, origins, targets):
    """Columns of `_cast` for rays from origins through targets, (n, 3) each."""
    towards = targets - origins
    rays = np.concatenate([origins, towards / np.linalg.norm(towards, axis=1, keepdims=True)], axis=1)
    out = np.zeros((len(rays), 4), np.float32)
    _cast(tables.tables, np.ascontiguousarray(rays, np.float32), out)
    return out.T


def test_rays_that_meet_a_lamp_are_known():
    """From near and far; those that certainly meet none are many, too, and occlusion is what the nearest hit says."""
    rng = np.random.default_rng(3)
    tables = tables_of("lamps")
    for distance, spread in ((3.0, 2.5), (3.0, 0.7), (300.0, 1.5)):
        origins = rng.normal(size=(200_000, 3)) * distance
        targets = rng.normal(size=(200_000, 3)) * spread + [0.0, 2.4, 0.0]
        t, shines, may_meet, is_blocked = cast(tables, origins, targets)
        assert np.all(may_meet[shines > 0.0] == 1.0)
        assert shines.sum() > 300
        assert np.array_equal(is_blocked > 0.0, t < np.inf)
        if distance < 10.0:
            assert np.mean(may_meet == 0.0) > 0.2


@pytest.mark.parametrize("number", range(len(LAMPS)))
def test_the_rim_of_each_lamp(number, monkeypatch):
    """One lamp alone, rays at its bounding box: those that meet it are told, those that pass far beside it not."""
    monkeypatch.setitem(SCENES, "alone", ([LAMPS[number]], [], d.PathIntegrator(max_depth=3)))
    tables = tables_of("alone")
    low, high = tables.tables.arrays["values"][4 * tables.tables.arrays["settings"]["lamp_box"][0] :][:8].reshape(2, 4)
    middle, half = 0.5 * (low + high)[:3], 0.5 * (high - low)[:3]
    rng = np.random.default_rng(number)
    origins = middle + rng.normal(size=(100_000, 3)) * 1.5
    _, shines, may_meet, _ = cast(tables, origins, middle + half * rng.uniform(-1.01, 1.01, (100_000, 3)))
    assert np.all(may_meet[shines > 0.0] == 1.0)
    assert shines.sum() > 1000
    _, _, may_meet, _ = cast(tables, origins, origins + (origins - middle))
    assert np.mean(may_meet) < 0.1


def test_directions_that_are_no_numbers_are_cast_in_full():
    """They are counted as samples that are not finite, which the cast finds out."""
    out = np.zeros((2, 4), np.float32)
    rays = np.array([[0, 1, 0, np.nan, np.nan, np.nan], [0, 1, 0, np.inf, 0, 0]], np.float32)
    for name in ("lamps", "sky"):
        _cast(tables_of(name).tables, rays, out)
        assert np.all(out[:, 2] == 1.0)
