"""Materials: a BSDF for each side and an opacity, which `twosided` and `mask` of scene files become.

A BSDF of kind TREE is made of others: see `bsdf.tree`.
"""

import numpy as np

from specrender.kernel.bsdf import KINDS, call_evaluate, call_sample, dispatch_evaluate, dispatch_sample
from specrender.kernel.bsdf.kinds import DELTA, NULL, TRANSMISSION
from specrender.kernel.bsdf.parameters import LEAST_PDF
from specrender.kernel.bsdf.tree import leaf_count, leaf_of, tree_opacity, walk
from specrender.kernel.features import has_masks, has_trees
from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, fmin, lane, splat4, vec3
from specrender.kernel.surface import to_local, to_world
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.texture import evaluate_scalar

ONE_MINUS_EPSILON = f32(1.0 - 2.0**-24)

#: Tag of a BSDF record that is a tree; leaves have lower ones.
TREE = len(KINDS)


@kernel(forceinline=True)
def _flip_z(w):
    return w * vec3(f32(1.0), f32(1.0), f32(-1.0))


@kernel(forceinline=True)
def _coverage(tables, material, surface):
    """The opacity of a mask around a material that has one."""
    return clamp(evaluate_scalar(tables, material.opacity, surface), f32(0.0), f32(1.0))


@kernel(forceinline=True)
def opacity(tables, material, surface):
    """Share of the light that does not go straight through."""
    if not material.is_null:
        return f32(1.0)
    covered = f32(1.0)
    if has_masks() and material.opacity >= 0:
        covered = _coverage(tables, material, surface)
    return covered * _bsdf_opacity(tables, material.front, surface)


@kernel
def _bsdf_opacity(tables, index, surface):
    bsdf = tables.bsdfs[index]
    if bsdf.kind == TREE:
        return tree_opacity(tables, bsdf.offset, surface)
    return f32(0.0) if bsdf.is_null else f32(1.0)


# ---------------------------------------------------------------- trees


@kernel
def _evaluate_tree(tables, offset, surface, wavelengths, wo, wi):
    """(value times |cos|, pdf): the leaves' by their shares."""
    value, pdf = splat4(f32(0.0)), f32(0.0)
    for i in range(leaf_count(tables, offset)):
        leaf = leaf_of(tables, offset, i)
        share, factor, s, t, n = walk(tables, leaf, surface, wo, wi)
        if share * factor > f32(0.0):
            bsdf = tables.bsdfs[leaf.bsdf]
            part, density = call_evaluate(
                bsdf.kind,
                (tables, bsdf.offset, surface, wavelengths, to_local(s, t, n, wo), to_local(s, t, n, wi)),
            )
            value += part * (share * factor)
            pdf += density * share
    return value, pdf


@kernel
def _choose_leaf(tables, offset, surface, wo, u):
    """(index, share, u made uniform again): a leaf with probability equal to its share, which add up to 1."""
    chosen, chosen_share, rest, passed = 0, f32(0.0), u, f32(0.0)
    for i in range(leaf_count(tables, offset)):
        share, _, _, _, _ = walk(tables, leaf_of(tables, offset, i), surface, wo, wo)
        if share > f32(0.0):
            # the last leaf with a share stays chosen where rounding leaves u beyond it
            chosen, chosen_share, rest = i, share, u - passed
            passed += share
            if u < passed:
                break
    return chosen, chosen_share, clamp(rest / chosen_share, f32(0.0), ONE_MINUS_EPSILON)


@kernel
def _sample_tree(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    """As a BSDF's `sample`: one leaf is sampled; weight and density are those of all leaves unless it is a delta."""
    chosen, share, u_lobe = _choose_leaf(tables, offset, surface, wo, u_lobe)
    leaf = leaf_of(tables, offset, chosen)
    _, _, s, t, n = walk(tables, leaf, surface, wo, wo)
    bsdf = tables.bsdfs[leaf.bsdf]
    wi, weight, pdf, eta, flags = call_sample(
        bsdf.kind, (tables, bsdf.offset, surface, wavelengths, to_local(s, t, n, wo), u_lobe, u1, u2)
    )
    nothing = splat4(f32(0.0))
    if pdf <= f32(0.0) or share <= f32(0.0):
        return wi, nothing, f32(0.0), eta, flags
    wi = to_world(s, t, n, wi)
    if flags & DELTA or share > f32(1.0 - 1e-6):
        if flags & NULL:
            return wi, weight, pdf * share, eta, flags
        _, factor, _, _, _ = walk(tables, leaf, surface, wo, wi)
        return wi, weight * factor, pdf * share if factor > f32(0.0) else f32(0.0), eta, flags
    value, pdf = _evaluate_tree(tables, offset, surface, wavelengths, wo, wi)
    if pdf <= LEAST_PDF:
        return wi, nothing, f32(0.0), eta, flags
    return wi, value / pdf, pdf, eta, flags


@kernel
def bsdf_albedo(tables, index, surface, wavelengths, cos_o):
    """What the albedo layer shows of a BSDF, seen from the side of cos_o: its base colour, or a mixture of those."""
    bsdf = tables.bsdfs[index]
    if bsdf.kind != TREE:
        return evaluate_texture(tables, bsdf.albedo, surface, wavelengths)
    result, wo = splat4(f32(0.0)), vec3(f32(0.0), f32(0.0), cos_o)
    for i in range(leaf_count(tables, bsdf.offset)):
        leaf = leaf_of(tables, bsdf.offset, i)
        share, _, _, _, _ = walk(tables, leaf, surface, wo, wo)
        if share > f32(0.0):
            result += evaluate_texture(tables, tables.bsdfs[leaf.bsdf].albedo, surface, wavelengths) * share
    return result


# ---------------------------------------------------------------- materials


@kernel(forceinline=True)
def evaluate_material(tables, material, surface, wavelengths, wo, wi):
    """(value times |cos|, pdf) as a BSDF's `evaluate`, through two-sidedness and mask."""
    index = material.front
    if material.back >= 0 and lane(wo, 2) < f32(0.0):
        index = material.back
        wo, wi = _flip_z(wo), _flip_z(wi)
    bsdf = tables.bsdfs[index]
    if has_trees() and bsdf.kind == TREE:
        value, pdf = _evaluate_tree(tables, bsdf.offset, surface, wavelengths, wo, wi)
    else:
        value, pdf = dispatch_evaluate(bsdf.kind, (tables, bsdf.offset, surface, wavelengths, wo, wi))
    if has_masks() and material.opacity >= 0:
        covered = _coverage(tables, material, surface)
        value, pdf = value * covered, pdf * covered
    return value, pdf


@kernel(forceinline=True)
def sample_material(tables, material, surface, wavelengths, wo, u_lobe, u1, u2):
    """(wi, weight, pdf, eta, flags) as a BSDF's `sample`, through two-sidedness and mask."""
    covered = f32(1.0)
    if has_masks() and material.opacity >= 0:
        covered = _coverage(tables, material, surface)
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
    if has_trees() and bsdf.kind == TREE:
        wi, weight, pdf, eta, flags = _sample_tree(tables, bsdf.offset, surface, wavelengths, wo, u_lobe, u1, u2)
    else:
        wi, weight, pdf, eta, flags = dispatch_sample(
            bsdf.kind, (tables, bsdf.offset, surface, wavelengths, wo, u_lobe, u1, u2)
        )
    if flip:
        wi = _flip_z(wi)
    return wi, weight, pdf * covered, eta, flags
