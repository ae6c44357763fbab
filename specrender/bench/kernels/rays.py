"""Casting an array of rays, by specrender's traversal and by a library that takes one ray at a time through a pointer.

Rays are (n, 12) float32 rows laid out as Embree's RTCRay: origin, t_near, direction, time, t_far, mask, id, flags (the
last three by their bits), so that both sides read the same memory.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from specrender.kernel.accel.simd8 import get4, put4
from specrender.kernel.jit import entry_variants, kernel
from specrender.kernel.rays import closest_hit, occluded
from specrender.kernel.simd import f32, with_lane

#: float32 of the buffer that the library gets: RTCRayHit is 80 or 96 bytes, by how it was built.
BUFFER_FLOATS = 32

#: uint32 positions in it.
T_FAR, NG_X, U, V, PRIMITIVE, GEOMETRY, INSTANCE = 8, 12, 15, 16, 17, 18, 19
NO_HIT = np.uint32(0xFFFFFFFF)


def _cast_closest(tables, rays, loops, distances, primitives):
    """Nearest hits of all rays, `loops` times; distances (n,) float32, primitives (n,) int32; returns hits."""
    hits = 0
    for _ in range(loops):
        for i in range(len(rays)):
            origin = with_lane(get4(rays, 3 * i), 3, f32(0.0))
            direction = with_lane(get4(rays, 3 * i + 1), 3, f32(0.0))
            t, _, _, primitive, _ = closest_hit(tables, origin, direction, rays[i, 8])
            distances[i] = t
            primitives[i] = primitive
            hits += np.int64(primitive >= 0)
    return hits


def _cast_occluded(tables, rays, loops, shadowed):
    """Whether each ray hits anything, `loops` times; shadowed (n,) uint8; returns hits."""
    hits = 0
    for _ in range(loops):
        for i in range(len(rays)):
            origin = with_lane(get4(rays, 3 * i), 3, f32(0.0))
            direction = with_lane(get4(rays, 3 * i + 1), 3, f32(0.0))
            is_hit = occluded(tables, origin, direction, rays[i, 8])
            shadowed[i] = np.uint8(is_hit)
            hits += np.int64(is_hit)
    return hits


# as renders of meshes run them
cast_closest = entry_variants(_cast_closest)["plain"]
cast_occluded = entry_variants(_cast_occluded)["plain"]


@intrinsic
def _call_at(typingctx, address, scene, ray):
    """Call the C function void(void *scene, void *ray, void *arguments = NULL) at an address."""

    def codegen(context, builder, sig, args):
        pointer = ir.IntType(8).as_pointer()
        function = ir.FunctionType(ir.VoidType(), [pointer] * 3)
        target = builder.inttoptr(args[0], function.as_pointer())
        values = [builder.inttoptr(value, pointer) for value in args[1:]]
        builder.call(target, [*values, ir.Constant(pointer, None)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@kernel(entry=True)
def call_closest(function, scene, address, buffer, words, rays, loops, distances, primitives):
    """`cast_closest` through rtcIntersect1 at address `function`.

    buffer, words : (BUFFER_FLOATS,) float32 and uint32 views of one aligned piece of memory at `address`.
    """
    hits = 0
    for _ in range(loops):
        for i in range(len(rays)):
            put4(buffer, 0, get4(rays, 3 * i))
            put4(buffer, 1, get4(rays, 3 * i + 1))
            put4(buffer, 2, get4(rays, 3 * i + 2))
            words[GEOMETRY] = NO_HIT
            words[PRIMITIVE] = NO_HIT
            words[INSTANCE] = NO_HIT
            words[INSTANCE + 1] = NO_HIT
            _call_at(function, scene, address)
            distances[i] = buffer[T_FAR]
            primitives[i] = np.int32(words[PRIMITIVE])
            hits += np.int64(words[GEOMETRY] != NO_HIT)
    return hits


@kernel(entry=True)
def call_occluded(function, scene, address, buffer, rays, loops, shadowed):
    """`cast_occluded` through rtcOccluded1, which answers with a t_far of -inf."""
    hits = 0
    for _ in range(loops):
        for i in range(len(rays)):
            put4(buffer, 0, get4(rays, 3 * i))
            put4(buffer, 1, get4(rays, 3 * i + 1))
            put4(buffer, 2, get4(rays, 3 * i + 2))
            _call_at(function, scene, address)
            is_hit = buffer[T_FAR] < f32(0.0)
            shadowed[i] = np.uint8(is_hit)
            hits += np.int64(is_hit)
    return hits
