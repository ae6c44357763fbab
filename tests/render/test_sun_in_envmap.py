"""A sun in an environment map: one texel, 10,000 times as bright as the others."""

import numpy as np
import OpenImageIO as oiio
import pytest
from image_files import write_image
from rendering import look_at, mean_and_error, rendered, scene

from specrender.driver import new_film, render_film
from specrender.kernel.jit import kernel
from specrender.kernel.light import environment_light, environment_place, sample_light
from specrender.kernel.simd import f32, lane, splat4, vec3
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.readers import load

WIDTH, HEIGHT = 64, 33
SUN = 10_000.0

SCENE = """<scene version="3.0.0">{integrator}
<sensor type="perspective"><float name="fov" value="40"/>
<transform name="to_world"><lookat origin="0,2.2,6" target="0,0.5,0" up="0,1,0"/></transform>
<film type="hdrfilm"><integer name="width" value="24"/><integer name="height" value="18"/>
<string name="component_format" value="float32"/><rfilter type="box"/></film>
<sampler type="independent"/></sensor>
<emitter type="envmap"><string name="filename" value="sun.exr"/></emitter>
<shape type="rectangle"><transform name="to_world"><rotate x="1" angle="-90"/><scale value="20"/></transform>
<bsdf type="diffuse"><rgb name="reflectance" value="0.5,0.4,0.3"/></bsdf></shape>
<shape type="sphere"><point name="center" x="-1.2" y="0.8" z="0"/><float name="radius" value="0.8"/>
<bsdf type="roughconductor"><string name="material" value="Cu"/><float name="alpha" value="0.2"/></bsdf></shape>
<shape type="sphere"><point name="center" x="1.2" y="0.8" z="0"/><float name="radius" value="0.8"/>
<bsdf type="roughplastic"><float name="alpha" value="0.1"/>
<rgb name="diffuse_reflectance" value="0.1,0.3,0.6"/></bsdf></shape>
<shape type="cube"><transform name="to_world"><scale value="0.4"/><translate x="0" y="0.4" z="1"/></transform>
<bsdf type="diffuse"><rgb name="reflectance" value="0.7,0.7,0.7"/></bsdf></shape></scene>"""
PATH = '<integrator type="path" name="nested"><integer name="max_depth" value="4"/></integrator>'


@pytest.fixture
def path(tmp_path):
    """The scene's file, with its map of grey light; its texels are in `texels`."""
    name = str(tmp_path / "sun.exr")
    output = oiio.ImageOutput.create(name)
    output.open(name, oiio.ImageSpec(WIDTH, HEIGHT, 3, oiio.FLOAT))
    output.write_image(np.repeat(texels()[..., None], 3, axis=2))
    output.close()
    file = tmp_path / "scene.xml"
    file.write_text(SCENE.format(integrator=PATH))
    return file


def texels():
    """(h, w): a sky that fades downwards, and the sun."""
    image = np.repeat(0.6 + 0.4 * np.cos(np.pi * np.linspace(0.0, 1.0, HEIGHT))[:, None], WIDTH, axis=1)
    image[HEIGHT // 4, 5 * WIDTH // 8] = SUN
    return image.astype(np.float32)


@kernel(entry=True)
def _draw(tables, u, out):
    """out (n, 2): radiance in green over the density of light samples, and that density over the look-up's."""
    origin, up = splat4(f32(0.0)), vec3(f32(0.0), f32(1.0), f32(0.0))
    waves = splat4(f32(550.0))
    for i in range(len(u)):
        wi, _, radiance, pdf, _ = sample_light(tables, origin, up, waves, u[i, 0], u[i, 1], u[i, 2])
        _, again = environment_light(tables, wi, environment_place(tables, wi), waves)
        out[i, 0], out[i, 1] = lane(radiance, 1) / pdf, pdf / again


def test_density_follows_the_radiance(path):
    """The second moment of L / p is the square of the first, but for what is linear in cos theta, not in theta.

    Bilinear radiance over a density of whole texels would have a relative variance of about 1/3 in the sun alone.
    """
    lights_alone = '<integrator type="direct"><integer name="bsdf_samples" value="0"/></integrator>'
    path.write_text(SCENE.format(integrator=lights_alone))
    tables = compile_scene(load(path), "rgb").tables
    n = 100_000
    u = np.random.default_rng(4).random((n, 3), np.float32)
    out = np.zeros((n, 2), np.float32)
    _draw(tables, u, out)
    weight = out[:, 0].astype(np.float64)
    # the integral over the sphere, by a grid much finer than the map's
    fine = 64
    v = (np.arange((HEIGHT - 1) * fine) + 0.5) / fine
    row, f = v.astype(int), v % 1.0
    means = texels().astype(np.float64).mean(axis=1)
    theta = np.pi * v / (HEIGHT - 1)
    integral = 2.0 * np.pi * ((means[row] * (1 - f) + means[row + 1] * f) * np.sin(theta)).sum() * np.pi / len(v)
    assert abs(weight.mean() / integral - 1.0) < 1e-3
    assert weight.var() / weight.mean() ** 2 < 1e-3
    # both ways of asking for the density agree
    assert np.abs(out[:, 1] - 1.0).max() < 0.02
    assert np.abs(out[:, 1] - 1.0).mean() < 1e-4


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
def test_variance_is_no_more_than_mitsubas(path, mode):
    """Variance of a sample's luminance, by the second moments of as many samples, within four standard errors.

    The median over pixels says the same without the few pixels of the highlight that most of the mean comes from.
    """
    mi = pytest.importorskip("mitsuba")
    mi.set_variant(f"scalar_{mode}")
    runs, spp = 6, 128
    moments = path.with_name("moments.xml")
    moments.write_text(SCENE.format(integrator=f'<integrator type="moment">{PATH}</integrator>'))
    # mi.load_file finds sun.exr beside the scene
    theirs_scene = mi.load_file(str(moments))
    ours, theirs = [], []
    for seed in range(runs):
        values = np.array(mi.render(theirs_scene, spp=spp, seed=seed + 1), np.float64)
        theirs.append((values[..., -5], values[..., -2]))
        tables = compile_scene(load(path), mode, seed=seed)
        film = new_film(tables)
        render_film(tables, film, spp)
        ours.append((film.mean_xyz()[..., 1], film.variance_of_mean()[..., 1] * spp))
    theirs = [(m, np.maximum(m2 - m * m, 0.0) * spp / (spp - 1)) for m, m2 in theirs]
    means = [np.array([m.mean() for m, _ in side]) for side in (ours, theirs)]
    assert abs(means[0].mean() - means[1].mean()) < 0.01 * means[1].mean()
    totals = [np.array([v.mean() for _, v in side]) for side in (ours, theirs)]
    error = np.hypot(*(t.std(ddof=1) / np.sqrt(runs) for t in totals))
    assert totals[0].mean() <= totals[1].mean() + 4.0 * error
    assert error < 0.1 * totals[1].mean()
    pixels = [np.mean([v for _, v in side], axis=0) for side in (ours, theirs)]
    lit = pixels[1] > 0.0
    assert np.median(pixels[0][lit] / pixels[1][lit]) < 1.02


def test_lobes_that_no_sample_of_a_bsdf_reaches(tmp_path):
    """A lobe may have a sampling rate of 0; its light then comes from light samples alone, the dim sky's too."""
    name = str(tmp_path / "sky.exr")
    sky = 0.6 + 0.4 * np.cos(np.pi * np.linspace(0.0, 1.0, HEIGHT))[:, None] * np.ones(WIDTH)
    write_image(name, np.repeat(sky[..., None], 3, axis=2).astype(np.float32))
    ball = d.Sphere(material=d.Principled(base_color=0.8, roughness=0.2, diffuse_reflectance_sampling_rate=0.0))
    camera = d.Perspective(to_world=look_at((0.0, 0.0, 5.0), (0.0, 0.0, 0.0)), fov=20.0)
    means = []
    for integrator in (d.PathIntegrator(max_depth=2), d.DirectIntegrator(emitter_samples=1, bsdf_samples=0)):
        description = scene([ball], [d.EnvironmentMap(filename=name)], camera, integrator, pixels=16)
        means.append(mean_and_error(rendered(description, 4096, mode="rgb")))
    (a, error_a), (b, error_b) = means
    assert abs(a - b) < 4.0 * np.hypot(error_a, error_b)
    assert np.hypot(error_a, error_b) < 0.005 * b
