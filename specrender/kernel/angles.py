"""Inverse trigonometric functions in float32, the same on every machine.  atan2 after Cephes [Moshier1989]."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import copysign, f32, fabs, fmax, fmin, pick, select, splat4, sqrt

PI = f32(np.pi)
HALF_PI = f32(np.pi / 2)
INV_TWO_PI = f32(0.5 / np.pi)


@kernel(forceinline=True)
def atan2(y, x):
    """Angle of (x, y) in [-pi, pi], absolute error below 3e-7; 0 at the origin.  No branch: angles are random."""
    ax, ay = fabs(x), fabs(y)
    q = fmin(ax, ay) / fmax(fmax(ax, ay), f32(1e-37))
    steep = q > f32(0.41421356)  # tan(pi / 8)
    q = pick(steep, q - f32(1.0), q) / pick(steep, q + f32(1.0), f32(1.0))
    shift = pick(steep, f32(np.pi / 4), f32(0.0))
    z = q * q
    p = ((f32(8.05374449538e-2) * z - f32(1.38776856032e-1)) * z + f32(1.99777106478e-1)) * z - f32(3.33329491539e-1)
    angle = shift + (p * z * q + q)
    angle = pick(ay > ax, HALF_PI - angle, angle)
    angle = pick(x < f32(0.0), PI - angle, angle)
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


@kernel(forceinline=True)
def acos(x):
    """Angle in [0, pi] whose cosine is x, absolute error below 5e-7; x is clamped to [-1, 1].

    Source: [Abramowitz1964] 4.4.46.
    """
    size = fmin(fabs(x), f32(1.0))
    p = f32(-0.0012624911)
    p = p * size + f32(0.0066700901)
    p = p * size - f32(0.0170881256)
    p = p * size + f32(0.0308918810)
    p = p * size - f32(0.0501743046)
    p = p * size + f32(0.0889789874)
    p = p * size - f32(0.2145988016)
    p = p * size + f32(1.5707963050)
    angle = p * sqrt(f32(1.0) - size)
    return pick(x < f32(0.0), PI - angle, angle)
