"""What the kinds without a density share."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import f32, splat4


@kernel
def evaluate_delta(tables, offset, surface, wavelengths, wo, wi):
    """No given direction can meet a delta lobe: (0, 0)."""
    return splat4(f32(0.0)), f32(0.0)
