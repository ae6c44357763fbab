"""What every struct of the vocabulary is built on: its base class, its place in the file, and transforms."""

from __future__ import annotations

import msgspec
import numpy as np

from specrender.errors import SceneError


class Node(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Base of everything a scene file describes; readers leave the place in `__dict__["location"]`."""


def where(node: Node) -> str | None:
    """File and line or key path at which `node` was written, or None for a node made in Python."""
    return node.__dict__.get("location")


def fail(node: Node, message: str) -> SceneError:
    """A SceneError that names the place of `node`; to be raised by the caller."""
    return SceneError(message, where(node))


class Transform:
    """An affine map from local to world (or texture) coordinates.

    Parameters
    ----------
    matrix : (4, 4) float64, acting on column vectors; finite and, in its upper 3x3, invertible.
    """

    __slots__ = ("matrix",)

    def __init__(self, matrix=None):
        self.matrix = np.eye(4) if matrix is None else np.asarray(matrix, np.float64).reshape(4, 4)

    def __eq__(self, other):
        return isinstance(other, Transform) and np.array_equal(self.matrix, other.matrix)

    def __repr__(self):
        return f"Transform({self.matrix.tolist()})"

    @property
    def inverse(self) -> np.ndarray:
        """(4, 4) float64 inverse matrix."""
        return np.linalg.inv(self.matrix)


Vec3 = tuple[float, float, float]
