import numpy as np
import pytest

from specrender.errors import InputError
from specrender.spectra.refraction import (
    Cauchy,
    ConstantIndex,
    Gas,
    Sellmeier,
    SellmeierSum,
    TabulatedIndex,
)

NM = np.array([[400.0, 500.0], [600.0, 700.0]])
BK7 = (1.03961212, 0.231792344, 1.01046945, 0.00600069867, 0.0200179144, 103.560653)


def test_constant():
    index = ConstantIndex(1.5)
    assert (index(NM) == np.full((2, 2), 1.5)).all()
    assert index.nd == 1.5 and index.abbe_number == float("inf")


def test_cauchy_in_micrometres():
    np.testing.assert_allclose(Cauchy(1.5, 0.004, 0.0001)(500.0), 1.5 + 0.004 / 0.25 + 0.0001 / 0.0625)


def test_sellmeier_of_bk7_at_the_lines_of_its_data_sheet():
    lines = np.array([404.6561, 486.1327, 546.0740, 587.5618, 656.2725, 706.5188, 852.11])
    expected = [1.53024, 1.52238, 1.51872, 1.51680, 1.51432, 1.51289, 1.50980]
    np.testing.assert_allclose(Sellmeier(*BK7)(lines), expected, atol=1e-5)
    assert Sellmeier(*BK7).abbe_number == pytest.approx(64.17, abs=0.01)


def test_sum_is_sellmeier_with_other_numbers_of_terms():
    np.testing.assert_allclose(SellmeierSum(1.0, BK7[:3], BK7[3:])(NM), Sellmeier(*BK7)(NM))
    np.testing.assert_allclose(SellmeierSum(2.25, (), ())(NM), 1.5)
    with pytest.raises(InputError, match="as many B as C"):
        SellmeierSum(1.0, (1.0,), ())


def test_gas():
    assert Gas(0.05, 200.0, 0.0, 50.0)(1000.0) == pytest.approx(1 + 0.05 / 199)


def test_table_is_linear_and_held():
    index = TabulatedIndex([400, 600], [1.6, 1.5])
    assert index([300, 500, 900]).tolist() == pytest.approx([1.6, 1.55, 1.5])
    assert index == TabulatedIndex([400, 600], [1.6, 1.5])
    assert hash(index) == hash(TabulatedIndex([400, 600], [1.6, 1.5]))
    assert index != TabulatedIndex([400, 600], [1.6, 1.4])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConstantIndex(0.0), "above 0"),
        (lambda: ConstantIndex("glass"), "must be a number"),
        (lambda: Cauchy(float("nan")), "Cauchy coefficient A must be finite"),
        (lambda: TabulatedIndex([400, 500], [1.5]), "2 wavelengths but 1"),
        (lambda: TabulatedIndex([500, 400], [1.5, 1.5]), "increase strictly"),
        (lambda: TabulatedIndex([400, 500], [1.5, -1.0]), "above 0, but one is -1"),
    ],
)
def test_errors(make, message):
    with pytest.raises(InputError, match=message):
        make()
