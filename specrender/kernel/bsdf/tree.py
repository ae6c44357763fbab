"""Materials made of materials: blends, masks, two sides and perturbed normals, nested as one likes.

Scenes nest them; here a tree is flat: a list of its leaves (BSDFs of `KINDS`), each with the steps that lead to it from
the root.  A step multiplies the leaf's share of the material or turns the frame of the shading normal.  So nothing
recurses, and no stack is needed: the few steps of a leaf are walked anew for each leaf.  A mask is a blend with `null`.

A BSDF record of kind TREE has the number of its leaves and the place of the first at its offset.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, cross, dot, f32, fmax, fmin, lane, sqrt, vec3
from specrender.kernel.surface import to_local, to_world
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate_gradient, evaluate_raw, evaluate_scalar

#: Kinds of steps.  BLEND_FIRST, BLEND_SECOND: the share is 1 - texture, or texture.
BLEND_FIRST = 0
BLEND_SECOND = 1
#: The leaf is seen from the front only, or from behind only.
FRONT = 2
BACK = 3
#: The normal is a texture, or follows from the slopes of one.
NORMAL_MAP = 4
BUMP_MAP = 5

#: Bits of `flags` of the last two.
FLIP_INVALID = 1  # normals that face away from the view are turned about the shading normal
SHADOWING = 2  # soft shadows near the terminator

TREE_DTYPE = np.dtype([("leaf_count", "i4"), ("first_leaf", "i4")], align=True)
LEAF_DTYPE = np.dtype(
    [
        ("bsdf", "i4"),  # index in tables.bsdfs
        ("is_null", "i4"),
        ("step_count", "i4"),
        ("first_step", "i4"),  # byte offset in tables.bsdf_parameters, as first_leaf is
    ],
    align=True,
)
STEP_DTYPE = np.dtype([("kind", "i4"), ("texture", "i4"), ("flags", "i4"), ("scale", "f4")], align=True)
LEAF_SIZE = LEAF_DTYPE.itemsize
STEP_SIZE = STEP_DTYPE.itemsize


@kernel(forceinline=True)
def leaf_of(tables, offset, i):
    """The i-th leaf of the tree at `offset`."""
    tree = record(tables.bsdf_parameters, offset, TREE_DTYPE)
    return record(tables.bsdf_parameters, tree.first_leaf + i * LEAF_SIZE, LEAF_DTYPE)


@kernel(forceinline=True)
def leaf_count(tables, offset):
    return record(tables.bsdf_parameters, offset, TREE_DTYPE).leaf_count


@kernel
def _mapped_normal(tables, step, surface, wo):
    """Unit normal of a normal or bump map in the frame it perturbs, in which wo is given."""
    if step.kind == NORMAL_MAP:
        n = evaluate_raw(tables, step.texture, surface) * f32(2.0) - f32(1.0)
        x, y, z = lane(n, 0), lane(n, 1), lane(n, 2)
    else:
        du, dv = evaluate_gradient(tables, step.texture, surface)
        du, dv = du * step.scale, dv * step.scale
        # dp/du = (a, 0, du) and dp/dv = (b, c, dv) once they are lifted; their cross product, upwards
        a, b, c = lane(surface.stretch, 0), lane(surface.stretch, 1), lane(surface.stretch, 2)
        x, y, z = -du * c, du * b - a * dv, a * c
        if z < f32(0.0):
            x, y, z = -x, -y, -z
    if step.flags & FLIP_INVALID:
        facing = lane(wo, 0) * x + lane(wo, 1) * y + lane(wo, 2) * z
        if facing * lane(wo, 2) <= f32(0.0):
            x, y = -x, -y
    size_2 = x * x + y * y + z * z
    if not f32(0.0) < size_2 < f32(np.inf):
        return vec3(f32(0.0), f32(0.0), f32(1.0))
    scale = f32(1.0) / sqrt(size_2)
    return vec3(x * scale, y * scale, z * scale)


@kernel
def _shadowing(n, wi):
    """Share of light from wi that bumps with a normal like n let pass: [Estevez2019], as Mitsuba 3."""
    cos_n, cos_i = lane(n, 2), lane(wi, 2)
    tan_n = f32(1.0) / fmax(cos_n * cos_n, f32(1e-12)) - f32(1.0)
    tan_i = f32(1.0) / fmax(cos_i * cos_i, f32(1e-12)) - f32(1.0)
    alpha_2 = fmin(f32(0.125) * tan_n, f32(1.0))
    return f32(2.0) / (f32(1.0) + sqrt(f32(1.0) + alpha_2 * fmax(tan_i, f32(0.0))))


@kernel
def walk(tables, leaf, surface, wo, wi):
    """Follow the steps to a leaf.

    wo, wi : in the frame of the shading normal; wi may be 0 if `factor` is of no interest.

    Returns
    -------
    share : [0, 1], of the leaf in the material, for light towards wo.
    factor : by which the steps change the value for (wo, wi); 0 where the two frames disagree about the side of wi.
    s, t, n : the leaf's frame; right-handed, or left-handed behind a two-sided material.
    """
    share, factor = f32(1.0), f32(1.0)
    s, t, n = vec3(f32(1.0), f32(0.0), f32(0.0)), vec3(f32(0.0), f32(1.0), f32(0.0)), vec3(f32(0.0), f32(0.0), f32(1.0))
    for i in range(leaf.step_count):
        step = record(tables.bsdf_parameters, leaf.first_step + i * STEP_SIZE, STEP_DTYPE)
        if step.kind <= BLEND_SECOND:
            weight = clamp(evaluate_scalar(tables, step.texture, surface), f32(0.0), f32(1.0))
            share *= weight if step.kind == BLEND_SECOND else f32(1.0) - weight
        elif step.kind <= BACK:
            cos_o = dot(n, wo)
            if step.kind == BACK:
                n = -n
                cos_o = -cos_o
            if cos_o <= f32(0.0):
                share = f32(0.0)
        else:
            wo_here, wi_here = to_local(s, t, n, wo), to_local(s, t, n, wi)
            m = _mapped_normal(tables, step, surface, wo_here)
            if lane(wi_here, 2) * dot(m, wi_here) <= f32(0.0):
                factor = f32(0.0)
            if step.flags & SHADOWING:
                factor *= _shadowing(m, wi_here)
            along = vec3(f32(1.0), f32(0.0), f32(0.0)) - m * lane(m, 0)
            size_2 = dot(along, along)
            if size_2 > f32(1e-12):
                along = along * (f32(1.0) / sqrt(size_2))
            else:
                along = vec3(f32(0.0), f32(1.0), f32(0.0))
            across = cross(m, along)
            s, t, n = to_world(s, t, n, along), to_world(s, t, n, across), to_world(s, t, n, m)
    return share, factor, s, t, n


@kernel
def tree_opacity(tables, offset, surface):
    """Share of light that does not go straight through a tree; leaves behind two-sidedness let nothing through."""
    result = f32(1.0)
    up = vec3(f32(0.0), f32(0.0), f32(1.0))
    for i in range(leaf_count(tables, offset)):
        leaf = leaf_of(tables, offset, i)
        if leaf.is_null:
            share, _, _, _, _ = walk(tables, leaf, surface, up, up)
            result -= share
    return clamp(result, f32(0.0), f32(1.0))
