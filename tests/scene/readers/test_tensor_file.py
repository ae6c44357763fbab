"""Tensor files: what was written is read, and what is damaged is refused."""

import numpy as np
import pytest
from tensor_files import write_tensor_file

from specrender.errors import InputError
from specrender.scene.readers.tensor_file import read_tensor_file


def test_round_trip(tmp_path):
    arrays = {
        "a": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "name of several words": np.array([7], np.uint8),
        "empty": np.zeros((0, 3), np.float32),
    }
    write_tensor_file(tmp_path / "x.bsdf", arrays)
    found = read_tensor_file(tmp_path / "x.bsdf")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_damaged_files(tmp_path):
    path = tmp_path / "x.bsdf"
    write_tensor_file(path, {"a": np.arange(24, dtype=np.float32)})
    data = path.read_bytes()
    for size in (13, 20, 30, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(InputError, match="cut short"):
            read_tensor_file(path)
    for start, replacement, words in (
        (0, b"T", "not a tensor file"),
        (12, b"\2", "version 2.0"),
        (14, b"\xff\xff\xff\xff", "claims to hold"),
        (18, b"\xff\xff", r"x\.bsdf' is damaged: it has an array whose name takes 65535 bytes; copy or export it"),
        (23, b"\x50", "unknown type"),
    ):
        path.write_bytes(data[:start] + replacement + data[start + len(replacement) :])
        with pytest.raises(InputError, match=words):
            read_tensor_file(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_tensor_file(tmp_path / "missing.bsdf")
