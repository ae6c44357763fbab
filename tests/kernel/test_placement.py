"""Where tables lie: on vector boundaries, in one buffer, in huge pages where there are any."""

import errno
import mmap
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from specrender.kernel import placement
from specrender.kernel.placement import ALIGNMENT, HUGE_PAGE, aligned, together
from specrender.kernel.tables import Tables

LAYOUT = {"small": np.dtype("u1"), "rows": np.dtype("f4"), "absent": np.dtype("i4"), "empty": np.dtype("f4")}


def _arrays(count):
    rng = np.random.default_rng(3)
    return {
        "small": rng.integers(0, 255, 7, np.uint8),
        "rows": rng.random((count, 4), np.float32),
        "empty": np.zeros((0, 3), np.float32),
    }


@pytest.mark.parametrize("count", [3, HUGE_PAGE // 8])
def test_copies_are_equal_aligned_and_apart(count):
    given = _arrays(count)
    placed = together(dict(given), LAYOUT)
    assert list(placed) == list(LAYOUT)
    for name, array in placed.items():
        assert array.ctypes.data % ALIGNMENT == 0
        assert array.dtype == LAYOUT[name]
    np.testing.assert_array_equal(placed["small"], given["small"])
    np.testing.assert_array_equal(placed["rows"], given["rows"])
    for name in ("absent", "empty"):
        np.testing.assert_array_equal(placed[name], [0])
    spans = sorted((a.ctypes.data, a.ctypes.data + a.nbytes) for a in placed.values())
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_what_was_copied_is_let_go():
    given = _arrays(3)
    together(given, LAYOUT)
    assert given == {}


def test_aligned_keeps_what_is_aligned():
    array = aligned(np.arange(33, dtype=np.float32))
    assert array.ctypes.data % ALIGNMENT == 0
    assert aligned(array) is array
    shifted = aligned(array[1:])
    assert shifted.ctypes.data % ALIGNMENT == 0
    np.testing.assert_array_equal(shifted, array[1:])


def test_large_tables_are_in_huge_pages():
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not setting.is_file() or "[never]" in setting.read_text():
        pytest.skip("no huge pages here")
    placed = together(_arrays(HUGE_PAGE), LAYOUT)
    address, huge, inside = placed["rows"].ctypes.data, 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if region := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(region[1], 16) <= address < int(region[2], 16)
        elif inside and line.startswith("AnonHugePages:"):
            huge += 1024 * int(line.split()[1])
    assert placed["rows"].nbytes == 16 * HUGE_PAGE
    if huge == 0:
        pytest.skip("the system has no huge pages to give")
    assert huge >= placed["rows"].nbytes / 2


def test_systems_without_huge_pages(monkeypatch):
    """A kernel that was built without them refuses the advice; the tables are there all the same."""

    class Small(mmap.mmap):
        def madvise(self, *advice):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(placement.mmap, "mmap", Small)
    given = _arrays(HUGE_PAGE // 8)
    placed = together(dict(given), LAYOUT)
    np.testing.assert_array_equal(placed["rows"], given["rows"])


def test_no_room(monkeypatch):
    def full(*arguments, **more):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(placement.mmap, "mmap", full)
    with pytest.raises(MemoryError, match="bytes of the scene's tables"):
        together(_arrays(HUGE_PAGE // 8), LAYOUT)


def test_replaced_tables_share_the_rest():
    tables = Tables(LAYOUT, _arrays(3))
    other = tables.replaced(small=np.array([1, 2], np.uint8))
    assert other.arrays["rows"] is tables.arrays["rows"]
    assert other.arrays["small"].tolist() == [1, 2]
    assert tables.arrays["small"].size == 7
    assert list(other.arrays) == list(LAYOUT)
    assert other.address != tables.address
