"""Whole renders: paths per second, all threads, with the same samples in the same pixels for everyone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from specrender.bench.case import MEGABYTES, MPATHS, Case, Contestant, Context, Sample
from specrender.bench.peers import mitsuba, pbrt
from specrender.bench.renderers import Renderer, Specrender
from specrender.bench.scenes import xml
from specrender.bench.scenes.settings import rewritten
from specrender.errors import SpecrenderError


@dataclass(frozen=True)
class SceneFile:
    """A scene to render.

    make : (context, folder) -> Mitsuba XML file.
    mode : of both renderers.
    spp : samples per pixel of one measurement.
    dispersive : named glasses are the real ones, which Mitsuba has not: it is not measured then.
    has_pbrt : `peers.pbrt` knows it, too.
    size : (width, height) [pixels], or None for the scene's own.
    """

    about: str
    make: Callable[[Context, Path], Path]
    mode: str = "spectral"
    spp: int = 64
    dispersive: bool = False
    has_pbrt: bool = False
    size: tuple[int, int] | None = None


SCENES = {
    "cbox": SceneFile("Cornell box, measured reflectances, 256x256, depth 6",
                      lambda context, folder: xml.cornell_box(folder), spp=128, has_pbrt=True),
    "cbox-fluorescent": SceneFile("the same under a fluorescent lamp, FL11, whose light is in lines",
                                  lambda context, folder: xml.cornell_box(folder, lamp=xml.lamp_of("FL11")), spp=128),
    "cbox-rgb": SceneFile("the Cornell box from colours, in rgb mode",
                          lambda context, folder: xml.cornell_box(folder, "rgb"), mode="rgb", spp=128),
    "materials": SceneFile("36 spheres of 8 materials under two lamps, 384x288, depth 8",
                           lambda context, folder: xml.materials(folder, sky=False)),
    "envmap": SceneFile("the same under an environment map with a sun",
                        lambda context, folder: xml.materials(folder, sky=True)),
    "lights-10": SceneFile("blocks under 10 lamps, 256x192, depth 5", lambda context, folder: xml.lights(folder, 10)),
    "lights-10000": SceneFile("the same under 10,000 lamps of the same area and power in all",
                              lambda context, folder: xml.lights(folder, 100 if context.quick else 10_000)),
    "million": SceneFile("a landscape of 1 M triangles under an environment map, 384x288, depth 6",
                         lambda context, folder: xml.million(folder, 10_000 if context.quick else 1_000_000)),
    "glass": SceneFile("bumpy balls of BK7, dispersive, 256x192, depth 12",
                       lambda context, folder: xml.glass(folder), dispersive=True),
    "glass-constant": SceneFile("the same with one index", lambda context, folder: xml.glass(folder)),
}  # fmt: skip

#: Scenes of Mitsuba's public data, where they are given.
PUBLIC = {
    "cbox-spectral": SceneFile("Mitsuba's cbox-spectral.xml, box filter",
                               lambda context, folder: context.mitsuba_data / "scenes/cbox/cbox-spectral.xml", spp=128),
    "matpreview": SceneFile("Mitsuba's matpreview.xml, box filter",
                            lambda context, folder: context.mitsuba_data / "scenes/matpreview/matpreview.xml", spp=16),
    "mitsuba-cbox-rgb": SceneFile("Mitsuba's cbox-rgb.xml, box filter",
                                  lambda context, folder: context.mitsuba_data / "scenes/cbox/cbox-rgb.xml",
                                  mode="rgb", spp=128),
    "mitsuba-cbox": SceneFile("Mitsuba's cbox.xml, colours uplifted, box filter",
                              lambda context, folder: context.mitsuba_data / "scenes/cbox/cbox.xml", spp=128),
    "hello": SceneFile("Mitsuba's hello.xml, direct light with 4 samples, box filter",
                       lambda context, folder: context.mitsuba_data / "scenes/hello.xml", spp=16),
}  # fmt: skip


def scenes(context: Context) -> dict[str, SceneFile]:
    """Those that can be rendered under the options of a run."""
    return SCENES | (PUBLIC if context.mitsuba_data else {})


def cases(context: Context) -> list[Case]:
    """One case a scene."""
    found = [Case(f"render.{name}", scene.about, MPATHS, lambda context, name=name: _contestants(context, name),
                  clock="wall") for name, scene in scenes(context).items()]  # fmt: skip
    found.append(Case("memory.million", "peak of a process that renders 1 M triangles", MEGABYTES, _memory,
                      is_steady=True))  # fmt: skip
    return found


def scene_path(context: Context, name: str, rfilter: str = "box", sampler: str = "independent", size=None) -> Path:
    """The XML file of a scene with a filter, sampler and size."""
    scene = scenes(context)[name]

    def make():
        folder = context.folder / f"scene-{name}"
        folder.mkdir(exist_ok=True)
        return scene.make(context, folder)

    original = context.once(("scene", name), make)
    size = size or scene.size
    if context.quick and size is None:
        size = (32, 24)
    tag = f"{name}-{rfilter}-{sampler}" + (f"-{size[0]}x{size[1]}" if size else "")
    out = context.folder / f"{tag}.xml"
    return context.once(("variant", tag), lambda: rewritten(original, out, sampler=sampler, rfilter=rfilter, size=size))


def mitsuba_renderers(context: Context, name: str, rfilter="box", size=None, samplers=("independent",), variants=None):
    """Mitsuba's contestants for a scene: those of its variants and samplers that work."""
    scene = scenes(context)[name]
    if scene.dispersive:
        return []
    found = []
    for variant, sampler in itertools.product(mitsuba.variants(context, scene.mode)[:variants], samplers):
        label = f" {sampler}" if len(samplers) > 1 else ""
        path = scene_path(context, name, rfilter, sampler, size)
        found.append(mitsuba.Mitsuba(path, variant, context.threads, label))
    return found


def pbrt_renderers(context: Context, name: str, sampler: str, rfilter="box", size=None) -> list[Renderer]:
    """pbrt for a scene that it knows, if it is asked for and works."""
    if not (context.peers and context.pbrt and scenes(context)[name].has_pbrt):
        return []
    size = size or ((32, 24) if context.quick else (256, 256))
    path = pbrt.write_cornell_box(context.folder / f"{name}-{sampler}-{rfilter}.pbrt", size, sampler, rfilter)
    renderer = pbrt.Pbrt(context.pbrt, path, context.threads)
    try:
        renderer.render(1, 0)
    except (SpecrenderError, OSError) as error:
        context.note_once(f"pbrt does not work here: measured without it ({error})")
        return []
    return [renderer]


def rendering(renderer: Renderer, spp: int) -> Callable[[int], Sample]:
    """A contestant's run: one render with a new seed each time."""
    seeds = itertools.count(1)

    def run(loops):
        picture = renderer.render(spp, next(seeds))
        mean = [round(float(c), 6) for c in picture.pixels.mean(axis=(0, 1))]
        return Sample(picture.paths, picture.wall, picture.cpu, {"mean_rgb": mean, "spp": spp})

    return run


def _contestants(context, name):
    scene = scenes(context)[name]
    spp = 4 if context.quick else scene.spp
    ours = Specrender(scene_path(context, name), scene.mode, context.threads, dispersive=scene.dispersive)
    others = [*mitsuba_renderers(context, name), *pbrt_renderers(context, name, pbrt.INDEPENDENT)]
    return [
        Contestant(ours.name, rendering(ours, spp), loops=1),
        *(Contestant(other.name, rendering(other, spp), against=ours.name, loops=1) for other in others),
    ]


# ---------------------------------------------------------------- memory

#: Prints the peak in kibibytes.  Linux lets a new program inherit the ru_maxrss of the one that started it, so there
#: the figure is that of /proc; macOS counts bytes.
_PEAK = """
import resource, sys
from specrender.cli import main
code = main(sys.argv[1:])
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except (OSError, StopIteration):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
print("peak", peak)
sys.exit(code)
"""


def _memory(context):
    import sys

    from specrender.bench.process import run_python

    def run(loops):
        if sys.platform == "win32":
            raise SpecrenderError("the peak memory of a process is not measured on Windows")
        out = context.folder / "memory.exr"
        arguments = ["render", str(scene_path(context, "million")), "-o", str(out), "--spp", "1", "--quiet",
                     "--threads", str(context.threads)]  # fmt: skip
        peak = float(run_python(["-c", _PEAK, *arguments]).stdout.split()[-1])
        return Sample(peak * 1024 / 1e6, 0.0, 0.0)

    return [Contestant("specrender", run)]
