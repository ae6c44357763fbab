"""Values, pdfs and mirror events next to Mitsuba 3's, where it is installed."""

import numpy as np
import pytest
from harness import WAVELENGTHS, Bsdf, direction, random_directions, random_numbers
from tensor_files import measured

from specrender.kernel.bsdf.kinds import DELTA
from specrender.scene import description as d

mi = pytest.importorskip("mitsuba", reason="mitsuba is not installed")

# Mitsuba's names are ours; plain numbers are spectra here and have to be wrapped there.
SPECTRA = ("eta", "k", "specular_reflectance", "specular_transmittance", "diffuse_reflectance", "base_color", "sigma_a")
#: Parameters of these names that are numbers in some plugins.
NUMBERS = {d.Principled: ("eta",), d.PrincipledThin: ("eta",)}
GREEN = d.SpectrumSpec(rgb=(0.2, 0.8, 0.1))
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
CASES += [
    (d.Principled, parameters, 1e-4, 1e-4)
    for parameters in (
        {},
        {"base_color": GREEN, "roughness": 0.3, "anisotropic": 0.7, "metallic": 0.6},
        {"base_color": GREEN, "spec_tint": 0.7, "metallic": 0.2, "specular": 0.9},
        {"base_color": GREEN, "sheen": 0.8, "sheen_tint": 0.5, "flatness": 0.4},
        {"base_color": GREEN, "clearcoat": 0.9, "clearcoat_gloss": 0.4, "clearcoat_sampling_rate": 2.0},
        {"base_color": GREEN, "spec_trans": 0.7, "roughness": 0.3, "eta": 1.5},
        {"base_color": GREEN, "spec_trans": 1.0, "specular": 0.0, "main_specular_sampling_rate": 0.5, "metallic": 0.2},
    )
]
CASES += [
    (d.PrincipledThin, parameters, 1e-4, 1e-4)
    for parameters in (
        {},
        {"base_color": GREEN, "spec_trans": 0.6, "roughness": 0.3, "anisotropic": 0.8, "spec_tint": 0.5, "eta": 1.33},
        {"base_color": GREEN, "diff_trans": 0.7, "sheen": 0.6, "sheen_tint": 0.3, "flatness": 0.5},
        {"base_color": GREEN, "diff_trans": 1.4, "spec_trans": 0.3, "diffuse_transmittance_sampling_rate": 3.0},
    )
]
# Mitsuba's log of the Bessel function is off by up to 1 / (16 * 12) (at 12, where its asymptotic series begins), and
# it chooses lobes by luminance, we by a mean of the lanes: densities are compared below.
CASES += [
    (d.Hair, parameters, 6e-3, None)
    for parameters in (
        {},
        {"sigma_a": d.SpectrumSpec(rgb=(0.2, 0.25, 0.7)), "scale": 2.0},
        {"longitudinal_roughness": 0.1, "azimuthal_roughness": 0.6, "scale_tilt": 5.0},
        {"eumelanin": 0.2, "pheomelanin": 0.4, "int_ior": 1.6},
    )
]


def _wrapped(value):
    return {"type": "rgb", "value": list(value.rgb) if isinstance(value, d.SpectrumSpec) else [value] * 3}


@pytest.mark.parametrize(("struct", "parameters", "value_error", "pdf_error"), CASES)
def test_agrees_with_mitsuba(struct, parameters, value_error, pdf_error):
    mi.set_variant("scalar_rgb")
    bsdf = Bsdf(struct(**parameters), mode="rgb")
    numbers = NUMBERS.get(struct, ())
    wrapped = {k: _wrapped(v) if k in SPECTRA and k not in numbers else v for k, v in parameters.items()}
    theirs = mi.load_dict({"type": struct.__struct_config__.tag, **wrapped})
    context, si = mi.BSDFContext(), mi.SurfaceInteraction3f()
    # Mitsuba's principled has a density, though no value, behind an opaque surface
    opaque = struct is d.Principled and "spec_trans" not in parameters
    one_sided = opaque or struct in (d.Conductor, d.RoughConductor, d.Plastic, d.RoughPlastic)

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
        if pdf_error is not None:
            np.testing.assert_allclose(pdf, expected_pdf, rtol=pdf_error, atol=floor * expected_pdf.max() + 1e-9)

        u = random_numbers(60, 5)
        for i in np.flatnonzero(delta):
            event, weight = theirs.sample(context, si, float(u[i, 0]), mi.Point2f(*map(float, u[i, 1:])))
            np.testing.assert_allclose(s.weight[i, :3], np.array(weight), rtol=1e-5)
            np.testing.assert_allclose(s.wi[i], np.array(event.wo), atol=1e-5)
            np.testing.assert_allclose([s.pdf[i], s.eta[i]], [event.pdf, event.eta], rtol=1e-5)


GREY_HAIR = {"sigma_a": 0.4}
TAWNY_HAIR = {"sigma_a": d.SpectrumSpec(rgb=(0.2, 0.25, 0.7)), "scale": 2.0}
FIBRES = [
    {},
    {"longitudinal_roughness": 0.1, "azimuthal_roughness": 0.6, "scale_tilt": 5.0},
    {"longitudinal_roughness": 0.6, "azimuthal_roughness": 0.15, "scale_tilt": 0.0, "int_ior": 1.7},
]


@pytest.mark.parametrize("fibre", FIBRES)
@pytest.mark.parametrize("colour", [GREY_HAIR, TAWNY_HAIR])
def test_density_of_hair(colour, fibre):
    """On a grid of directions: the same density where the fibre is grey.

    Where it is not, lobes are chosen by other weights: Mitsuba's density is in proportion to the luminance of the
    value, ours to the mean of its lanes with green twice, and both are densities of the same lobes.
    """
    mi.set_variant("scalar_rgb")
    parameters = {**colour, **fibre}
    bsdf = Bsdf(d.Hair(**parameters), mode="rgb")
    theirs = mi.load_dict({"type": "hair", **{k: _wrapped(v) if k == "sigma_a" else v for k, v in parameters.items()}})
    context, si = mi.BSDFContext(), mi.SurfaceInteraction3f()
    wi = np.array([direction(theta, phi) for theta in range(5, 180, 10) for phi in range(3, 360, 15)])
    compared = 0
    for wo in (direction(5, 10), direction(45, 70), direction(80, 200), direction(60, 95)):
        si.wi = mi.Vector3f(*map(float, wo))
        value, pdf = bsdf.evaluate(wo, wi)
        directions = [mi.Vector3f(*map(float, w)) for w in wi]
        expected = np.array([theirs.pdf(context, si, w) for w in directions])
        their_value = np.array([np.array(theirs.eval(context, si, w)) for w in directions])
        # below it the two fall off alike, and rounding shows
        seen = expected > 1e-3 * expected.max()
        compared += seen.sum()
        np.testing.assert_allclose(value[seen, :3], their_value[seen], rtol=6e-3)
        if colour is GREY_HAIR:
            np.testing.assert_allclose(pdf[seen], expected[seen], rtol=6e-3)
        else:
            luminance = their_value @ [0.212671, 0.715160, 0.072169]
            np.testing.assert_allclose(expected[seen] / luminance[seen], expected.sum() / luminance.sum(), rtol=1e-3)
            weighted = value[:, :3] @ [0.25, 0.5, 0.25]
            np.testing.assert_allclose(pdf[seen] / weighted[seen], pdf.sum() / weighted.sum(), rtol=1e-4)
    assert compared >= 250


# ---------------------------------------------------------------- materials in materials, and files


#: Moves of a direction by a rounding of float32: where they move Mitsuba's own result, it is not known better.
NUDGES = 1.2e-7 * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)]).astype(np.float32)


def _assert_agree(ours, nudged):
    """Within 1e-3, or 1e-4 of the largest, or four times of what nudges make of the reference."""
    expected, spread = nudged[0], 4 * np.ptp(nudged, axis=0)
    tolerance = 1e-3 * np.abs(expected) + 1e-4 * expected.max() + 1e-9 + spread
    worst = np.argmax(np.abs(ours - expected) - tolerance)
    assert (np.abs(ours - expected) <= tolerance).all(), (worst, ours.flat[worst], expected.flat[worst])
    assert np.median(spread) <= 1e-5 * expected.max()


def _compare(ours, theirs, si, views, lanes=3):
    """Value and pdf of both at random directions, for each view; some of it is seen."""
    context, peak = mi.BSDFContext(), 0.0
    for wo in views:
        si.wi = mi.Vector3f(*map(float, wo))
        s = ours.sample(wo, 60, seed=5)
        wi = np.concatenate([random_directions(60, seed=3), s.wi[(s.flags & DELTA == 0) & (s.pdf > 0)]])
        value, pdf = ours.evaluate(wo, wi)
        directions = [[mi.Vector3f(*map(float, w)) for w in wi + nudge] for nudge in NUDGES]
        expected = np.array([[np.array(theirs.eval(context, si, w)) for w in row] for row in directions])
        peak = max(peak, expected.max())
        _assert_agree(value[:, :lanes], expected)
        _assert_agree(pdf, np.array([[theirs.pdf(context, si, w) for w in row] for row in directions]))
    assert peak > 0


def _place(uv=(0.25, 0.75), dp_du=(1, 0, 0), dp_dv=(0, 1, 0)):
    si = mi.SurfaceInteraction3f()
    si.sh_frame, si.n = mi.Frame3f([0, 0, 1]), [0, 0, 1]
    si.uv, si.dp_du, si.dp_dv = uv, dp_du, dp_dv
    return si


UP = (direction(5, 10), direction(45, 70), direction(80, 200))
ALL = (*UP, direction(130, 30), direction(100, 80))
METAL = {"type": "roughconductor", "alpha_u": 0.3, "alpha_v": 0.1}
GREY = {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.7}}


def test_blends_masks_and_sides():
    mi.set_variant("scalar_rgb")
    metal, grey = d.RoughConductor(alpha_u=0.3, alpha_v=0.1), d.Diffuse(reflectance=0.7)
    pairs = [
        (
            d.BlendBsdf(first=metal, second=grey, weight=0.3),
            {"type": "blendbsdf", "weight": 0.3, "a": METAL, "b": GREY},
        ),
        (
            d.BlendBsdf(first=d.Mask(material=grey, opacity=0.4), second=d.TwoSided(material=metal), weight=0.3),
            {
                "type": "blendbsdf",
                "weight": 0.3,
                "a": {"type": "mask", "opacity": 0.4, "inner": GREY},
                "b": {"type": "twosided", "inner": METAL},
            },
        ),
        (d.TwoSided(material=metal, back=grey), {"type": "twosided", "a": METAL, "b": GREY}),
        (
            d.TwoSided(material=d.BlendBsdf(first=metal, second=grey, weight=0.6), back=d.Plastic()),
            {
                "type": "twosided",
                "a": {"type": "blendbsdf", "weight": 0.6, "a": METAL, "b": GREY},
                "b": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.7}},
            },
        ),
    ]
    for node, theirs in pairs[:3]:
        views = UP if node is pairs[0][0] else ALL
        _compare(Bsdf(node, mode="rgb"), mi.load_dict(theirs), _place(), views)
    _compare(Bsdf(pairs[3][0], mode="rgb"), mi.load_dict(pairs[3][1]), _place(), UP)


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("shadowing", [True, False])
def test_normal_maps(flip, shadowing):
    mi.set_variant("scalar_rgb")
    flags = {"flip_invalid_normals": flip, "use_shadowing_function": shadowing}
    for n in ((0.65, 0.4, 0.9), (0.95, 0.5, 0.6)):  # the second faces away from half of the views
        node = d.NormalMap(material=d.RoughConductor(alpha_u=0.3, alpha_v=0.1), normalmap=n, **flags)
        theirs = {"type": "normalmap", "normalmap": {"type": "rawconstant", "value": list(n)}, "inner": METAL, **flags}
        _compare(Bsdf(node, mode="rgb"), mi.load_dict(theirs), _place(), UP)
    glass = d.RoughDielectric(alpha=0.3, int_ior=1.5, ext_ior=1.0)
    node = d.NormalMap(material=glass, normalmap=(0.6, 0.45, 0.9), **flags)
    theirs = {"type": "normalmap", "normalmap": {"type": "rawconstant", "value": [0.6, 0.45, 0.9]}, **flags}
    theirs["inner"] = {"type": "roughdielectric", "alpha": 0.3, "int_ior": 1.5, "ext_ior": 1.0}
    _compare(Bsdf(node, mode="rgb"), mi.load_dict(theirs), _place(), ALL)


def test_mirror_under_a_normal_map():
    mi.set_variant("scalar_rgb")
    n = (0.65, 0.4, 0.9)
    ours = Bsdf(d.NormalMap(material=d.Conductor(), normalmap=n), mode="rgb")
    theirs = mi.load_dict(
        {"type": "normalmap", "normalmap": {"type": "rawconstant", "value": list(n)}, "inner": {"type": "conductor"}}
    )
    si = _place()
    for wo in UP:
        si.wi = mi.Vector3f(*map(float, wo))
        event, weight = theirs.sample(mi.BSDFContext(), si, 0.5, mi.Point2f(0.3, 0.6))
        s = ours.sample(wo, u=[[0.5, 0.3, 0.6]])
        np.testing.assert_allclose(s.weight[0, :3], np.array(weight), rtol=1e-5)
        if s.pdf[0] > 0:
            np.testing.assert_allclose(s.wi[0], np.array(event.wo), atol=1e-5)


@pytest.mark.parametrize("uv", [(0.25, 0.75), (0.61, 0.2), (0.013, 0.97)])
@pytest.mark.parametrize("stretch", [(1, 0, 1), (2.0, 0.5, 1.5), (0.7, -0.3, -1.2)])
def test_bump_maps(uv, stretch, tmp_path):
    mi.set_variant("scalar_rgb")
    heights = np.random.default_rng(3).random((16, 24, 1)).astype(np.float32)
    path = str(tmp_path / "bump.exr")
    mi.Bitmap(heights).write(path)
    a, b, c = stretch
    for zoom in ((1, 1), (2, 3)):
        matrix = np.diag([*zoom, 1, 1])
        node = d.BumpMap(material=d.Diffuse(), bumpmap=d.TextureRef(texture="bumps"), scale=0.02)
        textures = {"bumps": d.Bitmap(filename=path, raw=True, to_uv=d.Transform(matrix))}
        ours = Bsdf(node, mode="rgb", textures=textures, uv=uv, stretch=stretch)
        image = {"type": "bitmap", "filename": path, "raw": True, "to_uv": mi.ScalarTransform3f().scale(list(zoom))}
        theirs = mi.load_dict({"type": "bumpmap", "bumps": image, "scale": 0.02, "inner": {"type": "diffuse"}})
        _compare(ours, theirs, _place(uv, (a, 0, 0), (b, c, 0)), UP)


MEASURED = [
    ("spectra", 1, (-np.pi, np.pi)),
    ("spectra", 7, (-np.pi, np.pi)),
    ("spectra", 5, (-np.pi, 0.0)),
    ("spectra", 5, (-np.pi, -0.5 * np.pi)),
    ("rgb", 7, (-np.pi, np.pi)),
]


@pytest.mark.parametrize(("colours", "phi_count", "phi_range"), MEASURED)
def test_measured_files(colours, phi_count, phi_range):
    mi.set_variant("scalar_rgb" if colours == "rgb" else "scalar_spectral")
    node = measured(phi_count, colours=colours, phi_range=phi_range)
    si = _place()
    if colours == "spectra":
        si.wavelengths = [float(w) for w in WAVELENGTHS]
    ours = Bsdf(node, mode="rgb" if colours == "rgb" else "spectral")
    theirs = mi.load_dict({"type": "measured", "filename": node.filename})
    if phi_count == 1:
        # Mitsuba leaves the symmetry of isotropic files to chance; in the half it folds to, nothing changes
        views = [direction(t, -120) for t in (5, 45, 80)]
    else:
        views = UP
    _compare(ours, theirs, si, views, lanes=3 if colours == "rgb" else 4)
    u = random_numbers(60, 5)
    for wo in views:
        si.wi = mi.Vector3f(*map(float, wo))
        s = ours.sample(wo, u=u)
        for i in np.flatnonzero(s.pdf > 0):
            event, _ = theirs.sample(mi.BSDFContext(), si, float(u[i, 0]), mi.Point2f(*map(float, u[i, 1:])))
            np.testing.assert_allclose(s.wi[i], np.array(event.wo), atol=2e-4)
