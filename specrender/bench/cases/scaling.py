"""How cost grows: with triangles, lights, threads and pixels.  What `--plot` draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from specrender.bench.case import US_PER_PATH, Case, Contestant, Context
from specrender.bench.cases.renders import rendering
from specrender.bench.peers import mitsuba
from specrender.bench.renderers import Specrender
from specrender.bench.scenes import xml
from specrender.bench.scenes.settings import rewritten

TRIANGLES = (1_000, 10_000, 100_000, 1_000_000, 3_000_000)
LIGHTS = (1, 10, 100, 1_000, 10_000)
EDGES = (64, 128, 256, 512, 1024)
QUICK = {"triangles": (1_000, 10_000), "lights": (1, 10), "size": (16, 32)}

#: Camera paths of one measurement, whatever the size of the image.
PATHS = 2_000_000
QUICK_PATHS = 2_000


def cases(context: Context) -> list[Case]:
    """One case for each thing that is varied."""
    about = {
        "triangles": "microseconds of wall time a path of the same view of a landscape, by triangles",
        "lights": "the same of blocks under lamps of the same area and power in all, by lamps",
        "threads": "the same of the Cornell box, by threads",
        "size": "the same of the Cornell box, by the edge of the image in pixels",
    }
    return [Case(f"scale.{name}", text, US_PER_PATH, lambda context, make=MAKERS[name]: make(context), clock="wall",
                 on_request=True) for name, text in about.items()]  # fmt: skip


def _series(context, values, path_of: Callable[[int], Path], threads_of=None, size_of=None, first=None):
    """Contestants for each value of what is varied: ours, then the fastest variant of Mitsuba."""
    found = []
    threads_of = threads_of or (lambda value: context.threads)
    first = values[0] if first is None else first
    renderers = [("specrender", lambda path, threads: Specrender(path, "spectral", threads))]
    for variant in mitsuba.variants(context, "spectral")[:1]:
        renderers.append((f"mitsuba {variant}", lambda path, threads, v=variant: mitsuba.Mitsuba(path, v, threads)))
    for series, make in renderers:
        for value in values:
            renderer = make(path_of(value), threads_of(value))
            width, height = (size_of or (lambda value: (256, 192)))(value)
            spp = max(1, (QUICK_PATHS if context.quick else PATHS) // (width * height))
            against = f"{series} {first}" if series == "specrender" else f"specrender {value}"
            name = f"{series} {value}"
            found.append(Contestant(name, rendering(renderer, spp), None if against == name else against, 1, value,
                                    series))  # fmt: skip
    return found


def _scene(context, key, make, size):
    """A scene file of a given size of image."""

    def prepare():
        folder = context.folder / key
        folder.mkdir()
        return rewritten(make(folder), folder / "sized.xml", size=size)

    return context.once(("scale", key), prepare)


def _size(context):
    return (32, 24) if context.quick else (256, 192)


def _triangles(context):
    values = QUICK["triangles"] if context.quick else TRIANGLES
    size = _size(context)
    return _series(context, values,
                   lambda n: _scene(context, f"triangles-{n}", lambda folder: xml.million(folder, n), size),
                   size_of=lambda n: size)  # fmt: skip


def _lights(context):
    values = QUICK["lights"] if context.quick else LIGHTS
    size = _size(context)
    return _series(context, values,
                   lambda n: _scene(context, f"lights-{n}", lambda folder: xml.lights(folder, n), size),
                   size_of=lambda n: size)  # fmt: skip


def _cornell(context, edge):
    return _scene(context, f"cornell-{edge}", lambda folder: xml.cornell_box(folder), (edge, edge))


def _threads(context):
    values = sorted({*(2**k for k in range(8) if 2**k <= context.threads), context.threads})
    edge = 32 if context.quick else 256
    # against all threads, so that the ratio of one thread is the speed-up
    return _series(context, values, lambda n: _cornell(context, edge), threads_of=lambda n: n,
                   size_of=lambda n: (edge, edge), first=values[-1])  # fmt: skip


def _sizes(context):
    values = QUICK["size"] if context.quick else EDGES
    return _series(context, values, lambda edge: _cornell(context, edge), size_of=lambda edge: (edge, edge),
                   first=values[-1])  # fmt: skip


MAKERS = {"triangles": _triangles, "lights": _lights, "threads": _threads, "size": _sizes}
