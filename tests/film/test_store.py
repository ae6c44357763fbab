"""Films in files: the same bits back, damage found, old files safe."""

import json
import os
import resource
import sys
import zipfile

import numpy as np
import pytest

from specrender.errors import InputError, SpecrenderError
from specrender.film import Film, Identity, aov_layout, load_film, save_film
from specrender.film.convergence import Convergence
from specrender.film.store import is_film


@pytest.fixture
def film():
    film = Film.create(
        9, 7, (1, 2, 6, 6), bin_edges_nm=[400, 500.5, 600], aov_layout=aov_layout(["albedo", "shape_index"])
    )
    rng = np.random.default_rng(5)
    for name in ("xyz", "xyz_rest", "xyz_squared", "xyz_squared_rest", "weight", "alpha", "bins", "radiance", "layers"):
        array = getattr(film, name)
        array[...] = rng.random(array.shape)
    film.first_sample, film.sample_count = 64, 3
    film.extra_samples = rng.integers(0, 4, film.shape).astype(np.int32)
    film.convergence = Convergence.create(*film.shape)
    film.identity = Identity({"scene": "abc", "seed": "1"}, {"CPU target": "x"})
    film.metadata = {"spp": 3, "scene": "Prüfung", "time": 1.5}
    return film


def test_every_bit_comes_back(film, tmp_path):
    save_film(film, tmp_path / "a.film")
    assert is_film(tmp_path / "a.film")
    back = load_film(tmp_path / "a.film")
    for name, value in vars(film).items():
        other = getattr(back, name)
        if isinstance(value, np.ndarray):
            assert value.dtype == other.dtype and np.array_equal(value, other), name
        elif name == "convergence":
            assert all(np.array_equal(value, vars(other)[key], equal_nan=True) for key, value in vars(value).items())
        else:
            assert value == other, name


def test_a_film_without_anything_extra(tmp_path):
    save_film(Film.create(2, 3), tmp_path / "a.film")
    back = load_film(tmp_path / "a.film")
    assert back.bins is None and back.layers is None and back.extra_samples is None and back.convergence is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a film", os.urandom(5000)])
def test_something_else_is_refused(tmp_path, content):
    path = tmp_path / "a.film"
    path.write_bytes(content)
    assert not is_film(path)
    with pytest.raises(InputError, match="not a film"):
        load_film(path)


def test_other_archives_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros(3))
    assert not is_film(path)
    with pytest.raises(InputError, match="not a film"):
        load_film(path)
    np.savez(path, header=np.frombuffer(json.dumps({"format": "specrender film 99"}).encode(), np.uint8))
    with pytest.raises(InputError, match="film 99"):
        load_film(path)
    with pytest.raises(InputError, match="no such file"):
        load_film(tmp_path / "b.film")


def test_every_damaged_byte_of_the_sums_is_found(film, tmp_path):
    path = tmp_path / "a.film"
    save_film(film, path)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("xyz.npy")
        start = entry.header_offset + 30 + len("xyz.npy") + 20
    for position in (start + 150, start + 300, start + 500):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(InputError, match="damaged"):
            load_film(path)
    for length in (len(whole) // 3, len(whole) - 10):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            load_film(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind on Windows")
def test_a_failed_write_leaves_the_old_file(film, tmp_path):
    path = tmp_path / "a.film"
    save_film(film, path)
    before = path.read_bytes()
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
        with pytest.raises(SpecrenderError, match="cannot write"):
            save_film(film, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.film"]


def test_leftovers_of_killed_processes_go(film, tmp_path):
    import socket
    import subprocess

    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = socket.gethostname()
    gone, mine = tmp_path / f".a.film.{host}-{dead.pid}.film", tmp_path / f".a.film.{host}-{os.getppid()}.film"
    elsewhere = tmp_path / f".a.film.other-{dead.pid}.film"
    for path in (gone, mine, elsewhere):
        path.write_bytes(b"half")
    save_film(film, tmp_path / "a.film")
    assert not gone.exists() and mine.exists() and elsewhere.exists()


def test_links_stay_links(film, tmp_path):
    (tmp_path / "link.film").symlink_to(tmp_path / "a.film")
    save_film(film, tmp_path / "link.film")
    assert (tmp_path / "link.film").is_symlink() and is_film(tmp_path / "a.film")


def test_differences_are_named():
    mine = Identity({"seed": "1", "scene": "a", "mode": "spectral"}, {"CPU target": "x"})
    assert mine.differences(mine) == []
    theirs = Identity({"seed": "2", "scene": "b", "mode": "spectral"}, {"CPU target": "y"})
    text = "; ".join(mine.differences(theirs))
    assert "its seed is 2, not 1" in text and "its scene" in text and "CPU target is y" in text and "mode" not in text
    assert "CPU" not in "; ".join(mine.differences(theirs, with_machine=False))
