"""exp, log, sine and cosine, and the angles, of scalars and of vectors, against NumPy in double precision."""

import numpy as np

from specrender.kernel.angles import acos, atan2
from specrender.kernel.elementary import exp, log, sin_cos
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, lane, vec4

EXP, LOG, SIN_COS, ACOS = range(4)


@kernel(entry=True)
def _unary(which, x, scalars, vectors):
    """A function of each x: (n, 2) from scalars, (n, 2) from lane 2 of a vector with other numbers beside it."""
    for i in range(x.shape[0]):
        v = vec4(f32(0.5), f32(2.0), x[i], f32(1.0))
        if which == EXP:
            scalars[i, 0], vectors[i, 0] = exp(x[i]), lane(exp(v), 2)
        elif which == LOG:
            scalars[i, 0], vectors[i, 0] = log(x[i]), lane(log(v), 2)
        elif which == SIN_COS:
            scalars[i, 0], scalars[i, 1] = sin_cos(x[i])
            s, c = sin_cos(v)
            vectors[i, 0], vectors[i, 1] = lane(s, 2), lane(c, 2)
        else:
            scalars[i, 0] = acos(x[i])


@kernel(entry=True)
def _atan2(y, x, out):
    for i in range(x.shape[0]):
        out[i] = atan2(y[i], x[i])


def unary(which, x):
    x = np.ascontiguousarray(x, np.float32)
    scalars, vectors = np.zeros((len(x), 2), np.float32), np.zeros((len(x), 2), np.float32)
    _unary(np.int32(which), x, scalars, vectors)
    if which != ACOS:
        assert np.array_equal(scalars, vectors)
    return x.astype(np.float64), scalars.astype(np.float64)


def test_exp():
    x, found = unary(EXP, np.linspace(-87.0, 88.0, 100_001))
    assert np.abs(found[:, 0] / np.exp(x) - 1.0).max() < 2e-7
    _, ends = unary(EXP, [-1000.0, 0.0, 1000.0, -np.inf])
    assert ends[0, 0] == ends[3, 0] < 2e-38
    assert ends[1, 0] == 1.0
    assert np.isfinite(ends[2, 0])


def test_log():
    x, found = unary(LOG, np.concatenate([np.geomspace(1.2e-38, 3e38, 100_001), np.linspace(0.5, 2.0, 100_001)]))
    error = np.abs(found[:, 0] - np.log(x))
    assert np.all((error < 1.5e-7 * np.abs(np.log(x))) | (error < 6e-8))
    _, ends = unary(LOG, [1.0, 0.0, -3.0])
    assert ends[0, 0] == 0.0
    assert np.allclose(ends[1:, 0], np.log(1.17549435e-38))


def test_sine_and_cosine():
    x, found = unary(SIN_COS, np.concatenate([np.linspace(-8.0, 8.0, 100_001), np.linspace(-8000.0, 8000.0, 100_001)]))
    assert np.abs(found - np.stack([np.sin(x), np.cos(x)], axis=1)).max() < 1.5e-7


def test_acos():
    x, found = unary(ACOS, np.concatenate([np.linspace(-1.0, 1.0, 100_001), 1.0 - np.geomspace(1e-7, 0.1, 1001)]))
    assert np.abs(found[:, 0] - np.arccos(x)).max() < 5e-7
    _, outside = unary(ACOS, [-1.5, 1.5])
    assert np.allclose(outside[:, 0], [np.pi, 0.0])


def test_atan2():
    angle = np.linspace(-np.pi, np.pi, 100_001)
    for radius in (1.0, 1e-30, 1e30):
        x, y = (radius * np.cos(angle)).astype(np.float32), (radius * np.sin(angle)).astype(np.float32)
        out = np.zeros(len(x), np.float32)
        _atan2(y, x, out)
        assert np.abs(out - np.arctan2(y.astype(np.float64), x.astype(np.float64))).max() < 3e-7
    y, x = np.array([0.0, 1.0, -1.0, 0.0], np.float32), np.array([0.0, 0.0, 0.0, -1.0], np.float32)
    out = np.zeros(4, np.float32)
    _atan2(y, x, out)
    assert np.allclose(out, [0.0, np.pi / 2, -np.pi / 2, np.pi])
