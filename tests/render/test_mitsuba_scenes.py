"""Mitsuba 3's own test scenes against its stored means and variances; skipped where its data is absent."""

from statistics import NormalDist

import numpy as np
import pytest

from specrender.color import xyz_to_rgb
from specrender.driver import new_film, render_film
from specrender.scene.compile import compile_scene
from specrender.scene.readers import load

#: The matrix by which Mitsuba's references were made [linear Rec.709 to XYZ].
RGB_TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])

#: Scene -> largest deviation of the mean.
SCENES = {
    "bsdf_spheres/test_arealight_path": 0.03,
    "bsdf_spheres/test_constant_path": 0.02,
    "bsdf_spheres/test_envmap_path": 0.02,
    "bsdf_spheres/test_normalmap_identity_roughconductor_path": 0.02,
    "bsdf_spheres/test_normalmap_path": 0.02,
    "bsdf_spheres/test_roughdielectric_path": 0.02,
    "bsdf_spheres/test_roughplastic_linear_path": 0.02,
    "bsdf_spheres/test_textured_diffuse_path": 0.02,
    "bsdf_spheres/test_textured_roughconductor_path": 0.02,
    "bsdf_spheres/test_texturedprincipled1_path": 0.02,
    "bsdf_spheres/test_texturedprincipledthin_path": 0.02,
    "floating_sphere/test_directional_direct": 0.02,
    "instancing/test_instancing_path": 0.02,
    "mesh_attributes/test_mesh_attributes_1_face_direct": 0.02,
    "mesh_attributes/test_mesh_attributes_3_face_direct": 0.02,
    "orthographic_sensor/test_orthographic_path": 0.02,
    "projector/test_projector_constant_direct": 0.02,
    "spot_light/test_spot_direct": 0.02,
    "various_emitters/test_various_emitters_ptracer": 0.02,
}
#: Those whose integrator another one stands in for.
INTEGRATORS = {"various_emitters/test_various_emitters_ptracer": "path"}

#: Camera paths of an image, as many as Mitsuba's own test takes.
PATHS = 2_000_000


def rgb_image(path):
    """(h, w, 3) float64 of the channels R, G, B of an EXR file."""
    oiio = pytest.importorskip("OpenImageIO")
    image = oiio.ImageBuf(str(path))
    assert not image.has_error, image.geterror()
    names = list(image.spec().channelnames)
    pixels = np.asarray(image.get_pixels(oiio.FLOAT), np.float64)
    return pixels[..., [names.index(c) for c in "RGB"]]


def agreeing_share(image, reference, variance, spp):
    """Share of values whose z-score is within the limit of a two-sided test at 0.01 over all pixels (Sidak)."""
    z = np.abs(image - reference) * np.sqrt(spp / np.maximum(variance, 1e-4))
    level = 1.0 - 0.99 ** (1.0 / (image.shape[0] * image.shape[1]))
    return np.count_nonzero(z < NormalDist().inv_cdf(1.0 - level / 2.0)) / z.size


def rendered_rgb(path, mode, spp=None, integrator=None):
    """(linear Rec.709 (h, w, 3), samples per pixel)."""
    tables = compile_scene(load(path, integrator=integrator), mode)
    film = new_film(tables)
    spp = PATHS // film.weight.size if spp is None else spp
    stats = render_film(tables, film, spp)
    assert stats.non_finite == 0
    return film.mean_xyz() @ xyz_to_rgb("srgb").T, spp


@pytest.mark.parametrize("mode", ["spectral", "rgb"])
@pytest.mark.parametrize("name", SCENES)
def test_agrees_with_mitsuba(mitsuba_data, name, mode):
    path = mitsuba_data / "tests" / "scenes" / f"{name}.xml"
    image, spp = rendered_rgb(path, mode, integrator=INTEGRATORS.get(name))
    stem = path.stem.rpartition("_")[0]
    reference, variance = (rgb_image(path.parent / "refs" / f"{stem}_ref_{mode}{kind}.exr") for kind in ("", "_var"))
    xyz, reference, variance = (values @ RGB_TO_XYZ.T for values in (image, reference, variance))
    assert agreeing_share(xyz, reference, variance, spp) >= 0.9975
    ratio = xyz.mean(axis=(0, 1)) / reference.mean(axis=(0, 1))
    assert np.abs(ratio - 1.0).max() < SCENES[name], ratio


def test_the_test_can_fail(mitsuba_data):
    """A reference that is 2 % too bright must be rejected, or the test above says nothing."""
    folder = mitsuba_data / "tests" / "scenes" / "orthographic_sensor" / "refs"
    reference = rgb_image(folder / "test_orthographic_ref_rgb.exr") @ RGB_TO_XYZ.T
    variance = rgb_image(folder / "test_orthographic_ref_rgb_var.exr") @ RGB_TO_XYZ.T
    assert agreeing_share(reference, reference, variance, 868) == 1.0
    assert agreeing_share(1.02 * reference, reference, variance, 868) < 0.9975


def test_mean_of_the_cornell_box(mitsuba_data):
    """Mean linear RGB of cbox-spectral by Mitsuba 3.9.1."""
    image, _ = rendered_rgb(mitsuba_data / "scenes" / "cbox" / "cbox-spectral.xml", "spectral", 256)
    assert np.allclose(image.mean(axis=(0, 1)), [0.22574, 0.11378, 0.02579], rtol=0.005)
