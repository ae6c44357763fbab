"""Memory layout of the bounding volume hierarchy: nodes of eight boxes, leaves of eight triangles.

Both tables are flat float32 arrays on a 64-byte boundary; integers are stored by their bit pattern.

Node, 256 bytes (64 floats; byte offsets)
    0    lo_x[8]   32  hi_x[8]      a ray going up in x enters at lo_x and leaves at hi_x; going down the other way
    64   lo_y[8]   96  hi_y[8]      round: `near = lo + 32 * (direction < 0)`, `far = near ^ 32`
    128  lo_z[8]   160 hi_z[8]      an absent child has lo = +inf, hi = -inf, which no ray enters
    192  ref[8]    int32            child references, see below
    224  int32          of a root: 1 if its tree is larger than the fast caches (FAR_BYTES)
    228  28 bytes of zeros

    Boxes are larger than their contents by BOX_SLACK times the coordinate.
    Children are in ascending order of their box's surface, leaves after nodes: any-hit rays try the slots in order or
    in reverse.

Child reference
    ref <  0   node number + INNER
    ref >= 0   leaf number; with bit 30 (`OBJECT_LEAF`) a leaf of objects, whose number is the rest
    As unsigned numbers, leaves come before nodes: of children at one distance the cheap ones are tested first.

Leaf, 320 bytes (80 floats)
    0, 32, 64      v0_x[8], v0_y[8], v0_z[8]    corners of each triangle
    96, 128, 160   v1_x[8], v1_y[8], v1_z[8]
    192, 224, 256  v2_x[8], v2_y[8], v2_z[8]
    288            id[8] int32                  triangle numbers; -1 in unused lanes, whose triangle is all zeros
    In a leaf of objects only id[8] has a meaning: object numbers, -1 in unused lanes (at the end).

The root is node 0 and is always there, be the scene empty.

Two levels (instances).  An instance is an object.  The nodes and leaves of the group it shows are appended to the same
two tables (`Accel.moved` shifts the references), and its `intersect_object` moves the ray into the instance's space and
walks from the number of that root with a second traversal, made by `make_rooted_traversal` with an `intersect_object`
that knows no instances: compiled code has no recursion.
"""

WIDTH = 8

NODE_BYTES = 256
NODE_FLOATS = NODE_BYTES // 4
NODE_REFS = 192
NODE_IS_FAR = 224

#: A tree of more bytes than this is worth prefetching: that costs 3 % of a render of the Cornell box, whose tree is in
#: the first cache anyway, and gains a third on a million triangles.
FAR_BYTES = 256 * 1024

LEAF_BYTES = 320
LEAF_FLOATS = LEAF_BYTES // 4
LEAF_IDS = 288

#: Added to the number of a node it gives the reference.  Traversal shifts the reference to the left by 8 bits and adds
#: it to an address that is -(INNER << 8) beyond the table: nothing to mask.
INNER = -(2**31)
OBJECT_LEAF = 1 << 30
#: Bits of a leaf's number.  What else may be on the traversal stack is 0 in them, so that prefetching it is harmless.
LEAF_NUMBER = (1 << 29) - 1
#: Marks the bottom of the traversal stack.
BOTTOM = OBJECT_LEAF | 1 << 29

#: The slab test's error is within this share of |plane / direction| + |origin / direction|: three roundings of 2^-24,
#: of the inverse, the offset and the sum.  The planes' share is put into the boxes, the origin's into the ray.
#: As much again is for the triangle test, which may find hits so far beside the box.
BOX_SLACK = 2.0**-21

#: No path from the root of the binary tree is longer: the builder splits in the middle where the surface area
#: heuristic would go deeper.  Every step down the 8-wide tree is at least one step down the binary one.
MAX_DEPTH = 64

#: Entries of the traversal stack.  Each level leaves at most WIDTH - 1 siblings behind; one entry marks the bottom,
#: and a vector store may touch WIDTH entries above the top.
STACK_SIZE = MAX_DEPTH * (WIDTH - 1) + 1 + WIDTH
