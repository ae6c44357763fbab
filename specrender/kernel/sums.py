"""Sums over samples that keep what rounding takes: three channels at once, in float64 and a float32 rest.

The pair holds 77 bits: parts of a render that are added later in another order differ by some 2^-65 of the sum, which
no float32 of the output shows.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

from specrender.kernel.simd import F32, I32, f32x4

_F64 = ir.DoubleType()
_F64X4 = ir.VectorType(_F64, 4)
#: An operation that has flags is not given those of the kernel: nothing here may be contracted.
_EXACT = ("nsz",)


class SumType(types.Type):
    """Four float64 in one register; the fourth is 0."""

    def __init__(self):
        super().__init__(name="f64x4")


@register_model(SumType)
class _SumModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _F64X4)


f64x4 = SumType()


@intrinsic
def sum_of(typingctx, x, y, z):
    """The sums of three channels so far."""

    def codegen(context, builder, sig, args):
        vector = ir.Constant(_F64X4, [0.0] * 4)
        for i, value in enumerate(args):
            vector = builder.insert_element(vector, value, I32(i))
        return vector

    return f64x4(*[types.float64] * 3), codegen


@intrinsic
def channel(typingctx, total, index):
    """float64 sum of channel `index`."""
    return types.float64(f64x4, types.int64), lambda context, b, sig, args: b.extract_element(*args)


def _two_sum(builder, total, rest, value):
    new = builder.fadd(total, value, flags=_EXACT)
    share = builder.fsub(new, total, flags=_EXACT)
    lost = builder.fsub(total, builder.fsub(new, share, flags=_EXACT), flags=_EXACT)
    lost = builder.fadd(lost, builder.fsub(value, share, flags=_EXACT), flags=_EXACT)
    rest = builder.fadd(builder.fpext(rest, _F64X4), lost, flags=_EXACT)
    return [new, builder.fptrunc(rest, ir.VectorType(F32, 4))]


def _adder(prepare):
    @intrinsic
    def add(typingctx, total, rest, value):
        result = types.Tuple((f64x4, f32x4))

        def codegen(context, builder, sig, args):
            total, rest, value = args
            value = prepare(builder, builder.fpext(value, _F64X4))
            return context.make_tuple(builder, result, _two_sum(builder, total, rest, value))

        return result(f64x4, f32x4, f32x4), codegen

    return add


#: (total + value, rest + what the rounding of this sum lost).  Source: [Knuth1997] section 4.2.2, theorem B.
#: total f64x4, rest and value f32x4; `add_square` adds the square of the value, which float64 holds exactly.
add_exactly = _adder(lambda builder, value: value)
add_square = _adder(lambda builder, value: builder.fmul(value, value, flags=_EXACT))
