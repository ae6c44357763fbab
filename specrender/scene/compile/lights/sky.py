"""sunsky lights: the model's spectra, and a grid that the sky is sampled by."""

from __future__ import annotations

import math

import numpy as np

from specrender.kernel.light import layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.lights.grid import pack_grid, sphere_mean
from specrender.scene.compile.lights.record import record as record_of
from specrender.scene.compile.projection import project
from specrender.spectra import sky
from specrender.spectra.spectrum import Tabulated, integrate_xyz

#: Points of the grid by which the sky is sampled: a degree and a half.
ROWS, COLUMNS = 64, 256

#: From the kernel's frame, +y up, to the light's, +z up.
TURN = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float64)

#: Neither sun nor sky gets less of the samples than this, if it shines.
LEAST_SHARE = 0.1


def sun_direction(light: d.SunSky) -> np.ndarray:
    """(3,) unit vector to the sun in the light's frame, +z up."""
    if light.sun_direction is not None:
        local = np.linalg.inv(light.to_world.matrix[:3, :3]) @ np.array(light.sun_direction, np.float64)
        return local / np.linalg.norm(local)
    place_and_time = dict(sky.DEFAULT_PLACE_AND_TIME)
    for name in place_and_time:
        if getattr(light, name) is not None:
            place_and_time[name] = getattr(light, name)
    zenith, azimuth = sky.sun_angles(**place_and_time)
    return np.array([math.sin(zenith) * math.cos(azimuth), math.sin(zenith) * math.sin(azimuth), math.cos(zenith)])


def sunsky(light: d.SunSky, builder: TableBuilder) -> np.void:
    """The record of a sunsky light."""
    if not np.allclose(light.to_world.matrix[:3, :3].T @ light.to_world.matrix[:3, :3], np.eye(3), atol=1e-3):
        raise d.fail(light, "the to_world of a sunsky light may only rotate it")
    sun = sun_direction(light)
    elevation = math.asin(min(max(sun[2], -1.0), 1.0))
    if elevation < 0.0:
        degrees = -math.degrees(elevation)
        raise d.fail(light, f"the sun is {degrees:.1f} degrees below the horizon, where the sky model ends")
    albedo = builder.host_spectrum(light.albedo, "reflectance", light)(sky.WAVELENGTHS_NM)
    parameters, radiance = sky.sky_parameters(light.turbidity, albedo, elevation)
    radiance = radiance * light.sky_scale
    cap = 1.0 - math.cos(math.radians(0.5 * light.sun_aperture))
    # a larger disk has the same irradiance
    disk = sky.sun_radiance(light.turbidity, elevation) * light.sun_scale
    disk *= (1.0 - math.cos(sky.SUN_HALF_APERTURE)) / cap

    record = record_of(layout.SUNSKY, builder, builder.one(), light.intensity * 2.0**light.exposure)
    record["transform"] = builder.transform(light.to_world.matrix @ TURN)
    hats = [_hat(k) for k in range(len(sky.WAVELENGTHS_NM))]
    table = np.zeros((23, 12))
    table[:9, :11], table[9, :11], table[10, :11] = parameters.T, radiance, disk
    if builder.mode == "rgb":
        record["is_rgb"] = 1
        columns = np.zeros((12, 4))
        columns[:11, :3] = [project(hat, "emission", builder.rgb_space) for hat in hats]
        table[11:15] = columns.reshape(4, 12)
    record["offset"] = builder.values(table) // 4

    record["sun_x"], record["sun_y"], record["sun_z"] = np.linalg.inv(TURN)[:3, :3] @ sun
    brightness = np.array([integrate_xyz(hat)[1] for hat in hats])
    u, v = (np.arange(COLUMNS) + 0.5) / COLUMNS, np.arange(ROWS) / (ROWS - 1)
    phi, theta = 2.0 * np.pi * u[None, :], 0.5 * np.pi * v[:, None]
    towards = np.stack(np.broadcast_arrays(np.sin(phi) * np.sin(theta), np.cos(theta), -np.cos(phi) * np.sin(theta)))
    cosine = np.tensordot([record["sun_x"], record["sun_y"], record["sun_z"]], towards, axes=1)
    values = sky.sky_radiance(parameters, radiance, towards[1].clip(0.0), np.arccos(cosine.clip(-1.0, 1.0)))
    from_sky = pack_grid(record, values @ brightness, 0.5 * np.pi, builder)
    from_sun = 2.0 * np.pi * cap * float(disk @ brightness)
    record["color"] = builder.scalar(sphere_mean(values @ brightness, 0.5 * np.pi) + from_sun / (4.0 * np.pi))
    if from_sun > 0.0:
        record["sun_cap"] = cap
        share = from_sun / (from_sun + from_sky)
        record["sun_share"] = min(max(share, LEAST_SHARE), 1.0 - LEAST_SHARE) if from_sky > 0.0 else 1.0
    return record


def _hat(k: int) -> Tabulated:
    """What one wavelength of the model adds: 1 there, 0 at its neighbours, linear in between."""
    grid = sky.WAVELENGTHS_NM
    values = np.zeros(len(grid))
    values[k] = 1.0
    return Tabulated(grid, values)
