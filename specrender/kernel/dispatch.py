"""Choosing a function by an integer tag, inside compiled code.

`dispatcher(rows, arity)` makes an intrinsic `call(kind, *args)` that LLVM sees as a switch over direct calls: the
chain of if/elif that one would write by hand, generated from the table of kinds so that a new kind is one row.
All rows must return the same type for the same arguments.
"""

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.core.typing import signature
from numba.extending import intrinsic

from specrender.kernel.features import emit_has


def _resolve(typingctx, functions, args):
    """The function types and signatures of all rows for these argument types; they must agree on the result."""
    resolved = []
    for function in functions:
        function_type = typingctx.resolve_value_type(function)
        sig = typingctx.resolve_function_type(function_type, args, {})
        resolved.append((function_type, sig))
    results = {sig.return_type for _, sig in resolved}
    if len(results) != 1:
        names = [f.__name__ for f in functions]
        raise TypingError(f"dispatch rows {names} return different types: {[s.return_type for _, s in resolved]}")
    return resolved


def _keep_outlined(instructions):
    """Forbid LLVM to copy what is called there into the caller."""
    for instruction in instructions:
        if isinstance(instruction, ir.CallInstr) and not instruction.callee.name.startswith("llvm."):
            instruction.attributes.add("noinline")


def _emit_switch(context, builder, kind, resolved, outlined, features, args, arg_types):
    """A switch on `kind`; an unknown tag takes the first row (tags are made by the scene compiler only)."""
    result_type = resolved[0][1].return_type
    done = builder.append_basic_block("dispatch.done")
    blocks = [builder.append_basic_block(f"dispatch.{i}") for i in range(len(resolved))]
    switch = builder.switch(kind, blocks[0])
    incoming = []
    for tag, ((function_type, sig), block) in enumerate(zip(resolved, blocks, strict=True)):
        if tag:
            switch.add_case(ir.Constant(kind.type, tag), block)
        builder.position_at_end(block)
        if tag in features:
            present = builder.append_basic_block(f"dispatch.{tag}.present")
            absent = builder.append_basic_block(f"dispatch.{tag}.absent")
            builder.cbranch(emit_has(builder, features[tag]), present, absent)
            builder.position_at_end(absent)
            builder.unreachable()
            builder.position_at_end(present)
            block = present
        function = context.get_function(function_type, sig)
        old = set(builder.function.entry_basic_block.instructions)
        converted = [context.cast(builder, a, t, s) for a, t, s in zip(args, arg_types, sig.args, strict=True)]
        before = len(builder.block.instructions)
        value = function(builder, converted)
        if tag in outlined:
            _keep_outlined(block.instructions[before:])
        _leave_unfilled(builder, old)
        for library in getattr(function, "libs", ()):
            context.active_code_library.add_linking_library(library)
        incoming.append((value, builder.block))
        builder.branch(done)
    builder.position_at_end(done)
    phi = builder.phi(context.get_value_type(result_type))
    for value, block in incoming:
        phi.add_incoming(value, block)
    return phi


def _leave_unfilled(builder, old):
    """Take out the zeros that numba stores into the room for a call's result.

    The callee fills it, but LLVM cannot know, and so each row would cost some stores whichever row is taken.

    old : the instructions that were in the entry block before the call.
    """
    entry = builder.function.entry_basic_block
    for instruction in [i for i in entry.instructions if i not in old]:
        if instruction.opname == "store" and getattr(instruction.operands[0], "constant", "") is None:
            entry.instructions.remove(instruction)


def dispatcher(functions, outlined=(), features=None):
    """An intrinsic `call(kind, args_tuple)` that calls `functions[kind](*args_tuple)`.

    Parameters
    ----------
    functions : sequence of @kernel functions, one for each tag 0, 1, 2 ... with equal arguments and results.
    outlined : tags whose functions are called, never inlined: large and rare ones, of which LLVM would otherwise make a
        copy for each place that dispatches.
    features : tag -> feature without which no record has this tag (see `features.py`).
    """
    functions, outlined, features = tuple(functions), frozenset(outlined), dict(features or {})

    @intrinsic
    def call(typingctx, kind, args):
        resolved = _resolve(typingctx, functions, tuple(args.types))
        sig = signature(resolved[0][1].return_type, types.int32, args)

        def codegen(context, builder, sig, values):
            tag, packed = values
            unpacked = [builder.extract_value(packed, i) for i in range(len(args.types))]
            return _emit_switch(context, builder, tag, resolved, outlined, features, unpacked, args.types)

        return sig, codegen

    return call
