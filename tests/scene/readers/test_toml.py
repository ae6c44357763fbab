"""The native format: what it can say, and one clear line with the key path for each thing that is wrong."""

import numpy as np
import pytest

from specrender.errors import SceneError
from specrender.scene import description as d
from specrender.scene.readers import load


def scene(tmp_path, text, **arguments):
    path = tmp_path / "scene.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, **arguments)


def fails(tmp_path, text, *texts, **arguments):
    with pytest.raises(SceneError) as caught:
        scene(tmp_path, text, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    for part in texts:
        assert part in message, message


def test_everything(tmp_path):
    (tmp_path / "a.png").write_bytes(b"not read here")
    (tmp_path / "m.ply").write_bytes(b"not read here")
    loaded = scene(
        tmp_path,
        """
        name = "all"
        [integrator]
        type = "aov"
        aovs = ["depth", "n:sh_normal"]
        integrator = { type = "path", max_depth = 8 }
        [camera]
        type = "perspective"
        fov = 40
        to_world = { look_at = { origin = [0, 0, -5], target = [0, 0, 0], up = [0, 1, 0] } }
        [film]
        width = 64
        height = 32
        spectral_bins = 12
        rfilter = { type = "box" }
        [sampler]
        type = "sobol"
        sample_count = 16
        [wavelengths]
        lambda_min = 380
        [materials]
        alias = "glass"
        [materials.glass]
        type = "roughdielectric"
        alpha = { texture = "grid" }
        int_ior = { cauchy = [1.5, 0.004] }
        [materials.two]
        type = "twosided"
        material = { type = "diffuse", reflectance = "leaf" }
        [materials.metal]
        type = "conductor"
        eta = 0.2
        k = "leaf"
        [textures.image]
        type = "bitmap"
        filename = "a.png"
        [textures.grid]
        type = "checkerboard"
        color0 = { rgb = [0.1, 0.2, 0.3], space = "rec2020" }
        to_uv = { scale = [4, 4] }
        [spectra]
        leaf = { wavelengths = [400, 700], values = [0.1, 0.5] }
        [[shapes]]
        type = "ply"
        filename = "m.ply"
        material = "alias"
        to_world = [{ scale = 2 }, { rotate = [0, 0, 3], angle = 90 }, { translate = [1, 0, 0] }]
        [[shapes]]
        type = "mesh"
        vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
        faces = [[0, 1, 2]]
        [[shapes]]
        type = "rectangle"
        material = { type = "diffuse" }
        emitter = { type = "area", radiance = { blackbody = 3200, scale = 2 }, exposure = 1.5 }
        [[lights]]
        type = "point"
        color = "D65"
        position = [0, 3, 0]
        """,
    )
    assert loaded.name == "all"
    assert loaded.integrator.integrator.max_depth == 8 and loaded.integrator.aovs[1] == "n:sh_normal"
    assert loaded.camera.fov == 40.0 and isinstance(loaded.camera.fov, float)
    np.testing.assert_allclose(loaded.camera.to_world.matrix[:3, 3], (0, 0, -5))
    assert loaded.film.spectral_bins == 12 and loaded.film.rfilter == d.BoxFilter()
    assert loaded.wavelengths == d.WavelengthRange(lambda_min=380)
    assert loaded.materials["alias"] == "glass"
    assert loaded.materials["glass"].alpha == d.TextureRef(texture="grid")
    assert loaded.materials["glass"].int_ior == d.IorSpec(cauchy=[1.5, 0.004])
    assert loaded.textures["image"].filename == str(tmp_path / "a.png")
    assert loaded.textures["grid"].color0 == d.SpectrumSpec(rgb=(0.1, 0.2, 0.3), space="rec2020")
    np.testing.assert_allclose(loaded.shapes[0].to_world.matrix @ [1, 0, 0, 1], [1, 2, 0, 1], atol=1e-12)
    assert loaded.shapes[2].emitter.radiance == d.SpectrumSpec(blackbody=3200.0, scale=2.0)
    assert loaded.shapes[2].emitter.normalize is True
    assert loaded.lights == [d.PointLight(color="D65", position=(0, 3, 0))]
    assert d.where(loaded.shapes[2].emitter.radiance).endswith("scene.toml: shapes[2].emitter.radiance")
    assert d.where(loaded.camera).endswith("scene.toml: camera")


def test_empty_scene_has_the_defaults_and_the_files_name(tmp_path):
    assert scene(tmp_path, "") == d.Scene(name="scene")


def test_defaults_and_defines(tmp_path):
    text = (
        "[defaults]\nspp = 4\nfov = 30.0\nrough = true\nkind = 'sphere'\n"
        "[sampler]\ntype = 'sobol'\nsample_count = '$spp'\n[camera]\ntype = 'perspective'\nfov = '$fov'\n"
        "[[shapes]]\ntype = '$kind'\nname = '$$kind'\nflip_normals = '$rough'\n"
    )
    loaded = scene(tmp_path, text)
    assert (loaded.sampler.sample_count, loaded.camera.fov) == (4, 30)
    assert loaded.shapes == [d.Sphere(name="$kind", flip_normals=True)]
    loaded = scene(tmp_path, text, defines={"spp": "64", "fov": "12.5", "kind": "disk", "rough": "false"})
    assert (loaded.sampler.sample_count, loaded.camera.fov) == (64, 12.5)
    assert loaded.shapes == [d.Disk(name="$kind")]
    fails(tmp_path, text, "'sp' (given with -D); did you mean 'spp'?", defines={"sp": "1"})
    fails(tmp_path, text, "'spp' must be a number, got 'many'", defines={"spp": "many"})
    fails(tmp_path, text, "'rough' must be true or false, got '1'", defines={"rough": "1"})
    fails(tmp_path, text, "sampler.sample_count: expected an integer, got 1.5", defines={"spp": "1.5"})
    fails(tmp_path, "", "the scene has no [defaults]", defines={"spp": "1"})
    fails(tmp_path, text + "[film]\nwidth = '$sp'\n", "film.width: undefined parameter $sp; did you mean 'spp'?")
    fails(tmp_path, "[defaults]\na = [1]\n", "defaults.a: expected a number, string or boolean")


MATERIAL = "[materials.glass]\ntype = 'roughdielectric'\n"
SHAPE = "[[shapes]]\ntype = 'sphere'\n"
CAMERA = "[camera]\ntype = 'perspective'\n"


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("[camera\n", ["scene.toml:1: is not valid TOML"]),
        ("[media.a]\n", ["scene.toml: media: unknown parameter 'media'"]),
        ("[integratr]\n", ["unknown parameter 'integratr'; did you mean 'integrator'?"]),
        ("[camera]\nfov = 3\n", ["scene.toml: camera: needs a type; allowed: batch, distant, equirectangular"]),
        (
            "[camera]\ntype = 'perspektive'\n",
            ["camera.type: there is no type 'perspektive' here; did you mean 'perspective'?"],
        ),
        ("[film]\ntype = 'specfilm'\n", ["film: the parameter 'responses' of specfilm is missing"]),
        ("camera = 3\n", ["scene.toml: camera: expected a table, got 3"]),
        (
            MATERIAL + "alhpa = 1\n",
            ["materials.glass.alhpa: unknown parameter 'alhpa' of roughdielectric; did you mean 'alpha'"],
        ),
        (MATERIAL + "alpha = 'x'\n", ["materials.glass.alpha: expected a number or a table with texture, got 'x'"]),
        (MATERIAL + "alpha = true\n", ["materials.glass.alpha: expected a number or a table with texture, got true"]),
        (MATERIAL + "alpha = -1\n", ["materials.glass.alpha: alpha must be 0 or more, got -1"]),
        (MATERIAL + "alpha = inf\n", ["materials.glass.alpha: alpha must be finite, got inf"]),
        (
            MATERIAL + "alpha_u = 0.1\n",
            ["materials.glass: alpha_u and alpha_v must be given together; alpha_v is missing"],
        ),
        (MATERIAL + "distribution = 'gxx'\n", ["materials.glass.distribution: got 'gxx'; did you mean 'ggx'?"]),
        (
            MATERIAL + "int_ior = 'BK77'\n",
            ["materials.glass.int_ior: no material with a refractive index", "mean 'BK7'?"],
        ),
        (
            MATERIAL + "int_ior = {}\n",
            ["materials.glass.int_ior: one of cauchy, sellmeier, values, file must be given"],
        ),
        (MATERIAL + "int_ior = { sellmeier = [1, 2] }\n", ["materials.glass.int_ior.sellmeier", "a list of 6 numbers"]),
        ("[materials.'my glass']\ntype = 'diffuse'\nr = 1\n", ['materials."my glass".r: unknown parameter']),
        ("[materials.a]\ntype = 'conductor'\nmaterial = 'Aurum'\n", ["materials.a.material", "Aurum"]),
        (
            "[materials.a]\ntype = 'conductor'\neta = 1\n",
            ["materials.a: eta and k must be given together; k is missing"],
        ),
        ("[materials.a]\ntype = 'diffuse'\nreflectance = 'D66'\n", ["materials.a.reflectance", "D66"]),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { rgb = [1, 2] }\n",
            ["materials.a.reflectance.rgb", "a list of 3"],
        ),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { rgb = [0, 0, 2] }\n",
            ["reflectance.rgb: reflectance must be within [0"],
        ),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { rgb = [0, 0, 1], blackbody = 1 }\n",
            ["materials.a.reflectance.blackbody: only one of rgb, blackbody"],
        ),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { rgb = [0, 0, 1], space = 'srbg' }\n",
            ["did you mean 'srgb'?"],
        ),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { wavelengths = [1, 2, 3], values = [1, 2] }\n",
            ["materials.a.reflectance.values: values has 2 numbers, wavelengths has 3"],
        ),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { wavelengths = [500, 400], values = [1, 2] }\n",
            ["materials.a.reflectance.wavelengths: wavelengths must increase, but 400 follows 500"],
        ),
        ("[materials.a]\ntype = 'diffuse'\nreflectance = { values = [1, 2] }\n", ["must be given together"]),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { texture = 'no' }\n",
            ["reflectance.texture: no texture is named 'no'"],
        ),
        (
            "[materials.a]\ntype = 'diffuse'\nreflectance = { file = 'no.csv' }\n",
            ["reflectance.file: cannot read", "there is no such file"],
        ),
        (
            "[materials]\na = 'b'\nb = 'a'\n",
            ["materials.a: the materials refer to each other in a circle: a -> b -> a"],
        ),
        (
            "[materials.a]\ntype = 'mask'\nmaterial = 'a'\n",
            ["materials.a: the materials refer to each other in a circle: a -> a"],
        ),
        (
            "[materials.a]\ntype = 'twosided'\nmaterial = 'b'\n[materials.b]\ntype = 'null'\n",
            ["opaque materials only, got null"],
        ),
        ("[materials.a]\ntype = 'twosided'\n", ["materials.a: the parameter 'material' of twosided is missing"]),
        ("[spectra]\na = 'b'\nb = { name = 'a' }\n", ["the spectra refer to each other in a circle"]),
        ("[spectra]\na = { blackbody = 0 }\n", ["spectra.a.blackbody: blackbody must be above 0, got 0"]),
        ("[spectra]\na = -1\n", ["spectra.a: a must be 0 or more"]),
        (
            SHAPE + "material = 'glas'\n" + MATERIAL,
            ["shapes[0].material: no material is named 'glas'; did you mean 'glass'?"],
        ),
        (
            SHAPE + "material = 'glass'\n",
            ["shapes[0].material: no material is named 'glass'; the scene has no materials"],
        ),
        (SHAPE + "radius = 0\n", ["shapes[0].radius: radius must be above 0, got 0"]),
        (SHAPE + "center = [0, 'a', 0]\n", ["shapes[0].center[1]: expected a number, got 'a'"]),
        (SHAPE + "center = [0, nan, 0]\n", ["shapes[0].center: center must be finite"]),
        (SHAPE + "to_world = { scale = [1, 1, 2] }\n", ["shapes[0].to_world: to_world of a sphere"]),
        (SHAPE + "to_world = 3\n", ["shapes[0].to_world: expected a step or a list of steps"]),
        (
            SHAPE + "to_world = [{ rotat = [0, 0, 1] }]\n",
            ["shapes[0].to_world[0].rotat: unknown step", "did you mean 'rotate'?"],
        ),
        (SHAPE + "to_world = [{ rotate = [0, 0, 1] }]\n", ["shapes[0].to_world[0]: rotate needs an angle"]),
        (SHAPE + "to_world = { scale = 1, translate = [0, 0, 0] }\n", ["to_world: a step has one of"]),
        (SHAPE + "to_world = { scale = 0 }\n", ["shapes[0].to_world: to_world is singular"]),
        (SHAPE + "to_world = { translate = [1] }\n", ["shapes[0].to_world.translate: expected three numbers, got 1"]),
        (SHAPE + "to_world = { matrix = [1, 2] }\n", ["to_world.matrix: a matrix is a list of 16 numbers"]),
        (SHAPE + "to_world = { look_at = { origin = [0, 0, 0] } }\n", ["to_world.look_at: look_at lacks its target"]),
        (SHAPE + "to_world = { look_at = { orgin = [0, 0, 0] } }\n", ["did you mean 'origin'?"]),
        ("[[shapes]]\ntype = 'obj'\n", ["shapes[0]: the parameter 'filename' of obj is missing"]),
        (
            "[[shapes]]\ntype = 'obj'\nfilename = 'no.obj'\n",
            ["shapes[0].filename: cannot read", "no.obj': there is no such file"],
        ),
        (
            "[[shapes]]\ntype = 'mesh'\nvertices = [[0, 0, 0]]\nfaces = [[0, 1, 2]]\n",
            ["shapes[0]: a face refers to vertex 2"],
        ),
        ("[[shapes]]\ntype = 'cylinder'\np1 = [0, 0, 0]\n", ["shapes[0].p1: p1 must be another point than p0"]),
        (CAMERA + "fov = 180\n", ["camera.fov: fov must be between 0 and 180 degrees, got 180"]),
        (CAMERA + "fov = 3\nfocal_length = '5mm'\n", ["only one of fov, focal_length can be given"]),
        (
            CAMERA + "focal_length = 'wide'\n",
            ["camera.focal_length: focal_length must be a length such as '50mm', got 'wide'"],
        ),
        (CAMERA + "far_clip = 0.001\n", ["camera.far_clip: far_clip must be above near_clip"]),
        (CAMERA + "to_world = { scale = 2 }\n", ["to_world of a perspective camera must not scale"]),
        (
            "[camera]\ntype = 'thinlens'\naperture_radius = 0\n",
            ["camera.aperture_radius: aperture_radius must be above 0"],
        ),
        ("[film]\nwidth = 0\n", ["film.width: width must be between 1 and 65536 pixels, got 0"]),
        (
            "[film]\nwidth = 9\ncrop_offset_x = 5\ncrop_width = 5\n",
            ["film.crop_width: crop_width must be between 1 and 4"],
        ),
        ("[film]\nspectral_bins = 0\n", ["film.spectral_bins: spectral_bins must be above 0, got 0"]),
        ("[film]\nspectral_bins = { count = 3, width = 2 }\n", ["film.spectral_bins.width: only one of count, width"]),
        ("[film]\nrfilter = { type = 'gaussian', stddev = 0 }\n", ["film.rfilter.stddev: stddev must be above 0"]),
        ("[sampler]\ntype = 'sobol'\nsample_count = 0\n", ["sampler.sample_count: sample_count must be above 0"]),
        (
            "[integrator]\ntype = 'path'\nmax_depth = -2\n",
            ["integrator.max_depth: max_depth must be -1 (no limit) or more"],
        ),
        (
            "[integrator]\ntype = 'aov'\naovs = ['dept']\n",
            ["integrator.aovs: there is no AOV 'dept'; did you mean 'depth'?"],
        ),
        (
            "[integrator]\ntype = 'aov'\naovs = ['depth', 'du:dp_du']\n",
            ["integrator.aovs: the AOV 'dp_du' is not supported", "dp_dv, duv_dx, duv_dy"],
        ),
        ("[integrator]\ntype = 'aov'\naovs = ['depth', 'depth']\n", ["the aov name 'depth' is used twice"]),
        ("[wavelengths]\nlambda_min = 900\n", ["wavelengths.lambda_max: lambda_max must be above lambda_min"]),
        ("[[lights]]\ntype = 'area'\n", ["lights[0].type: there is no type 'area' here"]),
        ("[[lights]]\ntype = 'point'\nintensity = -1\n", ["lights[0].intensity: intensity must be 0 or more, got -1"]),
        (
            "[[lights]]\ntype = 'point'\nposition = [0, 0, 0]\nto_world = {scale = 1}\n",
            ["only one of position, to_world"],
        ),
        ("[[lights]]\ntype = 'directional'\ndirection = [0, 0, 0]\n", ["direction must be a vector other than zero"]),
        (
            "[[lights]]\ntype = 'spot'\nbeam_width = 30\n",
            ["lights[0].beam_width: beam_width must be between 0 and cutoff_angle"],
        ),
        (
            "[textures.t]\ntype = 'checkerboard'\n[[lights]]\ntype = 'point'\ncolor = { texture = 't' }\n",
            ["cannot be a texture"],
        ),
        # how to write what was probably meant
        ("[film]\nrfilter = 'gaussian'\n", ["film.rfilter: expected a table, got 'gaussian'; write { type = "]),
        ("[film]\nrfilter = 'gausian'\n", ["got 'gausian'; write { type = \"gaussian\" }"]),
        ("[film]\nrfilter = 'sharp'\n", ["got 'sharp'; allowed types: box, catmullrom, gaussian"]),
        ("integrator = 'direct'\n", ["integrator: expected a table, got 'direct'; write { type = \"direct\" }"]),
        (SHAPE + "material = 'diffuse'\n", ["named 'diffuse'; for a material of that type write { type = "]),
        (SHAPE + "emitter = 'area'\n", ["emitter: expected a table, got 'area'; write { type = \"area\" }"]),
        ("[[film]]\nwidth = 3\n", ["film: expected a table, got [{ width = 3 }]; write one table, [film], not a list"]),
        ("[shapes]\ntype = 'sphere'\n", ["shapes: expected a list, got a table; write [[shapes]]"]),
        (
            "[[lights]]\ntype = 'constant'\nradiance = [1, 0.5, 0]\n",
            ["radiance: expected a number or a string or a table", "got [1, 0.5, 0]; write { rgb = [1, 0.5, 0] }"],
        ),
        (
            "[textures.t]\ntype = 'checkerboard'\n[[lights]]\ntype = 'constant'\nradiance = 't'\n",
            ["lights[0].radiance: no illuminant", "named 't'; for the texture write { texture = "],
        ),
        (
            "[[lights]]\ntype = 'constant'\nradiance = 'lamp.csv'\n",
            ["named 'lamp.csv'; for a file write { file = \"lamp.csv\" }"],
        ),
        (
            "[spectra.neon]\nblackbody = 3e3\n[[lights]]\ntype = 'constant'\nradiance = 'nean'\n",
            ["named 'nean'; did you mean 'neon'? `specrender info --spectra`"],
        ),
        (
            "[[lights]]\ntype = 'constant'\nradiance = 'D66'\n",
            ["named 'D66'; did you mean 'D65'? `specrender info --spectra` lists the names"],
        ),
        (SHAPE + "emitter = { type = 'area', radiance = 'lamp' }\n", ["'lamp'; `specrender info --spectra` lists"]),
        # names of files that say nothing
        ("[textures.t]\ntype = 'bitmap'\nfilename = ''\n", ["textures.t.filename: 'filename' of bitmap is empty"]),
        ("[[shapes]]\ntype = 'obj'\nfilename = ''\n", ["shapes[0].filename: 'filename' of obj is empty"]),
        ("[[lights]]\ntype = 'envmap'\nfilename = ''\n", ["lights[0].filename: 'filename' of envmap is empty"]),
        ("[spectra.s]\nfile = ''\n", ["spectra.s.file: 'file' is empty; give the name of a file"]),
        # values as TOML has them
        (SHAPE + "to_world = true\n", ["to_world: expected a step or a list", "got true"]),
        (SHAPE + "radius = 1979-05-27\n", ["radius: expected a number, got 1979-05-27"]),
        (SHAPE + "radius = [{ a = true, b = [1.0, 'x'] }]\n", ["got [{ a = true, b = [1, 'x'] }]"]),
        ("[[shapes]]\ntype = 'sdfgrid'\ngrid = [[1, 2], [3, 4]]\n", ["grid[0][0]: expected a list, got 1"]),
    ],
)
def test_errors(tmp_path, text, texts):
    fails(tmp_path, text, *texts)


def test_a_light_is_not_shown_as_python_would(tmp_path):
    (tmp_path / "a.glb").write_bytes(b"not read here")
    text = "[[shapes]]\ntype = 'gltf'\nfilename = 'a.glb'\nemitter = { type = 'area', radiance = 3 }\n"
    fails(tmp_path, text, "emitter must be left out", "got a table of type 'area'")


def test_load_names_what_it_can_read(tmp_path):
    (tmp_path / "a.blend").write_bytes(b"")
    with pytest.raises(
        SceneError, match=r"a\.blend: scene files of type '\.blend' cannot be read; allowed: \.toml, \.xml$"
    ):
        load(tmp_path / "a.blend")
    with pytest.raises(SceneError, match="there is no such file"):
        load(tmp_path / "a.toml")
    with pytest.raises(SceneError, match="it is a folder"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(SceneError, match="not text in UTF-8"):
        load(tmp_path / "latin.toml")


def test_look_at_keeps_the_camera_upright_unless_told(tmp_path):
    def camera(look_at):
        path = tmp_path / "scene.toml"
        path.write_text(f'[camera]\ntype = "perspective"\nfov = 40\nto_world = {{ look_at = {look_at} }}\n')
        return load(path).camera.to_world.matrix

    level = camera("{ origin = [0, 2, 6], target = [0, 1, 0] }")
    np.testing.assert_array_equal(level, camera("{ origin = [0, 2, 6], target = [0, 1, 0], up = [0, 1, 0] }"))
    assert level[1, 1] > 0.9  # the camera's +y points up
    down = camera("{ origin = [0, 5, 0], target = [0, 0, 0] }")
    np.testing.assert_allclose(down[:3, 2], [0, -1, 0])
