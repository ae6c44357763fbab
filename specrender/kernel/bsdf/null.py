"""null: an invisible surface; light goes straight through."""

import numpy as np

from specrender.kernel.bsdf.delta import evaluate_delta
from specrender.kernel.bsdf.kinds import DELTA, NULL, TRANSMISSION, BsdfKind
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, splat4

DTYPE = np.dtype([("unused", "i4")], align=True)


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    return -wo, splat4(f32(1.0)), f32(1.0), f32(1.0), np.int32(DELTA | NULL | TRANSMISSION)


KIND = BsdfKind("null", DTYPE, evaluate_delta, sample, is_smooth=False)
