"""Blends and masks against closed forms, among them two that Mitsuba 3.9.1 does not meet."""

import numpy as np
import pytest
from rendering import SIGMAS, moved, narrow_camera, scene

from specrender.driver import new_film, render_film
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

SKY = d.ConstantLight(radiance=1.0)


def luminances(shapes, lights, runs=8, spp=4096):
    """(runs,) Y of one pixel that looks straight at the origin from z = 3."""
    found = []
    for seed in range(runs):
        description = scene(shapes, lights, narrow_camera((0.0, 0.0, 3.0), (0.0, 0.0, 0.0)))
        tables = compile_scene(description, "spectral", seed=seed)
        picture = new_film(tables)
        assert render_film(tables, picture, spp).non_finite == 0
        found.append(picture.mean_xyz()[0, 0, 1])
    return np.array(found)


def assert_share(found, reference, expected):
    """The mean over the mean of a reference is as expected."""
    share = found.mean() / reference.mean()
    error = share * np.hypot(*(a.std(ddof=1) / np.sqrt(len(a)) / a.mean() for a in (found, reference)))
    assert error < 0.003
    assert abs(share - expected) < SIGMAS * error + 1e-6


@pytest.mark.parametrize("clear", [d.ThinDielectric(), d.Null()])
def test_blend_of_what_is_clear_and_what_is_matt(clear):
    """Thin glass reflects and lets through all light, so that under an even sky it shows the sky's radiance."""
    blend = d.BlendBsdf(first=clear, second=d.Diffuse(reflectance=0.6), weight=0.45)
    plane = d.Rectangle(to_world=moved(scale=2.0), material=blend)
    assert_share(luminances([plane], [SKY]), luminances([], [SKY]), 0.55 + 0.45 * 0.6)


@pytest.mark.parametrize("opacity", [0.3, 0.6, 1.0])
def test_masked_floor_under_a_point(opacity):
    """Radiance opacity * reflectance * intensity / (pi distance^2); relative to an area light of radiance 1."""
    masked = d.Mask(material=d.Diffuse(reflectance=0.5), opacity=opacity)
    floor = d.Rectangle(to_world=moved(scale=2.0), material=masked)
    lamp = d.PointLight(position=(0.0, 0.0, 2.0), intensity=3.0)
    assert_share(luminances([floor], [lamp]), luminances([], [SKY]), opacity * 0.5 * 3.0 / (np.pi * 4.0))
