"""Mitsuba 3 from pip, in this process, with as many threads as specrender."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from specrender.bench.renderers import Picture
from specrender.bench.scenes import xml
from specrender.bench.scenes.settings import rewritten

#: mode -> variants, the fastest first.
VARIANTS = {"spectral": ("llvm_ad_spectral", "scalar_spectral"), "rgb": ("llvm_ad_rgb", "scalar_rgb")}

#: Mitsuba's samplers.
SAMPLERS = ("independent", "stratified", "multijitter", "orthogonal", "ldsampler")

#: Most samples of one call: the llvm variants hold the state of all of them at once.
WAVEFRONT = 1 << 24


#: What a process of its own renders first: compilers of LLVM end the whole process over what they cannot do.
PROBE = """
import sys
import mitsuba
mitsuba.set_variant(sys.argv[1])
mitsuba.render(mitsuba.load_file(sys.argv[2]), spp=1).numpy()
"""

#: Seconds after which it is given up.
PROBE_SECONDS = 300


def variants(context, mode: str) -> list[str]:
    """The variants that are asked for and work here; says once what is missing."""
    if not context.peers:
        return []
    return context.once(("mitsuba", mode), lambda: [v for v in VARIANTS[mode] if _works(context, v)])


def _works(context, variant):
    if importlib.util.find_spec("mitsuba") is None:
        context.note_once("mitsuba is not installed (pip install mitsuba): measured without it")
        return False
    mitsuba = importlib.import_module("mitsuba")
    if variant not in mitsuba.variants():
        context.note_once(f"this mitsuba has no variant {variant}: measured without it")
        return False
    try:
        mitsuba.set_variant(variant)
        if variant.startswith("llvm"):
            # the first array looks for the LLVM library
            np.array(mitsuba.Float([1.0, 2.0]) + 1.0)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        context.note_once(f"mitsuba {variant} does not work here, LLVM may be missing (libLLVM; DRJIT_LIBLLVM_PATH "
                          f"says where it is): measured without it ({reason})")  # fmt: skip
        return False
    failure = _failure(context, variant)
    if failure:
        context.note_once(f"mitsuba {variant} does not render here, another version of LLVM may do (DRJIT_LIBLLVM_PATH "
                          f"says where it is): measured without it ({failure})")  # fmt: skip
    return not failure


def _failure(context, variant):
    """Why a process of its own cannot render a small Cornell box; empty if it can."""
    folder = context.folder / f"probe-{variant}"
    folder.mkdir(exist_ok=True)
    path = rewritten(xml.cornell_box(folder, _mode_of(variant)), folder / "small.xml", size=(8, 8))
    try:
        done = subprocess.run([sys.executable, "-c", PROBE, variant, str(path)], capture_output=True, text=True,
                              check=False, timeout=PROBE_SECONDS)  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no picture within {PROBE_SECONDS} s"
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    errors = [line for line in said if "error" in line.lower()]
    return ((errors or said)[0] if said else f"exit code {done.returncode}")[:200]


def _mode_of(variant):
    return next(mode for mode, names in VARIANTS.items() if variant in names)


class Mitsuba:
    """A scene file loaded by one variant."""

    def __init__(self, path: Path, variant: str, threads: int, label: str = ""):
        self._mitsuba = importlib.import_module("mitsuba")
        self._drjit = importlib.import_module("drjit")
        self._variant, self._threads = variant, threads
        self.name = f"mitsuba {variant}{label}"
        self._mitsuba.set_variant(variant)
        # its EXR reader waits for a second thread for ever
        self._drjit.set_thread_count(max(threads, 2))
        self._mitsuba.set_log_level(self._mitsuba.LogLevel.Error)
        self._scene = self._mitsuba.load_file(str(path))
        width, height = self._scene.sensors()[0].film().size()
        self._pixels = int(width) * int(height)
        self.most = max(1, WAVEFRONT // self._pixels) if variant.startswith("llvm") else 1 << 14

    def render(self, spp: int, seed: int) -> Picture:
        """See `renderers.Renderer`."""
        self._mitsuba.set_variant(self._variant)
        self._drjit.set_thread_count(self._threads)
        wall, cpu = time.perf_counter(), time.process_time()
        # arrays are evaluated when they are looked at
        pixels = np.array(self._mitsuba.render(self._scene, spp=spp, seed=seed))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Picture(pixels[..., :3].astype(np.float64), self._pixels * spp, wall, cpu)
