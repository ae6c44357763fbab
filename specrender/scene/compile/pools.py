"""What the kernel's tables are collected in: pools of numbers, transforms and texture records."""

from __future__ import annotations

import numpy as np

from specrender.kernel.texture import layout


class Pools:
    """Pools that grow as a scene is compiled; what was put in has an offset, an index or an id."""

    def __init__(self):
        self.textures: list[np.void] = []
        self.transforms: list[np.ndarray] = []
        self._transform_blocks: list[np.ndarray] = []
        self._chunks: list[np.ndarray] = []
        self._value_count = 0
        self._ids: dict = {}

    def values(self, array) -> int:
        """Put float32 numbers into the pool; returns the offset of the first, a multiple of 4."""
        flat = np.ascontiguousarray(array, np.float32).ravel()
        offset = self._value_count
        padding = -len(flat) % 4
        self._chunks.append(flat)
        if padding:
            self._chunks.append(np.zeros(padding, np.float32))
        self._value_count += len(flat) + padding
        return offset

    def pooled_values(self) -> np.ndarray:
        """All values, one float32 array."""
        return np.concatenate(self._chunks) if self._chunks else np.zeros(4, np.float32)

    def transform(self, matrix: np.ndarray) -> int:
        """Put a to_world matrix and its inverse into the pool; returns the index of the first."""
        assert not self._transform_blocks, "single transforms come before blocks"
        index = len(self.transforms)
        self.transforms += [matrix, np.linalg.inv(matrix)]
        return index

    def transform_block(self, columns: np.ndarray) -> int:
        """Put many matrices into the pool, (2 k, 4 columns, 4 lanes) float32: each to_world, then its inverse.

        Returns the index of the first.  No single `transform` can be added afterwards.
        """
        index = len(self.transforms) + sum(len(block) for block in self._transform_blocks)
        self._transform_blocks.append(columns)
        return index

    def pooled_transforms(self) -> np.ndarray:
        """(n, 4 columns, 4 lanes) float32; the bottom row is dropped (lane 3 is 0)."""
        columns = np.stack(self.transforms).transpose(0, 2, 1).copy()
        columns[:, :, 3] = 0.0
        return np.concatenate([columns.astype(np.float32), *self._transform_blocks])

    def texture(self, **fields) -> int:
        """Add a record of the kernel's texture table; returns its id."""
        record = np.zeros(1, layout.DTYPE)
        record["illuminant"] = record["child0"] = record["child1"] = -1
        record["scale"] = 1.0
        record["uv_xx"] = record["uv_yy"] = 1.0
        for name, value in fields.items():
            record[name] = value
        self.textures.append(record[0])
        return len(self.textures) - 1

    def _once(self, key, make) -> int:
        """The id made for `key` before, or by `make` now."""
        if key not in self._ids:
            self._ids[key] = make()
        return self._ids[key]

    def mean(self, texture_id: int) -> float:
        """Rough average magnitude of a texture, for sampling weights; 0 only if it is black."""
        return float(self.textures[texture_id]["mean"])
