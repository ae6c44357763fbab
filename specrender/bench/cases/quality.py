"""Error at equal time: mean squared error times seconds, each renderer against its own converged picture.

Two unbiased renderers need times in the ratio of these figures to reach the same error, so better sampling counts as
much as faster code.  Errors are those of linear Rec.709, over all pixels and channels; seeds are independent.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from functools import cache
from pathlib import Path

import numpy as np

import specrender
from specrender.bench.case import ERROR_TIME, Case, Contestant, Context, Sample
from specrender.bench.cases.renders import mitsuba_renderers, pbrt_renderers, scene_path, scenes
from specrender.bench.peers import mitsuba, pbrt
from specrender.bench.renderers import Renderer, Specrender, average

#: scene -> (size [pixels], samples per pixel of a measurement).  Small, because references are large.
SCENES = {
    "cbox": ((128, 128), 64),
    "cbox-fluorescent": ((128, 128), 64),
    "materials": ((192, 144), 64),
    "envmap": ((192, 144), 64),
    "cbox-spectral": ((128, 128), 64),
    "matpreview": ((192, 144), 64),
}

#: Samples per pixel of a reference: its own error then adds 1/256 to that of a measurement.
REFERENCE_SPP = 16384
QUICK_REFERENCE_SPP = 64

#: Seed of references, far from those of measurements.
REFERENCE_SEED = 1_000_000

#: "10,000 emitters within 3 times of 10".
EMITTERS = (10, 10_000)


def cases(context: Context) -> list[Case]:
    """Each scene with the box filter, and with each renderer's own."""
    found = []
    for name in SCENES:
        if name in scenes(context):
            for rfilter, about in (("box", "box filter"), ("gaussian", "the default filter of both, a Gaussian")):
                found.append(Case(f"quality.{name}.{rfilter}", f"{scenes(context)[name].about.split(',')[0]}; {about}",
                                  ERROR_TIME, lambda context, args=(name, rfilter): _contestants(context, *args),
                                  clock="wall", on_request=True))  # fmt: skip
    found.append(Case("quality.emitters", "10 and 10,000 lamps of the same area and power in all", ERROR_TIME,
                      _emitters, clock="wall", on_request=True))  # fmt: skip
    return found


def _contestants(context, name, rfilter):
    size, spp = SCENES[name]
    size, spp = ((24, 18), 4) if context.quick else (size, spp)
    mode = scenes(context)[name].mode
    ours = Specrender(scene_path(context, name, rfilter, size=size), mode, context.threads, sampler="sobol")
    reference = _reference(context, ours, (name, rfilter, size))
    found = [Contestant(ours.name, _error(ours, reference, spp), loops=1)]
    # its fastest variant, with each of its samplers: the best of them counts
    theirs = mitsuba_renderers(context, name, rfilter, size, mitsuba.SAMPLERS, variants=1)
    if theirs:
        reference = _reference(context, theirs[0], (name, rfilter, size))
        found += [Contestant(r.name, _error(r, reference, spp), against=ours.name, loops=1) for r in theirs]
    for renderer in pbrt_renderers(context, name, pbrt.BEST, rfilter, size):
        reference = _reference(context, renderer, (name, rfilter, size))
        found.append(Contestant(renderer.name, _error(renderer, reference, spp), against=ours.name, loops=1))
    return found


def _emitters(context):
    found = []
    size, spp = ((24, 18), 4) if context.quick else ((128, 96), 64)
    for count in EMITTERS:
        name = f"lights-{count}"
        ours = Specrender(scene_path(context, name, size=size), "spectral", context.threads, sampler="sobol")
        first = found[0].name if found else None
        reference = _reference(context, ours, (name, "box", size))
        found.append(Contestant(f"specrender {count}", _error(ours, reference, spp), against=first, loops=1))
    for count in EMITTERS:
        for renderer in mitsuba_renderers(context, f"lights-{count}", size=size, variants=1):
            reference = _reference(context, renderer, (f"lights-{count}", "box", size))
            run, against = _error(renderer, reference, spp), f"specrender {count}"
            found.append(Contestant(f"{renderer.name} {count}", run, against=against, loops=1))
    return found


def mean_squared_error(pixels: np.ndarray, reference: np.ndarray) -> float:
    """Over all pixels and channels."""
    return float(np.mean((pixels - reference) ** 2))


def _error(renderer: Renderer, reference, spp):
    seeds = itertools.count(1)

    def run(loops):
        picture = renderer.render(spp, next(seeds))
        return Sample(mean_squared_error(picture.pixels, reference), picture.wall, picture.cpu, {"spp": spp})

    return run


# ---------------------------------------------------------------- references


def _reference(context: Context, renderer: Renderer, what: tuple) -> np.ndarray:
    """The converged picture of a renderer for (scene, filter, size); kept in the user's cache folder."""
    from specrender.files import cache_folder

    spp = QUICK_REFERENCE_SPP if context.quick else REFERENCE_SPP
    if context.quick or isinstance(renderer, pbrt.Pbrt):
        return average(renderer, spp, REFERENCE_SEED)
    scene = context.once(("scene", what[0]), lambda: None)
    identity = (what, spp, renderer.name, _maker(renderer), _digest_of(scene.parent))
    path = cache_folder() / "references" / f"{hashlib.sha256(repr(identity).encode()).hexdigest()[:24]}.npy"
    if path.is_file():
        return np.load(path)
    picture = average(renderer, spp, REFERENCE_SEED)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}-{os.getpid()}.part.npy")
    np.save(part, picture)
    os.replace(part, path)
    return picture


def _maker(renderer):
    """What must be the same for a kept picture to be used: our sources, or Mitsuba's version."""
    if isinstance(renderer, Specrender):
        return _digest_of(Path(specrender.__file__).parent, "*.py")
    from importlib.metadata import version

    return version("mitsuba")


@cache
def _digest_of(folder: Path, pattern: str = "*"):
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob(pattern) if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
