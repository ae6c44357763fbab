import numpy as np
import pytest

from specrender.spectra import uplift, uplift_table

SRGB = uplift.rgb_space("srgb")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A table of 16^3 in a cache folder of its own: solved in a fraction of a second."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("cache")
    patch.setenv("SPECRENDER_CACHE", str(folder))
    patch.setattr(uplift_table, "RESOLUTION", 16)
    for function in (uplift_table.table, uplift_table.brightness_grid):
        function.cache_clear()
    yield folder
    patch.undo()
    for function in (uplift_table.table, uplift_table.brightness_grid):
        function.cache_clear()


def test_nodes_are_solved(small):
    """At its nodes the table has the coefficients of the direct solver, up to its coarser quadrature."""
    table = uplift_table.table(SRGB)
    assert table.shape == (3, 16, 16, 16, 3) and table.dtype == np.float32
    grid = uplift_table.brightness_grid()
    for m, z, y, x in [(0, 5, 3, 9), (1, 12, 15, 0), (2, 15, 0, 0), (0, 2, 7, 7)]:
        rgb = np.empty(3)
        rgb[m], rgb[(m + 1) % 3], rgb[(m + 2) % 3] = grid[z], grid[z] * x / 15, grid[z] * y / 15
        got = uplift.to_nanometres(table[m, z, y, x].astype(np.float64))
        np.testing.assert_allclose(uplift.coefficients_to_rgb(got), rgb, atol=2e-4)


def test_many_colours_make_the_round_trip(small):
    rng = np.random.default_rng(3)
    rgb = np.concatenate(
        [rng.random((3000, 3)), rng.random((3000, 3)) ** 3, (rng.integers(0, 256, (2000, 3)) / 255) ** 2.2]
    )
    coefficients = uplift.reflectance_coefficients(rgb)  # more than DIRECT_COLOURS, so by the table
    error = uplift.round_trip_error(rgb, coefficients)
    assert np.percentile(error, 99) < 1e-3
    direct = uplift.solve(rgb[:200], SRGB)
    nm = np.arange(400.0, 701.0, 20.0)
    spectra = [uplift.sigmoid(c[:, :1] * nm**2 + c[:, 1:2] * nm + c[:, 2:]) for c in (coefficients[:200], direct)]
    assert np.abs(spectra[0] - spectra[1]).mean() < 5e-3


def test_greys_are_exact(small):
    grey = np.repeat(np.linspace(0, 1, 256)[:, None], 3, axis=1)
    np.testing.assert_allclose(uplift_table.lookup(grey, SRGB), uplift.solve(grey, SRGB))


def test_same_colours_same_coefficients(small):
    rgb = np.random.default_rng(5).random((2500, 3))
    image = np.concatenate([rgb, rgb[::-1]]).reshape(2, 2500, 3)
    coefficients = uplift.reflectance_coefficients(image)
    np.testing.assert_array_equal(coefficients[0], coefficients[1, ::-1])


def test_cached_file_is_used_and_a_broken_one_replaced(small, monkeypatch):
    uplift_table.table(SRGB)
    (path,) = small.glob("*.npy")
    assert not list(small.glob("*.tmp"))
    uplift_table.table.cache_clear()
    monkeypatch.setattr(uplift_table, "compute", lambda space: pytest.fail("computed again"))
    uplift_table.table(SRGB)
    whole = path.read_bytes()
    monkeypatch.undo()
    monkeypatch.setenv("SPECRENDER_CACHE", str(small))
    monkeypatch.setattr(uplift_table, "RESOLUTION", 16)
    path.write_bytes(whole[:1000])
    uplift_table.table.cache_clear()
    uplift_table.table(SRGB)
    assert path.stat().st_size == len(whole)


def test_unwritable_cache_is_no_error(small, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SPECRENDER_CACHE", str(tmp_path / "file" / "sub"))
    uplift_table.table.cache_clear()
    assert uplift_table.table(SRGB).shape[0] == 3
    uplift_table.table.cache_clear()
