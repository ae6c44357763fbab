"""Transfer functions: round trips, anchors, and colour-science."""

import numpy as np
import pytest

from specrender.color.transfer import TRANSFERS, srgb_encode

VALUES = np.concatenate([-np.geomspace(1e-6, 4, 50), [0.0], np.geomspace(1e-6, 4, 200), [0.0031308, 1 / 512, 1.0]])


@pytest.mark.parametrize("name", TRANSFERS)
def test_round_trip_and_ends(name):
    encode, decode = TRANSFERS[name]
    assert decode(encode(VALUES)) == pytest.approx(VALUES, rel=1e-6, abs=1e-12)
    assert encode(np.array([0.0, 1.0])) == pytest.approx([0, 1], abs=1e-12)
    assert np.all(np.diff(encode(np.sort(VALUES))) >= -1e-7)


@pytest.mark.parametrize(
    "name, theirs",
    [("srgb", "eotf_inverse_sRGB"), ("romm", "cctf_encoding_ProPhotoRGB"), ("adobe", None), ("gamma2.6", None)],
)
def test_agrees_with_colour_science(name, theirs):
    colour = pytest.importorskip("colour")
    x = np.linspace(0, 1, 400)
    spaces = {"adobe": "Adobe RGB (1998)", "gamma2.6": "DCI-P3"}
    function = getattr(colour.models, theirs) if theirs else colour.RGB_COLOURSPACES[spaces[name]].cctf_encoding
    assert TRANSFERS[name][0](x) == pytest.approx(function(x), abs=1e-6)


def test_middle_grey():
    assert float(srgb_encode(np.array(0.18))) * 255 == pytest.approx(117.6, abs=0.1)
