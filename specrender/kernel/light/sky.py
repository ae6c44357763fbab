"""sunsky: the clear sky of [Hosek2012] and a sun of even brightness [Hosek2013].

The model gives radiance at eleven wavelengths, 320 to 720 nm, as a function of the angles to the zenith and to the sun;
in between it is linear, and outside it is 0.  In tables.values, at load4 index `offset`, there are three f32x4 (twelve
lanes, the last unused) for each of: the nine parameters, the radiance they multiply, the radiance of the sun.  RGB mode
has twelve columns more: what each wavelength adds to R, G, B.  The zenith is +y of the sky's own frame.
"""

import numpy as np

from specrender.kernel.angles import acos
from specrender.kernel.elementary import exp
from specrender.kernel.jit import kernel
from specrender.kernel.light.distribution import ONE_MINUS_EPSILON
from specrender.kernel.simd import dot, f32, fabs, fmax, fmin, lane, splat4, sqrt, vec3
from specrender.kernel.surface import frame, to_world
from specrender.kernel.tables import load4
from specrender.kernel.warp import TWO_PI, sample_cone

WAVELENGTHS = 11
FIRST_NM = f32(320.0)
INV_STEP = f32(1.0 / 40.0)

#: Groups of three f32x4 in the table, behind those of the nine parameters.
RADIANCE = 9
SUN = 10
TO_RGB = 11


@kernel(forceinline=True)
def _sun_direction(light):
    return vec3(light.sun_x, light.sun_y, light.sun_z)


@kernel(forceinline=True)
def in_sun(light, local):
    """Whether a direction meets the sun's disk."""
    # by the chord: cosines near 1 would blur the rim
    chord = local - _sun_direction(light)
    return dot(chord, chord) < f32(2.0) * light.sun_cap


@kernel(forceinline=True)
def sun_pdf(light):
    """Density of `sample_sun` within the disk."""
    return f32(1.0) / (TWO_PI * light.sun_cap)


@kernel(forceinline=True)
def sample_sun(light, u1, u2):
    """A direction uniform over the disk; just inside its rim, where `in_sun` agrees."""
    n = _sun_direction(light)
    s, t = frame(n)
    return to_world(s, t, n, sample_cone(light.sun_cap * f32(0.9999), fmin(u1, ONE_MINUS_EPSILON), u2))


@kernel(forceinline=True)
def _eval(tables, light, group, cos_theta, gamma, cos_gamma, is_sun):
    """Radiance (f32x4) at four of the wavelengths.  Source: [Hosek2012] eq. 8 and 9, with its erratum's sqrt."""
    values, base = tables.values, light.offset + group
    a, b, c = load4(values, base), load4(values, base + 3), load4(values, base + 6)
    d, e, f = load4(values, base + 9), load4(values, base + 12), load4(values, base + 15)
    g, h, i = load4(values, base + 18), load4(values, base + 21), load4(values, base + 24)
    square = cos_gamma * cos_gamma
    horizon = f32(1.0) + a * exp(b / (cos_theta + f32(0.01)))
    spread = f32(1.0) + i * i - f32(2.0) * i * cos_gamma
    chi = (f32(1.0) + square) / (spread * sqrt(spread))
    glow = c + d * exp(e * gamma) + f * square + g * chi + h * sqrt(cos_theta)
    # the fit dips below nothing here and there
    sky = fmax(horizon * glow, f32(0.0)) * load4(values, base + 3 * RADIANCE)
    if is_sun:
        sky += load4(values, base + 3 * SUN)
    return sky


@kernel
def sky_radiance(tables, light, local, is_sun, wavelengths):
    """Radiance (f32x4) of sky and sun in a direction of the sky's frame above the horizon."""
    cos_theta = fmin(fmax(lane(local, 1), f32(0.0)), f32(1.0))
    cos_gamma = fmin(dot(local, _sun_direction(light)), f32(1.0))
    gamma = acos(cos_gamma)
    result = splat4(f32(0.0))
    position = (wavelengths - FIRST_NM) * INV_STEP
    columns = light.offset + 3 * TO_RGB
    for group in range(3):
        radiance = _eval(tables, light, group, cos_theta, gamma, cos_gamma, is_sun)
        for k in range(4):
            index = 4 * group + k
            if light.is_rgb:
                weight = load4(tables.values, columns + index)
            else:
                weight = fmax(f32(1.0) - fabs(position - f32(index)), f32(0.0))
            result += weight * lane(radiance, np.int32(k))
    return result * light.scale
