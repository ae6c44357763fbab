"""White furnaces: under a radiance of 1 from everywhere, what absorbs nothing is invisible."""

import numpy as np
import pytest
from rendering import SIGMAS, assert_mean, film, look_at, mean_and_error, moved, rendered, scene
from scipy.special import erf

from specrender.scene import description as d

FURNACE = [d.ConstantLight(radiance=1.0)]
CAMERA = d.Perspective(to_world=look_at((0.0, 0.0, 4.0), (0.0, 0.0, 0.0)), fov=32.0)

#: What returns all light, on a closed surface seen from outside.
LOSSLESS = {
    "diffuse": d.Diffuse(reflectance=1.0),
    "dielectric": d.Dielectric(int_ior=1.5, ext_ior=1.0),
    "dispersive dielectric": d.Dielectric(int_ior="SF11", ext_ior="air"),
    "thindielectric": d.ThinDielectric(int_ior=1.5),
    "conductor": d.Conductor(material="none"),
    "null": d.Null(),
    "twosided": d.TwoSided(material=d.Diffuse(reflectance=1.0)),
    "mask": d.Mask(material=d.TwoSided(material=d.Diffuse(reflectance=1.0)), opacity=0.4),
}


def icosphere(level=2):
    """Unit sphere of 20 * 4^level triangles: (vertices, faces), seen from outside."""
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    vertices = [(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0), (0, -1, golden), (0, 1, golden)]
    vertices += [(0, -1, -golden), (0, 1, -golden), (golden, 0, -1), (golden, 0, 1), (-golden, 0, -1), (-golden, 0, 1)]
    vertices = [np.array(v) / np.linalg.norm(v) for v in vertices]
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6)]
    faces += [(7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10)]
    faces += [(8, 6, 7), (9, 8, 1)]
    for _ in range(level):
        middles, finer = {}, []

        def middle(i, j, middles=middles):
            key = (min(i, j), max(i, j))
            if key not in middles:
                m = vertices[i] + vertices[j]
                middles[key] = len(vertices)
                vertices.append(m / np.linalg.norm(m))
            return middles[key]

        for a, b, c in faces:
            ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
            finer += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        faces = finer
    return np.array(vertices), np.array(faces)


def object_of(kind, material):
    if kind == "sphere":
        return d.Sphere(material=material)
    vertices, faces = icosphere()
    return d.TriangleMesh(vertices=vertices, faces=faces, material=material)


@pytest.mark.parametrize("kind", ["sphere", "mesh"])
@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_object_is_invisible(name, kind):
    description = scene([object_of(kind, LOSSLESS[name])], FURNACE, camera=CAMERA, pixels=24)
    mode = "spectral" if "dispersive" in name else "rgb"
    assert_mean(rendered(description, 1024, mode), 1.0, rounding=1e-4)


@pytest.mark.parametrize("nonlinear", [False, True])
@pytest.mark.parametrize("kind", ["sphere", "mesh"])
def test_plastic_is_invisible(kind, nonlinear):
    """A white base under a coat: what the coat throws back comes out again."""
    material = d.Plastic(diffuse_reflectance=1.0, nonlinear=nonlinear)
    result = rendered(scene([object_of(kind, material)], FURNACE, camera=CAMERA, pixels=24), 1024, "rgb")
    mean, error = mean_and_error(result)
    assert error < 5e-4
    assert abs(mean - 1.0) < 2e-3


def test_no_pixel_is_bright():
    """Not just the mean: each pixel of a diffuse sphere is 1 within its own noise, up to the silhouette."""
    description = scene([d.Sphere(material=d.Diffuse(reflectance=1.0))], FURNACE, camera=CAMERA, pixels=16)
    result = rendered(description, 256, "rgb")
    z = (result.mean_xyz()[..., 1] - 1.0) / np.sqrt(result.variance_of_mean()[..., 1] + 1e-8)
    assert np.abs(z).max() < 5.0


# ---------------------------------------------------------------- rough models against their integral


def density(ggx, alpha, cos_theta):
    """D of normals at polar angle theta: [Walter2007] eq. 25 and 33."""
    tan2 = 1.0 / cos_theta**2 - 1.0
    if ggx:
        return alpha**2 / (np.pi * cos_theta**4 * (alpha**2 + tan2) ** 2)
    return np.exp(-tan2 / alpha**2) / (np.pi * alpha**2 * cos_theta**4)


def shadowing(ggx, alpha, cos_theta):
    """G1 of Smith, exact: [Walter2007] eq. 34, and for Beckmann the integral behind eq. 26."""
    cos_theta = np.clip(np.abs(cos_theta), 1e-9, 1.0)
    tan = np.sqrt(np.maximum(1.0 / cos_theta**2 - 1.0, 1e-18))
    if ggx:
        return 2.0 / (1.0 + np.sqrt(1.0 + (alpha * tan) ** 2))
    a = 1.0 / (alpha * tan)
    return 2.0 / (1.0 + erf(a) + np.exp(-(a**2)) / (a * np.sqrt(np.pi)))


def fresnel(cos_i, eta):
    """Unpolarised reflectance and transmitted cosine of a dielectric interface."""
    cos_t = np.sqrt(np.maximum(1.0 - (1.0 - cos_i**2) / eta**2, 0.0))
    s = (cos_i - eta * cos_t) / (cos_i + eta * cos_t)
    p = (eta * cos_i - cos_t) / (eta * cos_i + cos_t)
    return 0.5 * (s**2 + p**2), cos_t


def albedo(ggx, alpha, cos_o, eta=None):
    """Light from a uniform environment of 1 on both sides, scattered once by the microsurface.

    The integral over the normals that are visible from wo; eta None is a mirror.  Radiance through the interface is
    divided by eta^2, as it is compressed into a narrower cone on the far side.
    """
    theta, weight = np.polynomial.legendre.leggauss(400)
    theta, weight = 0.25 * np.pi * (theta + 1.0), 0.25 * np.pi * weight
    phi = (np.arange(400) + 0.5) * np.pi / 200.0
    t, p = np.meshgrid(theta, phi, indexing="ij")
    m = np.stack([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)], axis=-1)
    wo = np.array([np.sqrt(1.0 - cos_o**2), 0.0, cos_o])
    cos_om = m @ wo
    visible = shadowing(ggx, alpha, cos_o) * density(ggx, alpha, m[..., 2]) * np.maximum(cos_om, 0.0) / cos_o
    solid_angle = weight[:, None] * np.sin(t) * np.pi / 200.0
    assert abs((visible * solid_angle).sum() - 1.0) < 2e-3
    cos_r = 2.0 * cos_om * m[..., 2] - cos_o
    reflected = np.where(cos_r > 0.0, shadowing(ggx, alpha, cos_r), 0.0)
    if eta is None:
        return (visible * reflected * solid_angle).sum()
    reflectance, cos_t = fresnel(np.maximum(cos_om, 0.0), eta)
    refracted_z = (cos_om / eta - cos_t) * m[..., 2] - cos_o / eta
    transmitted = np.where(refracted_z < 0.0, shadowing(ggx, alpha, refracted_z), 0.0) / eta**2
    return (visible * (reflectance * reflected + (1.0 - reflectance) * transmitted) * solid_angle).sum()


@pytest.mark.parametrize("cos_o", [0.95, 0.6, 0.25])
@pytest.mark.parametrize("alpha", [0.15, 0.5])
@pytest.mark.parametrize("distribution", ["ggx", "beckmann"])
@pytest.mark.parametrize("glass", [False, True])
def test_rough_albedo_is_its_integral(glass, distribution, alpha, cos_o):
    """What a rough plane sends to the camera at one angle; the rest is lost between microfacets, none is made."""
    if glass:
        material = d.RoughDielectric(distribution=distribution, alpha=alpha, int_ior=1.5, ext_ior=1.0)
    else:
        material = d.RoughConductor(distribution=distribution, alpha=alpha, material="none")
    wall = d.Rectangle(to_world=moved(scale=10.0), material=material)
    place = np.array([np.sqrt(1.0 - cos_o**2), 0.0, cos_o])
    camera = d.Orthographic(to_world=d.Transform(look_at(place, (0, 0, 0)).matrix @ np.diag([0.01, 0.01, 1.0, 1.0])))
    description = scene([wall], FURNACE, camera=camera, integrator=d.PathIntegrator(max_depth=2), film=film(8))
    result = rendered(description, 4096, "rgb")
    expected = albedo(distribution == "ggx", alpha, cos_o, 1.5 if glass else None)
    mean, error = mean_and_error(result)
    # Beckmann's G1 is Walter's rational fit, within 0.35 % of the integral
    fit = 4e-3 if distribution == "beckmann" else 2e-4
    assert abs(mean - expected) < SIGMAS * error + fit * expected
    assert error < 2e-3
    assert mean <= 1.0 + SIGMAS * error


@pytest.mark.parametrize("distribution", ["ggx", "beckmann"])
@pytest.mark.parametrize("name", ["roughconductor", "roughdielectric", "roughplastic"])
def test_rough_objects_make_no_light(name, distribution):
    materials = {
        "roughconductor": d.RoughConductor(material="none", alpha=0.4, distribution=distribution),
        "roughdielectric": d.RoughDielectric(int_ior=1.5, alpha=0.4, distribution=distribution),
        "roughplastic": d.RoughPlastic(diffuse_reflectance=1.0, alpha=0.4, distribution=distribution),
    }
    description = scene([d.Sphere(material=materials[name])], FURNACE, camera=CAMERA, pixels=24)
    mean, error = mean_and_error(rendered(description, 256, "rgb"))
    assert 0.7 < mean <= 1.0 + 3.0 * error  # up to a quarter is lost between microfacets of this roughness
