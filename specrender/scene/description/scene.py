"""The scene as a whole."""

from __future__ import annotations

import msgspec

from specrender.scene.description.cameras import Camera, Perspective
from specrender.scene.description.film import Film, HdrFilm
from specrender.scene.description.integrators import Integrator, PathIntegrator
from specrender.scene.description.lights import SceneLight
from specrender.scene.description.materials import Material
from specrender.scene.description.node import Node
from specrender.scene.description.samplers import Sampler, SobolSampler
from specrender.scene.description.shapes import AnyShape, Instances, ShapeGroup
from specrender.scene.description.spectra import Spectrum
from specrender.scene.description.textures import Texture


class WavelengthRange(Node, kw_only=True):
    """The wavelengths a path may carry [nm]."""

    lambda_min: float = 360.0
    lambda_max: float = 830.0


class Scene(Node, kw_only=True):
    """Everything a scene file says.  File names in it are relative to its folder, or absolute.

    In a Scene made in Python they are relative to the working directory.

    `camera` is the one that renders; `cameras` are those it can be chosen from by name or number.
    """

    integrator: Integrator = msgspec.field(default_factory=PathIntegrator)
    camera: Camera = msgspec.field(default_factory=Perspective)
    cameras: dict[str, Camera] = msgspec.field(default_factory=dict)
    film: Film = msgspec.field(default_factory=HdrFilm)
    sampler: Sampler = msgspec.field(default_factory=SobolSampler)
    wavelengths: WavelengthRange = msgspec.field(default_factory=WavelengthRange)
    materials: dict[str, Material] = msgspec.field(default_factory=dict)
    textures: dict[str, Texture] = msgspec.field(default_factory=dict)
    spectra: dict[str, Spectrum] = msgspec.field(default_factory=dict)
    groups: dict[str, ShapeGroup] = msgspec.field(default_factory=dict)
    shapes: list[AnyShape] = msgspec.field(default_factory=list)
    instances: list[Instances] = msgspec.field(default_factory=list)
    lights: list[SceneLight] = msgspec.field(default_factory=list)
    name: str = "scene"
