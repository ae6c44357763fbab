"""Sampling of lights: directions against the density they claim, and that against the ray that meets the light."""

import numpy as np
import pytest
from chi_square import SIGNIFICANCE, chi_square_p_value, sphere_quadrature
from image_files import write_image
from rendering import moved

from specrender.kernel.jit import kernel
from specrender.kernel.light import environment_light, environment_place, pdf_light, sample_light
from specrender.kernel.rays import closest_hit
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import dot, f32, lane, splat4, vec3
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.lights import choice


@kernel(entry=True)
def _sample(tables, p, u, out):
    """out (n, 6): direction, distance, radiance, pdf.  p : point and normal, (6,)."""
    point, n = vec3(p[0], p[1], p[2]), vec3(p[3], p[4], p[5])
    for i in range(u.shape[0]):
        wi, distance, radiance, pdf, _ = sample_light(tables, point, n, splat4(f32(550.0)), u[i, 0], u[i, 1], u[i, 2])
        out[i, 0], out[i, 1], out[i, 2] = lane(wi, 0), lane(wi, 1), lane(wi, 2)
        out[i, 3], out[i, 4], out[i, 5] = distance, lane(radiance, 0), pdf


@kernel(entry=True)
def _density(tables, p, directions, out):
    """out (n, 3): density of sampling each direction, radiance, distance; by the ray and the light it meets."""
    point, n = vec3(p[0], p[1], p[2]), vec3(p[3], p[4], p[5])
    settings = tables.settings[0]
    for i in range(directions.shape[0]):
        w = vec3(directions[i, 0], directions[i, 1], directions[i, 2])
        t, u, v, primitive, item = closest_hit(tables, point, w, f32(np.inf))
        if t < f32(np.inf):
            hit = surface_hit(tables, point, w, t, u, v, primitive, item)
            out[i, 0] = pdf_light(tables, hit, point, n, w)
            out[i, 1] = f32(1.0) if dot(hit.normal, w) < f32(0.0) else f32(0.0)
        elif settings.environment >= 0:
            radiance, pdf = environment_light(tables, w, environment_place(tables, w), splat4(f32(550.0)))
            out[i, 0], out[i, 1] = pdf, lane(radiance, 0)
        out[i, 2] = t


def tables_of(shapes=(), lights=(), mode="rgb"):
    # light is looked for by sampling lights only, so that all of it has to be found so
    integrator = d.DirectIntegrator(emitter_samples=1, bsdf_samples=0)
    return compile_scene(d.Scene(shapes=list(shapes), lights=list(lights), integrator=integrator), mode).tables


def place(p):
    """A point, with a normal unless it has one."""
    return np.array([*p, 0.0, 0.6, 0.8][:6] if len(p) == 3 else p, np.float32)


def sampled(tables, p, n=200_000, seed=0):
    out = np.zeros((n, 6), np.float32)
    _sample(tables, place(p), np.random.default_rng(seed).random((n, 3), np.float32), out)
    return out.astype(np.float64)


def density(tables, p, directions):
    out = np.zeros((len(directions), 3), np.float32)
    _density(tables, place(p), np.ascontiguousarray(directions, np.float32), out)
    return out.astype(np.float64)


EMITTER = d.AreaLight(radiance=1.0)
SHAPES = {
    "sphere from outside": d.Sphere(center=(0.5, 1.0, 2.0), radius=1.2, emitter=EMITTER),
    "sphere from inside": d.Sphere(center=(0.2, 0.3, -0.1), radius=1.2, emitter=EMITTER, flip_normals=True),
    "rectangle": d.Rectangle(to_world=moved(0.3, 0.2, 1.0, scale=(1.0, 2.0, 1.0), degrees=160.0), emitter=EMITTER),
    "rectangle turned over": d.Rectangle(
        to_world=moved(0.3, 0.2, 1.0, scale=(1.0, 2.0, 1.0), degrees=20.0), emitter=EMITTER, flip_normals=True
    ),
    "triangle": d.TriangleMesh(vertices=[(0, 0, 1), (1, 0, 1), (0, 2, 1.5)], faces=[(0, 2, 1)], emitter=EMITTER),
    "trapezium": d.TriangleMesh(
        vertices=[(0, 0, 1), (3, 0, 1), (2, 1, 1), (0, 1, 1)], faces=[(0, 2, 1), (0, 3, 2)], emitter=EMITTER
    ),
    "disk": d.Disk(to_world=moved(0.3, 0.2, 1.5, scale=(2.0, 1.0, 1.0), degrees=160.0), emitter=EMITTER),
    "cylinder": d.Cylinder(p0=(-1.0, 1.0, 1.0), p1=(1.0, 0.5, 1.5), radius=0.5, emitter=EMITTER),
    "cube": d.Cube(to_world=moved(0.5, 0.5, 2.0, scale=(0.5, 1.0, 0.8), degrees=30.0), emitter=EMITTER),
}


@pytest.mark.parametrize("name", SHAPES)
def test_area_lights(name, monkeypatch):
    """Chi-square of directions against the density of the ray that meets the shape; distances agree as well."""
    monkeypatch.setattr(choice, "FEW", 1 << 30)  # the cube as a whole
    tables, p = tables_of([SHAPES[name]]), (0.0, 0.0, 0.0)
    samples = sampled(tables, p)
    directions, distance, pdf = samples[:, :3], samples[:, 3], samples[:, 5]
    good = pdf > 0.0
    found = density(tables, p, directions[good])
    # samples on the outline of a sphere or behind an edge may see past it
    seen = np.isfinite(found[:, 2]) & (np.abs(found[:, 2] - distance[good]) < 1e-3)
    assert seen.mean() > (0.998 if name != "cylinder" else 0.9)
    # weights, not densities: those rise without limit towards the outline, where rounding decides
    weight = 1.0 / pdf[good][seen]
    inverse = 1.0 / np.maximum(found[seen, 0], 1e-12)
    assert np.quantile(np.abs(inverse - weight), 0.999) < 2e-3 * weight.mean()
    if name == "cylinder":  # its near wall hides part of the far one, and its inside does not shine
        return
    wanted = directions.copy()
    wanted[~good] = np.nan
    # many points: the density jumps at the outline and at edges
    p_value, total = chi_square_p_value(wanted, lambda w: density(tables, p, w)[:, 0], order=32)
    assert np.isclose(total, good.mean(), atol=4e-3)
    assert p_value > SIGNIFICANCE


@pytest.mark.parametrize("name", SHAPES)
def test_area(name):
    """The record's area, which the densities rest on, is that of the shape."""
    shape = SHAPES[name]
    area = tables_of([shape]).arrays["shapes"]["area"][0]
    m = shape.to_world.matrix[:3, :3]
    expected = {
        "sphere from outside": 4.0 * np.pi * 1.44,
        "sphere from inside": 4.0 * np.pi * 1.44,
        "rectangle": 8.0,
        "rectangle turned over": 8.0,
        "triangle": 0.5 * np.linalg.norm(np.cross([1.0, 0.0, 0.0], [0.0, 2.0, 0.5])),
        "trapezium": 2.5,
        "disk": np.pi * 2.0,
        "cylinder": 2.0 * np.pi * 0.5 * np.linalg.norm([2.0, -0.5, 0.5]),
        "cube": 8.0 * sum(np.linalg.norm(np.cross(m[:, i], m[:, (i + 1) % 3])) for i in range(3)),
    }[name]
    assert np.isclose(area, expected, rtol=1e-5)


def test_triangles_of_a_cube_by_the_tree():
    """Samples and rays that meet the light tell the same density, and the sides that face away get no samples."""
    tables, p = tables_of([SHAPES["cube"]]), (0.0, 0.0, 0.0)
    assert tables.arrays["settings"]["has_light_tree"][0]
    samples = sampled(tables, p)
    good = samples[:, 5] > 0.0
    assert good.mean() > 0.98
    found = density(tables, p, samples[good, :3])
    seen = np.isfinite(found[:, 2]) & (np.abs(found[:, 2] - samples[good, 3]) < 1e-3)
    assert seen.mean() > 0.998
    # but for rays through the edge between two triangles, which may meet the other
    assert np.isclose(found[seen, 0], samples[good, 5][seen], rtol=2e-3).mean() > 0.999
    # both estimate the solid angle of the cube
    whole = density(tables_of([SHAPES["cube"]]), p, sphere_quadrature((300, 600), 1)[0])
    solid_angle = (sphere_quadrature((300, 600), 1)[1] * np.isfinite(whole[:, 2])).sum()
    assert np.isclose((1.0 / samples[good, 5]).sum() / len(samples), solid_angle, rtol=1e-2)


def test_mesh_is_sampled_by_area():
    """Two triangles of areas 1 : 9: each gets its share, and points are uniform within."""
    vertices = [(0, 0, 1), (1, 0, 1), (0, 1, 1), (5, 0, 1), (8, 0, 1), (5, 3, 1)]
    faces = [(0, 2, 1), (3, 5, 4)]
    tables = tables_of([d.TriangleMesh(vertices=vertices, faces=faces, emitter=EMITTER)])
    samples = sampled(tables, (2.0, 1.0, 0.0), 100_000)
    points = np.array([2.0, 1.0, 0.0]) + samples[:, :3] * samples[:, 3:4]
    assert np.allclose(points[:, 2], 1.0, atol=1e-4)
    right = points[:, 0] > 3.0
    assert abs(right.mean() - 0.9) < 5e-3
    assert np.allclose(points[right, :2].mean(axis=0), [6.0, 1.0], atol=0.02)
    assert np.allclose(points[~right, :2].mean(axis=0), [1 / 3, 1 / 3], atol=0.02)


def test_probability_of_the_choice():
    """Of three lights each gets a third of the samples, and a third of its density."""
    lights = [d.PointLight(position=(0.0, 0.0, 1.0)), d.ConstantLight(radiance=2.0)]
    shape = d.Sphere(center=(3.0, 0.0, 0.0), radius=0.5, emitter=EMITTER)
    samples = sampled(tables_of([shape], lights), (0.0, 0.0, 0.0), 90_000)
    point = np.all(samples[:, :3] == [0.0, 0.0, 1.0], axis=1) & (samples[:, 3] == 1.0)
    sky = samples[:, 3] > 1e30
    assert np.allclose([point.mean(), sky.mean()], 1.0 / 3.0, atol=5e-3)
    assert np.allclose(samples[point, 5], 1.0 / 3.0)
    assert np.allclose(samples[sky, 5], 1.0 / (12.0 * np.pi))
    cone = 2.0 * np.pi * (1.0 - np.sqrt(1.0 - 0.25 / 9.0))
    assert np.allclose(samples[~point & ~sky, 5], 1.0 / (3.0 * cone), rtol=1e-4)


# ---------------------------------------------------------------- environment maps


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rng = np.random.default_rng(1)
    image = rng.uniform(0.0, 1.0, (9, 16, 3)).astype(np.float32) ** 4
    image[2, 5] = 20.0
    image[6] = 0.0  # a black row, between others
    return write_image(tmp_path_factory.mktemp("sky") / "sky.exr", image)


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
@pytest.mark.parametrize("turn", [0.0, 65.0])
def test_environment_map(path, turn, mode):
    """The density integrates to 1, passes chi-square, follows the light and misses none of it."""
    light = d.EnvironmentMap(filename=path, to_world=moved(axis=(1.0, 2.0, 0.5), degrees=turn))
    tables, p = tables_of(lights=[light], mode=mode), (0.0, 0.0, 0.0)
    samples = sampled(tables, p)
    found = density(tables, p, samples[:, :3])
    agree = np.isclose(found[:, 0], samples[:, 5], rtol=2e-3)
    assert agree.mean() > 0.999  # the rest lie on the border of two cells
    p_value, total = chi_square_p_value(samples[:, :3], lambda w: density(tables, p, w)[:, 0], (60, 120), order=6)
    assert np.isclose(total, 1.0, atol=5e-3)
    assert p_value > SIGNIFICANCE
    directions, weights = sphere_quadrature((90, 180), 4)
    everywhere = density(tables, p, directions)
    assert not np.any((everywhere[:, 1] > 1e-4) & (everywhere[:, 0] <= 0.0))
    # importance sampling: the estimate of the whole integral varies by far less than the light itself
    integral = float(np.sum(everywhere[:, 1] * weights))
    estimates = samples[:, 4] / samples[:, 5]
    assert np.isclose(estimates.mean(), integral, rtol=5e-3)
    by_uniform = np.sqrt(np.sum(everywhere[:, 1] ** 2 * weights) * 4.0 * np.pi / integral**2 - 1.0)
    assert estimates.std() / integral < 0.3 * by_uniform


def test_constant_environment_is_uniform():
    tables = tables_of(lights=[d.ConstantLight(radiance=1.0)])
    samples = sampled(tables, (1.0, 2.0, 3.0))
    p_value, total = chi_square_p_value(samples[:, :3], lambda w: np.full(len(w), 0.25 / np.pi))
    assert np.isclose(total, 1.0)
    assert p_value > SIGNIFICANCE
    assert np.allclose(samples[:, 5], 0.25 / np.pi)


def test_black_map_can_still_be_sampled(tmp_path):
    """A map without light must not divide by its sum."""
    name = write_image(tmp_path / "black.exr", np.zeros((4, 8, 3)))
    samples = sampled(tables_of(lights=[d.EnvironmentMap(filename=name)]), (0.0, 0.0, 0.0), 1000)
    assert np.isfinite(samples[:, :3]).all()
    assert np.isfinite(samples[:, 5]).all()
    assert np.all(samples[:, 4] == 0.0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (2, 2)])
def test_smallest_maps(shape, tmp_path):
    """Maps of one row or column: the density integrates to 1 and passes chi-square, the light is what it should be."""
    image = np.random.default_rng(2).uniform(0.2, 3.0, (*shape, 3))
    tables = tables_of(lights=[d.EnvironmentMap(filename=write_image(tmp_path / "sky.exr", image))])
    p = (0.0, 0.0, 0.0)
    samples = sampled(tables, p, 100_000)
    p_value, total = chi_square_p_value(samples[:, :3], lambda w: density(tables, p, w)[:, 0], (30, 60))
    assert np.isclose(total, 1.0, atol=5e-3)
    assert p_value > SIGNIFICANCE
    if shape == (1, 1):
        assert np.allclose(samples[:, 4], image[0, 0, 0], rtol=1e-5)
        assert np.allclose(samples[:, 5], 0.25 / np.pi, rtol=0.1)


def test_a_very_high_map(tmp_path):
    """Cells of all rows are sampled, those whose numbers take 32 bits, too: half of the light comes from below."""
    image = np.ones((50_000, 2, 3))
    tables = tables_of(lights=[d.EnvironmentMap(filename=write_image(tmp_path / "high.exr", image))])
    samples = sampled(tables, (0.0, 0.0, 0.0), 20_000)
    assert np.isfinite(samples).all()
    assert abs(np.mean(samples[:, 1] < 0.0) - 0.5) < 0.02
    assert np.allclose(samples[:, 5], 0.25 / np.pi, rtol=0.02)


def test_a_sun_in_the_map_is_sampled_as_it_shines(tmp_path):
    """One texel 10,000 times the rest: radiance over density is the same for practically all samples."""
    image = np.full((32, 64, 3), 1.0)
    image[9, 20] = 10_000.0
    tables = tables_of(lights=[d.EnvironmentMap(filename=write_image(tmp_path / "sun.exr", image))])
    samples = sampled(tables, (0.0, 0.0, 0.0))
    estimates = samples[:, 4] / samples[:, 5]
    assert estimates.std() < 0.03 * estimates.mean()


def test_a_guide_leads_to_the_same_interval_as_a_search():
    from specrender.scene.compile.lights.grid import _guide, _guide_size

    rng = np.random.default_rng(0)
    for count in (1, 2, 5, 64, 100):
        weights = rng.random(count) ** 8
        shares = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]).astype(np.float32)
        shares[-1] = 1.0
        size = _guide_size(count)
        guide = _guide(shares, size)
        u = rng.random(10_000, np.float32)
        g = (u * np.float32(size)).astype(int)
        interval = np.searchsorted(shares[1:-1], u, side="right")
        assert np.all((guide[g] <= interval) & (interval <= guide[g + 1]))
