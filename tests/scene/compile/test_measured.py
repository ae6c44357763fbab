"""Measured files to tables: distributions, colours in either mode, and what is refused."""

import numpy as np
import pytest
from tensor_files import measured, synthetic, write_tensor_file

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.materials import pack_bsdf
from specrender.scene.compile.measured import _channels, _read, _rgb_weights, warp_tables


def builder(mode):
    return TableBuilder(d.Scene(), mode, "srgb", (360.0, 830.0))


def test_warp_tables_integrate():
    table = np.random.default_rng(1).random((2, 3, 5, 4)).astype(np.float32)
    density, conditional, marginal = warp_tables(table)
    cells = 0.25 * (density[..., :-1, :-1] + density[..., 1:, :-1] + density[..., :-1, 1:] + density[..., 1:, 1:])
    np.testing.assert_allclose(cells.sum(axis=(-1, -2)), 1.0, rtol=1e-6)
    np.testing.assert_allclose(marginal[..., -1], 1.0, rtol=1e-6)
    assert not marginal[..., 0].any() and not conditional[..., 0].any()
    np.testing.assert_allclose(np.diff(conditional, axis=-1), 0.5 * (density[..., :-1] + density[..., 1:]), rtol=1e-4)


def test_grey_spectra_are_grey_in_rgb_and_back():
    weights = _rgb_weights(np.array([380.0, 500.0, 560.0, 640.0, 780.0]), "srgb")
    # the tabulated D65 is that far from the white of the primaries
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=5e-4)
    fields = {"rgb": np.full((1, 2, 3, 4, 4), 0.3, np.float32)}
    nm, spectra = _channels(fields, builder("spectral"))
    assert spectra.shape == (1, 2, len(nm), 4, 4)
    np.testing.assert_allclose(spectra, 0.3, atol=1e-3)


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize("colours", ["spectra", "rgb"])
def test_both_kinds_of_file_in_both_modes(mode, colours):
    _, record = pack_bsdf(measured(1, colours=colours), builder(mode))
    assert (record["channel_count"] > 0) == (mode == "spectral")
    assert record["isotropic"] == 1 and record["reduction"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.pop("vndf"), "no array 'vndf'"),
        (lambda a: a.update(ndf=a["ndf"][0]), "dimensions"),
        (lambda a: a.update(luminance=a["luminance"][..., :-1]), "impossible shape"),
        (lambda a: a.update(spectra=-a["spectra"]), "below 0"),
        (lambda a: a.update(sigma=a["sigma"] * np.float32(np.nan)), "not finite"),
        (lambda a: a.update(theta_i=a["theta_i"][::-1].copy()), "does not increase"),
        (lambda a: a.update(vndf=a["vndf"] * np.float32(0)), "is 0"),
    ],
)
def test_refusals(change, words, tmp_path):
    arrays = synthetic(5)
    change(arrays)
    write_tensor_file(tmp_path / "x.bsdf", arrays)
    node = d.Measured(filename=str(tmp_path / "x.bsdf"))
    node.__dict__["location"] = "scene.toml:3"
    with pytest.raises(SceneError, match=words) as caught:
        pack_bsdf(node, builder("spectral"))
    assert str(caught.value).startswith("scene.toml:3")


def test_other_arrays_do_not_matter(tmp_path):
    arrays = synthetic(1)
    del arrays["description"]
    write_tensor_file(tmp_path / "x.bsdf", arrays | {"more": np.zeros(3, np.float32)})
    assert "ndf" in _read(tmp_path / "x.bsdf")
