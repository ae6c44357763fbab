"""Textures and tabulated spectra against twins in NumPy."""

import numpy as np
import pytest
from image_files import write_image

from specrender.kernel.jit import kernel
from specrender.kernel.settings import LAYOUT
from specrender.kernel.simd import f32, lane, vec4
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import Tables
from specrender.kernel.texture import evaluate, evaluate_scalar, layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Blackbody, Tabulated
from specrender.spectra.uplift import uplift_emission, uplift_reflectance

HEIGHT, WIDTH = 4, 5
NM = np.array([412.3, 500.0, 587.75, 701.1], np.float32)


@kernel(entry=True)
def _evaluate(tables, texture, uv, nm, colours, scalars):
    wavelengths = vec4(nm[0], nm[1], nm[2], nm[3])
    for i in range(uv.shape[0]):
        surface = surface_point(vec4(uv[i, 0], uv[i, 1], f32(0.0), f32(0.0)), np.int32(0))
        if scalars.shape[0] > 0:
            scalars[i] = evaluate_scalar(tables, texture, surface)
        else:
            value = evaluate(tables, texture, surface, wavelengths)
            for k in range(4):
                colours[i, k] = lane(value, k)


class Textures:
    """One builder and what it made, evaluated by id."""

    def __init__(self, textures=None, mode="spectral", space="srgb"):
        self.builder = TableBuilder(d.Scene(textures=textures or {}), mode, space, (360.0, 830.0))

    def __call__(self, texture, uv=((0.0, 0.0),), nm=NM, scalar=False):
        arrays = {
            "textures": np.array(self.builder.textures, layout.DTYPE),
            "values": self.builder.pooled_values(),
        }
        uv = np.ascontiguousarray(uv, np.float32).reshape(-1, 2)
        colours, scalars = np.zeros((len(uv), 4), np.float32), np.zeros(len(uv) if scalar else 0, np.float32)
        _evaluate(Tables(LAYOUT, arrays), np.int32(texture), uv, np.asarray(nm, np.float32), colours, scalars)
        return scalars if scalar else colours


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(2).uniform(0.05, 0.95, (HEIGHT, WIDTH, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def path(pixels, tmp_path_factory):
    return write_image(tmp_path_factory.mktemp("textures") / "image.exr", pixels)


def wrapped(i, size, mode):
    if mode == "clamp":
        return np.clip(i, 0, size - 1)
    tile, inside = np.divmod(i, size)
    return np.where((tile % 2 == 1) & (mode == "mirror"), size - 1 - inside, inside)


def lookup(image, uv, filter_type, wrap_mode):
    """The twin: (n, ...) values of (h, w, ...) texels; v = 0 is the first row."""
    x, y = np.asarray(uv, np.float32).astype(np.float64).T * [[WIDTH], [HEIGHT]]
    if filter_type == "nearest":
        row, column = np.floor(y).astype(int), np.floor(x).astype(int)
        return image[wrapped(row, HEIGHT, wrap_mode), wrapped(column, WIDTH, wrap_mode)]
    x, y = x - 0.5, y - 0.5
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    result = 0.0
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = np.where(dx, x - x0, 1 - (x - x0)) * np.where(dy, y - y0, 1 - (y - y0))
        texels = image[wrapped(y0 + dy, HEIGHT, wrap_mode), wrapped(x0 + dx, WIDTH, wrap_mode)]
        result = result + texels * weight.reshape(-1, *[1] * (texels.ndim - 1))
    return result


def coordinates(filter_type, scale=1.0):
    uv = np.random.default_rng(4).uniform(-3.0, 3.0, (500, 2)) * scale
    if filter_type == "nearest":  # away from the edges, where float32 may round either way
        size = np.array([WIDTH, HEIGHT])
        uv = uv[np.all(np.abs((uv * size) % 1.0 - 0.5) < 0.49, axis=1)]
    return uv


@pytest.mark.parametrize("wrap_mode", ["repeat", "mirror", "clamp"])
@pytest.mark.parametrize("filter_type", ["bilinear", "nearest"])
def test_bitmap(path, pixels, filter_type, wrap_mode):
    """Colours in rgb mode and scalars, from three repeats below 0 to three above."""
    bitmap = d.Bitmap(filename=path, raw=True, filter_type=filter_type, wrap_mode=wrap_mode)
    textures = Textures({"t": bitmap}, "rgb")
    uv = coordinates(filter_type)
    colours = textures(textures.builder.named_texture("t", "reflectance", d.Scene()), uv)
    assert np.allclose(colours[:, :3], lookup(pixels, uv, filter_type, wrap_mode), atol=2e-5)
    assert np.all(colours[:, 3] == 0.0)
    scalars = textures(textures.builder.named_texture("t", "scalar", d.Scene()), uv, scalar=True)
    grey = pixels @ np.array([0.212671, 0.715160, 0.072169], np.float32)
    assert np.allclose(scalars, lookup(grey, uv, filter_type, wrap_mode), atol=2e-5)


@pytest.mark.parametrize("wrap_mode", ["repeat", "mirror", "clamp"])
def test_far_coordinates_stay_inside(path, pixels, wrap_mode):
    """Whatever uv holds, no texel outside the image is read."""
    textures = Textures({"t": d.Bitmap(filename=path, raw=True, wrap_mode=wrap_mode)}, "rgb")
    texture = textures.builder.named_texture("t", "reflectance", d.Scene())
    uv = [[1e9, -1e9], [3e38, -3e38], [np.inf, 0.2], [-np.inf, np.nan], [1e6, 1e6], [-1e-9, -1e-30]]
    colours = textures(texture, uv)[:, :3]
    assert np.isfinite(colours[[0, 1, 4, 5]]).all()
    assert colours[[0, 1, 4, 5]].min() >= pixels.min() - 1e-5
    assert colours[[0, 1, 4, 5]].max() <= pixels.max() + 1e-5


def test_to_uv(path, pixels):
    matrix = np.eye(4)
    matrix[:2, :2], matrix[:2, 3] = [[1.5, 0.4], [-0.3, 2.0]], [0.25, -0.7]
    textures = Textures({"t": d.Bitmap(filename=path, raw=True, to_uv=d.Transform(matrix))}, "rgb")
    uv = coordinates("bilinear")
    moved = uv @ matrix[:2, :2].T + matrix[:2, 3]
    colours = textures(textures.builder.named_texture("t", "reflectance", d.Scene()), uv)
    assert np.allclose(colours[:, :3], lookup(pixels, moved, "bilinear", "repeat"), atol=5e-5)


@pytest.mark.parametrize("role", ["reflectance", "emission"])
def test_bitmap_in_spectral_mode(path, pixels, role):
    """Texels are uplifted, then interpolated as spectra; emission is times the white of the space."""
    uplift = {"reflectance": uplift_reflectance, "emission": uplift_emission}[role]
    textures = Textures({"t": d.Bitmap(filename=path, raw=True)})
    spectra = np.array([[uplift(p)(NM.astype(np.float64)) for p in row] for row in pixels.astype(np.float64)])
    uv = coordinates("bilinear")
    found = textures(textures.builder.named_texture("t", role, d.Scene()), uv)
    assert np.allclose(found, lookup(spectra, uv, "bilinear", "repeat"), rtol=2e-3, atol=2e-3)


def test_checkerboard():
    """color0 where u and v are in equal halves of their unit, color1 elsewhere; below 0 too."""
    board = d.Checkerboard(color0=0.9, color1=0.1, to_uv=d.Transform(np.diag([2.0, 3.0, 1.0, 1.0])))
    textures = Textures({"t": board})
    uv = coordinates("nearest")
    u, v = (uv * [2.0, 3.0] % 1.0).T
    keep = (np.abs(u - 0.5) > 1e-3) & (np.abs(v - 0.5) > 1e-3) & (u > 1e-3) & (v > 1e-3) & (u < 0.999) & (v < 0.999)
    expected = np.where((u > 0.5) == (v > 0.5), 0.9, 0.1)
    colours = textures(textures.builder.named_texture("t", "reflectance", d.Scene()), uv)
    assert np.allclose(colours[keep], expected[keep, None])
    scalars = textures(textures.builder.named_texture("t", "scalar", d.Scene()), uv, scalar=True)
    assert np.allclose(scalars[keep], expected[keep])


# ---------------------------------------------------------------- spectra that do not vary


def spectrum(spec, nm=NM, role="reflectance"):
    textures = Textures()
    return textures(textures.builder.spectral(spec, role), nm=nm)[0]


def test_number():
    assert np.all(spectrum(0.37) == np.float32(0.37))


@pytest.mark.parametrize("extrapolate", ["zero", "hold"])
@pytest.mark.parametrize(
    "grid",
    [[400.0, 500.0, 600.0, 700.0], [400.0, 410.5, 600.25, 700.0], [400.0, 403.0, 600.0, 700.0]],
    ids=["even", "uneven", "whole"],
)
def test_tables(grid, extrapolate):
    """Linear between samples, 0 or held outside, exact at samples; even, whole-number and arbitrary grids."""
    values = [0.2, 0.9, 0.4, 0.6]
    spec = d.SpectrumSpec(wavelengths=grid, values=values, extrapolate=extrapolate)
    table = Tabulated(np.array(grid), np.array(values), extrapolate)
    for nm in (NM, [399.5, 400.0, 700.0, 700.5], [360.0, 830.0, 402.9, 403.1], grid):
        assert np.allclose(spectrum(spec, nm), table(np.asarray(nm, np.float32)), atol=2e-5)


def test_single_sample_held():
    spec = d.SpectrumSpec(wavelengths=[550.0], values=[0.3], extrapolate="hold")
    assert np.allclose(spectrum(spec), 0.3)


@pytest.mark.parametrize("name", ["D65", "A", "FL11", "ColorChecker/red"])
def test_named(name):
    assert np.allclose(spectrum(name), catalogue.named(name)(NM), rtol=1e-5)


def test_rgb_and_its_illuminant():
    spec = d.SpectrumSpec(rgb=(0.7, 0.3, 0.1), scale=2.0)
    assert np.allclose(spectrum(spec), 2.0 * uplift_reflectance((0.7, 0.3, 0.1))(NM), atol=1e-4)
    emitted = 2.0 * uplift_emission((0.7, 0.3, 0.1))(NM)
    assert np.allclose(spectrum(spec, role="emission"), emitted, rtol=1e-3, atol=1e-3)


def test_blackbody():
    found = spectrum(d.SpectrumSpec(blackbody=3200.0), role="emission")
    assert np.allclose(found, Blackbody(3200.0)(NM), rtol=1e-4)


def test_equal_spectra_are_stored_once():
    builder = Textures().builder
    first = builder.spectral("ColorChecker/red")
    assert builder.spectral(d.SpectrumSpec(name="ColorChecker/red")) == first
    assert builder.spectral("ColorChecker/green") != first
