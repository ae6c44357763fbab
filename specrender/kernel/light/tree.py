"""Choosing one of many lights: a tree over bounds of emitters, after [ConteyEstevez2018], eight children a node.

An emitter is a triangle of a mesh that emits, a whole shape, or a light at a point.  Each has a sphere, a cone that
holds the normals of what shines, a quarter of a turn from which it shines no more, and a strength: its peak radiant
intensity.  At each node one child is chosen with probability proportional to a guess of the irradiance that it causes
at the surface point.  How likely an emitter that a ray has met was to be chosen is found on the way from its leaf to
the root, by the same arithmetic.  `build.py` makes the tree.

Deviations from the paper: spheres instead of boxes, with the extent along the axis, which keeps planes from shining
backwards; sums of cosines and sines where it subtracts angles, which are no smaller and need one root; and nothing for
what is behind a surface that sends no light through.
"""

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import ONE_MINUS_EPSILON
from specrender.kernel.simd import I32, f32, f32x8, fmax, fmin, lane, lowest_bit, mask_bits, select, sqrt
from specrender.kernel.tables import load8

#: Children of a node.
WIDTH = 8
#: Groups of eight float32 of a node in tables.light_nodes: one value a child.  theta_o is half the angle of the cone of
#: normals, less a right angle for what shines less far than that (then SIN_O is 0); REACH is how far before the centre,
#: in any of the directions of the cone, something shines: 0 for what lies in a plane, the radius at most.
CENTER_X, CENTER_Y, CENTER_Z, RADIUS, INV_RADIUS2, AXIS_X, AXIS_Y, AXIS_Z, COS_O, SIN_O, REACH, STRENGTH = range(12)
NODE_GROUPS = 12
#: int32 of a node in tables.light_links: children (>= 0 a node, < 0 the complement of an emitter), parent, its lane.
NODE_LINKS = 16
PARENT = 8
PARENT_LANE = 9

EMITTER = np.dtype(
    [
        ("light", "i4"),
        ("triangle", "i4"),  # of the light's mesh, or -1: the whole light
        ("node", "i4"),  # whose child it is, or -1: it emits nothing
        ("lane", "i4"),
        # with what follows a flat piece is sampled without a look at its light and shape
        ("corners", "i4"),  # load4 index in tables.values, see `flat.py`; -1: not flat, or not of one radiance
        ("is_parallelogram", "i4"),  # or a triangle
        ("color", "i4"),  # texture id and factor of its radiance
        ("scale", "f4"),
    ],
    align=True,
)

#: Least share of a full cosine that a child counts with: bounds are not exact, and tiny probabilities give fireflies.
LEAST_COSINE = f32(0.02)

#: What the size of a child adds to its cosines at the centre, in units of the sine of half the angle under which it is
#: seen.  At 1 they are bounds; at 0.5 the variance of 10,000 lights on a ceiling is 10 % lower.
SIZE_SHARE = f32(0.5)

#: The least that a child counts with whose middle is behind the surface, in units of how far it rises above it.
RISING_SHARE = f32(0.25)


@intrinsic
def _running_sums(typingctx, vector):
    """Lane i: the sum of lanes 0 .. i, in three additions."""

    def codegen(context, builder, sig, args):
        value = args[0]
        zero = ir.Constant(value.type, [0.0] * WIDTH)
        for step in (1, 2, 4):
            moved = ir.Constant(ir.VectorType(I32, WIDTH), [i - step if i >= step else WIDTH for i in range(WIDTH)])
            value = builder.fadd(value, builder.shuffle_vector(value, zero, moved))
        return value

    return f32x8(f32x8), codegen


@kernel(forceinline=True)
def _importance(tables, node, p, n):
    """Guess (f32x8) of the irradiance from each child at the point p; n as in `sample_emitter`.

    After [ConteyEstevez2018] eq. 3; the strength stands for power over solid angle.
    """
    nodes, base = tables.light_nodes, NODE_GROUPS * node
    dx = lane(p, 0) - load8(nodes, base + CENTER_X)
    dy = lane(p, 1) - load8(nodes, base + CENTER_Y)
    dz = lane(p, 2) - load8(nodes, base + CENTER_Z)
    distance2 = fmax(dx * dx + dy * dy + dz * dz, f32(1e-30))
    # all cosines and sines below are times the distance, so that roots and quotients do not wait for each other
    distance, inverse2 = sqrt(distance2), f32(1.0) / distance2
    # the radius is the sine of b, half the angle under which the sphere is seen
    radius = load8(nodes, base + RADIUS)
    # w: from the axis to the direction of p; x: the same from the nearest normal, at least
    cos_w = load8(nodes, base + AXIS_X) * dx + load8(nodes, base + AXIS_Y) * dy + load8(nodes, base + AXIS_Z) * dz
    cos_x = cos_w * load8(nodes, base + COS_O) + distance * load8(nodes, base + SIN_O)
    reach = load8(nodes, base + REACH)
    # the same at the surface, behind it, too, where light from there counts
    cos_i = -(lane(n, 0) * dx + lane(n, 1) * dy + lane(n, 2) * dz)
    cos_i = fmax(cos_i, cos_i * (f32(1.0) - f32(2.0) * lane(n, 3)))
    least = LEAST_COSINE * distance
    # no nearer than the rim of the sphere
    guess = load8(nodes, base + STRENGTH) * fmin(inverse2, load8(nodes, base + INV_RADIUS2)) * inverse2
    # where most of the sphere is behind the surface, by how far it still rises above it
    shining = cos_x + SIZE_SHARE * reach
    arriving = fmax(cos_i + SIZE_SHARE * radius, RISING_SHARE * (cos_i + radius))
    guess *= fmin(fmax(shining, least), distance) * fmin(fmax(arriving, least), distance)
    # some normal is less than a right angle from the direction of p seen from somewhere, and some of it is above p
    guess = select(cos_x + reach > f32(0.0), guess, f32(0.0))
    return select(cos_i + radius >= f32(0.0), guess, f32(0.0))


@kernel
def sample_emitter(tables, p, n, u):
    """(emitter, probability) for a point; probability 0 where no light of the tree can shine.

    n : unit normal on the side where light counts, lane 3 = 1: on both sides (zero: no surface).
    """
    links = tables.light_links
    node, probability = np.int64(0), f32(1.0)
    while True:
        sums = _running_sums(_importance(tables, node, p, n))
        total = lane(sums, WIDTH - 1)
        rest = u * total
        if not rest < total:  # nothing shines here
            return np.int32(0), f32(0.0)
        chosen = np.int64(lowest_bit(mask_bits(sums > rest)))
        low = lane(sums, chosen - 1) if chosen > 0 else f32(0.0)
        share = lane(sums, chosen) - low
        u = fmin((rest - low) / share, ONE_MINUS_EPSILON)
        probability *= share / total
        link = links[NODE_LINKS * node + chosen]
        if link < 0:
            return ~link, probability
        node = np.int64(link)


@kernel
def emitter_probability(tables, p, n, index):
    """The probability with which `sample_emitter` chooses an emitter for p and n."""
    emitter = tables.emitters[index]
    links = tables.light_links
    node, child = np.int64(emitter.node), np.int64(emitter.lane)
    probability = f32(1.0) if node >= 0 else f32(0.0)
    while node >= 0:
        sums = _running_sums(_importance(tables, node, p, n))
        low = lane(sums, child - 1) if child > 0 else f32(0.0)
        total = lane(sums, WIDTH - 1)
        if not total > f32(0.0):
            return f32(0.0)
        probability *= (lane(sums, child) - low) / total
        child = np.int64(links[NODE_LINKS * node + PARENT_LANE])
        node = np.int64(links[NODE_LINKS * node + PARENT])
    return probability
