"""Boxes for the builder: unions, areas of eight at a time, and the order of up to 32 keys without a branch.

A row is a box of 8 in a flat float32 array: lower corner, a lane of no meaning, upper corner with its sign inverted,
another.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specrender.kernel.accel.simd8 import F32X8, I32X8, array_address, get4
from specrender.kernel.jit import kernel
from specrender.kernel.simd import I32, f32x8, high4, join8, low4

#: Bits of a key that make room for its number.
NUMBER_BITS = 5


# ---------------------------------------------------------------- columns


@intrinsic
def _columns(typingctx, a, b, c, d):
    """Lanes 0, 1 and 2 of eight rows of four, as three f32x8.

    a, b, c, d : rows 0 and 4, 1 and 5, 2 and 6, 3 and 7.
    """

    def codegen(context, builder, sig, args):
        a, b, c, d = args

        def lanes(left, right, pattern):
            pattern = [*pattern, *(k + 4 for k in pattern)]
            return builder.shuffle_vector(left, right, ir.Constant(I32X8, pattern))

        xy = lanes(a, b, (0, 8, 1, 9)), lanes(c, d, (0, 8, 1, 9))
        zw = lanes(a, b, (2, 10, 3, 11)), lanes(c, d, (2, 10, 3, 11))
        columns = lanes(*xy, (0, 1, 8, 9)), lanes(*xy, (2, 3, 10, 11)), lanes(*zw, (0, 1, 8, 9))
        return context.make_tuple(builder, sig.return_type, columns)

    return types.UniTuple(f32x8, 3)(f32x8, f32x8, f32x8, f32x8), codegen


@intrinsic
def union8(typingctx, x, y):
    """The smaller of each pair of lanes of two f32x8 without NaN.

    As a comparison and a choice, like `least`, the compiler makes a masked store of a union that goes back to where one
    of the two came from: slow on Zen, and no load is forwarded from it.
    """

    def codegen(context, builder, sig, args):
        function_type = ir.FunctionType(F32X8, [F32X8, F32X8])
        minimum = cgutils.get_or_insert_function(builder.module, function_type, "llvm.minnum.v8f32")
        return builder.call(minimum, args, fastmath=("nnan", "nsz"))

    return f32x8(f32x8, f32x8), codegen


@kernel(forceinline=True)
def centroid(box):
    """Twice the centroid of a box of 8."""
    return low4(box) - high4(box)


@kernel(forceinline=True)
def point_box(point):
    """The box of 8 around one point."""
    return join8(point, -point)


@kernel(forceinline=True)
def _extents(rows, k):
    """Extents of rows k and k + 4, with their signs inverted."""
    return join8(get4(rows, 2 * k), get4(rows, 2 * k + 8)) + join8(get4(rows, 2 * k + 1), get4(rows, 2 * k + 9))


@kernel(forceinline=True)
def _centroids(rows, k):
    """Doubled centroids of rows k and k + 4."""
    return join8(get4(rows, 2 * k), get4(rows, 2 * k + 8)) - join8(get4(rows, 2 * k + 1), get4(rows, 2 * k + 9))


@kernel(forceinline=True)
def areas8(rows, k):
    """`half_area` of rows k .. k + 7."""
    x, y, z = _columns(_extents(rows, k), _extents(rows, k + 1), _extents(rows, k + 2), _extents(rows, k + 3))
    return x * y + y * z + z * x


@kernel(forceinline=True)
def centroids8(rows, k):
    """Doubled centroids of rows k .. k + 7 along the three axes."""
    return _columns(
        _centroids(rows, k), _centroids(rows, k + 1), _centroids(rows, k + 2), _centroids(rows, k + 3)
    )  # fmt: skip


@intrinsic
def first_numbers(typingctx):
    """0, 1 .. 7 as an f32x8."""
    return f32x8(), lambda context, builder, sig, args: ir.Constant(F32X8, [float(k) for k in range(8)])


# ---------------------------------------------------------------- order


def _smaller_and_larger(builder, x, y):
    function_type = ir.FunctionType(I32X8, [I32X8, I32X8])
    return [
        builder.call(cgutils.get_or_insert_function(builder.module, function_type, f"llvm.{name}.v8i32"), [x, y])
        for name in ("smin", "smax")
    ]


def _sort_network(builder, vectors):
    """Sort the int32 of all vectors, by Batcher's bitonic network; the list is changed.

    Number t is lane t // n of vector t % n of n: most steps exchange between vectors, without shuffles.
    """
    groups = len(vectors)
    size = 2
    while size <= 8 * groups:
        step = size // 2
        while step:
            if step < groups:
                for v in range(groups):
                    if v & step:
                        continue
                    low, high = _smaller_and_larger(builder, vectors[v], vectors[v | step])
                    # which way depends on a bit of the number: on the vector or on the lane
                    ups = [(lane * groups + v) & size == 0 for lane in range(8)]
                    vectors[v], vectors[v | step] = _chosen(builder, ups, low, high), _chosen(builder, ups, high, low)
            else:
                distance = step // groups
                for v in range(groups):
                    partner = ir.Constant(I32X8, [lane ^ distance for lane in range(8)])
                    other = builder.shuffle_vector(vectors[v], vectors[v], partner)
                    low, high = _smaller_and_larger(builder, vectors[v], other)
                    ups = [((lane * groups + v) & size == 0) == (lane & distance == 0) for lane in range(8)]
                    vectors[v] = _chosen(builder, ups, low, high)
            step //= 2
        size *= 2


def _chosen(builder, conditions, x, y):
    """Lanes of x where a constant condition holds, of y elsewhere."""
    if all(conditions):
        return x
    if not any(conditions):
        return y
    pattern = [lane if holds else 8 + lane for lane, holds in enumerate(conditions)]
    return builder.shuffle_vector(x, y, ir.Constant(I32X8, pattern))


def _interleaved(builder, vectors):
    """The vectors in which number t is lane t % 8 of vector t // 8, from those of `_sort_network`."""
    if len(vectors) == 1:
        return vectors
    even, odd = _interleaved(builder, vectors[::2]), _interleaved(builder, vectors[1::2])
    result = []
    for x, y in zip(even, odd, strict=True):
        for start in (0, 4):
            pattern = [lane for k in range(start, start + 4) for lane in (k, 8 + k)]
            result.append(builder.shuffle_vector(x, y, ir.Constant(I32X8, pattern)))
    return result


def make_sort(groups):
    """sort(keys, row, count, order, beyond): the ascending order of the first `count` keys.

    keys : float32 array; the keys are `groups` rows of 8, 1, 2 or 4, from `row` on.  Of their bits the last NUMBER_BITS
        do not count.
    order : int32 array, receives 8 * groups numbers of keys; `beyond` behind the last one.
    """

    @intrinsic
    def sort(typingctx, keys, row, count, order, beyond):
        def codegen(context, builder, sig, args):
            keys, row, count, order, beyond = args

            def splat(value):
                vector = builder.insert_element(ir.Constant(I32X8, ir.Undefined), builder.trunc(value, I32), I32(0))
                return builder.shuffle_vector(vector, vector, ir.Constant(I32X8, [0] * 8))

            def constant(value):
                return ir.Constant(I32X8, [value] * 8)

            count, beyond = splat(count), splat(beyond)
            numbers = [ir.Constant(I32X8, list(range(8 * g, 8 * g + 8))) for g in range(groups)]
            vectors = []
            for g in range(groups):
                group = builder.add(row, ir.Constant(row.type, g))
                load = builder.load(array_address(context, builder, sig.args[0], keys, group, 8))
                load.align = 4
                bits = builder.bitcast(load, I32X8)
                # integers in the order of the numbers, of whatever bits
                flipped = builder.lshr(builder.ashr(bits, constant(31)), constant(1))
                bits = builder.xor(bits, flipped)
                bits = builder.select(builder.icmp_signed("<", numbers[g], count), bits, constant(2**31 - 1))
                bits = builder.and_(bits, constant(-(1 << NUMBER_BITS)))
                vectors.append(builder.or_(bits, numbers[g]))
            _sort_network(builder, vectors)
            for g, vector in enumerate(_interleaved(builder, vectors)):
                vector = builder.and_(vector, constant((1 << NUMBER_BITS) - 1))
                vector = builder.select(builder.icmp_signed("<", numbers[g], count), vector, beyond)
                address = array_address(context, builder, sig.args[3], order, ir.Constant(row.type, g), 8)
                store = builder.store(vector, builder.bitcast(address, I32X8.as_pointer()))
                store.align = 4
            return context.get_dummy_value()

        return types.void(keys, types.int64, types.int64, order, types.int64), codegen

    return sort
