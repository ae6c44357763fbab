"""Parts of the builder: order of keys, cuts of short and long ranges, primitives."""

import numpy as np
import pytest
from test_accel import leaf_refs

from specrender.kernel.accel import binary
from specrender.kernel.accel.bins import split_by_bins
from specrender.kernel.accel.build import _PIECE, build, id_places
from specrender.kernel.accel.layout import ID_BIAS
from specrender.kernel.accel.rows import areas8, make_sort
from specrender.kernel.accel.simd8 import put8
from specrender.kernel.accel.small import SMALL_RANGE, split_4, split_8, split_16, split_32
from specrender.kernel.jit import kernel

NO_BOXES = np.zeros((0, 6), np.float32)


def random_records(rng, count, size=0.1):
    """(count + SMALL_RANGE, 8) primitives: boxes in the unit cube, their numbers as identities."""
    lower = rng.random((count, 3), dtype=np.float32)
    upper = lower + size * rng.random((count, 3), dtype=np.float32)
    records = np.zeros((count + SMALL_RANGE, 8), np.float32)
    records[:count, :3], records[:count, 4:7] = lower, -upper
    records.view(np.int32)[:count, 3] = np.arange(count) ^ binary.IDENTITY_FLIP
    records[count:] = np.inf
    return records


def box_of(records):
    """Lower corner and upper corner with its sign inverted, (6,)."""
    return records.min(axis=0)[[0, 1, 2, 4, 5, 6]]


def area_of(box):
    x, y, z = -box[3:].astype(np.float64) - box[:3]
    return x * y + y * z + z * x


def cost_of(parts):
    return sum(len(part) * area_of(box_of(part)) for part in parts)


def least_cost(records):
    """Of all cuts along the three axes."""
    costs = []
    for axis in range(3):
        ordered = records[np.argsort(records[:, axis] - records[:, 4 + axis], kind="stable")]
        costs += [cost_of((ordered[:k], ordered[k:])) for k in range(1, len(records))]
    return min(costs)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_order_of_keys(groups):
    sort = make_sort(groups)

    @kernel
    def ordered(keys, count, order):
        sort(keys, 1, count, order, 99)

    rng = np.random.default_rng(groups)
    most = 8 * groups
    for count in range(2, most + 1):
        keys = rng.normal(size=8 + most).astype(np.float32)
        keys[8 + count // 2] = keys[8]  # as if equal: in the order of their numbers
        keys[8 + count :] = np.nan
        order = np.zeros(most, np.int32)
        ordered(keys, count, order)
        np.testing.assert_array_equal(order[:count], np.argsort(keys[8 : 8 + count], kind="stable"))
        assert np.all(order[count:] == 99)


def test_order_of_keys_without_order():
    """Whatever the bits are, every number comes once."""
    sort = make_sort(4)

    @kernel
    def ordered(keys, count, order):
        sort(keys, 0, count, order, 99)

    keys = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 3e38] * 4, np.float32)
    order = np.zeros(32, np.int32)
    ordered(keys, 31, order)
    assert sorted(order[:31]) == list(range(31)) and order[31] == 99


def test_areas_of_eight_rows():
    @kernel
    def areas(rows, out):
        put8(out, 0, areas8(rows, 3))

    records = random_records(np.random.default_rng(1), 11)
    out = np.zeros(8, np.float32)
    areas(records.reshape(-1), out)
    np.testing.assert_allclose(out, [area_of(box_of(row[None])) for row in records[3:11]], rtol=1e-5)


@pytest.mark.parametrize(
    "split, counts",
    [(split_4, (3, 4)), (split_8, (3, 5, 8)), (split_16, (9, 13, 16)), (split_32, (17, 25, 32))],
)
@pytest.mark.parametrize("size", [0.02, 0.5])
def test_short_ranges_are_cut_in_the_best_place(split, counts, size):
    rng = np.random.default_rng(2)
    for count in counts:
        for _ in range(20):
            records = random_records(rng, count + 2, size)
            before = records.copy()
            out = np.zeros((4, 8), np.float32)
            left = split(records.reshape(-1), 1, count, out.reshape(-1))
            others = [0, *range(count + 1, len(records))]
            np.testing.assert_array_equal(records[others], before[others])
            part = records[1 : count + 1]
            assert sorted(part.view(np.int32)[:, 3]) == sorted(before.view(np.int32)[1 : count + 1, 3])
            assert 0 < left < count
            assert cost_of((part[:left], part[left:])) <= least_cost(before[1 : count + 1]) * (1 + 1e-5)
            np.testing.assert_array_equal(out[0, [0, 1, 2, 4, 5, 6]], box_of(part[:left]))
            np.testing.assert_array_equal(out[2, [0, 1, 2, 4, 5, 6]], box_of(part[left:]))


def test_short_ranges_of_infinite_areas():
    """No cut has a cost where areas are not finite."""
    records = random_records(np.random.default_rng(3), 6)
    records[:6, [0, 1, 2, 4, 5, 6]] = -1e30
    out = np.zeros(32, np.float32)
    assert split_8(records.reshape(-1), 0, 6, out) == 3
    assert split_4(records.reshape(-1), 0, 4, out) == 1
    assert sorted(records.view(np.int32)[:6, 3] ^ binary.IDENTITY_FLIP) == list(range(6))


def test_long_ranges_are_cut_between_bins():
    rng = np.random.default_rng(4)
    for count in (33, 100, 1000):
        records = random_records(rng, count)
        numbers = sorted(records.view(np.int32)[:count, 3])
        doubled = records[:count, :3] - records[:count, 4:7]
        centroids = np.concatenate([doubled.min(axis=0), [0], -doubled.max(axis=0), [0]]).astype(np.float32)

        @kernel
        def split(records, count, centroids, out):
            return split_by_bins(records, 0, count, binary.get8(centroids, 0), out)

        out = np.zeros((4, 8), np.float32)
        left = split(records.reshape(-1), count, centroids, out.reshape(-1))
        assert 0 < left < count
        assert sorted(records.view(np.int32)[:count, 3]) == numbers
        parts = records[:left], records[left:count]
        assert cost_of(parts) <= least_cost(records[:count]) * 1.05
        for row, part in zip((0, 2), parts, strict=True):
            np.testing.assert_array_equal(out[row, [0, 1, 2, 4, 5, 6]], box_of(part))
            doubled = part[:, :3] - part[:, 4:7]
            np.testing.assert_array_equal(out[row + 1, :3], doubled.min(axis=0))
            np.testing.assert_array_equal(out[row + 1, 4:7], -doubled.max(axis=0))


def ids_of(accel):
    places = id_places(np.array(leaf_refs(accel), np.int32))
    return np.sort(accel.table.view(np.int32)[places] - ID_BIAS)


def test_left_out_triangles_of_several_tasks():
    rng = np.random.default_rng(5)
    count = 2 * _PIECE + 1000
    corners = rng.random((count, 1, 3)) + 0.01 * rng.random((count, 3, 3))
    is_out = rng.random(count) < 0.1
    is_out[_PIECE : 2 * _PIECE] |= rng.random(_PIECE) < 0.5
    corners[is_out, 2] = corners[is_out, 1]
    positions = np.zeros((3 * count, 4), np.float32)
    positions[:, :3] = corners.reshape(-1, 3)
    triangles = np.zeros((count, 4), np.int32)
    triangles[:, :3] = np.arange(3 * count).reshape(-1, 3)
    accel = build(positions, triangles, NO_BOXES)
    assert accel.skipped == is_out.sum()
    np.testing.assert_array_equal(ids_of(accel), np.flatnonzero(~is_out))
    kept = positions[:, :3].reshape(-1, 3, 3)[~is_out]
    np.testing.assert_array_equal(accel.bounds, [kept.min(axis=(0, 1)), kept.max(axis=(0, 1))])


def test_triangles_too_far_away_are_left_out():
    """The sum of two of their coordinates overflows, though their areas are finite."""
    rng = np.random.default_rng(6)
    positions = np.zeros((300, 4), np.float32)
    positions[:, :3] = rng.random((300, 3))
    positions[::2, 0] = 2e38
    triangles = np.zeros((100, 4), np.int32)
    triangles[:50, :3] = np.arange(0, 300, 2).reshape(-1, 3)
    triangles[50:, :3] = np.arange(1, 300, 2).reshape(-1, 3)
    accel = build(positions, triangles, np.array([[1e38, 0, 0, 1e38, 1, 1]], np.float32))
    assert accel.skipped == 51
    np.testing.assert_array_equal(ids_of(accel), np.arange(50, 100))
