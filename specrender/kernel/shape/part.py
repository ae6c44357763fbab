"""Objects of the hierarchy other than instances: dispatch by the kind of shape."""

from specrender.kernel.jit import kernel
from specrender.kernel.shape.analytic import intersect_analytic
from specrender.kernel.shape.curve import intersect_curve
from specrender.kernel.shape.layout import LINEAR_CURVE, SDF_GRID
from specrender.kernel.shape.sdf import intersect_sdf


@kernel
def intersect_part(tables, item, origin, direction, t_max):
    """(t, u, v, primitive) of object `item`, which is no instance; t is infinite where it is missed."""
    shape = tables.shapes[tables.objects[2 * item]]
    if shape.kind < LINEAR_CURVE:
        return intersect_analytic(tables, shape, origin, direction, t_max)
    part = tables.objects[2 * item + 1]
    if shape.kind == SDF_GRID:
        return intersect_sdf(tables, shape, part, origin, direction, t_max)
    return intersect_curve(tables, shape, part, origin, direction, t_max)
