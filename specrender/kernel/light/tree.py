"""Choosing one of many lights: a tree over bounds of emitters, after [ConteyEstevez2018], 8 to 64 children a node.

An emitter is a triangle of a mesh that emits, a whole shape, or a light at a point.  Each has a sphere, a cone that
holds the normals of what shines, a quarter of a turn from which it shines no more, and a strength: its peak radiant
intensity.  At each node one child is chosen with probability proportional to a guess of the irradiance that it causes
at the surface point.  How likely an emitter that a ray has met was to be chosen is found on the way from its leaf to
the root, by the same arithmetic.  `build.py` makes the tree.

The root has up to 64 children, in groups of eight.  Guesses about large clusters near by are what is worst about such
trees, and eight groups, which do not wait for each other, take hardly longer than two levels, which do.  Up to 64
emitters are all children of the root, up to `build.MOST_LEAVES` all children of any other node.

Deviations from the paper: spheres instead of boxes, with the extent along the axis, which keeps planes from shining
backwards; sums of cosines and sines where it subtracts angles, which are no smaller and need one root; and nothing for
what is behind a surface that sends no light through.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

from specrender.kernel.accel.simd8 import int_at
from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import ONE_MINUS_EPSILON
from specrender.kernel.simd import (
    F32,
    I32,
    I64,
    f32,
    f32x8,
    lane,
    larger,
    lowest_bit,
    mask_bits,
    select,
    smaller,
    splat8,
    sqrt,
)
from specrender.kernel.tables import load8

#: Children of a group, and most groups of a node.
WIDTH = 8
NODE_GROUPS = 8
#: Rows of eight values of a group in tables.light_nodes: one value a child.  theta_o is half the angle of the cone of
#: normals, less a right angle for what shines less far than that (then SIN_O is 0); REACH is how far before the centre,
#: in any of the directions of the cone, something shines: 0 for what lies in a plane, the radius at most.  LINK is an
#: int32: >= 0 a node, NODE_GROUPS times its first group plus the number of those that follow, < 0 the complement of an
#: emitter.
CENTER_X, CENTER_Y, CENTER_Z, RADIUS, AXIS_X, AXIS_Y, AXIS_Z, COS_O, SIN_O, REACH, STRENGTH, LINK = range(12)
GROUP_ROWS = 12
GROUP_BYTES = 4 * WIDTH * GROUP_ROWS
LINK_BYTE = 4 * WIDTH * LINK
#: A slot is WIDTH times a group plus the lane of a child.  tables.light_parents has for each group the slot whose child
#: its node is (-1: the root), and an emitter has its own.  Child k of a node is in group k % groups, lane k // groups:
#: the lanes, one after the other from group to group, keep its children in order.

#: Least share of a full cosine that a child counts with: bounds are not exact, and tiny probabilities give fireflies.
LEAST_COSINE = f32(0.01)

#: What the size of a child adds to its cosines at the centre, in units of the sine of half the angle under which it is
#: seen.  At 1 they are bounds; at 0.3 the variance of choosing among 10,000 lights on a ceiling, shadows apart, is 0.3
#: times what it is at 0.5 on the floor below them, and 0.6 times on walls.
SIZE_SHARE = f32(0.3)

#: The least that a child counts with whose middle is behind the surface, in units of how far it rises above it.
RISING_SHARE = f32(0.15)


# ---------------------------------------------------------------- sums


@intrinsic
def _running_sums(typingctx, vector):
    """Lane i: the sum of lanes 0 .. i, in three additions; only the last one crosses the middle, which takes longer."""

    def codegen(context, builder, sig, args):
        value = args[0]
        zero = ir.Constant(value.type, [0.0] * WIDTH)
        for moved in ([8, 0, 1, 2, 8, 4, 5, 6], [8, 8, 0, 1, 8, 8, 4, 5], [8, 8, 8, 8, 3, 3, 3, 3]):
            moved = builder.shuffle_vector(value, zero, ir.Constant(ir.VectorType(I32, WIDTH), moved))
            value = builder.fadd(value, moved)
        return value

    return f32x8(f32x8), codegen


class RowsType(types.Type):
    """NODE_GROUPS rows of WIDTH float32 in the frame of the calling function."""

    def __init__(self):
        super().__init__(name="light_rows")


@register_model(RowsType)
class _RowsModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, F32.as_pointer())


_rows_type = RowsType()


@intrinsic
def _new_rows(typingctx):
    """Rows of nothing in particular."""

    def codegen(context, builder, sig, args):
        with builder.goto_entry_block():
            room = builder.alloca(ir.ArrayType(F32, NODE_GROUPS * WIDTH))
        room.align = 4 * WIDTH
        return builder.bitcast(room, F32.as_pointer())

    return _rows_type(), codegen


@intrinsic
def _put_row(typingctx, rows, index, vector):
    """Write row `index`."""

    def codegen(context, builder, sig, args):
        rows, index, vector = args
        address = builder.gep(rows, [builder.mul(index, I64(WIDTH))])
        builder.store(vector, builder.bitcast(address, vector.type.as_pointer())).align = 4 * WIDTH
        return context.get_dummy_value()

    return types.void(rows, types.int64, f32x8), codegen


@intrinsic
def _in_rows(typingctx, rows, index):
    """Value `index`, WIDTH a row."""

    def codegen(context, builder, sig, args):
        return builder.load(builder.gep(args[0], [args[1]]))

    return types.float32(rows, types.int64), codegen


# ---------------------------------------------------------------- the tree


@kernel(forceinline=True)
def _importance(tables, group, p, n):
    """Guess (f32x8) of the irradiance from each child at the point p; n as in `sample_emitter`.

    After [ConteyEstevez2018] eq. 3; the strength stands for power over solid angle.
    """
    nodes, base = tables.light_nodes, GROUP_ROWS * group
    dx = lane(p, 0) - load8(nodes, base + CENTER_X)
    dy = lane(p, 1) - load8(nodes, base + CENTER_Y)
    dz = lane(p, 2) - load8(nodes, base + CENTER_Z)
    distance2 = larger(dx * dx + dy * dy + dz * dz, f32(1e-30))
    # all cosines and sines below are times the distance, so that root and quotient do not wait for each other
    distance = sqrt(distance2)
    # the radius is the sine of b, half the angle under which the sphere is seen
    radius = load8(nodes, base + RADIUS)
    # no nearer than the rim of the sphere
    guess = load8(nodes, base + STRENGTH) / (larger(distance2, radius * radius) * distance2)
    # w: from the axis to the direction of p; x: the same from the nearest normal, at least
    cos_w = load8(nodes, base + AXIS_X) * dx + load8(nodes, base + AXIS_Y) * dy + load8(nodes, base + AXIS_Z) * dz
    cos_x = cos_w * load8(nodes, base + COS_O) + distance * load8(nodes, base + SIN_O)
    reach = load8(nodes, base + REACH)
    # the same at the surface, behind it, too, where light from there counts
    cos_i = -(lane(n, 0) * dx + lane(n, 1) * dy + lane(n, 2) * dz)
    cos_i = larger(cos_i, cos_i * (f32(1.0) - f32(2.0) * lane(n, 3)))
    least = LEAST_COSINE * distance
    # where most of the sphere is behind the surface, by how far it still rises above it
    shining = cos_x + SIZE_SHARE * reach
    arriving = larger(cos_i + SIZE_SHARE * radius, RISING_SHARE * (cos_i + radius))
    guess *= smaller(larger(shining, least), distance) * smaller(larger(arriving, least), distance)
    # some normal is less than a right angle from the direction of p seen from somewhere, and some of it is above p
    guess = select(cos_x + reach > f32(0.0), guess, f32(0.0))
    return select(cos_i + radius >= f32(0.0), guess, f32(0.0))


@kernel(forceinline=True)
def _before(sums, child):
    """What running sums are before a lane."""
    return lane(sums, child - 1) if child > 0 else f32(0.0)


@kernel(forceinline=True)
def _link(tables, group, child):
    """Where a child of a group leads."""
    return np.int64(int_at(tables.light_nodes, GROUP_BYTES * group + LINK_BYTE + 4 * child))


@kernel(forceinline=True)
def _columns(tables, node, p, n):
    """(rows, their last one): the guesses about a node's children, each group's added to those of the ones before."""
    columns, column = _new_rows(), splat8(f32(0.0))
    first = node // NODE_GROUPS
    for i in range(node % NODE_GROUPS + 1):
        column += _importance(tables, first + i, p, n)
        _put_row(columns, i, column)
    return columns, column


@kernel(forceinline=True)
def _choose(tables, node, columns, sums, u, probability):
    """(link, rest of u, probability) of a child of a node that was reached with that probability.

    sums : running sums of the last row of `columns`.
    """
    total = lane(sums, WIDTH - 1)
    rest = u * total
    if not rest < total:  # nothing shines here
        return np.int64(-1), u, f32(0.0)
    # first a lane, by its sum over the groups, then one of the groups in it
    child = lowest_bit(mask_bits(sums > rest))
    rest -= _before(sums, child)
    i = np.int64(0)
    for row in range(node % NODE_GROUPS):
        i += np.int64(not _in_rows(columns, WIDTH * row + child) > rest)
    low = _in_rows(columns, WIDTH * (i - 1) + child) if i > 0 else f32(0.0)
    share = _in_rows(columns, WIDTH * i + child) - low
    link = _link(tables, node // NODE_GROUPS + i, child)
    return link, smaller((rest - low) / share, ONE_MINUS_EPSILON), probability * (share / total)


@kernel(forceinline=True)
def _step(tables, p, n, node, u, probability):
    """`_choose` with the guesses that it takes."""
    columns, column = _columns(tables, node, p, n)
    return _choose(tables, node, columns, _running_sums(column), u, probability)


@kernel(forceinline=True)
def _root(tables):
    """The link to the root."""
    return np.int64(tables.settings[0].root_groups) - 1


@kernel
def sample_emitter(tables, p, n, u):
    """(emitter, probability) for a point; probability 0 where no light of the tree can shine.

    n : unit normal on the side where light counts, lane 3 = 1: on both sides (zero: no surface).
    """
    link, probability = _root(tables), f32(1.0)
    while link >= 0:
        link, u, probability = _step(tables, p, n, link, u, probability)
    return ~link, probability


@kernel
def sample_two_emitters(tables, p, n, u, v):
    """(emitter, probability, emitter, probability) for two random numbers, as `sample_emitter` chooses.

    The root is read once, and then one walk goes on while the other waits for its sums.
    """
    root = _root(tables)
    columns, column = _columns(tables, root, p, n)
    sums = _running_sums(column)
    first, u, p_first = _choose(tables, root, columns, sums, u, f32(1.0))
    second, v, p_second = _choose(tables, root, columns, sums, v, f32(1.0))
    while first >= 0 or second >= 0:
        if first >= 0:
            first, u, p_first = _step(tables, p, n, first, u, p_first)
        if second >= 0:
            second, v, p_second = _step(tables, p, n, second, v, p_second)
    return ~first, p_first, ~second, p_second


@kernel
def emitter_probability(tables, p, n, index):
    """The probability with which `sample_emitter` chooses an emitter for p and n."""
    slot = np.int64(tables.emitters[index].slot)
    probability = f32(1.0) if slot >= 0 else f32(0.0)
    while slot >= 0 and probability > f32(0.0):
        group, child = slot // WIDTH, slot % WIDTH
        slot = np.int64(tables.light_parents[group])
        node = _link(tables, slot // WIDTH, slot % WIDTH) if slot >= 0 else _root(tables)
        columns, column = _columns(tables, node, p, n)
        total = lane(_running_sums(column), WIDTH - 1)
        i = group - node // NODE_GROUPS
        low = _in_rows(columns, WIDTH * (i - 1) + child) if i > 0 else f32(0.0)
        share = _in_rows(columns, WIDTH * i + child) - low
        probability = probability * (share / total) if total > f32(0.0) else f32(0.0)
    return probability
