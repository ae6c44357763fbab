"""The parameter page is what the code makes, and lacks no meaning; the plugin table knows each plugin once."""

import re
from pathlib import Path

import pytest

from specrender.scene import description as d
from specrender.scene import reference
from specrender.scene.meanings import MEANINGS

PAGE = Path(__file__).resolve().parents[2] / "scenes" / "PARAMETERS.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference.markdown(), f"run: specrender info --types > {PAGE.name}"


def test_where_files_are_looked_for():
    scene = next(section for section in reference.sections() if section.struct == "Scene")
    assert "relative to its folder" in scene.summary


def test_every_struct_is_on_the_page():
    structs = {s.__name__ for s in vars(d).values() if isinstance(s, type) and issubclass(s, d.Node)} - {"Node"}
    assert {section.struct for section in reference.sections()} == structs


def test_every_parameter_has_a_meaning_and_a_type():
    for section in reference.sections():
        assert section.summary, section.struct
        for parameter in section.parameters:
            place = f"{section.struct}.{parameter.name}"
            assert parameter.meaning, f"{place} has no entry in scene/meanings.py"
            # Python's words must not show through
            assert parameter.type and not re.search(r"\||\bstr\b|\bfloat\b|\bint\b|None|Literal", parameter.type), place


def test_every_meaning_is_used():
    names = {parameter.name for section in reference.sections() for parameter in section.parameters}
    places = {f"{section.struct}.{p.name}" for section in reference.sections() for p in section.parameters}
    assert set(MEANINGS) <= names | places, sorted(set(MEANINGS) - names - places)


def test_defaults_are_those_of_the_structs():
    sections = {section.struct: {p.name: p for p in section.parameters} for section in reference.sections()}
    assert sections["ThinLens"]["aperture_radius"].default == "required"
    assert sections["ProjectiveCamera"]["far_clip"].default == "10000"
    assert sections["Bitmap"]["to_uv"].default == "identity"
    assert sections["Sphere"]["center"].default == "[0, 0, 0]"
    assert sections["Bitmap"]["wrap_mode"].type == "repeat or mirror or clamp"
    assert sections["RoughConductor"]["alpha_u"].type == "number or texture"
    assert sections["SpecFilm"]["responses"].type == "named spectra"
    assert sections["SpectrumSpec"]["values"].type == "list of numbers"


def test_no_plugin_is_both_supported_and_missing():
    from specrender.scene.readers.mitsuba_xml import NOT_YET

    table = reference.plugins()
    for kind, row in table.items():
        assert not set(row["supported"]) & set(row["not yet"]), kind
    assert "perspective" in table["sensor"]["supported"]
    assert {"instance", "shapegroup", "sphere"} <= set(table["shape"]["supported"])
    assert set(NOT_YET["medium"]) == set(table["medium"]["not yet"])


@pytest.mark.parametrize(("flag", "text"), [("--types", "### `thinlens`"), ("--plugins", "| sensor |")])
def test_command(capsys, flag, text):
    from specrender.cli import main

    assert main(["info", flag]) == 0
    assert text in capsys.readouterr().out
    assert main(["info", flag, "--json"]) == 0
    assert capsys.readouterr().out.lstrip()[0] in "[{"
