"""Affine matrices from the operations that scene files write; all (4, 4) float64, acting on column vectors."""

from __future__ import annotations

import math

import numpy as np


def translate(vector):
    """Translation by `vector` (3,)."""
    matrix = np.eye(4)
    matrix[:3, 3] = vector
    return matrix


def scale(factors):
    """Scaling by one factor or three."""
    matrix = np.eye(4)
    matrix[[0, 1, 2], [0, 1, 2]] = factors
    return matrix


def rotate(axis, angle_deg, normalize=True):
    """Rotation about `axis` (3,), right-handed, by `angle_deg`; ValueError for a zero axis.  Rodrigues' formula.

    Without `normalize` the axis enters the formula as it is, and the result is a rotation only if its length is 1.
    """
    axis = np.asarray(axis, np.float64)
    length = np.linalg.norm(axis)
    if not length > 0 or not math.isfinite(length):
        raise ValueError("the rotation axis must not be zero")
    if normalize:
        axis = axis / length
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sin, cos = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
    matrix = np.eye(4)
    matrix[:3, :3] = cos * np.eye(3) + sin * cross + (1 - cos) * np.outer(axis, axis)
    return matrix


def look_at(origin, target, up=None):
    """Camera frame at `origin` with +z towards `target` and +y near `up`; +x is to the left (Mitsuba's frame).

    Without an `up`, or with a zero one, it is chosen as Mitsuba does [Duff2017].  ValueError when origin and target
    are the same point or `up` is parallel to the view.
    """
    origin, target = np.asarray(origin, np.float64), np.asarray(target, np.float64)
    direction = target - origin
    length = np.linalg.norm(direction)
    if not length > 0 or not math.isfinite(length):
        raise ValueError("look_at needs an origin and a target that differ")
    direction /= length
    up = np.zeros(3) if up is None else np.asarray(up, np.float64)
    if not up.any():
        up = _any_perpendicular(direction)
    left = np.cross(up, direction)
    length = np.linalg.norm(left)
    if not length > 1e-12 * np.linalg.norm(up):
        raise ValueError("the up vector of look_at is parallel to the view direction")
    left /= length
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([left, np.cross(direction, left), direction, origin])
    return matrix


def from_values(values):
    """Matrix from 16 or 9 numbers in row order; ValueError for another count."""
    values = np.asarray(values, np.float64)
    if values.size == 16:
        return values.reshape(4, 4)
    if values.size == 9:
        matrix = np.eye(4)
        matrix[:3, :3] = values.reshape(3, 3)
        return matrix
    raise ValueError(f"a matrix has 16 or 9 numbers, got {values.size}")


def _any_perpendicular(n):
    """The first tangent of the orthonormal basis of [Duff2017]."""
    sign = math.copysign(1.0, n[2])
    a = -1.0 / (sign + n[2])
    return np.array([1 + sign * n[0] * n[0] * a, sign * n[0] * n[1] * a, -sign * n[0]])
