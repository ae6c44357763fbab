"""The weight of multiple importance sampling over the whole range of float32."""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.path import power_heuristic


@kernel(entry=True)
def _weights(a, b, out):
    for i in range(a.shape[0]):
        out[i] = power_heuristic(a[i], b[i])


def test_power_heuristic():
    """a^2 / (a^2 + b^2), also where the squares leave float32 or one technique cannot make the sample."""
    a = np.array([1.0, 3.0, 1e30, 1e-30, 1e25, 0.0, 2.0, 1e38, np.inf], np.float32)
    b = np.array([1.0, 1.0, 1e30, 3e-30, 1.0, 1.0, 0.0, 1e-38, 1.0], np.float32)
    out = np.zeros(len(a), np.float32)
    _weights(a, b, out)
    assert np.allclose(out, [0.5, 0.9, 0.5, 0.1, 1.0, 0.0, 1.0, 1.0, 1.0])
