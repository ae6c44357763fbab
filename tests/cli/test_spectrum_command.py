"""`specrender spectrum`: every syntax, the figures, the plot, and refusals."""

import json

import numpy as np
import pytest

from specrender.output import read_image


@pytest.fixture
def report(command):
    """The JSON report of a spectrum."""

    def get(*arguments):
        code, out, err = command("spectrum", *arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return get


@pytest.mark.parametrize(
    "spec, kelvin, duv, ra",
    [
        ("D65", 6502.7, 0.00321, 100.0),
        ("A", 2855.5, 0.0, 100.0),
        ("FL2", 4224.6, 0.00179, 64.2),
        ("FL11", 4000.7, 0.00015, 82.9),
        ("LED-B3", 4102.5, -0.00066, 84.8),
        ("{ blackbody = 2700 }", 2700.0, 0.0, 100.0),
    ],
)
def test_lamps(report, spec, kelvin, duv, ra):
    found = report(spec)
    assert found["kind"] == "emission" and found["spectrum"] == spec
    assert found["cct_k"] == pytest.approx(kelvin, abs=1.0)
    assert found["duv"] == pytest.approx(duv, abs=1e-4)
    assert found["cri_ra"] == pytest.approx(ra, abs=0.2)
    assert len(found["cri_r1_to_r14"]) == 14 and 60 < found["tm30_rf"] <= 100.5
    assert 80 < found["luminous_efficacy_lm_per_w"] < 400


def test_same_spectrum_in_every_syntax(report, tmp_path):
    (tmp_path / "lamp.csv").write_text("nm,value\n400,0.1\n550,0.6\n700,0.9\n")
    specs = [
        "400:0.1, 550:0.6, 700:0.9",
        "{ wavelengths = [400, 550, 700], values = [0.1, 0.6, 0.9] }",
        "lamp.csv",
        '{ file = "lamp.csv" }',
    ]
    reports = [report(spec) for spec in specs]
    for found in reports:
        assert found["xyz"] == pytest.approx(reports[0]["xyz"]) and found["luminance_cdm2"] > 0
    twice = report("{ wavelengths = [400, 550, 700], values = [0.1, 0.6, 0.9], scale = 2 }")
    assert twice["xyz"] == pytest.approx([2 * v for v in reports[0]["xyz"]])
    assert report("lamp.csv", "--reflectance")["kind"] == "reflectance"


def test_numbers_are_flat(report):
    found = report("2.0")
    assert found["xyz"][1] == pytest.approx(2) and found["luminance_cdm2"] == pytest.approx(2 * 72983.5, rel=1e-4)
    assert report("0")["luminous_efficacy_lm_per_w"] == 0
    assert report("0.5", "--reflectance")["lab_d65"][0] == pytest.approx(76.07, abs=0.01)


def test_reflectances(report):
    colour = pytest.importorskip("colour")
    found = report("ColorChecker/red")
    lab = np.array(found["lab_d65"])
    theirs = colour.SDS_COLOURCHECKERS["BabelColor Average"]["red"]
    xyz = colour.sd_to_XYZ(theirs, illuminant=colour.SDS_ILLUMINANTS["D65"]) / 100
    assert lab == pytest.approx(colour.XYZ_to_Lab(xyz, np.array([0.3127, 0.3290])), abs=0.1)
    assert found["illuminant"] == "D65" and 0 < found["smallest"] < found["largest"] < 1
    warm = report("ColorChecker/red", "--illuminant", "A")
    assert warm["xyz"][0] > found["xyz"][0]
    rgb = report("{ rgb = [0.8, 0.2, 0.1] }")
    assert rgb["kind"] == "reflectance" and rgb["srgb_linear"] == pytest.approx([0.8, 0.2, 0.1], abs=2e-3)
    assert report("{ rgb = [8, 2, 1] }")["kind"] == "emission"


def test_glasses_and_metals(report):
    glass = report("BK7")
    assert glass["n_d"] == pytest.approx(1.5168, abs=1e-5) and glass["abbe_number"] == pytest.approx(64.17, abs=0.01)
    assert "SCHOTT" in glass["source"]
    cauchy = report("{ cauchy = [1.5, 0.004] }")
    assert cauchy["n_d"] == pytest.approx(1.5 + 0.004 / 0.5875618**2)
    gold = report("Au")
    assert gold["kind"] == "metal" and gold["srgb_linear"][0] > 2 * gold["srgb_linear"][2]
    assert gold["k_450_550_650"] == pytest.approx([1.88, 2.71, 3.14], abs=0.05)


def test_text(command):
    code, out, _ = command("spectrum", "FL11")
    assert code == 0
    for words in ("FL11: emission", "CCT          4000.7 K", "CRI Ra", "TM-30 Rf", "lm/W"):
        assert words in out
    _, out, _ = command("spectrum", "{ wavelengths = [530, 532, 534], values = [0, 1, 0] }")
    assert "CCT          none" in out and "dominant     532" in out
    _, out, _ = command("spectrum", "{ wavelengths = [400, 430, 460, 600, 650, 700], values = [1, 1, 0, 0, 1, 1] }")
    assert "complement   " in out


@pytest.mark.parametrize("spec", ["FL11", "ColorChecker/red", "Au", "BK7"])
def test_plot(command, tmp_path, spec):
    pytest.importorskip("matplotlib")
    assert command("spectrum", spec, "--plot", "a.png")[0] == 0
    image = read_image(tmp_path / "a.png").stacked("R", "G", "B")
    assert image.shape[0] == 500 and image.std() > 0.05
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["D66"], ["'D66'", "did you mean 'D65'"]),
        (["gone.csv"], ["gone.csv"]),
        (["{ blackbody = -3 }"], ["blackbody", "-3"]),
        (["{ blakbody = 3 }"], ["did you mean 'blackbody'"]),
        (["{ x"], ["TOML"]),
        (['{ texture = "t" }'], ["texture"]),
        (["{ wavelengths = [500, 400], values = [1, 1] }"], ["increase"]),
        (["nan"], ["error: SPEC: radiance must be finite, got nan"]),
        (["-1"], ["error: SPEC: radiance must be 0 or more, got -1"]),
        (["1.5", "--reflectance"], ["error: SPEC: reflectance must be within [0, 1], got 1.5"]),
        (["."], ["cannot read '.': it is a folder; give a file"]),
        (["FL2", "--reflectance"], ["'FL2' is a light"]),
        (["FL2", "--illuminant", "A"], ["--illuminant", "emission"]),
        (["Au", "--illuminant", "D66"], ["'D66'"]),
        (["FL2", "--plot", "a.gif"], ["a.gif", ".png"]),
        (["FL2", "--plot", "gone/a.png"], ["gone/a.png", "does not exist"]),
        (["FL2", "--plot", "/proc/a.png"], ["cannot plot to '/proc/a.png'"]),
        ([""], ["''"]),
    ],
)
def test_bad_input(command, tmp_path, arguments, words):
    code, out, err = command("spectrum", *arguments)
    assert code == 2 and out == "", (code, out)
    assert len(err.splitlines()) == 1 and err.startswith("specrender: error: "), err
    for word in words:
        assert word in err
    assert not list(tmp_path.iterdir())
