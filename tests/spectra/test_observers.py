"""Observers and cameras against colour-science; binned weights; matrices."""

from itertools import pairwise

import numpy as np
import pytest

from specrender.color import D65, adaptation_matrix, delta_e_2000, xyz_to_lab
from specrender.errors import InputError
from specrender.spectra import catalogue, wavelengths
from specrender.spectra.build_data import CAMERAS, OBSERVERS
from specrender.spectra.observers import CHANNELS, NAMES, observer
from specrender.spectra.spectrum import Tabulated, Uniform, integrate_xyz

GRID = wavelengths.visible()


def random_spectra(count=500):
    """Smooth, spiky and cut-off spectra."""
    rng = np.random.default_rng(11)
    centres, widths = rng.uniform(370, 800, (count, 4, 1)), rng.uniform(2, 120, (count, 4, 1))
    return (rng.random((count, 4, 1)) * np.exp(-(((GRID - centres) / widths) ** 2))).sum(axis=1)


def theirs(colour, name):
    table = colour.MSDS_CMFS[OBSERVERS[name]] if name in OBSERVERS else colour.MSDS_CAMERA_SENSITIVITIES[CAMERAS[name]]
    values = np.zeros((471, 3))
    aligned = table.copy().interpolate(colour.SpectralShape(table.shape.start, table.shape.end, 1))
    inside = (aligned.wavelengths >= 360) & (aligned.wavelengths <= 830)
    # Sprague's method undershoots 0 beside steep flanks
    values[aligned.wavelengths[inside].astype(int) - 360] = np.maximum(np.nan_to_num(aligned.values[inside]), 0.0)
    return values


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_colour_science(name):
    """500 spectra, 1e-4 of the largest component."""
    colour = pytest.importorskip("colour")
    spectra, who = random_spectra(), observer(name)
    ours = np.stack([who.responses(Tabulated(GRID, values)) for values in spectra])
    functions = theirs(colour, name)
    expected = spectra @ functions / who.integral
    if who.kind == "xyz":
        shape = colour.SpectralShape(360, 830, 1)
        cmfs = colour.MultiSpectralDistributions(functions, GRID)
        flat = colour.sd_ones(shape)
        expected = colour.msds_to_XYZ(spectra, cmfs, flat, shape=shape, method="Integration") / 100
    assert np.abs(ours - expected).max() < 1e-4 * np.abs(expected).max()
    assert np.all(np.abs(ours - expected).max(axis=1) < 1e-4 * np.abs(expected).max(axis=1))


@pytest.mark.parametrize("name", NAMES)
def test_flat_light_has_unit_brightness(name):
    who = observer(name)
    x, y, z = who.responses(Uniform(1.0))
    if who.kind == "xyz":
        assert y == pytest.approx(1, abs=1e-9) and (x, z) == pytest.approx((1, 1), abs=2e-3)
    if who.kind == "camera":
        assert y == pytest.approx(1)
    assert who.channels == CHANNELS[who.kind]


@pytest.mark.parametrize("name", NAMES)
def test_what_d65_lights_is_white(name):
    who, d65 = observer(name), catalogue.named("D65")
    x, y, z = who.to_xyz() @ who.responses(d65)
    assert (x / y, z / y) == pytest.approx((0.95046, 1.08906), abs=3e-4)
    assert y == pytest.approx(integrate_xyz(d65)[1], rel=0.01)


@pytest.mark.parametrize("degrees", ["2", "10"])
def test_cones_become_the_xyz_of_their_field(degrees):
    cones, xyz = observer(f"cones-{degrees}"), observer(f"cie2015-{degrees}")
    light = catalogue.named("FL11")
    assert cones.to_xyz() @ cones.responses(light) == pytest.approx(xyz.to_xyz() @ xyz.responses(light), rel=1e-4)
    assert cones.to_xyz("none") @ cones.responses(light) == pytest.approx(xyz.responses(light), rel=1e-4)


@pytest.mark.parametrize("name, limit", [("nikon-5100", 3.5), ("sigma-sdmerill", 5.0)])
@pytest.mark.parametrize("lamp", ["D65", "A", "FL2"])
def test_camera_matrix(name, limit, lamp):
    """White exactly; patches as close as a matrix brings them."""
    who, light = observer(name), catalogue.named(lamp)
    white = who.to_xyz(illuminant=light) @ who.responses(light)
    y = integrate_xyz(light)[1]
    assert white / y == pytest.approx([0.95046, 1.0, 1.08906], abs=1e-4)
    patches = np.stack([catalogue.named(n)(GRID) for n in catalogue.names("patch")]) * light(GRID)
    seen = patches @ who.functions / who.integral @ who.to_xyz(illuminant=light).T
    true = patches @ wavelengths.cmf() / wavelengths.CIE_Y_INTEGRAL
    x = integrate_xyz(light)
    true = true @ adaptation_matrix(tuple(x[:2] / x.sum()), D65).T
    difference = delta_e_2000(xyz_to_lab(seen / y), xyz_to_lab(true / y))
    assert difference.mean() < limit and difference.max() < 4 * limit


def test_bin_weights_are_integrals():
    who = observer("cie1931-2")
    assert who.bin_weights(np.array([360.0, 830.0]))[0] == pytest.approx([1, 1, 1], abs=1e-3)
    edges = np.array([300.0, 380.25, 381.0, 500.0, 500.5, 900.0])
    fine = np.arange(300.0, 900.0, 1 / 64) + 1 / 128
    values = np.stack([np.interp(fine, GRID, who.functions[:, i], left=0, right=0) for i in range(3)], axis=1)
    sums = [values[(fine > a) & (fine < b)].sum(axis=0) / 64 / who.integral for a, b in pairwise(edges)]
    # the integrand steps to 0 at 360 and 830 nm, where the sum is off by half a step
    assert who.bin_weights(edges) == pytest.approx(np.array(sums), abs=1e-6)


def test_camera_from_a_file(tmp_path):
    path = tmp_path / "cam.csv"
    path.write_text("nm,r,g,b\n400,0,0,1\n500,0,1,0\n600,1,0,0\n700,0,0,0\n")
    who = observer(str(path))
    assert who.kind == "camera" and who.responses(Uniform(1.0)) == pytest.approx([1, 1, 0.505], abs=1e-3)
    assert np.all(np.isfinite(who.to_xyz()))
    path = tmp_path / "dark.csv"
    path.write_text("400,0,0,1\n500,0,0,0\n")
    with pytest.raises(InputError, match="needs a response"):
        observer(str(path))


def test_a_file_is_read_again_after_it_was_edited(tmp_path):
    path = tmp_path / "cam.csv"
    path.write_text("400,0,0,1\n500,0,1,0\n600,1,0,0\n700,0,0,0\n")
    before = observer(path)
    path.write_text("400,0,0,1\n500,0,1,0\n600,2,0,0\n700,0,0,0\n")
    assert observer(path).functions[:, 0] == pytest.approx(2 * before.functions[:, 0])
    assert before.is_file and not observer("nikon-5100").is_file


@pytest.mark.parametrize(
    "name, message", [("cie1931", "did you mean"), ("gone.csv", "cannot be read"), ("x", "no observer")]
)
def test_unknown(name, message):
    with pytest.raises(InputError, match=message):
        observer(name)
