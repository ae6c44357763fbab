"""Casting rays into the scene: the BVH's traversal joined with the shapes it holds."""

from specrender.kernel.accel.traverse import make_traversal
from specrender.kernel.shape import intersect_object, occludes_object

#: closest_hit(tables, origin, direction, t_max) -> (t, u, v, primitive, object); t = inf if nothing is hit.
#: occluded(tables, origin, direction, t_max) -> bool.
closest_hit, occluded = make_traversal(intersect_object, occludes_object)

#: Both once more, for the second place that asks: with one caller each, all are inlined (1 % of a render).
first_hit, blocked = make_traversal(intersect_object, occludes_object)
