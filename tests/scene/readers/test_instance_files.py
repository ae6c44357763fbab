"""Files of transforms: what is in them, and one line for what is wrong."""

import io

import numpy as np
import pytest

from specrender.errors import SceneError
from specrender.scene.readers.instances import load_transforms


def saved(array):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


WHOLE = saved(np.tile(np.eye(4)[:3], (4, 1, 1)))


def test_a_file_is_what_was_saved(tmp_path):
    path = tmp_path / "places.npy"
    path.write_bytes(WHOLE)
    np.testing.assert_array_equal(load_transforms(path), np.tile(np.eye(4)[:3], (4, 1, 1)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE[:-1],
        WHOLE.replace(b"}", b" "),  # the header, which is Python's syntax, never ends
        WHOLE.replace(b"(4, 3, 4)", b"(4, 3, -4"),
        WHOLE.replace(b"(4, 3, 4)", b"(9999999)"),
        WHOLE.replace(b"'<f8'", b"'<q99"),
    ],
)
def test_damaged_files_are_no_files_of_numbers(tmp_path, content):
    path = tmp_path / "places.npy"
    path.write_bytes(content)
    with pytest.raises(SceneError, match=r"places\.npy: (is not a NumPy file|the transforms must have the shape)"):
        load_transforms(path)


def test_numbers_out_of_range(tmp_path):
    for number, message in ((1e200, "transform 2 has a number out of range"), (np.inf, "transform 2 .* not finite")):
        matrices = np.tile(np.eye(4)[:3], (4, 1, 1))
        matrices[2, 0, 0] = number
        with pytest.raises(SceneError, match=message):
            load_transforms(matrices)


@pytest.mark.filterwarnings("error")
def test_mutated_files_load_or_are_refused(tmp_path):
    path = tmp_path / "places.npy"
    rng, refused = np.random.default_rng(5), 0
    for _ in range(300):
        data = bytearray(WHOLE)
        for place in rng.integers(128 if rng.random() < 0.7 else len(data), size=rng.integers(1, 5)):
            data[place] = rng.choice([0, 1, 10, 32, 40, 41, 45, 57, 97, 125, 255])
        path.write_bytes(data)
        try:
            load_transforms(path)
        except SceneError as error:
            refused += 1
            assert "\n" not in str(error)
    assert 100 < refused < 300
