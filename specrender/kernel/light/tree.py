"""Choosing one of many lights: a tree over bounds of emitters, as in [ConteyEstevez2018], eight children a node.

An emitter is a triangle of a mesh that emits, a whole shape, or a light at a point.  Each has a box, a cone that holds
the normals (or axes) of what shines, an angle theta_e around those within which it shines, and a strength: its peak
radiant intensity.  At each node one child is chosen with probability proportional to a guess of the irradiance that
it causes at the surface point.  How likely an emitter that a ray has met was to be chosen is found on the way from its
leaf to the root, by the same arithmetic.  `build.py` makes the tree.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import ONE_MINUS_EPSILON
from specrender.kernel.simd import f32, fabs, fmax, fmin, hsum, lane, select, sqrt
from specrender.kernel.tables import load8

#: Children of a node.
WIDTH = 8
#: Groups of eight float32 of a node in tables.light_nodes: one value a child.
CENTER_X, CENTER_Y, CENTER_Z, RADIUS2, AXIS_X, AXIS_Y, AXIS_Z, COS_O, SIN_O, COS_E, STRENGTH, UNUSED = range(12)
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
    ],
    align=True,
)

#: Least share of a full cosine that a child counts with: bounds are not exact, and tiny probabilities give fireflies.
LEAST_COSINE = f32(0.02)


@kernel(forceinline=True)
def _importance(tables, node, p, n):
    """Guess (f32x8) of the irradiance from each child at the point p with unit normal n (zero: no surface).

    Source: [ConteyEstevez2018] eq. 3, with bounding spheres; the strength stands for power over solid angle.
    """
    nodes, base = tables.light_nodes, NODE_GROUPS * node
    dx = lane(p, 0) - load8(nodes, base + CENTER_X)
    dy = lane(p, 1) - load8(nodes, base + CENTER_Y)
    dz = lane(p, 2) - load8(nodes, base + CENTER_Z)
    radius2 = load8(nodes, base + RADIUS2)
    distance2 = dx * dx + dy * dy + dz * dz
    inverse = f32(1.0) / sqrt(fmax(distance2, f32(1e-30)))
    far2 = fmax(fmax(distance2, radius2), f32(1e-30))
    is_outside = distance2 > radius2
    one, zero = f32(1.0), f32(0.0)
    # b: half the angle under which the child is seen; all around from within
    sine2_b = radius2 / far2
    cos_b = select(is_outside, sqrt(fmax(one - sine2_b, f32(0.0))), f32(-1.0))
    sin_b = select(is_outside, sqrt(sine2_b), f32(0.0))
    # x: from the cone of normals to the direction of p, at the centre
    cos_w = load8(nodes, base + AXIS_X) * dx + load8(nodes, base + AXIS_Y) * dy + load8(nodes, base + AXIS_Z) * dz
    cos_w = fmin(fmax(cos_w * inverse, f32(-1.0)), f32(1.0))
    sin_w = sqrt(fmax(one - cos_w * cos_w, f32(0.0)))
    cos_o, sin_o = load8(nodes, base + COS_O), load8(nodes, base + SIN_O)
    within = cos_w > cos_o
    cos_x = select(within, one, cos_w * cos_o + sin_w * sin_o)
    sin_x = select(within, zero, sin_w * cos_o - cos_w * sin_o)
    # the least angle between a normal and the direction of p, anywhere in the child
    cos_least = select(cos_x > cos_b, one, cos_x * cos_b + sin_x * sin_b)
    shines = cos_least > load8(nodes, base + COS_E)
    guess = load8(nodes, base + STRENGTH) * fmax(cos_least, LEAST_COSINE) / far2
    guess = select(shines, guess, zero)
    # the same at the surface, on either side: some let light through
    cos_i = fabs(lane(n, 0) * dx + lane(n, 1) * dy + lane(n, 2) * dz) * inverse
    cos_i = fmin(cos_i, f32(1.0))
    sin_i = sqrt(fmax(one - cos_i * cos_i, f32(0.0)))
    return guess * fmax(select(cos_i > cos_b, one, cos_i * cos_b + sin_i * sin_b), LEAST_COSINE)


@kernel
def sample_emitter(tables, p, n, u):
    """(emitter, probability) for a point p with normal n; probability 0 where no light of the tree can shine."""
    links = tables.light_links
    node, probability = np.int64(0), f32(1.0)
    while True:
        guess = _importance(tables, node, p, n)
        total = hsum(guess)
        if not total > f32(0.0):
            return np.int32(0), f32(0.0)
        # the last child with any chance takes what rounding leaves over
        rest = u * total
        chosen, low, share = np.int64(0), f32(0.0), f32(0.0)
        running = f32(0.0)
        for i in range(WIDTH):
            g = lane(guess, np.int32(i))
            if g > f32(0.0) and running <= rest:
                chosen, low, share = np.int64(i), running, g
            running += g
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
    node, child = np.int64(emitter.node), emitter.lane
    probability = f32(1.0)
    while node >= 0:
        guess = _importance(tables, node, p, n)
        share = lane(guess, child)
        if not share > f32(0.0):
            return f32(0.0)
        probability *= share / hsum(guess)
        child = links[NODE_LINKS * node + PARENT_LANE]
        node = np.int64(links[NODE_LINKS * node + PARENT])
    return probability if emitter.node >= 0 else f32(0.0)
