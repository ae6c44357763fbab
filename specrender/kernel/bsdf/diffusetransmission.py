"""diffusetransmission: a sheet that scatters light evenly to both sides, the same from either.

reflectance, transmittance : spectral textures, the shares that return and pass; together at most 1.
"""

import numpy as np

from specrender.kernel.bsdf.kinds import TRANSMISSION, BsdfKind
from specrender.kernel.bsdf.parameters import mean4
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, fabs, fmax, lane, splat4
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import INV_PI, sample_cosine_hemisphere

DTYPE = np.dtype([("reflectance", "i4"), ("transmittance", "i4")], align=True)


@kernel
def _parts(tables, offset, surface, wavelengths):
    """(reflectance, transmittance, chance of a reflection)."""
    p = record(tables.bsdf_parameters, offset, DTYPE)
    back = evaluate_texture(tables, p.reflectance, surface, wavelengths)
    through = evaluate_texture(tables, p.transmittance, surface, wavelengths)
    return back, through, mean4(back) / fmax(mean4(back + through), f32(1e-20))


@kernel
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) == f32(0.0) or lane(wi, 2) == f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    back, through, chance = _parts(tables, offset, surface, wavelengths)
    pdf = INV_PI * fabs(lane(wi, 2))
    if (lane(wo, 2) > f32(0.0)) == (lane(wi, 2) > f32(0.0)):
        return back * pdf, chance * pdf
    return through * pdf, (f32(1.0) - chance) * pdf


@kernel
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    back, through, chance = _parts(tables, offset, surface, wavelengths)
    reflects = u_lobe < chance
    wi = sample_cosine_hemisphere(u1, u2)
    pdf = INV_PI * lane(wi, 2)
    if (lane(wo, 2) > f32(0.0)) != reflects:
        wi = -wi
    flags = np.int32(0) if reflects else np.int32(TRANSMISSION)
    if not reflects:
        back, chance = through, f32(1.0) - chance
    if lane(wo, 2) == f32(0.0) or pdf <= f32(0.0) or chance <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), flags
    return wi, back / chance, pdf * chance, f32(1.0), flags


KIND = BsdfKind("diffusetransmission", DTYPE, evaluate, sample, is_outlined=True)
