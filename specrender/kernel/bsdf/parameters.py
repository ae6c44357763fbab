"""Parameters that several kinds of BSDF share, read from their records.

A record's fields: `eta` (index inside over index outside) with `eta_texture` (-1, or the table of it if it depends on
the wavelength), `alpha_u`, `alpha_v` with `alpha_u_texture`, `alpha_v_texture` (-1, or a scalar texture),
and tints (-1 for 1, or a spectral texture).
"""

from specrender.kernel.jit import kernel
from specrender.kernel.microfacet import MIN_ALPHA
from specrender.kernel.simd import f32, fmax, hmax, hmin, hsum, splat4
from specrender.kernel.texture import evaluate as evaluate_texture
from specrender.kernel.texture import evaluate_scalar

#: Densities below this count as 0: their reciprocal would leave the range of float32.
LEAST_PDF = f32(1e-30)


@kernel
def relative_index(tables, eta, eta_texture, surface, wavelengths):
    """Index inside over index outside, one a lane."""
    if eta_texture >= 0:
        return evaluate_texture(tables, eta_texture, surface, wavelengths)
    return splat4(eta)


@kernel(forceinline=True)
def disperses(eta):
    """Whether the lanes differ in index (they do not in RGB, nor once a path has only its hero wavelength)."""
    return hmin(eta) < hmax(eta)


def scalar_fields(*names):
    """Fields of a record for numbers that may be scalar textures: NAME, and NAME_texture (-1: the number holds)."""
    return [field for name in names for field in ((name, "f4"), (f"{name}_texture", "i4"))]


@kernel
def scalar_parameter(tables, value, texture, surface):
    """One of `scalar_fields` at a point."""
    if texture >= 0:
        return evaluate_scalar(tables, texture, surface)
    return value


@kernel
def roughness(tables, alpha, alpha_texture, surface):
    """Roughness along one direction, at least MIN_ALPHA."""
    if alpha_texture >= 0:
        return fmax(evaluate_scalar(tables, alpha_texture, surface), MIN_ALPHA)
    return alpha


@kernel
def tint(tables, texture, surface, wavelengths):
    """The factor on a lobe that scene files call specular_reflectance or specular_transmittance."""
    if texture >= 0:
        return evaluate_texture(tables, texture, surface, wavelengths)
    return splat4(f32(1.0))


@kernel(forceinline=True)
def mean4(x):
    """Average of the four lanes."""
    return f32(0.25) * hsum(x)
