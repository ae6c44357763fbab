"""Lights: choosing one and a direction towards it, and what a ray that meets one carries.

A new kind is a tag in `layout.py`, a file with its sampling beside this one, and an arm in `sample_light`.
"""

import numpy as np

from specrender.kernel.jit import kernel
from specrender.kernel.light.area import sample_area
from specrender.kernel.light.delta import FAR, sample_delta
from specrender.kernel.light.distribution import sample_discrete
from specrender.kernel.light.environment import environment_radiance, pdf_environment, sample_environment
from specrender.kernel.light.layout import AREA, CONSTANT
from specrender.kernel.simd import f32, splat4


@kernel(forceinline=True)
def sample_light(tables, p, wavelengths, u_choice, u1, u2):
    """One direction towards one light from the point p.

    Returns (wi, distance, radiance, pdf, is_delta); the pdf includes the choice of the light; 0 means no light.
    """
    settings = tables.settings[0]
    if settings.light_count == 0:
        return splat4(f32(0.0)), f32(0.0), splat4(f32(0.0)), f32(0.0), False
    index = np.int64(0)
    if settings.light_count > 1:
        index, _, u_choice = sample_discrete(tables.values, settings.light_cdf, settings.light_count, u_choice)
    light = tables.lights[index]
    if light.kind == AREA:
        wi, distance, radiance, pdf = sample_area(tables, light, p, wavelengths, u1, u2)
        return wi, distance, radiance, pdf * light.probability, False
    if light.kind >= CONSTANT:
        wi = sample_environment(tables, light, u1, u2)
        pdf = pdf_environment(tables, light, wi) * light.probability
        return wi, FAR, environment_radiance(tables, light, wi, wavelengths), pdf, False
    wi, distance, radiance, pdf = sample_delta(tables, light, p, wavelengths)
    return wi, distance, radiance, pdf * light.probability, True
