"""SIMD value types: a spectrum or a vector is one `f32x4` in a register, with operators.

`f32x4` and `f32x8` are LLVM vectors that numba code passes and returns by value.  Arithmetic works lane by lane, with
scalars broadcast; comparisons give a mask for `select`, `any_lane`, `all_lanes`.  Lane 3 of points and directions is 0.
Scalars in kernels are float32: write constants as `f32(0.5)`, since a bare Python float is float64 and would widen
whatever it touches.

`kernel.elementary` has exp, log, sine and cosine.
Polynomials after Cephes [Moshier1989]; errors are stated at each and checked by the tests.
"""

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic, models, register_model

from specrender.kernel.jit import kernel

f32 = np.float32
I1, I32, I64, F32 = ir.IntType(1), ir.IntType(32), ir.IntType(64), ir.FloatType()


# ---------------------------------------------------------------- the types


class VectorType(types.Type):
    """`lanes` float32 values in one register."""

    def __init__(self, lanes):
        self.lanes = lanes
        super().__init__(name=f"f32x{lanes}")


class MaskType(types.Type):
    """One truth value for each lane of a vector."""

    def __init__(self, lanes):
        self.lanes = lanes
        super().__init__(name=f"mask{lanes}")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, ir.VectorType(F32, fe_type.lanes))


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, ir.VectorType(I1, fe_type.lanes))


f32x4 = VectorType(4)
f32x8 = VectorType(8)


def broadcast(builder, scalar, lanes):
    """LLVM: `scalar` in every lane."""
    vector_type = ir.VectorType(scalar.type, lanes)
    undefined = ir.Constant(vector_type, ir.Undefined)
    first = builder.insert_element(undefined, scalar, I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, lanes), [0] * lanes))


def constant(llvm_type, number):
    """LLVM: a float constant of a scalar or vector type."""
    number = float(np.float32(number))
    if isinstance(llvm_type, ir.VectorType):
        return ir.Constant(llvm_type, [number] * llvm_type.count)
    return ir.Constant(llvm_type, number)


def call_llvm(builder, name, *args):
    """LLVM: call the intrinsic `llvm.NAME` overloaded on the type of its first argument."""
    llvm_type = args[0].type
    suffix = f"v{llvm_type.count}f32" if isinstance(llvm_type, ir.VectorType) else "f32"
    function_type = ir.FunctionType(llvm_type, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, function_type, f"llvm.{name}.{suffix}"), args)


# ---------------------------------------------------------------- operators


class _VectorArithmetic(AbstractTemplate):
    """vector op vector, vector op scalar, scalar op vector: the result is the vector's type."""

    def generic(self, args, kws):
        if len(args) != 2:
            return None
        left, right = args
        if isinstance(left, VectorType) and (left == right or isinstance(right, types.Number)):
            return signature(left, left, left if left == right else types.float32)
        if isinstance(right, VectorType) and isinstance(left, types.Number):
            return signature(right, types.float32, right)
        return None


class _VectorComparison(_VectorArithmetic):
    def generic(self, args, kws):
        found = super().generic(args, kws)
        return found and signature(MaskType(found.return_type.lanes), *found.args)


class _VectorNegation(AbstractTemplate):
    def generic(self, args, kws):
        return signature(args[0], args[0]) if len(args) == 1 and isinstance(args[0], VectorType) else None


def _define(operators, template, emit):
    def lower(context, builder, sig, args):
        lanes = max(t.lanes for t in sig.args if isinstance(t, VectorType))
        operands = [
            a if isinstance(t, VectorType) else broadcast(builder, a, lanes)
            for a, t in zip(args, sig.args, strict=True)
        ]
        return emit(builder, *operands)

    for op in operators:
        infer_global(op)(type(f"{op.__name__}_vector", (template,), {}))
        for left, right in ((VectorType, VectorType), (VectorType, types.Float), (types.Float, VectorType)):
            lower_builtin(op, left, right)(lower)


_define((operator.add, operator.iadd), _VectorArithmetic, lambda b, x, y: b.fadd(x, y))
_define((operator.sub, operator.isub), _VectorArithmetic, lambda b, x, y: b.fsub(x, y))
_define((operator.mul, operator.imul), _VectorArithmetic, lambda b, x, y: b.fmul(x, y))
_define((operator.truediv, operator.itruediv), _VectorArithmetic, lambda b, x, y: b.fdiv(x, y))
for _op, _predicate in ((operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">=")):
    _define((_op,), _VectorComparison, lambda b, x, y, p=_predicate: b.fcmp_ordered(p, x, y))

infer_global(operator.neg)(type("neg_vector", (_VectorNegation,), {}))


@lower_builtin(operator.neg, VectorType)
def _lower_neg(context, builder, sig, args):
    return builder.fneg(args[0])


# ---------------------------------------------------------------- making and taking apart


def _splat(lanes):
    @intrinsic
    def splat(typingctx, x):
        return VectorType(lanes)(types.float32), lambda context, builder, sig, args: broadcast(builder, args[0], lanes)

    return splat


#: One scalar -> f32x4, f32x8 with it in every lane.
splat4, splat8 = _splat(4), _splat(8)


@intrinsic
def vec4(typingctx, x, y, z, w):
    """Four scalars -> f32x4."""

    def codegen(context, builder, sig, args):
        value = ir.Constant(ir.VectorType(F32, 4), ir.Undefined)
        for index, scalar in enumerate(args):
            value = builder.insert_element(value, scalar, I32(index))
        return value

    return f32x4(*[types.float32] * 4), codegen


@kernel(forceinline=True)
def vec3(x, y, z):
    """A point or direction: lane 3 is 0."""
    return vec4(x, y, z, f32(0.0))


@intrinsic
def lane(typingctx, vector, index):
    """float32 in lane `index` (constant or variable)."""

    def codegen(context, builder, sig, args):
        return builder.extract_element(args[0], args[1])

    return types.float32(vector, types.int32), codegen


@intrinsic
def with_lane(typingctx, vector, index, value):
    """`vector` with lane `index` replaced."""

    def codegen(context, builder, sig, args):
        return builder.insert_element(args[0], args[2], args[1])

    return vector(vector, types.int32, types.float32), codegen


def _shuffle(pattern):
    @intrinsic
    def shuffle(typingctx, vector):
        def codegen(context, builder, sig, args):
            mask = ir.Constant(ir.VectorType(I32, len(pattern)), list(pattern))
            return builder.shuffle_vector(args[0], args[0], mask)

        return vector(vector), codegen

    return shuffle


_yzxw = _shuffle((1, 2, 0, 3))
#: Lane 0, 1 or 2 of each half of an f32x8 in all of that half.
x_of_halves, y_of_halves, z_of_halves = (_shuffle((i,) * 4 + (4 + i,) * 4) for i in range(3))


def _half(start):
    @intrinsic
    def function(typingctx, vector):
        def codegen(context, builder, sig, args):
            mask = ir.Constant(ir.VectorType(I32, 4), list(range(start, start + 4)))
            return builder.shuffle_vector(args[0], args[0], mask)

        return f32x4(f32x8), codegen

    return function


#: The first and the last four lanes of an f32x8.
low4 = _half(0)
high4 = _half(4)


@intrinsic
def join8(typingctx, low, high):
    """f32x8 whose first four lanes are `low`, the others `high`."""

    def codegen(context, builder, sig, args):
        return builder.shuffle_vector(*args, ir.Constant(ir.VectorType(I32, 8), list(range(8))))

    return f32x8(f32x4, f32x4), codegen


# ---------------------------------------------------------------- lane-wise functions


def _lanewise(name, count, emit=call_llvm):
    """An LLVM intrinsic on scalars (float32) and vectors alike, or what `emit` makes of its name."""
    if count == 1:

        @intrinsic
        def function(typingctx, x):
            typ = x if isinstance(x, VectorType) else types.float32
            return typ(typ), lambda context, builder, sig, args: call_llvm(builder, name, *args)

        return function

    @intrinsic
    def function2(typingctx, x, y):
        lanes = next((t.lanes for t in (x, y) if isinstance(t, VectorType)), 0)
        typ = VectorType(lanes) if lanes else types.float32
        sig = typ(*[t if isinstance(t, VectorType) else types.float32 for t in (x, y)])

        def codegen(context, builder, sig, args):
            args = [
                broadcast(builder, a, lanes) if lanes and not isinstance(t, VectorType) else a
                for a, t in zip(args, sig.args, strict=True)
            ]
            return emit(builder, name, *args)

        return sig, codegen

    return function2


def _chosen(builder, predicate, x, y):
    """LLVM: x where it compares to y as said, else y."""
    return builder.select(builder.fcmp_ordered(predicate, x, y), x, y)


sqrt = _lanewise("sqrt", 1)
fabs = _lanewise("fabs", 1)
floor = _lanewise("floor", 1)
fmin = _lanewise("minnum", 2)
fmax = _lanewise("maxnum", 2)
copysign = _lanewise("copysign", 2)
#: The same as `fmin` and `fmax` where nothing is NaN, in one instruction instead of three; of NaN they give y.
smaller = _lanewise("<", 2, _chosen)
larger = _lanewise(">", 2, _chosen)


@intrinsic
def fma(typingctx, x, y, z):
    """x * y + z, rounded once; all three of one type."""
    typ = next((t for t in (x, y, z) if isinstance(t, VectorType)), types.float32)
    sig = typ(*[t if isinstance(t, VectorType) else types.float32 for t in (x, y, z)])

    def codegen(context, builder, sig, args):
        if isinstance(typ, VectorType):
            args = [
                a if isinstance(t, VectorType) else broadcast(builder, a, typ.lanes)
                for a, t in zip(args, sig.args, strict=True)
            ]
        return call_llvm(builder, "fma", *args)

    return sig, codegen


@intrinsic
def select(typingctx, mask, x, y):
    """Lane by lane: x where the mask holds, else y."""
    typ = next(t for t in (x, y) if isinstance(t, VectorType))
    sig = typ(mask, *[t if isinstance(t, VectorType) else types.float32 for t in (x, y)])

    def codegen(context, builder, sig, args):
        values = [
            a if isinstance(t, VectorType) else broadcast(builder, a, typ.lanes)
            for a, t in zip(args[1:], sig.args[1:], strict=True)
        ]
        return builder.select(args[0], *values)

    return sig, codegen


@intrinsic
def pick(typingctx, condition, x, y):
    """x if the condition (bool) holds, else y; never by a branch, for conditions that no processor can predict."""

    def codegen(context, builder, sig, args):
        choice = builder.select(*args)
        choice.set_metadata("unpredictable", builder.module.add_metadata([]))
        return choice

    return x(types.boolean, x, x), codegen


@intrinsic
def mask_bits(typingctx, mask):
    """The mask as an integer, bit k for lane k."""

    def codegen(context, builder, sig, args):
        return builder.zext(builder.bitcast(args[0], ir.IntType(mask.lanes)), I32)

    return types.int32(mask), codegen


def _bit_number(name, emit):
    @intrinsic
    def function(typingctx, bits):
        def codegen(context, builder, sig, args):
            function_type = ir.FunctionType(I32, [I32] if name == "ctpop" else [I32, I1])
            count = cgutils.get_or_insert_function(builder.module, function_type, f"llvm.{name}.i32")
            number = builder.call(count, [args[0]] if name == "ctpop" else [args[0], I1(1)])
            return builder.zext(emit(builder, number), I64)

        return types.int64(types.int32), codegen

    return function


#: Number of the lowest and of the highest set bit of an int32 that is not zero; how many bits are set.
lowest_bit = _bit_number("cttz", lambda b, n: n)
highest_bit = _bit_number("ctlz", lambda b, n: b.xor(n, I32(31)))
count_bits = _bit_number("ctpop", lambda b, n: n)


@kernel(forceinline=True)
def any_lane(mask):
    return mask_bits(mask) != 0


@kernel(forceinline=True)
def clamp(x, low, high):
    """x kept within [low, high]; scalars or vectors."""
    return fmin(fmax(x, low), high)


# ---------------------------------------------------------------- horizontal sums, vectors


def _horizontal(name, emit):
    @intrinsic
    def reduce(typingctx, vector):
        def codegen(context, builder, sig, args):
            value, lanes = args[0], vector.lanes
            while lanes > 1:  # pairwise, so that the order of additions is fixed
                lanes //= 2
                undefined = ir.Constant(value.type, ir.Undefined)
                index = ir.VectorType(I32, lanes)
                low = builder.shuffle_vector(value, undefined, ir.Constant(index, list(range(lanes))))
                high = builder.shuffle_vector(value, undefined, ir.Constant(index, list(range(lanes, 2 * lanes))))
                value = emit(builder, low, high)
            return builder.extract_element(value, I32(0))

        return types.float32(vector), codegen

    return reduce


hsum = _horizontal("hsum", lambda b, x, y: b.fadd(x, y))
hmax = _horizontal("hmax", lambda b, x, y: call_llvm(b, "maxnum", x, y))
#: Of vectors without NaN, as `smaller`.
hmin = _horizontal("hmin", lambda b, x, y: _chosen(b, "<", x, y))


@kernel(forceinline=True)
def dot(a, b):
    """Dot product of two directions (lane 3 must be 0 in one of them)."""
    return hsum(a * b)


@kernel(forceinline=True)
def cross(a, b):
    """Cross product; lane 3 of the result is 0."""
    return _yzxw(a * _yzxw(b) - _yzxw(a) * b)


@kernel(forceinline=True)
def length(a):
    return sqrt(hsum(a * a))


@kernel(forceinline=True)
def normalize(a):
    """Unit vector along a; a must not be zero."""
    return a * (f32(1.0) / sqrt(hsum(a * a)))


# ---------------------------------------------------------------- integers


@intrinsic
def to_int(typingctx, x):
    """float32 -> int32, towards zero."""
    return types.int32(types.float32), lambda context, builder, sig, args: builder.fptosi(args[0], I32)


@intrinsic
def float_bits(typingctx, number):
    """float32 with the bit pattern of an integer."""
    return types.float32(types.int32), lambda context, builder, sig, args: builder.bitcast(args[0], F32)


@intrinsic
def int_bits(typingctx, number):
    """int32 with the bit pattern of a float32."""
    return types.int32(types.float32), lambda context, builder, sig, args: builder.bitcast(args[0], I32)


@intrinsic
def to_int4(typingctx, vector):
    """f32x4 -> four int32 as a tuple, towards zero."""

    def codegen(context, builder, sig, args):
        integers = builder.fptosi(args[0], ir.VectorType(I32, 4))
        lanes = [builder.extract_element(integers, I32(i)) for i in range(4)]
        return context.make_tuple(builder, sig.return_type, lanes)

    return types.UniTuple(types.int32, 4)(vector), codegen


@kernel(forceinline=True)
def all_lanes(mask):
    """Whether all four lanes of a mask4 hold."""
    return mask_bits(mask) == 15
