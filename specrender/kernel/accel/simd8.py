"""Eight-lane instructions, the traversal stack and the SIMD array access that the hierarchy needs."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from specrender.kernel.accel.layout import INNER, LINE_BYTES, NODE_BYTES, PLACE, PLACE_BYTES, STACK_SIZE, WIDTH
from specrender.kernel.simd import F32, I1, I32, I64, VectorType, broadcast, f32x4, f32x8
from specrender.kernel.tables import emit_prefetch

I8 = ir.IntType(8)
F32X8 = ir.VectorType(F32, 8)
I32X8 = ir.VectorType(I32, 8)


def _byte_address(builder, pointer, byte, llvm_type):
    address = builder.gep(builder.bitcast(pointer, I8.as_pointer()), [byte])
    return builder.bitcast(address, llvm_type.as_pointer())


def _table_load(builder, pointer, byte, llvm_type, align):
    value = builder.load(_byte_address(builder, pointer, byte, llvm_type))
    value.align = align
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


# ---------------------------------------------------------------- tables


@intrinsic
def row8(typingctx, pointer, byte):
    """The eight float32 at byte offset `byte` (a multiple of 32) of a table."""

    def codegen(context, builder, sig, args):
        return _table_load(builder, args[0], args[1], F32X8, 32)

    return f32x8(pointer, types.int64), codegen


@intrinsic
def eight_from(typingctx, pointer, byte):
    """The eight float32 at byte offset `byte` (a multiple of 4) of a table."""

    def codegen(context, builder, sig, args):
        return _table_load(builder, args[0], args[1], F32X8, 4)

    return f32x8(pointer, types.int64), codegen


@intrinsic
def int_at(typingctx, pointer, byte):
    """The int32 at byte offset `byte` of a table."""

    def codegen(context, builder, sig, args):
        return _table_load(builder, args[0], args[1], I32, 4)

    return types.int32(pointer, types.int64), codegen


@intrinsic
def nodes_by_reference(typingctx, table):
    """The address to which the reference of a node, times PLACE_BYTES, is added."""

    def codegen(context, builder, sig, args):
        address = builder.gep(builder.bitcast(args[0], I8.as_pointer()), [I64(-INNER * PLACE_BYTES)])
        return builder.bitcast(address, args[0].type)

    return table(table), codegen


def _prefetch(lines):
    @intrinsic
    def prefetch(typingctx, table, ref):
        def codegen(context, builder, sig, args):
            table, ref = args
            place = builder.zext(builder.and_(ref, I32(PLACE)), I64)
            start = builder.gep(builder.bitcast(table, I64.as_pointer()), [place])
            start = builder.bitcast(start, I8.as_pointer())
            for line in range(lines):
                emit_prefetch(builder, builder.gep(start, [I64(LINE_BYTES * line)]))
            return context.get_dummy_value()

        return types.void(table, types.int32), codegen

    return prefetch


#: prefetch_child(table, ref): ask for the memory of a child before it is its turn.  All of a node; as much of a leaf,
#: which most leaves fit into: where it ends costs more to find out than the lines beyond, where its neighbours are.
prefetch_child = _prefetch(NODE_BYTES // LINE_BYTES)
#: Its first line only.
prefetch_start = _prefetch(1)


# ---------------------------------------------------------------- lanes


@intrinsic
def splat8(typingctx, x):
    """One scalar -> f32x8 with it in every lane."""
    return f32x8(types.float32), lambda context, builder, sig, args: broadcast(builder, args[0], 8)


def _extremum(predicate):
    @intrinsic
    def function(typingctx, x, y):
        typ = x if isinstance(x, VectorType) else types.float32

        def codegen(context, builder, sig, args):
            return builder.select(builder.fcmp_ordered(predicate, *args), *args)

        return typ(typ, typ), codegen

    return function


#: x < y ? x : y and x > y ? x : y, lane by lane: one instruction each, where `fmin` and `fmax` need three for NaNs.
#: The second argument is returned if either is NaN.
least = _extremum("<")
most = _extremum(">")


@intrinsic
def flip_sign(typingctx, x, sign):
    """x with its sign inverted in the lanes where `sign` is negative."""

    def codegen(context, builder, sig, args):
        bits, sign = (builder.bitcast(a, I32X8) for a in args)
        sign = builder.and_(sign, ir.Constant(I32X8, [-(1 << 31)] * 8))
        return builder.bitcast(builder.xor(bits, sign), F32X8)

    return f32x8(f32x8, f32x8), codegen


@intrinsic
def first_lanes(typingctx, x, count):
    """x in its first `count` lanes, 1 to 8, and 0 in the others: one instruction, by a table of 256 bytes."""

    def codegen(context, builder, sig, args):
        name = "specrender.lanes.first"
        table = builder.module.globals.get(name)
        if table is None:
            rows = [ir.Constant(I32X8, [-1 if lane < count else 0 for lane in range(8)]) for count in range(1, 9)]
            table = ir.GlobalVariable(builder.module, ir.ArrayType(I32X8, 8), name)
            table.initializer = ir.Constant(table.value_type, rows)
            table.global_constant, table.linkage = True, "internal"
        row = builder.load(builder.gep(table, [I64(0), builder.sub(args[1], I64(1))]))
        return builder.bitcast(builder.and_(builder.bitcast(args[0], I32X8), row), F32X8)

    return f32x8(f32x8, types.int64), codegen


@intrinsic
def edge_side(typingctx, ax, ay, bx, by):
    """ax * by - ay * bx without fused multiply-adds: with a and b exchanged, exactly the opposite number."""

    def codegen(context, builder, sig, args):
        ax, ay, bx, by = args
        exact = ("nsz",)  # an operation that has flags is not given those of the kernel, "contract" among them
        return builder.fsub(builder.fmul(ax, by, flags=exact), builder.fmul(ay, bx, flags=exact), flags=exact)

    return ax(ax, ay, bx, by), codegen


@intrinsic
def both(typingctx, a, b):
    """Lanes where both masks hold."""
    return a(a, b), lambda context, builder, sig, args: builder.and_(*args)


@intrinsic
def either(typingctx, a, b):
    """Lanes where one of the masks holds, or both."""
    return a(a, b), lambda context, builder, sig, args: builder.or_(*args)


# ---------------------------------------------------------------- the traversal stack


class StackType(types.Type):
    """Entries of 8 bytes in the frame of the calling function: distance above, reference below."""

    def __init__(self):
        super().__init__(name="traversal_stack")


@register_model(StackType)
class _StackModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, I64.as_pointer())


stack_type = StackType()


def _room(count):
    @intrinsic
    def room(typingctx):
        def codegen(context, builder, sig, args):
            with builder.goto_entry_block():  # cgutils.alloca_once fills with zeros: half of the time of a ray
                entries = builder.alloca(ir.ArrayType(I64, count))
            entries.align = 64
            return builder.bitcast(entries, I64.as_pointer())

        return stack_type(), codegen

    return room


#: new_stack() and new_entries(): room for a traversal, and for the entries of a node's children; allocated once, in the
#: entry block of the calling function.
new_stack = _room(STACK_SIZE)
new_entries = _room(WIDTH)


@intrinsic
def stack_put(typingctx, stack, index, entry):
    """Write entry `index`."""

    def codegen(context, builder, sig, args):
        builder.store(args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(stack, types.int64, types.int64), codegen


@intrinsic
def stack_get(typingctx, stack, index):
    """Read entry `index`."""

    def codegen(context, builder, sig, args):
        return builder.load(builder.gep(args[0], [args[1]]))

    return types.int64(stack, types.int64), codegen


def _compressed(builder, refs, mask, backwards):
    """LLVM: the lanes of an I32X8 whose bits are set in an I8, one after the other from lane 0."""
    if backwards:
        refs = builder.shuffle_vector(refs, refs, ir.Constant(I32X8, list(range(7, -1, -1))))
        reverse = cgutils.get_or_insert_function(builder.module, ir.FunctionType(I8, [I8]), "llvm.bitreverse.i8")
        mask = builder.call(reverse, [mask])
    lanes = builder.bitcast(mask, ir.VectorType(I1, 8))
    compress = ir.FunctionType(I32X8, [I32X8, lanes.type, I32X8])
    compress = cgutils.get_or_insert_function(builder.module, compress, "llvm.experimental.vector.compress.v8i32")
    return builder.call(compress, [refs, lanes, ir.Constant(I32X8, ir.Undefined)])


def _looked_up(builder, refs, mask, backwards):
    """The same by a table of 2 KB, with one permutation of AVX2, which has no instruction that compresses."""
    name = f"specrender.lanes.{'downwards' if backwards else 'upwards'}"
    order = ir.VectorType(I8, 8)
    table = builder.module.globals.get(name)
    if table is None:
        rows = []
        for bits in range(256):
            lanes = [k for k in range(8) if bits >> k & 1]
            rows.append(ir.Constant(order, (lanes[::-1] if backwards else lanes) + [0] * (8 - len(lanes))))
        table = ir.GlobalVariable(builder.module, ir.ArrayType(order, 256), name)
        table.initializer, table.global_constant, table.linkage = ir.Constant(table.value_type, rows), True, "internal"
    lanes = builder.load(builder.gep(table, [I64(0), builder.zext(mask, I64)]))
    permute = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(I32X8, [I32X8, I32X8]), "llvm.x86.avx2.permd"
    )
    return builder.call(permute, [refs, builder.zext(lanes, I32X8)])


def _push_references(backwards):
    @intrinsic
    def push(typingctx, stack, top, nodes, byte, mask):
        def codegen(context, builder, sig, args):
            stack, top, nodes, byte, mask = args
            refs = _table_load(builder, nodes, byte, I32X8, 32)
            features = set(context.codegen().magic_tuple()[2].split(","))
            is_avx2_at_most = "+avx2" in features and "+avx512vl" not in features
            pack = _looked_up if is_avx2_at_most else _compressed
            packed = pack(builder, refs, builder.trunc(mask, I8), backwards)
            address = builder.gep(builder.bitcast(stack, I32.as_pointer()), [builder.add(top, I64(1))])
            builder.store(packed, builder.bitcast(address, I32X8.as_pointer())).align = 4
            return context.get_dummy_value()

        return types.void(stack, types.int64, nodes, types.int64, types.int32), codegen

    return push


#: push(stack, top, nodes, byte, mask): the node's references (at `byte`) whose bits are set, to 32-bit entries top + 1,
#: top + 2, ... of the stack; the highest slot on top, or the lowest.  Without a loop, whose exit would be mispredicted.
push_upwards = _push_references(backwards=False)
push_downwards = _push_references(backwards=True)


@intrinsic
def reference_put(typingctx, stack, index, ref):
    """Write 32-bit entry `index` of a stack."""

    def codegen(context, builder, sig, args):
        builder.store(args[2], builder.gep(builder.bitcast(args[0], I32.as_pointer()), [args[1]]))
        return context.get_dummy_value()

    return types.void(stack, types.int64, types.int32), codegen


@intrinsic
def reference_get(typingctx, stack, index):
    """Read 32-bit entry `index` of a stack."""

    def codegen(context, builder, sig, args):
        return builder.load(builder.gep(builder.bitcast(args[0], I32.as_pointer()), [args[1]]))

    return types.int32(stack, types.int64), codegen


@intrinsic
def entry_of(typingctx, t, ref):
    """Stack entry of a reference at distance t; entries compare as their distances do, if these are not negative."""

    def codegen(context, builder, sig, args):
        distance = builder.shl(builder.zext(builder.bitcast(args[0], I32), I64), I64(32))
        return builder.or_(distance, builder.zext(args[1], I64))

    return types.int64(types.float32, types.int32), codegen


@intrinsic
def entries_put(typingctx, entries, distances, nodes, byte):
    """Write the entries of all eight children of a node, whose references are at `byte`, from entry 0 on."""

    def codegen(context, builder, sig, args):
        entries, distances, nodes, byte = args
        refs = _table_load(builder, nodes, byte, I32X8, 32)
        in_turn = ir.Constant(ir.VectorType(I32, 2 * WIDTH), [k // 2 + WIDTH * (k % 2) for k in range(2 * WIDTH)])
        pairs = builder.shuffle_vector(refs, builder.bitcast(distances, I32X8), in_turn)
        builder.store(pairs, builder.bitcast(entries, pairs.type.as_pointer())).align = 64
        return context.get_dummy_value()

    return types.void(entries, distances, nodes, types.int64), codegen


@intrinsic
def farthest_entry(typingctx, t):
    """The greatest stack entry at a distance of no more than t; those of a distance of -0 are not greater for any t."""

    def codegen(context, builder, sig, args):
        distance = builder.shl(builder.zext(builder.bitcast(args[0], I32), I64), I64(32))
        return builder.or_(distance, I64(2**32 - 1))

    return types.int64(types.float32), codegen


@intrinsic
def entry_ref(typingctx, entry):
    """int32 reference of a stack entry."""
    return types.int32(types.int64), lambda context, builder, sig, args: builder.trunc(args[0], I32)


# ---------------------------------------------------------------- arrays, for the builder


def array_address(context, builder, array_type, array, group, lanes):
    data = context.make_array(array_type)(context, builder, array).data
    address = builder.gep(data, [builder.mul(group, I64(lanes))])
    return builder.bitcast(address, ir.VectorType(F32, lanes).as_pointer())


def _array_access(lanes, vector_type):
    @intrinsic
    def get(typingctx, array, group):
        def codegen(context, builder, sig, args):
            value = builder.load(array_address(context, builder, sig.args[0], *args, lanes))
            value.align = 4
            return value

        return vector_type(array, types.int64), codegen

    @intrinsic
    def put(typingctx, array, group, value):
        def codegen(context, builder, sig, args):
            store = builder.store(args[2], array_address(context, builder, sig.args[0], *args[:2], lanes))
            store.align = 4
            return context.get_dummy_value()

        return types.void(array, types.int64, vector_type), codegen

    return get, put


#: get4(array, i): elements 4 i .. 4 i + 3 of a contiguous float32 array, which may change; put4(array, i, value) stores
#: them.  get8 and put8 likewise.
get4, put4 = _array_access(4, f32x4)
get8, put8 = _array_access(8, f32x8)


@intrinsic
def prefetch_row(typingctx, array, group):
    """Ask for the memory of elements 4 group .. 4 group + 3 of a contiguous array of 4-byte numbers."""

    def codegen(context, builder, sig, args):
        address = array_address(context, builder, sig.args[0], *args, 4)
        emit_prefetch(builder, address)
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen
