"""Rules of cameras."""

from __future__ import annotations

import re

import numpy as np

from specrender.scene import description as d


def _camera(p):
    p.positive("near_clip")
    p.require(p.node.far_clip > p.node.near_clip, "far_clip", "above near_clip")


def _perspective(p):
    p.one_of("fov", "focal_length", least=0)
    fov, focal = p.node.fov, p.node.focal_length
    p.require(fov is None or 0 < fov < 180, "fov", "between 0 and 180 degrees")
    if focal is not None:
        match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(mm)?\s*", focal)
        p.require(match is not None and float(match[1]) > 0, "focal_length", "a length such as '50mm'")
    block = p.node.to_world.matrix[:3, :3]
    if not np.allclose(np.linalg.norm(block, axis=0), 1, atol=1e-3):
        raise p.fail("to_world", "to_world of a perspective camera must not scale")


def _thin_lens(p):
    p.positive("aperture_radius", "focus_distance")


RULES = {
    d.CameraBase: _camera,
    d.Perspective: _perspective,
    d.ThinLens: _thin_lens,
}
