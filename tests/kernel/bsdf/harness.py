"""Runs BSDFs through the dispatcher on arrays of directions; one compiled kernel serves every kind and test."""

import functools
from typing import NamedTuple

import numpy as np

from specrender.kernel.bsdf.material import evaluate_material, sample_material
from specrender.kernel.jit import kernel
from specrender.kernel.settings import BSDF, LAYOUT, MATERIAL
from specrender.kernel.simd import f32, lane, vec3, vec4
from specrender.kernel.surface import Surface
from specrender.kernel.tables import Tables
from specrender.kernel.texture import layout
from specrender.scene.compile.builder import TableBuilder
from specrender.scene.compile.material_table import NESTING, MaterialTable
from specrender.scene.compile.materials import pack_bsdf
from specrender.scene.description import Scene

WAVELENGTHS = np.array([450.0, 530.0, 600.0, 680.0], np.float32)


@kernel(entry=True)
def _run(tables, wavelengths, uv, stretch, wo, u, directions, values, scalars, flags):
    """Sample (u has rows) or evaluate (it has none) at every row of `directions`."""
    wl = vec4(wavelengths[0], wavelengths[1], wavelengths[2], wavelengths[3])
    surface = Surface(vec4(uv[0], uv[1], f32(0.0), f32(0.0)), np.int32(0), vec3(stretch[0], stretch[1], stretch[2]))
    material = tables.materials[0]
    w = vec3(wo[0], wo[1], wo[2])
    for i in range(directions.shape[0]):
        if u.shape[0] > 0:
            wi, value, pdf, eta, flag = sample_material(tables, material, surface, wl, w, u[i, 0], u[i, 1], u[i, 2])
            directions[i, 0], directions[i, 1], directions[i, 2] = lane(wi, 0), lane(wi, 1), lane(wi, 2)
            scalars[i, 1], flags[i] = eta, flag
        else:
            wi = vec3(directions[i, 0], directions[i, 1], directions[i, 2])
            value, pdf = evaluate_material(tables, material, surface, wl, w, wi)
        scalars[i, 0] = pdf
        for k in range(4):
            values[i, k] = lane(value, k)


class Samples(NamedTuple):
    """wi (n, 3), weight (n, 4), pdf (n,), eta (n,), flags (n,)."""

    wi: np.ndarray
    weight: np.ndarray
    pdf: np.ndarray
    eta: np.ndarray
    flags: np.ndarray


class Bsdf:
    """A material of the scene vocabulary, compiled; directions are (3,) and (n, 3) arrays of unit vectors.

    uv : where on the surface.  stretch : as in `kernel.surface.Surface`.
    """

    def __init__(
        self, node, mode="spectral", wavelengths=WAVELENGTHS, textures=None, uv=(0.25, 0.75), stretch=(1, 0, 1)
    ):
        builder = TableBuilder(Scene(textures=textures or {}), mode, "srgb", (360.0, 830.0))
        table = MaterialTable(builder.scene, builder)
        table.material(node, node)
        self.record = None if isinstance(node, NESTING) else pack_bsdf(node, builder)[1]
        self.uv, self.stretch = np.array(uv, np.float32), np.array(stretch, np.float32)
        arrays = {
            "materials": np.array(table.materials, MATERIAL),
            "bsdfs": np.array(table.bsdfs, BSDF),
            "bsdf_parameters": np.frombuffer(b"".join(table.parameters), np.uint8),
            "textures": np.array(builder.textures, layout.DTYPE),
            "values": builder.pooled_values(),
        }
        self.tables = Tables(LAYOUT, arrays)
        self.wavelengths = np.asarray(wavelengths, np.float32)

    def _call(self, wo, u, directions):
        n = len(directions)
        values, scalars = np.zeros((n, 4), np.float32), np.ones((n, 2), np.float32)
        flags = np.zeros(n, np.int32)
        wo = np.ascontiguousarray(wo, np.float32)
        places = (self.uv, self.stretch, wo, u, directions)
        _run(self.tables, self.wavelengths, *places, values, scalars, flags)
        return values, scalars, flags

    def evaluate(self, wo, wi):
        """(values (n, 4), pdf (n,))."""
        wi = np.array(wi, np.float32).reshape(-1, 3)
        values, scalars, _ = self._call(wo, np.zeros((0, 3), np.float32), wi)
        return values, scalars[:, 0]

    def sample(self, wo, n=None, seed=0, u=None):
        """`Samples` from n random numbers (the whole unit cube, 0 included), or from the given u (n, 3)."""
        u = random_numbers(n, seed) if u is None else np.array(u, np.float32).reshape(-1, 3)
        wi = np.zeros((len(u), 3), np.float32)
        weight, scalars, flags = self._call(wo, u, wi)
        return Samples(wi, weight, scalars[:, 0], scalars[:, 1], flags)


@functools.cache
def random_numbers(n, seed):
    return np.random.default_rng(seed).random((n, 3), dtype=np.float32)


def direction(theta_deg, phi_deg=0.0):
    """Unit vector at polar angle theta and azimuth phi."""
    theta, phi = np.deg2rad(theta_deg), np.deg2rad(phi_deg)
    return np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], np.float32)


def random_directions(n, seed=1, upper=False):
    """(n, 3) unit vectors, uniform over the sphere or its upper half."""
    w = np.random.default_rng(seed).normal(size=(n, 3))
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    if upper:
        w[:, 2] = np.abs(w[:, 2])
    return w.astype(np.float32)
