"""diffuse: ideal Lambertian reflection from the front side.

reflectance : share of the irradiance that is reflected, spectrum or texture, [0, 1].
"""

import numpy as np

from specrender.kernel.bsdf.kinds import BsdfKind
from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, lane, splat4
from specrender.kernel.tables import record
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.warp import INV_PI, pdf_cosine_hemisphere, sample_cosine_hemisphere

DTYPE = np.dtype([("reflectance", "i4")], align=True)


@kernel(forceinline=True)
def evaluate(tables, offset, surface, wavelengths, wo, wi):
    if lane(wo, 2) <= f32(0.0) or lane(wi, 2) <= f32(0.0):
        return splat4(f32(0.0)), f32(0.0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    pdf = pdf_cosine_hemisphere(wi)
    return evaluate_texture(tables, p.reflectance, surface, wavelengths) * (INV_PI * lane(wi, 2)), pdf


@kernel(forceinline=True)
def sample(tables, offset, surface, wavelengths, wo, u_lobe, u1, u2):
    wi = sample_cosine_hemisphere(u1, u2)
    pdf = pdf_cosine_hemisphere(wi)
    if lane(wo, 2) <= f32(0.0) or pdf <= f32(0.0):
        return wi, splat4(f32(0.0)), f32(0.0), f32(1.0), np.int32(0)
    p = record(tables.bsdf_parameters, offset, DTYPE)
    return wi, evaluate_texture(tables, p.reflectance, surface, wavelengths), pdf, f32(1.0), np.int32(0)


KIND = BsdfKind("diffuse", DTYPE, evaluate, sample)
