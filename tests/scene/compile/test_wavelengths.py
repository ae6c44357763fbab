"""The density of wavelengths: it follows the lines of lamps, and nothing else about them."""

import numpy as np
import pytest
from image_files import write_image
from rendering import moved

from specrender.color import xyz_to_rgb
from specrender.kernel.light.layout import POINT
from specrender.kernel.texture.layout import CHECKERBOARD
from specrender.scene import description as d
from specrender.scene.compile import compile_scene
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.geometry import Geometry
from specrender.scene.compile.lights.lines import MOST_SPECTRA, Lamp, lamps_of
from specrender.scene.compile.lights.record import record
from specrender.scene.compile.wavelengths import KEPT_SHARE, wavelength_density
from specrender.spectra import catalogue
from specrender.spectra.spectrum import Tabulated, luminance
from specrender.spectra.wavelengths import CIE_Y_INTEGRAL, cmf, visible

EDGES = np.linspace(360.0, 830.0, 16 * 1024 + 1)
MIDDLES = 0.5 * (EDGES[1:] + EDGES[:-1])
PLAIN = wavelength_density(EDGES)

#: Lines of mercury, 0.3 nm wide, on a faint continuum.
MERCURY = {404.66: 0.4, 435.83: 1.0, 546.07: 1.0, 576.96: 0.3, 579.07: 0.3}
MERCURY = Tabulated(
    [380.0, *(nm + k for nm in MERCURY for k in (-0.15, 0.0, 0.15)), 760.0],
    [0.002, *(v for height in MERCURY.values() for v in (0.002, height, 0.002)), 0.002],
)


def under(*spectra, weights=None):
    weights = weights or [1.0] * len(spectra)
    return wavelength_density(EDGES, [], [Lamp(s, w) for s, w in zip(spectra, weights, strict=True)])


def colour_variance(table, lamp, reflectance, n=4096):
    """Variance of linear R, G and B of one path, in units of Y^2, with the kernel's four rotated wavelengths."""
    cells = len(table) - 1
    place = ((np.arange(n)[:, None] + 0.5) / n + np.arange(4) / 4.0) % 1.0 * cells
    i = place.astype(int)
    step = np.diff(table)[i]
    nm = table[i] + (place - i) * step
    response = np.stack([np.interp(nm, visible(), channel) for channel in cmf().T], axis=-1) / CIE_Y_INTEGRAL
    xyz = (response * (lamp(nm) * reflectance(nm) * step * cells)[..., None]).mean(axis=1)
    return (xyz @ xyz_to_rgb("srgb").T / luminance(lamp)).var(axis=0).sum()


def table_of(*lights):
    arrays = compile_scene(d.Scene(lights=list(lights)), "spectral").tables.arrays
    settings = arrays["settings"][0]
    start = int(settings["wavelength_table"])
    return arrays["values"][start : start + int(settings["wavelength_cells"]) + 1].astype(np.float64)


def light(color, intensity=1.0):
    return d.PointLight(color=color, position=(0.0, 0.0, 5.0), intensity=intensity)


def spec_of(table):
    return d.SpectrumSpec(wavelengths=table.wavelengths.tolist(), values=table.values.tolist())


@pytest.mark.parametrize("color", [1.0, "D65", "ID50", "A", d.SpectrumSpec(blackbody=2856.0),
                                   d.SpectrumSpec(rgb=(0.9, 0.2, 0.1))], ids=str)  # fmt: skip
def test_smooth_light_changes_nothing(color):
    np.testing.assert_array_equal(table_of(light(color)), table_of())


@pytest.mark.parametrize(
    ("lamp", "most"),
    [("FL2", 0.15), ("FL11", 0.1), ("FL12", 0.1), ("HP1", 0.1), ("LED-RGB1", 0.1), ("LED-V1", 0.3), (MERCURY, 0.004)],
    ids=str,
)
def test_colours_under_lines_have_less_noise(lamp, most):
    """Patches of a colour chart under a lamp: variance relative to that of the density which knows no lamp."""
    spectrum = catalogue.named(lamp) if isinstance(lamp, str) else lamp
    table, plain = table_of(light(lamp if isinstance(lamp, str) else spec_of(lamp))), table_of()
    patches = [catalogue.named(name) for name in catalogue.names("patch") if name.startswith("ColorChecker/")]
    now, before = (sum(colour_variance(t, spectrum, patch) for patch in patches) for t in (table, plain))
    assert now < most * before


@pytest.mark.parametrize("width", [1e-3, 0.02, 0.5, 5.0])
@pytest.mark.parametrize("nm", [404.6565, 532.0, 589.1234])
def test_a_single_line_is_met(nm, width):
    """However thin a lamp's only line is, a good share of the wavelengths are near it."""
    lamp = Tabulated([nm - width / 2, nm, nm + width / 2], [0.0, 1.0, 0.0])
    density = under(lamp)
    share = density / density.sum()
    assert share[np.abs(MIDDLES - nm) < max(width, 0.1)].sum() > 0.1
    assert np.all(density >= KEPT_SHARE * PLAIN)


def test_a_line_takes_from_its_surroundings():
    """Within some tens of nanometres as many wavelengths are drawn as without the lamp, up to what is cut off."""
    density = under(catalogue.named("FL11"))
    for low in (440.0, 520.0, 580.0):
        part = (low < MIDDLES) & (low + 80.0 > MIDDLES)
        assert 0.7 < density[part].mean() / PLAIN[part].mean() < 1.4


def test_lamps_are_mixed_by_their_weights():
    first, second = catalogue.named("FL11"), catalogue.named("HP1")
    alone = [under(first), under(second)]
    np.testing.assert_allclose(under(first, second, weights=[3.0, 1.0]), 0.75 * alone[0] + 0.25 * alone[1])
    np.testing.assert_allclose(under(first, None, weights=[1.0, 1.0]), 0.5 * (alone[0] + PLAIN))
    np.testing.assert_array_equal(under(first, second, weights=[0.0, 0.0]), PLAIN)
    np.testing.assert_array_equal(under(Tabulated([900.0, 950.0], [1.0, 1.0])), PLAIN)


def test_responses_take_the_place_of_the_observer():
    """A film of sensors has its own density, which lines change in the same way."""
    response = lambda nm: np.exp(-(((nm - 700.0) / 30.0) ** 2))  # noqa: E731
    lamp = Lamp(MERCURY, 1.0)
    plain = wavelength_density(EDGES, [response])
    ratio = wavelength_density(EDGES, [response], [lamp]) / plain
    np.testing.assert_allclose(ratio, wavelength_density(EDGES, [], [lamp]) / PLAIN)


# ---------------------------------------------------------------- which lamps there are


def test_rgb_mode_has_no_lamps_with_lines(monkeypatch):
    assert lamps(monkeypatch, "rgb", lights=[light("FL11")]) == {}


def lamps(monkeypatch, mode="spectral", **scene):
    """What `compile_scene` finds."""
    found = []

    def spy(*args):
        found.extend(lamps_of(*args))
        return found

    monkeypatch.setattr("specrender.scene.compile.lamps_of", spy)
    compile_scene(d.Scene(**scene), mode)
    return {lamp.spectrum: lamp.weight for lamp in found}


def test_equal_spectra_are_one_lamp(monkeypatch):
    """Whatever their intensities; the weight is the root of what all of them give."""
    found = lamps(
        monkeypatch, shapes=[d.Sphere(radius=2.0)], lights=[light("FL11", 1.0), light("FL11", 8.0), light(1.0)]
    )
    assert set(found) == {catalogue.named("FL11"), None}
    alone = lamps(monkeypatch, shapes=[d.Sphere(radius=2.0)], lights=[light("FL11", 1.0)])
    assert found[catalogue.named("FL11")] == pytest.approx(3.0 * alone[catalogue.named("FL11")])
    assert alone[None] == 0.0


def test_area_and_distance_count(monkeypatch):
    """A lamp of four times the area has twice the weight; the same room twice as large, the same weights."""

    def weights(area_scale, room):
        lamp = d.Rectangle(to_world=moved(scale=0.1 * room * area_scale), emitter=d.AreaLight(radiance="FL11"))
        shapes = [d.Sphere(radius=room), lamp]
        found = lamps(monkeypatch, shapes=shapes, lights=[d.ConstantLight(radiance="HP1")])
        return found[catalogue.named("FL11")] / found[catalogue.named("HP1")]

    assert weights(2.0, 1.0) == pytest.approx(2.0 * weights(1.0, 1.0))
    assert weights(1.0, 2.0) == pytest.approx(weights(1.0, 1.0), rel=1e-5)


@pytest.mark.parametrize("shapes", [[d.Sphere()], []], ids=["sphere", "nothing"])
def test_a_lamp_far_outside_counts_as_what_arrives(monkeypatch, shapes):
    """As much as a directional light of the same irradiance, and not as if it stood at the edge of the scene."""
    far = d.PointLight(color="FL11", position=(0.0, 0.0, 1000.0), intensity=1e6)
    sun = d.DirectionalLight(irradiance="HP1", direction=(0.0, 0.0, -1.0))
    found = lamps(monkeypatch, shapes=shapes, lights=[far, sun])
    assert found[catalogue.named("FL11")] == pytest.approx(found[catalogue.named("HP1")], rel=0.25)


def test_most_spectra_are_told_apart(monkeypatch):
    """The faintest of very many count as smooth, and nothing of them is lost."""
    count = MOST_SPECTRA + 6
    tables = [d.SpectrumSpec(wavelengths=[500.0, 501.0 + k, 600.0], values=[0.0, 1.0, 0.0]) for k in range(count)]
    lights = [d.PointLight(color=t, position=(0.0, 0.0, 5.0), intensity=1.0 + k) for k, t in enumerate(tables)]
    found = lamps(monkeypatch, shapes=[d.Sphere()], lights=lights)
    assert len(found) == MOST_SPECTRA + 1
    monkeypatch.setattr("specrender.scene.compile.lights.lines.MOST_SPECTRA", count)
    every = lamps(monkeypatch, shapes=[d.Sphere()], lights=lights)
    assert len(every) == count + 1 and every.pop(None) == 0.0
    faintest = sorted(every.values())[: count - MOST_SPECTRA]
    assert found.pop(None) == pytest.approx(np.linalg.norm(faintest))
    assert found == {spectrum: weight for spectrum, weight in every.items() if weight > faintest[-1]}


@pytest.mark.parametrize("where", ["constant", "area", "picture", "checkerboard"])
def test_lines_are_found_wherever_they_shine(monkeypatch, tmp_path, where):
    """In every kind of light whose colour is a table, and in the parts of textures."""
    scene = {"shapes": [d.Sphere()]}
    expected = {catalogue.named("FL11"), None}
    if where == "constant":
        scene["lights"] = [d.ConstantLight(radiance="FL11")]
    elif where == "area":
        scene["shapes"].append(d.Rectangle(emitter=d.AreaLight(radiance="FL11")))
    elif where == "picture":
        # an environment's texels are times D65, which is smooth but a table
        write_image(tmp_path / "sky.exr", np.ones((4, 8, 3), np.float32))
        scene["lights"] = [d.EnvironmentMap(filename=str(tmp_path / "sky.exr"))]
        expected = None
    else:
        scene["textures"] = {"squares": d.Checkerboard(color0="FL11", color1=0.0)}
        emitter = d.AreaLight(radiance=d.SpectrumSpec(texture="squares"))
        scene["shapes"].append(d.Rectangle(emitter=emitter))
    found = lamps(monkeypatch, **scene)
    if expected is None:
        (white,) = (spectrum for spectrum in found if spectrum is not None)
        np.testing.assert_array_equal(under(white), PLAIN)
        assert sum(found.values()) == pytest.approx(np.sqrt(np.pi), rel=1e-3)
    else:
        assert set(found) == expected
        assert found[catalogue.named("FL11")] > 0.0


def test_a_texture_within_textures_is_looked_at_once():
    """Squares of squares of squares, both of whose colours are the same: 2^60 ways lead to the lamp."""
    depth, lamp = 60, catalogue.named("FL11")
    builder = TableBuilder(d.Scene(), "spectral", "srgb")
    for k in range(depth):
        builder.texture(kind=CHECKERBOARD, child0=k + 1, child1=k + 1, mean=1.0)
    assert builder.spectrum(lamp, "emission") == depth
    lights = [record(POINT, builder, 0, 1.0)]
    (found, smooth) = lamps_of(lights, Geometry(), (np.zeros(3), 1.0), builder)
    assert found == Lamp(lamp, 1.0)
    assert smooth == Lamp(None, 0.0)
