"""A spectrum on the command line, in any syntax of scenes, and what kind of thing it is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from specrender.cli.numbers import is_number
from specrender.errors import InputError, SceneError, did_you_mean
from specrender.files import check_readable

PLACE = "SPEC"

#: "400:0.1, 700:0.9", as in Mitsuba's files.
_PAIRS = re.compile(r"\s*[\d.eE+-]+\s*:\s*[\d.eE+-]+(?:\s*[,\s]\s*[\d.eE+-]+\s*:\s*[\d.eE+-]+)+\s*")


@dataclass(frozen=True)
class Thing:
    """What a text stands for.

    kind : "emission" or "reflectance" with a spectrum, "metal" with eta and k, "index" with an index.
    name : in the catalogue, or None.
    is_physical : an emission in W m^-2 sr^-1 nm^-1 rather than on a scale of its own.
    """

    kind: str
    name: str | None = None
    spectrum: object = None
    eta: object = None
    k: object = None
    index: object = None
    is_physical: bool = False


def parse_spectrum(text: str, is_reflectance: bool = False) -> Thing:
    """Understand a number, a name, a file, a TOML inline table, or wavelength:value pairs.

    Parameters
    ----------
    text : what a scene would say.
    is_reflectance : a number, table or file is a reflectance; without it, it is light.  Names know what they are, and
        an rgb is a reflectance unless it is scaled.

    Raises
    ------
    InputError : not understood, with what is near.
    """
    text = text.strip()
    if text.startswith("{"):
        return _table(text, is_reflectance)
    if is_number(text):
        return _spec(float(text), is_reflectance)
    if _PAIRS.fullmatch(text):
        pairs = sorted(tuple(map(float, pair)) for pair in re.findall(r"([\d.eE+-]+)\s*:\s*([\d.eE+-]+)", text))
        table = {"wavelengths": [nm for nm, _ in pairs], "values": [value for _, value in pairs]}
        return _spec(_decoded(table), is_reflectance)
    return _named(text.strip("\"'"), is_reflectance)


def _named(name, is_reflectance):
    from specrender.spectra import catalogue, files

    kinds = ("illuminant", "patch", "metal", "glass")
    written = {kind: {n.lower(): n for n in catalogue.names(kind)} for kind in kinds}
    low = name.lower()
    if low in written["illuminant"]:
        if is_reflectance:
            raise InputError(f"'{name}' is a light, not a reflectance")
        return Thing("emission", written["illuminant"][low], spectrum=catalogue.named(name))
    if low in written["patch"]:
        return Thing("reflectance", written["patch"][low], spectrum=catalogue.named(name))
    if low in written["metal"]:
        eta, k = catalogue.metal(name)
        return Thing("metal", written["metal"][low], eta=eta, k=k)
    if low in written["glass"]:
        return Thing("index", written["glass"][low], index=catalogue.glass(name))
    if Path(name).is_file():
        try:
            return _given(files.read_spectrum(name), is_reflectance)
        except InputError as error:
            try:
                eta, k = files.read_index(name)
            except InputError:
                raise error from None
            return Thing("metal", eta=eta, k=k)
    if Path(name).is_dir() and name:
        check_readable(name)  # says that it is a folder
    if re.search(r"[/\\]|\.\w{2,4}$", name):
        return _given(files.read_spectrum(name), is_reflectance)  # says what is wrong with the file
    known = {n for names in written.values() for n in names.values()}
    close = did_you_mean(name, known)
    hint = f"{close} " if "did you mean" in close else "; "
    raise InputError(f"no spectrum, glass, metal or file is named '{name}'{hint}{catalogue.LISTED}")


def _given(spectrum, is_reflectance):
    """Of a table or file: light, or a reflectance if it is said to be one."""
    return Thing("reflectance" if is_reflectance else "emission", spectrum=spectrum, is_physical=not is_reflectance)


def _table(text, is_reflectance):
    try:
        table = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError as error:
        message = re.sub(r" \(at line \d+, column \d+\)$", "", str(error))
        raise InputError(f"{PLACE} is not a valid TOML inline table: {message}") from None
    if {"cauchy", "sellmeier"} & set(table):
        from specrender.scene.description import Dielectric

        ior = _decoded(table, "IorSpec")
        return Thing("index", index=_builder(materials={"x": Dielectric(int_ior=ior)}).index(ior, ior))
    return _spec(_decoded(table), is_reflectance)


def _decoded(table, kind="SpectrumSpec"):
    from specrender.scene import description
    from specrender.scene.readers.decode import Decoder

    return Decoder(PLACE, Path()).struct(table, getattr(description, kind))


def _spec(spec, is_reflectance):
    """A number or SpectrumSpec."""
    from specrender.scene.description import ConstantLight, Diffuse

    if getattr(spec, "texture", None) is not None:
        raise InputError(f"{PLACE}: a texture is no spectrum")
    if getattr(spec, "name", None) is not None:
        thing = _named(spec.name, is_reflectance)
        if spec.scale == 1.0 or thing.spectrum is None:
            return thing
    is_rgb = getattr(spec, "rgb", None) is not None
    if is_reflectance or (is_rgb and spec.scale == 1.0 and max(spec.rgb) <= 1.0):
        builder = _builder(materials={"x": Diffuse(reflectance=spec)})
        return Thing("reflectance", spectrum=builder.host_spectrum(spec, "reflectance", builder.scene))
    builder = _builder(lights=[ConstantLight(radiance=spec)])
    spectrum = builder.host_spectrum(spec, "emission", builder.scene)
    return Thing("emission", spectrum=spectrum, is_physical=not is_rgb and getattr(spec, "name", None) is None)


def _builder(**scene):
    """What makes spectra of the descriptions in a scene, once that is valid."""
    from specrender.scene.compile.builder import TableBuilder
    from specrender.scene.description import Scene
    from specrender.scene.validate import validate

    described = Scene(**scene)
    try:
        validate(described)
    except SceneError as error:
        if str(error.where).startswith(PLACE):
            raise
        raise SceneError(error.message, PLACE) from None  # a place in the scene that is made here says nothing
    return TableBuilder(described, "spectral", "srgb", (360.0, 830.0))
