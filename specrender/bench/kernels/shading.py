"""Spectra, textures, random numbers, BSDFs and environments, each in a loop over prepared inputs.

`inputs` are (n, 4) float32 rows of uniform random numbers or unit vectors; what they mean is said at each kernel.
"""

import numpy as np

from specrender.kernel.accel.simd8 import get4
from specrender.kernel.bsdf.material import evaluate_material, sample_material
from specrender.kernel.jit import kernel
from specrender.kernel.light import sample_light
from specrender.kernel.light.environment import AT_ONCE, find_place, look_up, prepare_environment, sample_environment
from specrender.kernel.sampler import sample_state, samples
from specrender.kernel.simd import f32, hsum, lane, splat4, vec4
from specrender.kernel.surface import surface_point
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.texture import evaluate_scalar


@kernel(forceinline=True)
def _somewhere(u):
    """A surface point at the uv of two random numbers."""
    return surface_point(vec4(lane(u, 0), lane(u, 1), f32(0.3), f32(0.3)), np.int32(0))


@kernel(entry=True)
def look_up_colours(tables, texture, wavelengths, inputs, loops):
    """A texture at uv = inputs and at `wavelengths` (n, 4) nm."""
    total = splat4(f32(0.0))
    for _ in range(loops):
        for i in range(len(inputs)):
            total += evaluate_texture(tables, texture, _somewhere(get4(inputs, i)), get4(wavelengths, i))
    return hsum(total)


@kernel(entry=True)
def look_up_scalars(tables, texture, inputs, loops):
    """A scalar texture at uv = inputs."""
    total = f32(0.0)
    for _ in range(loops):
        for i in range(len(inputs)):
            total += evaluate_scalar(tables, texture, _somewhere(get4(inputs, i)))
    return total


@kernel(entry=True)
def draw_numbers(kind, seed, count, loops):
    """Four numbers of `count` dimension groups of each of `loops` samples."""
    total = splat4(f32(0.0))
    for sample in range(loops):
        state = sample_state(kind, seed, np.int32(7), np.int32(sample))
        for dimension in range(count):
            total += samples(state, np.int32(dimension))
    return hsum(total)


@kernel(entry=True)
def evaluate_bsdfs(tables, material, wavelengths, wo, wi, loops):
    """A material for pairs of local directions."""
    total = splat4(f32(0.0))
    record = tables.materials[material]
    for _ in range(loops):
        for i in range(len(wo)):
            surface = _somewhere(get4(wo, i))
            value, pdf = evaluate_material(tables, record, surface, get4(wavelengths, i), get4(wo, i), get4(wi, i))
            total += value * pdf
    return hsum(total)


@kernel(entry=True)
def sample_bsdfs(tables, material, wavelengths, wo, inputs, loops):
    """A material for local directions, with three random numbers each."""
    total = splat4(f32(0.0))
    record = tables.materials[material]
    for _ in range(loops):
        for i in range(len(wo)):
            u = get4(inputs, i)
            surface = _somewhere(u)
            wi, weight, pdf, _, _ = sample_material(
                tables, record, surface, get4(wavelengths, i), get4(wo, i), lane(u, 0), lane(u, 1), lane(u, 2)
            )
            total += weight + wi * pdf
    return hsum(total)


@kernel(entry=True)
def draw_lights(tables, points, normal, wavelengths, inputs, loops):
    """A direction towards one of the scene's lights from points (n, 4) of surfaces with the `normal` (4,)."""
    total = splat4(f32(0.0))
    n = get4(normal, 0)
    for _ in range(loops):
        for i in range(len(points)):
            u = get4(inputs, i)
            wi, _, radiance, pdf, _ = sample_light(
                tables, get4(points, i), n, get4(wavelengths, i), lane(u, 0), lane(u, 1), lane(u, 2)
            )
            total += radiance + wi * pdf
    return hsum(total)


@kernel(entry=True)
def look_up_environment(tables, light, wavelengths, directions, loops):
    """Radiance and density of a light at infinity for directions."""
    total = splat4(f32(0.0))
    record = tables.lights[light]
    for _ in range(loops):
        for i in range(len(directions)):
            wi = get4(directions, i)
            radiance, pdf = look_up(tables, record, wi, find_place(tables, record, wi), get4(wavelengths, i))
            total += radiance * pdf
    return hsum(total)


@kernel(entry=True)
def draw_environment(tables, light, wavelengths, inputs, loops):
    """Directions towards a light at infinity, with their radiance and density."""
    total = splat4(f32(0.0))
    record = tables.lights[light]
    for _ in range(loops):
        for i in range(len(inputs)):
            u = get4(inputs, i)
            u = prepare_environment(tables, record, vec4(f32(0.0), lane(u, 0), lane(u, 1), f32(0.0)), AT_ONCE)
            wi, radiance, pdf = sample_environment(tables, record, get4(wavelengths, i), u)
            total += wi * pdf + radiance
    return hsum(total)
