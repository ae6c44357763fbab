"""Mitsuba's sensors and films: what each parameter becomes, which sensor renders, and what is wrong in one line."""

import pytest
from test_mitsuba_xml import fails, scene

from specrender.scene import description as d
from specrender.scene.overrides import overridden

FILM = '<film type="hdrfilm"><integer name="width" value="1"/><integer name="height" value="1"/></film>'


def test_several_sensors(tmp_path):
    """The first renders; the others go by their id, or by their number."""
    loaded = scene(
        tmp_path,
        '<sensor type="orthographic"/><sensor type="perspective" id="close">'
        '<film type="hdrfilm"><integer name="width" value="40"/></film>'
        '<sampler type="independent"><integer name="sample_count" value="9"/></sampler></sensor>',
    )
    assert list(loaded.cameras) == ["sensor_0", "close"]
    assert isinstance(loaded.camera, d.Orthographic) and loaded.film.width == 768
    for name in ("close", "1"):
        chosen = overridden(loaded, camera=name)
        assert isinstance(chosen.camera, d.Perspective)
        assert chosen.film.width == 40 and chosen.sampler.sample_count == 9


def test_radiance_meter(tmp_path):
    loaded = scene(
        tmp_path,
        '<sensor type="radiancemeter"><point name="origin" value="1,2,3"/><vector name="direction" value="0,0,2"/>'
        f"{FILM}</sensor>",
    )
    assert loaded.camera.origin == (1.0, 2.0, 3.0) and loaded.camera.direction == (0.0, 0.0, 2.0)
    fails(tmp_path, f'<sensor type="radiancemeter"><point name="origin" value="1,2,3"/>{FILM}</sensor>', "direction")
    fails(tmp_path, '<sensor type="radiancemeter"/>', "1 x 1 pixels, got 768x576")


def test_irradiance_meter_is_part_of_a_shape(tmp_path):
    loaded = scene(tmp_path, f'<shape type="sphere" id="ball"><sensor type="irradiancemeter">{FILM}</sensor></shape>')
    assert loaded.camera.shape == "ball" == loaded.shapes[0].name
    loaded = scene(tmp_path, f'<shape type="cube"><sensor type="irradiancemeter">{FILM}</sensor></shape>')
    assert loaded.camera.shape == loaded.shapes[0].name is not None
    fails(tmp_path, f'<sensor type="irradiancemeter">{FILM}</sensor>', "inside the shape that it measures")


def test_distant(tmp_path):
    point = '<sensor type="distant"><vector name="direction" value="0,0,-1"/><point name="target" value="1,0,0"/>'
    point += FILM
    assert scene(tmp_path, f"{point}</sensor>").camera.target == (1.0, 0.0, 0.0)
    shape = f'<sensor type="distant"><shape type="disk" name="target"/>{FILM}</sensor>'
    loaded = scene(tmp_path, shape)
    assert isinstance(loaded.camera.target, d.Disk) and not loaded.shapes
    fails(tmp_path, f'{point}<transform name="to_world"/></sensor>', "either direction or to_world")


def test_batch(tmp_path):
    loaded = scene(
        tmp_path,
        '<sensor type="batch"><sensor type="perspective"/><sensor type="orthographic"/>'
        '<film type="hdrfilm"><integer name="width" value="10"/></film></sensor>',
    )
    assert [type(part) for part in loaded.camera.cameras] == [d.Perspective, d.Orthographic]
    assert loaded.film.width == 10
    fails(
        tmp_path,
        '<sensor type="batch"><sensor type="perspective"/><sensor type="orthographic"/>'
        '<film type="hdrfilm"><integer name="width" value="9"/></film></sensor>',
        "cannot be shared equally by 2 cameras",
    )


def test_film_of_responses(tmp_path):
    loaded = scene(
        tmp_path,
        '<sensor type="perspective"><film type="specfilm"><integer name="width" value="8"/><rfilter type="box"/>'
        '<spectrum name="band_b" value="400:0.5, 500:1"/><spectrum name="band_a" type="uniform">'
        '<float name="value" value="2"/></spectrum></film></sensor>',
    )
    film = loaded.film
    assert isinstance(film, d.SpecFilm) and film.width == 8 and isinstance(film.rfilter, d.BoxFilter)
    assert film.responses["band_a"] == 2.0
    assert film.responses["band_b"].values == [0.5, 1.0]
    fails(
        tmp_path,
        '<sensor type="perspective"><film type="specfilm"><rgb name="r" value="1"/></film></sensor>',
        "not a texture or an rgb colour",
    )


def test_response_of_a_sensor(tmp_path):
    srf = '<sensor type="perspective"><spectrum name="srf" value="400:0, 500:1"/></sensor>'
    assert scene(tmp_path, srf).camera.srf.wavelengths == [400.0, 500.0]


def test_integrators(tmp_path):
    assert isinstance(scene(tmp_path, '<integrator type="depth"/>').integrator, d.DepthIntegrator)
    volpath = '<integrator type="volpath"><integer name="max_depth" value="4"/></integrator>'
    assert scene(tmp_path, volpath).integrator == d.PathIntegrator(max_depth=4)
    fails(tmp_path, '<shape type="cube"><medium type="homogeneous" name="interior"/></shape>', "medium 'homogeneous'")


def test_textures(tmp_path):
    loaded = scene(
        tmp_path,
        '<texture type="mesh_attribute" id="a"><string name="name" value="vertex_color"/>'
        '<float name="scale" value="2"/></texture>'
        '<texture type="checkerboard" id="b"><ref id="a" name="color0"/><float name="color1" value="0.25"/></texture>',
    )
    assert loaded.textures["a"] == d.MeshAttribute(name="vertex_color", scale=2.0)
    assert loaded.textures["b"].color0.texture == "a" and loaded.textures["b"].color1 == 0.25
    fails(
        tmp_path,
        '<texture type="mesh_attribute" id="a"><string name="name" value="color"/></texture>',
        "name that begins with vertex_ or face_",
    )


@pytest.mark.parametrize("name", ["hdistant", "mpdistant"])
def test_sensors_that_are_missing(tmp_path, name):
    fails(tmp_path, f'<sensor type="{name}"/>', f"the sensor '{name}' is not supported yet")
