"""Whether a ray can meet a lamp at all, by the box around all of them.

Of a ray that may bring light and nothing else, as the last one of a path, that is most of what there is to know.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import copysign, dot, f32, fabs, fmax, fmin, hmax, hmin, splat4
from specrender.kernel.tables import load4

#: Components of a direction nearer to zero count as this much, so that no distance is 0 * inf.
SMALLEST_DIRECTION = f32(1e-18)


@kernel(forceinline=True)
def may_meet_lamp(tables, origin, direction):
    """False only if the ray meets no area light that its scene has; true for directions that are not finite.

    The box is packed with room for all roundings here and of the hits that it must not miss.
    """
    if not dot(direction, direction) < f32(np.inf):
        return True
    box = np.int64(tables.settings[0].lamp_box)
    if box < 0:
        return False
    inverse = f32(1.0) / copysign(fmax(fabs(direction), splat4(SMALLEST_DIRECTION)), direction)
    # in lane 3 the box is from -1 to 1, and the ray stays at 0
    low, high = (load4(tables.values, box) - origin) * inverse, (load4(tables.values, box + 1) - origin) * inverse
    return hmin(fmax(low, high)) >= fmax(hmax(fmin(low, high)), f32(0.0))
