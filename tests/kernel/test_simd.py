"""Vector values against NumPy in double precision."""

import numpy as np
import pytest

from specrender.kernel.jit import kernel
from specrender.kernel.simd import (
    all_lanes,
    any_lane,
    clamp,
    cross,
    dot,
    f32,
    high4,
    hmax,
    hmin,
    hsum,
    join8,
    lane,
    length,
    low4,
    normalize,
    select,
    splat4,
    to_int,
    vec3,
    vec4,
    with_lane,
    x_of_halves,
    y_of_halves,
    z_of_halves,
)
from specrender.kernel.surface import frame, to_local, to_world


@kernel(entry=True)
def _geometry(a, b, out):
    """Everything on two vectors, one row of `out` a result."""
    u, v = vec3(a[0], a[1], a[2]), vec3(b[0], b[1], b[2])
    c = cross(u, v)
    n = normalize(u)
    s, t = frame(n)
    local = to_local(s, t, n, v)
    back = to_world(s, t, n, local)
    for i in range(4):
        out[0, i], out[1, i], out[2, i] = lane(c, i), lane(n, i), lane(u * v + v / f32(2.0) - f32(1.0), i)
        out[3, i], out[4, i], out[5, i], out[6, i] = lane(s, i), lane(t, i), lane(local, i), lane(back, i)
        out[7, i] = lane(select(u < v, u, v), i)
        out[8, i] = lane(clamp(u, f32(-0.5), f32(0.5)), i)
        out[9, i] = lane(with_lane(-u, 1, f32(7.0)), i)
    out[10, 0], out[10, 1] = dot(u, v), length(u)
    out[10, 2], out[10, 3] = hmax(u), hmin(u)
    out[11, 0] = hsum(u)
    out[11, 1], out[11, 2] = any_lane(u > v), all_lanes(u > v)
    out[11, 3] = all_lanes(splat4(f32(1.0)) > f32(0.5))


@kernel(entry=True)
def _halves(a, b, out):
    """What is done with two f32x4 as one f32x8, one row of `out` a result."""
    both = join8(vec4(a[0], a[1], a[2], a[3]), vec4(b[0], b[1], b[2], b[3]))
    for i in range(4):
        out[0, i], out[1, i] = lane(low4(both), i), lane(high4(both), i)
        out[2, i], out[3, i] = lane(low4(x_of_halves(both)), i), lane(high4(x_of_halves(both)), i)
        out[4, i], out[5, i] = lane(low4(y_of_halves(both)), i), lane(high4(y_of_halves(both)), i)
        out[6, i], out[7, i] = lane(low4(z_of_halves(both)), i), lane(high4(z_of_halves(both)), i)


def test_halves():
    a, b = np.arange(8, dtype=np.float32).reshape(2, 4)
    out = np.zeros((8, 4), np.float32)
    _halves(a, b, out)
    assert np.array_equal(out, [a, b, *([x] * 4 for x in (a[0], b[0], a[1], b[1], a[2], b[2]))])


@kernel(entry=True)
def _to_int(x, out):
    for i in range(x.shape[0]):
        out[i] = to_int(x[i])


@pytest.mark.parametrize("seed", range(20))
def test_vectors(seed):
    a, b = np.random.default_rng(seed).normal(size=(2, 3)).astype(np.float32)
    out = np.zeros((12, 4), np.float32)
    _geometry(a, b, out)
    n = a / np.linalg.norm(a)
    close = {"rtol": 1e-5, "atol": 1e-6}
    assert np.allclose(out[0], [*np.cross(a, b), 0.0], **close)
    assert np.allclose(out[1], [*n, 0.0], **close)
    assert np.allclose(out[2, :3], a * b + b / 2.0 - 1.0, **close)
    assert np.allclose(out[5, :3], [out[3, :3] @ b, out[4, :3] @ b, n @ b], **close)
    assert np.allclose(out[6, :3], b, **close)
    assert np.allclose(out[7, :3], np.minimum(a, b))
    assert np.allclose(out[8, :3], np.clip(a, -0.5, 0.5))
    assert np.allclose(out[9], [-a[0], 7.0, -a[2], 0.0])
    assert np.allclose(out[10], [a @ b, np.linalg.norm(a), max(*a, 0.0), min(*a, 0.0)], **close)
    assert np.isclose(out[11, 0], a.sum(), **close)
    assert list(out[11, 1:]) == [np.any(a > b), False, True]  # lane 3 is 0 in both


def test_frames_are_orthonormal():
    """Right-handed for all normals, the poles and their neighbours too."""
    normals = np.random.default_rng(0).normal(size=(200, 3))
    near = [[0, 0, 1], [0, 0, -1], [1e-4, 0, -1], [0, -1e-6, -1], [1, 0, 0], [1, 0, -1e-7], [0, 1, 1e-30]]
    for n in np.concatenate([normals, near]):
        out = np.zeros((12, 4), np.float32)
        _geometry(n.astype(np.float32), np.ones(3, np.float32), out)
        basis = out[[3, 4, 1], :3].astype(np.float64)
        assert np.allclose(basis @ basis.T, np.eye(3), atol=2e-6)
        assert np.isclose(np.linalg.det(basis), 1.0, atol=2e-6)


def test_to_int_truncates():
    x = np.array([0.0, 0.9, 1.0, -0.9, -1.5, 1e6], np.float32)
    out = np.zeros(len(x), np.int32)
    _to_int(x, out)
    assert list(out) == [0, 0, 1, 0, -1, 1_000_000]
