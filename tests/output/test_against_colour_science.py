"""From spectra to the numbers in float32 files, against colour-science; headers by a reader of a few lines."""

import struct

import numpy as np
import pytest
from colour_names import COLOUR_NAMES

from specrender.color import ADAPTATIONS, D65, GAMUTS, rgb_to_xyz
from specrender.film import Film
from specrender.output import OutputOptions, read_image, write_image
from specrender.spectra import wavelengths
from specrender.spectra.observers import observer
from specrender.spectra.spectrum import Tabulated

GRID = wavelengths.visible()


def random_spectra(count=500):
    """Smooth and spiky light."""
    rng = np.random.default_rng(17)
    centres, widths = rng.uniform(380, 780, (count, 3, 1)), rng.uniform(3, 100, (count, 3, 1))
    return (rng.random((count, 3, 1)) * np.exp(-(((GRID - centres) / widths) ** 2))).sum(axis=1)


@pytest.fixture(scope="module")
def spectra():
    """(spectra, their XYZ by colour-science with Y = 1 for equal energy)."""
    colour = pytest.importorskip("colour")
    values = random_spectra()
    shape = colour.SpectralShape(360, 830, 1)
    cmfs = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    xyz = colour.msds_to_XYZ(values, cmfs, colour.sd_ones(shape), shape=shape, method="Integration") / 100
    return values, xyz


@pytest.mark.parametrize("adapt", ADAPTATIONS)
@pytest.mark.parametrize("gamut", GAMUTS)
def test_500_spectra_in_every_gamut(spectra, tmp_path, gamut, adapt):
    """To 1e-4 of the largest component of each."""
    colour = pytest.importorskip("colour")
    values, xyz = spectra
    film = Film.create(500, 1)
    film.weight[...] = film.sample_count = 1
    film.xyz[0] = [observer("cie1931-2").responses(Tabulated(GRID, v)) for v in values]
    write_image(film, tmp_path / "a.exr", OutputOptions(gamut=gamut, adapt=adapt, bit_depth="float"))
    image = read_image(tmp_path / "a.exr")
    if gamut == "xyz":
        found, expected = image.stacked("X", "Y", "Z")[0], xyz
    else:
        space = colour.RGB_COLOURSPACES[COLOUR_NAMES[gamut]].copy()
        space.use_derived_transformation_matrices(True)
        method = {"bradford": "Bradford", "cat02": "CAT02", "cat16": "CAT16", "none": None}[adapt]
        found = image.stacked("R", "G", "B")[0]
        expected = colour.XYZ_to_RGB(xyz, space, illuminant=np.array(D65), chromatic_adaptation_transform=method)
    assert np.all(np.abs(found - expected).max(axis=1) < 1e-4 * np.abs(expected).max(axis=1))


def header(path):
    """Attributes of an OpenEXR file of one part, name -> (type, bytes), by the published layout [OpenEXR]."""
    data, at, found = path.read_bytes(), 8, {}
    assert data[:4] == b"\x76\x2f\x31\x01"
    while data[at]:
        name, kind = data[at:].split(b"\0", 2)[:2]
        at += len(name) + len(kind) + 2
        size = struct.unpack_from("<i", data, at)[0]
        found[name.decode()] = (kind.decode(), data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


@pytest.mark.parametrize("gamut", GAMUTS)
def test_primaries_read_back(tmp_path, gamut):
    """What the header alone says of RGB (1, 0, 0), (0, 1, 0), (0, 0, 1) and (1, 1, 1) is what the standard says."""
    space = GAMUTS[gamut]
    film = Film.create(4, 1, metadata={"units": "W.m^-2.sr^-1.nm^-1"})
    film.weight[...] = film.sample_count = 1
    film.xyz[0] = np.concatenate([np.eye(3), np.ones((1, 3))]) @ rgb_to_xyz(gamut).T
    write_image(film, tmp_path / "a.exr", OutputOptions(gamut=gamut, bit_depth="float"))
    attributes = header(tmp_path / "a.exr")
    names = ("X", "Y", "Z") if gamut == "xyz" else ("R", "G", "B")
    rgb = read_image(tmp_path / "a.exr").stacked(*names)[0]
    assert rgb == pytest.approx(np.concatenate([np.eye(3), np.ones((1, 3))]), abs=1e-6)
    kind, data = attributes["chromaticities"]
    assert kind == "chromaticities"
    xy = np.array(struct.unpack("<8f", data)).reshape(4, 2)
    assert xy == pytest.approx(np.array([space.red, space.green, space.blue, space.white]), abs=1e-7)
    kind, data = attributes["whiteLuminance"]
    assert kind == "float" and struct.unpack("<f", data)[0] == pytest.approx(72983.5, rel=1e-5)
    assert attributes["capDate"][0] == "string" and attributes["renderingTransform"][0] == "string"
    assert ("colorInteropID" in attributes) == (space.interop_id is not None)
