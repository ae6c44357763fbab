"""specrender: a spectral path tracer.

>>> import specrender
>>> film = specrender.render("scene.toml", spp=64)
>>> specrender.write(film, "scene.exr")

What is listed here is the public API; it is imported when it is first used, so that `import specrender` costs nothing.
"""

import importlib

TYPE_CHECKING = False  # for type checkers it is True; importing it would take longer than all the rest here
if TYPE_CHECKING:
    from specrender.api import render
    from specrender.comparison import Comparison, ImageComparison, compare, compare_images
    from specrender.errors import InputError, SceneError, SpecrenderError, SpecrenderWarning
    from specrender.film import Film
    from specrender.output import develop, read_image
    from specrender.scene.description import Scene
    from specrender.scene.readers import load
    from specrender.writing import write

__version__ = "0.1.0"

#: Public name -> module that defines it.
_HOMES = {
    "Comparison": "specrender.comparison",
    "Film": "specrender.film",
    "ImageComparison": "specrender.comparison",
    "InputError": "specrender.errors",
    "Scene": "specrender.scene.description",
    "SceneError": "specrender.errors",
    "SpecrenderError": "specrender.errors",
    "SpecrenderWarning": "specrender.errors",
    "compare": "specrender.comparison",
    "compare_images": "specrender.comparison",
    "develop": "specrender.output",
    "load": "specrender.scene.readers",
    "read_image": "specrender.output",
    "render": "specrender.api",
    "write": "specrender.writing",
}

__all__ = [
    "Comparison",
    "Film",
    "ImageComparison",
    "InputError",
    "Scene",
    "SceneError",
    "SpecrenderError",
    "SpecrenderWarning",
    "__version__",
    "compare",
    "compare_images",
    "develop",
    "load",
    "read_image",
    "render",
    "write",
]


def __getattr__(name: str):
    if name in _HOMES:
        # not stored in globals(): `specrender.render` is also a module, which importing it would put there
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'specrender' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
