"""The light tree: probabilities sum to 1, samples follow them, bounds hold, nothing that shines is left out."""

import numpy as np
import pytest
from image_files import write_image
from rendering import assert_mean, mean_and_error, moved, narrow_camera, rendered, scene
from scipy.stats import chi2

from specrender.kernel.jit import kernel
from specrender.kernel.light.binary import AXIS, COLUMNS, EXTENT, HIGH, LOW, PLACE, POWER, THETA_O, THICKNESS
from specrender.kernel.light.build import build_tree
from specrender.kernel.light.tree import (
    CENTER_X,
    GROUP_ROWS,
    LINK,
    NODE_GROUPS,
    RADIUS,
    STRENGTH,
    WIDTH,
    emitter_probability,
    sample_emitter,
)
from specrender.kernel.simd import vec3, vec4
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.lights import choice
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL, cmf, visible


@kernel(entry=True)
def _probabilities(tables, p, out):
    """out (k, n): the probability of each emitter at each of the (k, 7) points, normals, and whether behind counts."""
    for i in range(p.shape[0]):
        for j in range(out.shape[1]):
            point, n = vec3(p[i, 0], p[i, 1], p[i, 2]), vec4(p[i, 3], p[i, 4], p[i, 5], p[i, 6])
            out[i, j] = emitter_probability(tables, point, n, j)


@kernel(entry=True)
def _choices(tables, p, u, out):
    """out (n, 2): emitter and probability for each random number."""
    point, n = vec3(p[0], p[1], p[2]), vec4(p[3], p[4], p[5], p[6])
    for i in range(len(u)):
        out[i, 0], out[i, 1] = sample_emitter(tables, point, n, u[i])


def probabilities(tables, points):
    out = np.zeros((len(points), len(tables.arrays["emitters"])), np.float32)
    _probabilities(tables, np.ascontiguousarray(points, np.float32), out)
    return out.astype(np.float64)


def choices(tables, point, n=400_000, seed=3):
    out = np.zeros((n, 2), np.float32)
    u = np.random.default_rng(seed).random(n, np.float32)
    _choices(tables, np.ascontiguousarray(point, np.float32), u, out)
    return out.astype(np.float64)


def points_around(count, rng, size=4.0):
    """(count, 7) points, unit normals, 1 where light from behind counts (every other); the last has no surface."""
    normals = rng.normal(size=(count, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals[-1] = 0.0
    behind = np.arange(count)[:, None] % 2
    return np.concatenate([rng.uniform(-size, size, (count, 3)), normals, behind], axis=1)


def mixed_lights():
    """A mesh, many of each other kind, and one with nothing to give."""
    rng = np.random.default_rng(4)
    vertices = rng.uniform(-2.0, 2.0, (40, 3))
    faces = rng.integers(0, 40, (60, 3))
    faces = faces[[len(set(face)) == 3 for face in faces]]
    mesh = d.TriangleMesh(vertices=vertices, faces=faces, emitter=d.AreaLight(radiance=2.0))
    shapes = [mesh, d.Cube(to_world=moved(2.0, 0.0, 1.0, 0.3), emitter=d.AreaLight(radiance=1.0))]
    for _ in range(6):
        x, y, z = rng.uniform(-3.0, 3.0, 3)
        flip = bool(rng.integers(2))
        place = moved(x, y, z, 0.4, axis=rng.normal(size=3), degrees=rng.uniform(0, 360))
        light = d.AreaLight(radiance=rng.uniform(0.5, 3.0))
        shapes += [
            d.Sphere(to_world=place, emitter=light, flip_normals=flip),
            d.Disk(to_world=place, emitter=light, flip_normals=flip),
            d.Rectangle(to_world=place, emitter=light, flip_normals=flip),
            d.Cylinder(to_world=place, emitter=light),
        ]
    shapes.append(d.Disk(emitter=d.AreaLight(radiance=0.0)))
    lights = [d.PointLight(position=tuple(rng.uniform(-3, 3, 3)), color=0.3) for _ in range(5)]
    lights += [
        d.SpotLight(to_world=moved(*rng.uniform(-3, 3, 3), degrees=50.0), cutoff_angle=40.0, color=2.0),
        d.SpotLight(to_world=moved(*rng.uniform(-3, 3, 3), degrees=-70.0), cutoff_angle=120.0, color=1.0),
    ]
    return shapes, lights


@pytest.fixture(scope="module")
def tables():
    shapes, lights = mixed_lights()
    return compile_scene(d.Scene(shapes=shapes, lights=lights), "rgb").tables


def test_probabilities_sum_to_one_or_a_little_less(tables):
    points = points_around(200, np.random.default_rng(0))
    total = probabilities(tables, points).sum(axis=1)
    # what is missing is the chance of a node whose bounds promise light that none of its children can give
    assert np.all(total < 1.0 + 1e-5)
    assert (total > 1.0 - 1e-5).mean() > 0.3
    assert total.mean() > 0.85


def test_samples_follow_the_probabilities(tables):
    """Chi-square, and the probability that comes with a sample is the one found from its leaf."""
    for point in points_around(6, np.random.default_rng(1)):
        expected = probabilities(tables, point[None])[0]
        found = choices(tables, point)
        some = found[:, 1] > 0.0
        index = found[some, 0].astype(int)
        assert np.allclose(found[some, 1], expected[index], rtol=1e-6)
        counts = np.append(np.bincount(index, minlength=len(expected)), (~some).sum())
        expected = np.append(expected, max(1.0 - expected.sum(), 0.0))
        assert not counts[:-1][expected[:-1] == 0.0].any()
        often = expected * len(found) >= 5.0
        cells = np.append(expected[often], expected[~often].sum()) * len(found)
        seen = np.append(counts[often], counts[~often].sum())
        keep = cells > 0.5
        statistic = np.sum((seen[keep] - cells[keep]) ** 2 / cells[keep])
        assert chi2.sf(statistic, keep.sum() - 1) > 1e-4


def test_dark_emitters_are_never_chosen(tables):
    """A light without radiance and triangles without area have no place in the tree."""
    emitters = tables.arrays["emitters"]
    dark = emitters["slot"] < 0
    assert dark.sum() == 1
    expected = probabilities(tables, points_around(50, np.random.default_rng(2)))
    assert not expected[:, dark].any()


def lines_at(nm, peak=1.0):
    """The spectrum of a lamp whose only line, 0.3 nm wide at its foot, lies around `nm`."""
    return d.SpectrumSpec(wavelengths=[nm - 0.15, nm, nm + 0.15], values=[0.0, peak, 0.0])


def test_whatever_can_emit_is_in_the_tree():
    """Lines between whole nm, and lamps that are faint beside others; not what the wavelengths leave out."""
    colors = [1.0, 2.0, 3.0, lines_at(589.2), lines_at(589.2, 1e-25), 1e-35, 0.0, lines_at(701.2)]
    lights = [
        d.PointLight(position=(0.3 * k, 0.1, 2.0), color=color, normalize=False) for k, color in enumerate(colors)
    ]
    description = d.Scene(lights=lights, wavelengths=d.WavelengthRange(lambda_min=400.0, lambda_max=700.0))
    tables = compile_scene(description, "spectral").tables
    assert (tables.arrays["emitters"]["slot"] >= 0).tolist() == [True] * 6 + [False] * 2
    found = probabilities(tables, np.array([[0.5, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]]))[0]
    assert np.all(found[:4] > 1e-5) and np.all(found[6:] == 0.0)
    strengths = tables.arrays["light_nodes"].reshape(-1, GROUP_ROWS, WIDTH)[:, STRENGTH]
    assert strengths[strengths > 0.0].min() == np.float32(choice.FAINTEST) * strengths.max()


@pytest.mark.parametrize("kind", ["point", "area"])
def test_a_line_lamp_among_others(monkeypatch, kind):
    """Its light is there, with the tree as without: E = I cos / r^2 of the lamp's line, and of what is beside it."""
    others = [d.PointLight(position=(0.1 * k, 0.0, 2.0), color=1e-3) for k in range(6)]
    shapes = [d.Rectangle(to_world=moved(scale=5.0), material=d.Diffuse(reflectance=0.5))]
    if kind == "point":
        others.append(d.PointLight(position=(0.0, 0.0, 2.0), color=lines_at(589.2, 50.0), normalize=False))
    else:
        lamp = d.AreaLight(radiance=lines_at(589.2, 50.0 / (np.pi * 1e-4)), normalize=False)
        shapes.append(d.Disk(to_world=moved(z=2.0, scale=0.01, degrees=180.0), emitter=lamp))
    # the kernel's observer is of straight lines, too
    ybar = np.interp([580.0, *np.arange(581.0, 600.0), 600.0, 589.2], visible(), cmf()[:, 1]) / CIE_Y_INTEGRAL
    from_others = sum(1e-3 * 2.0 / (4.0 + 0.01 * k * k) ** 1.5 for k in range(6)) * np.trapezoid(ybar[:-1])
    expected = 0.5 / np.pi * (from_others + 0.25 * 50.0 * 0.15 * ybar[-1])
    description = scene(
        shapes, others, narrow_camera((1.0, 0.5, 1.5), (0.0, 0.0, 0.0)), d.PathIntegrator(max_depth=2), pixels=16,
        wavelengths=d.WavelengthRange(lambda_min=580.0, lambda_max=600.0),
    )  # fmt: skip
    by_tree = rendered(description, 2048)
    assert_mean(by_tree, expected)
    monkeypatch.setattr(choice, "FEW", 1 << 30)
    uniform = rendered(description, 2048)
    assert_mean(uniform, expected)
    # it is nearly all of the light
    assert mean_and_error(by_tree)[1] < mean_and_error(uniform)[1]


def random_emitters(n, rng):
    rows = np.zeros((n, COLUMNS))
    low = rng.uniform(-5, 5, (n, 3))
    rows[:, LOW : LOW + 3], rows[:, HIGH : HIGH + 3] = low, low + rng.uniform(0, 0.5, (n, 3))
    axes = rng.normal(size=(n, 3))
    rows[:, AXIS : AXIS + 3] = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    rows[:, THETA_O] = rng.choice([-1.0, 0.0, 0.3, np.pi], n)
    rows[:, POWER] = rng.uniform(0.1, 10.0, n)
    rows[:, PLACE : PLACE + 3] = 0.5 * (rows[:, LOW : LOW + 3] + rows[:, HIGH : HIGH + 3])
    rows[:, EXTENT] = 0.5 * np.linalg.norm(rows[:, HIGH : HIGH + 3] - rows[:, LOW : LOW + 3], axis=1)
    rows[:, THICKNESS] = rows[:, EXTENT]
    return rows


@pytest.mark.parametrize("n", [1, 2, 8, 9, 64, 65, 1000])
def test_bounds_hold_what_is_below(n):
    """Each emitter lies within the spheres of all nodes above it, and is found once; the root has up to 64 children."""
    rng = np.random.default_rng(n)
    rows = random_emitters(n, rng)
    nodes, parents, slots = build_tree(rows)
    links = nodes.view(np.int32)[:, LINK]
    leaves = ~links[links < 0]
    assert sorted(leaves) == list(range(n))
    assert (parents < 0).sum() == -(-min(n, 64) // 8)
    assert (links[parents < 0] != 0).sum() == min(n, 64)
    for i, row in enumerate(rows):
        slot, link = slots[i], ~i
        while slot >= 0:
            group, lane = divmod(slot, WIDTH)
            if link >= 0:  # a node, by any of its groups
                first, more = divmod(links[group, lane], NODE_GROUPS)
                assert first <= link <= first + more
            else:
                assert links[group, lane] == link
            centre = nodes[group, CENTER_X : CENTER_X + 3, lane].astype(np.float64)
            corner = np.maximum(np.abs(row[LOW : LOW + 3] - centre), np.abs(row[HIGH : HIGH + 3] - centre))
            assert np.linalg.norm(corner) <= nodes[group, RADIUS, lane] * (1 + 1e-5) + 1e-6
            slot, link = parents[group], group


def order_of(nodes, parents):
    """The emitters of a tree from its first to its last."""
    links = nodes.view(np.int32)[:, LINK]
    waiting, found = [int((parents < 0).sum()) - 1], []
    while waiting:
        link = waiting.pop()
        if link < 0:
            found.append(~link)
        else:
            first, more = divmod(link, NODE_GROUPS)
            waiting += [int(below) for below in links[first : first + more + 1].T.ravel() if below][::-1]
    return found


def test_neighbours_in_the_tree_are_neighbours_in_space():
    """A grid of lamps: from one to the next it is little more than the distance of the grid, without leaps."""
    n = 32
    rows = random_emitters(1, np.random.default_rng(0)).repeat(n * n, axis=0)
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    shift = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    for first in (LOW, HIGH, PLACE):
        rows[:, first : first + 3] = rows[0, first : first + 3] + shift
    nodes, parents, _ = build_tree(rows[np.random.default_rng(1).permutation(n * n)])
    order = order_of(nodes, parents)
    places = rows[np.random.default_rng(1).permutation(n * n)][order][:, PLACE : PLACE + 2]
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.mean() < 1.3
    assert steps.max() < n / 2


@pytest.mark.parametrize("seed", range(3))
def test_what_shines_can_be_chosen(seed):
    """Triangles of a closed mesh and of loose ones: whatever has its front to a point has a chance there."""
    rng = np.random.default_rng(seed)
    n = 60
    corners = rng.uniform(-2.0, 2.0, (n, 1, 3)) + rng.normal(size=(n, 3, 3)) * rng.uniform(0.01, 1.0, (n, 1, 1))
    if seed == 2:  # many in two planes
        corners[: n // 2, :, 2] = 0.3
    faces = np.arange(3 * n).reshape(n, 3)
    light = d.AreaLight(radiance=1.0)
    mesh = d.TriangleMesh(vertices=corners.reshape(-1, 3), faces=faces, emitter=light, flip_normals=seed == 1)
    cube = d.Cube(to_world=moved(0.5, degrees=30.0), emitter=light)
    tables = compile_scene(d.Scene(shapes=[mesh, cube]), "rgb").tables
    points = points_around(300, rng)
    found = probabilities(tables, points)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    heights = np.einsum("pnk,nk->pn", points[:, None, :3] - corners[:, 0], normals * (-1.0 if seed == 1 else 1.0))
    # how far a triangle rises above the surface, on the sides that count
    above = np.einsum("pnck,pk->pnc", corners - points[:, None, None, :3], points[:, 3:6])
    above = np.where(points[:, 6:] == 1.0, np.abs(above).max(axis=2), above.max(axis=2))
    above[-1] = 1.0
    chosen, shines = found[:, :n] > 0.0, heights > 1e-4
    assert (shines & (above > 1e-4)).sum() > 1000
    assert chosen[shines & (above > 1e-4)].all()
    # and what lies behind the surface with all of the sphere around it is not
    centers = corners.mean(axis=1)
    radii = np.linalg.norm(corners - centers[:, None], axis=2).max(axis=1)
    height = np.einsum("pnk,pk->pn", centers - points[:, None, :3], points[:, 3:6])
    behind = (points[:, 6:] == 0.0) & (height + radii < -1e-3)
    assert behind.sum() > 1000
    assert found[:, :n][behind].max() < 1e-6  # the rounding of running sums
    # and what turns its back is hardly ever chosen
    assert found[:, :n][heights < -1e-2].sum() < 0.02 * found.sum()


def test_emitters_in_one_place_are_split_by_number():
    """5000 equal point lights end up in a shallow tree, not in a chain or an endless loop."""
    rows = random_emitters(1, np.random.default_rng(0)).repeat(5000, axis=0)
    _, parents, slots = build_tree(rows)
    depth, slot = 0, slots[0]
    while slot >= 0:
        depth, slot = depth + 1, parents[slot // WIDTH]
    assert depth <= 8


GREY = d.Diffuse(reflectance=0.8)
WALLS = {
    "opaque": GREY,
    "back of two sides": d.TwoSided(material=d.Diffuse(reflectance=0.3), back=GREY),
    "lets light through": d.DiffuseTransmission(reflectance=0.3, transmittance=0.6),
    "blend": d.BlendBsdf(first=GREY, second=d.RoughDielectric(alpha=0.4), weight=0.4),
}


@pytest.mark.parametrize("integrator", [d.PathIntegrator(max_depth=3), d.DirectIntegrator()])
@pytest.mark.parametrize("wall", [*WALLS, "bumpy"])
def test_the_tree_does_not_change_the_picture(monkeypatch, tmp_path, integrator, wall):
    """The same scene with equal probabilities of lights has the same mean and more noise."""
    shapes, lights = mixed_lights()
    turned = 180.0 if wall == "back of two sides" else 0.0
    write_image(tmp_path / "waves.exr", np.random.default_rng(0).random((8, 8, 1), np.float32))
    bumpy = d.BumpMap(bumpmap=d.TextureRef(texture="waves"), scale=2.0, material=GREY)
    material = bumpy if wall == "bumpy" else WALLS[wall]
    wall = d.Rectangle(to_world=moved(0.0, 0.0, -2.5, 6.0, degrees=turned), material=material)
    glossy = d.Sphere(center=(0.0, 0.0, -1.0), radius=0.8, material=d.RoughConductor(material="Al", alpha=0.3))
    lights.append(d.DirectionalLight(direction=(0.1, 0.2, -1.0), irradiance=1.0))
    lights.append(d.ConstantLight(radiance=0.2))
    camera = narrow_camera((2.0, -3.0, 3.0), (0.0, 0.0, -1.5), fov=25.0)
    description = scene([wall, glossy, *shapes], lights, camera, integrator, pixels=16)
    description.textures = {"waves": d.Bitmap(filename=str(tmp_path / "waves.exr"))}
    by_tree = rendered(description, 1024, "rgb")
    monkeypatch.setattr(choice, "FEW", 1 << 30)
    uniform = rendered(description, 1024, "rgb")
    mean, error = mean_and_error(by_tree)
    expected, its_error = mean_and_error(uniform)
    assert abs(mean - expected) < 4.0 * np.hypot(error, its_error)
    assert its_error < 0.02 * expected
    assert error < its_error


@pytest.mark.parametrize("has_sky", [False, True])
@pytest.mark.parametrize("max_depth", [2, 4])
def test_pairs_of_light_samples_at_the_first_surface(monkeypatch, max_depth, has_sky):
    """They leave the mean as it is and lower the noise; a sky and the sampled directions have their shares, too."""
    shapes, lights = mixed_lights()
    floor = d.Rectangle(to_world=moved(0.0, 0.0, -2.5, 6.0), material=GREY)
    glossy = d.Sphere(center=(0.0, 0.0, -1.0), radius=0.8, material=d.RoughConductor(material="Al", alpha=0.2))
    if has_sky:
        lights.append(d.ConstantLight(radiance=0.3))
    camera = narrow_camera((2.0, -3.0, 3.0), (0.0, 0.0, -1.5), fov=25.0)
    description = scene([floor, glossy, *shapes], lights, camera, d.PathIntegrator(max_depth=max_depth), pixels=16)
    found = []
    for pairs in (0, 1, 2):
        monkeypatch.setattr(choice, "LIGHT_PAIRS", pairs)
        found.append(mean_and_error(rendered(description, 1024, "rgb")))
    for mean, error in found[1:]:
        assert abs(mean - found[0][0]) < 4.0 * np.hypot(error, found[0][1])
    assert found[2][1] < found[1][1] < found[0][1] < 0.01 * found[0][0]


def test_irradiance_of_a_tessellated_light():
    """A plane under a square light cut into 800 triangles: the closed form of a parallel square on the axis."""
    n = 20
    grid = np.linspace(-1.0, 1.0, n + 1)
    vertices = [(x, y, 2.0) for y in grid for x in grid]
    faces = []
    for j in range(n):
        for i in range(n):
            a = j * (n + 1) + i
            faces += [(a, a + n + 1, a + 1), (a + 1, a + n + 1, a + n + 2)]
    light = d.TriangleMesh(vertices=vertices, faces=faces, emitter=d.AreaLight(radiance=3.0))
    wall = d.Rectangle(to_world=moved(scale=50.0), material=d.Diffuse(reflectance=1.0))
    camera = narrow_camera((0.3, 0.0, 0.5), (0.0, 0.0, 0.0))
    # four corners, each a rectangle of a = b = 1 at c = 2 seen from below its corner
    a = 1.0 / np.sqrt(1.0 + 4.0)
    factor = 4.0 * 2.0 * a * np.arctan(a) / (2.0 * np.pi)
    description = scene([wall, light], camera=camera, integrator=d.PathIntegrator(max_depth=2), pixels=4)
    assert_mean(rendered(description, 4096, "rgb"), 3.0 * factor)


@pytest.mark.parametrize("count", [1, 2, 5000, 20_000])
def test_the_tree_does_not_depend_on_threads(count):
    rng = np.random.default_rng(count)
    emitters = np.zeros((count, COLUMNS))
    centers, half = rng.random((count, 3)) ** 4, 0.01 * rng.random((count, 3))
    emitters[:, LOW : LOW + 3], emitters[:, HIGH : HIGH + 3] = centers - half, centers + half
    emitters[:, AXIS : AXIS + 3] = (axes := rng.normal(size=(count, 3))) / np.linalg.norm(axes, axis=1)[:, None]
    emitters[:, PLACE : PLACE + 3], emitters[:, EXTENT] = centers, np.linalg.norm(half, axis=1)
    emitters[:, POWER] = 0.1 + rng.random(count)
    one = build_tree(emitters, threads=1)
    for threads in (2, 5):
        for array, other in zip(one, build_tree(emitters, threads), strict=True):
            np.testing.assert_array_equal(array.view(np.int32), other.view(np.int32))
    assert sorted(np.unique(one[2])) == sorted(one[2])
