"""Lights of the scene to records of the kernel; `choice.py` says how one of them is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from specrender.kernel.light import layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.images import REC709_LUMINANCE, load_image
from specrender.scene.compile.lights.grid import pack_grid
from specrender.scene.compile.lights.record import record as record_of
from specrender.spectra.uplift import white_spectrum


def area_light(light: d.AreaLight, shape_index: int, builder: TableBuilder) -> np.void:
    """The record of a shape's emission."""
    color, scale = builder.emission(light, light.radiance, light)
    record = record_of(layout.AREA, builder, color, scale)
    record["shape"] = shape_index
    return record


def _point(light: d.PointLight, builder: TableBuilder) -> np.void:
    if light.position is not None and light.to_world is not None:
        raise d.fail(light, "a point light has either a position or a to_world, not both")
    matrix = np.eye(4) if light.to_world is None else light.to_world.matrix.copy()
    if light.position is not None:
        matrix[:3, 3] = light.position
    color, scale = builder.emission(light, light.color, light)
    return record_of(layout.POINT, builder, color, scale, matrix)


def _spot(light: d.SpotLight, builder: TableBuilder) -> np.void:
    color, scale = builder.emission(light, light.color, light)
    record = record_of(layout.SPOT, builder, color, scale, light.to_world.matrix)
    beam = 0.75 * light.cutoff_angle if light.beam_width is None else light.beam_width
    if beam > light.cutoff_angle:
        raise d.fail(light, f"beam_width {beam} is wider than cutoff_angle {light.cutoff_angle}")
    cutoff, beam = np.radians(light.cutoff_angle), np.radians(beam)
    record["cutoff"], record["cos_cutoff"], record["cos_beam"] = cutoff, np.cos(cutoff), np.cos(beam)
    record["inv_transition"] = 1.0 / max(cutoff - beam, 1e-6)
    record["tan_cutoff"] = np.tan(cutoff)
    if light.texture is not None:
        record["texture"] = builder.named_texture(light.texture, "reflectance", light)
    return record


def _directional(light: d.DirectionalLight, builder: TableBuilder) -> np.void:
    if light.direction is not None and light.to_world is not None:
        raise d.fail(light, "a directional light has either a direction or a to_world, not both")
    z = np.array([0.0, 0.0, 1.0]) if light.to_world is None else light.to_world.matrix[:3, 2]
    if light.direction is not None:
        z = np.array(light.direction, np.float64)
    length = np.linalg.norm(z)
    if not length > 0.0:
        raise d.fail(light, "the direction of a directional light is zero")
    matrix = np.eye(4)
    z = z / length
    helper = np.eye(3)[np.argmin(np.abs(z))]
    x = np.cross(helper, z)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = x / np.linalg.norm(x), np.cross(z, x / np.linalg.norm(x)), z
    color, scale = builder.emission(light, light.irradiance, light)
    return record_of(layout.DIRECTIONAL, builder, color, scale, matrix)


def _constant(light: d.ConstantLight, builder: TableBuilder) -> np.void:
    color, scale = builder.emission(light, light.radiance, light)
    return record_of(layout.CONSTANT, builder, color, scale)


def _envmap(light: d.EnvironmentMap, builder: TableBuilder) -> np.void:
    pixels = builder.located(load_image, light, Path(light.filename), False)
    linear = light.to_world.matrix[:3, :3]
    if not np.allclose(linear.T @ linear, np.eye(3), atol=1e-3):
        raise d.fail(light, "the to_world of an environment map may only rotate it")
    if len(pixels) == 1:  # a row of its own at each pole
        pixels = np.repeat(pixels, 2, axis=0)
    pixels = np.maximum(pixels, 0.0)
    texels, flags = builder.texels(pixels, light.space, "emission")
    scale = light.scale * light.intensity * 2.0**light.exposure
    record = record_of(layout.ENVMAP, builder, builder.one(), scale, light.to_world.matrix)
    record["is_rgb"] = flags != 0
    if builder.mode == "spectral":  # texels of rgb mode hold the light itself; sigmoids are times D65
        record["texture"] = builder.spectrum(white_spectrum(light.space), "emission")
    record["offset"] = builder.values(np.concatenate([texels, texels[:, :1]], axis=1)) // 4
    pack_grid(record, pixels @ REC709_LUMINANCE, np.pi, builder)
    return record


#: Struct -> record of lights that are no shapes.
PACKERS = {
    d.PointLight: _point,
    d.SpotLight: _spot,
    d.DirectionalLight: _directional,
    d.ConstantLight: _constant,
    d.EnvironmentMap: _envmap,
}


def scene_light(light: d.SceneLight, builder: TableBuilder) -> np.void:
    """The record of a light that is not a shape."""
    return PACKERS[type(light)](light, builder)
