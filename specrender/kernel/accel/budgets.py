"""Costs of a subtree for all budgets at once: lane i - 1 of an f32x8 belongs to a forest of at most i wide trees."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specrender.kernel.accel.simd8 import F32X8, I8, I32X8, array_address
from specrender.kernel.simd import f32x8

INFINITY = float("inf")


def _constant(number):
    return ir.Constant(F32X8, [float(number)] * 8)


def _moved_up(builder, vector, count):
    """Every lane `count` higher, infinity below."""
    pattern = ir.Constant(I32X8, [lane + 8 - count if lane >= count else 0 for lane in range(8)])
    return builder.shuffle_vector(_constant(INFINITY), vector, pattern)


def _smaller(builder, x, y):
    return builder.select(builder.fcmp_ordered("<", y, x), y, x)


@intrinsic
def shared_budgets(typingctx, left, right):
    """(best, share): min over 0 < k < i of left[k] + right[i - k], and the least such k; infinity and 1 for i = 1."""

    def codegen(context, builder, sig, args):
        left, right = args
        best, share = _constant(INFINITY), _constant(1)
        for k in range(1, 8):
            of_left = builder.shuffle_vector(left, left, ir.Constant(I32X8, [k - 1] * 8))
            cost = builder.fadd(of_left, _moved_up(builder, right, k))
            is_less = builder.fcmp_ordered("<", cost, best)
            best, share = builder.select(is_less, cost, best), builder.select(is_less, _constant(k), share)
        return context.make_tuple(builder, sig.return_type, [best, share])

    return types.UniTuple(f32x8, 2)(f32x8, f32x8), codegen


@intrinsic
def least_up_to(typingctx, costs):
    """The least of lanes 0 .. i in lane i."""

    def codegen(context, builder, sig, args):
        least = args[0]
        for count in (1, 2, 4):
            least = _smaller(builder, least, _moved_up(builder, least, count))
        return least

    return f32x8(f32x8), codegen


@intrinsic
def one_up(typingctx, costs):
    """Every lane one higher, infinity in lane 0."""
    return f32x8(f32x8), lambda context, builder, sig, args: _moved_up(builder, args[0], 1)


@intrinsic
def put_bytes(typingctx, array, row, numbers):
    """Store eight numbers as row `row` of an (n, 8) uint8 array."""

    def codegen(context, builder, sig, args):
        array, row, numbers = args
        integers = builder.trunc(builder.fptosi(numbers, I32X8), ir.VectorType(I8, 8))
        address = array_address(context, builder, sig.args[0], array, row, 8)
        store = builder.store(integers, builder.bitcast(address, integers.type.as_pointer()))
        store.align = 1
        return context.get_dummy_value()

    return types.void(array, types.int64, f32x8), codegen
