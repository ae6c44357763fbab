"""What must hold in each kind of node: one function a struct, one module a kind of thing; called by `scene.validate`.

`RULES` joins those of the modules: struct -> function of a `Place`.
"""

from specrender.scene.rules import cameras, film, integrators, lights, materials, shapes, spectra, textures
from specrender.scene.rules.place import MAX_EMISSION, MAX_INT, MAX_LENGTH, MAX_PIXELS, Place, peak

__all__ = ["MAX_EMISSION", "MAX_INT", "MAX_LENGTH", "MAX_PIXELS", "RULES", "Place", "peak", "shown"]

MODULES = (cameras, film, integrators, lights, materials, shapes, spectra, textures)
RULES = {kind: rule for module in MODULES for kind, rule in module.RULES.items()}
