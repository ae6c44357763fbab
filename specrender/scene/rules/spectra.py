"""Rules of spectra and refractive indices."""

from __future__ import annotations

from itertools import pairwise

from specrender.scene import description as d
from specrender.scene.rules.place import MAX_TEMPERATURE, check_file, check_space


def _spectrum_spec(p):
    p.one_of("rgb", "blackbody", "name", "values", "file", "texture")
    spec = p.node
    p.not_negative("scale")
    if spec.rgb is not None:
        p.require(min(spec.rgb) >= 0, "rgb", "0 or more")
    if spec.space != "srgb" or spec.rgb is not None:
        check_space(p)
    p.positive("blackbody")
    p.require(spec.blackbody is None or spec.blackbody <= MAX_TEMPERATURE, "blackbody", "at most 1e6 kelvin")
    _table(p)
    check_file(p, "file")


def _table(p):
    """`wavelengths` and `values`: same length, increasing, nothing negative."""
    wavelengths, values = p.node.wavelengths, p.node.values
    if (wavelengths is None) != (values is None):
        raise p.fail("", "wavelengths and values must be given together")
    if values is None:
        return
    if len(wavelengths) != len(values):
        raise p.fail("values", f"values has {len(values)} numbers, wavelengths has {len(wavelengths)}")
    if len(values) < 2:
        raise p.fail("values", "a table needs at least two values")
    for left, right in pairwise(wavelengths):
        if not right > left:
            raise p.fail("wavelengths", f"wavelengths must increase, but {right:g} follows {left:g}")
    p.require(wavelengths[0] > 0, "wavelengths", "above 0")
    p.require(min(values) >= 0, "values", "0 or more")


def _ior_spec(p):
    p.one_of("cauchy", "sellmeier", "values", "file")
    for field, length in (("cauchy", (1, 2, 3)), ("sellmeier", (6,))):
        value = getattr(p.node, field)
        p.require(value is None or len(value) in length, field, f"a list of {' or '.join(map(str, length))} numbers")
    _table(p)
    if p.node.values is not None:
        p.require(min(p.node.values) > 0, "values", "above 0")
    check_file(p, "file")


RULES = {
    d.SpectrumSpec: _spectrum_spec,
    d.IorSpec: _ior_spec,
}
