"""Materials: what a surface does with light."""

from __future__ import annotations

from typing import Literal

from specrender.scene.description.node import Node, Vec3
from specrender.scene.description.spectra import FloatTexture, Ior, Spectrum, TextureRef


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
    weighting: Literal["d65", "none"] = "d65"
    eta: Spectrum | None = None
    k: Spectrum | None = None
    specular_reflectance: Spectrum = 1.0


class RoughConductor(Node, tag="roughconductor", tag_field="type", kw_only=True):
    """Rough metal with a Beckmann or GGX distribution of microfacets."""

    material: str | None = None
    weighting: Literal["d65", "none"] = "d65"
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


class RoughDiffuse(Node, tag="roughdiffuse", tag_field="type", kw_only=True):
    """Rough Lambertian facets with all light between them (EON [Portsmouth2024]), from the front side.

    roughness : [0, 1]; 0 is `diffuse`.
    """

    reflectance: Spectrum = 0.5
    roughness: FloatTexture = 0.5


class DiffuseTransmission(Node, tag="diffusetransmission", tag_field="type", kw_only=True):
    """A sheet that scatters light evenly to both sides; `reflectance` and `transmittance` add up to 1 at most."""

    reflectance: Spectrum = 0.25
    transmittance: Spectrum = 0.25


class Principled(Node, tag="principled", tag_field="type", kw_only=True):
    """Burley's material, with Mitsuba's parameters.  All textures are within [0, 1].

    eta or specular : index inside over index outside, or the reflectance at normal incidence over 0.08 (default 0.5).
    main_specular_sampling_rate, clearcoat_sampling_rate, diffuse_reflectance_sampling_rate : how often a lobe is
    sampled relative to its weight; they change the noise only.
    """

    base_color: Spectrum = 0.5
    roughness: FloatTexture = 0.5
    anisotropic: FloatTexture = 0.0
    metallic: FloatTexture = 0.0
    spec_trans: FloatTexture = 0.0
    eta: float | None = None
    specular: float | None = None
    spec_tint: FloatTexture = 0.0
    sheen: FloatTexture = 0.0
    sheen_tint: FloatTexture = 0.0
    flatness: FloatTexture = 0.0
    clearcoat: FloatTexture = 0.0
    clearcoat_gloss: FloatTexture = 0.0
    main_specular_sampling_rate: float = 1.0
    clearcoat_sampling_rate: float = 1.0
    diffuse_reflectance_sampling_rate: float = 1.0


class PrincipledThin(Node, tag="principledthin", tag_field="type", kw_only=True):
    """Burley's material for sheets without thickness, with Mitsuba's parameters; the same from both sides.

    diff_trans : [0, 2], of the diffuse light that half of it passes is 1; all other textures but eta are within [0, 1].
    """

    base_color: Spectrum = 0.5
    roughness: FloatTexture = 0.5
    anisotropic: FloatTexture = 0.0
    spec_trans: FloatTexture = 0.0
    eta: FloatTexture = 1.5
    spec_tint: FloatTexture = 0.0
    sheen: FloatTexture = 0.0
    sheen_tint: FloatTexture = 0.0
    flatness: FloatTexture = 0.0
    diff_trans: FloatTexture = 0.0
    specular_reflectance_sampling_rate: float = 1.0
    specular_transmittance_sampling_rate: float = 1.0
    diffuse_reflectance_sampling_rate: float = 1.0
    diffuse_transmittance_sampling_rate: float = 1.0


class Hair(Node, tag="hair", tag_field="type", kw_only=True):
    """A dielectric fibre with tilted scales [Chiang2016], for curves (the fibre runs along v).

    sigma_a : absorption per radius of the fibre, times `scale`; or by concentrations of `eumelanin` (default 1.3) and
    `pheomelanin` (0.2).  longitudinal_roughness, azimuthal_roughness : [0, 1].  scale_tilt : degrees.
    """

    sigma_a: Spectrum | None = None
    scale: float = 1.0
    eumelanin: float | None = None
    pheomelanin: float | None = None
    int_ior: Ior = "amber"
    ext_ior: Ior = "air"
    longitudinal_roughness: float = 0.3
    azimuthal_roughness: float = 0.3
    scale_tilt: float = 2.0


class Measured(Node, tag="measured", tag_field="type", kw_only=True):
    """Reflection of a real surface, from a `.bsdf` file of the RGL material database [Dupuy2018]."""

    filename: str


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


class BlendBsdf(Node, tag="blendbsdf", tag_field="type", kw_only=True):
    """Two materials mixed by `weight`: 0 is the `first`, 1 the `second`."""

    first: Material
    second: Material
    weight: FloatTexture = 0.5


class NormalMap(Node, tag="normalmap", tag_field="type", kw_only=True):
    """A material with the shading normals of an image in tangent space, whose colours are (n + 1) / 2; load it `raw`.

    flip_invalid_normals : normals that face away from the view are turned about the shading normal.
    use_shadowing_function : soft shadows near the terminator [Estevez2019].
    """

    material: Material
    normalmap: TextureRef | Vec3
    flip_invalid_normals: bool = True
    use_shadowing_function: bool = True


class BumpMap(Node, tag="bumpmap", tag_field="type", kw_only=True):
    """A material with the shading normals of a surface lifted by `bumpmap` times `scale`; load it `raw`.

    flip_invalid_normals, use_shadowing_function : as for normalmap.
    """

    material: Material
    bumpmap: TextureRef
    scale: float = 1.0
    flip_invalid_normals: bool = True
    use_shadowing_function: bool = True


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
    | RoughDiffuse
    | DiffuseTransmission
    | Principled
    | PrincipledThin
    | Hair
    | Measured
    | Null
    | TwoSided
    | Mask
    | BlendBsdf
    | NormalMap
    | BumpMap
)

#: Materials that let light through by their type; `twosided` takes none of them.
TRANSMISSIVE = (
    Dielectric,
    ThinDielectric,
    RoughDielectric,
    DiffuseTransmission,
    PrincipledThin,
    Hair,
    Null,
    Mask,
)
