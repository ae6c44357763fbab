import pytest

from specrender.errors import InputError
from specrender.spectra.files import read_index, read_spectrum


def write(tmp_path, text, name="s.spd"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "400 1\n500 2.5\n",
        "# from an instrument\n; more\n// yet more\n400,1\n500,2.5 # peak\n\n",
        "wavelength,value\n400, 1\n500, 2.5",
        "nm;W\n400;1\n500;2.5\n",
        "\ufeff400\t1\r\n500\t2.5\r\n",
        "500 2.5\n400 1.0\n",
        "0.4 1\n0.5 2.5\n",
    ],
)
def test_two_columns(tmp_path, text):
    spectrum = read_spectrum(write(tmp_path, text))
    assert spectrum.wavelengths.tolist() == [400, 500]
    assert spectrum.values.tolist() == [1, 2.5]
    assert spectrum.label == "s.spd"
    assert spectrum(390.0) == 0


def test_hold(tmp_path):
    assert read_spectrum(write(tmp_path, "400 1\n500 2\n"), extrapolate="hold")(390.0) == 1


def test_three_columns(tmp_path):
    eta, k = read_index(write(tmp_path, "um n k\n0.4 1.5 2\n0.5 1.6 3\n"))
    assert eta(450.0) == pytest.approx(1.55)
    assert k(900.0) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("400 1\n500 two\n", r"s.spd:2: 'two' is not a number"),
        ("nm W\nnm W\n400 1\n", r"s.spd:2: 'nm' is not a number"),
        ("400 1\n500\n", r"s.spd:2: 1 numbers where 2 belong \(wavelength, value\)"),
        ("400 1 2\n", r"s.spd:1: 3 numbers where 2"),
        ("400 1\n# x\n400 2\n", r"s.spd:3: wavelengths must all rise or all fall, but 400"),
        ("400 1\n500 inf\n", r"s.spd:2: the numbers must be finite"),
        ("0 1\n500 2\n", r"s.spd:1: the wavelength 0 is not above 0"),
        ("400 1\n", r"s.spd: a table needs at least two lines"),
        ("400 1\n500 1e39\n", r"s.spd:2: 1e\+39 is out of range: at most 1e\+30"),
        ("400 1\n500 -1\n", r"s.spd:2: the value -1 is negative"),
        ("400 1\n600 1\n500 2\n", r"s.spd:3: wavelengths must all rise or all fall"),
        ("4e-7 1\n7e-7 2\n", r"s.spd: its longest wavelength, 7e-07, is too short for nm .*times 1e9"),
        ("# nothing\n", r"s.spd: no numbers in it"),
    ],
)
def test_errors_name_file_and_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_spectrum(write(tmp_path, text))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"absent.spd: cannot be read: there is no such file"):
        read_spectrum(tmp_path / "absent.spd")
