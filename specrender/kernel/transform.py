"""Affine maps: four f32x4 columns each in `tables.transforms`."""

from specrender.kernel.jit import kernel
from specrender.kernel.simd import dot, lane, vec3
from specrender.kernel.tables import load4


@kernel(forceinline=True)
def transform_vector(tables, index, v):
    """A direction through transform `index` (no translation)."""
    base = 4 * index
    m = tables.transforms
    return load4(m, base) * lane(v, 0) + load4(m, base + 1) * lane(v, 1) + load4(m, base + 2) * lane(v, 2)


@kernel(forceinline=True)
def transform_point(tables, index, p):
    """A point through transform `index`."""
    return transform_vector(tables, index, p) + load4(tables.transforms, 4 * index + 3)


@kernel(forceinline=True)
def transform_normal(tables, inverse_index, n):
    """A normal: the transpose of the inverse map `inverse_index` applied; not unit length."""
    columns, base = tables.transforms, 4 * inverse_index
    return vec3(dot(load4(columns, base), n), dot(load4(columns, base + 1), n), dot(load4(columns, base + 2), n))
