"""A scene far from the origin renders as if it were there."""

import numpy as np
import pytest
from rendering import assert_mean, look_at, moved, rendered, scene

from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile import origin as kernel_origin
from specrender.scene.compile.geometry import mesh_of
from specrender.scene.compile.origin import NOWHERE, centred

#: As of a land survey; float64 has all its digits.
PLACE = np.array([452_331.25, 4_513_876.5, 118.75])
ALL_LIGHTS = d.SceneLight.__args__
ALL_SHAPES = d.AnyShape.__args__
ALL_CAMERAS = d.Camera.__args__


def centred_scene(described):
    return centred(described, [mesh_of(shape) for shape in described.shapes])


def above(height):
    """A point over PLACE."""
    return tuple(PLACE + np.array([0.0, 0.0, height]))


def shifted(transform, place):
    matrix = transform.matrix.copy()
    matrix[:3, 3] += place
    return d.Transform(matrix)


def yard(place, **fields):
    """A floor, a box, a ball, an inline mesh and instances, lit by a lamp of each kind that has a place."""
    corners = np.array([(-3.0, 1.0, 0.0), (-2.0, 1.0, 0.0), (-2.5, 1.5, 1.5)]) + place
    groups = {"cone": d.ShapeGroup(shapes=[d.Cylinder(radius=0.2)])}
    shapes = [
        d.Rectangle(to_world=shifted(moved(scale=20.0), place)),
        d.Cube(to_world=shifted(moved(0.0, 0.0, 0.5, scale=0.5), place)),
        d.Sphere(center=tuple(np.array([1.2, 0.0, 0.3]) + place), radius=0.3),
        d.TriangleMesh(vertices=corners, faces=[(0, 1, 2)]),
        d.Instance(group="cone", to_world=shifted(moved(-1.0, -1.0, 0.0), place)),
        d.Sphere(center=tuple(np.array([0.0, 0.0, 4.0]) + place), radius=0.5, emitter=d.AreaLight(radiance=3.0)),
    ]
    lights = [
        d.PointLight(position=tuple(np.array([2.0, -2.0, 3.0]) + place), intensity=4.0),
        d.SpotLight(to_world=shifted(look_at((-2.0, -3.0, 4.0), (0.0, 0.0, 0.0)), place), intensity=9.0),
        d.ConstantLight(radiance=0.2),
    ]
    instances = [d.Instances(group="cone", transforms=np.array([moved(1.0, 1.5).matrix]) + _by(place))]
    eye = shifted(look_at((4.0, -5.0, 2.0), (0.0, 0.0, 0.3), (0.0, 0.0, 1.0)), place)
    camera = d.Perspective(to_world=eye, fov=40.0)
    return scene(shapes, lights, camera, pixels=48, groups=groups, instances=instances, **fields)


def _by(place):
    matrix = np.zeros((4, 4))
    matrix[:3, 3] = place
    return matrix


def test_a_far_scene_has_the_same_noise():
    """The same samples, but for roundings of the median of its places."""
    near, far = (rendered(yard(place), 16).mean_xyz() for place in (np.zeros(3), PLACE))
    differs = np.abs(near - far).max(axis=2) > 1e-3 * near.mean()
    assert differs.mean() < 0.02
    assert np.isclose(near.mean(), far.mean(), rtol=2e-3)


def test_positions_are_those_of_the_world():
    aovs = d.AovIntegrator(aovs=["position", "depth"], integrator=d.PathIntegrator(max_depth=2))
    near, far = (rendered(yard(place, integrator=aovs), 4) for place in (np.zeros(3), PLACE))
    shift = far.mean_aov("position") - near.mean_aov("position")
    share = shift @ PLACE / (PLACE @ PLACE)  # of the samples that met something
    assert (share > 0.9).mean() > 0.5
    # layers are sums in single precision; towards the horizon and at edges samples may meet another place
    off = np.abs(shift - share[..., None] * PLACE).max(axis=2)
    assert (off <= np.spacing(np.float32(4 * PLACE.max()))).mean() > 0.95


@pytest.mark.parametrize(
    "camera",
    [
        d.RadianceMeter(origin=above(1.0), direction=(0.0, 0.0, 3.0)),
        d.RadianceMeter(to_world=shifted(look_at((0.0, 0.0, 1.0), (0.0, 0.0, 3.0)), PLACE)),
        d.Distant(direction=(0.0, 0.0, -1.0), target=above(5.0)),
        d.Distant(direction=(0.0, 0.0, -1.0), target=d.Disk(to_world=shifted(moved(z=5.0, scale=0.05), PLACE))),
        d.ThinLens(to_world=shifted(look_at((0.0, 0.0, 1.0), (0.0, 0.0, 3.0), (0.0, 1.0, 0.0)), PLACE), fov=1e-3,
                   aperture_radius=1e-3, focus_distance=4.0),
    ],
)  # fmt: skip
def test_cameras_and_meters_are_moved(camera):
    """Each sees the lamp, whose radiance is 7."""
    lamp = d.Sphere(center=above(5.0), radius=0.1, emitter=d.AreaLight(radiance=7.0))
    described = scene([lamp], camera=camera)
    assert centred_scene(described)[1].any()
    assert_mean(rendered(described, 16), 7.0)
    assert_mean(rendered(scene([lamp], camera=d.Batch(cameras=[camera])), 16), 7.0)


def test_irradiance_meter_far_away():
    meter = d.Disk(name="m", to_world=shifted(moved(scale=0.01), PLACE))
    described = scene([meter], [d.ConstantLight(radiance=2.0)], camera=d.IrradianceMeter(shape="m"))
    assert_mean(rendered(described, 64), 2.0 * np.pi)


@pytest.mark.parametrize("kind", [*ALL_SHAPES, *ALL_LIGHTS, *ALL_CAMERAS, d.Instances], ids=lambda kind: kind.__name__)
def test_every_kind_of_node_can_be_moved(kind):
    """What the vocabulary gains has a place that is moved, or is named as having none."""
    needed = {"filename": "x", "group": "g", "vertices": [(0.0, 0.0, 0.0)], "faces": [(0, 0, 0)], "transforms": "x"}
    needed |= {
        "shape": "s",
        "aperture_radius": 1.0,
        "cameras": [d.Perspective()],
        "irradiance": "x",
        "target": (0.0, 0.0, 0.0),
    }
    node = kind(**{name: value for name, value in needed.items() if name in kind.__struct_fields__})
    node.__dict__["location"] = "a.toml: line 3"
    changed = kernel_origin.moved(node, np.array([1.0, 2.0, 3.0]))
    assert (changed == node) == (kind in NOWHERE)
    assert d.where(changed) == "a.toml: line 3"


SMALL = d.Sphere(center=tuple(PLACE), radius=1.0)


@pytest.mark.parametrize(
    ("shapes", "is_moved"),
    [
        pytest.param([], False, id="empty"),
        pytest.param([d.Sphere(center=(0.0, 5.0, 10.0))], False, id="near"),
        pytest.param([SMALL], True, id="far"),
        pytest.param([SMALL, SMALL, d.Sphere()], False, id="one of them near"),
        pytest.param([SMALL, SMALL, d.Sphere(radius=1e8)], True, id="a sky"),
        pytest.param([SMALL, d.Rectangle(to_world=moved(scale=2e7))], True, id="on a floor around the origin"),
        pytest.param([SMALL, d.Sphere()], False, id="one here, one there"),
        pytest.param([d.Sphere(center=tuple(PLACE), radius=1e6)], False, id="as large as it is far"),
    ],
)
def test_scenes_that_are_moved(shapes, is_moved):
    described = scene(shapes)
    made, origin = centred_scene(described)
    assert origin.any() == is_moved
    assert (made is described) == (not is_moved)
    if is_moved:
        np.testing.assert_array_equal(origin, PLACE)
        np.testing.assert_allclose(described.shapes[0].center, PLACE)  # the scene of the caller is as it was


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_meshes_of_a_far_file_keep_their_digits(tmp_path, kind):
    """A file whose own vertices are in the coordinates of a survey: a pyramid, seen and lit as one at the origin."""
    corners = np.array([(-1.0, -1.0, 0.0), (1.0, -1.0, 0.0), (0.0, 1.0, 0.0), (0.1, 0.0, 1.03)])
    faces = np.array([(0, 1, 3), (1, 2, 3), (2, 0, 3)])
    pictures = []
    for place in (np.zeros(3), PLACE):
        path = tmp_path / f"a{len(pictures)}.{kind}"
        rows = [" ".join(f"{x:.6f}" for x in corner + place) for corner in corners]
        if kind == "obj":
            text = [f"v {row}" for row in rows] + [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces]
        else:
            text = ["ply", "format ascii 1.0", "element vertex 4", *(f"property double {axis}" for axis in "xyz")]
            text += ["element face 3", "property list uchar int vertex_index", "end_header", *rows]
            text += [f"3 {a} {b} {c}" for a, b, c in faces]
        path.write_text("\n".join(text) + "\n")
        shape = {"obj": d.Obj, "ply": d.Ply}[kind](filename=str(path), face_normals=True)
        eye = shifted(look_at((3.0, -4.0, 2.0), (0.0, 0.0, 0.3), (0.0, 0.0, 1.0)), place)
        sun = d.DirectionalLight(direction=(-0.5, 0.7, -1.0), irradiance=1.0)
        described = scene([shape], [sun], d.Perspective(to_world=eye, fov=40.0), pixels=48)
        pictures.append(rendered(described, 8).mean_xyz()[..., 1])
    near, far = pictures
    assert near.max() > 0.05
    assert (np.abs(near - far) > 1e-4 * near.max()).mean() < 0.01


def test_instances_at_the_origin_keep_it_there():
    groups = {"ball": d.ShapeGroup(shapes=[d.Sphere()])}
    for place, is_moved in ((np.zeros(3), False), (PLACE, True)):
        instances = [d.Instances(group="ball", transforms=np.array([np.eye(4)]) + _by(place))]
        described = scene([SMALL], groups=groups, instances=instances)
        assert centred_scene(described)[1].any() == is_moved
        assert compile_scene(described).tables.arrays["settings"]["origin_x"][0] == (PLACE[0] if is_moved else 0.0)


@pytest.mark.parametrize("shapes", [[], [d.Rectangle(to_world=moved(scale=2e7))]], ids=["alone", "floor"])
def test_scenes_of_instances_are_moved(shapes):
    groups = {"ball": d.ShapeGroup(shapes=[d.Sphere()])}
    row = np.array([moved(x=3.0 * i).matrix for i in range(5)])
    far = row + _by(PLACE)
    for transforms, is_moved in ((row, False), (far, True), ([*row, *far], False)):
        instances = [d.Instances(group="ball", transforms=np.array(transforms))]
        _, origin = centred_scene(scene(shapes, groups=groups, instances=instances))
        assert origin.any() == is_moved
        if is_moved:
            np.testing.assert_allclose(origin - PLACE, (6.0, 0.0, 0.0))
    # the set as a whole may be what is far away
    instances = [d.Instances(group="ball", transforms=row, to_world=d.Transform(np.eye(4) + _by(PLACE)))]
    assert centred_scene(scene(shapes, groups=groups, instances=instances))[1].any()
