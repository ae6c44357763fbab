"""What must hold in a scene before it is compiled: ranges, references, files.  One place for all syntaxes and Python.

`validate` walks every node; `scene.rules` has one function a struct with what is special to it.
"""

from __future__ import annotations

import math
import re
import typing
from pathlib import Path

import msgspec
import numpy as np

from specrender.errors import InputError, SceneError, did_you_mean
from specrender.scene import description as d
from specrender.scene.rules import MAX_EMISSION, MAX_LENGTH, RULES, Place, peak
from specrender.scene.rules.place import MAX_TEMPERATURE
from specrender.scene.shown import shown


def validate(scene: d.Scene) -> None:
    """Raise a SceneError that names the place for the first thing in `scene` that cannot be rendered."""
    _check_references(scene)
    _Walk(scene).node(scene, "")


class _Walk:
    """Visits every node once and applies the rules."""

    def __init__(self, scene):
        self.scene = scene

    def node(self, node, path):
        place = Place(node, path, self.scene)
        for field in node.__struct_fields__:
            value = getattr(node, field)
            self.value(place, field, value)
        for kind in type(node).__mro__:
            rule = RULES.get(kind)
            if rule is not None:
                rule(place)

    def value(self, place, field, value):
        if isinstance(value, msgspec.Struct):
            self.node(value, f"{place.path}.{field}".lstrip("."))
        elif isinstance(value, d.Transform):
            _check_transform(place, field, value)
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, msgspec.Struct):
                    self.node(item, f"{place.path}.{field}.{key}".lstrip("."))
                elif field in ("spectra", "responses"):
                    _check_spectrum(place, f"{field}.{key}", item)
        elif isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
            for index, item in enumerate(value):
                self.node(item, f"{place.path}.{field}[{index}]".lstrip("."))
        elif isinstance(value, (float, tuple, list)) and field not in ARRAYS:
            numbers = [value] if isinstance(value, float) else [v for v in value if isinstance(v, (int, float))]
            if not all(math.isfinite(v) for v in numbers):
                raise place.fail(field, f"{field} must be finite, got {shown(value)}")
            limit = MAX_LENGTH if field in LENGTHS else MAX_EMISSION
            if field != "far_clip" and any(abs(v) > limit for v in numbers):
                raise place.fail(field, f"{field} is out of range: at most {limit:g}, got {shown(value)}")
        if field in SPECTRUM_FIELDS:
            _check_spectrum(place, field, value)


#: Fields checked as whole arrays by `TriangleMesh`'s rule.
ARRAYS = {"vertices", "faces", "normals", "uvs", "grid"}
#: Coordinates and sizes, whose squares must fit a float32.
LENGTHS = {"radius", "center", "p0", "p1", "position", "aperture_radius", "focus_distance"}
#: Fields that hold a Spectrum, and which of them are reflectances, hence at most 1.
REFLECTANCES = {
    "reflectance",
    "specular_reflectance",
    "specular_transmittance",
    "diffuse_reflectance",
    "transmittance",
    "base_color",
    "albedo",
}
#: Where reflectances are looked at.
VISIBLE_NM = np.arange(360.0, 831.0)
EMISSIONS = {"radiance", "irradiance", "color"}
METAL_INDICES = {"eta", "k"}
SPECTRUM_FIELDS = REFLECTANCES | EMISSIONS | METAL_INDICES | {"color0", "color1", "sigma_a"}
#: Lights whose colour cannot vary over a surface.
POINTLIKE = (d.PointLight, d.SpotLight, d.DirectionalLight, d.ConstantLight, d.IesLight, d.SunSky)


def _check_transform(place, field, transform):
    matrix = transform.matrix
    if not np.isfinite(matrix).all():
        raise place.fail(field, f"{field} has a number that is not finite")
    if np.abs(matrix).max() > MAX_LENGTH:
        raise place.fail(field, f"{field} has a number out of range: at most {MAX_LENGTH:g}")
    if not np.allclose(matrix[3], (0, 0, 0, 1), atol=1e-9):
        raise place.fail(field, f"{field} must be affine: the last row of its matrix is {matrix[3].tolist()}")
    size = 2 if field == "to_uv" else 3
    block = matrix[:size, :size]
    norms = np.linalg.norm(block, axis=0)
    # The determinant relative to the lengths of the columns says how flat the frame is, whatever its scale.
    if not (norms > 0).all() or abs(np.linalg.det(block / norms)) < 1e-12:
        raise place.fail(field, f"{field} is singular: it flattens the space")


def _check_spectrum(place, field, value):
    """A Spectrum as a number or name; SpectrumSpec nodes have their own rule, and what depends on the field is here."""
    name = field.rpartition(".")[2]
    if isinstance(value, float) and not value >= 0:
        raise place.fail(field, f"{name} must be 0 or more, got {shown(value)}")
    if isinstance(value, str):
        _check_name(place, field, value)
    if name in REFLECTANCES:
        _check_reflectance(place, field, value)
    if not isinstance(value, d.SpectrumSpec):
        return
    inner = Place(value, f"{place.path}.{field}".lstrip("."), place.scene)
    if value.name is not None:
        _check_name(inner, "name", value.name, metals=name in METAL_INDICES)
    if value.texture is not None:
        if isinstance(place.node, POINTLIKE):
            kind = place.node.__struct_config__.tag
            raise inner.fail("texture", f"{name} of {kind} cannot be a texture")
        if isinstance(place.node, d.Scene):
            raise inner.fail("texture", "an entry of spectra cannot be a texture")


def _check_reflectance(place, field, value):
    """No surface returns more light than falls on it: no number of the spectrum is above 1."""
    lit = _data_peak(value, place.scene)
    if lit is not None and lit > 1:
        message = f"got the spectrum of a light, with values up to {lit:.4g}; take a reflectance, or give a scale"
        raise place.fail(field, f"{field} must be within [0, 1], {message}")
    if not isinstance(value, d.SpectrumSpec):
        most = peak(value, place.scene)
        if most is None:
            most = _entry_peak(value, place.scene)
        if most is not None and most > 1:
            raise place.fail(field, f"{field} must be within [0, 1], got {shown(value)}{_of(value, most)}")
        return
    inner = Place(value, f"{place.path}.{field}".lstrip("."), place.scene)
    key = next((key for key in ("rgb", "values", "file", "name", "texture") if getattr(value, key) is not None), "")
    if value.rgb is not None and max(value.rgb) > 1:
        raise inner.fail("rgb", f"{field} must be within [0, 1], got rgb {list(value.rgb)}")
    try:
        most = _file_peak(value) if value.file is not None else peak(value, place.scene)
    except InputError as error:
        raise inner.fail("file", str(error)) from None
    if most is None and value.name is not None:
        most = _entry_peak(value, place.scene)
    if most is not None and most > 1:
        raise inner.fail(key, f"{field} must be within [0, 1], got {key} with a value of {most:g}")
    if value.texture is not None:
        _check_colours(inner, field, value.texture)


def _check_colours(place, field, texture):
    """The same of the colours that a texture is made of; their numbers are in `peak`."""
    for name, part, colour in _colours(texture, place.scene):
        lit, filed = _data_peak(colour, place.scene), _entry_peak(colour, place.scene)
        what = None
        if lit is not None and lit > 1:
            what = f"is the spectrum of a light, with values up to {lit:.4g}; take a reflectance, or give it a scale"
        elif filed is not None and filed > 1:
            what = f"is a file with a value of {filed:g}"
        if what:
            message = f"{field} must be within [0, 1], got the texture '{name}', whose {part} {what}"
            raise place.fail("texture", message)


def _colours(texture, scene):
    """(name of a texture, field, Spectrum) for what a texture is made of, and the textures in it; each of them once."""
    names, seen = [texture], set()
    while names:
        name = names.pop()
        node = scene.textures.get(name)
        if name in seen or not isinstance(node, (d.Checkerboard, d.Pattern)):
            continue
        seen.add(name)
        for field in ("color0", "color1"):
            colour = getattr(node, field)
            if isinstance(colour, d.SpectrumSpec) and colour.texture is not None:
                names.append(colour.texture)
            else:
                yield name, field, colour


def _entry_peak(value, scene, scale=1.0):
    """`_file_peak` of what a Spectrum is when entries of spectra, which may name one another, are looked up.

    None also for a file that cannot be read, which is the error of the entry that names it.
    """
    for _ in range(2 * len(scene.spectra) + 2):
        name = value.name if isinstance(value, d.SpectrumSpec) else value
        if not isinstance(name, str) or name not in scene.spectra:
            break
        scale *= value.scale if isinstance(value, d.SpectrumSpec) else 1.0
        value = scene.spectra[name]
    try:
        return _file_peak(value, scale)
    except InputError:
        return None


def _data_peak(value, scene):
    """The largest value in the visible of a data set or black body, times its scale; None of what is neither."""
    from specrender.spectra import catalogue
    from specrender.spectra.spectrum import Blackbody

    scale = 1.0
    for _ in range(2 * len(scene.spectra) + 2):  # entries of spectra may name one another
        if isinstance(value, str) and value in scene.spectra:
            value = scene.spectra[value]
        elif isinstance(value, str):
            try:
                return scale * float(catalogue.named(value)(VISIBLE_NM).max())
            except InputError:
                return None
        elif isinstance(value, d.SpectrumSpec) and value.blackbody is not None:
            is_possible = 0 < value.blackbody <= MAX_TEMPERATURE
            return scale * value.scale * float(Blackbody(value.blackbody)(VISIBLE_NM).max()) if is_possible else None
        elif isinstance(value, d.SpectrumSpec) and value.name is not None:
            scale, value = scale * value.scale, value.name
        else:
            return None
    return None


def _of(name, most):
    return f" with a value of {most:g}" if isinstance(name, str) else ""


def _file_peak(spec, scale=1.0):
    """The largest value of a spectrum's file times the scales; None of what is no file, or of one that is missing.

    InputError for a file that cannot be read; one that is missing is the node's own error.
    """
    from specrender.spectra.files import read_spectrum

    if not isinstance(spec, d.SpectrumSpec) or spec.file is None or not Path(spec.file).is_file():
        return None
    return float(read_spectrum(spec.file).values.max()) * spec.scale * scale


#: What ends like the name of a file ("lamp.csv"), and no data set does ("FL3.12").
FILE_NAME = re.compile(r"\.[A-Za-z]\w{1,3}$")


def _check_name(place, field, name, metals=None):
    """A data set, or an entry of spectra; metals where an index of a metal is wanted."""
    from specrender.spectra import catalogue

    if name in place.scene.spectra:
        return
    metals = field in METAL_INDICES if metals is None else metals
    try:
        catalogue.metal(name) if metals else catalogue.named(name)
    except InputError as error:
        message = str(error)
        hint = did_you_mean(name, place.scene.spectra) if place.scene.spectra else ""
        if name in place.scene.textures:
            message = f'{message.partition(";")[0]}; for the texture write {{ texture = "{name}" }}'
        elif FILE_NAME.search(name):
            message = f'{message.partition(";")[0]}; for a file write {{ file = "{name}" }}'
        elif "did you mean" in hint:
            message = f"{message.partition(';')[0]}{hint} {catalogue.LISTED}"
        raise place.fail(field, message) from None


# ---------------------------------------------------------------- references


def _check_references(scene):
    """Every name of a material, texture or spectrum exists, and none leads back to itself."""
    references = {"materials": {}, "textures": {}, "spectra": {}}

    def visit(node, path, found):
        place = Place(node, path, scene)
        for field in node.__struct_fields__:
            value = getattr(node, field)
            if isinstance(value, msgspec.Struct):
                visit(value, f"{path}.{field}".lstrip("."), found)
            elif isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
                for index, item in enumerate(value):
                    visit(item, f"{path}.{field}[{index}]".lstrip("."), found)
            elif isinstance(value, str):
                table = table_of(node, field)
                if table is not None:
                    if value not in getattr(scene, table):
                        raise _unknown(place, field, value, table)
                    found.append((table, value))
                elif field == "name" and isinstance(node, d.SpectrumSpec) and value in scene.spectra:
                    found.append(("spectra", value))
                elif field in SPECTRUM_FIELDS and value in scene.spectra:
                    found.append(("spectra", value))

    for table, entries in references.items():
        for name, entry in getattr(scene, table).items():
            entries[name] = found = []
            if isinstance(entry, msgspec.Struct):
                visit(entry, f"{table}.{name}", found)
            elif isinstance(entry, str):
                if table == "materials" and entry not in scene.materials:
                    raise _unknown(Place(scene, "", scene), f"materials.{name}", entry, "materials")
                if table == "materials" or entry in scene.spectra:
                    found.append((table, entry))
    for field in ("integrator", "camera", "film", "sampler"):
        visit(getattr(scene, field), field, [])
    for name, camera in scene.cameras.items():
        visit(camera, f"cameras.{name}", [])
    for name, group in scene.groups.items():
        visit(group, f"groups.{name}", [])
    for table in ("shapes", "lights"):
        for index, item in enumerate(getattr(scene, table)):
            visit(item, f"{table}[{index}]", [])
    _check_cycles(scene, references)


def table_of(node, field):
    """The table of the scene whose entry a text in this field names, or None."""
    if field in ("material", "back", "first", "second") and not isinstance(node, (d.Conductor, d.RoughConductor)):
        return "materials"
    if field == "texture":
        return "textures"
    return None


#: Types that a material can have.
MATERIAL_TYPES = {
    kind.__struct_config__.tag for kind in typing.get_args(d.Material) if getattr(kind, "__struct_config__", None)
}


def _unknown(place, field, value, table):
    singular = {"materials": "material", "textures": "texture"}[table]
    hint = did_you_mean(value, getattr(place.scene, table)) or f"; the scene has no {table}"
    if table == "materials" and value in MATERIAL_TYPES:
        hint = f'; for a material of that type write {{ type = "{value}" }}'
    return place.fail(field, f"no {singular} is named '{value}'{hint}")


def _check_cycles(scene, references):
    done = set()

    def visit(key, path):
        if key in path:
            names = [name for _, name in [*path[path.index(key) :], key]]
            entry = getattr(scene, key[0])[key[1]]
            place = (d.where(entry) if isinstance(entry, msgspec.Struct) else None) or f"{key[0]}.{key[1]}"
            raise SceneError(f"the {key[0]} refer to each other in a circle: {' -> '.join(names)}", place)
        if key in done:
            return
        for target in references[key[0]][key[1]]:
            visit(target, [*path, key])
        done.add(key)

    for table, entries in references.items():
        for name in entries:
            visit((table, name), [])
