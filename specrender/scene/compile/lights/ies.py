"""ies lights: photometric files on the kernel's even grid of angles."""

from __future__ import annotations

import numpy as np

from specrender.kernel.light import layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.lights.record import record as record_of
from specrender.scene.compile.lights.units import emission
from specrender.scene.compile.scene_spectra import located
from specrender.scene.readers.ies import Photometry, read_ies

#: Steps [deg] tried for a grid that has all angles of a file among its own; the last one is taken in any case.
STEPS = (5.0, 2.5, 1.0, 0.5, 0.25)


def _step(angles) -> float:
    for step in STEPS:
        if np.abs(angles / step - np.round(angles / step)).max() < 1e-6:
            return step
    return STEPS[-1]


def flux_per_peak(photometry: Photometry) -> float:
    """Flux [lm] over peak intensity [cd], by Simpson's rule between the file's angles, where they are linear."""
    phi = photometry.horizontal if len(photometry.horizontal) > 1 else np.array([0.0, 360.0])
    middle = 0.5 * (phi[:-1] + phi[1:])
    total = 0.0
    for low, high in zip(photometry.vertical[:-1], photometry.vertical[1:], strict=True):
        # candelas are linear in theta and phi; the sine is not: nodes enough for it
        nodes, weights = np.polynomial.legendre.leggauss(6)
        theta = 0.5 * (low + high) + 0.5 * (high - low) * nodes
        values = photometry(theta[:, None], middle[None, :]) @ np.radians(np.diff(phi))
        total += float((values * np.sin(np.radians(theta))) @ weights * np.radians(0.5 * (high - low)))
    return total / photometry.peak


def ies_light(light: d.IesLight, builder: TableBuilder) -> np.void:
    """The record of an ies light."""
    photometry = located(read_ies, light, light.filename)
    flux = flux_per_peak(photometry)
    color, scale = emission(light, light.color, {"cd": 1.0 / photometry.peak, "lm": flux, "W": flux}, builder)
    record = record_of(layout.IES, builder, color, scale, light.to_world.matrix)
    theta = np.arange(0.0, 180.0 + 1e-9, _step(photometry.vertical))
    width = 1
    if len(photometry.horizontal) > 1:
        width = round(360.0 / _step(photometry.horizontal))
    phi = np.arange(width + 1) * (360.0 / width)
    values = photometry(theta[:, None], phi[None, :]) / photometry.peak
    record["width"], record["height"], record["theta_max"] = width, len(theta), np.pi
    record["offset"] = builder.values(values)
    return record
