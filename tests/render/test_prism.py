"""A white slit through a prism: where each wavelength lands, and that bins, radiance and XYZ of the film agree."""

from itertools import pairwise

import numpy as np
import pytest
from rendering import film, rendered, scene

from specrender.scene import description as d
from specrender.spectra import catalogue
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL, cmf, visible

#: SCHOTT's Sellmeier coefficients of SF11 [um^2].
SF11 = [1.73848403, 0.311168974, 1.17490871, 0.0136068604, 0.0615960463, 121.922711]

APEX, INCIDENCE = np.radians(60.0), np.radians(62.0)
WIDTH, FOV = 320, np.radians(12.0)
SLIT_DISTANCE = 1e4  # prism sizes: all of the prism sees the slit in one direction to 1e-4 rad, 0.15 pixels


def index(nm):
    l2 = (np.asarray(nm) * 1e-3) ** 2
    b, c = np.array(SF11[:3]), np.array(SF11[3:])
    return np.sqrt(1.0 + sum(bi * l2 / (l2 - ci) for bi, ci in zip(b, c, strict=True)))


def deviation(nm):
    """Angle between the light before and after the prism [rad], by Snell's law at both faces."""
    n = index(nm)
    inside = np.arcsin(np.sin(INCIDENCE) / n)
    return INCIDENCE - APEX + np.arcsin(n * np.sin(APEX - inside))


MIDDLE = 0.5 * (deviation(420.0) + deviation(680.0))


def pixel_of(nm):
    """Column [pixels, from the left edge of the image] of a wavelength."""
    # light runs along +x and is turned by -deviation about z; the camera looks against it, its left is at +x
    off_axis = MIDDLE - deviation(nm)
    return WIDTH * 0.5 * (1.0 - np.tan(off_axis) / np.tan(0.5 * FOV))


def prism():
    """Equilateral prism along z, entrance face met under INCIDENCE by light along +x, apex at the top."""
    corners = np.radians([90.0, 210.0, 330.0]) + np.radians(30.0) - INCIDENCE
    outline = np.stack([np.cos(corners), np.sin(corners)], axis=1)
    vertices = [(*p, z) for z in (-0.5, 0.5) for p in outline]
    faces = [(0, 2, 1), (3, 4, 5)]
    for i in range(3):
        j = (i + 1) % 3
        faces += [(i, j, 3 + j), (i, 3 + j, 3 + i)]
    glass = d.Dielectric(int_ior=d.IorSpec(sellmeier=SF11), ext_ior=1.0)
    return d.TriangleMesh(vertices=np.array(vertices), faces=np.array(faces), material=glass), outline


@pytest.fixture(scope="module")
def spectrum():
    """The film of the slit's spectrum, 1 nm bins."""
    glass, outline = prism()
    exit_face = 0.5 * (outline[0] + outline[2])
    out = np.array([np.cos(MIDDLE), -np.sin(MIDDLE)])
    place = np.array([*(exit_face + 1.5 * out), 0.0])
    camera = np.eye(4)
    camera[:3, 2] = -out[0], -out[1], 0.0
    camera[:3, 1] = 0.0, 0.0, 1.0
    camera[:3, 0] = np.cross(camera[:3, 1], camera[:3, 2])
    camera[:3, 3] = place
    half = 0.3 * FOV / WIDTH * SLIT_DISTANCE  # 0.6 pixels wide
    slit = np.eye(4)
    slit[:3, :3] = np.array([[0.0, 0.0, 1.0], [half, 0.0, 0.0], [0.0, 100.0, 0.0]])
    slit[0, 3] = -SLIT_DISTANCE
    light = d.Rectangle(to_world=d.Transform(slit), emitter=d.AreaLight(radiance=1.0))
    description = scene(
        [glass, light],
        camera=d.Perspective(to_world=d.Transform(camera), fov=float(np.degrees(FOV)), far_clip=1e6),
        integrator=d.PathIntegrator(max_depth=3),
        film=film(WIDTH, 1, spectral_bins=d.SpectralBins(width=1.0)),
    )
    return rendered(description, 40_000, threads=2)


def test_figures_are_the_catalogues():
    assert abs(index(587.5618) - 1.78472) < 5e-6  # n_d of the data sheet
    nm = np.array([420.0, 550.0, 680.0])
    assert np.allclose(catalogue.glass("SF11")(nm), index(nm), atol=1e-6)


def test_spans_enough_pixels():
    assert abs(pixel_of(680.0) - pixel_of(420.0)) >= 200.0


def test_each_wavelength_lands_where_snell_puts_it(spectrum):
    per_nm = spectrum.bins[0]  # (columns, bins)
    columns = np.arange(WIDTH) + 0.5
    edges = np.arange(420.0, 680.0, 5.0)
    off, hits = [], []
    for start in edges:
        first = int(start - 360.0)
        energy = per_nm[:, first : first + 5]
        # what the slit's light in this bin weighs at each nm, so that the expected place is of the same light
        expected = np.average(pixel_of(start + 0.5 + np.arange(5)), weights=energy.sum(axis=0))
        off.append(np.average(columns, weights=energy.sum(axis=1)) - expected)
        hits.append(np.count_nonzero(energy))
    assert np.abs(off).max() < 1.0, off
    # the noise of a centroid is a fraction of this, a wrong index or a lane that should be dead shows in all bins
    assert np.abs(np.mean(off)) < 0.3
    assert min(hits) > 0


def test_no_light_lands_elsewhere(spectrum):
    """Light of a wavelength lies within its slit's image: dead lanes would smear it over the whole image."""
    per_nm = spectrum.bins[0]
    nm = 360.5 + np.arange(470)
    columns = np.arange(WIDTH) + 0.5
    seen = (pixel_of(nm) > 5) & (pixel_of(nm) < WIDTH - 5)
    far = np.abs(columns[:, None] - pixel_of(nm)[None, :]) > 4.0
    assert per_nm[:, seen][far[:, seen]].sum() <= 1e-6 * per_nm[:, seen].sum()


def test_bins_sum_to_the_radiance(spectrum):
    total = spectrum.bins.sum(axis=2) * 1.0
    assert spectrum.radiance.sum() > 0
    assert np.allclose(total, spectrum.radiance, rtol=1e-5, atol=0)


def test_xyz_of_the_bins_is_the_films(spectrum):
    centres = np.stack([np.interp(360.5 + np.arange(470), visible(), cmf()[:, k]) for k in range(3)], axis=1)
    from_bins = spectrum.bins.sum(axis=(0, 1)) @ centres / CIE_Y_INTEGRAL
    assert np.allclose(from_bins, spectrum.xyz.sum(axis=(0, 1)), rtol=2e-3)


def test_bins_hold_the_known_radiance():
    """Seen without a prism, each bin has the emitted radiance, at any bin width; in agreement with the integral."""
    emitter = d.AreaLight(radiance=d.SpectrumSpec(blackbody=5000.0), normalize=False)
    wall = d.Rectangle(to_world=d.Transform(np.diag([10.0, 10.0, -1.0, 1.0])), emitter=emitter)
    camera = np.eye(4)
    camera[2, 3] = -1.0
    for bins in (d.SpectralBins(width=10.0), d.SpectralBins(count=7, lambda_min=400.0, lambda_max=700.0)):
        description = scene(
            [wall],
            camera=d.Perspective(to_world=d.Transform(camera)),
            sampler=d.SobolSampler(),
            film=film(4, spectral_bins=bins),
        )
        result = rendered(description, 16384)
        edges = result.bin_edges_nm
        emitted = catalogue_blackbody(5000.0, edges)
        found = result.spectral_radiance().mean(axis=(0, 1))
        assert np.allclose(found, emitted, rtol=0.01)
        assert np.isclose(result.mean_radiance().mean(), (emitted * np.diff(edges)).sum(), rtol=2e-3)


def catalogue_blackbody(temperature_k, edges_nm):
    """Mean of Planck's law over each bin."""
    means = []
    for low, high in pairwise(edges_nm):
        metres = np.linspace(low, high, 201) * 1e-9
        planck = 1.191042972e-16 * metres**-5 / np.expm1(1.438776877e-2 / (metres * temperature_k)) * 1e-9
        means.append(np.trapezoid(planck, metres) / (metres[-1] - metres[0]))
    return np.array(means)
