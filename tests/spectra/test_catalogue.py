import subprocess
import sys

import numpy as np
import pytest

from specrender.errors import InputError
from specrender.spectra import catalogue, store
from specrender.spectra.spectrum import Product, integrate_xyz

colour = pytest.importorskip("colour")


def xy(xyz):
    return np.asarray(xyz)[:2] / np.sum(xyz)


def test_data_is_small():
    assert sum(path.stat().st_size for path in store.DATA.iterdir()) < 1_000_000


def test_import_and_first_look_up_are_light():
    """Neither colour-science nor scipy is loaded to find a lamp."""
    code = (
        "import sys; import numpy; from specrender.spectra import catalogue; catalogue.named('D65');"
        "print({'colour', 'scipy', 'numba', 'matplotlib'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


@pytest.mark.parametrize("name", catalogue.names("illuminant"))
def test_illuminants_have_the_chromaticity_of_their_published_tables(name):
    published = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]
    # ID50 and ID65 are listed without a chromaticity there; colour's D60 is rounded to that of ACES.
    sd = colour.SDS_ILLUMINANTS[name]
    expected = published[name] if name in published else xy(colour.sd_to_XYZ(sd))
    np.testing.assert_allclose(xy(integrate_xyz(catalogue.named(name))), expected, atol=3e-4)


def test_d65_is_the_table_of_cie():
    """Values of CIE's table at 5 nm, straight lines between them, and data beyond colour-science's 780 nm."""
    d65 = catalogue.named("D65")
    nm, expected = [300, 301, 400, 560, 780, 830], [0.0341, 0.36014, 82.7549, 100.0, 63.3828, 60.3125]
    np.testing.assert_allclose(d65(nm), expected, atol=2e-4)
    np.testing.assert_allclose(d65(783.0), 0.4 * d65(780.0) + 0.6 * d65(785.0))
    np.testing.assert_allclose(xy(integrate_xyz(d65)), [0.31271, 0.32902], atol=3e-5)


def test_illuminant_a_is_its_formula_everywhere():
    a = catalogue.named("A")
    assert a(560.0) == 100.0
    assert a(830.0) == pytest.approx(
        100 * (560 / 830) ** 5 * np.expm1(8.9976) / np.expm1(1.435e7 / 2848 / 830), rel=1e-4
    )


@pytest.mark.parametrize("patch", ["dark skin", "red", "blue", "cyan", "white 9.5 (.05 D)"])
def test_patches_against_colour(patch):
    sd = colour.SDS_COLOURCHECKERS["BabelColor Average"][patch]
    d65 = colour.SDS_ILLUMINANTS["D65"]
    expected = colour.sd_to_XYZ(sd, illuminant=d65, k=None, method="Integration") / 100
    light = catalogue.named("d65")
    reflectance = catalogue.named(f"colorchecker/{patch}")
    ours = integrate_xyz(Product(reflectance, light)) / integrate_xyz(light)[1]
    delta = colour.delta_E(colour.XYZ_to_Lab(ours), colour.XYZ_to_Lab(expected), method="CIE 2000")
    assert delta < 0.05


def test_patches_may_go_without_their_density():
    assert catalogue.named("ColorChecker/white 9.5") == catalogue.named("ColorChecker/white 9.5 (.05 D)")
    assert len(catalogue.names("patch")) == 24


@pytest.mark.parametrize("name", catalogue.names("metal"))
def test_metals_are_plausible(name):
    eta, k = catalogue.metal(name.upper() if name not in ("Co", "CO") else name)
    nm = np.arange(360.0, 831.0, 10.0)
    assert (eta(nm) >= 0).all() and (k(nm) >= 0).all() and (eta(nm) + k(nm) > 0).all()


@pytest.mark.parametrize(
    ("name", "nm", "eta", "k"),
    [  # rows of the files the table was built from, so this checks the building, not the measurements
        ("Fe", 582.0, 2.94, 2.99),
        ("Ti", 582.0, 2.60, 3.58),
        ("Hg", 413.266998, 0.898, 3.538),
        ("none", 500.0, 0.0, 1.0),
    ],
)
def test_metals_at_published_wavelengths(name, nm, eta, k):
    got = [float(part(nm)) for part in catalogue.metal(name)]
    np.testing.assert_allclose(got, [eta, k], atol=1e-6)


def test_gold_is_yellow_and_silver_is_not():
    def reflectance(name):
        eta, k = (part(np.array([450.0, 650.0])) for part in catalogue.metal(name))
        return ((eta - 1) ** 2 + k**2) / ((eta + 1) ** 2 + k**2)

    assert reflectance("gold")[0] < 0.5 < 0.9 < reflectance("Au")[1]
    assert reflectance("CuZn")[0] < 0.75 < 0.85 < reflectance("brass")[1]
    assert reflectance("Ag").min() > 0.91


def test_every_glass_has_the_index_its_maker_states():
    stated = [catalogue.glass_record(name) for name in catalogue.names("glass")]
    stated = [record for record in stated if not np.isnan(record.nd)]
    assert len(stated) > 150
    for record in stated:
        assert record.index.nd == pytest.approx(record.nd, abs=1.1e-5), record.name
        if not np.isnan(record.abbe_number):
            assert record.index.abbe_number == pytest.approx(record.abbe_number, abs=0.03), record.name


@pytest.mark.parametrize(
    ("name", "nd", "vd"),
    [  # Schott's data sheets
        ("BK7", 1.5168, 64.17),
        ("N-SF11", 1.78472, 25.68),
        ("SF11", 1.78472, 25.76),
        ("SF10", 1.72825, 28.41),
        ("F2", 1.62004, 36.37),
        ("LASF9", 1.85025, 32.17),
        ("N-FK51A", 1.48656, 84.47),
        ("B270", 1.5230, 58.5),
    ],
)
def test_glasses_by_data_sheet(name, nd, vd):
    glass = catalogue.glass(name)
    assert glass.nd == pytest.approx(nd, abs=1e-5)
    assert glass.abbe_number == pytest.approx(vd, rel=6e-3)


@pytest.mark.parametrize(
    ("name", "index"),
    [  # handbook figures for sodium light, by other measurements than our formulas: they agree to a few 1e-3
        ("fused silica", 1.458),
        ("water", 1.333),
        ("diamond", 2.417),
        ("sapphire", 1.768),
        ("acrylic", 1.491),
        ("polycarbonate", 1.585),
        ("polystyrene", 1.590),
        ("ice", 1.309),
        ("calcite", 1.658),
        ("sodium chloride", 1.544),
        ("quartz", 1.544),
    ],
)
def test_other_materials_by_handbook(name, index):
    assert catalogue.glass(name)(589.3) == pytest.approx(index, abs=3e-3)


@pytest.mark.parametrize(
    ("name", "index"),
    [  # no published figures: what our coefficients gave when they were checked, so that an edit of the table shows
        ("water", (1.333403, 55.760)),
        ("diamond", (2.417486, 55.301)),
        ("sapphire", (1.768172, 72.309)),
        ("polycarbonate", (1.584763, 27.858)),
        ("calcite", (1.658461, 49.914)),
    ],
)
def test_other_materials_stay_what_they_were(name, index):
    glass = catalogue.glass(name)
    assert (glass.nd, glass.abbe_number) == pytest.approx(index, rel=2e-5)


def test_sf11_is_another_glass_than_n_sf11():
    assert catalogue.glass("SF11") != catalogue.glass("N-SF11")
    assert catalogue.glass("bk7") == catalogue.glass("N-BK7")


def test_air():
    assert catalogue.glass("air")(589.3) - 1 == pytest.approx(2.7717e-4, abs=1e-7)


def test_mitsubas_scalars():
    assert catalogue.scalar_ior("BK7") == 1.5046
    assert catalogue.scalar_ior("water ice") == 1.31
    assert len(catalogue.names("ior")) == 23
    with pytest.raises(InputError, match="did you mean 'diamond'"):
        catalogue.scalar_ior("diamnd")


def test_every_source_is_named():
    for name in catalogue.names("glass"):
        assert len(catalogue.glass_record(name).source) > 10, name


@pytest.mark.parametrize(
    ("look_up", "name", "message"),
    [
        (catalogue.named, "colorchecker/darkskin", "did you mean 'ColorChecker/dark skin'"),
        (catalogue.named, "Au", "no illuminant, lamp or colour patch is named 'Au'; it is the name of a metal"),
        (catalogue.metal, "D65", "it is the name of an illuminant"),
        (catalogue.metal, "Cuu", "did you mean 'Cu"),
        (catalogue.glass, "N-SF12", "did you mean"),
        (catalogue.glass, "????", "no glass is named '[?]{4}'; `specrender info --spectra` lists the names$"),
        (catalogue.named, "D66", "did you mean 'D65'. `specrender info --spectra` lists the names$"),
    ],
)
def test_unknown_names(look_up, name, message):
    with pytest.raises(InputError, match=message) as raised:
        look_up(name)
    assert len(str(raised.value)) < 200


def test_unknown_kind():
    with pytest.raises(InputError, match="did you mean 'metal'"):
        catalogue.names("metals")
