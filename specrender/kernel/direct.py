"""direct: light that comes straight from emitters, with several samples of the lights and of the BSDF at the first hit.

With one of each it estimates what `path` does with max_depth 2.  Delta and null events count as BSDF samples.
"""

import numpy as np

from specrender.kernel.bsdf.kinds import DELTA
from specrender.kernel.bsdf.material import sample_material
from specrender.kernel.jit import kernel
from specrender.kernel.light import AT_ONCE, choose_light, environment_place, prepare_light
from specrender.kernel.path import (
    FIRST_BOUNCE_DIMENSION,
    light_at_surface,
    light_from_environment,
    seeing_side,
    unshadowed_light,
)
from specrender.kernel.rays import closest_hit
from specrender.kernel.sampler import samples
from specrender.kernel.shape.hit import surface_hit
from specrender.kernel.simd import any_lane, dot, f32, lane, splat4
from specrender.kernel.surface import Surface, to_local, to_world
from specrender.kernel.visibility import leave, light_hit, transmittance


@kernel
def trace_direct(tables, state, origin, direction, reach, wavelengths, lamps_apart):
    """Radiance (f32x4) along a camera ray and whether it met anything (1 or 0); `lamps_apart` as for `trace_path`."""
    settings = tables.settings[0]
    radiance = splat4(f32(0.0))
    hide = settings.hide_emitters != 0
    while True:
        t, u, v, primitive, item = closest_hit(tables, origin, direction, reach)
        if not t < reach:
            if settings.environment >= 0 and not hide:
                place = environment_place(tables, direction)
                return light_from_environment(tables, direction, place, wavelengths, f32(0.0), True), f32(1.0)
            return radiance, f32(0.0)
        reach = f32(np.inf)
        hit = surface_hit(tables, origin, direction, t, u, v, primitive, item)
        if tables.shapes[hit.shape].light < 0:
            break
        if not hide:
            if not lamps_apart:
                radiance += light_at_surface(tables, hit, -direction, wavelengths, origin, direction, f32(0.0), True)
            break
        origin = leave(tables, hit, direction)

    material = tables.materials[tables.shapes[hit.shape].material]
    surface = Surface(hit.uv, hit.primitive, hit.stretch)
    wo = to_local(hit.s, hit.t, hit.n, -direction)
    seen = seeing_side(tables, hit, material, wo)
    light_share, bsdf_share = f32(settings.emitter_samples), f32(settings.bsdf_samples)
    dimension = FIRST_BOUNCE_DIMENSION
    if tables.bsdfs[material.front].is_smooth or (material.back >= 0 and tables.bsdfs[material.back].is_smooth):
        for _ in range(settings.emitter_samples):
            u_light = samples(state, dimension)
            dimension += 1
            choice = choose_light(tables, hit.p, seen, lane(u_light, 0))
            u_light = prepare_light(tables, u_light, AT_ONCE)
            light, ray = unshadowed_light(
                tables, hit, material, wavelengths, wo, bsdf_share, light_share, choice, u_light
            )
            if any_lane(light > f32(0.0)):
                radiance += light * transmittance(tables, ray, 0) * (f32(1.0) / light_share)

    for _ in range(settings.bsdf_samples):
        u_bsdf = samples(state, dimension)
        dimension += 1
        wi, weight, pdf, _, flags = sample_material(
            tables, material, surface, wavelengths, wo, lane(u_bsdf, 0), lane(u_bsdf, 1), lane(u_bsdf, 2)
        )
        if not any_lane(weight > f32(0.0)):
            continue
        towards = to_world(hit.s, hit.t, hit.n, wi)
        if not dot(towards, towards) < f32(np.inf):
            return splat4(f32(np.nan)), f32(1.0)
        start = leave(tables, hit, towards)
        is_delta = flags & DELTA != 0
        # densities enter the heuristic times their numbers of samples: the ratio is what counts
        density = pdf * bsdf_share / light_share if light_share > f32(0.0) else pdf
        is_alone = is_delta or settings.emitter_samples == 0
        t, u, v, primitive, item = light_hit(tables, start, towards, f32(np.inf), True)
        if t == f32(0.0):
            continue
        weight *= f32(1.0) / bsdf_share
        if not t < f32(np.inf):
            if settings.environment >= 0:
                place = environment_place(tables, towards)
                radiance += weight * light_from_environment(tables, towards, place, wavelengths, density, is_alone)
            continue
        lit = surface_hit(tables, start, towards, t, u, v, primitive, item)
        if tables.shapes[lit.shape].light >= 0:
            radiance += weight * light_at_surface(tables, lit, -towards, wavelengths, hit.p, seen, density, is_alone)
    return radiance, f32(1.0)
