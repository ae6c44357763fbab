"""Cameras: film positions to rays, against projection written out."""

import numpy as np
import pytest
from rendering import look_at

from specrender.kernel.camera import generate_ray
from specrender.kernel.jit import kernel
from specrender.kernel.simd import lane
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

WIDTH, HEIGHT = 60, 40


@kernel(entry=True)
def _rays(tables, film, lens, origins, directions, reach):
    for i in range(film.shape[0]):
        origin, direction, reach[i], _ = generate_ray(tables, film[i, 0], film[i, 1], lens[i, 0], lens[i, 1])
        for k in range(3):
            origins[i, k], directions[i, k] = lane(origin, k), lane(direction, k)


def rays(camera, film, lens=None, width=WIDTH, height=HEIGHT):
    """(origins (n, 3), directions (n, 3), reach (n,)) of film positions (n, 2) [pixels]."""
    tables = compile_scene(d.Scene(camera=camera, film=d.HdrFilm(width=width, height=height))).tables
    film = np.array(film, np.float32).reshape(-1, 2)
    lens = np.full((len(film), 2), 0.5, np.float32) if lens is None else lens.astype(np.float32)
    origins, directions = np.zeros((len(film), 3), np.float32), np.zeros((len(film), 3), np.float32)
    reach = np.zeros(len(film), np.float32)
    _rays(tables, film, lens, origins, directions, reach)
    return origins.astype(np.float64), directions.astype(np.float64), reach


def angle(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0)))


CENTRE, LEFT, RIGHT = (30, 20), (0, 20), (60, 20)
TOP, BOTTOM, CORNER, OPPOSITE = (30, 0), (30, 40), (0, 0), (60, 40)


@pytest.mark.parametrize(
    ("axis", "width", "height", "ends"),
    [
        ("x", 60, 40, (LEFT, RIGHT)),
        ("y", 60, 40, (TOP, BOTTOM)),
        ("diagonal", 60, 40, (CORNER, OPPOSITE)),
        ("smaller", 60, 40, (TOP, BOTTOM)),
        ("larger", 60, 40, (LEFT, RIGHT)),
        ("smaller", 40, 60, ((0, 30), (40, 30))),
        ("larger", 40, 60, ((20, 0), (20, 60))),
    ],
)
def test_field_of_view(axis, width, height, ends):
    _, (a, b), _ = rays(d.Perspective(fov=50.0, fov_axis=axis), ends, width=width, height=height)
    assert np.isclose(angle(a, b), 50.0, atol=1e-3)


def test_focal_length_is_of_35_mm_film_along_the_diagonal():
    _, (a, b), _ = rays(d.Perspective(focal_length="35mm"), (CORNER, OPPOSITE))
    assert np.isclose(angle(a, b), 2.0 * np.degrees(np.arctan(np.hypot(36.0, 24.0) / 70.0)), atol=1e-3)
    _, (a, b), _ = rays(d.Perspective(), (CORNER, OPPOSITE))  # 50 mm
    assert np.isclose(angle(a, b), 2.0 * np.degrees(np.arctan(np.hypot(36.0, 24.0) / 100.0)), atol=1e-3)


def test_left_is_left_and_up_is_up():
    camera = d.Perspective(fov=60.0, to_world=look_at((0, 0, 5), (0, 0, 0)))
    _, directions, _ = rays(camera, [CENTRE, LEFT, TOP])
    assert np.allclose(directions[0], [0, 0, -1], atol=1e-6)
    assert directions[1, 0] < -0.4  # the world's -x is on the left of one who looks along -z with y up
    assert directions[2, 1] > 0.3


def test_points_project_where_they_are_seen():
    """Random points in front of a turned camera: the ray through their projection passes through them."""
    rng = np.random.default_rng(3)
    to_world = look_at((1.0, 2.0, -3.0), (0.5, 0.0, 4.0))
    fov = np.radians(70.0)
    local = np.stack([rng.uniform(-0.5, 0.5, 50), rng.uniform(-0.4, 0.4, 50), np.ones(50)], axis=1)
    local *= rng.uniform(1.0, 9.0, (50, 1))
    points = local @ to_world.matrix[:3, :3].T + to_world.matrix[:3, 3]
    plane = local[:, :2] / local[:, 2:]
    scale = 0.5 * WIDTH / np.tan(0.5 * fov)
    film = np.stack([0.5 * WIDTH - plane[:, 0] * scale, 0.5 * HEIGHT - plane[:, 1] * scale], axis=1)
    origins, directions, _ = rays(d.Perspective(fov=np.degrees(fov), to_world=to_world), film)
    offset = points - origins
    miss = offset - np.sum(offset * directions, axis=1, keepdims=True) * directions
    assert np.abs(miss).max() < 2e-5
    assert np.allclose(np.linalg.norm(directions, axis=1), 1.0, atol=1e-6)


def test_principal_point():
    """An offset of a share of the film moves the image by as much: the centre ray is seen where film + offset = 1/2."""
    camera = d.Perspective(fov=60.0, principal_point_offset_x=0.1, principal_point_offset_y=-0.25)
    _, directions, _ = rays(camera, [(0.4 * WIDTH, 0.75 * HEIGHT)])
    assert np.allclose(directions[0], [0, 0, 1], atol=1e-6)


def test_near_and_far_are_planes():
    camera = d.Perspective(fov=80.0, near_clip=0.5, far_clip=7.0)
    origins, directions, reach = rays(camera, [CENTRE, LEFT, TOP, CORNER])
    assert np.allclose(origins[:, 2], 0.5, atol=1e-6)
    assert np.allclose((origins + directions * reach[:, None])[:, 2], 7.0, atol=1e-4)


def test_orthographic():
    """[-1, 1] across the width, square pixels, parallel rays from the near plane; a scale widens the view."""
    origins, directions, reach = rays(d.Orthographic(near_clip=0.1, far_clip=3.0), [CENTRE, LEFT, RIGHT, TOP, BOTTOM])
    assert np.allclose(directions, [0, 0, 1])
    ratio = HEIGHT / WIDTH
    assert np.allclose(origins, [[0, 0, 0.1], [1, 0, 0.1], [-1, 0, 0.1], [0, ratio, 0.1], [0, -ratio, 0.1]], atol=1e-6)
    assert np.allclose(reach, 2.9)
    wide = d.Orthographic(to_world=d.Transform(np.diag([3.0, 3.0, 1.0, 1.0])))
    origins, directions, _ = rays(wide, [LEFT, TOP])
    assert np.allclose(origins[:, :2], [[3.0, 0.0], [0.0, 3.0 * ratio]], atol=1e-6)
    assert np.allclose(np.linalg.norm(directions, axis=1), 1.0)


@pytest.mark.parametrize("pixel", [CENTRE, CORNER, (47.3, 11.9)])
def test_thin_lens_is_sharp_at_its_focus(pixel):
    """All rays of a film position meet in the plane of focus, where a pinhole's ray would be; they fill the lens."""
    rng = np.random.default_rng(1)
    lens = rng.random((4000, 2))
    to_world = look_at((0.0, 1.0, -2.0), (0.3, 0.0, 5.0))
    shared = {"fov": 50.0, "to_world": to_world, "near_clip": 1e-4}
    camera = d.ThinLens(aperture_radius=0.25, focus_distance=4.0, **shared)
    origins, directions, _ = rays(camera, np.tile(pixel, (4000, 1)), lens)
    _, (pinhole,), _ = rays(d.Perspective(**shared), [pixel])
    rotation, place = to_world.matrix[:3, :3], to_world.matrix[:3, 3]
    focus = place + pinhole * 4.0 / (pinhole @ rotation[:, 2])
    offset = focus - origins
    miss = offset - np.sum(offset * directions, axis=1, keepdims=True) * directions
    assert np.abs(miss).max() < 1e-5
    on_lens = (origins - place) @ rotation
    radius = np.hypot(on_lens[:, 0], on_lens[:, 1])
    assert radius.max() <= 0.25 * 1.001
    assert np.isclose(np.mean(radius**2), 0.25**2 / 2.0, rtol=0.03)  # uniform over a disk
    assert np.abs(on_lens[:, :2].mean(axis=0)).max() < 0.01


# ---------------------------------------------------------------- 360 degrees


def test_directions_land_on_the_pixels_of_an_environment_map():
    """Known directions, by the angles of a compass: longitude grows to the right, latitude upwards."""
    width, height = 72, 36
    longitudes, latitudes = np.meshgrid(np.radians(np.arange(-175, 180, 10)), np.radians(np.arange(-85, 90, 10)))
    known = np.stack(
        [-np.cos(latitudes) * np.sin(longitudes), np.sin(latitudes), np.cos(latitudes) * np.cos(longitudes)], axis=-1
    ).reshape(-1, 3)
    x = (np.degrees(longitudes) + 180.0) / 360.0 * width
    y = (90.0 - np.degrees(latitudes)) / 180.0 * height
    film = np.stack([x, y], axis=-1).reshape(-1, 2)
    to_world = look_at((1.0, 2.0, 3.0), (4.0, -1.0, 2.0))
    camera = d.Equirectangular(to_world=to_world, near_clip=1e-3, far_clip=50.0)
    origins, directions, reach = rays(camera, film, width=width, height=height)
    assert np.allclose(directions, known @ to_world.matrix[:3, :3].T, atol=2e-6)
    assert np.allclose(origins, to_world.matrix[:3, 3], atol=2e-3)
    assert np.allclose(reach, 50.0 - 1e-3)


def test_edges_of_the_360_degree_film_meet():
    """Filters reach over the seam and the poles, so film positions outside must be those on the other side."""
    size = {"width": 40, "height": 20}
    camera = d.Equirectangular()
    _, directions, _ = rays(camera, [(-1.0, 7.0), (39.0, 7.0), (41.0, 7.0), (1.0, 7.0)], **size)
    assert np.allclose(directions[0], directions[1], atol=1e-6)
    assert np.allclose(directions[2], directions[3], atol=1e-6)
    _, directions, _ = rays(camera, [(5.0, -2.0), (25.0, 2.0), (5.0, 22.0), (25.0, 18.0)], **size)
    assert np.allclose(directions[0], directions[1], atol=1e-6)
    assert np.allclose(directions[2], directions[3], atol=1e-6)


# ---------------------------------------------------------------- batch


def test_batch_shares_the_film_by_width():
    parts = [d.Perspective(fov=60.0), d.Orthographic(), d.Equirectangular()]
    batch = d.Batch(cameras=parts)
    inside = np.random.default_rng(5).random((30, 2)) * [WIDTH / 3, HEIGHT]
    for i, part in enumerate(parts):
        found = rays(batch, inside + np.array([i * WIDTH / 3, 0.0]))
        expected = rays(part, inside, width=WIDTH // 3)
        for a, b in zip(found, expected, strict=True):
            assert np.allclose(a, b, atol=1e-5)
