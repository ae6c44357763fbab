"""Instances look like copies of what they show, in hits, textures and light; and like Mitsuba's."""

import numpy as np
import pytest
from rendering import assert_mean, look_at, moved, rendered, scene

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.readers import load
from specrender.scene.validate import validate

LAYERS = ["depth", "position", "sh_normal", "geo_normal", "uv", "prim_index"]
CAMERA = d.Perspective(to_world=look_at((4.0, 5.0, 9.0), (0.0, 0.0, 0.0)), fov=25.0)
LIGHTS = [d.ConstantLight(), d.PointLight(position=(3.0, 8.0, 2.0), intensity=20.0)]
ANISOTROPIC = d.RoughConductor(alpha_u=0.05, alpha_v=0.4)
#: A mirror image among others; only flat faces keep their shading normals when stretched.
STRETCH = moved(-0.5, 2.0, -1.0, scale=(0.3, 0.6, 0.2), degrees=30.0)
PLACES = [
    moved(1.5, 0.0, 0.0, scale=1.2, degrees=30.0),
    moved(-1.5, 0.5, 0.0, scale=(-0.7, 0.7, 0.7), axis=(0.0, 1.0, 1.0), degrees=50.0),
    moved(0.0, -2.0, 1.0, scale=0.5, axis=(1.0, 1.0, 0.0), degrees=200.0),
]
UNIFORM = [moved(1.0, 1.0, 0.0, scale=1.3, degrees=30.0), moved(-1.5, 0.5, 0.0, scale=0.7, degrees=50.0)]


def patch(**fields):
    """A bent square with texture coordinates and vertex normals."""
    vertices = [(-1.0, -1.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, 0.4), (-1.0, 1.0, 0.0)]
    normals = np.array([(-0.2, 0.1, 1.0), (0.0, -0.3, 1.0), (0.1, 0.1, 1.0), (0.3, 0.0, 1.0)])
    return d.TriangleMesh(
        vertices=vertices,
        faces=[(0, 1, 2), (0, 2, 3)],
        normals=normals / np.linalg.norm(normals, axis=1)[:, None],
        uvs=[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
        material=ANISOTROPIC,
        **fields,
    )


def images(shapes, spp=4, **fields):
    """(layers, mean Y) of a scene."""
    integrator = d.AovIntegrator(aovs=LAYERS, integrator=d.PathIntegrator(max_depth=4))
    described = scene(shapes, LIGHTS, CAMERA, integrator, pixels=48, **fields)
    validate(described)
    result = rendered(described, spp)
    return result.layers / spp, result.mean_xyz()[..., 1]


def test_instances_look_like_copies():
    """The same samples meet the same points of meshes and analytic shapes, with the same frames: the same picture."""
    ball = {"center": (0.0, 0.0, 1.0), "radius": 0.5}
    copies = [*(patch(to_world=place) for place in PLACES), *(d.Sphere(to_world=place, **ball) for place in UNIFORM)]
    copies.append(d.Cube(to_world=STRETCH))
    groups = {
        "patch": d.ShapeGroup(shapes=[patch()]),
        "ball": d.ShapeGroup(shapes=[d.Sphere(**ball)]),
        "cube": d.ShapeGroup(shapes=[d.Cube()]),
    }
    some = [
        d.Instance(group="cube", to_world=STRETCH),
        d.Instance(group="patch", to_world=PLACES[0]),
        d.Instance(group="ball", to_world=UNIFORM[0]),
    ]
    many = [
        d.Instances(group="patch", transforms=np.stack([place.matrix for place in PLACES[1:]])),
        d.Instances(group="ball", transforms=np.eye(4)[None, :3], to_world=UNIFORM[1]),
    ]
    layers, picture = images(copies)
    layers_instanced, picture_instanced = images(some, groups=groups, instances=many)
    assert (layers[..., 0] > 0).mean() > 0.2 and (layers[..., 0] == 0).mean() > 0.1
    # a ray may pass an outline on the other side
    same = np.abs(layers - layers_instanced).max(axis=-1) < 1e-4
    assert same.mean() > 0.995
    assert np.isclose(picture, picture_instanced, rtol=1e-3)[same].mean() > 0.98
    assert picture_instanced.mean() == pytest.approx(picture.mean(), rel=2e-3)


def test_an_instance_of_an_instanced_scene_does_not_shadow_itself():
    """Far from the origin and scaled up, convex surfaces under a white sky keep all of its light."""
    white = d.Diffuse(reflectance=1.0)
    group = d.ShapeGroup(shapes=[d.Sphere(material=white), d.Cube(to_world=moved(4.0), material=white)])
    place = moved(1e4, 0.0, 0.0, scale=100.0, degrees=20.0)
    camera = d.Perspective(to_world=look_at((1e4 + 200.0, 100.0, 1e3), (1e4 + 200.0, 0.0, 0.0)), fov=45.0)
    described = scene(
        [d.Instance(group="g", to_world=place)], [d.ConstantLight()], camera, d.PathIntegrator(max_depth=-1), pixels=32,
        groups={"g": group},
    )  # fmt: skip
    # each lights the other, and a white furnace is white all the same
    result = rendered(described, 64, mode="rgb")
    assert_mean(result, 1.0)


def test_groups_that_nobody_shows_cost_nothing():
    tables = compile_scene(scene([d.Cube()], groups={"unused": d.ShapeGroup(shapes=[patch()])})).tables
    assert len(tables.arrays["shapes"]) == 1 and len(tables.arrays["vertices"]) == 24


def test_transforms_from_a_file(tmp_path):
    np.save(tmp_path / "places.npy", np.stack([place.matrix for place in PLACES]).astype(np.float32))
    (tmp_path / "scene.toml").write_text(
        'instances = { group = "g", transforms = "places.npy" }\n[[groups.g.shapes]]\ntype = "cube"\n'
    )
    loaded = load(tmp_path / "scene.toml")
    objects = compile_scene(loaded).tables.arrays["objects"]
    assert objects.shape == (3, 2)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 4, 4)), "transform 0 is singular"),
        (np.zeros((2, 3, 3)), "must have the shape (n, 3, 4) or (n, 4, 4), got (2, 3, 3)"),
        (np.full((1, 3, 4), np.nan), "transform 0 has a number that is not finite"),
        (np.stack([np.eye(4), np.eye(4) * 2.0]), "transform 1 is not affine"),
        (np.array(["a"]), "must be numbers"),
        (b"nothing", "is not a NumPy file"),
        (None, "there is no such file"),
    ],
)
def test_bad_transforms(tmp_path, array, message):
    path = tmp_path / "places.npy"
    if isinstance(array, bytes):
        path.write_bytes(array)
    elif array is not None:
        np.save(path, array)
    (tmp_path / "scene.toml").write_text(
        '[groups.g]\nshapes = [{ type = "cube" }]\n[[instances]]\ngroup = "g"\ntransforms = "places.npy"\n'
    )
    with pytest.raises(SceneError) as caught:
        load(tmp_path / "scene.toml")
    assert message in str(caught.value) and "instances[0].transforms" in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shapes": [d.Instance(group="x")]}, "shapes[0].group: no group is named 'x'"),
        ({"shapes": [d.Instance(group="g", material=d.Diffuse())]}, "an instance takes its material"),
        ({"groups": {"g": d.ShapeGroup(shapes=[])}}, "groups.g.shapes: a group needs at least one shape"),
        ({"groups": {"g": d.ShapeGroup(shapes=[d.Disk(emitter=d.AreaLight())])}}, "cannot emit light"),
        ({"groups": {"g": d.ShapeGroup(shapes=[d.Instance(group="g")])}}, "a group cannot hold instances"),
        ({"groups": {"g": d.ShapeGroup(shapes=[d.Disk(material="x")])}}, "groups.g.shapes[0].material: no material"),
    ],
)
def test_rules(fields, message):
    fields.setdefault("groups", {"g": d.ShapeGroup(shapes=[d.Disk()])})
    with pytest.raises(SceneError) as caught:
        validate(d.Scene(**fields))
    assert message in str(caught.value)


INSTANCED = """<scene version="3.0.0">
<integrator type="aov"><string name="aovs" value="dd:depth,nn:sh_normal"/></integrator>
<sensor type="perspective"><float name="fov" value="45"/>
<transform name="to_world"><lookat origin="4,5,9" target="0,0,0" up="0,1,0"/></transform>
<sampler type="independent"><integer name="sample_count" value="4"/></sampler>
<film type="hdrfilm"><integer name="width" value="48"/><integer name="height" value="48"/><rfilter type="box"/></film>
</sensor>
<shape type="shapegroup" id="group"><shape type="cube"/>
<shape type="sphere"><point name="center" x="0" y="2" z="0"/></shape></shape>
<shape type="instance"><ref id="group"/>
<transform name="to_world"><rotate x="1" angle="40"/><rotate y="1" angle="30"/><translate x="1.5"/></transform></shape>
<shape type="instance"><ref id="group"/>
<transform name="to_world"><scale value="0.5"/><translate x="-1.5" z="1"/></transform></shape>
<shape type="merge"><shape type="cube"><transform name="to_world"><translate y="-4"/></transform></shape></shape>
</scene>"""


def test_as_mitsuba(tmp_path):
    mitsuba = pytest.importorskip("mitsuba")
    mitsuba.set_variant("scalar_rgb")
    (tmp_path / "scene.xml").write_text(INSTANCED)
    theirs = np.array(mitsuba.render(mitsuba.load_file(str(tmp_path / "scene.xml")), spp=64))
    loaded = load(tmp_path / "scene.xml")
    assert loaded.groups.keys() == {"group"} and len(loaded.shapes) == 3
    ours = rendered(loaded, 64).layers / 64
    difference = np.abs(ours - theirs[..., -4:])
    inside = (theirs[..., -4] > 0) & (difference[..., 0] < 0.05)
    # pixels across an edge are noisy in both
    assert inside.mean() > 0.15 and np.median(difference[inside]) < 0.03
    np.testing.assert_allclose(ours.mean(axis=(0, 1)), theirs[..., -4:].mean(axis=(0, 1)), atol=0.02)


def test_mitsuba_has_no_nested_or_emitting_groups(tmp_path):
    for inner, message in (
        ('<shape type="sphere"><emitter type="area"/></shape>', "instancing of emitters is not supported"),
        ('<shape type="shapegroup" id="h"><shape type="sphere"/></shape>', "nested instancing is not permitted"),
        ("", "the shapegroup has no shapes"),
    ):
        (tmp_path / "scene.xml").write_text(
            f'<scene version="3.0.0">\n<shape type="shapegroup" id="g">{inner}</shape>\n</scene>'
        )
        with pytest.raises(SceneError) as caught:
            load(tmp_path / "scene.xml")
        assert message in str(caught.value) and "scene.xml:2" in str(caught.value)
