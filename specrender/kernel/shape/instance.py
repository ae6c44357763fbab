"""Instances: a group of shapes, with a hierarchy of its own, seen through a transform."""

import numpy as np

from specrender.kernel.accel.traverse import make_rooted_traversal
from specrender.kernel.jit import kernel
from specrender.kernel.shape.layout import INSTANCE
from specrender.kernel.shape.part import intersect_part
from specrender.kernel.simd import f32, length
from specrender.kernel.transform import transform_point, transform_vector

closest_hit_below, occluded_below = make_rooted_traversal(intersect_part)


@kernel
def _local_ray(tables, transform, origin, direction):
    """(origin, unit direction, local length of a world unit along the ray)."""
    o = transform_point(tables, transform + 1, origin)
    d = transform_vector(tables, transform + 1, direction)
    scale = length(d)
    return o, d * (f32(1.0) / scale), scale


@kernel
def _intersect_instance(tables, root, transform, origin, direction, t_max):
    o, d, scale = _local_ray(tables, transform, origin, direction)
    t, u, v, primitive, item = closest_hit_below(tables, root, o, d, t_max * scale)
    if item >= 0:
        primitive = np.int32(~item)
    return t * (f32(1.0) / scale), u, v, primitive


@kernel
def _instance_occludes(tables, root, transform, origin, direction, t_max):
    o, d, scale = _local_ray(tables, transform, origin, direction)
    return occluded_below(tables, root, o, d, t_max * scale)


@kernel
def intersect_object(tables, item, origin, direction, t_max):
    """(t, u, v, primitive) of object `item`; t is infinite where it is missed.

    Of an instance, primitive is the number of a triangle, or ~item of an object of its group.
    """
    shape = tables.shapes[tables.objects[2 * item]]
    if shape.kind == INSTANCE:
        return _intersect_instance(tables, shape.root, tables.objects[2 * item + 1], origin, direction, t_max)
    return intersect_part(tables, item, origin, direction, t_max)


@kernel
def occludes_object(tables, item, origin, direction, t_max):
    """Whether object `item` is hit with t in (0, t_max)."""
    shape = tables.shapes[tables.objects[2 * item]]
    if shape.kind == INSTANCE:
        return _instance_occludes(tables, shape.root, tables.objects[2 * item + 1], origin, direction, t_max)
    return intersect_part(tables, item, origin, direction, t_max)[0] < t_max
