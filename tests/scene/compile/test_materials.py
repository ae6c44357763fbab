"""Material structs to records: defaults, sharing, and what is refused."""

import numpy as np
import pytest
from tensor_files import measured

from specrender.errors import SceneError
from specrender.kernel.bsdf import KINDS, TAGS
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.coats import diffuse_reflectance_inside
from specrender.scene.compile.materials import PACKERS, pack_bsdf


def builder(mode="spectral"):
    textures = {"dots": d.Checkerboard(color0=0.1, color1=0.3)}
    return TableBuilder(d.Scene(textures=textures), mode, "srgb", (360.0, 830.0))


@pytest.mark.parametrize("struct", PACKERS)
@pytest.mark.parametrize("mode", ["spectral", "rgb"])
def test_defaults_pack(struct, mode):
    tag, record = pack_bsdf(measured(1) if struct is d.Measured else struct(), builder(mode))
    assert tag == TAGS[struct.__struct_config__.tag]
    assert record.dtype == KINDS[tag].dtype


def test_plastic_fields():
    b = builder()
    _, record = pack_bsdf(d.Plastic(int_ior=1.5, ext_ior=1.0, diffuse_reflectance=0.25, nonlinear=True), b)
    assert record["eta"] == np.float32(1.5)
    assert record["specular_weight"] == pytest.approx(1 / 1.25)
    assert record["internal"] == pytest.approx(float(diffuse_reflectance_inside(1.5)))
    assert record["nonlinear"] == 1
    assert record["specular_reflectance"] == -1 and record["eta_texture"] == -1
    assert b.mean(int(record["diffuse_reflectance"])) == pytest.approx(0.25)


def test_plastic_of_a_narrow_line():
    """The diffuse lobe of a line between two whole nm has its share of the samples: none would lose its light."""
    line = d.SpectrumSpec(wavelengths=[589.05, 589.2, 589.35], values=[0.0, 0.8, 0.0])
    _, record = pack_bsdf(d.Plastic(diffuse_reflectance=line), builder())
    assert 1.0 - record["specular_weight"] == pytest.approx(0.12 / 470.0, rel=1e-3)


def test_roughness():
    for struct in (d.RoughConductor, d.RoughDielectric):
        record = pack_bsdf(struct(), builder())[1]
        assert record["alpha_u"] == record["alpha_v"] == np.float32(0.1)
        record = pack_bsdf(struct(alpha_u=0.2, alpha_v=0.0), builder())[1]
        assert record["alpha_u"] == np.float32(0.2) and record["alpha_v"] == np.float32(1e-4)
        record = pack_bsdf(struct(alpha=d.TextureRef(texture="dots"), distribution="ggx"), builder())[1]
        assert record["alpha_u_texture"] == record["alpha_v_texture"] >= 0
        assert record["ggx"] == 1


def test_metals():
    record = pack_bsdf(d.Conductor(material="none"), builder())[1]
    assert record["eta"] == record["k"] == -1
    b = builder()
    record = pack_bsdf(d.Conductor(material="Au"), b)[1]
    assert b.mean(int(record["k"])) > b.mean(int(record["eta"])) > 0
    b = builder()
    record = pack_bsdf(d.Conductor(eta=0.2, k=3.0), b)[1]
    assert b.mean(int(record["k"])) == 3.0


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (d.RoughConductor(alpha=0.1, alpha_u=0.1, alpha_v=0.1), "not both"),
        (d.RoughDielectric(alpha_u=0.1), "go together"),
        (d.RoughConductor(alpha=-0.1), "at least 0"),
        (d.RoughPlastic(alpha=float("nan")), "at least 0"),
        (d.Conductor(eta=0.2), "without k"),
        (d.Conductor(k=0.2), "without eta"),
        (d.Conductor(material="Au", eta=0.2, k=3.0), "not both"),
        (d.Conductor(material="Aux"), "Au"),
        (d.Dielectric(int_ior="BK8"), "BK8"),
        (d.Dielectric(int_ior=-1.5), "above 0"),
        (d.RoughDielectric(int_ior=1.5, ext_ior=1.5), "must differ"),
        (d.RoughPlastic(int_ior=1.5, ext_ior=1.5), "must differ"),
        (d.RoughConductor(alpha=d.TextureRef(texture="stripes")), "stripes"),
    ],
)
def test_refusals(node, words):
    node.__dict__["location"] = "scene.toml:7"
    with pytest.raises(SceneError, match=words) as caught:
        pack_bsdf(node, builder())
    assert "scene.toml:7" in str(caught.value)
