"""The scene as the kernel sees it: flat arrays behind one pointer, and the conventions of all kernel code.

`SceneTables` holds named NumPy arrays; in kernels `tables.name[i]` reads an element (a record is read field by field,
without a copy), `load4(tables.name, i)` reads the i-th group of four float32 as an f32x4, and `record(tables.name,
offset, DTYPE)` views bytes as a record of a kind's own layout.  Tables never change while a kernel runs, so loads are
marked invariant.

Conventions of all kernels
    wo points to the side of the camera, wi is sampled; both leave the surface; in BSDFs both are in the local frame
    (z = shading normal).  `evaluate` returns (value times |cos|, pdf); `sample` takes the same arguments, then the
    random numbers.  pdfs of directions are per solid angle.  Spectra are f32x4: one lane a wavelength, or R, G, B, 0.
    Scalars are float32, indices int32.  Vectors are f32x4 with lane 3 = 0.
"""

import copy
import hashlib
import operator

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from specrender.kernel.placement import together
from specrender.kernel.simd import F32, I32, I64, f32x4, f32x8

_BYTE = ir.IntType(8)


class PointerType(types.Type):
    """Address of the first element of a table."""

    def __init__(self, element):
        self.element = element
        super().__init__(name=f"pointer({element})")


@register_model(PointerType)
class _PointerModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        element = fe_type.element
        target = _BYTE if isinstance(element, types.Record) else dmm.lookup(element).get_data_type()
        super().__init__(dmm, fe_type, target.as_pointer())


def _invariant_load(builder, address, align):
    value = builder.load(address)
    value.align = align
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@infer_global(operator.getitem)
class _PointerItem(AbstractTemplate):
    def generic(self, args, kws):
        pointer, index = args
        if isinstance(pointer, PointerType) and isinstance(index, types.Integer):
            return pointer.element(pointer, types.int64)
        return None


@lower_builtin(operator.getitem, PointerType, types.int64)
def _lower_pointer_item(context, builder, sig, args):
    element = sig.args[0].element
    if isinstance(element, types.Record):  # a record *is* a pointer: no copy
        address = builder.gep(args[0], [builder.mul(args[1], I64(element.size))])
        return builder.bitcast(address, context.get_value_type(element))
    return _invariant_load(builder, builder.gep(args[0], [args[1]]), element.bitwidth // 8)


def _group_load(lanes, vector_type):
    @intrinsic
    def load(typingctx, pointer, index):
        def codegen(context, builder, sig, args):
            address = builder.gep(args[0], [builder.mul(args[1], I64(lanes))])
            address = builder.bitcast(address, ir.VectorType(F32, lanes).as_pointer())
            return _invariant_load(builder, address, 4 * lanes)

        return vector_type(pointer, types.int64), codegen

    return load


#: load4(tables.name, i): elements 4 i .. 4 i + 3 of a float32 table as f32x4; load8 likewise.
load4 = _group_load(4, f32x4)
load8 = _group_load(8, f32x8)


@intrinsic
def four_from(typingctx, pointer, index):
    """Elements index .. index + 3 of a float32 table as f32x4."""

    def codegen(context, builder, sig, args):
        address = builder.gep(args[0], [args[1]])
        return _invariant_load(builder, builder.bitcast(address, ir.VectorType(F32, 4).as_pointer()), 4)

    return f32x4(pointer, types.int64), codegen


def emit_prefetch(builder, address):
    """LLVM: ask for the cache line at an address, for reading, to stay in all caches."""
    function_type = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), I32, I32, I32])
    fetch = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")
    builder.call(fetch, [builder.bitcast(address, _BYTE.as_pointer()), I32(0), I32(3), I32(1)])


@intrinsic
def prefetch(typingctx, pointer, index):
    """Ask for the memory of element `index` of a table, without waiting for it."""

    def codegen(context, builder, sig, args):
        emit_prefetch(builder, builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(pointer, types.int64), codegen


@intrinsic
def gather_pairs(typingctx, pointer, offset, i0, i1, i2, i3):
    """(low, high): elements i >= 0 of a float32 table, counted from `offset`, and those after them, as two f32x4.

    Four loads of two neighbours each, where interpolation would otherwise take eight.
    """
    result = types.UniTuple(f32x4, 2)

    def codegen(context, builder, sig, args):
        base = builder.gep(args[0], [args[1]])
        pair = ir.VectorType(F32, 2)

        def row(index):
            address = builder.gep(base, [builder.zext(index, I64)])
            return _invariant_load(builder, builder.bitcast(address, pair.as_pointer()), 4)

        def shuffle(x, y, lanes):
            return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), 4), lanes))

        a, b, c, d = (row(i) for i in args[2:])
        front, rear = shuffle(a, b, [0, 1, 2, 3]), shuffle(c, d, [0, 1, 2, 3])
        low, high = shuffle(front, rear, [0, 2, 4, 6]), shuffle(front, rear, [1, 3, 5, 7])
        return context.make_tuple(builder, result, [low, high])

    return result(pointer, types.int64, *[types.int32] * 4), codegen


@intrinsic
def row_of(typingctx, record, offset):
    """The four float32 at byte `offset` (a multiple of 16) of a record as f32x4."""

    def codegen(context, builder, sig, args):
        address = builder.gep(builder.bitcast(args[0], _BYTE.as_pointer()), [args[1]])
        return _invariant_load(builder, builder.bitcast(address, ir.VectorType(F32, 4).as_pointer()), 16)

    return f32x4(record, types.int64), codegen


@intrinsic
def record(typingctx, pointer, offset, dtype):
    """View the bytes at `offset` of a uint8 table as a record of the (module-level constant) NumPy `dtype`."""
    element = dtype.dtype

    def codegen(context, builder, sig, args):
        return builder.bitcast(builder.gep(args[0], [args[1]]), context.get_value_type(element))

    return element(pointer, types.int64, dtype), codegen


# ---------------------------------------------------------------- the scene's arrays


class TablesType(types.Type):
    """The numba type of `SceneTables`: one machine word."""

    def __init__(self, fields):
        self.fields = fields
        layout = ", ".join(f"{n}: {t}" for n, t in fields)
        # the name goes into every mangled symbol: a digest keeps those short
        super().__init__(name=f"Tables_{hashlib.sha256(layout.encode()).hexdigest()[:12]}")


register_model(TablesType)(models.OpaqueModel)


class Tables:
    """Named arrays of fixed dtypes, kept alive here, read in kernels as `tables.name[i]`.

    Parameters
    ----------
    layout : name -> dtype of every array the kernel may ask for; part of the compiled code's type.
    arrays : name -> array, copied; a name left out is an empty table (which still has an address).  The dictionary is
        emptied, see `placement.together`.
    """

    def __init__(self, layout, arrays):
        unknown = set(arrays) - set(layout)
        if unknown:
            raise KeyError(f"no such table: {sorted(unknown)}")
        self._layout = layout
        self.numba_type = TablesType(tuple((n, from_dtype(np.dtype(d))) for n, d in layout.items()))
        self._hold(together(arrays, layout))

    def replaced(self, **arrays):
        """These tables with some others; the rest is shared."""
        result = copy.copy(self)
        result._hold(self.arrays | together(arrays, {name: self._layout[name] for name in arrays}))
        return result

    def _hold(self, arrays):
        self.arrays = arrays
        self._addresses = np.array([a.ctypes.data for a in self.arrays.values()], np.int64)
        self.address = int(self._addresses.ctypes.data)

    @property
    def nbytes(self) -> int:
        """Bytes held by all tables."""
        return sum(a.nbytes for a in self.arrays.values())


@typeof_impl.register(Tables)
def _typeof_tables(value, context):
    return value.numba_type


@unbox(TablesType)
def _unbox_tables(typ, obj, c):
    attribute = c.pyapi.object_getattr_string(obj, "address")
    address = c.pyapi.long_as_longlong(attribute)
    c.pyapi.decref(attribute)
    return NativeValue(c.builder.inttoptr(address, _BYTE.as_pointer()))


@infer_getattr
class _TablesAttributes(AttributeTemplate):
    key = TablesType

    def generic_resolve(self, typ, attribute):
        for name, element in typ.fields:
            if name == attribute:
                return PointerType(element)
        return None


@lower_getattr_generic(TablesType)
def _lower_tables_attribute(context, builder, typ, value, attribute):
    index = [name for name, _ in typ.fields].index(attribute)
    pointer_type = context.get_value_type(PointerType(typ.fields[index][1]))
    slot = builder.gep(builder.bitcast(value, pointer_type.as_pointer()), [I64(index)])
    return _invariant_load(builder, slot, 8)
