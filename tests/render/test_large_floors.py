"""What stands on a floor casts the same shadow however large the floor is."""

import numpy as np
import pytest
from rendering import look_at, moved, rendered, scene

from specrender.scene import description as d

BOX = moved(0.0, 0.0, 0.5, scale=0.5)
BALL = moved(1.2, 0.0, 0.3, scale=0.3)
FLOORS = {"rectangle": d.Rectangle, "disk": d.Disk}


def tilted(degrees, *transforms):
    """The same transforms, all turned about x."""
    turn = moved(degrees=degrees).matrix
    return [d.Transform(turn @ transform.matrix) for transform in transforms]


def floor_and_things(kind, half_size, degrees=0.0, instanced=False, seed=7):
    """Picture of a box and a ball on a floor whose middle is elsewhere, lit from all around and seen from near."""
    middle = 0.2 * half_size if half_size > 100.0 else 0.0
    floor, box, ball = tilted(degrees, moved(middle, middle / 2, 0.0, scale=(half_size, half_size, 1.0)), BOX, BALL)
    shapes = [FLOORS[kind](to_world=floor)]
    fields = {}
    if instanced:
        fields["groups"] = {"box": d.ShapeGroup(shapes=[d.Cube()]), "ball": d.ShapeGroup(shapes=[d.Sphere()])}
        shapes += [d.Instance(group="box", to_world=box), d.Instance(group="ball", to_world=ball)]
    else:
        shapes += [d.Cube(to_world=box), d.Sphere(to_world=ball)]
    turn = moved(degrees=degrees).matrix[:3, :3]
    eye = look_at(turn @ (1.5, -3.0, 4.0), turn @ (0.4, 0.0, 0.2), turn @ (0.0, 0.0, 1.0))
    camera = d.Perspective(to_world=eye, fov=30.0)
    # direct light only: what is reflected by a floor depends on its size
    described = scene(shapes, [d.ConstantLight()], camera, d.PathIntegrator(max_depth=2), pixels=40, **fields)
    return rendered(described, 64, seed=seed)


def deviations(one, other):
    """Difference of two pictures in standard errors; they show some darkness."""
    difference = (one.mean_xyz() - other.mean_xyz())[..., 1]
    variance = (one.variance_of_mean() + other.variance_of_mean())[..., 1]
    assert one.mean_xyz()[..., 1].min() < 0.7 * one.mean_xyz()[..., 1].max()
    return difference / np.sqrt(variance + 1e-9)


@pytest.mark.parametrize("kind", FLOORS)
@pytest.mark.parametrize("degrees", [0.0, 33.0])
@pytest.mark.parametrize("half_size", [1e4, 1e6, 1e8])
def test_shadows_do_not_depend_on_the_size_of_the_floor(kind, degrees, half_size):
    expected = floor_and_things(kind, 20.0, degrees, seed=1)
    z = deviations(expected, floor_and_things(kind, half_size, degrees))
    assert np.abs(z).max() < 5.0
    assert np.mean(z**2) < 1.15 and abs(z.mean()) < 4.0 / np.sqrt(z.size)


def test_shadows_of_instances_on_a_large_floor():
    z = deviations(floor_and_things("rectangle", 20.0, seed=1), floor_and_things("rectangle", 1e6, instanced=True))
    assert np.abs(z).max() < 5.0 and np.mean(z**2) < 1.15


@pytest.mark.parametrize("height", [10.0, 1e3, 1e5])
def test_pieces_of_a_floor_have_no_seams(height):
    """No ray slips between the pieces of a floor that is cut finely."""
    floor, ball = tilted(33.0, moved(scale=(1e6, 1e6, 1.0)), moved(2.0, 0.0, 0.01, scale=0.01))
    turn = moved(degrees=33.0).matrix[:3, :3]
    eye = look_at(turn @ (0.3, 0.1, height), turn @ (0.3, 0.1, 0.0), turn @ (0.0, 1.0, 0.0))
    camera = d.Perspective(to_world=eye, far_clip=1e9)
    shapes = [d.Rectangle(to_world=floor), d.Sphere(to_world=ball)]
    described = scene(shapes, [], camera, d.PathIntegrator(max_depth=1), pixels=256)
    assert (rendered(described, 4).mean_alpha() == 1.0).all()


def square(half_size, **fields):
    """A floor of two triangles without texture coordinates."""
    corners = np.array([(-1.0, -1.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, 0.0), (-1.0, 1.0, 0.0)]) * half_size
    return d.TriangleMesh(vertices=corners, faces=[(0, 1, 2), (2, 3, 0)], **fields)


def layers_on_a_floor(things, names, half_size=2e4, **fields):
    """Layers of a floor seen from above its middle, with things that are too small or too far away to be seen."""
    camera = d.Perspective(to_world=look_at((0.3, 0.1, half_size), (0.3, 0.1, 0.0)), fov=70.0, far_clip=1e9)
    aovs = d.AovIntegrator(aovs=names, integrator=d.PathIntegrator(max_depth=2))
    things = [d.Sphere(center=(0.0, 0.0, 1e-3), radius=1e-3)] if things else []
    shapes = [square(half_size, **fields), *things]
    described = scene(shapes, [d.ConstantLight()], camera, aovs, pixels=32)
    described.textures["c"] = d.Checkerboard(to_uv=d.Transform(np.diag([5.0, 5.0, 1.0, 1.0])))
    return rendered(described, 4)


def test_triangles_that_are_cut_keep_their_numbers_in_layers():
    whole, cut = (layers_on_a_floor(things, ["prim_index"]).aovs["prim_index"] for things in (False, True))
    assert set(np.unique(whole)) == {0.0, 1.0}
    np.testing.assert_array_equal(cut, whole)


@pytest.mark.parametrize("kind", [d.Diffuse, d.RoughConductor])
def test_textures_on_a_cut_mesh_without_texture_coordinates(kind):
    """Those within its triangles are used, before and after."""
    name = "reflectance" if kind is d.Diffuse else "specular_reflectance"
    material = kind(**{name: d.SpectrumSpec(texture="c")})
    whole, cut = (layers_on_a_floor(things, ["uv"], material=material) for things in (False, True))
    np.testing.assert_allclose(cut.mean_aov("uv"), whole.mean_aov("uv"), atol=1e-4)
    assert (np.abs(cut.mean_xyz() - whole.mean_xyz()) > 1e-3).mean() < 0.02
    assert whole.mean_xyz()[..., 1].std() > 0.05 * whole.mean_xyz()[..., 1].mean()
