"""A run of a small amount of work, and noise to cast rays at."""

import pytest

from specrender.bench.case import Context


@pytest.fixture
def context(tmp_path):
    """Little work by one thread, in a folder of its own; `.lines` are the notes."""
    lines = []
    one = Context(tmp_path, threads=1, repeats=1, quick=True, note=lines.append)
    one.lines = lines
    return one
