"""View transforms: from scene-linear light to a display through an OpenColorIO config, as `oiiotool --ociodisplay`.

OpenImageIO carries OpenColorIO and its built-in configs ("ocio://default", "ocio://studio-config-latest", ...), with
the output transforms of ACES 2.
"""

import os
from dataclasses import dataclass
from functools import cache

import numpy as np

from specrender.color.gamuts import Gamut, gamut
from specrender.errors import InputError, SpecrenderError, did_you_mean
from specrender.files import is_text, why_unreadable
from specrender.image_files import library_error

DEFAULT_CONFIG = "ocio://default"


@dataclass(frozen=True)
class View:
    """A view of a config that exists.

    config, display, view : names.  space : the colour space of its code values, as the config calls it.
    cicp : (primaries, transfer, matrix, full range) of [H273]; None where the config does not say.
    """

    config: str
    display: str
    view: str
    space: str
    cicp: tuple[int, int, int, int] | None


def config_name(config: str | None = None) -> str:
    """The config to use: the one given, else that of $OCIO, else `DEFAULT_CONFIG`."""
    return config if config is not None else os.environ.get("OCIO") or DEFAULT_CONFIG


def views(config: str | None = None) -> dict[str, list[str]]:
    """Display -> its views, in the order of the config; InputError when the config cannot be read."""
    loaded = _loaded(config_name(config))
    return {display: list(loaded.getViewNames(display)) for display in loaded.getDisplayNames()}


def find_view(display: str | None, view: str | None, config: str | None = None) -> View:
    """A view by name; what is None is what the config prefers, of a view alone the first display that has it.

    Raises
    ------
    InputError : no such config, display or view, with what is near.
    """
    name = config_name(config)
    loaded, known = _loaded(name), views(config)
    if display is None:
        display = loaded.getDefaultDisplayName()
        if view is not None and view not in known[display]:
            display = next((other for other, has in known.items() if view in has), None)
            if display is None:
                every = dict.fromkeys(each for has in known.values() for each in has)
                raise InputError(f"no display of {name} has a view '{view}'{did_you_mean(view, every)}")
    elif display not in known:
        raise InputError(f"{name} has no display '{display}'{did_you_mean(display, known)}")
    if view is None:
        view = loaded.getDefaultViewName(display)
    elif view not in known[display]:
        raise InputError(f"the display '{display}' has no view '{view}'{did_you_mean(view, known[display])}")
    space = loaded.getDisplayViewColorSpaceName(display, view)
    cicp = loaded.get_cicp(space)
    # pixels are RGB at full range, whatever a video signal of that name would be
    return View(name, display, view, space, None if cicp is None else (cicp[0], cicp[1], 0, 1))


def linear_space(wanted: Gamut, config: str | None = None) -> tuple[Gamut, str]:
    """(gamut, its name in the config) of scene-linear light that a config knows: the wanted one, else ACES2065-1."""
    name = config_name(config)
    loaded = _loaded(name)
    if wanted.interop_id is not None:
        space = loaded.resolve(wanted.interop_id)
        if loaded.getColorSpaceIndex(space) >= 0:
            return wanted, space
    space = loaded.getColorSpaceNameByRole("aces_interchange")
    if space is None:
        raise InputError(f"{name} knows neither '{wanted.interop_id}' nor the role aces_interchange")
    return gamut("aces2065-1"), space


def apply_view(rgb: np.ndarray, space: str, view: View) -> np.ndarray:
    """Code values, (h, w, 3) float32, of (h, w, 3) scene-linear light of a colour space of the view's config."""
    import OpenImageIO as oiio

    height, width, _ = rgb.shape
    source = oiio.ImageBuf(oiio.ImageSpec(width, height, 3, "float"))
    source.set_pixels(oiio.ROI(), np.ascontiguousarray(rgb, np.float32))
    shown = oiio.ImageBufAlgo.ociodisplay(
        source, view.display, view.view, fromspace=space, unpremult=False, colorconfig=view.config
    )
    if shown.has_error:
        raise SpecrenderError(f"the view '{view.view}' failed: {library_error(shown)}")
    return shown.get_pixels("float").reshape(height, width, 3)


@cache
def _loaded(name: str):
    import OpenImageIO as oiio

    problem = why_unreadable(name) if os.path.exists(name) else None  # else the name of a built-in one
    if not is_text(name):
        problem = "its name is no text in UTF-8; rename it"
    if problem is None:
        config = oiio.ColorConfig(name)
        problem = library_error(config) or ("" if config.getDisplayNames() else "it has no displays")
    if problem:
        raise InputError(f"the OpenColorIO config '{name}' cannot be used: {problem}")
    return config
