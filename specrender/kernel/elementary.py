"""exp, log, sine and cosine of one number or four, our own: libm differs between machines and is slower."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specrender.kernel.simd import F32, I32, VectorType, broadcast, call_llvm, constant


def _polynomial(builder, x, coefficients):
    """Horner's rule, highest power first."""
    value = constant(x.type, coefficients[0])
    for c in coefficients[1:]:
        value = call_llvm(builder, "fma", value, x, constant(x.type, c))
    return value


def _integer_like(llvm_type):
    return ir.VectorType(I32, llvm_type.count) if isinstance(llvm_type, ir.VectorType) else I32


def _integer(llvm_type, number):
    return ir.Constant(llvm_type, [number] * llvm_type.count if isinstance(llvm_type, ir.VectorType) else number)


def _unary_math(emit, doc):
    @intrinsic
    def function(typingctx, x):
        typ = x if isinstance(x, VectorType) else types.float32
        return typ(typ), lambda context, builder, sig, args: emit(builder, args[0])

    function.__doc__ = doc
    return function


def _emit_exp(b, x):
    integer = _integer_like(x.type)
    x = call_llvm(b, "maxnum", call_llvm(b, "minnum", x, constant(x.type, 88.0)), constant(x.type, -87.0))
    n = call_llvm(b, "rint", b.fmul(x, constant(x.type, 1.44269504088896341)))
    # x - n ln 2 in two steps: the first constant has few bits, so that n times it is exact
    r = call_llvm(b, "fma", n, constant(x.type, -0.693359375), x)
    r = call_llvm(b, "fma", n, constant(x.type, 2.12194440e-4), r)
    p = _polynomial(
        b, r, (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
    )
    p = b.fadd(call_llvm(b, "fma", p, b.fmul(r, r), r), constant(x.type, 1.0))
    scale = b.shl(b.add(b.fptosi(n, integer), _integer(integer, 127)), _integer(integer, 23))
    return b.fmul(p, b.bitcast(scale, x.type))


def _emit_log(b, x):
    integer = _integer_like(x.type)
    one = constant(x.type, 1.0)
    bits = b.bitcast(call_llvm(b, "maxnum", x, constant(x.type, 1.17549435e-38)), integer)
    exponent = b.sub(b.lshr(bits, _integer(integer, 23)), _integer(integer, 126))
    mantissa = b.bitcast(
        b.or_(b.and_(bits, _integer(integer, 0x007FFFFF)), _integer(integer, 0x3F000000)), x.type
    )  # in [0.5, 1)
    small = b.fcmp_ordered("<", mantissa, constant(x.type, 0.707106781186547524))
    e = b.sitofp(exponent, x.type)
    e = b.select(small, b.fsub(e, one), e)
    m = b.fsub(b.select(small, b.fadd(mantissa, mantissa), mantissa), one)
    z = b.fmul(m, m)
    p = _polynomial(
        b,
        m,
        (
            7.0376836292e-2,
            -1.1514610310e-1,
            1.1676998740e-1,
            -1.2420140846e-1,
            1.4249322787e-1,
            -1.6668057665e-1,
            2.0000714765e-1,
            -2.4999993993e-1,
            3.3333331174e-1,
        ),
    )
    y = b.fmul(b.fmul(m, z), p)
    y = call_llvm(b, "fma", e, constant(x.type, -2.12194440e-4), y)
    y = call_llvm(b, "fma", z, constant(x.type, -0.5), y)
    return call_llvm(b, "fma", e, constant(x.type, 0.693359375), b.fadd(m, y))


#: Polynomials in z = x^2 of (sin x - x) / (x z) and of (cos x - 1 + z / 2) / z^2 for |x| <= pi / 4 [Moshier1989].
_SINE = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COSINE = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)


def _reduce_angle(b, x):
    """(n, x - n pi/2) with the whole number n that makes the latter least."""
    n = call_llvm(b, "rint", b.fmul(x, constant(x.type, 2.0 / np.pi)))
    # Cody-Waite: pi/2 in three parts
    r = call_llvm(b, "fma", n, constant(x.type, -1.5703125), x)
    r = call_llvm(b, "fma", n, constant(x.type, -4.837512969970703125e-4), r)
    return n, call_llvm(b, "fma", n, constant(x.type, -7.549789948768648e-8), r)


def _emit_sin_cos_scalar(b, x):
    """(sin x, cos x) of one number, as two lanes of a vector; the quadrant exchanges them without a branch."""
    vector, integers = ir.VectorType(F32, 2), ir.VectorType(I32, 2)
    undefined = ir.Constant(vector, ir.Undefined)

    def pair(first, second):
        return b.insert_element(b.insert_element(undefined, first, I32(0)), second, I32(1))

    n, r = _reduce_angle(b, x)
    z = b.fmul(r, r)
    both = pair(z, z)
    value, *rest = (
        ir.Constant(vector, [float(np.float32(c)) for c in coefficients])
        for coefficients in zip(_SINE, _COSINE, strict=True)
    )
    for coefficients in rest:
        value = call_llvm(b, "fma", value, both, coefficients)
    # r + r z sine and 1 - z / 2 + z z cosine
    start = pair(r, call_llvm(b, "fma", z, constant(x.type, -0.5), constant(x.type, 1.0)))
    value = call_llvm(b, "fma", b.fmul(value, both), pair(r, z), start)
    quadrant = broadcast(b, b.fptosi(n, I32), 2)
    odd = b.icmp_signed("!=", b.and_(quadrant, ir.Constant(integers, [1, 1])), ir.Constant(integers, [0, 0]))
    value = b.select(odd, b.shuffle_vector(value, undefined, ir.Constant(integers, [1, 0])), value)
    sign = b.and_(b.add(quadrant, ir.Constant(integers, [0, 1])), ir.Constant(integers, [2, 2]))
    sign = b.shl(sign, ir.Constant(integers, [30, 30]))
    value = b.bitcast(b.xor(b.bitcast(value, integers), sign), vector)
    return b.extract_element(value, I32(0)), b.extract_element(value, I32(1))


def _emit_sin_cos(b, x):
    """(sin x, cos x) by reduction to [-pi/4, pi/4]."""
    if x.type == F32:
        return _emit_sin_cos_scalar(b, x)
    integer = _integer_like(x.type)
    n, r = _reduce_angle(b, x)
    z = b.fmul(r, r)
    sine = call_llvm(b, "fma", b.fmul(_polynomial(b, z, _SINE), z), r, r)
    cosine = _polynomial(b, z, _COSINE)
    above = call_llvm(b, "fma", z, constant(x.type, -0.5), constant(x.type, 1.0))
    cosine = call_llvm(b, "fma", b.fmul(cosine, z), z, above)
    quadrant = b.fptosi(n, integer)
    one, two = _integer(integer, 1), _integer(integer, 2)
    swap = b.icmp_signed("!=", b.and_(quadrant, one), _integer(integer, 0))
    sin_sign = b.shl(b.and_(quadrant, two), _integer(integer, 30))
    cos_sign = b.shl(b.and_(b.add(quadrant, one), two), _integer(integer, 30))
    new_sine, new_cosine = b.select(swap, cosine, sine), b.select(swap, sine, cosine)
    signed = [
        b.bitcast(b.xor(b.bitcast(v, integer), s), x.type) for v, s in ((new_sine, sin_sign), (new_cosine, cos_sign))
    ]
    return signed[0], signed[1]


exp = _unary_math(_emit_exp, "e^x, relative error below 2e-7 on [-87, 88]; clamped outside.")
log = _unary_math(_emit_log, "ln x for x > 0, error below 1.5e-7 relative or 6e-8 absolute; x <= 0 gives ln(1.2e-38).")


@intrinsic
def sin_cos(typingctx, x):
    """(sin x, cos x), absolute error below 1.5e-7 for |x| < 8000."""
    typ = x if isinstance(x, VectorType) else types.float32

    def codegen(context, builder, sig, args):
        return context.make_tuple(builder, sig.return_type, _emit_sin_cos(builder, args[0]))

    return types.UniTuple(typ, 2)(typ), codegen
