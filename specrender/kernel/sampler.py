"""Random numbers, four at a time, that depend on (seed, pixel, sample, dimension) only.

`samples(state, dimension)` gives the four numbers of a dimension group as an f32x4 in [0, 1).  Nothing is carried from
call to call, so a sample is the same whatever thread, tile or pass computes it.

independent : the four hashes of [Jarzynski2020] (pcg4d).
sobol : the first four Sobol dimensions [Joe2008], shuffled and Owen-scrambled by hashing for every pixel and group
[Burley2020], with the hash of [Vegdahl2021].
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specrender.kernel.jit import kernel
from specrender.kernel.simd import F32, I32, f32x4

INDEPENDENT = 0
SOBOL = 1

#: Sobol dimension of each lane.  Only dimensions 0 and 1 together are a (0, 2)-sequence, stratified in every way;
#: they go to lanes 1 and 2, from which film position, light and BSDF take their pairs.
LANE_DIMENSIONS = [2, 0, 1, 3]

_V4 = ir.VectorType(I32, 4)


class SampleState(NamedTuple):
    """Which sample of which pixel of which image: two hashed words and the index of the sample."""

    kind: "int32"  # noqa: F821 (a kernel type)
    key0: "int32"  # noqa: F821
    key1: "int32"  # noqa: F821
    index: "int32"  # noqa: F821


def _sobol_directions():
    """32 rows of 4: bit-reversed generator columns of the Sobol dimension in each lane.  Source: [Joe2008]."""
    columns = np.zeros((32, 4), np.uint64)
    columns[:, 0] = [1 << (31 - i) for i in range(32)]
    for dim, (degree, a, m) in enumerate(((1, 0, [1]), (2, 1, [1, 3]), (3, 1, [1, 3, 1])), start=1):
        v = [m[i] << (31 - i) for i in range(degree)]
        for i in range(degree, 32):
            new = v[i - degree] ^ (v[i - degree] >> degree)
            for k in range(1, degree):
                new ^= ((a >> (degree - 1 - k)) & 1) * v[i - k]
            v.append(new)
        columns[:, dim] = v
    return [[int(f"{int(c):032b}"[::-1], 2) for c in row] for row in columns[:, LANE_DIMENSIONS]]


_DIRECTIONS = _sobol_directions()


def _vector(values):
    values = [values] * 4 if isinstance(values, int) else values
    return ir.Constant(ir.VectorType(I32, len(values)), [v & 0xFFFFFFFF for v in values])


def _splat(b, scalar, lanes):
    undefined = ir.Constant(ir.VectorType(I32, lanes), ir.Undefined)
    return b.shuffle_vector(b.insert_element(undefined, scalar, I32(0)), undefined, _vector([0] * lanes))


def _pcg4d(b, v):
    """Four hashed words from four words.  Source: [Jarzynski2020] listing pcg4d."""

    def stir(v):
        # x += y w; y += z x; z += x y; w += y z, each using the ones before it
        x, y, z, w = (b.extract_element(v, I32(i)) for i in range(4))
        x = b.add(x, b.mul(y, w))
        y = b.add(y, b.mul(z, x))
        z = b.add(z, b.mul(x, y))
        w = b.add(w, b.mul(y, z))
        for i, lane in enumerate((x, y, z, w)):
            v = b.insert_element(v, lane, I32(i))
        return v

    v = b.add(b.mul(v, _vector(1664525)), _vector(1013904223))
    v = stir(v)
    v = b.xor(v, b.lshr(v, _vector(16)))
    return stir(v)


def _reverse(b, v):
    suffix = f"v{v.type.count}i32" if isinstance(v.type, ir.VectorType) else "i32"
    function = cgutils.get_or_insert_function(
        b.module, ir.FunctionType(v.type, [v.type]), f"llvm.bitreverse.{suffix}"
    )
    return b.call(function, [v])


def _owen(b, x, seed):
    """Owen scrambling of bit-reversed numbers: each bit is flipped by a hash of the bits below it [Vegdahl2021]."""

    def k(value):
        return _vector([value] * x.type.count) if isinstance(x.type, ir.VectorType) else I32(value)

    x = b.xor(x, b.mul(x, k(0x3D20ADEA)))
    x = b.add(x, seed)
    x = b.mul(x, b.or_(b.lshr(seed, k(16)), k(1)))
    x = b.xor(x, b.mul(x, k(0x05526C56)))
    return b.xor(x, b.mul(x, k(0x53A22864)))


def _to_unit(b, v):
    """Upper 24 bits as float32 in [0, 1)."""
    lanes = v.type.count
    floats = ir.VectorType(F32, lanes)
    return b.fmul(b.uitofp(b.lshr(v, _vector([8] * lanes)), floats), ir.Constant(floats, [2.0**-24] * lanes))


def _pack(b, args):
    v = ir.Constant(_V4, ir.Undefined)
    for i, a in enumerate(args):
        v = b.insert_element(v, a, I32(i))
    return v


@intrinsic
def _hash_key(typingctx, seed, pixel, index):
    """Two words that name a sample."""

    def codegen(context, b, sig, args):
        seed, pixel, index = args
        words = _pcg4d(b, _pack(b, (seed, pixel, index, I32(0x1CE))))
        pair = [b.extract_element(words, I32(i)) for i in (2, 3)]
        return context.make_tuple(b, sig.return_type, pair)

    return types.UniTuple(types.int32, 2)(*[types.int32] * 3), codegen


#: Between the counters of a dimension group and the next, and of the lanes within one.
_GROUP_STEP = 0x9E3779B1
_LANE_STEPS = [0x3C6EF372, 0xDAA66D2B, 0x78DDE6E4, 0x1715609D]


def _triple32(b, key0, key1, dimension, groups):
    """Lanes of a 32-bit hash (triple32 of [Wellons2018]) of key0 + dimension, with key1 mixed in half-way.

    Four lanes for `dimension`, and four for each of the groups - 1 dimensions that follow it.
    """
    steps = [lane + group * _GROUP_STEP for group in range(groups) for lane in _LANE_STEPS]
    lanes = len(steps)

    def k(value):
        return _vector([value] * lanes)

    counter = b.add(key0, b.mul(dimension, I32(_GROUP_STEP - 2**32)))
    v = b.add(_splat(b, counter, lanes), _vector(steps))
    v = b.mul(b.xor(v, b.lshr(v, k(17))), k(0xED5AD4BB))
    v = b.add(b.xor(v, b.lshr(v, k(11))), _splat(b, key1, lanes))
    v = b.mul(v, k(0xAC4C1B51))
    v = b.mul(b.xor(v, b.lshr(v, k(15))), k(0x31848BAB))
    return _to_unit(b, b.xor(v, b.lshr(v, k(14))))


@intrinsic
def _independent(typingctx, key0, key1, dimension):
    """The numbers of one dimension group."""
    return f32x4(*[types.int32] * 3), lambda context, b, sig, args: _triple32(b, *args, groups=1)


@intrinsic
def _independent_pair(typingctx, key0, key1, dimension):
    """The numbers of a dimension group and of the next one, hashed as one vector."""

    def codegen(context, b, sig, args):
        return _halves(context, b, sig, _triple32(b, *args, groups=2))

    return types.UniTuple(f32x4, 2)(*[types.int32] * 3), codegen


def _join(b, vectors):
    """One vector of the lanes of one or two."""
    if len(vectors) == 1:
        return vectors[0]
    return b.shuffle_vector(*vectors, _vector(list(range(2 * vectors[0].type.count))))


def _sobol_numbers(b, key0, key1, index, dimension, groups):
    """Four lanes for each of `groups` dimension groups, from `dimension` on."""
    seeds, shuffled = [], []
    for group in range(groups):
        seed = _pcg4d(b, _pack(b, (key0, key1, b.add(dimension, I32(group)), I32(0x5EED))))
        shuffle_seed = b.extract_element(_pcg4d(b, b.xor(seed, _vector(0x68BC21EB))), I32(0))
        seeds.append(seed)
        shuffled.append(_splat(b, _reverse(b, _owen(b, _reverse(b, index), shuffle_seed)), 4))
    seeds, shuffled = _join(b, seeds), _join(b, shuffled)
    zero = _vector([0] * (4 * groups))
    points = zero
    for bit, column in enumerate(_DIRECTIONS):
        has_bit = b.icmp_signed("!=", b.and_(shuffled, _vector([1 << bit] * (4 * groups))), zero)
        points = b.xor(points, b.select(has_bit, _vector(column * groups), zero))
    return _to_unit(b, _reverse(b, _owen(b, points, seeds)))


def _halves(context, b, sig, numbers):
    """The two f32x4 of eight lanes."""
    halves = [b.shuffle_vector(numbers, numbers, _vector(lanes)) for lanes in ([0, 1, 2, 3], [4, 5, 6, 7])]
    return context.make_tuple(b, sig.return_type, halves)


@intrinsic
def _sobol(typingctx, key0, key1, index, dimension):
    """The numbers of one dimension group."""
    return f32x4(*[types.int32] * 4), lambda context, b, sig, args: _sobol_numbers(b, *args, groups=1)


@intrinsic
def _sobol_both(typingctx, key0, key1, index, dimension):
    """The numbers of a dimension group and of the next one, as one vector."""

    def codegen(context, b, sig, args):
        return _halves(context, b, sig, _sobol_numbers(b, *args, groups=2))

    return types.UniTuple(f32x4, 2)(*[types.int32] * 4), codegen


@kernel
def sample_state(kind, seed, pixel, index):
    """The state of sample `index` of a pixel (its number in the full film)."""
    # Sobol samples of a pixel share one scrambled sequence; independent ones share nothing
    key0, key1 = _hash_key(seed, pixel, np.int32(0) if kind == SOBOL else index)
    return SampleState(kind, key0, key1, index)


@kernel
def _sobol_samples(state, dimension):
    return _sobol(state.key0, state.key1, state.index, dimension)


@kernel
def _sobol_pair(state, dimension):
    return _sobol_both(state.key0, state.key1, state.index, dimension)


@kernel(forceinline=True)
def sample_pair(state, dimension):
    """`samples` of a dimension group and of the next one: together they cost little more than one."""
    if state.kind == SOBOL:
        return _sobol_pair(state, dimension)
    return _independent_pair(state.key0, state.key1, dimension)


@kernel(forceinline=True)
def samples(state, dimension):
    """The four numbers of dimension group `dimension` of a sample, f32x4 in [0, 1)."""
    if state.kind == SOBOL:
        return _sobol_samples(state, dimension)
    return _independent(state.key0, state.key1, dimension)


@kernel(forceinline=True)
def samples_of_part(state, dimension, part, parts):
    """`samples` of one of the `parts` of a sample; all parts of all samples are spread as those of one sequence.

    Samplers without an order take the groups dimension, dimension - 1 ... of the parts.
    """
    if state.kind == SOBOL:
        return _sobol_samples(SampleState(state.kind, state.key0, state.key1, state.index * parts + part), dimension)
    return _independent(state.key0, state.key1, dimension - part)
