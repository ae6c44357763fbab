"""The same bits whatever threads, tiles, passes and processes compute an image."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rendering import film, look_at, moved, scene

from specrender.driver import new_film, render_film
from specrender.scene import description as d
from specrender.scene.compile import compile_scene

SAMPLERS = {"independent": d.IndependentSampler, "sobol": d.SobolSampler}


def description(sampler):
    """Glass, metal, an area light and an environment, with a filter that reaches over pixels; not square."""
    shapes = [
        d.Sphere(center=(-1.0, 0.0, 0.0), material=d.Dielectric(int_ior="SF11")),
        d.Sphere(center=(1.2, 0.2, 0.5), material=d.RoughConductor(material="Au", alpha=0.2)),
        d.Rectangle(to_world=moved(y=-1.0, scale=6.0, degrees=-90.0)),
        d.Rectangle(to_world=moved(y=4.0, degrees=90.0), emitter=d.AreaLight(radiance=20.0)),
    ]
    camera = d.Perspective(to_world=look_at((0.0, 1.0, 6.0), (0.0, 0.0, 0.0)), fov=50.0)
    return scene(
        shapes,
        [d.ConstantLight(radiance=0.2)],
        camera=camera,
        sampler=SAMPLERS[sampler](),
        film=film(40, 28, rfilter=d.LanczosFilter(), spectral_bins=8),
    )


def digest(sampler, threads=1, tile_size=32, passes=(6,), seed=3):
    """SHA-256 of all sums of a render."""
    tables = compile_scene(description(sampler), seed=seed)
    result = new_film(tables)
    for samples in passes:
        render_film(tables, result, samples, threads=threads, tile_size=tile_size)
    sums = (result.xyz, result.xyz_squared, result.weight, result.alpha, result.bins, result.radiance)
    assert all(np.isfinite(s).all() for s in sums)
    return hashlib.sha256(b"".join(s.tobytes() for s in sums)).hexdigest()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_threads_tiles_and_passes_leave_no_trace(sampler):
    once = digest(sampler)
    assert digest(sampler, threads=2) == once
    assert digest(sampler, threads=2, tile_size=7) == once
    assert digest(sampler, passes=(3, 3)) == once
    assert digest(sampler, threads=2, passes=(1, 5), tile_size=16) == once


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_another_seed_is_another_image(sampler):
    assert digest(sampler, seed=4) != digest(sampler)


def test_another_process_computes_the_same_bits():
    here = Path(__file__).resolve()
    paths = [str(here.parent), str(here.parents[1]), str(here.parents[2])]
    program = f"import sys; sys.path[:0] = {paths!r}; import {here.stem} as t; print(t.digest('sobol'))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == digest("sobol")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_sample_ranges_add_up(sampler):
    """Samples [0, 4) and [4, 6) rendered into films of their own and merged are the image of 6 samples."""
    tables = compile_scene(description(sampler), seed=3)
    whole, first, second = new_film(tables), new_film(tables), new_film(tables)
    render_film(tables, whole, 6)
    render_film(tables, first, 4)
    second.sample_count = 4
    render_film(tables, second, 2)
    second.sample_count = 2
    first.add(second)
    assert first.sample_count == 6
    assert np.allclose(first.xyz, whole.xyz, rtol=1e-12, atol=1e-15)


def test_crop_is_a_window_into_the_image():
    tables = compile_scene(description("sobol"), seed=3)
    whole, part = new_film(tables), new_film(tables, crop=(5, 9, 33, 20))
    render_film(tables, whole, 2)
    render_film(tables, part, 2, tile_size=8)
    assert np.array_equal(part.xyz, whole.xyz[9:20, 5:33])
