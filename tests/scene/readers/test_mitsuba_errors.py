"""Mitsuba scenes that are wrong: one clear line for each thing, with its place."""

import pytest
from mitsuba_files import fails, scene

from specrender.errors import SceneError
from specrender.scene.readers import load


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ('<bsdf type="difuse"/>', ["no bsdf 'difuse'", "did you mean 'diffuse'?"]),
        ('<bsdf type="polarizer"/>', ["the bsdf 'polarizer' is not supported yet"]),
        (
            '<bsdf type="principled"><float name="eta" value="1.5"/><float name="specular" value="0.5"/></bsdf>',
            ["either eta or specular"],
        ),
        (
            '<bsdf type="hair"><float name="sigma_a" value="1"/><float name="eumelanin" value="1"/></bsdf>',
            ["either sigma_a"],
        ),
        ('<bsdf type="blendbsdf"><bsdf type="null"/></bsdf>', ["two nested bsdfs, got 1"]),
        ('<bsdf type="bumpmap"><bsdf type="null"/></bsdf>', ["needs a nested texture"]),
        ('<bsdf type="normalmap"><bsdf type="null"/></bsdf>', ["needs the parameter 'normalmap'"]),
        ('<shape type="obj"><string name="filename" value=""/></shape>', ["'filename' of obj is empty; give"]),
        ('<include filename=""/>', ["the filename of <include> is empty"]),
        ('<bsdf type="diffuse"><spectrum name="reflectance" filename=""/></bsdf>', ["filename of <spectrum> is empty"]),
        ('<shape type="ellipsoids"/>', ["the shape 'ellipsoids' is not supported yet"]),
        ('<integrator type="ptracer"/>', ["the integrator 'ptracer' is not supported yet"]),
        ('<medium type="homogeneous"/>', ["the medium 'homogeneous' is not supported yet"]),
        (
            '<shape type="cube"><medium name="interior" type="homogeneous"/></shape>',
            ["medium 'homogeneous' is not supp"],
        ),
        ('<emitter type="timed_sunsky"/>', ["the emitter 'timed_sunsky' is not supported yet"]),
        ('<sensor type="perspective"><film type="specfilm"/></sensor>', ["specfilm needs at least one spectrum"]),
        (
            '<sensor type="perspective"><sampler type="sobolo"/></sensor>',
            ["no sampler 'sobolo'", "did you mean 'sobol'?"],
        ),
        (
            '<bsdf type="diffuse"><float name="reflectanc" value="1"/></bsdf>',
            ["'reflectanc'", "did you mean 'reflectance'?"],
        ),
        ('<bsdf type="diffuse"><float name="reflectance" value="1x"/></bsdf>', ["'1x' is not a number"]),
        ('<bsdf type="diffuse"><float name="reflectance"/></bsdf>', ["<float> lacks its attribute 'value'"]),
        (
            '<bsdf type="diffuse" id="a"><rgb name="reflectance" value="2"/></bsdf>',
            ["reflectance must be within [0, 1]"],
        ),
        ('<bsdf type="diffuse"><rgb name="reflectance" value="1 2"/></bsdf>', ["expected one or three numbers"]),
        (
            '<bsdf type="diffuse"><string name="reflectance" value="a"/></bsdf>',
            ["'reflectance' of diffuse is a <string>"],
        ),
        (
            '<bsdf type="diffuse"><texture type="checkerboard"/></bsdf>',
            ["has no place in diffuse; does it lack a name?"],
        ),
        (
            '<bsdf type="diffuse"><spectrum name="reflectance" value="500:1, 400:2"/></bsdf>',
            ["wavelengths must increase"],
        ),
        (
            '<bsdf type="diffuse"><spectrum name="reflectance" value="1 2"/></bsdf>',
            ["'1' is not a wavelength:value pair"],
        ),
        ('<bsdf type="diffuse"><spectrum name="reflectance" value="500:1"/></bsdf>', ["at least two"]),
        ('<bsdf type="diffuse"><spectrum name="reflectance" type="d65"/></bsdf>', ["on emitters only"]),
        (
            '<bsdf type="diffuse"><texture name="reflectance" type="mesh_attribute"/></bsdf>',
            ["mesh_attribute needs the parameter 'name'"],
        ),
        ('<bsdf type="diffuse"><texture name="reflectance" type="volume"/></bsdf>', ["'volume' is not supported yet"]),
        ('<bsdf type="dielectric"><string name="int_ior" value="watr"/></bsdf>', ["'watr'", "did you mean 'water'?"]),
        (
            '<bsdf type="dielectric" id="a"><float name="int_ior" value="-1"/></bsdf>',
            ["int_ior must be above 0, got -1"],
        ),
        ('<bsdf type="conductor"><string name="material" value="Aq"/></bsdf>', ["Aq"]),
        (
            '<bsdf type="conductor"><string name="material" value="Au"/><float name="eta" value="1"/></bsdf>',
            ["either material or eta and k"],
        ),
        ('<bsdf type="roughconductor"><float name="alpha_u" value="1"/></bsdf>', ["needs the parameter 'alpha_v'"]),
        ('<bsdf type="roughplastic"><string name="distribution" value="phong"/></bsdf>', ["allowed: beckmann, ggx"]),
        ('<bsdf type="twosided" id="a"><bsdf type="dielectric"/></bsdf>', ["opaque materials only, got dielectric"]),
        ('<bsdf type="twosided"/>', ["one or two nested bsdfs, got 0"]),
        ('<bsdf type="mask"/>', ["mask needs a nested bsdf"]),
        ('<shape type="sphere"><bsdf type="null"/><bsdf type="null"/></shape>', ["takes one bsdf, not 2"]),
        ('<shape type="sphere"><emitter type="point"/></shape>', ["must be of type area or directionalarea, not po"]),
        ('<shape type="sphere"><float name="radius" value="0"/></shape>', ["radius must be above 0, got 0"]),
        ('<shape type="obj"/>', ["obj needs the parameter 'filename'"]),
        ('<shape type="obj"><string name="filename" value="no.obj"/></shape>', ["no file 'no.obj' in"]),
        (
            '<shape type="sphere"><ref id="gold"/></shape><bsdf type="null" id="glod"/>',
            ["'gold'", "did you mean 'glod'?"],
        ),
        ('<bsdf type="null" id="a"/><bsdf type="null" id="a"/>', ["the id 'a' is taken (first at", "scene.xml:2)"]),
        ('<alias id="a" as="b"/>', ["unknown id 'a'"]),
        ('<bsdf type="twosided" id="a"><ref id="a"/></bsdf>', ["circle: a -> a"]),
        ('<emitter type="point"><float name="intensity" value="-1"/></emitter>', ["0 or more"]),
        (
            '<emitter type="constant"><spectrum name="radiance" type="blackbody"><float name="temperature" value="1"/>'
            '<float name="wavelength_min" value="500"/></spectrum></emitter>',
            ["wavelength_min above 360"],
        ),
        ('<emitter type="constant"><texture name="radiance" type="checkerboard"/></emitter>', ["cannot be a texture"]),
        (
            '<emitter type="point"><point name="position" value="1"/><transform name="to_world"/></emitter>',
            ["either position or to_world"],
        ),
        ('<float name="x" value="1"/>', ["<float> has no place directly in a scene"]),
        ("<foo/>", ["there is no element <foo>"]),
        ('<translate x="1"/>', ["<translate> belongs inside a <transform>"]),
        (
            '<shape type="cube"><transform name="to_world"><rotate x="1"/></transform></shape>',
            ["lacks its attribute 'angle'"],
        ),
        (
            '<shape type="cube"><transform name="to_world"><scale value="0"/></transform></shape>',
            ["to_world is singular"],
        ),
        ('<shape type="cube"><transform name="to_world"><scale value="1" x="2"/></transform></shape>', ["not both"]),
        (
            '<shape type="cube"><transform name="to_world"><shear x="1"/></transform></shape>',
            ["<shear> is no transform"],
        ),
        (
            '<shape type="sphere"><transform name="to_world"><scale x="2"/></transform></shape>',
            ["scale uniformly only"],
        ),
        ('<shape type="sphere"><float name="radius" value="$r"/></shape>', ["undefined parameter $r"]),
        (
            '<shape type="sphere"><float name="radius" value="1"/><float name="radius" value="1"/></shape>',
            ["given twice"],
        ),
        ('<shape type="sphere"><boolean name="flip_normals" value="yes"/></shape>', ["allowed: true, false"]),
        ('<shape type="sphere"><vector name="center" x="1"/></shape>', ["lacks its attribute 'y'"]),
        ('<shape type="sphere" colour="1"/>', ["<shape> has no attribute 'colour'"]),
        ('<integrator type="path"><integer name="max_depth" value="1.5"/></integrator>', ["'1.5' is not an integer"]),
        ('<integrator type="moment"/>', ["moment needs a nested integrator"]),
        ('<integrator type="aov"><string name="aovs" value="depth"/></integrator>', ["'depth' in aovs", "name:type"]),
        (
            '<integrator type="aov"><string name="aovs" value="d:dpth"/></integrator>',
            ["'dpth'", "did you mean 'depth'?"],
        ),
        ('<integrator type="path"/><integrator type="path"/>', ["takes one integrator, not 2"]),
        ('<include filename="no.xml"/>', ["no file 'no.xml' to include"]),
        ('<include filename="scene.xml"/>', ["includes itself: scene.xml -> scene.xml"]),
        ('<path value="nowhere"/>', ["there is no folder"]),
    ],
)
def test_errors(tmp_path, body, texts):
    fails(tmp_path, body, *texts)


def test_errors_name_the_line_and_the_included_file(tmp_path):
    fails(tmp_path, '<bsdf type="null"/>\n\n<bsdf type="no"/>', "no bsdf 'no'", line=4)
    (tmp_path / "inc.xml").write_text('<scene version="3.0.0">\n<bsdf type="no"/>\n</scene>', encoding="utf-8")
    with pytest.raises(SceneError, match=r"inc\.xml:2: there is no bsdf 'no'"):
        scene(tmp_path, '<include filename="inc.xml"/>')


def test_defines_must_be_known(tmp_path):
    fails(
        tmp_path,
        '<default name="spp" value="1"/>',
        "'sp' (given with -D); did you mean 'spp'?",
        line=0,
        defines={"sp": "2"},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<scene version='3.0.0'>\n<bsdf>\n</scene>", "scene.xml:3: is not well-formed XML"),
        ("<scene/>", "no version attribute"),
        ("<scene version='x'/>", "'x' is not a version number"),
        ("<bsdf version='3.0.0' type='null'/>", "not <scene>"),
        ('<!DOCTYPE s [<!ENTITY a "b">]>\n<scene version="3.0.0"/>', "declares XML entities"),
    ],
)
def test_bad_files(tmp_path, text, message):
    path = tmp_path / "scene.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SceneError) as caught:
        load(path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_entities_are_never_read_from_files(tmp_path):
    (tmp_path / "secret.txt").write_text("0.25", encoding="utf-8")
    path = tmp_path / "scene.xml"
    path.write_text(
        f'<!DOCTYPE s [<!ENTITY a SYSTEM "file://{tmp_path}/secret.txt">]>\n<scene version="3.0.0">&a;</scene>',
        encoding="utf-8",
    )
    with pytest.raises(SceneError, match="entities"):
        load(path)
