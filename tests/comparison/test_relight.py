"""Other lamps: luminances stay, spectra change, metamers part."""

import numpy as np
import pytest
from rendering import look_at

import specrender
from specrender.comparison.metrics import Viewing
from specrender.comparison.relight import Blocks, blocks_of, metameric_pairs, relit
from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.compile.builder import TableBuilder
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Product, Tabulated, integrate_xyz, luminance


def emitted(light, scene):
    """Luminance of a light's emission as the compiler makes it."""
    builder = TableBuilder(scene, "spectral", "srgb", (360.0, 830.0))
    spec = next(getattr(light, name) for name in ("radiance", "color", "irradiance") if hasattr(light, name))
    _, factor = builder.emission(light, spec, light)
    return luminance(builder.host_spectrum(spec, "emission", light)) * factor


@pytest.mark.parametrize(
    "light",
    [
        d.PointLight(color="FL2", intensity=3.0, exposure=1.0),
        d.PointLight(color=4.0, intensity=0.5),
        d.DirectionalLight(irradiance=d.SpectrumSpec(rgb=(0.9, 0.5, 0.2)), normalize=False, direction=(0.0, -1.0, 0.0)),
        d.ConstantLight(radiance=d.SpectrumSpec(blackbody=3000.0, scale=1e-6), normalize=False),
        d.ConstantLight(radiance="lamp"),
    ],
)
def test_lights_keep_their_luminance(light):
    scene = d.Scene(lights=[light], spectra={"lamp": d.SpectrumSpec(name="LED-B3")})
    new = relit(scene, "A")
    assert emitted(new.lights[0], new) == pytest.approx(emitted(light, scene), rel=1e-6)
    assert "A" in repr(new.lights[0])
    assert "A" not in repr(scene.lights[0])


def test_emitting_shapes_are_relit_and_others_left_alone():
    scene = d.Scene(shapes=[d.Sphere(emitter=d.AreaLight(radiance="FL2", intensity=2.0)), d.Sphere()])
    new = relit(scene, "D65")
    assert new.shapes[0].emitter.radiance == "D65" and new.shapes[0].emitter.intensity == 2.0
    assert new.shapes[1] is scene.shapes[1] and scene.shapes[0].emitter.radiance == "FL2"


@pytest.mark.parametrize(
    "light, what",
    [
        (d.EnvironmentMap(filename="sky.exr"), "'envmap' has an image instead; put a"),
        (d.SunSky(), "'sunsky' has spectra of its own for each direction; put a"),
        (d.ConstantLight(radiance=d.SpectrumSpec(texture="t")), "has a texture"),
    ],
)
def test_lights_without_one_spectrum_are_refused(light, what):
    with pytest.raises(SceneError, match=f"--relight replaces spectra, .*{what}"):
        relit(d.Scene(lights=[light]), "A")


def test_blocks_lie_in_one_part():
    left, right = np.zeros((16, 16), bool), np.zeros((16, 16), bool)
    left[:, :8], right[:, 8:] = True, True
    left[0, 8], right[0, 8] = True, False  # one pixel spoils a block
    rows, columns, parts = blocks_of([left, right])
    assert len(rows) == 15
    assert ((columns < 2) == (parts == 0)).all()


def test_pairs_that_match_and_part():
    grey = np.array([0.19, 0.2, 0.21])
    blocks = Blocks(
        np.array([[2, 2], [6, 2], [10, 2]]),
        np.array([0, 1, 2]),
        {"D65": np.stack([grey, grey, 2 * grey]), "A": np.stack([grey, grey * [1.3, 1.0, 0.7], 2 * grey])},
        {"D65": np.zeros(3), "A": np.zeros(3)},
    )
    found = metameric_pairs(blocks, ["D65", "A"], ["a", "b", "c"], Viewing())
    assert found["matches"] == {"D65": 1, "A": 0}
    assert found["parted"] == {"D65 -> A": 1.0, "A -> D65": None}
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["match_under"], pair["part_under"]) == ("a", "b", "D65", "A")
    # what is not known well enough is not claimed
    blocks.noise["A"] = np.full(3, 50.0)
    assert metameric_pairs(blocks, ["D65", "A"], ["a", "b", "c"], Viewing())["pairs"] == []


def metamer(plain):
    """A reflectance with the colour of `plain` under D65, and another spectrum."""
    grid = np.arange(380.0, 781.0, 10.0)
    lamp = catalogue.named("D65")

    def seen(values):
        return integrate_xyz(Product(Tabulated(grid, values, "hold"), lamp))

    matrix = np.stack([seen(row) for row in np.eye(len(grid))])
    wave = np.cos((grid - 415.0) / 150.0 * 2 * np.pi)
    black = wave - matrix @ np.linalg.lstsq(matrix, wave, rcond=None)[0]
    values = plain + 0.3 * black / np.abs(black).max()
    assert np.allclose(seen(values), seen(np.full(len(grid), plain)))
    return d.SpectrumSpec(wavelengths=grid.tolist(), values=values.tolist(), extrapolate="hold")


def test_metamers_of_a_scene_are_found_in_the_spectral_render_only():
    def panel(x, reflectance):
        to_world = np.eye(4)
        to_world[0, 3] = x
        return d.Rectangle(
            to_world=d.Transform(to_world), material=d.Diffuse(reflectance=reflectance), name=f"panel {x}"
        )

    scene = d.Scene(
        camera=d.Perspective(fov=50.0, to_world=look_at([0, 0, 4], [0, 0, 0])),
        film=d.HdrFilm(width=40, height=24),
        sampler=d.SobolSampler(sample_count=64),
        integrator=d.PathIntegrator(max_depth=2),
        shapes=[panel(-1.0, 0.4), panel(1.0, metamer(0.4))],
        lights=[d.DirectionalLight(irradiance="D65", direction=(0.0, 0.0, -1.0), intensity=6.0)],
    )
    result = specrender.compare(scene, spp=1024, threads=1, relight=["D65", "A", "FL11"])
    found = result.numbers["relight"]
    spectral, rgb = found["modes"]["spectral"], found["modes"]["srgb"]
    assert spectral["matches"]["D65"] > 100
    assert spectral["parted"]["D65 -> A"] > 0.9 and spectral["parted"]["D65 -> FL11"] > 0.9
    assert rgb["parted"]["D65 -> A"] == 0.0 and rgb["pairs"] == []
    assert found["difference"]["srgb"]["A"]["mean"] > found["difference"]["srgb"]["D65"]["mean"] + 1.0
    assert set(result.relit) == {"D65", "A", "FL11"}
