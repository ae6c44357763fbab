"""Rules of integrators and samplers."""

from __future__ import annotations

from specrender.scene import description as d
from specrender.scene.rules.place import MAX_INT


def _sampler(p):
    p.positive("sample_count")
    p.at_most(MAX_INT, "sample_count")
    p.not_negative("seed")


def _path(p):
    p.require(p.node.max_depth >= -1, "max_depth", "-1 (no limit) or more")
    p.require(p.node.rr_depth > 0, "rr_depth", "above 0")
    p.at_most(MAX_INT, "max_depth", "rr_depth")


def _direct(p):
    node = p.node
    if node.shading_samples is not None and (node.emitter_samples is not None or node.bsdf_samples is not None):
        raise p.fail("shading_samples", "give either shading_samples or emitter_samples and bsdf_samples")
    p.positive("shading_samples")
    p.not_negative("emitter_samples", "bsdf_samples")
    p.at_most(MAX_INT, "shading_samples", "emitter_samples", "bsdf_samples")
    if node.emitter_samples == 0 and node.bsdf_samples == 0:
        raise p.fail("", "emitter_samples and bsdf_samples cannot both be 0")


def _aov(p):
    from specrender.film.aovs import AOVS, unknown

    names = [entry.rpartition(":")[0] or entry for entry in p.node.aovs]
    for entry in p.node.aovs:
        kind = entry.rpartition(":")[2].strip()
        if kind not in AOVS:
            raise p.fail("aovs", unknown(kind))
    for name in names:
        if names.count(name) > 1:
            raise p.fail("aovs", f"the aov name '{name}' is used twice")


RULES = {
    d.IndependentSampler: _sampler,
    d.SobolSampler: _sampler,
    d.PathIntegrator: _path,
    d.DirectIntegrator: _direct,
    d.AovIntegrator: _aov,
}
