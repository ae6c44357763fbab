"""Rules of cameras."""

from __future__ import annotations

import re

import numpy as np

from specrender.errors import did_you_mean, with_article
from specrender.scene import description as d


def _camera(p):
    p.positive("near_clip")
    p.require(p.node.far_clip > p.node.near_clip, "far_clip", "above near_clip")


def check_angle_of_view(p):
    """`fov` or `focal_length`, also of projectors."""
    p.one_of("fov", "focal_length", least=0)
    fov, focal = p.node.fov, p.node.focal_length
    p.require(fov is None or 0 < fov < 180, "fov", "between 0 and 180 degrees")
    if focal is not None:
        match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(mm)?\s*", focal)
        p.require(match is not None and float(match[1]) > 0, "focal_length", "a length such as '50mm'")


def _perspective(p):
    check_angle_of_view(p)
    block = p.node.to_world.matrix[:3, :3]
    if not np.allclose(np.linalg.norm(block, axis=0), 1, atol=1e-3):
        raise p.fail("to_world", "to_world of a perspective camera must not scale")


def _thin_lens(p):
    p.positive("aperture_radius", "focus_distance")


def _equirectangular(p):
    film = _film_of(p)
    if _renders(p) and film.width != 2 * film.height:
        what = "an equirectangular camera needs a film twice as wide as high"
        raise p.fail("", f"{what}, got {film.width}x{film.height}")


def _film_of(p):
    return p.scene.film if p.node.film is None or p.node is p.scene.camera else p.node.film


def _renders(p):
    """Whether it is the camera itself that renders, not one of several to choose from, or a part of a batch."""
    return p.node is p.scene.camera


def _meter(p):
    film = _film_of(p)
    if _renders(p) and (film.width, film.height) != (1, 1):
        kind, size = with_article(p.node.__struct_config__.tag), f"{film.width}x{film.height}"
        raise p.fail("", f"{kind} needs a film of 1 x 1 pixels, got {size}; write width = 1 and height = 1 there")


def _radiance_meter(p):
    _meter(p)
    p.one_of("to_world", "direction", least=0)
    if (p.node.origin is None) != (p.node.direction is None):
        missing = "origin" if p.node.origin is None else "direction"
        raise p.fail("", f"origin and direction must be given together; {missing} is missing")
    _direction(p)


def _direction(p):
    p.require(p.node.direction is None or any(p.node.direction), "direction", "a vector other than zero")


def _irradiance_meter(p):
    _meter(p)
    names = [shape.name for shape in p.scene.shapes if shape.name is not None]
    if p.node.shape not in names:
        hint = did_you_mean(p.node.shape, names) or "; the scene has no shape with a name"
        raise p.fail("shape", f"no shape is named '{p.node.shape}'{hint}")
    if names.count(p.node.shape) > 1:
        many = f"{names.count(p.node.shape)} shapes are named '{p.node.shape}'"
        raise p.fail("shape", f"{many}; give the one that is measured a name of its own")


def _distant(p):
    _meter(p)
    p.one_of("to_world", "direction", least=0)
    _direction(p)


def _batch(p):
    cameras, width = p.node.cameras, _film_of(p).width
    p.require(bool(cameras), "cameras", "a list of at least one camera")
    if any(isinstance(camera, d.Batch) for camera in cameras):
        raise p.fail("cameras", "a batch cannot hold another batch")
    if _renders(p) and width % len(cameras):
        raise p.fail("cameras", f"a film of {width} pixels cannot be shared equally by {len(cameras)} cameras")


RULES = {
    d.ProjectiveCamera: _camera,
    d.Equirectangular: _equirectangular,
    d.RadianceMeter: _radiance_meter,
    d.IrradianceMeter: _irradiance_meter,
    d.Distant: _distant,
    d.Batch: _batch,
    d.Perspective: _perspective,
    d.ThinLens: _thin_lens,
}
