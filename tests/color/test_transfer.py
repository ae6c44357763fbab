"""Transfer functions: round trips, anchors, and colour-science."""

import numpy as np
import pytest

from specrender.color import hdr, rgb_to_xyz
from specrender.color.transfer import TRANSFERS, srgb_encode, transfer
from specrender.errors import InputError

VALUES = np.concatenate([-np.geomspace(1e-6, 4, 50), [0.0], np.geomspace(1e-6, 4, 200), [0.0031308, 1 / 512, 1.0]])


@pytest.mark.parametrize("name", TRANSFERS)
def test_round_trip_and_ends(name):
    encode, decode, _ = TRANSFERS[name]
    assert decode(encode(VALUES)) == pytest.approx(VALUES, rel=1e-6, abs=1e-12)
    assert encode(np.array([0.0, 1.0])) == pytest.approx([0, 1], abs=1e-6)  # PQ: 7e-7 at 0, HLG: 1 - 1e-8 at 1
    assert np.all(np.diff(encode(np.sort(VALUES))) >= -1e-7)


@pytest.mark.parametrize(
    "name, theirs",
    [
        ("srgb", "eotf_inverse_sRGB"),
        ("romm", "cctf_encoding_ProPhotoRGB"),
        ("bt1886", "eotf_inverse_BT1886"),
        ("hlg", "oetf_BT2100_HLG"),
        ("adobe", None),
        ("gamma2.6", None),
    ],
)
def test_agrees_with_colour_science(name, theirs):
    colour = pytest.importorskip("colour")
    x = np.linspace(0, 1, 400)
    spaces = {"adobe": "Adobe RGB (1998)", "gamma2.6": "DCI-P3"}
    function = getattr(colour.models, theirs) if theirs else colour.RGB_COLOURSPACES[spaces[name]].cctf_encoding
    assert TRANSFERS[name].encode(x) == pytest.approx(function(x), abs=1e-6)


def test_middle_grey():
    assert float(srgb_encode(np.array(0.18))) * 255 == pytest.approx(117.6, abs=0.1)


def test_any_gamma_by_name():
    assert transfer("gamma1.75").encode(np.array(0.5)) == pytest.approx(0.5 ** (1 / 1.75))
    assert transfer("pq") is TRANSFERS["pq"]
    for name in ("gamma0.5", "gamma9", "gamma", "srbg"):
        with pytest.raises(InputError, match=f"there is no encoding '{name}'"):
            transfer(name)


def test_pq_anchors():
    """Published code values of 100, 1000, 10000 and 203 cd/m^2."""
    colour = pytest.importorskip("colour")
    luminance = np.array([100.0, 203.0, 1000.0, 4000.0, 10000.0])
    codes = hdr.pq_encode(luminance / 10000)
    assert codes == pytest.approx([0.508078, 0.580689, 0.751827, 0.902572, 1.0], abs=1e-6)
    assert codes == pytest.approx(colour.models.eotf_inverse_ST2084(luminance), abs=1e-9)


def test_hlg_of_reference_white():
    """203 cd/m^2 on the nominal display of 1000 is 75 % [BT2408], and the display shows it again."""
    colour = pytest.importorskip("colour")
    weights = rgb_to_xyz("rec2020")[1]
    display = np.array([[0.203, 0.203, 0.203], [0.5, 0.1, 0.02], [0.0, 0.0, 0.0], [-0.1, 0.0, 0.0]])
    scene = hdr.hlg_scene_light(display, weights)
    codes = hdr.hlg_encode(scene)
    assert codes[0] == pytest.approx([0.75] * 3, abs=1e-3)
    assert np.all(scene[2:] == 0)
    shown = colour.models.eotf_BT2100_HLG(codes[:2], L_W=1000) / 1000
    assert shown == pytest.approx(display[:2], rel=1e-4)
