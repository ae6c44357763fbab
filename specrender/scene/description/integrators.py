"""Integrators: what is computed for each pixel."""

from __future__ import annotations

import msgspec

from specrender.scene.description.node import Node


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


class DepthIntegrator(Node, tag="depth", tag_field="type", kw_only=True):
    """The distance to the first surface in place of light, as radiance that is the same at all wavelengths."""


class MomentIntegrator(Node, tag="moment", tag_field="type", kw_only=True):
    """Adds the second moment of every colour channel to the output of its inner integrator."""

    integrator: Integrator = msgspec.field(default_factory=PathIntegrator)


class AovIntegrator(Node, tag="aov", tag_field="type", kw_only=True):
    """Adds layers to the output of its inner integrator (or has only them).

    aovs : "NAME:TYPE" or "TYPE" entries; types: albedo, depth, position, uv, geo_normal, sh_normal, prim_index,
    shape_index, material_index.
    """

    aovs: list[str]
    integrator: Integrator | None = None


Integrator = PathIntegrator | DirectIntegrator | DepthIntegrator | MomentIntegrator | AovIntegrator
