"""All kinds with a density, at five roughnesses and angles in both modes: samples follow the pdf, energy is bounded."""

import numpy as np
import pytest
from chi_square import SIGNIFICANCE, chi_square_p_value
from harness import Bsdf, direction
from tensor_files import measured

from specrender.kernel.bsdf import KINDS
from specrender.kernel.bsdf.kinds import DELTA, TRANSMISSION
from specrender.scene import description as d
from specrender.scene.description import SpectrumSpec

ROUGHNESSES = (0.1, 0.2, 0.35, 0.6, 1.0)
ANGLES = (1.0, 25.0, 50.0, 70.0, 84.0)
PRISM = d.IorSpec(cauchy=[1.45, 0.02, 0.0])
ORANGE = SpectrumSpec(rgb=(0.8, 0.5, 0.1))

#: Kind -> a material of it with a given roughness (or whatever else there is to vary).
FAMILIES = {
    "diffuse": lambda r: d.Diffuse(reflectance=r),
    "plastic": lambda r: d.Plastic(diffuse_reflectance=r, nonlinear=True),
    "roughconductor": lambda r: d.RoughConductor(material="Cu", alpha=r, distribution="ggx"),
    # Beckmann's shadowing is a fit within 0.35 %, of which a grazing view of alpha = 1 sees all: 0.6 is roughest here
    "roughconductor beckmann": lambda r: d.RoughConductor(alpha_u=0.1 + 0.5 * r, alpha_v=0.1 + 0.2 * r),
    "roughdielectric": lambda r: d.RoughDielectric(alpha=r, int_ior=PRISM, distribution="ggx"),
    "roughdielectric beckmann": lambda r: d.RoughDielectric(alpha=0.1 + 0.5 * r, int_ior=1.5, ext_ior=1.0),
    "roughplastic": lambda r: d.RoughPlastic(alpha=r, diffuse_reflectance=ORANGE),
    "roughdiffuse": lambda r: d.RoughDiffuse(roughness=r, reflectance=ORANGE),
    "diffusetransmission": lambda r: d.DiffuseTransmission(reflectance=0.9 * (1 - r), transmittance=0.9 * r),
    "principled": lambda r: d.Principled(
        base_color=ORANGE, roughness=np.sqrt(r), anisotropic=0.4, spec_trans=0.5, metallic=0.2, clearcoat=0.4
    ),
    "principledthin": lambda r: d.PrincipledThin(
        base_color=ORANGE, roughness=np.sqrt(r), anisotropic=0.4, spec_trans=0.5, diff_trans=0.8
    ),
    "hair": lambda r: d.Hair(longitudinal_roughness=0.2 + 0.8 * r, azimuthal_roughness=0.2 + 0.6 * r),
    "measured": lambda r: measured(1 if r < 0.3 else 5, seed=int(100 * r)),
    "blendbsdf": lambda r: d.BlendBsdf(first=d.RoughConductor(alpha=r), second=d.Diffuse(), weight=r),
    "normalmap": lambda r: d.NormalMap(
        material=d.RoughConductor(alpha=0.3), normalmap=(0.5 + 0.2 * r, 0.5 - 0.3 * r, 1.0)
    ),
}
#: Kinds that may create energy: Burley's, as in Mitsuba, and made-up measurements.
UNBOUNDED = {"principled", "principledthin", "measured"}


def test_every_kind_with_a_density_is_here():
    assert {kind.name for kind in KINDS if kind.is_smooth} <= set(FAMILIES)


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize("family", FAMILIES)
def test_samples_follow_the_pdf(family, mode):
    for index, roughness in enumerate(ROUGHNESSES):
        bsdf = Bsdf(FAMILIES[family](roughness), mode=mode)
        for theta in ANGLES:
            wo = direction(theta, 40.0 * index)
            s = bsdf.sample(wo, 20_000, seed=17)
            found = np.where(((s.pdf > 0) & (s.flags & DELTA == 0))[:, None], s.wi, np.nan)
            for order in (8, 40):  # densities with steps, as at the edge of total reflection, need the fine quadrature
                p, integral = chi_square_p_value(
                    found, lambda wi, wo=wo, b=bsdf: b.evaluate(wo, wi)[1], (32, 64), order
                )
                if p > SIGNIFICANCE:
                    break
            assert p > SIGNIFICANCE, (family, mode, roughness, theta, p)
            # Beckmann's shadowing is a fit within 0.35 %; where lobes are narrow the quadrature is coarse
            assert integral < 1.006, (family, mode, roughness, theta)


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize("family", sorted(set(FAMILIES) - UNBOUNDED))
def test_no_energy_is_made(family, mode):
    limit = 2e-3 if "plastic" in family else 1e-3
    lanes = 4 if mode == "spectral" else 3
    for index, roughness in enumerate(ROUGHNESSES):
        bsdf = Bsdf(FAMILIES[family](roughness), mode=mode)
        for theta in ANGLES:
            s = bsdf.sample(direction(theta, 40.0 * index), 20_000, seed=17)
            weight = s.weight[:, :lanes].astype(np.float64)
            if family.startswith("roughdielectric"):  # radiance grows by the squared index
                eta = np.full(4, s.eta[0])
                if mode == "spectral" and bsdf.record["eta_texture"] >= 0:
                    eta = 1.45 + 0.02 / (bsdf.wavelengths * 1e-3) ** 2
                else:
                    eta = np.full(4, bsdf.record["eta"])
                crossed = (s.flags & TRANSMISSION != 0)[:, None]
                weight = weight * np.where(crossed, eta[:lanes] ** 2, 1.0)
            error = weight.std(axis=0) / np.sqrt(len(weight))
            assert np.all(weight.mean(axis=0) < 1.0 + limit + 4 * error), (family, mode, roughness, theta)


@pytest.mark.parametrize("family", ["roughdiffuse", "diffusetransmission", "hair", "blendbsdf"])
def test_white_surfaces_keep_all_light(family):
    """Furnace: what neither absorbs nor loses light between its facets returns all of it."""
    for roughness in ROUGHNESSES:
        node = {
            "roughdiffuse": d.RoughDiffuse(roughness=roughness, reflectance=1.0),
            "diffusetransmission": d.DiffuseTransmission(reflectance=roughness, transmittance=1.0 - roughness),
            "hair": d.Hair(sigma_a=0.0, longitudinal_roughness=0.2 + 0.8 * roughness, scale_tilt=0.0),
            "blendbsdf": d.BlendBsdf(
                first=d.Diffuse(reflectance=1.0), second=d.Conductor(material="none"), weight=roughness
            ),
        }[family]
        for theta in (1.0, 50.0, 84.0):
            weight = Bsdf(node).sample(direction(theta, 30.0), 100_000, seed=5).weight[:, 0].astype(np.float64)
            error = weight.std() / np.sqrt(len(weight))
            assert abs(weight.mean() - 1.0) < 1e-3 + 4 * error, (family, roughness, theta)
