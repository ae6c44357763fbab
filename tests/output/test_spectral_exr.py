"""Spectral EXR files: read by colour-science's implementation of the layout, bit for bit."""

import numpy as np
import pytest

from specrender.color import xyz_to_rgb
from specrender.errors import InputError
from specrender.film import Film
from specrender.output import OutputOptions, read_image, wants_spectral, write_image


def test_colour_science_reads_it(film, tmp_path):
    colour = pytest.importorskip("colour")
    path = tmp_path / "out.spectral.exr"
    write_image(film, path, OutputOptions(alpha=True, variance=True))
    components, specification = colour.read_spectral_image_Fichet2021(path, additional_data=True)
    assert specification.is_emissive and not specification.is_polarised and not specification.is_bispectral
    assert set(components) == {"S0"}
    wavelengths, values = components["S0"]
    order = np.argsort(wavelengths)  # it keeps the order of the file, which is by name: 1015.25 before 380
    assert np.array_equal(wavelengths[order], [380, 477.5, 555.5, 693, 1015.25])
    assert np.array_equal(values[..., order].astype(np.float32), (film.bins / 2).astype(np.float32))
    attributes = {attribute.name: attribute.value for attribute in specification.attributes}
    assert attributes["spectralLayoutVersion"] == "1.0"
    assert attributes["emissiveUnits"] == "W.m^-2.sr^-1.nm^-1"


def test_names_preview_and_extras(film, tmp_path):
    path = tmp_path / "out.exr"
    write_image(film, path, OutputOptions(spectral=True, gamut="acescg"))
    image = read_image(path)
    assert {name for name in image.channels if name.startswith("S0")} == {
        f"S0.{centre}nm" for centre in ("380,000000", "477,500000", "555,500000", "693,000000", "1015,250000")
    }
    assert set(image.formats.values()) == {"float"}
    assert image.stacked("R", "G", "B") == pytest.approx(film.xyz / 2 @ xyz_to_rgb("acescg").T, abs=1e-6)
    assert image.channels["radiance"] == pytest.approx(film.radiance / 2, rel=1e-6)
    edges = [float(edge) for edge in image.attributes["specrender:binEdges"].split(";")]
    assert edges == film.bin_edges_nm.tolist()
    assert image.window == (2, 1, 7, 4) and image.size == (8, 6)
    assert "albedo.R" in image.channels


@pytest.mark.parametrize(
    "name, choice, expected",
    [
        ("a.spectral.exr", None, True),
        ("a.SPECTRAL.EXR", None, True),
        ("a.exr", None, False),
        ("a.exr", True, True),
        ("a.spectral.exr", False, False),
        ("a.png", True, False),
    ],
)
def test_what_decides(film, tmp_path, name, choice, expected):
    options = OutputOptions(spectral=choice)
    assert wants_spectral(tmp_path / name, options) is expected
    write_image(film, tmp_path / name, options)
    assert any(channel.startswith("S0") for channel in read_image(tmp_path / name).channels) is expected


def test_film_without_bins(tmp_path):
    with pytest.raises(InputError, match="no spectral bins"):
        write_image(Film.create(2, 2), tmp_path / "a.spectral.exr")
    assert list(tmp_path.iterdir()) == []
