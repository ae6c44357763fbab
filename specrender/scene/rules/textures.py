"""Rules of textures."""

from __future__ import annotations

from specrender.errors import did_you_mean
from specrender.scene import description as d
from specrender.scene.rules.place import check_filename

#: More octaves of noise are finer than float32 can tell.
MAX_OCTAVES = 16


def _bitmap(p):
    check_filename(p)
    for value in p.node.scale if isinstance(p.node.scale, tuple) else (p.node.scale,):
        p.require(value >= 0 or p.node.offset != 0.0, "scale", "0 or more where there is no offset")


def _spectral_bitmap(p):
    check_filename(p)
    p.not_negative("scale")


def _mesh_attribute(p):
    starts = ("vertex_", "face_")
    hint = "" if p.node.name.startswith(starts) else did_you_mean(p.node.name, ["vertex_color", "face_color"])
    p.require(p.node.name.startswith(starts), "name", f"a name that begins with vertex_ or face_{hint}")
    p.not_negative("scale")


def _pattern(p):
    p.positive("octaves")
    p.at_most(MAX_OCTAVES, "octaves")
    p.not_negative("roughness", "seed")
    p.at_most(1, "roughness")
    p.at_most(2**31 - 1, "seed")


RULES = {
    d.Bitmap: _bitmap,
    d.SpectralBitmap: _spectral_bitmap,
    d.MeshAttribute: _mesh_attribute,
    d.Pattern: _pattern,
}
