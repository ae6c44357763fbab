"""pbrt-v4, whose program the user names: the Cornell box as a .pbrt file, rendered by a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from specrender.bench.process import children_seconds
from specrender.bench.renderers import Picture
from specrender.bench.scenes.xml import LAMP, cornell_meshes, reflectances
from specrender.errors import InputError, SpecrenderError

#: Samplers: what the scene is measured with, and pbrt's best.
INDEPENDENT, BEST = "independent", "zsobol"


def checked_program(name: str) -> str:
    """The program's full name; InputError if it cannot be run."""
    program = shutil.which(name)
    if program is None:
        raise InputError(f"--pbrt '{name}' is no program that can be run")
    return str(Path(program).resolve())


def write_cornell_box(path: Path, size: tuple[int, int], sampler: str, rfilter: str) -> Path:
    """The scene of `scenes.xml.cornell_box` in pbrt-v4's syntax.

    pbrt scales an area light's spectrum to luminance 1 and then by `scale`; its sensor "cie1931" takes the integral
    with the observer's curves as it is.  So `scale` is the lamp's luminance in our unit, and pictures agree.  Its world
    is left-handed, which the mirror in front of LookAt makes up for; its depth counts bounces, ours edges.
    """
    from specrender.spectra.spectrum import Tabulated, luminance

    lamp = [tuple(float(n) for n in pair.split(":")) for pair in LAMP.split(",")]
    scale = luminance(Tabulated(*zip(*lamp, strict=True)))
    radius = {"box": 0.5, "gaussian": 2.0}[rfilter]
    lines = [
        "Scale -1 1 1",
        "LookAt 278 273 -800  278 273 -799  0 1 0",
        'Camera "perspective" "float fov" [39.3077]',
        f'Film "rgb" "integer xresolution" [{size[0]}] "integer yresolution" [{size[1]}]'
        ' "string sensor" ["cie1931"] "bool savefp16" [false] "string filename" ["out.exr"]',
        f'PixelFilter "{rfilter}" "float xradius" [{radius}] "float yradius" [{radius}]',
        f'Sampler "{sampler}" "integer pixelsamples" [64]',
        'Integrator "path" "integer maxdepth" [5]',
        "WorldBegin",
    ]
    tables = {name: " ".join(f"{nm:g} {value:g}" for nm, value in pairs) for name, pairs in reflectances().items()}
    for name, (mesh, made) in cornell_meshes().items():
        lines.append("AttributeBegin")
        if name == "lamp":
            emission = " ".join(f"{nm:g} {value:g}" for nm, value in lamp)
            lines.append(f'AreaLightSource "diffuse" "spectrum L" [{emission}] "float scale" [{scale:.9g}]')
            lines.append('Material "diffuse" "spectrum reflectance" [360 0.78 830 0.78]')
        else:
            lines.append(f'Material "diffuse" "spectrum reflectance" [{tables[made]}]')
        points = " ".join(f"{x:g}" for x in mesh.positions.ravel())
        indices = " ".join(str(i) for i in mesh.faces.ravel())
        lines.append(f'Shape "trianglemesh" "integer indices" [{indices}] "point3 P" [{points}]')
        lines.append("AttributeEnd")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Pbrt:
    """A .pbrt file.

    Time is that of the whole process less that of the same with one sample a pixel, and so are the paths: start-up and
    loading do not count.
    """

    most = 1 << 16

    def __init__(self, program: str, path: Path, threads: int, label: str = ""):
        self._program, self._path, self._threads = program, path, threads
        self.name = f"pbrt{label}"
        self._least = None

    def render(self, spp: int, seed: int) -> Picture:
        """See `renderers.Renderer`."""
        if self._least is None:
            self._run(1, 0)  # files are in memory from here on
            self._least = self._run(1, 0)
        pixels, wall, cpu = self._run(spp, seed)
        _, least_wall, least_cpu = self._least
        count = pixels.shape[0] * pixels.shape[1]
        if spp > 1:
            # differences of clocks can be nothing or less for a renderer that does next to nothing
            wall, cpu = max(wall - least_wall, 1e-6), max(cpu - least_cpu, 1e-6)
        return Picture(pixels, count * max(spp - 1, 1), wall, cpu)

    def _run(self, spp, seed):
        out = self._path.with_suffix(".exr")
        out.unlink(missing_ok=True)
        command = [self._program, "--nthreads", str(self._threads), "--spp", str(spp), "--seed", str(seed), "--quiet",
                   "--outfile", str(out), str(self._path)]  # fmt: skip
        before, started = children_seconds(), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        wall = time.perf_counter() - started
        after = children_seconds()
        if done.returncode or not out.is_file():
            said = (done.stderr or done.stdout).strip().splitlines()
            reason = said[-1] if said else "it wrote no picture"
            raise SpecrenderError(f"{self._program} ended with code {done.returncode}: {reason}")
        return _pixels(out), wall, wall if before is None else after - before


def _pixels(path):
    from specrender.scene.compile.images import load_image

    return load_image(path, raw=True).astype(np.float64)
