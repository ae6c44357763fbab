"""Low-poly meshes with smooth normals: light fades over them as over what they stand for, and both techniques agree."""

import numpy as np
import pytest
from rendering import look_at, mean_and_error, moved, rendered, scene

from specrender.scene import description as d

WHITE = d.Diffuse(reflectance=0.8)
TURN = moved(axis=(1.0, 0.3, 0.2), degrees=60.0)
TOWARDS_LIGHT = np.array([1.0, 0.2, 0.15]) / np.linalg.norm([1.0, 0.2, 0.15])
DISTANCE, FOV, PIXELS = 6.0, 22.0, 48


def ball(columns=12, rows=8):
    """(vertices, faces, normals) of a unit sphere of few quads."""
    theta, phi = np.linspace(0.0, np.pi, rows + 1)[1:-1], 2.0 * np.pi * np.arange(columns) / columns
    t, p = np.meshgrid(theta, phi, indexing="ij")
    ring = np.stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)], axis=-1).reshape(-1, 3)
    vertices = np.concatenate([[[0.0, 0.0, 1.0]], ring, [[0.0, 0.0, -1.0]]])
    index = 1 + np.arange(columns * (rows - 1)).reshape(rows - 1, columns)
    after, last = np.roll(index, -1, axis=1), len(vertices) - 1
    faces = [(0, a, b) for a, b in zip(index[0], after[0], strict=True)]
    for i in range(rows - 2):
        for a, b, c, e in zip(index[i], index[i + 1], after[i + 1], after[i], strict=True):
            faces += [(a, b, c), (a, c, e)]
    faces += [(a, last, b) for a, b in zip(index[-1], after[-1], strict=True)]
    return vertices.astype(np.float32), np.array(faces, np.int32), vertices.astype(np.float32)


def mesh(to_world=TURN, material=WHITE, **fields):
    vertices, faces, normals = ball()
    given = {"vertices": vertices, "faces": faces, "normals": normals, **fields}
    return d.TriangleMesh(material=material, to_world=to_world, **given)


def from_the_side(shape, **fields):
    light = d.DirectionalLight(direction=tuple(-TOWARDS_LIGHT), irradiance=3.0)
    camera = d.Perspective(to_world=look_at((0, 0, DISTANCE), (0, 0, 0)), fov=FOV)
    description = scene([shape], [light], camera, d.PathIntegrator(max_depth=2), pixels=PIXELS, **fields)
    return rendered(description, 32, "rgb").mean_xyz()[..., 1]


@pytest.fixture(scope="module")
def sphere():
    """(luminance of the sphere in closed form, cosine to the light), NaN beside it."""
    half = np.tan(np.radians(FOV / 2.0))
    at = (2.0 * (np.arange(PIXELS) + 0.5) / PIXELS - 1.0) * half
    x, y = np.meshgrid(at, -at)
    ray = np.stack([x, y, -np.ones_like(x)], axis=-1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    along = -DISTANCE * ray[..., 2]
    root = along**2 - DISTANCE**2 + 1.0
    t = along - np.sqrt(np.where(root > 0.0, root, np.nan))
    cosine = (ray * t[..., None] + [0.0, 0.0, DISTANCE]) @ TOWARDS_LIGHT
    return 0.8 / np.pi * 3.0 * np.maximum(cosine, 0.0), cosine


def test_band_of_the_terminator(sphere):
    """Where the sun stands low the mesh is as bright as the sphere; without the lift whole triangles are dark."""
    expected, cosine = sphere
    band = (cosine > 0.05) & (cosine < 0.35)
    # away from the outline, where the polygon covers other pixels
    ys, xs = np.mgrid[0:PIXELS, 0:PIXELS] - (PIXELS - 1) / 2.0
    band &= np.hypot(xs, ys) < 0.75 * PIXELS / 2.0 / (np.tan(np.radians(FOV / 2.0)) * DISTANCE)
    assert band.sum() >= 100
    lifted, plain = from_the_side(mesh()), from_the_side(mesh(smooth_shadows=False))
    assert (plain[band] == 0.0).mean() > 0.1
    assert (lifted[band] > 0.0).all()
    assert abs(lifted[band].mean() / expected[band].mean() - 1.0) < 0.03
    assert np.abs(lifted - expected)[band].max() < 0.06 * np.nanmax(expected)
    # no light comes around to the night
    assert (lifted[cosine < -0.1] == 0.0).all()


def test_mirrored_order_and_instances():
    """What is outside does not depend on how it is said, nor on who places it."""
    expected = from_the_side(mesh())
    _, faces, normals = ball()
    inside_out = mesh(faces=faces[:, ::-1].copy(), normals=-normals, flip_normals=True)
    assert np.allclose(from_the_side(inside_out), expected, atol=1e-5)
    half = d.Transform(np.diag([0.5, 0.5, 0.5, 1.0]))
    twice = d.Transform(TURN.matrix @ np.diag([2.0, 2.0, 2.0, 1.0]))
    groups = {"ball": d.ShapeGroup(shapes=[mesh(to_world=half)])}
    placed = from_the_side(d.Instance(group="ball", to_world=twice), groups=groups)
    assert np.abs(placed - expected).mean() < 1e-3 * expected.mean()


@pytest.mark.parametrize("material", [WHITE, d.RoughConductor(alpha=0.3), d.TwoSided(material=WHITE)])
def test_both_techniques_agree(material):
    """A lamp near the mesh, sampled by the light, by the BSDF and by both: rays of all start at the same points."""
    lamp = d.Sphere(center=(1.6, 0.4, 0.6), radius=0.35, emitter=d.AreaLight(radiance=5.0))
    camera = d.Perspective(to_world=look_at((0, 0, DISTANCE), (0, 0, 0)), fov=FOV)
    results = []
    for emitter, bsdf in ((1, 0), (0, 1), (1, 1)):
        integrator = d.DirectIntegrator(emitter_samples=emitter, bsdf_samples=bsdf, hide_emitters=True)
        description = scene([mesh(material=material), lamp], (), camera, integrator, pixels=24)
        results.append(mean_and_error(rendered(description, 1024, "rgb")))
    for mean, error in results[:2]:
        assert error < 0.02 * mean
        assert abs(mean - results[2][0]) < 4.0 * np.hypot(error, results[2][1])


def test_boxes_stay_boxes():
    """Averaged normals at the corners of a box do not make a ball of it: shadows near it hardly move."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
    faces = np.array([(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6),
                      (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)], np.int32)  # fmt: skip
    given = {"vertices": 0.6 * signs, "faces": faces, "normals": signs / np.sqrt(3.0)}
    lifted, plain = from_the_side(mesh(**given)), from_the_side(mesh(**given, smooth_shadows=False))
    assert np.abs(lifted - plain).sum() < 0.02 * plain.sum()


@pytest.mark.parametrize("gap", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("integrator", [d.PathIntegrator(max_depth=5), d.DirectIntegrator()])
def test_no_light_from_below_a_floor(gap, integrator):
    """A ball of few triangles bulges through the floor it stands on; its light must not start there."""
    vertices, faces, normals = ball(8, 5)
    lowest = vertices[:, 1].min()
    shape = d.TriangleMesh(
        vertices=vertices, faces=faces, normals=normals, material=WHITE, to_world=moved(0.0, gap - lowest, 0.0)
    )
    floor = d.Rectangle(
        material=d.TwoSided(material=WHITE), to_world=moved(scale=(8.0, 8.0, 1.0), axis=(1.0, 0.0, 0.0), degrees=-90.0)
    )
    lamp = d.PointLight(position=(2.0, -3.0, 3.0), intensity=100.0)
    camera = d.Perspective(to_world=look_at((0.0, 1.2, 5.0), (0.0, 0.3, 0.0)), fov=35.0)
    dark = rendered(scene([shape, floor], [lamp], camera, integrator, pixels=48), 16, "rgb")
    assert dark.mean_xyz().max() == 0.0
