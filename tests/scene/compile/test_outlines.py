"""Which pixels a piece of an outline crosses, and what has an outline."""

import numpy as np
import pytest
from rendering import film, look_at, moved, scene

from specrender.driver import new_film, render_film
from specrender.scene import description as d
from specrender.scene.compile import compile_scene, outlines

LIGHT = d.AreaLight(radiance=1.0)
CAMERA = d.Perspective(to_world=look_at((0.0, 0.0, 5.0), (0.0, 0.0, 0.0)), fov=40.0)


@pytest.mark.parametrize("radius", [0.5, 2.0])
def test_crossed_pixels(radius):
    """As many small steps along each piece find them; pieces may leave the film, stand upright or lie."""
    width, height = 23, 17
    rng = np.random.default_rng(1)
    pieces = rng.uniform(-8.0, 30.0, (12, 2, 2))
    pieces[0, :, 0], pieces[1, :, 1], pieces[2] = 7.3, 4.4, (5.2, 6.1)
    middles = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    for piece in pieces:
        steps = piece[0] + np.linspace(0.0, 1.0, 4001)[:, None] * (piece[1] - piece[0])
        offsets = np.abs(middles[:, :, None] - steps).max(axis=-1).min(axis=-1)
        found = outlines.crossed_pixels(piece[None], width, height, radius)
        assert not np.any((offsets <= radius - 1e-9) & ~found)
        # squares are as wide as the part of the piece at their height: a row more at most
        assert not np.any((offsets > radius + 0.02) & found)


def share_of(shapes, camera=CAMERA):
    arrays = compile_scene(scene(shapes, camera=camera, film=film(64)), "rgb").tables.arrays
    return arrays["outlines"].mean() if arrays["settings"]["has_outlines"][0] else 0.0


def test_diagonals_of_a_mesh_are_none():
    """A wall of light whose border is out of view has no outline, though its triangles have edges."""
    grid = [(x, y, 0.0) for y in range(-6, 7, 4) for x in range(-6, 7, 4)]
    faces = [f for i in range(11) if i % 4 < 3 for f in ((i, i + 1, i + 5), (i, i + 5, i + 4))]
    assert share_of([d.TriangleMesh(vertices=grid, faces=faces, emitter=LIGHT)]) == 0.0
    smaller = d.Transform(np.diag([0.1, 0.1, 1.0, 1.0]))
    assert share_of([d.TriangleMesh(vertices=grid, faces=faces, emitter=LIGHT, to_world=smaller)]) > 0.0


def test_dark_sides_have_none():
    for degrees, seen in ((0.0, True), (180.0, False)):
        lamp = d.Rectangle(to_world=moved(scale=0.3, axis=(0.0, 1.0, 0.0), degrees=degrees), emitter=LIGHT)
        assert (share_of([lamp]) > 0.0) == seen


def test_behind_the_camera_and_across_its_plane():
    assert share_of([d.Sphere(center=(0.0, 0.0, 9.0), radius=0.5, emitter=LIGHT)]) == 0.0
    # a strip of light that passes above the camera: two long edges, into the distance
    strip = d.Rectangle(to_world=moved(0.0, 1.0, 0.0, (0.2, 40.0, 1.0), (1.0, 0.0, 0.0), 90.0), emitter=LIGHT)
    assert share_of([strip]) > 0.0


@pytest.mark.parametrize("near_clip", [1e-20, 1e-15, 1e-3])
@pytest.mark.parametrize("size", [40.0, 1e6, 1e18, 1e30])
def test_no_number_is_too_large(near_clip, size):
    """Lamps that reach from behind the camera to the end of float32, and a near plane at the eye."""
    camera = d.Perspective(to_world=CAMERA.to_world, fov=40.0, near_clip=near_clip)
    strip = d.Rectangle(to_world=moved(0.0, 1.0, 0.0, (0.2, size, 1.0), (1.0, 0.0, 0.0), 90.0), emitter=LIGHT)
    share_of([strip, d.Disk(to_world=moved(z=-1.0, scale=0.5), emitter=LIGHT)], camera)


@pytest.mark.parametrize("axis", ["x", "y", "larger"])
def test_cameras_that_are_not_square(axis):
    """The outline of a disk is where its pixels end, on a film of 60 x 40 with its principal point moved."""
    camera = d.Perspective(
        to_world=CAMERA.to_world, fov=40.0, fov_axis=axis,
        principal_point_offset_x=0.1, principal_point_offset_y=-0.05,
    )  # fmt: skip
    lamp = d.Disk(to_world=moved(0.2, 0.1, 0.0, scale=0.3), emitter=LIGHT)
    description = scene([lamp], camera=camera, film=film(60, 40), sampler=d.SobolSampler())
    tables = compile_scene(description, "rgb")
    assert tables.tables.arrays["settings"]["has_outlines"][0] == 1
    result = new_film(tables)
    render_film(tables, result, 64)
    partly = np.abs(result.alpha / result.weight - 0.5) < 0.49
    found = tables.tables.arrays["outlines"].reshape(40, 60).astype(bool)
    assert partly.sum() > 20
    assert not np.any(partly & ~found)


def test_inside_of_a_lamp():
    assert share_of([d.Sphere(radius=50.0, flip_normals=True, emitter=LIGHT)]) == 0.0


def test_too_many_are_left_alone():
    """Where outlines are everywhere, their rays would cost more than they save."""
    lamps = [
        d.Rectangle(to_world=moved(x, y, 0.0, 0.04), emitter=LIGHT)
        for x in np.linspace(-1.5, 1.5, 12) for y in np.linspace(-1.5, 1.5, 12)
    ]  # fmt: skip
    assert share_of(lamps[:6]) > 0.0
    assert share_of(lamps) == 0.0


def test_lamps_out_of_view_do_not_count():
    """However many and large they are beside the picture."""
    beside = [d.Rectangle(to_world=moved(-40.0 - k, 0.0, 0.0, (0.4, 1.8, 1.0)), emitter=LIGHT) for k in range(40)]
    lamp = d.Rectangle(to_world=moved(scale=0.3), emitter=LIGHT)
    assert share_of([lamp, *beside]) == share_of([lamp]) > 0.0


@pytest.mark.parametrize(
    "camera",
    [
        d.ThinLens(to_world=CAMERA.to_world, fov=40.0, aperture_radius=0.1),
        d.Orthographic(to_world=CAMERA.to_world),
        d.Equirectangular(to_world=CAMERA.to_world),
    ],
)
def test_other_cameras(camera):
    assert share_of([d.Sphere(radius=0.5, emitter=LIGHT)], camera) == 0.0
