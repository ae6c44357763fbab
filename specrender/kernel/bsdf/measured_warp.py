"""Functions on the unit square that depend on the direction of view: their values, and sampling in proportion to them.

A table holds one slice of height x width values for each pair of (phi, theta) of the views; it is bilinear on the
square, and linear between the slices.  The distributions that `sample_warp` inverts (conditional along a row,
marginal over rows) are linear between slices, too.  Source: [Dupuy2018] section 4, as Mitsuba 3's Marginal2D.
"""

from typing import NamedTuple

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.simd import clamp, f32, fabs, fmax, sqrt, to_int


class View(NamedTuple):
    """The four slices around a view, and their shares."""

    slice0: "int32"  # noqa: F821 (a kernel type)
    slice1: "int32"  # noqa: F821
    slice2: "int32"  # noqa: F821
    slice3: "int32"  # noqa: F821
    share0: "float32"  # noqa: F821
    share1: "float32"  # noqa: F821
    share2: "float32"  # noqa: F821
    share3: "float32"  # noqa: F821


@kernel
def interval(tables, offset, count, x):
    """(i, t): x lies at the share t between the entries i and i + 1 of a rising table; ends hold outside."""
    if count < 2:
        return np.int32(0), f32(0.0)
    low, high = 0, count - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if tables.values[offset + middle] < x:
            low = middle
        else:
            high = middle
    first = tables.values[offset + low]
    t = (x - first) / (tables.values[offset + low + 1] - first)
    return np.int32(low), clamp(t, f32(0.0), f32(1.0))


@kernel
def view_of(tables, p, theta, phi):
    """The slices around a direction of view."""
    i, t = interval(tables, p.theta, p.theta_count, theta)
    j, s = interval(tables, p.phi, p.phi_count, phi)
    n = p.theta_count
    i1, j1 = min(i + 1, n - 1), min(j + 1, p.phi_count - 1)
    one = f32(1.0)
    return View(
        np.int32(j * n + i),
        np.int32(j * n + i1),
        np.int32(j1 * n + i),
        np.int32(j1 * n + i1),
        (one - s) * (one - t),
        (one - s) * t,
        s * (one - t),
        s * t,
    )


@kernel
def corner(view, k):
    """(slice, share) of the k-th of the four slices."""
    if k == 0:
        return view.slice0, view.share0
    if k == 1:
        return view.slice1, view.share1
    if k == 2:
        return view.slice2, view.share2
    return view.slice3, view.share3


@kernel
def _mix(tables, view, offset, stride, index):
    """Entry `index` of slices that are `stride` apart."""
    values, at = tables.values, offset + index
    a = values[at + view.slice0 * stride] * view.share0 + values[at + view.slice1 * stride] * view.share1
    return a + values[at + view.slice2 * stride] * view.share2 + values[at + view.slice3 * stride] * view.share3


@kernel
def cell(x, size):
    """(index of the interval, position within it) of x in [0, 1] on a grid of `size` points."""
    x = clamp(x, f32(0.0), f32(1.0)) * f32(size - 1)
    i = min(to_int(x), size - 2)
    return i, x - f32(i)


@kernel
def bilinear(tables, offset, width, height, x, y):
    """Value at (x, y) of a table that does not depend on the view."""
    column, u = cell(x, width)
    row, v = cell(y, height)
    values, at = tables.values, offset + row * width + column
    top = values[at] + u * (values[at + 1] - values[at])
    at += width
    low = values[at] + u * (values[at + 1] - values[at])
    return top + v * (low - top)


@kernel
def _corners(tables, view, data, width, size, column, row):
    at = row * width + column
    return (
        _mix(tables, view, data, size, at),
        _mix(tables, view, data, size, at + 1),
        _mix(tables, view, data, size, at + width),
        _mix(tables, view, data, size, at + width + 1),
    )


@kernel
def density(tables, view, data, width, height, x, y):
    """Density per area of the square at (x, y)."""
    column, u = cell(x, width)
    row, v = cell(y, height)
    v00, v10, v01, v11 = _corners(tables, view, data, width, width * height, column, row)
    top = v00 + u * (v10 - v00)
    low = v01 + u * (v11 - v01)
    return (top + v * (low - top)) * f32((width - 1) * (height - 1))


@kernel
def _solve_linear(a, b, area):
    """Where the integral from 0 of the line from a (at 0) to b (at 1) reaches `area`."""
    root = sqrt(fmax(f32(0.0), a * a + f32(2.0) * area * (b - a)))
    # the form of the quadratic formula that does not cancel, and holds for a = b
    return clamp(f32(2.0) * area / fmax(a + root, f32(1e-30)), f32(0.0), f32(1.0))


@kernel
def sample_warp(tables, view, data, conditional, marginal, width, height, u, v):
    """(x, y, density) distributed as a table of slices, by way of uniform (u, v)."""
    size = width * height
    u, v = clamp(u, f32(1e-7), f32(1.0 - 2.0**-24)), clamp(v, f32(1e-7), f32(1.0 - 2.0**-24))
    # ---------------- the row
    low, high = 0, height - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if _mix(tables, view, marginal, height, middle) < v:
            low = middle
        else:
            high = middle
    row = low
    v -= _mix(tables, view, marginal, height, row)
    r0 = _mix(tables, view, conditional, size, row * width + width - 1)
    r1 = _mix(tables, view, conditional, size, row * width + 2 * width - 1)
    v = _solve_linear(r0, r1, v)
    # ---------------- the column, in the mixture of the rows above and below
    u *= r0 + v * (r1 - r0)
    low, high = 0, width - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if _between_rows(tables, view, conditional, size, width, row, middle, v) < u:
            low = middle
        else:
            high = middle
    column = low
    u -= _between_rows(tables, view, conditional, size, width, row, column, v)
    v00, v10, v01, v11 = _corners(tables, view, data, width, size, column, row)
    c0, c1 = v00 + v * (v01 - v00), v10 + v * (v11 - v10)
    u = _solve_linear(c0, c1, u)
    x = (f32(column) + u) / f32(width - 1)
    y = (f32(row) + v) / f32(height - 1)
    return x, y, (c0 + u * (c1 - c0)) * f32((width - 1) * (height - 1))


@kernel
def _between_rows(tables, view, conditional, size, width, row, column, v):
    above = _mix(tables, view, conditional, size, row * width + column)
    return above + v * (_mix(tables, view, conditional, size, (row + 1) * width + column) - above)


@kernel
def invert_warp(tables, view, data, conditional, marginal, width, height, x, y):
    """(u, v, density): which uniform point `sample_warp` takes to (x, y)."""
    size = width * height
    column, u = cell(x, width)
    row, v = cell(y, height)
    v00, v10, v01, v11 = _corners(tables, view, data, width, size, column, row)
    c0, c1 = v00 + v * (v01 - v00), v10 + v * (v11 - v10)
    found = (c0 + u * (c1 - c0)) * f32((width - 1) * (height - 1))
    u = u * (c0 + f32(0.5) * u * (c1 - c0))
    u += _between_rows(tables, view, conditional, size, width, row, column, v)
    r0 = _mix(tables, view, conditional, size, row * width + width - 1)
    r1 = _mix(tables, view, conditional, size, row * width + 2 * width - 1)
    u = u / fmax(fabs(r0 + v * (r1 - r0)), f32(1e-30))
    v = v * (r0 + f32(0.5) * v * (r1 - r0)) + _mix(tables, view, marginal, height, row)
    return u, v, found
