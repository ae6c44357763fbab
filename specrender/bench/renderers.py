"""What a benchmark needs of a renderer, and specrender as one; peers/ has the others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Picture:
    """One render.

    pixels : (h, w, 3) float64, linear Rec.709.
    paths : camera paths traced.
    wall, cpu : seconds of rendering, without loading and compiling; by the clock and of all processors.
    """

    pixels: np.ndarray
    paths: int
    wall: float
    cpu: float


class Renderer(Protocol):
    """A scene, ready to be rendered again and again.

    name : as contestants are called.
    most : samples per pixel that one call can take.
    """

    name: str
    most: int

    def render(self, spp: int, seed: int) -> Picture:
        """Render with `spp` samples a pixel; pictures of different seeds are independent."""
        ...


class Specrender:
    """A Mitsuba XML file rendered by this package.

    sampler : "independent" or "sobol"; None keeps the scene's.
    """

    name = "specrender"
    most = 1 << 20

    def __init__(self, path: Path, mode: str, threads: int, sampler: str | None = None, dispersive: bool = False):
        from specrender.color import xyz_to_rgb
        from specrender.driver import prepare_kernel
        from specrender.scene.compile import compile_scene
        from specrender.scene.overrides import overridden
        from specrender.scene.readers import load

        scene = overridden(load(path, {}, dispersive), sampler=sampler)
        self.tables = compile_scene(scene, mode, threads=threads)
        self.threads = threads
        self._to_rgb = xyz_to_rgb("srgb").T
        prepare_kernel(self.tables)

    def render(self, spp: int, seed: int) -> Picture:
        """See `Renderer`."""
        from specrender.driver import new_film, render_film

        self.tables.tables.arrays["settings"]["seed"] = seed
        film = new_film(self.tables)
        wall, cpu = time.perf_counter(), time.process_time()
        stats = render_film(self.tables, film, spp, threads=self.threads)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Picture(film.mean_xyz() @ self._to_rgb, stats.samples, wall, cpu)


def average(renderer: Renderer, spp: int, first_seed: int) -> np.ndarray:
    """(h, w, 3) float64 mean of as many renders as it takes for `spp` samples a pixel."""
    total, done = 0.0, 0
    while done < spp:
        part = min(renderer.most, spp - done)
        total = total + part * renderer.render(part, first_seed).pixels
        done, first_seed = done + part, first_seed + 1
    return total / done
