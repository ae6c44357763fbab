"""Means of tables, which decide what is sampled: closed forms, and what the kernel makes of the same records."""

import numpy as np
import pytest

from specrender.kernel.jit import kernel
from specrender.kernel.settings import LAYOUT
from specrender.kernel.simd import lane, splat4
from specrender.kernel.surface import surface_point
from specrender.kernel.tables import Tables
from specrender.kernel.texture import evaluate, layout
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.spectra.spectrum import Blackbody, Scaled, Tabulated, Uniform
from specrender.spectra.uplift import uplift_emission

ALL = (360.0, 830.0)


@kernel(entry=True)
def _evaluate(tables, texture, nm, out):
    surface = surface_point(splat4(np.float32(0.0)), np.int32(0))
    for i in range(nm.shape[0]):
        out[i] = lane(evaluate(tables, texture, surface, splat4(nm[i])), 0)


def builder(limits=ALL, mode="spectral"):
    return TableBuilder(d.Scene(), mode, "srgb", limits)


def mean_in_kernel(made, texture, limits):
    """The mean of many evaluations at the middles of equal steps."""
    edges = np.linspace(*limits, 1_000_001)
    arrays = {"textures": np.array(made.textures, layout.DTYPE), "values": made.pooled_values()}
    nm, out = (0.5 * (edges[1:] + edges[:-1])).astype(np.float32), np.zeros(len(edges) - 1, np.float32)
    _evaluate(Tables(LAYOUT, arrays), np.int32(texture), nm, out)
    return float(out.mean(dtype=np.float64))


LINE = Tabulated([589.05, 589.2, 589.35], [0.0, 50.0, 0.0])
#: Spectrum, limits of the wavelengths, kind of the record, mean.
TABLES = {
    "line between two whole nm": (LINE, ALL, layout.REGULAR, 7.5 / 470.0),
    "two uneven lines": (
        Tabulated([450.1, 450.2, 450.4, 589.2, 589.3, 589.8], [0, 10, 0, 0, 20, 0]), ALL, layout.IRREGULAR, 7.5 / 470.0,
    ),
    "line beside the wavelengths": (LINE, (360.0, 589.0), layout.REGULAR, 0.0),
    "half a line": (LINE, (589.2, 599.2), layout.REGULAR, 0.375),
    "block between whole nm": (Tabulated([500.5, 600.5], [2.0, 2.0]), ALL, layout.REGULAR, 200.0 / 470.0),
    "block that is held": (Tabulated([500.5, 600.5], [2.0, 2.0], "hold"), ALL, layout.REGULAR, 2.0),
    "block of whole nm": (Tabulated([500.0, 600.0], [2.0, 2.0]), ALL, layout.GRID, 200.0 / 470.0),
    "ramp that is held": (Tabulated([500.0, 600.0], [1.0, 3.0], "hold"), (400.0, 700.0), layout.GRID, 2.0),
    "wider than the wavelengths": (Tabulated([300.0, 900.0], [1.0, 7.0]), (400.0, 500.0), layout.GRID, 2.5),
    "limits between whole nm": (Tabulated([400.0, 500.0], [0.0, 100.0]), (420.5, 440.5), layout.GRID, 30.5),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_means_of_tables(name):
    spectrum, limits, kind, expected = TABLES[name]
    made = builder(limits)
    texture = made.spectrum(Scaled(spectrum, 3.0))
    assert made.textures[texture]["kind"] == kind
    assert made.mean(texture) == pytest.approx(3.0 * expected, rel=1e-6)
    # float32 wavelengths of the kernel are 6e-5 nm apart
    assert mean_in_kernel(made, texture, limits) == pytest.approx(3.0 * expected, rel=2e-3)
    assert made.integral(Scaled(spectrum, 3.0)) == pytest.approx(3.0 * expected * (limits[1] - limits[0]), rel=1e-12)


@pytest.mark.parametrize("spectrum", [Uniform(0.3), Blackbody(3000.0), uplift_emission((0.9, 0.2, 0.1))], ids=str)
@pytest.mark.parametrize("limits", [ALL, (480.25, 610.75)])
def test_means_of_other_spectra(spectrum, limits):
    made = builder(limits)
    texture = made.spectrum(spectrum, "emission")
    assert made.mean(texture) == pytest.approx(mean_in_kernel(made, texture, limits), rel=5e-5)


def test_one_sample_alone():
    """It is a line of a thousandth of a nm, or the value everywhere where it is held."""
    made = builder()
    assert made.mean(made.spectrum(Tabulated([500.0], [4.0]))) == pytest.approx(4e-3 / 470.0, rel=1e-6)
    assert made.mean(made.spectrum(Tabulated([500.0], [4.0], "hold"))) == 4.0


def test_colours_that_are_partly_negative_count():
    """Lights of a pure colour may lie outside the rendering space, more below 0 than above."""
    made = builder(mode="rgb")
    assert made.mean(made.rgb((-3.0, 1.0, 0.5))) == pytest.approx(1.5)
    assert made.mean(made.rgb((0.0, 0.0, 0.0))) == 0.0
