"""What mirrors of coats and glass show of lamps and environment: counted once, and with little noise."""

import numpy as np
import pytest
from image_files import write_image
from rendering import film, look_at, moved, scene

from specrender.driver import new_film, render_film
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

GLASS = d.Dielectric(int_ior=1.5)
COAT = d.Plastic(diffuse_reflectance=0.6)
WINDOW = d.Rectangle(
    to_world=moved(-2.0, 2.5, 0.5, (0.5, 0.5, 1.0), (1.0, 0.4, 0.0), 120.0), emitter=d.AreaLight(radiance=30.0)
)
VEIL = d.Rectangle(
    to_world=moved(0.5, 1.5, 1.5, (1.0, 1.0, 1.0), (1.0, 0.0, 0.0), 70.0),
    material=d.Mask(material=d.Diffuse(reflectance=0.3), opacity=0.4),
)
FLOOR = d.Rectangle(
    to_world=moved(0.0, -1.0, 0.0, 4.0, (1.0, 0.0, 0.0), -90.0), material=d.TwoSided(material=d.Plastic())
)
CAMERA = d.Perspective(to_world=look_at((0.0, 1.0, 6.0), (0.0, 0.0, 0.0)), fov=30.0)
BALLS = {
    "plastic": COAT,
    "glass": GLASS,
    "dispersive glass": d.Dielectric(int_ior="SF10"),
    "thin glass": d.ThinDielectric(),
    "masked plastic": d.Mask(material=COAT, opacity=0.7),
    "blend": d.BlendBsdf(first=COAT, second=d.RoughConductor(alpha=0.3), weight=0.5),
    "metal": d.Conductor(material="Cu"),
}


@pytest.fixture
def sky(tmp_path):
    """A map with a bright patch."""
    pixels = np.full((16, 32, 3), 0.3, np.float32)
    pixels[3:5, 6:9] = 20.0
    name = str(tmp_path / "sky.exr")
    write_image(name, pixels)
    return d.EnvironmentMap(filename=name)


def runs_of(description, with_mirrors, runs, spp):
    """(runs, h, w) Y of independent pictures."""
    result = []
    for k in range(runs):
        tables = compile_scene(description, "spectral", seed=2 * k + with_mirrors)
        if not with_mirrors:
            bsdfs = tables.tables.arrays["bsdfs"].copy()
            bsdfs["has_mirror"] = 0
            tables.tables = tables.tables.replaced(bsdfs=bsdfs)
        picture = new_film(tables)
        assert render_film(tables, picture, spp).non_finite == 0
        result.append(picture.mean_xyz()[..., 1])
    return np.array(result)


@pytest.mark.parametrize("max_depth", [2, 3, -1])
@pytest.mark.parametrize("ball", BALLS)
def test_nothing_is_counted_twice_or_left_out(ball, max_depth, sky):
    description = scene(
        [d.Sphere(radius=0.9, material=BALLS[ball]), WINDOW, VEIL, FLOOR], [sky], CAMERA,
        d.PathIntegrator(max_depth=max_depth), film=film(16),
    )  # fmt: skip
    (a, b) = (runs_of(description, with_mirrors, 16, 256) for with_mirrors in (True, False))
    totals = [r.mean(axis=(1, 2)) for r in (a, b)]
    error = np.hypot(*(t.std(ddof=1) / 4.0 for t in totals))
    assert abs(totals[0].mean() - totals[1].mean()) < 4.0 * error
    assert error < 0.01 * totals[1].mean()


def test_noise_of_reflections(sky):
    """A coated ball under a bright window: a fraction of the variance."""
    description = scene([d.Sphere(radius=0.9, material=COAT)], [sky], CAMERA, d.PathIntegrator(max_depth=3),
                        d.SobolSampler(), film=film(24))  # fmt: skip
    variances = [runs_of(description, w, 8, 64).var(axis=0, ddof=1).mean() for w in (True, False)]
    assert variances[0] < 0.6 * variances[1]
