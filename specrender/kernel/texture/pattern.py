"""noise, marble and wood: patterns in uv, as the share of the second of two colours.

All are made of gradient noise [Perlin2002] in two dimensions, with gradients from a hash instead of a table.
"""

import numpy as np

from specrender.kernel.elementary import sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, fabs, floor, fmin, sqrt, to_int
from specrender.kernel.texture.image import texture_uv
from specrender.kernel.texture.layout import MARBLE, WOOD
from specrender.kernel.warp import TWO_PI

SQRT2 = f32(np.sqrt(2.0))
#: Beyond this the fraction of a float32 coordinate has no bits left.
LARGEST = f32(1e6)
#: Where in a ring of wood the dark, late part reaches its maximum.
LATE_WOOD = f32(0.85)


@kernel
def _gradient(ix, iy, seed, x, y):
    """Dot product of (x, y) with one of eight vectors of length sqrt(2), chosen by a hash of the corner."""
    # the lowbias32 mixer of [Wellons2018]; int64 arithmetic keeps the low 32 bits right
    h = (ix * 0x8DA6B343 + iy * 0xD8163841 + seed * 0xCB1AB31F) & 0xFFFFFFFF
    h ^= h >> 16
    h = (h * 0x7FEB352D) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x846CA68B) & 0xFFFFFFFF
    h ^= h >> 16
    if h & 4:
        along = x if h & 1 else y
        return SQRT2 * (along if h & 2 else -along)
    return (x if h & 1 else -x) + (y if h & 2 else -y)


@kernel(forceinline=True)
def _fade(t):
    """The quintic with zero first and second derivatives at both ends [Perlin2002]."""
    return t * t * t * (t * (t * f32(6.0) - f32(15.0)) + f32(10.0))


@kernel
def gradient_noise(x, y, seed):
    """Noise in [-1, 1] with features of about one unit; 0 at the corners of the unit grid."""
    x, y = clamp(x, -LARGEST, LARGEST), clamp(y, -LARGEST, LARGEST)
    x_floor, y_floor = floor(x), floor(y)
    ix, iy = np.int64(to_int(x_floor)), np.int64(to_int(y_floor))
    fx, fy = x - x_floor, y - y_floor
    one = f32(1.0)
    a = _gradient(ix, iy, seed, fx, fy)
    b = _gradient(ix + 1, iy, seed, fx - one, fy)
    c = _gradient(ix, iy + 1, seed, fx, fy - one)
    d = _gradient(ix + 1, iy + 1, seed, fx - one, fy - one)
    wx, wy = _fade(fx), _fade(fy)
    top = a + wx * (b - a)
    return top + wy * (c + wx * (d - c) - top)


@kernel
def _octaves(texture, u, v, ridged):
    """Sum of noise of doubling frequency and falling amplitude, scaled back to [-1, 1] (ridged: of |noise|, [0, 1])."""
    total, amplitude, norm = f32(0.0), f32(1.0), f32(0.0)
    for octave in range(texture.count):
        n = gradient_noise(u, v, np.int64(texture.width) + octave)
        total += amplitude * (fabs(n) if ridged else n)
        norm += amplitude
        amplitude *= texture.value0
        u, v = f32(2.0) * u, f32(2.0) * v
    return total / norm


@kernel
def mixing(texture, surface):
    """Share of child1 in [0, 1] at a surface point, by the kind of pattern."""
    u, v = texture_uv(texture, surface)
    if texture.kind == MARBLE:
        s, _ = sin_cos(TWO_PI * clamp(u + texture.value1 * _octaves(texture, u, v, True), -LARGEST, LARGEST))
        return f32(0.5) + f32(0.5) * s
    n = _octaves(texture, u, v, False)
    if texture.kind == WOOD:
        radius = clamp(sqrt(u * u + v * v) + texture.value1 * n, -LARGEST, LARGEST)
        ring = radius - floor(radius)
        # darkens slowly towards the end of a season and starts light again
        return fmin(ring / LATE_WOOD, (f32(1.0) - ring) / (f32(1.0) - LATE_WOOD))
    return f32(0.5) + f32(0.5) * n
