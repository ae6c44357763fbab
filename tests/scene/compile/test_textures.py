"""Images of spectra: files in the layout of [Fichet2021], ours and others', as textures in both modes."""

import numpy as np
import pytest
from image_files import write_image

from specrender.errors import InputError, SceneError
from specrender.kernel.texture import layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.images import load_image, load_spectral_image
from specrender.scene.compile.projection import project
from specrender.spectra.spectrum import Tabulated

EVEN = np.linspace(400.0, 700.0, 31)


def write(path, channels):
    """An EXR file of named (h, w) channels."""
    names = list(channels)
    pixels = np.stack([channels[name] for name in names], axis=-1).astype(np.float32)
    return write_image(path, pixels, names)


def named(quantity, nm, spectra):
    return {f"{quantity}.{x:.6f}nm".replace(".", ",").replace(f"{quantity},", f"{quantity}."): s for x, s in
            zip(nm, np.moveaxis(spectra, -1, 0), strict=True)}  # fmt: skip


@pytest.fixture
def spectra():
    return np.random.default_rng(3).uniform(0.1, 0.9, (3, 4, 31)).astype(np.float32)


def builder(textures, mode="spectral"):
    return TableBuilder(d.Scene(textures=textures), mode, "srgb")


def test_reading(tmp_path, spectra):
    """Channels in the order of their wavelengths, whatever that of the file; T or S0 as preferred; other units."""
    emitted = spectra * 5.0
    channels = named("T", EVEN[::-1], spectra[..., ::-1]) | named("S0", EVEN, emitted) | {"R": spectra[..., 0]}
    path = tmp_path / "a.exr"
    write(path, channels)
    for prefer, expected in (("T", spectra), ("S0", emitted)):
        nm, found = load_spectral_image(path, prefer)
        assert np.allclose(nm, EVEN) and np.array_equal(found, expected)
    write(path, {"T.5e-7m": spectra[..., 0], "T.0,6um": spectra[..., 1]})
    assert np.allclose(load_spectral_image(path, "S0")[0], [500.0, 600.0])


def test_own_spectral_renders_are_textures(tmp_path):
    from tiny import tiny

    import specrender

    film = specrender.render(tiny(), spp=2, spectral_film=True, threads=1)
    path = tmp_path / "render.spectral.exr"
    specrender.write(film, path)
    nm, found = load_spectral_image(path, "T")
    assert np.allclose(nm, 0.5 * (film.bin_edges_nm[1:] + film.bin_edges_nm[:-1]))
    assert np.allclose(found, film.spectral_radiance(), rtol=1e-6)


def texel_values(made, index, nm):
    """The table of texel (1, 2) at some wavelengths."""
    record = made.textures[index]
    stride = record["count"] + 1
    start = record["offset"] + (1 * record["width"] + 2) * stride
    values = made.pooled_values()[start : start + stride]
    grid = record["start"] + np.arange(record["count"]) / record["inv_step"]
    assert values[-1] == values[-2]
    return np.interp(nm, grid, values[:-1])


def test_tables_of_texels(tmp_path, spectra):
    path = write(tmp_path / "a.exr", named("T", EVEN, spectra))
    made = builder({"t": d.SpectralBitmap(filename=path, wrap_mode="clamp", scale=0.5)})
    index = made.named_texture("t", "reflectance", d.Scene())
    record = made.textures[index]
    assert record["kind"] == layout.SPECTRAL_BITMAP
    assert record["flags"] == layout.CLAMP | layout.HOLD
    nm = np.linspace(390.0, 710.0, 50)
    assert np.allclose(texel_values(made, index, nm), np.interp(nm, EVEN, 0.5 * spectra[1, 2]), atol=1e-5)


def test_uneven_wavelengths_are_interpolated(tmp_path, spectra):
    nm = np.array([400.0, 405.0, 450.0, 500.0, 600.0])
    path = write(tmp_path / "a.exr", named("T", nm, spectra[..., :5]))
    made = builder({"t": d.SpectralBitmap(filename=path)})
    index = made.named_texture("t", "reflectance", d.Scene())
    at = np.linspace(400.0, 600.0, 41)
    assert np.allclose(texel_values(made, index, at), np.interp(at, nm, spectra[1, 2, :5]), atol=1e-5)


@pytest.mark.parametrize("role", ["reflectance", "emission"])
@pytest.mark.parametrize("extrapolate", ["hold", "zero"])
def test_rgb_mode_projects_each_texel(tmp_path, spectra, role, extrapolate):
    """As `project` does for one spectrum: reflectances under D65, emission as it is."""
    path = write(tmp_path / "a.exr", named("T", EVEN, spectra))
    made = builder({"t": d.SpectralBitmap(filename=path, extrapolate=extrapolate)}, "rgb")
    record = made.textures[made.named_texture("t", role, d.Scene())]
    assert record["kind"] == layout.BITMAP and record["flags"] & layout.RGB_TEXELS
    texels = made.pooled_values()[4 * record["offset"] :].reshape(-1, 4)[:12].reshape(3, 4, 4)
    expected = np.array([[project(Tabulated(EVEN, s, extrapolate), role, "srgb") for s in row] for row in spectra])
    assert np.allclose(texels[..., :3], np.clip(expected, 0.0, None), atol=1e-5)


def test_what_a_spectral_image_cannot_be(tmp_path, spectra):
    path = write(tmp_path / "rgb.exr", dict(zip("RGB", np.moveaxis(spectra[..., :3], -1, 0), strict=True)))
    with pytest.raises(SceneError, match="no spectral channels"):
        builder({"t": d.SpectralBitmap(filename=path)}).named_texture("t", "reflectance", d.Scene())
    path = write(tmp_path / "a.exr", named("T", EVEN, spectra))
    with pytest.raises(SceneError, match="use a bitmap"):
        builder({"t": d.SpectralBitmap(filename=path)}).named_texture("t", "scalar", d.Scene())
    spectra[0, 0, 0] = np.nan
    path = write(tmp_path / "nan.exr", named("T", EVEN, spectra))
    with pytest.raises(InputError, match="not finite"):
        load_spectral_image(tmp_path / "nan.exr", "T")


def test_colours_are_found_by_name(tmp_path, spectra):
    """R, G and B among the channels of a spectral file, or Y; not the first three that come."""
    rgb = dict(zip("RGB", np.moveaxis(spectra[..., :3], -1, 0), strict=True))
    path = tmp_path / "a.exr"
    write(path, {"A": spectra[..., 5]} | rgb | named("S0", EVEN, spectra))
    assert np.array_equal(load_image(path, raw=False), spectra[..., :3])
    write(path, {"Y": spectra[..., 4], "Z": spectra[..., 5]})
    assert np.array_equal(load_image(path, raw=False), np.repeat(spectra[..., 4:5], 3, axis=2))
