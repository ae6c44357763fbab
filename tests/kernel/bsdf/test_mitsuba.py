"""Values, pdfs and mirror events next to Mitsuba 3's, where it is installed."""

import numpy as np
import pytest
from harness import Bsdf, direction, random_directions, random_numbers

from specrender.kernel.bsdf.kinds import DELTA
from specrender.scene import description as d

mi = pytest.importorskip("mitsuba", reason="mitsuba is not installed")

# Mitsuba's names are ours; plain numbers are spectra here and have to be wrapped there.
SPECTRA = ("eta", "k", "specular_reflectance", "specular_transmittance", "diffuse_reflectance")
GLASS = {"int_ior": 1.5, "ext_ior": 1.0}
BUBBLE = {"int_ior": 1.2, "ext_ior": 1.6, "alpha_u": 0.1, "alpha_v": 0.4, "specular_transmittance": 0.7}
# The fits of Mitsuba's diffuse Fresnel reflectance are off by up to 1e-3, its tables of rough coats by 5e-4
# (in the pdf by 6e-3 where the coat is smooth and reflects little).
CASES = [
    (d.Dielectric, GLASS, 1e-5, 1e-5),
    (d.ThinDielectric, GLASS, 1e-5, 1e-5),
    (d.Conductor, {"eta": 0.2, "k": 3.0}, 1e-5, 1e-5),
    (d.Plastic, GLASS, 2e-3, 1e-5),
    (d.Plastic, {**GLASS, "int_ior": 1.9, "nonlinear": True, "specular_reflectance": 0.5}, 2e-3, 1e-5),
]
for _distribution in ("beckmann", "ggx"):
    _metal = {"alpha_u": 0.1, "alpha_v": 0.4, "specular_reflectance": 0.7, "distribution": _distribution}
    CASES += [
        (d.RoughConductor, _metal, 1e-4, 1e-4),
        (d.RoughConductor, {"eta": 0.2, "k": 3.0, "alpha": 0.7, "distribution": _distribution}, 1e-4, 1e-4),
        (d.RoughDielectric, {**GLASS, "alpha": 0.3, "distribution": _distribution}, 1e-3, 1e-3),
        (d.RoughDielectric, {**BUBBLE, "distribution": _distribution}, 1e-3, 1e-3),
        (d.RoughPlastic, {**GLASS, "alpha": 0.05, "distribution": _distribution}, 2e-3, 8e-3),
        (d.RoughPlastic, {**GLASS, "alpha": 0.5, "distribution": _distribution, "nonlinear": True}, 2e-3, 8e-3),
    ]


@pytest.mark.parametrize(("struct", "parameters", "value_error", "pdf_error"), CASES)
def test_agrees_with_mitsuba(struct, parameters, value_error, pdf_error):
    mi.set_variant("scalar_rgb")
    bsdf = Bsdf(struct(**parameters), mode="rgb")
    wrapped = {k: {"type": "rgb", "value": [v] * 3} if k in SPECTRA else v for k, v in parameters.items()}
    theirs = mi.load_dict({"type": struct.__struct_config__.tag, **wrapped})
    context, si = mi.BSDFContext(), mi.SurfaceInteraction3f()
    one_sided = struct in (d.Conductor, d.RoughConductor, d.Plastic, d.RoughPlastic)

    for wo in (direction(5, 10), direction(45, 70), direction(85, 200), direction(130, 30), direction(100, 80)):
        if one_sided and wo[2] < 0:
            continue
        si.wi = mi.Vector3f(*map(float, wo))
        s = bsdf.sample(wo, 60, seed=5)
        delta = s.flags & DELTA != 0
        wi = np.concatenate([random_directions(60, seed=3), s.wi[~delta & (s.pdf > 0)]])
        value, pdf = bsdf.evaluate(wo, wi)
        directions = [mi.Vector3f(*map(float, w)) for w in wi]
        expected = np.array([np.array(theirs.eval(context, si, w)) for w in directions])
        expected_pdf = np.array([theirs.pdf(context, si, w) for w in directions])
        floor = 1e-4  # of the largest: what is far below it is a matter of rounding
        np.testing.assert_allclose(value[:, :3], expected, rtol=value_error, atol=floor * expected.max() + 1e-9)
        np.testing.assert_allclose(pdf, expected_pdf, rtol=pdf_error, atol=floor * expected_pdf.max() + 1e-9)

        u = random_numbers(60, 5)
        for i in np.flatnonzero(delta):
            event, weight = theirs.sample(context, si, float(u[i, 0]), mi.Point2f(*map(float, u[i, 1:])))
            np.testing.assert_allclose(s.weight[i, :3], np.array(weight), rtol=1e-5)
            np.testing.assert_allclose(s.wi[i], np.array(event.wo), atol=1e-5)
            np.testing.assert_allclose([s.pdf[i], s.eta[i]], [event.pdf, event.eta], rtol=1e-5)
