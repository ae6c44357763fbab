"""Burley's materials to records: luminance, indices, textures."""

import numpy as np
import pytest

from specrender.kernel.bsdf import KINDS
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.materials import pack_bsdf
from specrender.scene.compile.principled import luminance_nodes, principled_eta
from specrender.spectra.spectrum import luminance
from specrender.spectra.uplift import uplift_reflectance, white_spectrum


def test_luminance_nodes_integrate_polynomials_and_colours():
    nodes, weights = luminance_nodes()
    assert np.all(weights > 0) and weights.sum() == pytest.approx(1.0)
    white = white_spectrum("srgb")
    for rgb in ((0.2, 0.8, 0.1), (0.7, 0.1, 0.1), (0.1, 0.2, 0.6), (0.5, 0.5, 0.5)):
        colour = uplift_reflectance(rgb)
        exact = luminance(_Product(colour, white)) / luminance(white)
        # spectra of saturated colours are steep: four nodes are within 4 % of the steepest here
        assert weights @ colour(nodes) == pytest.approx(exact, rel=0.04)


class _Product:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __call__(self, nm):
        return self.a(nm) * self.b(nm)


def test_index():
    assert principled_eta(d.Principled()) == pytest.approx(1.5)
    assert principled_eta(d.Principled(eta=1.7)) == 1.7
    assert principled_eta(d.Principled(specular=0.0)) == 1.0
    # where light must refract there is an interface
    assert principled_eta(d.Principled(specular=0.0, spec_trans=0.5)) > 1.0
    assert principled_eta(d.Principled(eta=1.0, spec_trans=0.5)) > 1.0


@pytest.mark.parametrize("struct", [d.Principled, d.PrincipledThin])
def test_every_number_may_be_a_texture(struct):
    scene = d.Scene(textures={"board": d.Checkerboard(color0=0.1, color1=0.7)})
    names = [f for f, t in struct.__annotations__.items() if t == "FloatTexture"]
    assert len(names) > 8
    node = struct(**{name: d.TextureRef(texture="board") for name in names})
    tag, record = pack_bsdf(node, TableBuilder(scene, "spectral", "srgb", (360.0, 830.0)))
    for name in names:
        assert record[f"{name}_texture"] >= 0 and f"{name}_texture" in KINDS[tag].dtype.names
