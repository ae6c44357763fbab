"""Scene -> SceneTables: everything the kernel needs, as flat arrays, for one mode.

The front door is `compile_scene`.  builder.py makes spectra and textures, materials.py BSDFs, material_table.py
materials of them, lights.py lights, expand.py files of several shapes, origin.py the place that is the kernel's origin,
geometry.py shapes, cutting.py pieces of those that are too large for what is near them, hierarchy.py BVH and instances,
cameras.py cameras, wavelengths.py the wavelengths of paths, optics.py filter and integrator.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from specrender.errors import InputError
from specrender.film import aov_layout
from specrender.kernel.settings import BSDF, LAYOUT, MATERIAL, RGB, SETTINGS, SPECTRAL
from specrender.kernel.tables import Tables
from specrender.kernel.texture import layout as texture_layout
from specrender.scene import description as d
from specrender.scene.compile import optics, wavelengths
from specrender.scene.compile.attributes import pack_attributes
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.cameras import NO_MATERIAL, bounding_sphere, pack_cameras
from specrender.scene.compile.expand import expanded
from specrender.scene.compile.geometry import Geometry, mesh_of, vertex_table
from specrender.scene.compile.hierarchy import Hierarchy
from specrender.scene.compile.lights import scene_light, shape_light
from specrender.scene.compile.lights.bounds import pack_lamp_box
from specrender.scene.compile.lights.choice import pack_lights
from specrender.scene.compile.lights.lines import lamps_of
from specrender.scene.compile.material_table import MaterialTable
from specrender.scene.compile.origin import centred
from specrender.scene.compile.outlines import pack_outlines

#: mode -> gamut in which rgb mode renders unless told otherwise.
DEFAULT_RGB_SPACE = "srgb"


@dataclass
class SceneTables:
    """A scene ready for the kernel.

    Parameters
    ----------
    tables : what the entry points of `kernel.tile` take.
    mode : "spectral" or "rgb".
    bin_edges_nm : (n + 1,) edges of the spectral film, or None.
    aov_names : layers of the film, in the kernel's order.
    wants_moments : the second moments belong into the output.
    response_names : channels of a film of sensor responses, whose sums follow those of the layers.
    """

    tables: Tables
    mode: str
    bin_edges_nm: np.ndarray | None
    aov_names: list[str]
    wants_moments: bool
    response_names: list[str] = field(default_factory=list)

    @property
    def triangle_count(self) -> int:
        """Number of triangles."""
        shapes = self.tables.arrays["shapes"]
        return int(shapes["triangle_count"][shapes["material"] != NO_MATERIAL].sum())


def compile_scene(
    scene: d.Scene,
    mode: str = "spectral",
    rgb_space: str = DEFAULT_RGB_SPACE,
    seed: int | None = None,
    spectral_film: bool = False,
    threads: int = 1,
    observer: str | None = None,
) -> SceneTables:
    """Make the kernel's tables of a validated scene.

    Parameters
    ----------
    mode : "spectral", or "rgb" with the lanes R, G, B of `rgb_space`.
    seed : overrides the sampler's.
    spectral_film : bins are wanted even if the scene does not ask for them (then 5 nm wide).
    threads : for building the hierarchy and the tree of lights.
    observer : whose responses the film sums, a name of `spectra.observers`; None is the CIE 1931 observer.

    Raises
    ------
    SceneError : with the place in the scene file.
    """
    if mode not in ("spectral", "rgb"):
        raise InputError(f"mode '{mode}' is neither 'spectral' nor 'rgb'")
    scene = expanded(scene)
    meshes = [mesh_of(shape) for shape in scene.shapes]
    scene, origin = centred(scene, meshes)
    builder = TableBuilder(scene, mode, rgb_space)
    responses = optics.film_responses(scene, builder)
    limits = wavelengths.wavelength_range(scene, responses)
    builder.set_range(limits)
    settings = np.zeros(1, SETTINGS)
    record = settings[0]
    record["mode"] = SPECTRAL if mode == "spectral" else RGB
    record["seed"] = np.int32((scene.sampler.seed if seed is None else seed) & 0x7FFFFFFF)

    # a meter has no use for neighbouring pixels
    rfilter = d.BoxFilter() if isinstance(scene.camera, d.METERS) else scene.film.rfilter
    optics.pack_filter(record, rfilter, builder)
    edges = optics.pack_bins(record, scene, mode, spectral_film)
    aov_names, aov_tags, wants_moments = optics.pack_integrator(record, scene)
    record["response_count"] = len(responses)
    record["response_channel"] = sum(channels for _, channels in aov_layout(aov_names))
    record["sampler"] = optics.SAMPLER_TAGS[type(scene.sampler)]
    record["origin_x"], record["origin_y"], record["origin_z"] = origin
    record["white"] = builder.white() if mode == "spectral" else builder.one()

    materials, geometry, lights = MaterialTable(scene, builder), Geometry(), []

    def add_shape(shape, light=-1, mesh=None):
        material = materials.material(shape.material, shape)
        geometry.add(shape, material, materials.needs_tangent(material), light, builder, mesh)

    instances = []
    for index, shape in enumerate(scene.shapes):
        if isinstance(shape, d.Instance):
            instances.append((geometry.add_instances(), shape))
            continue
        mesh, meshes[index] = meshes[index], None  # no longer needed once it is added
        add_shape(shape, -1 if shape.emitter is None else len(lights), mesh)
        if shape.emitter is not None:
            lights.append(shape_light(shape.emitter, index, geometry.records[index], builder))
    hierarchy = Hierarchy(scene, geometry)
    hierarchy.add_groups(instances, add_shape)
    hierarchy.cut_large()
    geometry.place_meshes()

    environments = [light for light in scene.lights if isinstance(light, d.ENVIRONMENTS)]
    if len(environments) > 1:
        message = "a scene can have one light all around (constant, envmap or sunsky), this is the second"
        raise d.fail(environments[1], message)
    lights += [scene_light(light, builder) for light in scene.lights]
    light_tables = pack_lights(record, lights, geometry, builder, threads)
    lamps = lamps_of(lights, geometry, bounding_sphere(*hierarchy.bounds()), builder)
    cmf = wavelengths.pack_wavelengths(record, scene, limits, responses, lamps, builder, observer)
    pack_lamp_box(record, hierarchy.bounds(), geometry, builder)
    record["has_null"] = materials.has_null()

    attributes = pack_attributes(scene, geometry, builder)
    cameras = pack_cameras(record, scene, geometry, bounding_sphere(*hierarchy.bounds()), builder)
    outlines = pack_outlines(record, cameras[0], rfilter, geometry, builder)
    arrays = geometry.finish()
    arrays |= hierarchy.build(arrays, builder, threads)
    vertices = vertex_table(arrays.pop("positions"), arrays.pop("normals"))
    record["vertex_rows"] = vertices.shape[1]
    arrays |= {
        "settings": settings,
        "vertices": vertices,
        "cameras": cameras,
        "attributes": attributes,
        "responses": np.array([builder.spectrum(r, "unbounded") for r in responses.values()], np.int32),
        "values": builder.pooled_values(),
        "cmf": cmf,
        "textures": np.array(builder.textures, texture_layout.DTYPE),
        "materials": np.array(materials.materials, MATERIAL),
        "bsdfs": np.array(materials.bsdfs, BSDF),
        "bsdf_parameters": np.frombuffer(b"".join(materials.parameters), np.uint8),
        "transforms": builder.pooled_transforms(),
        **light_tables,
        "outlines": outlines,
        "aovs": np.array(aov_tags, np.int32),
    }
    return SceneTables(Tables(LAYOUT, arrays), mode, edges, aov_names, wants_moments, list(responses))
