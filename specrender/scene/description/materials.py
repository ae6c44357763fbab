"""Materials: what a surface does with light."""

from __future__ import annotations

from typing import Literal

from specrender.scene.description.node import Node
from specrender.scene.description.spectra import FloatTexture, Ior, Spectrum


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
