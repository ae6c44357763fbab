"""Lights of Mitsuba files send what Mitsuba's own send: the same scene in both, asked at the same points."""

import numpy as np
import pytest
from image_files import write_image
from light_harness import WAVELENGTHS, look_around, sample_lights

from specrender.scene.compile import compile_scene
from specrender.scene.readers import load

mi = pytest.importorskip("mitsuba")

SCENE = '<scene version="3.0.0">{}<shape type="sphere"><float name="radius" value="0.01"/></shape></scene>'
LOOK = '<lookat origin="0.5, 2, -1" target="0, 0, 0.3" up="0, 0, 1"/>'
PLACE = f'<transform name="to_world">{LOOK}</transform>'


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A small image of colours, wider than high."""
    image = np.random.default_rng(5).uniform(0.1, 0.9, (6, 9, 3)).astype(np.float32)
    return write_image(tmp_path_factory.mktemp("picture") / "picture.exr", image)


def both(text, tmp_path):
    """(our tables, Mitsuba's emitter) of a scene with one emitter."""
    mi.set_variant("scalar_spectral")
    path = tmp_path / "scene.xml"
    path.write_text(SCENE.format(text))
    return compile_scene(load(path), "spectral").tables, mi.load_file(str(path)).emitters()[0]


POINTS = np.random.default_rng(8).uniform(-1.5, 1.5, (60, 3)) - [0.0, 0.5, 0.0]

AT_POINTS = {
    "point": '<emitter type="point"><rgb name="intensity" value="1, 0.5, 0.2"/>'
    '<point name="position" x="1" y="2" z="0.3"/></emitter>',
    "spot": f'<emitter type="spot"><spectrum name="intensity" value="3"/>{PLACE}</emitter>',
    "wide spot": '<emitter type="spot"><float name="cutoff_angle" value="70"/><float name="beam_width" value="10"/>'
    f'<rgb name="intensity" value="0.3, 0.5, 0.9"/>{PLACE}</emitter>',
    "textured spot": '<emitter type="spot"><float name="cutoff_angle" value="50"/><texture type="bitmap" '
    f'name="texture"><string name="filename" value="PICTURE"/></texture>{PLACE}</emitter>',
    "directional": '<emitter type="directional"><rgb name="irradiance" value="0.3, 0.5, 0.9"/>'
    '<vector name="direction" x="1" y="-2" z="0.5"/></emitter>',
    "projector": f'<emitter type="projector"><float name="scale" value="2"/><float name="fov" value="70"/>{PLACE}'
    "</emitter>",
    "projector of rgb": '<emitter type="projector"><rgb name="irradiance" value="0.9, 0.5, 0.1"/>'
    f'<string name="focal_length" value="28mm"/>{PLACE}</emitter>',
    "projector of a picture": '<emitter type="projector"><texture name="irradiance" type="bitmap">'
    f'<string name="filename" value="PICTURE"/></texture><float name="fov" value="80"/>{PLACE}</emitter>',
    "projector with fov along y": '<emitter type="projector"><texture name="irradiance" type="bitmap"><string '
    'name="filename" value="PICTURE"/></texture><float name="fov" value="60"/><string name="fov_axis" value="y"/>'
    f"{PLACE}</emitter>",
}


@pytest.mark.parametrize("name", AT_POINTS)
def test_lights_with_one_direction(name, picture, tmp_path):
    tables, emitter = both(AT_POINTS[name].replace("PICTURE", picture), tmp_path)
    ours = sample_lights(tables, POINTS)
    lit = 0
    for p, row in zip(POINTS, ours, strict=True):
        it = mi.SurfaceInteraction3f()
        it.p, it.wavelengths = list(p), list(WAVELENGTHS)
        sample, weight = emitter.sample_direction(it, [0.3, 0.6], True)
        weight = np.array(weight)
        # what emits is uplifted without a bound here, so that texels have the same colour but another spectrum
        assert np.allclose(row[4:8] * (row[8] > 0.0), weight, rtol=0.01, atol=2e-3 * ours[:, 4:8].max())
        if weight.any():
            lit += 1
            assert np.allclose(row[:3], np.array(sample.d), atol=1e-5)
            assert name == "directional" or np.isclose(row[3], sample.dist, rtol=1e-5)
    assert lit >= 10


UP = '<transform name="to_world"><rotate x="1" angle="-90"/><rotate y="1" angle="30"/></transform>'
SKIES = {
    "default": '<emitter type="sunsky"/>',
    "sun_direction": '<emitter type="sunsky"><vector name="sun_direction" x="0.3" y="0.2" z="0.5"/><float '
    'name="turbidity" value="5.5"/><float name="albedo" value="0.8"/><float name="sun_scale" value="0"/></emitter>',
    "turned": f'<emitter type="sunsky">{UP}<vector name="sun_direction" x="0.3" y="0.6" z="0.5"/></emitter>',
    "turned, by time": f'<emitter type="sunsky">{UP}<float name="hour" value="9.5"/><float name="latitude" '
    'value="48"/><float name="longitude" value="11"/><float name="timezone" value="1"/></emitter>',
    "low sun": '<emitter type="sunsky"><vector name="sun_direction" x="1" y="0.2" z="0.08922"/><float name="sky_scale" '
    'value="2"/><float name="sun_aperture" value="4"/></emitter>',
}


@pytest.mark.parametrize("name", SKIES)
def test_sky(name, tmp_path):
    """All over the sky, and in the sun's disk."""
    tables, emitter = both(SKIES[name], tmp_path)
    rng = np.random.default_rng(3)
    directions = rng.normal(size=(200, 3))
    light = tables.arrays["lights"][0]
    transform = tables.arrays["transforms"].reshape(-1, 4, 4)[light["transform"]][:3, :3].T
    sun = transform @ [light["sun_x"], light["sun_y"], light["sun_z"]]
    directions[:20] = sun + rng.normal(size=(20, 3)) * 0.3 * np.sqrt(2.0 * max(float(light["sun_cap"]), 1e-6))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    ours = look_around(tables, directions)
    theirs = []
    for direction in directions:
        si = mi.SurfaceInteraction3f()
        si.wi, si.wavelengths = list(-direction), list(WAVELENGTHS)
        theirs.append(np.array(emitter.eval(si, True)))
    theirs = np.array(theirs)
    sky = theirs[20:]
    scale = sky.max()
    # theirs is not cut at 0
    assert np.allclose(ours[20:, :4], np.maximum(sky, 0.0), rtol=2e-3, atol=1e-4 * scale)
    # theirs has the sun's irradiance in a table over elevation (5 degrees are in it), ours is integrated
    is_sun = theirs[:20].max(axis=1) > 3.0 * scale
    assert is_sun.any() == (name != "sun_direction")
    assert np.allclose(ours[:20][is_sun, :4], theirs[:20][is_sun], rtol=0.03)
