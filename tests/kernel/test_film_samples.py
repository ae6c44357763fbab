"""Film positions, wavelengths and the way from radiance to XYZ and bins, on grids of random numbers."""

import numpy as np
import pytest

from specrender.color import xyz_to_rgb
from specrender.kernel.film import add_to_bins, sample_filter, sample_wavelengths, to_xyz
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, lane, vec4
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.optics import filter_function
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL, cmf, visible


@kernel(entry=True)
def _filters(tables, u, out):
    for i in range(u.shape[0]):
        out[i, 0], out[i, 1] = sample_filter(tables, u[i])


@kernel(entry=True)
def _wavelengths(tables, u, wavelengths, inverse_pdf, xyz):
    for i in range(u.shape[0]):
        nm, weight = sample_wavelengths(tables, u[i])
        value = to_xyz(tables, vec4(f32(1.0), f32(1.0), f32(1.0), f32(1.0)), nm, weight)
        for k in range(4):
            wavelengths[i, k], inverse_pdf[i, k] = lane(nm, k), lane(weight, k)
            if k < 3:
                xyz[i, k] = lane(value, k)


@kernel(entry=True)
def _bins(tables, radiance, nm, bins, total):
    spectrum = vec4(radiance[0], radiance[1], radiance[2], radiance[3])
    add_to_bins(tables, spectrum, vec4(nm[0], nm[1], nm[2], nm[3]), vec4(f32(2.0), f32(2.0), f32(2.0), f32(4.0)),
                bins, total, 0, 0)  # fmt: skip


FILTERS = {
    "box": d.BoxFilter(),
    "wide box": d.BoxFilter(radius=1.5),
    "tent": d.TentFilter(),
    "gaussian": d.GaussianFilter(),
    "wide gaussian": d.GaussianFilter(stddev=0.9),
    "mitchell": d.MitchellFilter(),
    "catmullrom": d.CatmullRomFilter(),
    "lanczos": d.LanczosFilter(),
    "lanczos 2": d.LanczosFilter(lobes=2),
}


def tables_of(mode="spectral", **fields):
    return compile_scene(d.Scene(**fields), mode).tables


def grid(n):
    return ((np.arange(n) + 0.5) / n).astype(np.float32)


@pytest.mark.parametrize("name", FILTERS)
def test_filter_weights_have_mean_one(name):
    u, out = grid(2**18), np.zeros((2**18, 2), np.float32)
    _filters(tables_of(film=d.HdrFilm(rfilter=FILTERS[name])), u, out)
    assert np.isclose(out[:, 1].mean(dtype=np.float64), 1.0, atol=1e-5)
    assert np.isclose(np.mean(out[:, 0] * out[:, 1], dtype=np.float64), 0.0, atol=1e-3)


@pytest.mark.parametrize("name", FILTERS)
def test_step_edge(name):
    """The image of a step is the running integral of the filter, at every distance of the edge, over- and undershoots
    too."""
    u, out = grid(2**18), np.zeros((2**18, 2), np.float32)
    _filters(tables_of(film=d.HdrFilm(rfilter=FILTERS[name])), u, out)
    function, radius = filter_function(FILTERS[name])
    x = np.linspace(-radius, radius, 20_001)
    running = np.concatenate([[0.0], np.cumsum(function(np.abs(0.5 * (x[1:] + x[:-1]))))])
    running /= running[-1]
    assert np.abs(out[:, 0]).max() <= radius * (1.0 + 1e-6)
    for edge in np.linspace(-radius, radius, 31):
        image = np.mean(np.where(out[:, 0] < edge, out[:, 1], 0.0), dtype=np.float64)
        assert abs(image - np.interp(edge, x, running)) < 2e-3


def test_shapes_of_the_filters():
    """Known values: Mitchell's for B = C = 1/3, Catmull-Rom and Lanczos interpolate, the Gaussian ends at 0."""
    mitchell, _ = filter_function(d.MitchellFilter())
    assert np.allclose(mitchell(np.array([0.0, 1.0, 2.0, 1.5])), [16 / 18, 1 / 18, 0.0, -0.0347222], atol=1e-6)
    for rfilter in (d.CatmullRomFilter(), d.LanczosFilter()):
        function, radius = filter_function(rfilter)
        at = np.arange(0.0, radius + 0.5)
        assert np.allclose(function(at), at == 0.0, atol=1e-12)
    gaussian, radius = filter_function(d.GaussianFilter(stddev=0.5))
    assert radius == 2.0
    assert gaussian(np.array([2.0]))[0] == 0.0
    assert np.isclose(gaussian(np.array([0.5]))[0], np.exp(-0.5) - np.exp(-8.0))


# ---------------------------------------------------------------- wavelengths


def drawn(n=2**14, **fields):
    u = grid(n)
    nm, weight, xyz = np.zeros((n, 4), np.float32), np.zeros((n, 4), np.float32), np.zeros((n, 3), np.float32)
    _wavelengths(tables_of(**fields), u, nm, weight, xyz)
    return nm.astype(np.float64), weight.astype(np.float64), xyz.astype(np.float64)


@pytest.mark.parametrize(("low", "high"), [(360.0, 830.0), (300.0, 1000.0), (500.0, 560.0), (850.0, 1100.0)])
def test_wavelength_density_integrates(low, high):
    """E[1 / pdf] is the length of the range in each lane, and E[f / pdf] the integral of f."""
    nm, weight, _ = drawn(wavelengths=d.WavelengthRange(lambda_min=low, lambda_max=high))
    assert nm.min() >= low - 1e-3
    assert nm.max() <= high + 1e-3
    assert np.allclose(weight.mean(axis=0), high - low, rtol=1e-3)
    phase = 2.0 * np.pi / (high - low)
    integral = np.mean((2.0 + np.sin(phase * (nm - low))) * weight, axis=0)
    assert np.allclose(integral, 2.0 * (high - low), rtol=1e-3)
    assert weight.max() < 30.0 * (high - low)  # no wavelength is starved


def test_lanes_are_a_quarter_of_the_cdf_apart():
    nm, _, _ = drawn()
    quarter = len(nm) // 4
    for k in range(1, 4):
        assert np.allclose(np.roll(nm[:, 0], -k * quarter), nm[:, k], atol=1e-3)


def test_flat_spectrum():
    """XYZ of 1 at all wavelengths are the sums of the CMFs, with little noise: Y deviates by a few per cent, as it does
    with a density near the observer's response, and red and blue do not pay for it."""
    _, _, xyz = drawn()
    expected = cmf().sum(axis=0) / CIE_Y_INTEGRAL
    assert np.allclose(xyz.mean(axis=0), expected, rtol=5e-4)
    deviation = xyz.std(axis=0)
    assert deviation[1] < 0.04  # 0.031 for sech^2 alone, 0.124 for uniform wavelengths
    assert deviation[0] < 0.08
    assert deviation[2] < 0.25
    rgb = xyz @ xyz_to_rgb("srgb").T
    assert np.all(rgb.std(axis=0) < [0.2, 0.15, 0.25])


def test_monochromatic_response():
    """A lane adds its colour matching functions, linear between the 1 nm samples."""
    nm, weight, _ = drawn(n=64)
    out = np.zeros((64, 3), np.float32)
    _wavelengths(tables_of(), grid(64), np.zeros((64, 4), np.float32), np.zeros((64, 4), np.float32), out)
    lanes = np.stack([np.interp(nm, visible(), cmf()[:, k]) for k in range(3)], axis=-1)
    assert np.allclose(out, (lanes * weight[..., None]).sum(axis=1) / 4.0 / CIE_Y_INTEGRAL, rtol=1e-4, atol=1e-5)


def test_rgb_mode_has_no_wavelengths():
    nm, weight, xyz = drawn(n=8, mode="rgb")
    assert np.all(nm == 0.0)
    assert np.all(weight == 1.0)
    assert np.allclose(xyz, [0.95046, 1.0, 1.08906], atol=2e-4)


def test_bins_take_lanes_by_wavelength():
    """Each lane goes to its bin with weight 1 / (4 pdf width); what lies outside is in neither bins nor integral."""
    film = d.HdrFilm(spectral_bins=d.SpectralBins(count=4, lambda_min=400.0, lambda_max=600.0))
    bins, total = np.zeros((1, 1, 4)), np.zeros((1, 1))
    radiance, nm = np.array([1.0, 3.0, 5.0, 7.0], np.float32), np.array([399.9, 400.1, 599.9, 512.0], np.float32)
    _bins(tables_of(film=film), radiance, nm, bins, total)
    amounts = np.array([3.0 * 2.0, 0.0, 7.0 * 4.0, 5.0 * 2.0]) * 0.25
    assert np.allclose(bins[0, 0], amounts / 50.0)
    assert np.isclose(total[0, 0], amounts.sum())
