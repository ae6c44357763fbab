"""Fresh processes: importing, the command line, a tiny render with and without compiled kernels; compile seconds."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from specrender.bench.case import SECONDS, Case, Contestant, Context, Sample
from specrender.bench.process import children_seconds, run_python

TINY = """
[camera]
type = "perspective"
fov = 40
to_world = { look_at = { origin = [0, 1, 4], target = [0, 0.5, 0], up = [0, 1, 0] } }
[film]
width = 64
height = 64
[sampler]
type = "sobol"
sample_count = 1
[[shapes]]
type = "sphere"
center = [0, 0.5, 0]
radius = 0.5
material = { type = "diffuse", reflectance = { rgb = [0.7, 0.2, 0.1] } }
[[lights]]
type = "constant"
radiance = 1.0
"""

#: Compiles what a render needs and prints, for each function, the seconds spent on it alone: typing and lowering of
#: what it calls is theirs.  What is left of the entry points is mostly the optimiser, which sees all functions at once.
_COMPILE = """
import collections, json, time
import numpy as np
from numba.core import event

alone, stack = collections.Counter(), []

class Recorder(event.Listener):
    def on_start(self, e):
        stack.append([time.perf_counter(), 0.0])
    def on_end(self, e):
        started, inside = stack.pop()
        seconds = time.perf_counter() - started
        function = e.data["dispatcher"].py_func
        alone[function.__module__.removeprefix("specrender.kernel.") + "." + function.__qualname__] += seconds - inside
        if stack:
            stack[-1][1] += seconds

started = time.perf_counter()
with event.install_listener("numba:compile", Recorder()):
    from specrender.driver import prepare_kernel
    from specrender.kernel.accel.build import build
    imported = time.perf_counter()
    prepare_kernel(processes=1)
    rendering = time.perf_counter()
    positions = np.zeros((9, 4), np.float32)
    positions[:, :3] = np.random.default_rng(0).random((9, 3))
    triangles = np.zeros((3, 4), np.int32)
    triangles[:, :3] = np.arange(9).reshape(3, 3)
    build(positions, triangles, np.zeros((0, 6), np.float32))
    built = time.perf_counter()
print(json.dumps({"total": built - imported, "render": rendering - imported, "build": built - rendering,
                  "functions": dict(alone.most_common())}))
"""


def cases(context: Context) -> list[Case]:
    """Import, help, warm and cold render, compile seconds."""
    return [
        Case("start.import", "import specrender, beyond importing NumPy", SECONDS, _importing, clock="wall"),
        Case("start.help", "specrender --help", SECONDS, lambda context: _command(["--help"]), clock="wall"),
        Case("start.warm", "specrender render of 64x64 pixels at 1 sample, kernels in the cache", SECONDS, _warm,
             clock="wall"),
        Case("start.cold", "the same without a cache: everything is compiled", SECONDS, _cold, clock="wall",
             is_steady=True, on_request=True),
        Case("compile.render", "compiling what a render needs, function by function", SECONDS, _compiling,
             clock="wall", is_steady=True, on_request=True),
    ]  # fmt: skip


#: Prints the seconds that the import takes by the clock and of processor time.
_IMPORT = """
import time
import numpy
wall, cpu = time.perf_counter(), time.process_time()
import specrender
specrender.render
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def _process(arguments_of, cache_of=lambda: None):
    def run(loops):
        arguments, cache = arguments_of(), cache_of()
        wall, cpu = time.perf_counter(), children_seconds()
        run_python(arguments, cache)
        wall = time.perf_counter() - wall
        return Sample(1, wall, wall if cpu is None else children_seconds() - cpu)

    return [Contestant("specrender", run, loops=1)]


def _command(arguments):
    return _process(lambda: ["-m", "specrender", *arguments])


def _importing(context):
    def run(loops):
        wall, cpu = run_python(["-c", _IMPORT]).stdout.split()
        return Sample(1, float(wall), float(cpu))

    return [Contestant("specrender", run, loops=1)]


def _tiny(context):
    path = context.folder / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    out = context.folder / "tiny.exr"
    return ["-m", "specrender", "render", str(path), "-o", str(out), "--quiet", "--threads", str(context.threads)]


def _warm(context):
    return _process(lambda: _tiny(context))


def _cold(context):
    return _process(lambda: _tiny(context), lambda: Path(tempfile.mkdtemp(dir=context.folder)))


def _compiling(context):
    def run(loops):
        done = run_python(["-c", _COMPILE], Path(tempfile.mkdtemp(dir=context.folder)))
        found = json.loads(done.stdout)
        functions = {name: round(seconds, 4) for name, seconds in found["functions"].items()}
        details = {"render": found["render"], "build": found["build"], "functions": functions}
        return Sample(1, found["total"], found["total"], details)

    return [Contestant("specrender", run, loops=1)]
