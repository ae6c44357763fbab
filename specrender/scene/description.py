"""The scene vocabulary: what a scene file can say, as typed structs, whatever its syntax.

Type and parameter names are Mitsuba 3's wherever Mitsuba has the thing.  Units: lengths in scene units, angles in
degrees, wavelengths in nm, temperatures in kelvin, radiance in W m^-2 sr^-1 nm^-1.  A struct's tag is the ``type`` of
the scene file; a field is a parameter; its default is what an absent parameter means.

The readers build these structs (and validate types, names and ranges that need no other object); `scene.compile` turns
them into kernel tables.  `where(node)` says where in which file a node was written, for messages.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from specrender.errors import SceneError


class Node(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Base of everything a scene file describes; readers leave the place in `__dict__["location"]`."""


def where(node: Node) -> str | None:
    """File and line or key path at which `node` was written, or None for a node made in Python."""
    return node.__dict__.get("location")


def fail(node: Node, message: str) -> SceneError:
    """A SceneError that names the place of `node`; to be raised by the caller."""
    return SceneError(message, where(node))


class Transform:
    """An affine map from local to world (or texture) coordinates.

    Parameters
    ----------
    matrix : (4, 4) float64, acting on column vectors; finite and, in its upper 3x3, invertible.
    """

    __slots__ = ("matrix",)

    def __init__(self, matrix=None):
        self.matrix = np.eye(4) if matrix is None else np.asarray(matrix, np.float64).reshape(4, 4)

    def __eq__(self, other):
        return isinstance(other, Transform) and np.array_equal(self.matrix, other.matrix)

    def __repr__(self):
        return f"Transform({self.matrix.tolist()})"

    @property
    def inverse(self) -> np.ndarray:
        """(4, 4) float64 inverse matrix."""
        return np.linalg.inv(self.matrix)


Vec3 = tuple[float, float, float]
Transform3 = Transform  # to_world fields
Transform2 = Transform  # to_uv fields: acts on (u, v, 0, 1)


# ---------------------------------------------------------------- spectra and textures


class SpectrumSpec(Node, kw_only=True):
    """A spectral quantity written as a table; exactly one of rgb, blackbody, name, values, file, texture is given.

    `scale` multiplies whatever was given.  On a light, `rgb` and `texture` are times D65 unless
    `white` is false.  `wavelengths` [nm] goes with `values`; `extrapolate` says what a table is
    outside its range.  A `name` is a data set ("D65", "FL11", "ColorChecker/red") or an entry of `[spectra]`.
    """

    rgb: Vec3 | None = None
    space: str = "srgb"
    blackbody: float | None = None
    name: str | None = None
    wavelengths: list[float] | None = None
    values: list[float] | None = None
    file: str | None = None
    texture: str | None = None
    scale: float = 1.0
    white: bool = True
    extrapolate: Literal["zero", "hold"] = "zero"


class TextureRef(Node, kw_only=True):
    """A scalar parameter that varies over the surface: `{ texture = "NAME" }` with NAME from `[textures]`."""

    texture: str


class IorSpec(Node, kw_only=True):
    """A dispersive refractive index; exactly one of cauchy, sellmeier, values, file is given.

    cauchy : A, B [um^2], C [um^4]: n = A + B/l^2 + C/l^4.   sellmeier : B1, B2, B3, C1, C2, C3 [um^2].
    values : indices at `wavelengths` [nm], held constant outside their range.
    """

    cauchy: list[float] | None = None
    sellmeier: list[float] | None = None
    wavelengths: list[float] | None = None
    values: list[float] | None = None
    file: str | None = None


#: A number (the same at every wavelength), the name of a data set or of an entry of `[spectra]`, or a table.
Spectrum = float | str | SpectrumSpec
#: A number or a texture.
FloatTexture = float | TextureRef
#: A number, the name of a material ("BK7", "water"; dispersive in TOML), or a table.
Ior = float | str | IorSpec


class Bitmap(Node, tag="bitmap", tag_field="type", kw_only=True):
    """An image as a texture; `raw` switches colour conversion off (for roughness, opacity, normals)."""

    filename: str
    raw: bool = False
    filter_type: Literal["bilinear", "nearest"] = "bilinear"
    wrap_mode: Literal["repeat", "mirror", "clamp"] = "repeat"
    space: str = "srgb"
    to_uv: Transform = msgspec.field(default_factory=Transform)


class Checkerboard(Node, tag="checkerboard", tag_field="type", kw_only=True):
    """Two colours on a grid whose squares have half a unit of uv."""

    color0: Spectrum = 0.4
    color1: Spectrum = 0.2
    to_uv: Transform = msgspec.field(default_factory=Transform)


Texture = Bitmap | Checkerboard


# ---------------------------------------------------------------- materials


class Diffuse(Node, tag="diffuse", tag_field="type", kw_only=True):
    """Ideal Lambertian reflection from the front side."""

    reflectance: Spectrum = 0.5


class Dielectric(Node, tag="dielectric", tag_field="type", kw_only=True):
    """Smooth interface between two dielectrics."""

    int_ior: Ior = "BK7"
    ext_ior: Ior = "air"
    specular_reflectance: Spectrum = 1.0
    specular_transmittance: Spectrum = 1.0


class ThinDielectric(Node, tag="thindielectric", tag_field="type", kw_only=True):
    """A thin pane: two smooth interfaces with all internal reflections, no refraction."""

    int_ior: Ior = "BK7"
    ext_ior: Ior = "air"
    specular_reflectance: Spectrum = 1.0
    specular_transmittance: Spectrum = 1.0


class RoughDielectric(Node, tag="roughdielectric", tag_field="type", kw_only=True):
    """Rough interface between two dielectrics [Walter2007]; `alpha` sets both directions."""

    distribution: Literal["beckmann", "ggx"] = "beckmann"
    alpha: FloatTexture | None = None
    alpha_u: FloatTexture | None = None
    alpha_v: FloatTexture | None = None
    int_ior: Ior = "BK7"
    ext_ior: Ior = "air"
    specular_reflectance: Spectrum = 1.0
    specular_transmittance: Spectrum = 1.0


class Conductor(Node, tag="conductor", tag_field="type", kw_only=True):
    """Smooth metal; `material` names a data set and `eta`, `k` give an index directly.  "none" is a perfect mirror."""

    material: str | None = None
    eta: Spectrum | None = None
    k: Spectrum | None = None
    specular_reflectance: Spectrum = 1.0


class RoughConductor(Node, tag="roughconductor", tag_field="type", kw_only=True):
    """Rough metal with a Beckmann or GGX distribution of microfacets."""

    material: str | None = None
    eta: Spectrum | None = None
    k: Spectrum | None = None
    distribution: Literal["beckmann", "ggx"] = "beckmann"
    alpha: FloatTexture | None = None
    alpha_u: FloatTexture | None = None
    alpha_v: FloatTexture | None = None
    specular_reflectance: Spectrum = 1.0


class Plastic(Node, tag="plastic", tag_field="type", kw_only=True):
    """Diffuse base under a smooth dielectric coat, with the light that the coat throws back."""

    int_ior: Ior = "polypropylene"
    ext_ior: Ior = "air"
    diffuse_reflectance: Spectrum = 0.5
    specular_reflectance: Spectrum = 1.0
    nonlinear: bool = False


class RoughPlastic(Node, tag="roughplastic", tag_field="type", kw_only=True):
    """Diffuse base under a rough dielectric coat."""

    distribution: Literal["beckmann", "ggx"] = "beckmann"
    alpha: float = 0.1
    int_ior: Ior = "polypropylene"
    ext_ior: Ior = "air"
    diffuse_reflectance: Spectrum = 0.5
    specular_reflectance: Spectrum = 1.0
    nonlinear: bool = False


class Null(Node, tag="null", tag_field="type", kw_only=True):
    """An invisible surface."""


class TwoSided(Node, tag="twosided", tag_field="type", kw_only=True):
    """Makes an opaque material the same (or another, `back`) on both sides."""

    material: Material
    back: Material | None = None


class Mask(Node, tag="mask", tag_field="type", kw_only=True):
    """Lets light pass where `opacity` is below 1."""

    material: Material
    opacity: FloatTexture = 0.5


#: The name of an entry of `[materials]`, or a material written in place.
Material = (
    str
    | Diffuse
    | Dielectric
    | ThinDielectric
    | RoughDielectric
    | Conductor
    | RoughConductor
    | Plastic
    | RoughPlastic
    | Null
    | TwoSided
    | Mask
)


# ---------------------------------------------------------------- lights


class Light(Node, kw_only=True):
    """What all lights share: `intensity` (linear) and `exposure` (stops) multiply the colour, which is scaled to
    luminance 1 when `normalize` is true.  A colour written as a plain number is never scaled."""

    intensity: float = 1.0
    exposure: float = 0.0
    normalize: bool = True


class AreaLight(Light, tag="area", tag_field="type", kw_only=True):
    """The shape it belongs to emits `radiance` [W m^-2 sr^-1 nm^-1] from its front side."""

    radiance: Spectrum = 1.0


class PointLight(Light, tag="point", tag_field="type", kw_only=True):
    """Radiates `color` [W sr^-1 nm^-1] equally in all directions from `position` (or the origin of `to_world`)."""

    color: Spectrum = 1.0
    position: Vec3 | None = None
    to_world: Transform | None = None


class SpotLight(Light, tag="spot", tag_field="type", kw_only=True):
    """Radiates `color` [W sr^-1 nm^-1] along +z of `to_world`: in full up to `beam_width`, falling linearly in angle to
    nothing at `cutoff_angle` [deg from the axis]; `texture` colours the cone.  `beam_width` defaults to 3/4 cutoff."""

    color: Spectrum = 1.0
    cutoff_angle: float = 20.0
    beam_width: float | None = None
    texture: str | None = None
    to_world: Transform = msgspec.field(default_factory=Transform)


class DirectionalLight(Light, tag="directional", tag_field="type", kw_only=True):
    """Parallel light of `irradiance` [W m^-2 nm^-1] towards `direction` (or +z of `to_world`)."""

    irradiance: Spectrum = 1.0
    direction: Vec3 | None = None
    to_world: Transform | None = None


class ConstantLight(Light, tag="constant", tag_field="type", kw_only=True):
    """The same `radiance` from every direction."""

    radiance: Spectrum = 1.0


class EnvironmentMap(Light, tag="envmap", tag_field="type", kw_only=True):
    """A latitude-longitude image at infinity, +y up; never normalised.  RGB texels are uplifted times `illuminant`."""

    filename: str
    scale: float = 1.0
    space: str = "srgb"
    to_world: Transform = msgspec.field(default_factory=Transform)


SceneLight = PointLight | SpotLight | DirectionalLight | ConstantLight | EnvironmentMap


# ---------------------------------------------------------------- shapes


class Shape(Node, kw_only=True):
    """What all shapes share.  Without a `material` a shape is diffuse with reflectance 0.5."""

    material: Material | None = None
    emitter: AreaLight | None = None
    to_world: Transform = msgspec.field(default_factory=Transform)
    flip_normals: bool = False
    name: str | None = None


class MeshFile(Shape, kw_only=True):
    """A triangle mesh from a file; `face_normals` drops vertex normals."""

    filename: str
    face_normals: bool = False


class Obj(MeshFile, tag="obj", tag_field="type", kw_only=True):
    """Wavefront OBJ."""

    flip_tex_coords: bool = True


class Ply(MeshFile, tag="ply", tag_field="type", kw_only=True):
    """Stanford PLY, ascii or binary."""

    flip_tex_coords: bool = False


class Stl(MeshFile, tag="stl", tag_field="type", kw_only=True):
    """Stereolithography STL, ascii or binary."""


class Serialized(MeshFile, tag="serialized", tag_field="type", kw_only=True):
    """Mitsuba's binary mesh; `shape_index` picks one of several in the file."""

    shape_index: int = 0


class TriangleMesh(Shape, tag="mesh", tag_field="type", kw_only=True):
    """A mesh given in place: `vertices` (n, 3), `faces` (m, 3) indices, optional per-vertex `normals` and `uvs`.

    From Python the four may be NumPy arrays.
    """

    vertices: list[Vec3]
    faces: list[tuple[int, int, int]]
    normals: list[Vec3] | None = None
    uvs: list[tuple[float, float]] | None = None
    face_normals: bool = False


class Sphere(Shape, tag="sphere", tag_field="type", kw_only=True):
    """`to_world` may rotate, translate and scale uniformly."""

    center: Vec3 = (0.0, 0.0, 0.0)
    radius: float = 1.0


class Disk(Shape, tag="disk", tag_field="type", kw_only=True):
    """Unit disk in the xy plane, facing +z."""


class Cylinder(Shape, tag="cylinder", tag_field="type", kw_only=True):
    """Open cylinder from `p0` to `p1`."""

    p0: Vec3 = (0.0, 0.0, 0.0)
    p1: Vec3 = (0.0, 0.0, 1.0)
    radius: float = 1.0


class Rectangle(Shape, tag="rectangle", tag_field="type", kw_only=True):
    """The square [-1, 1]^2 in the xy plane, facing +z."""


class Cube(Shape, tag="cube", tag_field="type", kw_only=True):
    """The cube [-1, 1]^3, facing outwards."""


AnyShape = Obj | Ply | Stl | Serialized | TriangleMesh | Sphere | Disk | Cylinder | Rectangle | Cube


# ---------------------------------------------------------------- camera, film, sampler, integrator


class CameraBase(Node, kw_only=True):
    """What all cameras share: the camera looks along +z of `to_world`, +y up, +x to the left (Mitsuba's frame)."""

    to_world: Transform = msgspec.field(default_factory=Transform)
    near_clip: float = 1e-2
    far_clip: float = 1e4


class Perspective(CameraBase, tag="perspective", tag_field="type", kw_only=True):
    """Pinhole camera.  `fov` [deg] is along `fov_axis`; `focal_length` ("50mm", 35 mm film) may replace it."""

    fov: float | None = None
    focal_length: str | None = None
    fov_axis: Literal["x", "y", "diagonal", "smaller", "larger"] = "x"
    principal_point_offset_x: float = 0.0
    principal_point_offset_y: float = 0.0


class ThinLens(Perspective, tag="thinlens", tag_field="type", kw_only=True):
    """Perspective camera with a lens of radius `aperture_radius`, sharp at `focus_distance`."""

    aperture_radius: float
    focus_distance: float = 1.0


class Orthographic(CameraBase, tag="orthographic", tag_field="type", kw_only=True):
    """Parallel projection of the square [-1, 1]^2 of camera space (its height follows the aspect ratio)."""


Camera = Perspective | ThinLens | Orthographic


class BoxFilter(Node, tag="box", tag_field="type", kw_only=True):
    """One pixel wide."""

    radius: float = 0.5


class TentFilter(Node, tag="tent", tag_field="type", kw_only=True):
    """Linear falloff."""

    radius: float = 1.0


class GaussianFilter(Node, tag="gaussian", tag_field="type", kw_only=True):
    """Gaussian of standard deviation `stddev` pixels, cut and shifted to zero at 4 `stddev`."""

    stddev: float = 0.5


class MitchellFilter(Node, tag="mitchell", tag_field="type", kw_only=True):
    """The cubic of [Mitchell1988] with its parameters B and C."""

    B: float = 1.0 / 3.0
    C: float = 1.0 / 3.0


class CatmullRomFilter(Node, tag="catmullrom", tag_field="type", kw_only=True):
    """Interpolating cubic with negative lobes."""


class LanczosFilter(Node, tag="lanczos", tag_field="type", kw_only=True):
    """Windowed sinc with `lobes` lobes."""

    lobes: int = 3


ReconstructionFilter = BoxFilter | TentFilter | GaussianFilter | MitchellFilter | CatmullRomFilter | LanczosFilter


class SpectralBins(Node, kw_only=True):
    """The spectral film: `count` equal bins, or bins of `width` nm, from `lambda_min` to `lambda_max` [nm]."""

    count: int | None = None
    width: float | None = None
    lambda_min: float = 360.0
    lambda_max: float = 830.0


class HdrFilm(Node, tag="hdrfilm", tag_field="type", kw_only=True):
    """The image: size in pixels, crop window (origin top left), filter, and what is stored."""

    width: int = 768
    height: int = 576
    crop_offset_x: int = 0
    crop_offset_y: int = 0
    crop_width: int | None = None
    crop_height: int | None = None
    pixel_format: Literal["rgb", "rgba", "xyz", "xyza", "luminance", "luminance_alpha"] = "rgb"
    component_format: Literal["float16", "float32"] = "float16"
    rfilter: ReconstructionFilter = msgspec.field(default_factory=GaussianFilter)
    spectral_bins: SpectralBins | int | None = None


class IndependentSampler(Node, tag="independent", tag_field="type", kw_only=True):
    """Uniform random numbers."""

    sample_count: int = 64
    seed: int = 0


class SobolSampler(Node, tag="sobol", tag_field="type", kw_only=True):
    """Owen-scrambled Sobol points, shuffled between dimensions."""

    sample_count: int = 64
    seed: int = 0


Sampler = IndependentSampler | SobolSampler


class PathIntegrator(Node, tag="path", tag_field="type", kw_only=True):
    """Unidirectional path tracing with next-event estimation and multiple importance sampling.

    max_depth : longest path in edges, -1 for no limit (1: emitters seen directly).  rr_depth : depth at which Russian
    roulette begins.  hide_emitters : emitters are not seen directly.
    """

    max_depth: int = -1
    rr_depth: int = 5
    hide_emitters: bool = False


class DirectIntegrator(Node, tag="direct", tag_field="type", kw_only=True):
    """Direct light only, by `emitter_samples` and `bsdf_samples` combined; `shading_samples` sets both."""

    shading_samples: int | None = None
    emitter_samples: int | None = None
    bsdf_samples: int | None = None
    hide_emitters: bool = False


class MomentIntegrator(Node, tag="moment", tag_field="type", kw_only=True):
    """Adds the second moment of every colour channel to the output of its inner integrator."""

    integrator: Integrator = msgspec.field(default_factory=PathIntegrator)


class AovIntegrator(Node, tag="aov", tag_field="type", kw_only=True):
    """Adds layers to the output of its inner integrator (or has only them).

    aovs : "NAME:TYPE" or "TYPE" entries; types: albedo, depth, position, uv, geo_normal, sh_normal, prim_index,
    shape_index.
    """

    aovs: list[str]
    integrator: Integrator | None = None


Integrator = PathIntegrator | DirectIntegrator | MomentIntegrator | AovIntegrator


class WavelengthRange(Node, kw_only=True):
    """The wavelengths a path may carry [nm]."""

    lambda_min: float = 360.0
    lambda_max: float = 830.0


class Scene(Node, kw_only=True):
    """Everything a scene file says.  File names in it are absolute, or relative to the working directory."""

    integrator: Integrator = msgspec.field(default_factory=PathIntegrator)
    camera: Camera = msgspec.field(default_factory=Perspective)
    film: HdrFilm = msgspec.field(default_factory=HdrFilm)
    sampler: Sampler = msgspec.field(default_factory=SobolSampler)
    wavelengths: WavelengthRange = msgspec.field(default_factory=WavelengthRange)
    materials: dict[str, Material] = msgspec.field(default_factory=dict)
    textures: dict[str, Texture] = msgspec.field(default_factory=dict)
    spectra: dict[str, Spectrum] = msgspec.field(default_factory=dict)
    shapes: list[AnyShape] = msgspec.field(default_factory=list)
    lights: list[SceneLight] = msgspec.field(default_factory=list)
    name: str = "scene"
