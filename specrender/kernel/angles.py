"""Inverse trigonometric functions in float32, the same on every machine.  After Cephes [Moshier1989]."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import copysign, f32, fabs, fmax, fmin, select, splat4, sqrt

PI = f32(np.pi)
HALF_PI = f32(np.pi / 2)
INV_TWO_PI = f32(0.5 / np.pi)


@kernel
def atan2(y, x):
    """Angle of (x, y) in [-pi, pi], absolute error below 3e-7; 0 at the origin."""
    ax, ay = fabs(x), fabs(y)
    big, small = fmax(ax, ay), fmin(ax, ay)
    if big == f32(0.0):
        return f32(0.0)
    q = small / big
    shift = f32(0.0)
    if q > f32(0.41421356):  # tan(pi / 8)
        q = (q - f32(1.0)) / (q + f32(1.0))
        shift = f32(np.pi / 4)
    z = q * q
    p = ((f32(8.05374449538e-2) * z - f32(1.38776856032e-1)) * z + f32(1.99777106478e-1)) * z - f32(3.33329491539e-1)
    angle = shift + (p * z * q + q)
    if ay > ax:
        angle = HALF_PI - angle
    if x < f32(0.0):
        angle = PI - angle
    return copysign(angle, y)


@kernel(forceinline=True)
def atan2_lanes(y, x):
    """`atan2` of f32x4, lane by lane."""
    ax, ay = fabs(x), fabs(y)
    q = fmin(ax, ay) / fmax(fmax(ax, ay), f32(1e-37))
    steep = q > f32(0.41421356)
    q = select(steep, (q - f32(1.0)) / (q + f32(1.0)), q)
    shift = select(steep, f32(np.pi / 4), splat4(f32(0.0)))
    z = q * q
    p = ((f32(8.05374449538e-2) * z - f32(1.38776856032e-1)) * z + f32(1.99777106478e-1)) * z - f32(3.33329491539e-1)
    angle = shift + (p * z * q + q)
    angle = select(ay > ax, HALF_PI - angle, angle)
    angle = select(x < f32(0.0), PI - angle, angle)
    return copysign(angle, y)


@kernel
def acos(x):
    """Angle in [0, pi] whose cosine is x, absolute error below 4e-7; x is clamped to [-1, 1]."""
    x = fmin(fmax(x, f32(-1.0)), f32(1.0))
    return atan2(sqrt(fmax(f32(0.0), (f32(1.0) - x) * (f32(1.0) + x))), x)
