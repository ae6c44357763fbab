"""What the command line and `render()` change in a scene after it was read: one function, used by both."""

from __future__ import annotations

import copy
import math
import operator
import warnings
from collections.abc import Iterable
from numbers import Integral

from specrender.errors import InputError, SpecrenderWarning, did_you_mean
from specrender.film import checked_crop
from specrender.film.aovs import aov
from specrender.scene import description as d
from specrender.scene.rules import MAX_INT, MAX_PIXELS

#: Integrators that trace paths themselves, and so can take the place of the innermost one.
INTEGRATORS = {"path": d.PathIntegrator, "direct": d.DirectIntegrator, "depth": d.DepthIntegrator}
SAMPLERS = {"independent": d.IndependentSampler, "sobol": d.SobolSampler}
WRAPPERS = (d.MomentIntegrator, d.AovIntegrator)


def overridden(
    scene: d.Scene,
    *,
    camera: str | int | None = None,
    spp: int | None = None,
    size: tuple[int, int] | None = None,
    crop: tuple[int, int, int, int] | None = None,
    seed: int | None = None,
    integrator: str | None = None,
    sampler: str | None = None,
    max_depth: int | None = None,
    aovs: Iterable[str] = (),
) -> d.Scene:
    """A copy of a scene with some of its settings replaced; None leaves a setting as it is.

    Parameters
    ----------
    camera : name of one of the scene's `cameras`, or its number, counted from 0.
    spp : samples per pixel, at least 1.
    size : (width, height) of the full image [pixels].  A crop window of the scene is scaled along.
    crop : (x0, y0, x1, y1), origin top left, x1 and y1 exclusive [pixels of the full image].
    seed : of the sampler, 0 or more.
    integrator : one of `INTEGRATORS`, in place of the innermost integrator; wrappers around it stay.  Parameters
        that it lacks are dropped with a SpecrenderWarning.
    sampler : one of `SAMPLERS`; keeps sample count and seed.
    max_depth : longest path in edges, -1 for no limit.
    aovs : names of layers to add to those of the scene.

    Raises
    ------
    InputError : a value that cannot be used, and what can.
    """
    scene = copy.copy(scene)
    if camera is not None:
        use_camera(scene, _chosen_camera(scene, str(camera)))
    scene.film = _film(scene.film, size, crop)
    scene.sampler = _sampler(scene.sampler, spp, seed, sampler)
    if integrator is not None:
        new = _named(integrator, INTEGRATORS, "integrator")
        scene.integrator = _innermost(scene.integrator, lambda old: _replaced(old, new))
    if max_depth is not None:
        scene.integrator = _innermost(scene.integrator, lambda old: _with_depth(old, max_depth))
    if aovs:
        scene.integrator = _with_aovs(scene.integrator, aovs)
    return scene


def use_camera(scene: d.Scene, camera: d.Camera) -> None:
    """Make a camera the one that renders, with its own film and sampler where it has them."""
    scene.camera = camera
    if camera.film is not None:
        scene.film = camera.film
    if camera.sampler is not None:
        scene.sampler = camera.sampler


def _chosen_camera(scene: d.Scene, name: str) -> d.Camera:
    """The camera of that name or, if none has it, number (from 0)."""
    cameras = scene.cameras
    if name in cameras:
        return cameras[name]
    if name.isdecimal() and int(name) < len(cameras):
        return list(cameras.values())[int(name)]
    if not cameras:
        if name == "0":
            return scene.camera
        raise InputError(f"there is no camera '{name}': the scene has no cameras to choose from by name")
    if name.isdecimal():
        raise InputError(f"there is no camera number {name}: the scene has {len(cameras)}, counted from 0")
    raise InputError(f"there is no camera '{name}'{did_you_mean(name, cameras)}")


def film_crop(film: d.Film) -> tuple[int, int, int, int]:
    """The crop window of a film, (x0, y0, x1, y1), ends exclusive [pixels]."""
    x0, y0 = film.crop_offset_x, film.crop_offset_y
    width = film.width - x0 if film.crop_width is None else film.crop_width
    height = film.height - y0 if film.crop_height is None else film.crop_height
    return x0, y0, x0 + width, y0 + height


def dropped_parameters(kind: str, old: str, given, where: str | None) -> list[str]:
    """Which of the `given` parameter names the integrator `kind` lacks; warns of them."""
    lacking = sorted(set(given) - set(INTEGRATORS[kind].__struct_fields__))
    if lacking:
        place = f"{where}: " if where else ""
        message = f"{place}the integrator '{kind}' that replaces '{old}' has no {', '.join(lacking)}: dropped"
        warnings.warn(message, SpecrenderWarning, stacklevel=2)
    return lacking


def checked_integrator(name: str) -> str:
    """The name, if it is that of an integrator which can replace another; else InputError."""
    _named(name, INTEGRATORS, "integrator")
    return name


def _named(name, kinds, what):
    if name not in kinds:
        raise InputError(f"there is no {what} '{name}'{did_you_mean(name, kinds)}")
    return kinds[name]


def _changed(node, **values):
    """A copy of a node with other values; it remembers the place of the original."""
    new = copy.copy(node)
    new.__dict__.update(node.__dict__)
    for name, value in values.items():
        setattr(new, name, value)
    return new


def _film(film, size, crop):
    if size is not None:
        try:
            width, height = map(operator.index, size)
        except (TypeError, ValueError):
            raise InputError(f"a size is two whole numbers, (WIDTH, HEIGHT), got {size!r}") from None
        if not (1 <= width <= MAX_PIXELS and 1 <= height <= MAX_PIXELS):
            raise InputError(f"an image must be 1 to {MAX_PIXELS} pixels each way, got {width}x{height}")
        scale_x, scale_y = width / film.width, height / film.height
        x0, y0, x1, y1 = film_crop(film)
        film = _changed(film, width=width, height=height)
        scaled = math.floor(x0 * scale_x), math.floor(y0 * scale_y), math.ceil(x1 * scale_x), math.ceil(y1 * scale_y)
        film = _cropped(film, scaled)
    return film if crop is None else _cropped(film, checked_crop(film.width, film.height, crop))


def _cropped(film, crop):
    x0, y0, x1, y1 = crop
    return _changed(film, crop_offset_x=x0, crop_offset_y=y0, crop_width=x1 - x0, crop_height=y1 - y0)


def _sampler(sampler, spp, seed, name):
    if spp is not None and not (isinstance(spp, Integral) and 1 <= spp <= MAX_INT):
        raise InputError(f"samples per pixel must be a whole number, 1 to {MAX_INT}, got {spp!r}")
    if seed is not None and not (isinstance(seed, Integral) and 0 <= seed < 2**31):
        raise InputError(f"the seed must be a whole number between 0 and {2**31 - 1}, got {seed!r}")
    if name is not None:
        kind = _named(name, SAMPLERS, "sampler")
        new = kind(sample_count=sampler.sample_count, seed=sampler.seed)
        new.__dict__.update(sampler.__dict__)
        sampler = new
    changes = {"sample_count": spp, "seed": seed}
    return _changed(sampler, **{field: value for field, value in changes.items() if value is not None})


def _innermost(integrator, change):
    """A copy of a chain of integrators in which the innermost one is `change(it)`."""
    if isinstance(integrator, WRAPPERS):
        return _changed(integrator, integrator=_innermost(integrator.integrator, change))
    return change(integrator)


def _replaced(old, new):
    if old is None or type(old) is new:
        return new() if old is None else old
    defaults = type(old)()
    given = {f: getattr(old, f) for f in old.__struct_fields__ if getattr(old, f) != getattr(defaults, f)}
    lacking = dropped_parameters(new.__struct_config__.tag, type(old).__struct_config__.tag, given, d.where(old))
    result = new(**{field: value for field, value in given.items() if field not in lacking})
    result.__dict__.update(old.__dict__)
    return result


def _with_depth(integrator, max_depth):
    if not (isinstance(max_depth, Integral) and -1 <= max_depth <= MAX_INT):
        raise InputError(f"max_depth must be a whole number, -1 (no limit) to {MAX_INT}, got {max_depth!r}")
    if "max_depth" not in getattr(integrator, "__struct_fields__", ()):
        what = "scene has no integrator" if integrator is None else f"integrator '{integrator.__struct_config__.tag}'"
        raise InputError(f"the {what}{'' if integrator is None else ' has no max_depth'}: leave max_depth out")
    return _changed(integrator, max_depth=max_depth)


def _with_aovs(integrator, names):
    if isinstance(names, str):
        raise InputError(f"aovs is a list of names, got the text '{names}': give ['{names}']")
    names = list(names)
    for name in names:
        aov(name)
    present, node = [], integrator
    while isinstance(node, WRAPPERS):
        if isinstance(node, d.AovIntegrator):
            present += [entry.rpartition(":")[2].strip() for entry in node.aovs]
        node = node.integrator
    wanted = [name for name in dict.fromkeys(names) if name not in present]
    return d.AovIntegrator(aovs=wanted, integrator=integrator) if wanted else integrator
