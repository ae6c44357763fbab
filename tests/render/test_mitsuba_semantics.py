"""Textures, sensors, films and integrators of Mitsuba scenes mean what they mean to Mitsuba: both render the same file.

Skipped where pip's mitsuba is absent.  Means over the picture, or over parts of it, are compared; noise is small by
construction (no global illumination, many samples of few pixels).
"""

import numpy as np
import OpenImageIO as oiio
import pytest
from image_files import write_image

from specrender.color import xyz_to_rgb
from specrender.driver import new_film, render_film
from specrender.scene.compile import compile_scene
from specrender.scene.readers import load

mi = pytest.importorskip("mitsuba")

VARIANTS = {"rgb": "scalar_rgb", "spectral": "scalar_spectral"}

LOOK = '<transform name="to_world"><lookat origin="0,0,4" target="0,0,0" up="0,1,0"/></transform>'
SAMPLER = '<sampler type="independent"><integer name="sample_count" value="{spp}"/></sampler>'


def film(size=16, kind="hdrfilm", extra=""):
    return (
        f'<film type="{kind}"><integer name="width" value="{size}"/><integer name="height" value="{size}"/>'
        f'<string name="component_format" value="float32"/><rfilter type="box"/>{extra}</film>'
    )


def camera(spp, size=16, kind="hdrfilm", extra="", more=""):
    inner = f'<float name="fov" value="30"/>{LOOK}{film(size, kind, extra)}{more}{SAMPLER.format(spp=spp)}'
    return f'<sensor type="perspective">{inner}</sensor>'


def both(tmp_path, body, mode, spp, theirs=None):
    """(Mitsuba's (h, w, c), our film) of a scene."""
    path = tmp_path / "scene.xml"
    path.write_text(f'<scene version="3.0.0">{body}</scene>')
    mi.set_variant(VARIANTS[mode])
    image = np.array(mi.render(mi.load_file(str(path)), spp=spp if theirs is None else theirs, seed=3))
    scene = load(path)
    tables = compile_scene(scene, mode)
    result = new_film(tables)
    render_film(tables, result, spp)
    return image, result


def rgb(result):
    return result.mean_xyz() @ xyz_to_rgb("srgb").T


def assert_close(ours, theirs, relative):
    """Blocks of 4 x 4 pixels, and the mean, agree."""

    def blocks(image):
        height, width, channels = image.shape
        parts = image.reshape(height // 4, 4, width // 4, 4, channels)
        return parts.mean(axis=(1, 3))

    scale = np.abs(theirs).mean()
    assert scale > 0.0
    assert np.abs(ours.mean(axis=(0, 1)) - theirs.mean(axis=(0, 1))).max() < relative * scale
    if ours.shape[0] % 4 == 0 and ours.shape[1] % 4 == 0:
        assert np.abs(blocks(ours) - blocks(theirs)).max() < 8.0 * relative * scale


@pytest.fixture
def picture(tmp_path):
    """An image of 5 x 4 random colours as 8-bit PNG and as EXR."""
    pixels = np.random.default_rng(6).integers(20, 235, (4, 5, 3)).astype(np.uint8)
    for name, values, kind in (("t.png", pixels, oiio.UINT8), ("t.exr", (pixels / 255.0) ** 2, oiio.FLOAT)):
        write_image(tmp_path / name, values, kind=kind)


WALL = '<shape type="rectangle"><bsdf type="diffuse">{}</bsdf></shape>'
SKY = '<emitter type="constant"><rgb name="radiance" value="1"/></emitter>'


# ---------------------------------------------------------------- textures


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
@pytest.mark.parametrize("wrap", ["repeat", "mirror", "clamp"])
@pytest.mark.parametrize("filtering", ["bilinear", "nearest"])
def test_bitmaps(tmp_path, picture, wrap, filtering, mode):
    """Orientation, wrap and filter modes, to_uv and decoding: one look at a textured wall under a uniform sky."""
    name = "t.png" if wrap != "mirror" else "t.exr"
    texture = (
        f'<texture type="bitmap" name="reflectance"><string name="filename" value="{name}"/>'
        f'<string name="wrap_mode" value="{wrap}"/><string name="filter_type" value="{filtering}"/>'
        '<transform name="to_uv"><scale x="1.7" y="2.3"/><translate x="-0.4" y="0.3"/></transform></texture>'
    )
    body = '<integrator type="direct"/>' + camera(256) + WALL.format(texture) + SKY
    theirs, ours = both(tmp_path, body, mode, 512, 256)
    assert_close(rgb(ours), theirs[..., :3], 0.012)


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
def test_raw_bitmaps_as_scalars(tmp_path, picture, mode):
    """A raw image of three channels as an opacity is its luminance."""
    mask = (
        '<bsdf type="mask"><texture type="bitmap" name="opacity"><string name="filename" value="t.png"/>'
        '<boolean name="raw" value="true"/></texture>'
        '<bsdf type="diffuse"><rgb name="reflectance" value="0"/></bsdf></bsdf>'
    )
    body = '<integrator type="path"/>' + camera(256) + f'<shape type="rectangle">{mask}</shape>' + SKY
    theirs, ours = both(tmp_path, body, mode, 1024, 512)
    assert_close(rgb(ours), theirs[..., :3], 0.012)


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
def test_checkerboards_of_textures(tmp_path, picture, mode):
    board = (
        '<texture type="checkerboard" name="reflectance"><texture type="bitmap" name="color0">'
        '<string name="filename" value="t.exr"/></texture><rgb name="color1" value="0.1,0.5,0.8"/>'
        '<transform name="to_uv"><scale value="3"/></transform></texture>'
    )
    body = '<integrator type="direct"/>' + camera(256) + WALL.format(board) + SKY
    theirs, ours = both(tmp_path, body, mode, 512, 256)
    assert_close(rgb(ours), theirs[..., :3], 0.012)


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
def test_checkerboards_of_numbers(tmp_path, mode):
    """Where one number is wanted, Mitsuba exchanges the colours."""
    board = '<texture type="checkerboard" name="{}"><float name="color0" value="{}"/><float name="color1" value="{}"/>'
    board += '<transform name="to_uv"><scale value="2"/></transform></texture>'
    mask = '<bsdf type="mask">' + board.format("opacity", 0.2, 0.9)
    mask += '<bsdf type="diffuse">' + board.format("reflectance", 0.0, 0.7) + "</bsdf></bsdf>"
    body = '<integrator type="path"/>' + camera(256) + f'<shape type="rectangle">{mask}</shape>' + SKY
    theirs, ours = both(tmp_path, body, mode, 1024, 512)
    assert_close(rgb(ours), theirs[..., :3], 0.012)


@pytest.mark.parametrize("metal", ["Au", "Cr"])
def test_named_metals_in_rgb_mode(tmp_path, metal):
    """Their indices are made three numbers without the D65 of other spectra."""
    bsdf = f'<bsdf type="conductor"><string name="material" value="{metal}"/></bsdf>'
    body = '<integrator type="path"/>' + camera(64) + BALL.format(bsdf) + SKY
    theirs, ours = both(tmp_path, body, "rgb", 256, 256)
    assert_close(rgb(ours), theirs[..., :3], 0.005)


# ---------------------------------------------------------------- sensors and films

POINT = '<emitter type="point"><point name="position" value="0.5,1,3"/><rgb name="intensity" value="9,7,5"/></emitter>'
BALL = '<shape type="sphere" id="ball">{}</shape>'


@pytest.mark.parametrize("mode", ["rgb", "spectral"])
def test_irradiance_meter(tmp_path, mode):
    meter = f'<sensor type="irradiancemeter">{film(1)}{SAMPLER.format(spp=1)}</sensor>'
    body = '<integrator type="path"/>' + BALL.format(meter) + SKY
    theirs, ours = both(tmp_path, body, mode, 20000, 4000)
    assert_close(rgb(ours), theirs[..., :3], 0.02)


TARGETS = ["", '<point name="target" value="0.2,0.3,0"/>', '<shape type="disk" name="target"/>']


@pytest.mark.parametrize("target", TARGETS)
def test_distant(tmp_path, target):
    inner = f'<vector name="direction" value="0.3,0.2,-1"/>{target}{film(1)}{SAMPLER.format(spp=1)}'
    body = f'<integrator type="direct"/><sensor type="distant">{inner}</sensor>' + BALL.format("") + POINT
    theirs, ours = both(tmp_path, body, "rgb", 100000, 100000)
    assert_close(rgb(ours), theirs[..., :3], 0.02)


def test_radiance_meter(tmp_path):
    inner = f'<point name="origin" value="0.2,0.1,4"/><vector name="direction" value="0,0,-1"/>{film(1)}'
    body = f'<integrator type="direct"/><sensor type="radiancemeter">{inner}</sensor>' + BALL.format("") + POINT
    theirs, ours = both(tmp_path, body, "rgb", 64, 64)
    assert_close(rgb(ours), theirs[..., :3], 1e-3)


def test_batch(tmp_path):
    other = '<sensor type="orthographic"><transform name="to_world"><scale x="2" y="2"/>'
    other += '<lookat origin="4,0,0" target="0,0,0" up="0,1,0"/></transform></sensor>'
    sized = film(16).replace('name="height" value="16"', 'name="height" value="8"')
    first = f'<sensor type="perspective"><float name="fov" value="40"/>{LOOK}</sensor>'
    body = f'<integrator type="direct"/><sensor type="batch">{first}{other}{sized}</sensor>' + BALL.format("") + POINT
    theirs, ours = both(tmp_path, body, "rgb", 256, 256)
    assert_close(rgb(ours), theirs[..., :3], 0.01)


def test_film_of_responses(tmp_path):
    responses = (
        '<spectrum name="band_b" value="400:0, 450:1, 500:0"/><spectrum name="band_a" value="500:0.5, 600:1, 700:0.2"/>'
    )
    body = '<integrator type="direct"/>' + camera(1, 8, "specfilm", responses) + BALL.format("") + POINT
    theirs, ours = both(tmp_path, body, "spectral", 4096, 1024)
    found = np.concatenate([ours.mean_aov("band_a"), ours.mean_aov("band_b")], axis=2)
    # the order of Mitsuba's channels is that of their names in the file; each ratio tells them apart
    assert theirs.shape[2] == 2
    ratio = np.sort(found.mean(axis=(0, 1))) / np.sort(theirs.mean(axis=(0, 1)))
    assert np.abs(ratio - 1.0).max() < 0.02, ratio


def test_response_of_a_sensor(tmp_path):
    srf = '<spectrum name="srf" value="400:0, 550:1, 700:0.5"/>'
    body = '<integrator type="direct"/>' + camera(1, 8, more=srf) + BALL.format("") + POINT
    theirs, ours = both(tmp_path, body, "spectral", 4096, 1024)
    assert_close(rgb(ours), theirs[..., :3], 0.02)


# ---------------------------------------------------------------- integrators


@pytest.mark.parametrize("counts", [(1, 1), (4, 1), (0, 3), (3, 0)])
def test_direct(tmp_path, counts):
    pairs = zip(("emitter_samples", "bsdf_samples"), counts, strict=True)
    integrator = "".join(f'<integer name="{name}" value="{count}"/>' for name, count in pairs)
    rough = '<bsdf type="roughconductor"><float name="alpha" value="0.3"/></bsdf>'
    lamp = '<shape type="sphere"><point name="center" x="1" y="2" z="2"/><emitter type="area">'
    lamp += '<rgb name="radiance" value="8"/></emitter></shape>'
    body = f'<integrator type="direct">{integrator}</integrator>' + camera(1) + BALL.format(rough) + lamp
    theirs, ours = both(tmp_path, body, "rgb", 1024, 1024)
    assert_close(rgb(ours), theirs[..., :3], 0.02)


def test_depth(tmp_path):
    body = '<integrator type="depth"/>' + camera(1) + BALL.format("")
    theirs, ours = both(tmp_path, body, "rgb", 256, 256)
    assert_close(rgb(ours), theirs[..., :3], 0.01)


SHAPES = {
    "sphere": BALL.format(""),
    "rectangle": '<shape type="rectangle"/>',
    "disk": '<shape type="disk"/>',
    "cylinder": '<shape type="cylinder"><point name="p0" value="0,-1,0"/><point name="p1" value="0,1,0"/></shape>',
    "cube": '<shape type="cube"><transform name="to_world"><rotate y="1" angle="35"/></transform></shape>',
}


@pytest.mark.parametrize("shape", SHAPES)
def test_layers(tmp_path, shape):
    """Position, uv, normals and distance, pixel by pixel."""
    names = "p:position,t:uv,g:geo_normal,s:sh_normal,d:depth"
    body = f'<integrator type="aov"><string name="aovs" value="{names}"/></integrator>'
    body += camera(1, 32) + SHAPES[shape]
    theirs, ours = both(tmp_path, body, "rgb", 256, 256)
    widths = {"position": 3, "uv": 2, "geo_normal": 3, "sh_normal": 3, "depth": 1}
    found = np.concatenate([ours.mean_aov(name) for name in widths], axis=2)
    theirs = theirs[..., -found.shape[2] :]
    scale = 1.0 + np.abs(theirs)
    # uv jump at seams, and everything at silhouettes: most pixels must agree closely
    agreeing = np.abs(found - theirs) < 0.03 * scale
    assert agreeing.mean(axis=(0, 1)).min() > 0.9, agreeing.mean(axis=(0, 1))
