"""The scenes that come with the project: each loads, compiles and renders, and shows what its README says it shows."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import specrender
from specrender.color import xyz_to_rgb
from specrender.scene.readers.ies import read_ies

SCENES = Path(__file__).parents[1] / "scenes"
NAMES = sorted(path.parent.name for path in SCENES.glob("*/scene.toml"))


def rgb(name, *, spp, size, **options):
    """(h, w, 3) linear Rec.709 of a scene."""
    film = specrender.render(SCENES / name / "scene.toml", spp=spp, size=size, **options)
    return film.mean_xyz() @ xyz_to_rgb("srgb").T


def block(image, x, y, radius=0.02):
    """(3,) mean of a square around a place given in shares of width and height."""
    height, width, _ = image.shape
    rx, ry = max(1, round(radius * width)), max(1, round(radius * height))
    x, y = round(x * width), round(y * height)
    return image[y - ry : y + ry + 1, x - rx : x + rx + 1].mean(axis=(0, 1))


def saturation(colour):
    """Share of the largest component that the smallest lacks, 0 for a neutral."""
    return 1.0 - max(colour.min(), 0.0) / colour.max()


def test_the_scenes_are_there():
    assert {"cornell-box", "diamonds", "lamps", "metals", "prism"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_has_a_picture_and_a_page(name):
    folder = SCENES / name
    picture = folder / "picture.jpg"
    assert picture.stat().st_size < 500_000
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert f"specrender render scenes/{name}/scene.toml" in page and "](picture.jpg)" in page


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize("name", NAMES)
def test_renders(name, mode):
    film = specrender.render(SCENES / name / "scene.toml", spp=2, size=(48, 32), mode=mode)
    xyz = film.mean_xyz()
    assert np.isfinite(xyz).all()
    assert xyz[..., 1].mean() > 1e-4  # scenes in lux are dark without exposure


def test_cornell_box_is_red_on_the_left_and_green_on_the_right():
    image = rgb("cornell-box", spp=16, size=(48, 48))
    left, right, back = block(image, 0.1, 0.5), block(image, 0.9, 0.5), block(image, 0.65, 0.4)
    assert left[0] > 4 * max(left[1:])
    assert right[1] > 2 * max(right[0], right[2])
    assert saturation(back) < 0.5


@pytest.mark.parametrize("lamp", ["A", "FL11", "cornell"])
def test_cornell_box_is_as_bright_under_any_lamp(lamp):
    """Lamps are scaled to one luminance; that of what they light differs by what the walls' colours make of it."""

    def lit(**options):
        film = specrender.render(SCENES / "cornell-box" / "scene.toml", spp=64, size=(32, 32), **options)
        luminance = film.mean_xyz()[..., 1]
        return luminance[luminance < 1.0].mean()

    assert lit(defines={"lamp": lamp}) == pytest.approx(lit(), rel=0.1)


def test_prism_spreads_the_slit_from_violet_to_red():
    """Each bin of the spectrum has its own place, and the places are in the order of wavelength, red on the right."""
    film = specrender.render(
        SCENES / "prism" / "scene.toml", spp=32, size=(180, 120), crop=(48, 12, 88, 46), spectral_film=True
    )
    edges = film.bin_edges_nm
    spectra = film.spectral_radiance().mean(axis=0)  # (columns, bins)
    columns = np.arange(len(spectra))
    wavelengths = [430, 470, 510, 550, 590, 630]
    bins = [np.searchsorted(edges, wavelength, side="right") - 1 for wavelength in wavelengths]
    centroids = [columns @ spectra[:, b] / spectra[:, b].sum() for b in bins]
    assert (np.diff(centroids) > 1.0).all(), centroids
    # blue light is spread wider than red, as the index of glass changes faster there
    assert centroids[1] - centroids[0] > 2 * (centroids[5] - centroids[4])


def test_prism_of_a_constant_index_shows_no_colours():
    options = {"spp": 16, "size": (90, 60), "crop": (24, 6, 44, 46)}
    glass = rgb("prism", **options)
    scene = specrender.load(SCENES / "prism" / "scene.toml")
    scene.materials["glass"].int_ior = 1.7911  # of SF11 at 550 nm
    film = specrender.render(scene, **options)
    plain = film.mean_xyz() @ xyz_to_rgb("srgb").T

    def colourfulness(image):
        bright = image[image.max(axis=-1) > 0.2]
        return np.mean([saturation(colour) for colour in bright])

    assert colourfulness(glass) > 0.6
    assert colourfulness(plain) < 0.3  # noise of four wavelengths


def test_lamps_tint_greys_and_keep_daylight_neutral():
    image = rgb("lamps", spp=32, size=(192, 108))
    walls = {
        lamp: block(image, x, y)
        for lamp, (x, y) in {
            "D65": (0.17, 0.1),
            "A": (0.5, 0.1),
            "FL2": (0.17, 0.57),
            "FL11": (0.5, 0.57),
            "HP1": (0.83, 0.57),
        }.items()
    }
    assert saturation(walls["D65"]) < 0.12
    for warm in ("A", "HP1"):
        assert walls[warm][0] > walls[warm][1] > walls[warm][2]
    assert saturation(walls["D65"]) < saturation(walls["FL2"]) < saturation(walls["A"]) < saturation(walls["HP1"])


def test_metals_have_their_colours():
    image = rgb("metals", spp=16, size=(192, 80))
    silver, gold, copper = (block(image, x, 0.5) for x in (0.08, 0.25, 0.42))
    # the panels are not quite white, and silver reflects all of them alike
    assert saturation(silver) < 0.35
    gold, copper = gold / silver, copper / silver
    assert gold[0] > gold[1] > 1.4 * gold[2]
    assert copper[0] > 1.15 * max(copper[1], copper[2])


def test_diamonds_have_fire():
    """With diamond's dispersion the sparks have colours that one index for all wavelengths does not give them."""
    options = {"spp": 64, "size": (180, 108), "crop": (70, 48, 112, 82)}
    fire = rgb("diamonds", **options)
    scene = specrender.load(SCENES / "diamonds" / "scene.toml")
    scene.materials["diamond"].int_ior = 2.417
    film = specrender.render(scene, **options)
    plain = film.mean_xyz() @ xyz_to_rgb("srgb").T

    def out_of_gamut(image):
        """Share of clearly lit pixels with a colour that no mixture of the lamps' light has."""
        bright = image[image.max(axis=-1) > 0.3]
        return np.mean(bright.min(axis=-1) < 0.02 * bright.max(axis=-1))

    assert out_of_gamut(fire) > 2 * out_of_gamut(plain) + 0.05


def test_black_bodies_go_from_orange_to_blue():
    image = rgb("diamonds", spp=16, size=(180, 108))
    ratios = []
    for x in (0.05, 0.28, 0.5, 0.72, 0.94):
        colour = block(image, x, 0.11)
        ratios.append(colour[2] / colour[0])
    assert (np.diff(ratios) > 0).all(), ratios
    assert ratios[0] < 0.3 and ratios[-1] > 1.1


def test_sunflower_shows_what_its_script_writes():
    script = runpy.run_path(str(SCENES / "sunflower" / "make_sunflower.py"))
    seeds = np.load(SCENES / "sunflower" / "seeds.npy")
    assert seeds.shape == (2400, 3, 4)
    np.testing.assert_allclose(seeds, script["seeds"](), atol=1e-6)
    petals = np.load(SCENES / "sunflower" / "petals.npy")
    np.testing.assert_allclose(petals, script["petals"](np.random.default_rng(1979)), atol=1e-6)
    # a seed for each 1/2400 of the disk: as many within half the radius as the area asks for
    assert np.count_nonzero(np.linalg.norm(seeds[:, :2, 3], axis=1) < 0.5) == pytest.approx(600, abs=1)


def test_downlights_have_the_files_that_their_script_writes(tmp_path):
    folder = SCENES / "downlights"
    script = runpy.run_path(str(folder / "make_luminaires.py"))
    for name, horizontal in (("narrow", np.zeros(1)), ("wallwasher", np.arange(0.0, 180.1, 15.0))):
        written = read_ies(folder / f"{name}.ies")
        shape = np.array([script[name](script["VERTICAL"], phi) for phi in horizontal])
        share = written.candela[: len(horizontal)] / shape
        np.testing.assert_allclose(share, share[0, 0], rtol=1e-3, atol=0.0)
        assert script["lumens"](written.candela[: len(horizontal)], horizontal) == pytest.approx(800.0, rel=1e-4)


def test_the_light_meter_reads_the_lux_of_the_photometric_files():
    """Direct light alone: candelas times the cosine over the squared distance, from each of the three files."""
    folder = SCENES / "downlights"
    film = specrender.render(folder / "scene.toml", camera="meter", size=(1, 1), spp=1024, max_depth=1)
    # over the tile, 10 cm wide, 2.699 m below the lamps
    place = (np.arange(20) - 9.5) / 200.0
    x, z = np.meshgrid(place, place)
    height, expected = 2.699, 0.0
    for name, at in (("narrow", -1.9), ("wide", 0.0), ("wallwasher", 1.9)):
        distance = np.sqrt((x - at) ** 2 + z**2 + height**2)
        phi = np.degrees(np.arctan2(x - at, -z))  # from the direction of the wall
        candela = read_ies(folder / f"{name}.ies")(np.degrees(np.arccos(height / distance)), phi)
        expected += np.mean(candela * height / distance**3)
    lux = 683.002 * 106.857 * film.mean_xyz()[0, 0, 1]
    assert lux == pytest.approx(expected, rel=2e-3)
