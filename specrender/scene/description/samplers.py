"""Samplers: where a path's random numbers come from."""

from __future__ import annotations

from specrender.scene.description.node import Node


class IndependentSampler(Node, tag="independent", tag_field="type", kw_only=True):
    """Uniform random numbers."""

    sample_count: int = 64
    seed: int = 0


class SobolSampler(Node, tag="sobol", tag_field="type", kw_only=True):
    """Owen-scrambled Sobol points, shuffled between dimensions."""

    sample_count: int = 64
    seed: int = 0


Sampler = IndependentSampler | SobolSampler
