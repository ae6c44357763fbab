import numpy as np
import pytest

from specrender.color.gamuts import gamut, primary_matrix, rgb_to_xyz, xyz_to_rgb
from specrender.errors import InputError
from specrender.spectra import uplift, wavelengths
from specrender.spectra.spectrum import Product, integrate_xyz, luminance

CORNERS = np.array(np.meshgrid([0.0, 1.0], [0.0, 1.0], [0.0, 1.0])).reshape(3, -1).T
RNG = np.random.default_rng(7)
# Saturated, dark and nearly white colours are the hard ones.
COLOURS = np.concatenate(
    [
        np.array(np.meshgrid(*[[0.0, 0.02, 0.3, 0.7, 0.98, 1.0]] * 3)).reshape(3, -1).T,
        RNG.random((200, 3)) ** 3,
        1.0 - RNG.random((100, 3)) ** 4,
        10.0 ** RNG.uniform(-7, 0, (200, 3)),
    ]
)


def test_every_srgb_colour_makes_the_round_trip():
    coefficients = uplift.reflectance_coefficients(COLOURS)
    assert coefficients.shape == COLOURS.shape and coefficients.dtype == np.float64
    assert uplift.round_trip_error(COLOURS, coefficients).max() < 1e-5


def test_round_trip_by_another_way():
    """Through XYZ of the product with D65, as a renderer's film would see it."""
    white = uplift.white_spectrum("srgb")
    to_rgb = np.linalg.inv(primary_matrix(gamut("srgb")))
    for rgb in [*CORNERS, [0.5, 0.2, 0.7], [0.01, 0.3, 0.02]]:
        reflected = integrate_xyz(Product(uplift.uplift_reflectance(rgb), white))
        np.testing.assert_allclose(to_rgb @ reflected, rgb, atol=3e-4)


def test_black_white_and_grey_are_flat():
    nm = wavelengths.visible()
    for value, error in ((0.0, 3e-9), (1.0, 3e-9), (0.18, 1e-12), (0.5, 1e-12)):
        np.testing.assert_allclose(uplift.uplift_reflectance([value] * 3)(nm), value, atol=error)


def test_reflectances_stay_within_0_and_1_and_are_smooth():
    nm = wavelengths.visible()
    for rgb in CORNERS:
        values = uplift.uplift_reflectance(rgb)(nm)
        assert values.min() >= 0 and values.max() <= 1
        # a parabola turns once: at most one rise and one fall
        assert np.count_nonzero(np.diff(np.sign(np.diff(np.round(values, 9))[np.diff(np.round(values, 9)) != 0]))) <= 1


@pytest.mark.parametrize("space", ["acescg", "rec2020", "display-p3"])
def test_wider_spaces(space):
    """What sRGB has, wider spaces reach too; what is no reflectance comes out near and is told."""
    srgb_to_space = xyz_to_rgb(space) @ rgb_to_xyz("srgb")
    inside = np.clip(COLOURS[:300] @ srgb_to_space.T, 0, 1)
    error = uplift.round_trip_error(inside, uplift.reflectance_coefficients(inside, space), space)
    assert error.max() < 1e-5

    red = np.array([1.0, 0.0, 0.0])
    coefficients = uplift.reflectance_coefficients(red, space)
    reached = uplift.coefficients_to_rgb(coefficients, space)
    assert uplift.round_trip_error(red, coefficients, space) > 0.01
    assert reached[0] > 0.5 and abs(reached[1:]).max() < 0.1
    np.testing.assert_allclose(uplift.coefficients_to_rgb(uplift.reflectance_coefficients([1, 1, 1], space), space), 1)


@pytest.mark.parametrize("space", ["srgb", "acescg", "rec2020", "dci-p3"])
def test_emission_comes_out_as_it_was_given(space):
    """White of any space is D65, as it is in the output of that space."""
    for rgb in ([1.0, 1.0, 1.0], [3.0, 2.5, 2.0]):
        developed = xyz_to_rgb(space) @ integrate_xyz(uplift.uplift_emission(rgb, space))
        # the xy of D65 in colour standards has four digits: 2.4e-4 from the illuminant's in blue
        np.testing.assert_allclose(developed, rgb, rtol=5e-4)


def test_spaces_differ():
    rgb = [0.6, 0.3, 0.2]
    assert uplift.uplift_reflectance(rgb, "srgb") == uplift.uplift_reflectance(rgb, "rec709")
    assert uplift.uplift_reflectance(rgb, "srgb") != uplift.uplift_reflectance(rgb, "acescg")


def test_emission():
    to_xyz = primary_matrix(gamut("srgb"))
    for rgb in ([1.0, 0.5, 0.25], [20.0, 0.0, 3.0], [0.001, 0.002, 0.0], [4.0, 4.0, 4.0]):
        xyz = integrate_xyz(uplift.uplift_emission(rgb))
        np.testing.assert_allclose(np.linalg.solve(to_xyz, xyz), rgb, atol=1e-3 * max(rgb))
    assert luminance(uplift.uplift_emission([1, 1, 1])) == pytest.approx(1.0, abs=1e-9)
    assert luminance(uplift.uplift_emission([0, 0, 0])) == 0


def test_unbounded_scale_is_mitsubas():
    coefficients, scale = uplift.unbounded_coefficients([[3.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    assert scale.tolist() == [6.0, 0.0]
    np.testing.assert_allclose(uplift.coefficients_to_rgb(coefficients[0]) * 6, [3, 1, 2], atol=1e-5)
    assert uplift.uplift_unbounded([2.0, 2.0, 2.0])(500.0) == pytest.approx(2.0)


def test_out_of_range_reflectances_are_clipped():
    np.testing.assert_array_equal(
        uplift.reflectance_coefficients([1.5, -0.5, 0.3]), uplift.reflectance_coefficients([1, 0, 0.3])
    )


def test_shapes():
    assert uplift.reflectance_coefficients(np.full((2, 4, 3), 0.3)).shape == (2, 4, 3)
    assert uplift.reflectance_coefficients([0.1, 0.2, 0.3]).shape == (3,)
    assert uplift.reflectance_coefficients(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: uplift.uplift_reflectance([0.1, 0.2]), "3 components"),
        (lambda: uplift.uplift_reflectance([[0.1, 0.2, 0.3]]), "3 components"),
        (lambda: uplift.uplift_emission([0.1, float("nan"), 0.3]), "finite"),
        (lambda: uplift.uplift_reflectance([0.1, 0.2, 0.3], "sgrb"), "srgb"),
        (lambda: uplift.uplift_reflectance([0.1, 0.2, 0.3], "xyz"), "it has no white"),
    ],
)
def test_errors(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_like_mitsuba():
    mi = pytest.importorskip("mitsuba")
    mi.set_variant("scalar_spectral")
    nm = np.linspace(400, 700, 76)
    for rgb in ([0.8, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.3, 0.9], [0.9, 0.9, 0.3]):
        texture = mi.load_dict({"type": "srgb", "color": rgb})
        theirs = []
        for four in nm.reshape(-1, 4):
            point = mi.SurfaceInteraction3f()
            point.wavelengths = [float(v) for v in four]
            theirs.append(np.array(texture.eval(point)).ravel())
        np.testing.assert_allclose(uplift.uplift_reflectance(rgb)(nm), np.concatenate(theirs), atol=4e-3)
