"""Lights: choosing one and a direction towards it, and what a ray that meets one carries.

A few lights are chosen with equal probability; many by the tree of `tree.py`, with those at infinity beside it.  What
is chosen is an `EMITTER`.
A new kind is a tag in `layout.py`, a file with its sampling beside this one, and an arm in `sample_chosen`.
"""

import numpy as np

from specrender.kernel.features import has_beams, has_many_lights
from specrender.kernel.jit import kernel
from specrender.kernel.light.area import emitted, pdf_area, sample_area, triangle_area
from specrender.kernel.light.beam import sample_beam
from specrender.kernel.light.bounds import may_meet_lamp
from specrender.kernel.light.delta import FAR, sample_delta
from specrender.kernel.light.distribution import ONE_MINUS_EPSILON, sample_discrete
from specrender.kernel.light.environment import (
    AT_ONCE,
    find_place,
    look_up,
    no_place,
    prepare_environment,
    sample_environment,
)
from specrender.kernel.light.flat import sample_flat
from specrender.kernel.light.grid import CELL, GUIDES, SHARES
from specrender.kernel.light.layout import AREA, BEAM, CONSTANT
from specrender.kernel.light.tree import emitter_probability, sample_emitter, sample_two_emitters
from specrender.kernel.simd import f32, fmin, lane, length, splat4, to_int, vec4


@kernel(forceinline=True)
def choose_light(tables, p, n, u):
    """(emitter, probability) for a surface point p, n as in `tree.sample_emitter`; 0: no light."""
    settings = tables.settings[0]
    if settings.light_count == 0:
        return np.int64(0), f32(0.0)
    if has_many_lights() and settings.has_light_tree:
        return _choose_of_many(tables, p, n, u)
    index = np.int64(0)
    if settings.light_count > 1:
        index, _, u = sample_discrete(tables.values, settings.light_cdf, settings.light_count, u)
    # each light is one emitter
    return np.int64(index), settings.inv_choices


@kernel
def _choose_of_many(tables, p, n, u):
    settings = tables.settings[0]
    infinite = settings.light_count - settings.first_infinite
    u *= f32(infinite + 1)
    i = min(to_int(u), infinite)
    if i < infinite:
        return np.int64(tables.lights[settings.first_infinite + i].emitter), settings.inv_choices
    index, probability = sample_emitter(tables, p, n, u - f32(i))
    return index, probability * settings.inv_choices


@kernel
def choose_two_lights(tables, p, n, u):
    """Two of many lights by one random number, as `choose_light` does by each half of it: together evenly spread."""
    settings = tables.settings[0]
    low = f32(0.5) * u
    high = fmin(low + f32(0.5), ONE_MINUS_EPSILON)
    if settings.first_infinite < settings.light_count:
        return _choose_of_many(tables, p, n, low), _choose_of_many(tables, p, n, high)
    first, p_first, second, p_second = sample_two_emitters(tables, p, n, low, high)
    return (first, p_first), (second, p_second)


@kernel(forceinline=True)
def prepare_light(tables, u, step):
    """Random numbers of a light sample after one more step of what no surface point decides: the cell of a lone envmap.

    u : four of them; lane 3 stays what it is.
    step : AT_ONCE, or GUIDES, SHARES and CELL, in this order, see `grid.choose_in_steps`.
    """
    if tables.settings[0].light_count == 1:
        return prepare_environment(tables, tables.lights[0], u, step)
    return u


@kernel(forceinline=True)
def sample_light(tables, p, n, wavelengths, u_choice, u1, u2):
    """One direction towards one light from the surface point p; see `choose_light` and `sample_chosen`."""
    u = prepare_light(tables, vec4(u_choice, u1, u2, f32(0.0)), AT_ONCE)
    return sample_chosen(tables, choose_light(tables, p, n, u_choice), p, wavelengths, u)


@kernel(forceinline=True)
def sample_chosen(tables, choice, p, wavelengths, prepared):
    """One direction towards what `choose_light` chose.

    prepared : random numbers, lanes 1 and 2, of `prepare_light`.

    Returns (wi, distance, radiance, pdf, is_delta); the pdf includes the choice of the light; 0 means no light.
    """
    index, probability = choice
    u1, u2 = lane(prepared, 1), lane(prepared, 2)
    if probability <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0), splat4(f32(0.0)), f32(0.0), False
    emitter = tables.emitters[index]
    if emitter.share > f32(0.0):
        wi, distance, radiance, pdf = sample_flat(tables, emitter, p, wavelengths, u1, u2)
        return wi, distance, radiance, pdf * probability, False
    light = tables.lights[emitter.light]
    if light.kind == AREA:
        wi, distance, radiance, pdf = sample_area(tables, light, emitter.triangle, p, wavelengths, u1, u2)
        return wi, distance, radiance, pdf * probability, False
    if not has_beams() or light.kind >= CONSTANT:
        if tables.settings[0].light_count > 1:
            prepared = prepare_environment(tables, light, prepared, AT_ONCE)
        wi, radiance, pdf = sample_environment(tables, light, wavelengths, prepared)
        return wi, FAR, radiance, pdf * probability, False
    if light.kind == BEAM:
        wi, distance, radiance, pdf = sample_beam(tables, light, p, wavelengths, u1)
        return wi, distance, radiance, pdf * probability, True
    wi, distance, radiance, pdf = sample_delta(tables, light, p, wavelengths)
    return wi, distance, radiance, pdf * probability, True


@kernel(forceinline=True)
def pdf_light(tables, hit, p, n, wi):
    """Density with which `sample_light` at p, n would have given wi, which met an area light at `hit`."""
    shape = tables.shapes[hit.shape]
    light = tables.lights[shape.light]
    distance = length(hit.p - p)
    if not has_many_lights() or not tables.settings[0].has_light_tree:
        return pdf_area(tables, shape, shape.area, p, wi, distance, hit.normal) * light.probability
    index, area = light.emitter, shape.area
    if light.per_triangle:
        i = hit.primitive - shape.first_triangle
        index, area = index + i, triangle_area(tables, shape, i)
    probability = emitter_probability(tables, p, n, index) * tables.settings[0].inv_choices
    return pdf_area(tables, shape, area, p, wi, distance, hit.normal) * probability


@kernel(forceinline=True)
def environment_place(tables, direction):
    """Where the light at infinity has what `environment_light` will read, and a request for that memory.

    For a ray that may leave the scene: its time passes meanwhile, and what is found is kept across the cast.
    """
    environment = tables.settings[0].environment
    return find_place(tables, tables.lights[environment], direction) if environment >= 0 else no_place()


@kernel(forceinline=True)
def environment_light(tables, direction, place, wavelengths):
    """(radiance, pdf) of the light at infinity in a direction that left the scene; the pdf is `sample_light`'s.

    place : `environment_place` of the direction.
    """
    settings = tables.settings[0]
    light = tables.lights[settings.environment]
    radiance, pdf = look_up(tables, light, direction, place, wavelengths)
    return radiance, pdf * light.probability


__all__ = [
    "AT_ONCE",
    "CELL",
    "GUIDES",
    "SHARES",
    "choose_light",
    "choose_two_lights",
    "emitted",
    "environment_light",
    "environment_place",
    "may_meet_lamp",
    "no_place",
    "pdf_light",
    "prepare_light",
    "sample_chosen",
    "sample_light",
]
