"""Curves and grids of distances: the first place along a ray where the surface is, found densely in double precision;
and what Mitsuba says of the same rays."""

from itertools import pairwise

import numpy as np
import pytest
from rendering import moved
from test_shape import rays, trace

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.readers.curves import load_curves
from specrender.scene.readers.grids import load_grid

POINTS = """-1.2 0 0 0.2
-0.5 0.4 0.1 0.3
0.2 -0.5 0.3 0.25
0.8 0.1 -0.4 0.1
1.2 0.7 0 0.2

-1 -0.8 0.6 0.15
-0.3 -0.9 0.2 0.15
0.4 -0.8 -0.5 0.15
1.0 -0.9 0.1 0.15
"""


@pytest.fixture(scope="module")
def curve_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("curves") / "curves.txt"
    path.write_text(POINTS)
    return str(path)


def nearest_entry(origins, directions, outside, steps=700, reach=9.0):
    """First t at which `outside` (of (n, 3) points, negative inside) turns negative along each ray, by bisection."""
    t = np.linspace(0.0, reach, steps)
    found = np.full(len(origins), np.inf)
    lowest = np.full(len(origins), np.inf)
    for i, (o, w) in enumerate(zip(origins, directions, strict=True)):
        values = outside(o + t[:, None] * w)
        lowest[i] = values.min()
        inside = np.flatnonzero(values < 0.0)
        if len(inside) and inside[0] > 0:
            low, high = t[inside[0] - 1], t[inside[0]]
            for _ in range(40):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if outside((o + middle * w)[None])[0] > 0.0 else (low, middle)
            found[i] = high
    return found, lowest


def swept_spheres(curves, samples=64):
    """Outside function of spheres swept along (x, y, z, radius) polylines."""
    s = np.linspace(0.0, 1.0, samples)[:, None]
    balls = np.concatenate([a + (b - a) * s for c in curves for a, b in pairwise(c)])
    return lambda p: (np.linalg.norm(p[:, None] - balls[None, :, :3], axis=2) - balls[None, :, 3]).min(axis=1)


def spline_points(curves, samples=400):
    u = np.linspace(0.0, 1.0, samples)[:, None]
    basis = (1 - u) ** 3 / 6, (3 * u**3 - 6 * u**2 + 4) / 6, (-3 * u**3 + 3 * u**2 + 3 * u + 1) / 6, u**3 / 6
    return [sum(w * c[k + i] for i, w in enumerate(basis)) for c in curves for k in range(len(c) - 3)]


def test_linear_curves_are_swept_spheres(curve_file):
    curves = load_curves(curve_file, 2)
    origins, directions = rays(150)
    distances, found, _ = trace([d.LinearCurve(filename=curve_file)], origins, directions)
    expected, lowest = nearest_entry(origins, directions, swept_spheres(curves))
    sure = np.abs(lowest) > 2e-3  # grazing rays may go either way
    np.testing.assert_array_equal(np.isfinite(distances)[sure], np.isfinite(expected)[sure])
    both = np.isfinite(distances) & np.isfinite(expected) & sure
    assert both.sum() > 40
    np.testing.assert_allclose(distances[both], expected[both], atol=2e-3)
    outward = np.einsum("ij,ij->i", found["n"], directions)
    assert np.all(outward[both] < 1e-3)


def test_a_straight_spline_is_an_open_cylinder(tmp_path):
    """Six equidistant points along x: the tube of radius 0.3 from 1 to 4, hollow and without ends."""
    path = tmp_path / "straight.txt"
    path.write_text("".join(f"{x} 0 0 0.3\n" for x in range(6)))
    origins, directions = rays(3000, center=(2.5, 0.0, 0.0))
    distances, found, _ = trace([d.BSplineCurve(filename=str(path))], origins, directions)
    a = (directions[:, 1:] ** 2).sum(axis=1)
    b = (directions[:, 1:] * origins[:, 1:]).sum(axis=1)
    h = b * b - a * ((origins[:, 1:] ** 2).sum(axis=1) - 0.09)
    with np.errstate(invalid="ignore"):
        t = (-b - np.sqrt(h)) / a
    x = origins[:, 0] + t * directions[:, 0]
    expected = np.where((h >= 0) & (t > 0) & (x > 1.0) & (x < 4.0), t, np.inf)
    sure = (np.abs(h) > 1e-4) & ~(np.abs(x - 1.0) < 1e-3) & ~(np.abs(x - 4.0) < 1e-3)
    np.testing.assert_allclose(distances[sure], expected[sure], rtol=1e-4)
    hit = np.isfinite(expected) & sure
    assert hit.sum() > 300
    np.testing.assert_allclose(found["uv"][hit, 1], (x[hit] - 1.0) / 3.0, atol=1e-4)
    p = found["p"][hit]
    np.testing.assert_allclose(np.hypot(p[:, 1], p[:, 2]), 0.3, rtol=1e-5)
    np.testing.assert_allclose(found["n"][hit, 1:], p[:, 1:] / 0.3, atol=1e-4)
    # s goes around
    np.testing.assert_allclose(found["s"][hit, 0], 0.0, atol=1e-4)


def test_bent_splines(curve_file):
    """The second curve has one radius: its tube is that of swept spheres, but for the ends."""
    curves = load_curves(curve_file, 4)[1:]
    (row,) = spline_points(curves, 400)
    origins, _ = rays(200, seed=4)
    rng = np.random.default_rng(4)
    aim = row[rng.integers(len(row), size=200), :3] + rng.uniform(-0.2, 0.2, (200, 3)) - origins
    directions = aim / np.linalg.norm(aim, axis=1, keepdims=True)
    outside = swept_spheres([row], samples=2)
    path = curve_file + ".one"
    with open(path, "w") as file:
        file.write(POINTS.split("\n\n")[1])
    distances, _, _ = trace([d.BSplineCurve(filename=path)], origins, directions)
    expected, lowest = nearest_entry(origins, directions, outside)
    both = np.isfinite(distances) & np.isfinite(expected)
    at = origins[both] + expected[both, None] * directions[both]
    near_end = np.minimum(*(np.linalg.norm(at - row[k, :3], axis=1) for k in (0, -1))) < 0.2
    assert (~near_end).sum() > 15
    np.testing.assert_allclose(distances[both][~near_end], expected[both][~near_end], atol=2e-3)
    assert np.isinf(distances[lowest > 2e-3]).all()
    missed = np.isinf(distances) & np.isfinite(expected) & (lowest < -2e-2)
    at = origins[missed] + expected[missed, None] * directions[missed]
    assert np.all(np.minimum(*(np.linalg.norm(at - row[k, :3], axis=1) for k in (0, -1))) < 0.2)


def blob(nx=14, ny=12, nz=10):
    """Distances to a bumpy ball in the unit cube."""
    z, y, x = np.meshgrid(*(np.linspace(0.0, 1.0, n) for n in (nz, ny, nx)), indexing="ij")
    ball = np.sqrt((x - 0.5) ** 2 + (y - 0.5) ** 2 + (z - 0.5) ** 2) - 0.35
    return (ball + 0.04 * np.sin(17 * x) * np.sin(14 * y) * np.cos(12 * z)).astype(np.float32)


def interpolated(grid):
    """Outside function of a grid over the unit cube; outside of it, everything is."""
    from scipy.interpolate import RegularGridInterpolator

    axes = [np.linspace(0.0, 1.0, n) for n in grid.shape]
    inner = RegularGridInterpolator(axes, grid.astype(np.float64), bounds_error=False, fill_value=1.0)
    return lambda p: inner(p[:, ::-1])


@pytest.mark.parametrize("normals", ["smooth", "analytic"])
def test_distance_grids(normals):
    grid = blob()
    place = moved(0.2, -0.1, 0.3, scale=(2.0, 1.5, 1.8), degrees=30.0)
    origins, directions = rays(150, seed=2, center=place.matrix[:3, :3] @ (0.5, 0.5, 0.5) + place.matrix[:3, 3])
    shape = d.SdfGrid(grid=grid, normals=normals, to_world=place)
    distances, found, left = trace([shape], origins, directions)
    inverse = place.inverse
    outside = interpolated(grid)

    def world(p):
        return outside(p @ inverse[:3, :3].T + inverse[:3, 3])

    expected, lowest = nearest_entry(origins, directions, world)
    sure = np.abs(lowest) > 2e-3
    np.testing.assert_array_equal(np.isfinite(distances)[sure], np.isfinite(expected)[sure])
    hit = np.isfinite(distances) & np.isfinite(expected) & sure
    assert hit.sum() > 25
    np.testing.assert_allclose(distances[hit], expected[hit], atol=2e-4)
    step = 1e-4
    slopes = [world(found["p"][hit] + step * axis) - world(found["p"][hit] - step * axis) for axis in np.eye(3)]
    gradient = np.stack(slopes, axis=1)
    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
    cosine = np.einsum("ij,ij->i", found["normal"][hit], gradient)
    # across the face of a voxel the gradient has a step
    assert np.quantile(cosine, 0.02) > 0.999
    shading = np.einsum("ij,ij->i", found["n"][hit], gradient)
    assert (shading > 0.9).all() and (np.quantile(shading, 0.1) > 0.999) == (normals == "analytic")
    assert (world(left[hit]) < 0).mean() > 0.99  # a ray that goes on starts beyond the surface


def test_no_ray_slips_between_voxels():
    """A plane through the grid, tilted so that it passes near samples: every ray through its middle hits."""
    z, y, x = np.meshgrid(*(np.linspace(0.0, 1.0, 17),) * 3, indexing="ij")
    grid = (z - 0.5 + 1e-4 * (x - 0.5) - 1e-5 * (y - 0.5)).astype(np.float32)
    rng = np.random.default_rng(0)
    targets = np.concatenate([rng.integers(1, 16, (4000, 2)) / 16, rng.uniform(0.05, 0.95, (4000, 2))])
    targets = np.column_stack([targets, np.full(len(targets), 0.5)])
    origins = np.column_stack([rng.uniform(0.2, 0.8, (len(targets), 2)), np.full(len(targets), 3.0)])
    directions = targets - origins
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    distances, _, _ = trace([d.SdfGrid(grid=grid)], origins, directions)
    np.testing.assert_allclose(distances, np.linalg.norm(targets - origins, axis=1), rtol=1e-3)


def write_grid(path, grid):
    head = b"VOL\x03" + np.array([1, *grid.shape[::-1], 1], "<i4").tobytes()
    path.write_bytes(head + np.array([0, 0, 0, 1, 1, 1], "<f4").tobytes() + grid.astype("<f4").tobytes())
    return str(path)


@pytest.mark.parametrize("kind", ["linearcurve", "bsplinecurve", "sdfgrid", "analytic"])
def test_as_mitsuba(kind, curve_file, tmp_path):
    mitsuba = pytest.importorskip("mitsuba")
    mitsuba.set_variant("scalar_rgb")
    name, extra = (kind, {}) if kind != "analytic" else ("sdfgrid", {"normals": "analytic"})
    filename = curve_file if "curve" in kind else write_grid(tmp_path / "blob.vol", blob(12, 12, 12))
    struct = {"linearcurve": d.LinearCurve, "bsplinecurve": d.BSplineCurve, "sdfgrid": d.SdfGrid}[name]
    center = (0.0, 0.0, 0.0) if "curve" in kind else (0.5, 0.5, 0.5)
    origins, directions = rays(1500, seed=5, center=center)
    distances, found, _ = trace([struct(filename=filename, **extra)], origins, directions)
    scene = mitsuba.load_dict({"type": "scene", "shape": {"type": name, "filename": filename, **extra}})
    theirs = [
        scene.ray_intersect(mitsuba.Ray3f(mitsuba.Point3f(list(o)), mitsuba.Vector3f(list(w))))
        for o, w in zip(origins, directions, strict=True)
    ]
    valid = np.array([hit.is_valid() for hit in theirs])
    assert (valid != np.isfinite(distances)).mean() < 0.004
    both = valid & np.isfinite(distances)
    t = np.array([hit.t for hit in theirs])[both]
    close = np.abs(distances[both] - t) < 1e-3
    assert both.sum() > 100 and close.mean() > 0.99

    def compared(ours, field, tolerance, share=0.98):
        values = np.array([list(getattr(hit, field)) for hit in theirs])[both][close]
        difference = np.abs(ours[both][close] - values).max(axis=1)
        assert np.quantile(difference, share) < tolerance, (field, np.quantile(difference, [0.5, 0.9, 0.98]))

    compared(found["normal"], "n", 5e-3)
    shading = [hit.sh_frame for hit in theirs]
    values = np.array([list(frame.n) if ok else [0, 0, 0] for frame, ok in zip(shading, valid, strict=True)])
    difference = np.abs(found["n"] - values)[both][close].max(axis=1)
    assert np.quantile(difference, 0.98) < 5e-3, np.quantile(difference, [0.5, 0.9, 0.98])
    if "curve" in kind:
        compared(found["uv"][:, :2], "uv", 5e-3, 0.94)  # the ball of a joint belongs to either segment


def test_parts_in_instances(curve_file):
    """A curve and a grid seen through an instance are where their transform puts them."""
    origins, directions = rays(2000, seed=6)
    place = moved(0.3, 0.2, -0.1, axis=(1.0, 2.0, 3.0), degrees=70.0)
    shapes = [d.LinearCurve(filename=curve_file), d.BSplineCurve(filename=curve_file), d.SdfGrid(grid=blob())]
    local = place.inverse
    expected, surfaces, _ = trace(shapes, origins @ local[:3, :3].T + local[:3, 3], directions @ local[:3, :3].T)
    tables = d.Scene(
        shapes=[d.Instance(group="g", to_world=place)], groups={"g": d.ShapeGroup(shapes=shapes)}
    )  # fmt: skip
    distances, found, _ = trace(tables, origins, directions)
    same = np.isclose(distances, expected, rtol=1e-4)
    assert same.mean() > 0.995 and np.isfinite(distances).sum() > 500
    hit = same & np.isfinite(distances)
    difference = np.abs(found["n"] - surfaces["n"] @ place.matrix[:3, :3].T)[hit].max(axis=1)
    assert np.quantile(difference, 0.99) < 1e-2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 0 0 1\n", "at least 2 control points"),
        ("0 0 0\n1 1 1\n", ":1: expected the four numbers"),
        ("0 0 0 1\n0 0 x 1\n", ":2: expected the four numbers"),
        ("0 0 0 1\n0 0 1 -1\n", ":2: the radius must be 0 or more"),
        ("\n\n", "has no control points"),
    ],
)
def test_bad_curve_files(tmp_path, text, message):
    path = tmp_path / "curve.txt"
    path.write_text(text)
    with pytest.raises(SceneError) as caught:
        load_curves(path, 2)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"VO", "does not begin with VOL"),
        (b"VOL\x02" + bytes(44), "only version 3"),
        (b"VOL\x03" + np.array([1, 2, 2, 2, 1], "<i4").tobytes() + bytes(24) + bytes(12), "does not fit"),
    ],
)
def test_bad_grid_files(tmp_path, content, message):
    path = tmp_path / "grid.vol"
    path.write_bytes(content)
    with pytest.raises(SceneError) as caught:
        load_grid(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (d.SdfGrid(grid=np.ones((3, 3, 3))), "the surface passes no voxel"),
        (d.SdfGrid(grid=np.zeros((1, 3, 3))), "at least 2 samples"),
        (d.SdfGrid(grid=[[[1.0, 2.0], [3.0]]]), "different lengths"),
        (d.SdfGrid(grid=np.full((2, 2, 2), np.nan)), "not finite"),
        (d.SdfGrid(grid=blob(), emitter=d.AreaLight()), "can be no lights"),
    ],
)
def test_impossible_grids(shape, message):
    with pytest.raises(SceneError) as caught:
        compile_scene(d.Scene(shapes=[shape]))
    assert message in str(caught.value)
