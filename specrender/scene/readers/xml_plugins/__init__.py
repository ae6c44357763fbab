"""Mitsuba's BSDFs, textures, emitters and shapes as structs, with Mitsuba's defaults: one module a kind of thing."""

from specrender.scene.readers.xml_plugins.bsdfs import BSDFS
from specrender.scene.readers.xml_plugins.emitters import EMITTERS
from specrender.scene.readers.xml_plugins.shapes import SHAPES
from specrender.scene.readers.xml_plugins.textures import TEXTURES

__all__ = ["BSDFS", "EMITTERS", "SHAPES", "TEXTURES"]
