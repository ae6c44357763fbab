"""Arrays that cost nothing to pass on, for the builders: without reference counts, or in a function's frame."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from specrender.kernel.simd import I64

#: Where arrays in a frame begin [bytes]: on a cache line.
ALIGNMENT = 64


@intrinsic
def borrowed(typingctx, array):
    """The same array without its reference count, for an entry point whose caller keeps it.

    numba counts the references of arrays that are passed to functions or cut into rows, by atomic operations which take
    longer than what is done with a box.
    """

    def codegen(context, builder, sig, args):
        view = context.make_array(array)(context, builder, args[0])
        view.meminfo = ir.Constant(view.meminfo.type, None)
        view.parent = ir.Constant(view.parent.type, None)
        return view._getvalue()

    return array(array), codegen


def frame_array(element, count):
    """A function that makes an array of `count` elements in the frame of the calling function, not initialised.

    element : numba's type of an element.
    """
    array_type = types.Array(element, 1, "C")

    @intrinsic
    def new_array(typingctx):
        def codegen(context, builder, sig, args):
            llvm_type = context.get_data_type(element)
            with builder.goto_entry_block():
                room = builder.alloca(ir.ArrayType(llvm_type, count))
            room.align = ALIGNMENT
            size = I64(element.bitwidth // 8)
            array = context.make_array(array_type)(context, builder)
            populate_array(
                array,
                data=builder.bitcast(room, llvm_type.as_pointer()),
                shape=[I64(count)],
                strides=[size],
                itemsize=size,
                meminfo=None,
            )
            return array._getvalue()

        return array_type(), codegen

    return new_array
