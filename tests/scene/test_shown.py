"""Values in messages read as a scene file, not as Python."""

import datetime

import numpy as np
import pytest

from specrender.scene import description as d
from specrender.scene.shown import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3.0, "3"),
        (0.1, "0.1"),
        (1.0000001, "1.0000001"),
        (float("nan"), "nan"),
        ("a", "'a'"),
        ([1.0, [True, "x"], {"a": False}], "[1, [true, 'x'], { a = false }]"),
        ({"a": 1}, "a table"),
        (datetime.date(1979, 5, 27), "1979-05-27"),
        (d.AreaLight(), "a table of type 'area'"),
        (d.SpectrumSpec(rgb=(1.0, 0.0, 0.0)), "a table"),
        ([d.AreaLight()], "[a table of type 'area']"),
        (d.Transform(), "a transform"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
    ],
)
def test_as_a_file_has_it(value, text):
    assert shown(value) == text


def test_in_few_characters():
    assert len(shown("x" * 1000)) == 60 and shown("x" * 1000).endswith("...")
