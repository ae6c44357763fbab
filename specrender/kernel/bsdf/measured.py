"""measured: reflection of a real surface from a table of the RGL material database, from the front side.

The tables are functions on the unit square that stands for directions; each depends on the elevation theta and the
azimuth phi of the view, between whose entries it is linear: see `measured_warp`, and `scene.compile.measured` for
where they come from.

theta, theta_count, phi, phi_count : offsets in `values` of the views [rad], and their numbers.
channels, channel_count : wavelengths [nm] of the spectra; a count of 0 means that lanes are R, G, B.
ndf, ndf_width, ndf_height; sigma ... : density of the normals over the square; projected area of the surface.
vndf, vndf_conditional, vndf_marginal, vndf_width, vndf_height : density of the visible normals.
luminance, luminance_conditional, luminance_marginal, spectra, width, height : brightness and spectra over the square
    that the visible normals make uniform.
isotropic : azimuths are relative to the view's.  reduction : 2 or 4 if only that part of the azimuths is stored.
jacobian : the spectra are relative to the density of normals over the projected area.

Source: [Dupuy2018].
"""

import numpy as np

from specrender.kernel.angles import HALF_PI, INV_TWO_PI, PI, atan2
from specrender.kernel.bsdf.kinds import BsdfKind
from specrender.kernel.bsdf.measured_warp import (
    bilinear,
    cell,
    corner,
    density,
    interval,
    invert_warp,
    sample_warp,
    view_of,
)
from specrender.kernel.bsdf.parameters import LEAST_PDF
from specrender.kernel.elementary import sin_cos
from specrender.kernel.fresnel import reflect
from specrender.kernel.jit import kernel
from specrender.kernel.simd import copysign, dot, f32, floor, fmax, lane, normalize, splat4, sqrt, vec3, with_lane
from specrender.kernel.tables import record

FIELDS = (
    "theta theta_count phi phi_count channels channel_count ndf ndf_width ndf_height sigma sigma_width sigma_height "
    "vndf vndf_conditional vndf_marginal vndf_width vndf_height luminance luminance_conditional luminance_marginal "
    "spectra width height isotropic reduction jacobian"
).split()
DTYPE = np.dtype([(name, "i4") for name in FIELDS], align=True)


@kernel
def _sine(w):
    return sqrt(lane(w, 0) * lane(w, 0) + lane(w, 1) * lane(w, 1))


@kernel
def _to_square(w, phi):
    """Point of the square for a direction whose azimuth counts as phi [rad, any]: (root of the elevation, azimuth)."""
    azimuth = (phi + PI) * INV_TWO_PI
    return sqrt(atan2(_sine(w), lane(w, 2)) * f32(2.0 / np.pi)), azimuth - floor(azimuth)


@kernel
def _fold(p, wo):
    """Signs of x and y by which directions come into the part of the azimuths that is stored."""
    if p.reduction < 2:
        return vec3(f32(1.0), f32(1.0), f32(1.0))
    y = -copysign(f32(1.0), lane(wo, 1))
    x = -copysign(f32(1.0), lane(wo, 0)) if p.reduction == 4 else y
    return vec3(x, y, f32(1.0))


@kernel
def _jacobian(x, sin_m, cos_d):
    """Solid angle of directions per area of the square: that of normals by their elevation, times 4 cos."""
    return fmax(f32(2.0 * np.pi * np.pi) * x * sin_m, f32(1e-6)) * f32(4.0) * cos_d


@kernel
def _spectrum(tables, p, view, x, y, wavelengths):
    """f32x4 of the spectra at a point of their square."""
    column, u = cell(x, p.width)
    row, v = cell(y, p.height)
    size, values = p.width * p.height, tables.values
    count = p.channel_count if p.channel_count > 0 else np.int32(3)
    texel = p.spectra + row * p.width + column
    result = splat4(f32(0.0))
    for k in range(4 if p.channel_count > 0 else 3):
        first, t = np.int32(k), f32(0.0)
        if p.channel_count > 0:
            first, t = interval(tables, p.channels, count, lane(wavelengths, k))
        value = f32(0.0)
        for i in range(4):
            part, share = corner(view, i)
            if share > f32(0.0):
                for step in range(2):
                    weight = share * (t if step == 1 else f32(1.0) - t)
                    if weight > f32(0.0):
                        at = texel + (part * count + first + step) * size
                        top = values[at] + u * (values[at + 1] - values[at])
                        at += p.width
                        low = values[at] + u * (values[at + 1] - values[at])
                        value += weight * (top + v * (low - top))
        result = with_lane(result, np.int32(k), value)
    return result


@kernel
def _value(tables, p, view, wo, m_x, m_y, x, y, wavelengths):
    """Value times cos_i at the normal (m_x, m_y) of the square, which is (x, y) on that of the spectra."""
    value = _spectrum(tables, p, view, x, y, wavelengths)
    if p.jacobian:
        o_x, o_y = _to_square(wo, atan2(lane(wo, 1), lane(wo, 0)))
        area = bilinear(tables, p.sigma, p.sigma_width, p.sigma_height, o_x, o_y)
        normals = bilinear(tables, p.ndf, p.ndf_width, p.ndf_height, m_x, m_y)
        value *= normals / fmax(f32(4.0) * area, f32(1e-20))
    return value


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    fold = _fold(p, wo)
    wo, wi = wo * fold, wi * fold
    m = normalize(wo + wi)
    phi = atan2(lane(wo, 1), lane(wo, 0))
    phi_m = atan2(lane(m, 1), lane(m, 0))
    if p.isotropic:
        phi_m -= phi
    m_x, m_y = _to_square(m, phi_m)
    view = view_of(tables, p, atan2(_sine(wo), lane(wo, 2)), phi)
    x, y, pdf = invert_warp(
        tables, view, p.vndf, p.vndf_conditional, p.vndf_marginal, p.vndf_width, p.vndf_height, m_x, m_y
    )
    pdf *= density(tables, view, p.luminance, p.width, p.height, x, y)
    pdf *= f32(1.0) / _jacobian(m_x, _sine(m), dot(wo, m))
    return _value(tables, p, view, wo, m_x, m_y, x, y, wavelengths), pdf


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    if lane(wo, 2) <= f32(0.0):
        return wo, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    fold = _fold(p, wo)
    wo = wo * fold
    phi = atan2(lane(wo, 1), lane(wo, 0))
    view = view_of(tables, p, atan2(_sine(wo), lane(wo, 2)), phi)
    x, y, pdf = sample_warp(
        tables, view, p.luminance, p.luminance_conditional, p.luminance_marginal, p.width, p.height, u2, u1
    )
    m_x, m_y, pdf_m = sample_warp(
        tables, view, p.vndf, p.vndf_conditional, p.vndf_marginal, p.vndf_width, p.vndf_height, x, y
    )
    phi_m = f32(2.0) * PI * m_y - PI
    if p.isotropic:
        phi_m += phi
    sin_m, cos_m = sin_cos(m_x * m_x * HALF_PI)
    sin_phi, cos_phi = sin_cos(phi_m)
    m = vec3(cos_phi * sin_m, sin_phi * sin_m, cos_m)
    cos_d = dot(wo, m)
    wi = reflect(wo, m)
    if cos_d <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return wi * fold, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    pdf *= pdf_m / _jacobian(m_x, sin_m, cos_d)
    if pdf <= LEAST_PDF:
        return wi * fold, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    value = _value(tables, p, view, wo, m_x, m_y, x, y, wavelengths)
    return wi * fold, value * (f32(1.0) / pdf), pdf, f32(1.0), np.int32(0)


KIND = BsdfKind("measured", DTYPE, evaluate, sample, is_anisotropic=True, is_outlined=True)
