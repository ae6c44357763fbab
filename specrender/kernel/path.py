"""path: unidirectional path tracing with next-event estimation, MIS and Russian roulette.

A path carries four wavelengths.  Specular refraction that depends on wavelength ends lanes 1-3: the BSDF's weight is 0
there and four times larger in lane 0, so the mean over the lanes stays unbiased.
"""

import numpy as np

from specrender.kernel.bsdf.kinds import DELTA, DISPERSED, NULL, TRANSMISSION
from specrender.kernel.bsdf.material import evaluate_material, sample_material
from specrender.kernel.features import has_many_lights, has_options
from specrender.kernel.jit import kernel
from specrender.kernel.light import (
    CELL,
    GUIDES,
    SHARES,
    choose_light,
    choose_two_lights,
    emitted,
    environment_light,
    environment_place,
    no_place,
    pdf_light,
    prepare_light,
    sample_chosen,
)
from specrender.kernel.light.layout import EMITTER_BYTES
from specrender.kernel.sampler import sample_pair
from specrender.kernel.settings import SPECTRAL
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import any_lane, dot, f32, fmax, fmin, hmax, lane, splat4, vec4, with_lane
from specrender.kernel.surface import Surface, to_local, to_world
from specrender.kernel.tables import prefetch
from specrender.kernel.visibility import ShadowRay, leave, light_hit, shadow_ray, transmittance

#: Dimension groups of a sample: film position, wavelengths and lobe of the first BSDF; lens; then two groups a bounce.
#: (Negative ones are those of `outline.py`.)
FILM_DIMENSION = 0  # and the one after it, of the lens
FIRST_BOUNCE_DIMENSION = 2

#: So many surfaces of a path, from the first on, show in their mirrors what lamps and environment there are.  On
#: matpreview squared error times time is 0.87 of what it is without for one surface, 0.73 for two and 0.71 for all, at
#: 0.97, 0.91 and 0.87 of the speed.  Deep within glass the ray would nearly always meet glass.
MIRRORS = 2

#: A path without a depth limit is cut here and counted; Russian roulette ends it long before.
LONGEST_PATH = 4096


@kernel(forceinline=True)
def power_heuristic(a, b):
    """Weight of the technique with density a against one with density b, exponent 2.  Source: [Veach1995] eq. 9."""
    # of the ratio: squares of densities leave the range of float32 (grazing lights, dark corners of an envmap)
    ratio = b / a
    return f32(1.0) / (f32(1.0) + ratio * ratio)


@kernel(forceinline=True)
def clamped(settings, light, is_indirect):
    """A contribution to a path, scaled down so that no lane exceeds `clamp_indirect` if it is indirect light.

    Direct light (seen, or met at the first surface by either technique) never changes.  Biased; off unless asked for.
    """
    limit = settings.clamp_indirect
    if has_options() and is_indirect and limit > f32(0.0):
        largest = hmax(light)
        if largest > limit:
            return light * (limit / largest)
    return light


@kernel(forceinline=True)
def light_at_surface(tables, hit, wo, wavelengths, origin, normal, pdf_bsdf, is_delta):
    """Emission of an area light that a sampled direction met, weighted against having sampled the light.

    origin, normal : where the direction was sampled (null surfaces in between do not matter), and `seeing_side` there.
    """
    light = tables.lights[tables.shapes[hit.shape].light]
    radiance = emitted(tables, light, hit.normal, hit.uv, hit.primitive, wo, wavelengths)
    if is_delta or not any_lane(radiance > f32(0.0)):
        return radiance
    return radiance * power_heuristic(pdf_bsdf, pdf_light(tables, hit, origin, normal, -wo))


@kernel(forceinline=True)
def light_from_environment(tables, direction, place, wavelengths, pdf_bsdf, is_delta):
    """The same for a direction that left the scene; place : of `environment_place`."""
    radiance, pdf = environment_light(tables, direction, place, wavelengths)
    if is_delta:
        return radiance
    return radiance * power_heuristic(pdf_bsdf, pdf)


@kernel(forceinline=True)
def seeing_side(tables, hit, material, wo):
    """The normal by which the tree of lights chooses: on the side of wo; lane 3 = 1 if light from behind counts."""
    if not has_many_lights():
        return hit.n
    is_behind = lane(wo, 2) < f32(0.0)
    bsdf = tables.bsdfs[material.back if is_behind and material.back >= 0 else material.front]
    return with_lane(-hit.n if is_behind else hit.n, 3, f32(1.0) if bsdf.sees_behind else f32(0.0))


@kernel(forceinline=True)
def unshadowed_light(tables, hit, material, wavelengths, wo, bsdf_share, light_share, choice, u):
    """One sample of a light at a surface: value times radiance over density, weighted against sampling the BSDF.

    Returns that and the shadow ray, which is still to be cast unless the light is 0.

    bsdf_share, light_share : numbers of samples of each technique.
    choice : of `choose_light` by lane 0 of the random numbers, or by what it was made into.
    u : those of `prepare_light`.
    """
    wi, distance, radiance, pdf, is_delta = sample_chosen(tables, choice, hit.p, wavelengths, u)
    ray = shadow_ray(tables, hit, wi, distance)
    if pdf <= f32(0.0) or not any_lane(radiance > f32(0.0)):
        return splat4(f32(0.0)), ray
    surface = Surface(hit.uv, hit.primitive, hit.stretch)
    wi_local = to_local(hit.s, hit.t, hit.n, wi)
    value, pdf_bsdf = evaluate_material(tables, material, surface, wavelengths, wo, wi_local)
    light = value * radiance * (f32(1.0) / pdf)
    if is_delta:
        return light, ray
    return light * power_heuristic(pdf * light_share, pdf_bsdf * bsdf_share), ray


@kernel
def _light_of_pairs(tables, hit, seen, material, wavelengths, wo, u, crossings):
    """The mean of `light_pairs` times two light samples at a surface with their shadows; `u` holds three numbers.

    Each pair is chosen by its own part of the range of the first number, so that all are evenly spread over the lights.
    """
    pairs = tables.settings[0].light_pairs
    light_share = f32(2 * pairs)
    total = splat4(f32(0.0))
    for i in range(pairs):
        choice, other = choose_two_lights(tables, hit.p, seen, (lane(u, 0) + f32(i)) / f32(pairs))
        # its record arrives while the first one is at work
        prefetch(tables.emitters, EMITTER_BYTES * other[0])
        for _ in range(2):
            light, ray = unshadowed_light(tables, hit, material, wavelengths, wo, f32(1.0), light_share, choice, u)
            if any_lane(light > f32(0.0)):
                total += light * transmittance(tables, ray, crossings)
            choice = other
    return total * (f32(1.0) / light_share)


@kernel(forceinline=True)
def has_mirror(tables, material, wo):
    """Whether the side of a material that is seen reflects like a mirror beside what else it does."""
    is_behind = material.back >= 0 and lane(wo, 2) < f32(0.0)
    return tables.bsdfs[material.back if is_behind else material.front].has_mirror != 0


@kernel(forceinline=True)
def _is_mirrored(flags):
    """Whether an event is that of a mirror."""
    return flags & DELTA != 0 and flags & (NULL | TRANSMISSION) == 0


@kernel
def _mirrored_light(tables, hit, material, surface, wavelengths, wo):
    """What the mirror of a surface shows of lamps and environment, as far as they are the first thing that it shows.

    By chance a gloss is met by few of the samples, each of which counts much: the reflection of a window in a ball.
    """
    nothing = splat4(f32(0.0))
    wi, weight, pdf, _, flags = sample_material(
        tables, material, surface, wavelengths, wo, f32(0.0), f32(0.5), f32(0.5)
    )
    weight *= pdf
    if not _is_mirrored(flags) or not any_lane(weight > nothing):
        return nothing
    direction = to_world(hit.s, hit.t, hit.n, wi)
    if not dot(direction, direction) < f32(np.inf):
        # such a ray meets nothing
        return nothing
    origin = leave(tables, hit, direction)
    t, u, v, primitive, item = light_hit(tables, origin, direction, f32(np.inf), True)
    if t == f32(0.0):
        return nothing
    if not t < f32(np.inf):
        if tables.settings[0].environment < 0:
            return nothing
        place = environment_place(tables, direction)
        return weight * light_from_environment(tables, direction, place, wavelengths, f32(0.0), True)
    shown = surface_hit(tables, origin, direction, t, u, v, primitive, item)
    if tables.shapes[shown.shape].light < 0:
        return nothing
    return weight * light_at_surface(tables, shown, -direction, wavelengths, hit.p, hit.n, f32(0.0), True)


@kernel
def trace_path(tables, state, numbers, origin, direction, reach, wavelengths, lamps_apart):
    """Radiance (f32x4) along a camera ray and whether it met anything (1 or 0).

    numbers : `sample_pair` of FIRST_BOUNCE_DIMENSION, the light's prepared as far as SHARES, the lobe's from the film's
        group.
    lamps_apart : a lamp that the camera sees is left out, see `outline.py`.
    """
    settings = tables.settings[0]
    max_depth = settings.max_depth if settings.max_depth >= 0 else LONGEST_PATH
    radiance = splat4(f32(0.0))
    # lane 3 of RGB mode carries nothing
    beta = vec4(f32(1.0), f32(1.0), f32(1.0), f32(1.0) if settings.mode == SPECTRAL else f32(0.0))
    eta = f32(1.0)
    coverage = f32(0.0)
    # where the last direction was really sampled, and how densely
    sampled_at, sampled_normal, pdf_bsdf, is_delta = origin, direction, f32(0.0), True
    hide = has_options() and settings.hide_emitters != 0
    # light at the next surface has been counted already
    is_counted = lamps_apart
    depth = 0
    if max_depth == 0:
        return radiance, coverage
    u_light, u_bsdf = numbers
    while True:
        u_light = prepare_light(tables, u_light, CELL)
        # the camera's ray tells what is covered, too
        is_last = depth > 0 and depth + 1 >= max_depth
        # few of the camera's rays leave, and what they read their neighbours have asked for
        place = environment_place(tables, direction) if depth > 0 else no_place()
        t, u, v, primitive, item = light_hit(tables, origin, direction, reach, is_last)
        if t == f32(0.0):
            break

        # ---------------- the environment
        if not t < reach:
            if not dot(direction, direction) < f32(np.inf):
                # such a ray meets nothing; the tile counts it, and a lookup along it would read anywhere
                return splat4(f32(np.nan)), coverage
            if settings.environment >= 0 and not (hide and depth == 0):
                if not (is_counted and depth > 0):
                    if depth == 0:
                        place = environment_place(tables, direction)
                    light = beta * light_from_environment(tables, direction, place, wavelengths, pdf_bsdf, is_delta)
                    radiance += clamped(settings, light, depth > 1)
                coverage = f32(1.0)
            break
        reach = f32(np.inf)
        hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
        shape = tables.shapes[hit.shape]

        # ---------------- emission
        if shape.light >= 0:
            if hide and depth == 0:
                origin = leave(tables, hit, direction)
                continue
            if not is_counted:
                light = beta * light_at_surface(
                    tables, hit, -direction, wavelengths, sampled_at, sampled_normal, pdf_bsdf, is_delta
                )
                radiance += clamped(settings, light, depth > 1)
        coverage = f32(1.0)
        if depth + 1 >= max_depth:
            break
        material = tables.materials[shape.material]
        surface = Surface(hit.uv, hit.primitive, hit.stretch)
        wo = to_local(hit.s, hit.t, hit.n, -direction)
        seen = seeing_side(tables, hit, material, wo)
        # a bounce ahead: what these will read of the light's tables is asked for step by step, long before
        next_light, next_bsdf = sample_pair(state, FIRST_BOUNCE_DIMENSION + 2 * depth + 2)
        next_light = prepare_light(tables, next_light, GUIDES)

        # ---------------- next-event estimation
        light, ray = splat4(f32(0.0)), ShadowRay(hit.p, direction, f32(0.0))
        # where many lights hang most of the noise is in the shadows that are seen, and more samples there cost little
        light_share = f32(1.0)
        if has_many_lights() and settings.has_light_tree and depth == 0:
            light_share = fmax(f32(2 * settings.light_pairs), f32(1.0))
        if tables.bsdfs[material.front].is_smooth or (material.back >= 0 and tables.bsdfs[material.back].is_smooth):
            if light_share > f32(1.0):
                radiance += beta * _light_of_pairs(
                    tables, hit, seen, material, wavelengths, wo, u_light, max_depth - depth - 2
                )
            else:
                choice = choose_light(tables, hit.p, seen, lane(u_light, 0))
                light, ray = unshadowed_light(
                    tables, hit, material, wavelengths, wo, f32(1.0), f32(1.0), choice, u_light
                )
                light *= beta

        # ---------------- reflections
        is_counted = depth < MIRRORS and has_mirror(tables, material, wo)
        if is_counted:
            shown = beta * _mirrored_light(tables, hit, material, surface, wavelengths, wo)
            radiance += clamped(settings, shown, depth > 0)

        # ---------------- the next direction
        wi, weight, pdf, relative_eta, flags = sample_material(
            tables, material, surface, wavelengths, wo, lane(u_bsdf, 0), lane(u_bsdf, 1), lane(u_bsdf, 2)
        )
        next_light = prepare_light(tables, next_light, SHARES)
        # after sampling, which so overlaps with the light's, and of what it needs nothing is kept during the cast
        if any_lane(light > f32(0.0)):
            light *= transmittance(tables, ray, max_depth - depth - 2)
            radiance += clamped(settings, light, depth > 0)
        is_counted = is_counted and _is_mirrored(flags)
        beta *= weight
        if not any_lane(beta > f32(0.0)):
            break
        direction = to_world(hit.s, hit.t, hit.n, wi)
        origin = leave(tables, hit, direction)
        if not flags & NULL:
            # densities enter the heuristic times their numbers of samples; the ratio is what counts
            pdf_bsdf = pdf * (f32(1.0) / light_share)
            sampled_at, sampled_normal, is_delta = hit.p, seen, flags & DELTA != 0
        if flags & DISPERSED:
            # from here on the path is the hero's: later glass sees one wavelength, and nothing is made up for twice
            wavelengths = splat4(lane(wavelengths, 0))
        eta *= relative_eta
        depth += 1

        # ---------------- Russian roulette
        if depth >= settings.rr_depth:
            survival = fmin(hmax(beta) * eta * eta, f32(0.95))
            if lane(u_light, 3) >= survival:
                break
            beta *= f32(1.0) / survival
        u_light, u_bsdf = next_light, next_bsdf
    return radiance, coverage
