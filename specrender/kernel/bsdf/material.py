"""Materials: a BSDF for each side and an opacity, which `twosided` and `mask` of scene files become."""

import numpy as np

from specrender.kernel.bsdf import dispatch_evaluate, dispatch_sample
from specrender.kernel.bsdf.kinds import DELTA, NULL, TRANSMISSION
from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, fmin, lane, splat4, vec3
from specrender.kernel.texture import evaluate_scalar

ONE_MINUS_EPSILON = f32(1.0 - 2.0**-24)


@kernel(forceinline=True)
def _flip_z(w):
    return w * vec3(f32(1.0), f32(1.0), f32(-1.0))


@kernel(forceinline=True)
def opacity(tables, material, surface):
    """Share of the light that meets the BSDF; the rest goes straight through."""
    if material.opacity < 0:
        return f32(0.0) if material.is_null else f32(1.0)
    return clamp(evaluate_scalar(tables, material.opacity, surface), f32(0.0), f32(1.0))


@kernel(forceinline=True)
def evaluate_material(tables, material, surface, wavelengths, wo, wi):
    """(value times |cos|, pdf) as a BSDF's `evaluate`, through two-sidedness and mask."""
    index = material.front
    if material.back >= 0 and lane(wo, 2) < f32(0.0):
        index = material.back
        wo, wi = _flip_z(wo), _flip_z(wi)
    bsdf = tables.bsdfs[index]
    value, pdf = dispatch_evaluate(bsdf.kind, (tables, bsdf.offset, surface, wavelengths, wo, wi))
    if material.opacity >= 0:
        covered = opacity(tables, material, surface)
        value, pdf = value * covered, pdf * covered
    return value, pdf


@kernel(forceinline=True)
def sample_material(tables, material, surface, wavelengths, wo, u_lobe, u1, u2):
    """(wi, weight, pdf, eta, flags) as a BSDF's `sample`, through two-sidedness and mask."""
    covered = opacity(tables, material, surface)
    if u_lobe >= covered:
        through = np.int32(DELTA | NULL | TRANSMISSION)
        return -wo, splat4(f32(1.0)), f32(1.0) - covered, f32(1.0), through
    u_lobe = fmin(u_lobe / covered, ONE_MINUS_EPSILON)
    index = material.front
    flip = material.back >= 0 and lane(wo, 2) < f32(0.0)
    if flip:
        index = material.back
        wo = _flip_z(wo)
    bsdf = tables.bsdfs[index]
    wi, weight, pdf, eta, flags = dispatch_sample(
        bsdf.kind, (tables, bsdf.offset, surface, wavelengths, wo, u_lobe, u1, u2)
    )
    if flip:
        wi = _flip_z(wi)
    return wi, weight, pdf * covered, eta, flags
