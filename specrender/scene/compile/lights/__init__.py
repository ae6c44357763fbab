"""Lights of the scene to records of the kernel; `choice.py` says how one of them is chosen."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from specrender.errors import SpecrenderWarning
from specrender.kernel.light import layout
from specrender.kernel.shape.layout import CYLINDER, FLIP, SPHERE
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.cameras import horizontal_fov
from specrender.scene.compile.images import REC709_LUMINANCE, load_image
from specrender.scene.compile.lights.grid import pack_grid, sphere_mean
from specrender.scene.compile.lights.ies import ies_light
from specrender.scene.compile.lights.record import record as record_of
from specrender.scene.compile.lights.sky import sunsky
from specrender.scene.compile.lights.units import (
    PHOTOMETRIC_PER_Y,
    area_units,
    emission,
    spot_solid_angle,
)
from specrender.scene.compile.scene_spectra import located
from specrender.spectra.uplift import white_spectrum


def shape_light(light: d.Emitter, shape_index: int, shape: np.void, builder: TableBuilder) -> np.void:
    """The record of what a shape emits; `shape` is the kernel's record of it."""
    area = float(shape["area"])
    is_beam = isinstance(light, d.DirectionalAreaLight)
    if is_beam and shape["flags"] & FLIP and shape["kind"] in (SPHERE, CYLINDER):
        raise d.fail(light, "a directionalarea light on the inside of a sphere or cylinder is not supported")
    per_unit = area_units(area, "lx") if is_beam else area_units(np.pi * area, "cd/m2")
    color, scale = emission(light, light.radiance, per_unit, builder)
    record = record_of(layout.BEAM if is_beam else layout.AREA, builder, color, scale)
    record["shape"] = shape_index
    return record


def _point(light: d.PointLight, builder: TableBuilder) -> np.void:
    if light.position is not None and light.to_world is not None:
        raise d.fail(light, "a point light has either a position or a to_world, not both")
    matrix = np.eye(4) if light.to_world is None else light.to_world.matrix.copy()
    if light.position is not None:
        matrix[:3, 3] = light.position
    color, scale = emission(light, light.color, {"cd": 1.0, "lm": 4.0 * np.pi, "W": 4.0 * np.pi}, builder)
    return record_of(layout.POINT, builder, color, scale, matrix)


def _spot(light: d.SpotLight, builder: TableBuilder) -> np.void:
    beam = 0.75 * light.cutoff_angle if light.beam_width is None else light.beam_width
    if beam > light.cutoff_angle:
        raise d.fail(light, f"beam_width {beam} is wider than cutoff_angle {light.cutoff_angle}")
    cutoff, beam = np.radians(light.cutoff_angle), np.radians(beam)
    flux = spot_solid_angle(cutoff, beam)
    color, scale = emission(light, light.color, {"cd": 1.0, "lm": flux, "W": flux}, builder)
    record = record_of(layout.SPOT, builder, color, scale, light.to_world.matrix)
    record["cutoff"], record["cos_cutoff"], record["cos_beam"] = cutoff, np.cos(cutoff), np.cos(beam)
    record["inv_transition"] = 1.0 / max(cutoff - beam, 1e-6)
    record["tan_cutoff"] = np.tan(cutoff)
    if light.texture is not None:
        record["texture"] = builder.named_texture(light.texture, "reflectance", light)
    return record


def _projector(light: d.Projector, builder: TableBuilder) -> np.void:
    color, _ = builder.emission(light, light.irradiance, light)
    texture = builder.textures[color]
    has_image = texture["width"] > 0 and texture["height"] > 0
    aspect = float(texture["width"]) / float(texture["height"]) if has_image else 1.0
    tan_x = np.tan(0.5 * horizontal_fov(light, aspect))
    tan_y = tan_x / aspect
    # what is said of the picture, a plane at distance 1 gets pi times
    flux = np.pi * 4.0 * tan_x * tan_y
    color, scale = emission(light, light.irradiance, {"lx": np.pi, "lm": flux}, builder)
    record = record_of(layout.PROJECTOR, builder, color, scale * light.scale, light.to_world.matrix)
    record["tan_x"], record["tan_y"] = tan_x, tan_y
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
    color, scale = emission(light, light.irradiance, {"lx": 1.0}, builder)
    return record_of(layout.DIRECTIONAL, builder, color, scale, matrix)


def _constant(light: d.ConstantLight, builder: TableBuilder) -> np.void:
    # on a surface that sees all of one side
    color, scale = emission(light, light.radiance, {"cd/m2": 1.0, "lx": np.pi}, builder)
    return record_of(layout.CONSTANT, builder, color, scale)


def _envmap(light: d.EnvironmentMap, builder: TableBuilder) -> np.void:
    pixels = located(load_image, light, Path(light.filename), False)
    linear = light.to_world.matrix[:3, :3]
    if not np.allclose(linear.T @ linear, np.eye(3), atol=1e-3):
        raise d.fail(light, "the to_world of an environment map may only rotate it")
    _note_dark_texels(light, pixels)
    if max(pixels.shape[:2]) >= layout.MOST_POINTS:
        raise d.fail(light, f"'{light.filename}' is wider or higher than {layout.MOST_POINTS - 1} pixels")
    if len(pixels) == 1:  # a row of its own at each pole
        pixels = np.repeat(pixels, 2, axis=0)
    pixels = np.maximum(pixels, 0.0)
    texels, flags = builder.texels(pixels, light.space, "emission")
    scale = light.scale * light.intensity * 2.0**light.exposure
    if light.units == "cd/m2":
        scale /= PHOTOMETRIC_PER_Y
    brightness = pixels @ REC709_LUMINANCE
    record = record_of(layout.ENVMAP, builder, builder.scalar(sphere_mean(brightness)), scale, light.to_world.matrix)
    record["is_rgb"] = flags != 0
    if builder.mode == "spectral":  # texels of rgb mode hold the light itself; sigmoids are times D65
        record["texture"] = builder.spectrum(white_spectrum(light.space), "emission")
    pack_grid(record, brightness, np.pi, builder, texels)
    return record


def _note_dark_texels(light: d.EnvironmentMap, pixels: np.ndarray) -> None:
    """Say what is likely an oversight, and lights less than one may think."""
    place = d.where(light) or "environment map"
    negative = int(np.count_nonzero((pixels < 0.0).any(axis=2)))
    if negative:
        count = f"{negative} of the {pixels.shape[0] * pixels.shape[1]} texels"
        message = f"{place}: {count} of '{light.filename}' have negative values, which are taken as 0"
        warnings.warn(message, SpecrenderWarning, stacklevel=2)
    if not (pixels > 0.0).any():
        message = f"{place}: no texel of '{light.filename}' is above 0; the environment map gives no light"
        warnings.warn(message, SpecrenderWarning, stacklevel=2)


#: Struct -> record of lights that are no shapes.
PACKERS = {
    d.PointLight: _point,
    d.SpotLight: _spot,
    d.DirectionalLight: _directional,
    d.ConstantLight: _constant,
    d.EnvironmentMap: _envmap,
    d.Projector: _projector,
    d.IesLight: ies_light,
    d.SunSky: sunsky,
}


def scene_light(light: d.SceneLight, builder: TableBuilder) -> np.void:
    """The record of a light that is not a shape."""
    return PACKERS[type(light)](light, builder)
