"""Rules of textures."""

from __future__ import annotations

from specrender.scene import description as d
from specrender.scene.rules.place import check_filename

RULES = {
    d.Bitmap: check_filename,
}
