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
    """Which sample of which pixel of which image: two hashed words and the index of the sample, its bits reversed."""

    kind: "int32"  # noqa: F821 (a kernel type)
    key0: "int32"  # noqa: F821
    key1: "int32"  # noqa: F821
    reversed_index: "int32"  # noqa: F821


#: Of each Sobol dimension the primitive polynomial, as degree and exponents of its lower terms, and what its initial
#: direction numbers add to plain digits: (k, j), number k has digit j, too.  Source: [Joe2008].
_POLYNOMIALS = [(0, [], []), (1, [0], []), (2, [1, 0], [(1, 0)]), (3, [1, 0], [(1, 0)])]


def _division_steps(degree, exponents, initial):
    """The digits of a Sobol dimension from the bits of an index, as steps `x ^= (x >> shift) & mask`.

    Bit i of an index is the coefficient of x^i of a polynomial over GF(2).  Its digits to the base of the primitive
    polynomial p are the digits of the point, first those of p^0: what the recurrence of the direction numbers of
    [Joe2008] amounts to, since x^d there is (p - the rest of p), and p moves d digits to the right.  Division by
    p^16, p^8, ... splits all pieces in two at a time; p^(2^k) has the terms of p in x^(2^k).

    degree, exponents, initial : as in _POLYNOMIALS.
    """
    steps = []

    def add(shift, mask):
        """As part of an earlier step of that shift, if what was to happen in between does not mind."""
        place = None
        for k in reversed(range(len(steps))):
            earlier, changed = steps[k]
            if earlier == shift and not mask & changed and not mask << shift & changed:
                place = k
            if mask & changed << earlier or mask << shift & changed:
                break
        if place is None:
            steps.append((shift, mask))
        else:
            steps[place] = shift, steps[place][1] | mask

    for h in (16, 8, 4, 2, 1):
        if degree * h < 32:
            for top in reversed(range(degree, 2 * degree)):
                for e in exponents:
                    to = [base + (top - degree + e) * h + i for base in range(0, 32, 2 * degree * h) for i in range(h)]
                    add((degree - e) * h, sum(1 << i for i in to if i + (degree - e) * h < 32))
    for k, j in initial:
        add(k - j, sum(1 << (i + j) for i in range(0, 32 - k, degree)))
    return [step for step in steps if step[1]]


def _sobol_steps():
    """Steps for all four lanes at once: (shifts, masks), lists of four."""
    lanes = [_division_steps(*_POLYNOMIALS[dimension]) for dimension in LANE_DIMENSIONS]
    count = max(len(steps) for steps in lanes)
    lanes = [steps + [(0, 0)] * (count - len(steps)) for steps in lanes]
    return [tuple(map(list, zip(*step, strict=True))) for step in zip(*lanes, strict=True)]


_SOBOL_STEPS = _sobol_steps()


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
    function = cgutils.get_or_insert_function(b.module, ir.FunctionType(v.type, [v.type]), f"llvm.bitreverse.{suffix}")
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
#: The same for the order of a group's Sobol points.
_ORDER_STEP = 0xB54CDA56


def _steps(lane_steps, groups):
    """Those of the lanes of `groups` dimension groups."""
    return [lane + group * _GROUP_STEP for group in range(groups) for lane in lane_steps]


def _triple32(b, key0, key1, dimension, steps):
    """Words: a 32-bit hash (triple32 of [Wellons2018]) of key0 + dimension + step, with key1 mixed in half-way."""
    lanes = len(steps)

    def k(value):
        return _vector([value] * lanes)

    counter = b.add(key0, b.mul(dimension, I32(_GROUP_STEP - 2**32)))
    v = b.add(_splat(b, counter, lanes), _vector(steps))
    v = b.mul(b.xor(v, b.lshr(v, k(17))), k(0xED5AD4BB))
    v = b.add(b.xor(v, b.lshr(v, k(11))), _splat(b, key1, lanes))
    v = b.mul(v, k(0xAC4C1B51))
    v = b.mul(b.xor(v, b.lshr(v, k(15))), k(0x31848BAB))
    return b.xor(v, b.lshr(v, k(14)))


def _independent_numbers(b, key0, key1, _, dimension, groups):
    """Four lanes for each of `groups` dimension groups, from `dimension` on."""
    return _to_unit(b, _triple32(b, key0, key1, dimension, _steps(_LANE_STEPS, groups)))


def _sobol_numbers(b, key0, key1, reversed_index, dimension, groups):
    """Four lanes for each of `groups` dimension groups, from `dimension` on."""
    lanes = 4 * groups
    words = _triple32(b, key0, key1, dimension, [*_steps(_LANE_STEPS, groups), *_steps([_ORDER_STEP] * 4, groups)])
    seeds, order = (b.shuffle_vector(words, words, _vector(list(range(i, i + lanes)))) for i in (0, lanes))
    points = _reverse(b, _owen(b, _splat(b, reversed_index, 4 * groups), order))
    for shifts, masks in _SOBOL_STEPS:
        points = b.xor(points, b.and_(b.lshr(points, _vector(shifts * groups)), _vector(masks * groups)))
    return _to_unit(b, _reverse(b, _owen(b, points, seeds)))


def _drawn(numbers, groups):
    """The intrinsic for some dimension groups at once, a tuple of f32x4."""

    @intrinsic
    def draw(typingctx, key0, key1, reversed_index, dimension):
        def codegen(context, b, sig, args):
            lanes = numbers(b, *args, groups)
            parts = [b.shuffle_vector(lanes, lanes, _vector(list(range(4 * g, 4 * g + 4)))) for g in range(groups)]
            return context.make_tuple(b, sig.return_type, parts)

        return types.UniTuple(f32x4, groups)(*[types.int32] * 4), codegen

    return draw


@intrinsic
def _reversed(typingctx, word):
    """The bits of a word from last to first."""
    return types.int32(types.int32), lambda context, b, sig, args: _reverse(b, args[0])


@kernel
def sample_state(kind, seed, pixel, index):
    """The state of sample `index` of a pixel (its number in the full film)."""
    # Sobol samples of a pixel share one scrambled sequence; independent ones share nothing
    key0, key1 = _hash_key(seed, pixel, np.int32(0) if kind == SOBOL else index)
    return SampleState(kind, key0, key1, _reversed(index))


@kernel(forceinline=True)
def sample_of_pixel(state, seed, pixel, index):
    """The same for another sample of the pixel that `state` is of."""
    if state.kind == SOBOL:
        return SampleState(state.kind, state.key0, state.key1, _reversed(index))
    return sample_state(state.kind, seed, pixel, index)


def _sampler(groups):
    """`samples` for `groups` dimension groups from `dimension` on, a tuple; several cost little more than one."""
    independent, sobol = _drawn(_independent_numbers, groups), _drawn(_sobol_numbers, groups)

    @kernel(forceinline=True)
    def draw(state, dimension):
        if state.kind == SOBOL:
            return sobol(state.key0, state.key1, state.reversed_index, dimension)
        return independent(state.key0, state.key1, state.reversed_index, dimension)

    return draw


_sample_one, sample_pair, sample_quad = _sampler(1), _sampler(2), _sampler(4)


@kernel(forceinline=True)
def samples(state, dimension):
    """The four numbers of dimension group `dimension` of a sample, f32x4 in [0, 1)."""
    return _sample_one(state, dimension)[0]


@kernel(forceinline=True)
def samples_of_part(state, dimension, part, parts):
    """`samples` of one of the `parts` of a sample; all parts of all samples are spread as those of one sequence.

    Samplers without an order take the groups dimension, dimension - 1 ... of the parts.
    """
    if state.kind == SOBOL:
        index = _reversed(_reversed(state.reversed_index) * parts + part)
        return samples(SampleState(state.kind, state.key0, state.key1, index), dimension)
    return samples(state, dimension - part)
