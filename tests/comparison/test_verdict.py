"""The sentence on top of a comparison."""

from types import SimpleNamespace

import numpy as np
import pytest

from specrender.comparison.assess import verdict


def findings(marked, delta_e):
    significant = np.zeros((16, 16), bool)
    significant.ravel()[:marked] = True
    return SimpleNamespace(significant=significant, maps={"delta_e_2000": np.full((16, 16), delta_e)})


@pytest.mark.parametrize("delta_e, kind", [(1.4, "invisible"), (5.0, "visible")])
def test_parts_may_differ_where_no_pixel_does(delta_e, kind):
    part = {"mean_colour": {"significant": True, "delta_e_2000": delta_e, "ci95": 0.7}}
    found, sentence = verdict(findings(0, delta_e), {"green": part})
    assert found == kind and "0 %" not in sentence
    assert sentence.startswith("No single pixel differs beyond noise. The mean colour of 1 of 1 parts")


@pytest.mark.parametrize("delta_e, words", [(0.5, "too little to be seen"), (5.0, "it can be seen in 50 %")])
def test_pixels_that_differ(delta_e, words):
    _, sentence = verdict(findings(128, delta_e), {})
    assert sentence.startswith("RGB differs in 50 % of the pixels") and words in sentence
