"""Whole renders against Mitsuba 3 in one run: paths per second, interleaved, medians.

    python benchmarks/against_mitsuba.py SCENE.xml [--spp 128] [--rounds 5] [--variant llvm_ad_spectral] [-D NAME=VALUE]

Needs the `bench` extra (pip mitsuba; its llvm variants load the LLVM library of the system).  Both renderers use all
processors, the same scene file, samples and reconstruction filter; compilation and loading are not counted: each has
rendered once before the clock starts.
"""

import argparse
import statistics
import time

import numpy as np

from specrender.driver import new_film, prepare_kernel, render_film
from specrender.scene.compile import compile_scene
from specrender.scene.readers import load


def specrender_renderer(path, mode, defines):
    """A function spp, seed -> (paths, mean linear Rec.709) with the scene ready."""
    from specrender.color import xyz_to_rgb

    tables = compile_scene(load(path, defines), mode)
    prepare_kernel()

    def render(spp, seed):
        tables.tables.arrays["settings"]["seed"] = seed
        film = new_film(tables)
        stats = render_film(tables, film, spp)
        return stats.samples, film.mean_xyz().mean(axis=(0, 1)) @ xyz_to_rgb("srgb").T

    return render


def mitsuba_renderer(path, variant, defines):
    """The same of Mitsuba."""
    import mitsuba

    mitsuba.set_variant(variant)
    scene = mitsuba.load_file(path, **defines)

    def render(spp, seed):
        image = np.array(mitsuba.render(scene, spp=spp, seed=seed))
        return image.shape[0] * image.shape[1] * spp, image[..., :3].mean(axis=(0, 1))

    return render


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene")
    parser.add_argument("--spp", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--variant", default="llvm_ad_spectral")
    parser.add_argument("-D", dest="defines", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    defines = dict(entry.split("=", 1) for entry in arguments.defines)
    mode = "spectral" if "spectral" in arguments.variant else "rgb"
    renderers = {
        "specrender": specrender_renderer(arguments.scene, mode, defines),
        f"mitsuba {arguments.variant}": mitsuba_renderer(arguments.scene, arguments.variant, defines),
    }
    rates = {name: [] for name in renderers}
    for seed in range(arguments.rounds + 1):
        for name, render in renderers.items():
            started = time.perf_counter()
            paths, mean = render(arguments.spp, seed)
            seconds = time.perf_counter() - started
            if seed:  # the first round warms up
                rates[name].append(paths / seconds / 1e6)
                print(f"{name:28s} {rates[name][-1]:7.3f} M paths/s   mean rgb {np.round(mean, 5)}")
    ours, theirs = (statistics.median(r) for r in rates.values())
    print(f"median {ours:.3f} against {theirs:.3f} M paths/s: ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
