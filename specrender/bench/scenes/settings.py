"""Copies of Mitsuba XML files with another sampler, filter or size, so that all renderers read what is measured."""

from __future__ import annotations

import copy
from pathlib import Path

from lxml import etree

from specrender.errors import SceneError


def rewritten(path: Path, out: Path, *, sampler: str | None = None, rfilter: str | None = None, size=None) -> Path:
    """Write a copy of a scene with its includes put in place and its file names made absolute.

    Parameters
    ----------
    sampler, rfilter : Mitsuba's type names; None keeps what the scene has.
    size : (width, height) [pixels], or None.

    Raises
    ------
    SceneError : the file cannot be read, or it has no film.
    """
    root = _parsed(path)
    _put_includes_in_place(root, path.parent, path)
    for node in root.iter("path"):
        node.set("value", str((path.parent / node.get("value", "")).resolve()))
    for node in root.iter("string", "spectrum"):
        name = "value" if node.tag == "string" and node.get("name") == "filename" else "filename"
        value = node.get(name) if node.tag == "spectrum" or node.get("name") == "filename" else None
        if value and (path.parent / value).exists():
            node.set(name, str((path.parent / value).resolve()))
    film = next(root.iter("film"), None)
    if film is None:
        raise SceneError("the scene has no <film>", str(path))
    if size is not None:
        for name, value in zip(("width", "height"), size, strict=True):
            _set(film, "integer", name, value)
    if rfilter is not None:
        for old in film.findall("rfilter"):
            film.remove(old)
        etree.SubElement(film, "rfilter", type=rfilter)
    if sampler is not None:
        sensor = next(root.iter("sensor"))
        for old in sensor.findall("sampler"):
            sensor.remove(old)
        new = etree.SubElement(sensor, "sampler", type=sampler)
        etree.SubElement(new, "integer", name="sample_count", value="64")
    # parameters that nothing uses any more are none
    text = etree.tostring(root, encoding="unicode")
    for default in list(root.iter("default")):
        if f"${default.get('name')}" not in text:
            default.getparent().remove(default)
    out.write_text(etree.tostring(root, encoding="unicode"), encoding="utf-8")
    return out


def _parsed(path):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        return etree.parse(str(path), parser).getroot()
    except (OSError, etree.XMLSyntaxError) as error:
        raise SceneError(f"cannot read the scene: {error}", str(path)) from None


def _put_includes_in_place(root, folder, path):
    for node in list(root.iter("include")):
        included = _parsed(folder / node.get("filename"))
        _put_includes_in_place(included, folder, path)
        parent = node.getparent()
        place = parent.index(node)
        for offset, child in enumerate(list(included)):
            parent.insert(place + 1 + offset, copy.deepcopy(child))
        parent.remove(node)


def _set(film, tag, name, value):
    for node in film.findall(tag):
        if node.get("name") == name:
            node.set("value", str(value))
            return
    etree.SubElement(film, tag, name=name, value=str(value))
