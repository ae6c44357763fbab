"""Memory layout of the bounding volume hierarchy: nodes of eight boxes, leaves of one to eight triangles.

They are in one table, a flat float32 array on a 64-byte boundary: first all nodes of a tree, then its leaves.  Integers
are stored by their bit pattern.  Places in the table are counted in units of 8 bytes.

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
    ref <  0   place of the node + INNER
    ref >= 0   place of the leaf, a multiple of 8, + (its number of triangles - 1); with bit 30 (`OBJECT_LEAF`) a leaf
               of objects
    As unsigned numbers, leaves come before nodes: of children at one distance the cheap ones are tested first.
    The low 30 bits (`PLACE`) are a place in the first line of the child, whatever it is: its memory can be asked for
    without a question.

Leaf of n triangles, 40 n bytes and zeros up to a whole number of lines of 64 bytes (`leaf_lines`; 16 floats each)
    0, 4 n, 8 n        v0_x[n], v0_y[n], v0_z[n]    corners of each triangle
    12 n, 16 n, 20 n   v1_x[n], v1_y[n], v1_z[n]
    24 n, 28 n, 32 n   v2_x[n], v2_y[n], v2_z[n]
    36 n               id[n] int32                  triangle numbers + ID_BIAS
    Eight lanes are loaded from where a row begins.  Those from n on hold what follows in the lines of the leaf, and are
    masked out: so one code tests leaves of all sizes, without a branch, and no memory is asked for in vain.
    In a leaf of objects only id[n] has a meaning: object numbers + ID_BIAS.

    Of a million random triangles in a cube, 4.4 in a leaf, leaves take 47 bytes a triangle; each with room for eight
    they took 73.

The root is the node at place 0 and is always there, be the scene empty.

Two levels (instances).  An instance is an object.  The tree of the group it shows is appended to the same table
(`Accel.moved` shifts the references), and its `intersect_object` moves the ray into the instance's space and walks from
the place of that root with a second traversal, made by `make_rooted_traversal` with an `intersect_object` that knows no
instances: compiled code has no recursion.
"""

WIDTH = 8

NODE_BYTES = 256
NODE_FLOATS = NODE_BYTES // 4
NODE_REFS = 192
NODE_FAR = 224

#: A tree of more bytes than this is worth prefetching: that costs 3 % of a render of the Cornell box, whose tree is in
#: the first cache anyway, and gains a third on a million triangles.
FAR_BYTES = 256 * 1024

LINE_BYTES = 64
LINE_FLOATS = LINE_BYTES // 4

#: Unit of places, the scale that an address of x86 has room for.
PLACE_BYTES = 8
NODE_PLACES = NODE_BYTES // PLACE_BYTES
LINE_PLACES = LINE_BYTES // PLACE_BYTES

#: Rows of a leaf before its ids.
CORNER_ROWS = 9

#: Added to numbers in leaves, so that lanes which read them as float32 find ordinary numbers: a multiplication with a
#: denormal one takes some processors a hundred times as long.
ID_BIAS = 1 << 30

#: Added to the place of a node it gives the reference.  Traversal adds the reference to an address that is -INNER
#: places beyond the table: nothing to mask.
INNER = -(2**31)
OBJECT_LEAF = 1 << 30
#: Bits of a reference that hold a place, and in the last of them, of a leaf, its size - 1.
PLACE = OBJECT_LEAF - 1
LEAF_SIZE = WIDTH - 1
#: Most lines of a table, 8 GB: about 150 million triangles.
MOST_LINES = (PLACE + 1) // LINE_PLACES
#: Marks the bottom of the traversal stack.  As a leaf it would be where the root is: there is none, and prefetching it
#: is harmless.
BOTTOM = OBJECT_LEAF

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


def leaf_lines(size):
    """Lines of 64 bytes that a leaf of `size` primitives takes."""
    return (5 * size + 7) >> 3
