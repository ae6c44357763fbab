"""Scenes made in Python are checked like those from files; every struct with numbers of its own has a rule."""

import numpy as np
import pytest

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.rules import RULES
from specrender.scene.validate import validate


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        (d.Scene(shapes=[d.Sphere(radius=-1.0)]), "shapes[0].radius: radius must be above 0, got -1"),
        (
            d.Scene(shapes=[d.Disk(material="x")]),
            "shapes[0].material: no material is named 'x'; the scene has no materials",
        ),
        (
            d.Scene(materials={"a": d.Diffuse(reflectance=d.SpectrumSpec())}),
            "materials.a.reflectance: one of rgb, blackbody, name, values, file, texture must be given",
        ),
        (d.Scene(materials={"a": "a"}), "materials.a: the materials refer to each other in a circle: a -> a"),
        (
            d.Scene(textures={"t": d.Bitmap(filename="")}),
            "textures.t.filename: filename is empty; give the name of a file",
        ),
        (d.Scene(film=d.HdrFilm(height=0)), "film.height: height must be between 1 and 65536 pixels, got 0"),
        (
            d.Scene(shapes=[d.Cube(to_world=d.Transform(np.full((4, 4), np.nan)))]),
            "shapes[0].to_world: to_world has a number that is not finite",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.zeros((3, 2)), faces=[(0, 1, 2)])]),
            "shapes[0].vertices: vertices must have the shape (n, 3), got (3, 2)",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.zeros((3, 3)), faces=[(0, 1, 2)], uvs=[(0, 0)])]),
            "shapes[0].uvs: uvs has 1 rows, vertices has 3",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.full((3, 3), np.inf), faces=[(0, 1, 2)])]),
            "shapes[0]: the position of vertex 0 is not finite: [inf, inf, inf]",
        ),
    ],
)
def test_python_scenes(scene, message):
    with pytest.raises(SceneError) as caught:
        validate(scene)
    assert str(caught.value) == message


def _material(**fields):
    return d.Scene(materials={"a": d.Diffuse(**fields)})


def _light(**fields):
    return d.Scene(lights=[d.ConstantLight(**fields)])


@pytest.mark.parametrize(
    ("scene", "place", "message"),
    [
        (d.Scene(wavelengths=d.WavelengthRange(lambda_max=1e9)), "wavelengths.lambda_max", "within 100 and 5000 nm"),
        (d.Scene(wavelengths=d.WavelengthRange(lambda_min=1.0)), "wavelengths.lambda_min", "within 100 and 5000 nm"),
        (d.Scene(film=d.HdrFilm(spectral_bins=5000)), "film.spectral_bins", "at most 4096"),
        (d.Scene(film=d.HdrFilm(spectral_bins=d.SpectralBins(count=5000))), "film.spectral_bins.count", "at most 4096"),
        (d.Scene(film=d.HdrFilm(spectral_bins=d.SpectralBins(width=1e-6))), "film.spectral_bins.width", "4096 bins"),
        (d.Scene(sampler=d.SobolSampler(sample_count=2**31)), "sampler.sample_count", "at most 2147483647"),
        (d.Scene(integrator=d.PathIntegrator(max_depth=2**31)), "integrator.max_depth", "at most 2147483647"),
        (d.Scene(integrator=d.PathIntegrator(rr_depth=2**31)), "integrator.rr_depth", "at most 2147483647"),
        (d.Scene(integrator=d.DirectIntegrator(bsdf_samples=2**31)), "integrator.bsdf_samples", "at most 2147483647"),
        (_light(radiance=1e39), "lights[0].radiance", "out of range: at most 1e+30, got 1e+39"),
        (_light(intensity=1e20, radiance=1e20), "lights[0].radiance", "out of range: at most 1e+30"),
        (_light(intensity=1e5, exposure=99.0), "lights[0].radiance", "out of range: at most 1e+30"),
        (_light(radiance=d.SpectrumSpec(rgb=(1e20, 0, 0), scale=1e20)), "lights[0].radiance", "out of range"),
        (_light(radiance=d.SpectrumSpec(blackbody=1e7)), "lights[0].radiance.blackbody", "at most 1e6 kelvin"),
        (d.Scene(shapes=[d.Sphere(radius=1e200)]), "shapes[0].radius", "out of range"),
        (d.Scene(shapes=[d.Sphere(center=(0.0, 1e25, 0.0))]), "shapes[0].center", "out of range: at most 1e+18"),
        (
            d.Scene(shapes=[d.Sphere(to_world=d.Transform(np.diag([1e200, 1e200, 1e200, 1])))]),
            "shapes[0].to_world",
            "to_world has a number out of range: at most 1e+18",
        ),
        (
            d.Scene(shapes=[d.TriangleMesh(vertices=np.eye(3) * 1e30, faces=[(0, 1, 2)])]),
            "shapes[0].vertices",
            "out of range",
        ),
        (_material(reflectance=1.5), "materials.a.reflectance", "within [0, 1], got 1.5"),
        (_material(reflectance=-0.5), "materials.a.reflectance", "0 or more, got -0.5"),
        (
            _material(reflectance=d.SpectrumSpec(wavelengths=[400.0, 700.0], values=[0.5, 1.5])),
            "materials.a.reflectance.values",
            "within [0, 1], got values with a value of 1.5",
        ),
        (
            _material(reflectance=d.SpectrumSpec(rgb=(0.8, 0.8, 0.8), scale=2.0)),
            "materials.a.reflectance.rgb",
            "within [0, 1], got rgb with a value of 1.6",
        ),
        (
            d.Scene(spectra={"x": 2.0}, materials={"a": d.Conductor(specular_reflectance="x")}),
            "materials.a.specular_reflectance",
            "within [0, 1], got 'x' with a value of 2",
        ),
        (
            d.Scene(
                textures={"t": d.Checkerboard(color0=3.0)},
                materials={"a": d.Diffuse(reflectance=d.SpectrumSpec(texture="t"))},
            ),
            "materials.a.reflectance.texture",
            "within [0, 1], got texture with a value of 3",
        ),
        (d.Scene(materials={"a": d.RoughPlastic(alpha=2.0)}), "materials.a.alpha", "at most 1, got 2"),
        (d.Scene(materials={"a": d.RoughConductor(alpha_u=0.1, alpha_v=2.0)}), "materials.a.alpha_v", "at most 1"),
    ],
)
def test_ranges(scene, place, message):
    with pytest.raises(SceneError) as caught:
        validate(scene)
    assert str(caught.value).startswith(f"{place}: ") and message in str(caught.value)


def test_reflectance_files(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("400 0.5\n700 1.2\n")
    with pytest.raises(SceneError, match=r"materials.a.reflectance.file: .* with a value of 1.2"):
        validate(_material(reflectance=d.SpectrumSpec(file=str(path))))
    validate(_material(reflectance=d.SpectrumSpec(file=str(path), scale=0.5)))
    validate(_light(radiance=d.SpectrumSpec(file=str(path))))


def test_messages_are_printable_and_short():
    error = SceneError(f"no material is named '{'x' * 500}\x1b[31m'", "a\nb.toml")
    assert str(error) == f"a\\nb.toml: no material is named '{'x' * 200}...'"
    assert str(SceneError("unknown", "y" * 5000)) == "y" * 200 + "...: unknown"
    assert str(SceneError(f"got '{'a b ' * 100}'")) == f"got '{'a b ' * 50}...'"
    assert str(SceneError("\x1b[2J\udc80")) == "\\x1b[2J\\udc80"


def test_a_good_scene_passes():
    validate(
        d.Scene(
            materials={"a": d.Diffuse(), "b": "a", "c": d.TwoSided(material="b")},
            spectra={"warm": d.SpectrumSpec(blackbody=2700.0), "half": 0.5},
            shapes=[
                d.Sphere(material="c", emitter=d.AreaLight(radiance="warm")),
                d.TriangleMesh(vertices=np.eye(3, dtype=np.float32), faces=np.array([[0, 1, 2]])),
                d.Cylinder(to_world=d.Transform(np.diag([1e-9, 1e-9, 1e-9, 1.0]))),
            ],
            lights=[d.ConstantLight(radiance="D65"), d.PointLight(color="half")],
        )
    )


def test_every_struct_with_numbers_has_a_rule():
    # Rules of a base class hold for its subclasses; what has none has nothing but spectra and references.
    without = {"Diffuse", "Null", "Checkerboard", "TextureRef", "MomentIntegrator", "Scene", "CatmullRomFilter"}
    without |= {"Disk", "Rectangle", "Cube", "MitchellFilter", "Shape", "CameraBase", "DepthIntegrator"}
    without |= {"NormalMap", "BumpMap"}
    structs = [s for s in vars(d).values() if isinstance(s, type) and issubclass(s, d.Node) and s is not d.Node]
    assert {s.__name__ for s in structs if not any(base in RULES for base in s.__mro__)} == without


@pytest.mark.parametrize(
    "given",
    [
        "D65",
        "lamp",
        d.SpectrumSpec(blackbody=3000.0),
        d.SpectrumSpec(name="lamp"),
        d.SpectrumSpec(name="FL11", scale=0.1),
    ],
)
def test_light_is_no_reflectance(given):
    """A sphere of a black body's values would return hundreds of times what falls on it."""
    lamp = d.SpectrumSpec(blackbody=2900.0)
    scene = _material(reflectance=given)
    scene.spectra["lamp"] = lamp
    with pytest.raises(SceneError, match=r"a.reflectance: reflectance must be within .*, got the spectrum of a light"):
        validate(scene)


@pytest.mark.parametrize("given", ["ColorChecker/red", d.SpectrumSpec(name="D65", scale=0.008)])
def test_data_below_one_is_a_reflectance(given):
    validate(_material(reflectance=given))


def _textured(*textures):
    """A scene whose reflectance is the first of the textures, "t0"; the others are "t1", ..."""
    scene = _material(reflectance=d.SpectrumSpec(texture="t0"))
    scene.textures = {f"t{index}": texture for index, texture in enumerate(textures)}
    scene.spectra["lamp"] = d.SpectrumSpec(blackbody=2900.0)
    return scene


@pytest.mark.parametrize("lit", ["D65", "lamp", d.SpectrumSpec(blackbody=3000.0), d.SpectrumSpec(name="FL11")])
@pytest.mark.parametrize("kind", [d.Checkerboard, d.Noise, d.Marble, d.Wood])
def test_a_texture_of_light_is_no_reflectance(kind, lit):
    with pytest.raises(SceneError, match=r"the texture 't0', whose color1 is the spectrum of a light, with values up"):
        validate(_textured(kind(color1=lit)))
    board = d.Checkerboard(color0=d.SpectrumSpec(texture="t1"), color1=d.SpectrumSpec(texture="t1"))
    with pytest.raises(SceneError, match=r"^materials.a.reflectance.texture: .* got the texture 't1', whose color0 is"):
        validate(_textured(board, kind(color0=lit)))


@pytest.mark.parametrize(
    "colour", ["ColorChecker/red", "half", d.SpectrumSpec(name="D65", scale=0.008), d.SpectrumSpec(name="half")]
)
def test_a_texture_of_reflectances_is_one(colour):
    scene = _textured(d.Checkerboard(color0=d.SpectrumSpec(texture="t1")), d.Checkerboard(color0=colour))
    scene.spectra["half"] = 0.5
    validate(scene)


def test_a_texture_of_light_is_a_light():
    scene = d.Scene(textures={"t": d.Checkerboard(color0="D65")})
    scene.shapes = [d.Sphere(emitter=d.AreaLight(radiance=d.SpectrumSpec(texture="t")))]
    validate(scene)


def test_files_beyond_one_are_seen_through_names(tmp_path):
    """A file of percent, by way of an entry of spectra and of a texture."""
    (tmp_path / "percent.csv").write_text("400,50\n700,80\n")
    file = d.SpectrumSpec(file=str(tmp_path / "percent.csv"))
    scaled = d.SpectrumSpec(name="paint", scale=0.01)
    for given, words in (("paint", "got 'paint' with a value of 80"), (d.SpectrumSpec(name="paint"), "value of 80")):
        scene = _material(reflectance=given)
        scene.spectra["paint"] = file
        with pytest.raises(SceneError, match=f"a.reflectance.*{words}"):
            validate(scene)
    with pytest.raises(SceneError, match="the texture 't0', whose color0 is a file with a value of 80"):
        validate(_textured(d.Checkerboard(color0=file)))
    scene = _textured(d.Checkerboard(color0=scaled))
    scene.materials["b"] = d.Diffuse(reflectance=scaled)
    scene.spectra["paint"] = file
    validate(scene)
