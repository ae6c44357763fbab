"""Mitsuba 3 scene files.

What a file means here is what it means to Mitsuba 3.9: its defaults, its units, RGB on emitters times D65, named
indices as single numbers, nothing normalised.  What is not supported is an error that names it.
"""

from __future__ import annotations

from pathlib import Path

from specrender.errors import SceneError, did_you_mean
from specrender.files import title
from specrender.scene import description as d
from specrender.scene.overrides import dropped_parameters, use_camera
from specrender.scene.readers.xml_nodes import Plugin, Tree, Value
from specrender.scene.readers.xml_params import SPECTRUM_PLUGINS, Params
from specrender.scene.readers.xml_plugins import BSDFS, EMITTERS, SHAPES, TEXTURES
from specrender.scene.readers.xml_plugins.emitters import ON_SHAPES
from specrender.scene.readers.xml_sensor import INTEGRATORS, SENSORS, STEERING
from specrender.scene.readers.xml_tree import read_tree

#: Mitsuba 3.9's plugins that this version does not have, for a message other than "unknown".
NOT_YET = {
    "bsdf": "pplastic measured_polarized polarizer retarder circular".split(),
    "emitter": "timed_sunsky avg_sunsky".split(),
    "shape": "ellipsoids ellipsoidsmesh blender heightfield hair".split(),
    "texture": ["volume"],
    "sensor": "mpdistant hdistant mradiancemeter microphone planar_irradiancemeter".split(),
    "integrator": (
        "ptracer stokes prb prb_basic prb_projective direct_projective prbvolpath "
        "volprim_rf_basic bdpt photonmapper mlt"
    ).split(),
    "film": ["ldrfilm"],
    "medium": ["heterogeneous", "homogeneous"],
    "phase": "blendphase hg isotropic rayleigh sggx tabphase".split(),
    "volume": ["constvolume", "gridvolume"],
}


#: Shapes that are made of other shapes; see `Builder.shapes`.
COMPOUND_SHAPES = ("instance", "merge", "shapegroup")


def load(
    path,
    defines: dict[str, str] | None = None,
    dispersive: bool = False,
    integrator: str | None = None,
    content: bytes | None = None,
) -> d.Scene:
    """Read a Mitsuba scene.

    Parameters
    ----------
    path : file name.
    defines : values for the file's `<default>` parameters.
    dispersive : take named indices of refraction ("bk7") as the real glass, where there is data for it.
    integrator : type that takes the place of the innermost integrator.
    content : what is read in place of the file's own bytes.

    Raises
    ------
    SceneError : naming file and line.
    """
    path = Path(path)
    tree = read_tree(path, defines or {}, content)
    if integrator is not None:
        _replace_integrator(tree.root, integrator)
    return Builder(tree, dispersive).scene(path)


def _replace_integrator(plugin: Plugin, kind: str) -> None:
    """Make the innermost integrator below a plugin one of another kind."""
    inner = next((value for value in plugin.params.values() if getattr(value, "tag", None) == "integrator"), None)
    if inner is None:
        plugin.params["integrator"] = Plugin("integrator", kind, None, plugin.location, plugin.resolver)
    elif inner.type in ("moment", "aov"):
        _replace_integrator(inner, kind)
    elif inner.type != kind:
        steering = [name for name in inner.params if name in STEERING]
        given = [name for name in inner.params if name not in STEERING]
        for name in steering + dropped_parameters(kind, inner.type, given, inner.location):
            del inner.params[name]
        inner.type = kind


class Builder:
    """Turns a Tree into a Scene; each plugin is built once, however often it is referred to."""

    def __init__(self, tree: Tree, dispersive: bool):
        self.tree, self.dispersive = tree, dispersive
        self.materials: dict[str, d.Material] = {}
        self.textures: dict[str, d.Texture] = {}
        self.texture_names: dict[int, str] = {}
        self.cameras: dict[str, d.Camera] = {}
        #: Name of the shape whose sensor is being read.
        self.sensor_shape: str | None = None
        self.groups: dict[str, d.ShapeGroup] = {}
        self.group_names: dict[int, str] = {}

    def scene(self, path):
        root = self.tree.root
        if root.tag != "scene":
            raise SceneError(f"the root element is <{root.tag}>, not <scene>", root.location)
        params = Params(root, self)
        scene = d.Scene(name=title(path))
        scene.__dict__["location"] = root.location
        self._settings(params, scene)
        for texture in params.children("texture"):
            self.texture(texture, unused=True)
        for bsdf in params.children("bsdf"):
            self.material(bsdf)
        scene.lights = [self.light(emitter) for emitter in params.children("emitter") if emitter.type not in ON_SHAPES]
        scene.shapes = [shape for plugin in params.children("shape") for shape in self.shapes(plugin)]
        self._choose_camera(scene)
        for item in root.params.values():
            if isinstance(item, Plugin) and item.tag in ("medium", "phase", "volume", "field"):
                raise SceneError(f"the {item.tag} '{item.type}' is not supported yet", item.location)
            if isinstance(item, Value):
                raise SceneError(f"<{item.kind}> has no place directly in a scene", item.location)
        params.done()
        scene.materials, scene.textures, scene.groups = self.materials, self.textures, self.groups
        return scene

    def _settings(self, params, scene):
        """Integrator and sensors."""
        integrator = params.child("integrator", "integrator")
        if integrator is not None:
            scene.integrator = self.integrator(integrator)
        for sensor in params.children("sensor"):
            self._add_camera(sensor)

    def _add_camera(self, plugin):
        name = plugin.id
        if name is None or name in self.cameras:
            name = f"sensor_{len(self.cameras)}"
        self.cameras[name] = self.sensor(plugin)

    def _choose_camera(self, scene):
        """Of several sensors the first renders, as in Mitsuba."""
        scene.cameras = self.cameras
        if self.cameras:
            use_camera(scene, next(iter(self.cameras.values())))
        else:
            scene.sampler = d.IndependentSampler(sample_count=4)

    # ------------------------------------------------------------ one kind each

    def _build(self, plugin, table, what):
        build = table.get(plugin.type)
        if build is None:
            if plugin.type in NOT_YET[what]:
                raise SceneError(f"the {what} '{plugin.type}' is not supported yet", plugin.location)
            raise SceneError(f"there is no {what} '{plugin.type}'{did_you_mean(plugin.type, table)}", plugin.location)
        params = Params(plugin, self)
        node = build(params)
        params.done()
        node.__dict__.setdefault("location", plugin.location)
        return node

    def integrator(self, plugin):
        return self._build(plugin, INTEGRATORS, "integrator")

    def sensor(self, plugin):
        return self._build(plugin, SENSORS, "sensor")

    def light(self, plugin):
        return self._build(plugin, EMITTERS, "emitter")

    def material(self, plugin):
        """The name of a BSDF with an id, which goes to `materials`; one without is returned as it is."""
        if plugin.id is None:
            return self._build(plugin, BSDFS, "bsdf")
        if plugin.id not in self.materials:
            self.materials[plugin.id] = self._build(plugin, BSDFS, "bsdf")
        return plugin.id

    def texture(self, plugin, unused=False):
        """The name under which a texture stands in `textures`: its id, or one made up."""
        if id(plugin) not in self.texture_names:
            if unused and plugin.type not in TEXTURES and plugin.type not in NOT_YET["texture"]:
                # A spectrum kept for reference, such as <texture type="rawconstant" id="...">: read where it is used.
                if plugin.type in SPECTRUM_PLUGINS:
                    return None
            node = self._build(plugin, TEXTURES, "texture")
            name = plugin.id
            if name is None:
                number = 1 + len(self.textures)
                while f"texture_{number}" in self.textures or f"texture_{number}" in self.tree.ids:
                    number += 1
                name = f"texture_{number}"
            self.textures[name] = node
            self.texture_names[id(plugin)] = name
        return self.texture_names[id(plugin)]

    def scalar_texture(self, plugin):
        """The name of a texture that gives single numbers.

        Mitsuba's checkerboard exchanges its colours there (`eval_1` asks for unequal halves where `eval` asks for equal
        ones, as of 3.9.1), and so do those inside it: a board of its own stands for it.
        """
        return self._exchanged(self.texture(plugin))

    def _exchanged(self, name):
        board = self.textures[name]
        if not isinstance(board, d.Checkerboard):
            return name
        new = f"{name} as numbers"
        if new not in self.textures:
            colors = []
            for color in (board.color1, board.color0):
                if isinstance(color, d.SpectrumSpec) and color.texture is not None:
                    color = d.SpectrumSpec(texture=self._exchanged(color.texture))
                colors.append(color)
            self.textures[new] = d.Checkerboard(color0=colors[0], color1=colors[1], to_uv=board.to_uv)
            self.textures[new].__dict__["location"] = d.where(board)
        return new

    def shapes(self, plugin):
        """The shapes that a plugin adds to the scene: none if it is a group, several if it merges some."""
        if plugin.type == "shapegroup":
            self.group(plugin)
            return []
        if plugin.type == "instance":
            return [self.instance(plugin)]
        if plugin.type != "merge":
            return [self.shape(plugin)]
        params = Params(plugin, self)
        nested = [shape for child in params.children("shape") for shape in self.shapes(child)]
        params.done()
        return nested

    def group(self, plugin):
        """The name under which a shapegroup stands in `groups`: its id, or one made up."""
        if id(plugin) not in self.group_names:
            params = Params(plugin, self)
            children = params.children("shape")
            for child in children:
                if child.type in ("instance", "shapegroup"):
                    raise SceneError("nested instancing is not permitted", child.location)
            shapes = [shape for child in children for shape in self.shapes(child)]
            params.done()
            if not shapes:
                raise SceneError("the shapegroup has no shapes", plugin.location)
            for shape in shapes:
                if shape.emitter is not None:
                    raise SceneError("instancing of emitters is not supported, as in Mitsuba", d.where(shape))
            group = d.ShapeGroup(shapes=shapes)
            group.__dict__["location"] = plugin.location
            name = plugin.id or f"group_{1 + len(self.groups)}"
            self.groups[name] = group
            self.group_names[id(plugin)] = name
        return self.group_names[id(plugin)]

    def instance(self, plugin):
        """An instance of the one shapegroup that is nested in it or referred to."""
        params = Params(plugin, self)
        group = params.child("shape", "shapegroup")
        if group is None or group.type != "shapegroup":
            raise SceneError("an instance needs a reference to a shapegroup", plugin.location)
        node = d.Instance(group=self.group(group), to_world=params.transform(), name=plugin.id)
        params.done()
        node.__dict__["location"] = plugin.location
        return node

    def shape(self, plugin):
        """A shape with its material and emitter.  An emitter without a BSDF is black, as in Mitsuba."""
        if plugin.type not in SHAPES:
            return self._build(plugin, SHAPES, "shape")
        params = Params(plugin, self)
        for name, item in plugin.params.items():
            if name in ("interior", "exterior") or getattr(item, "tag", "") == "medium":
                raise SceneError(f"the medium '{getattr(item, 'type', name)}' is not supported yet", item.location)
        bsdf, emitter = params.child("bsdf", "bsdf"), params.child("emitter", "emitter")
        common = {
            "to_world": params.transform(),
            "flip_normals": params.boolean("flip_normals", False),
            "name": plugin.id,
        }
        if bsdf is not None:
            common["material"] = self.material(bsdf)
        elif emitter is not None:
            common["material"] = d.Diffuse(reflectance=0.0)
        if emitter is not None:
            common["emitter"] = self.area(emitter)
        sensors = params.children("sensor")
        if sensors and common["name"] is None:
            common["name"] = f"shape_with_sensor_{len(self.cameras)}"
        node = SHAPES[plugin.type](params, common)
        params.done()
        for sensor in sensors:
            self.sensor_shape = common["name"]
            self._add_camera(sensor)
            self.sensor_shape = None
        node.__dict__["location"] = plugin.location
        return node

    def area(self, plugin):
        if plugin.type not in ON_SHAPES:
            if plugin.type in NOT_YET["emitter"]:
                raise SceneError(f"the emitter '{plugin.type}' is not supported yet", plugin.location)
            message = f"the emitter of a shape must be of type {' or '.join(ON_SHAPES)}, not {plugin.type}"
            raise SceneError(message, plugin.location)
        return self._build(plugin, EMITTERS, "emitter")
