"""Rendering on a local cluster: the bits of one machine, also when a worker dies."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tiny import tiny

from specrender.api import render
from specrender.driver import Job, Plan
from specrender.errors import InputError, SpecrenderError
from specrender.scene import description as d
from specrender.session import Session

distributed = pytest.importorskip("distributed")


def scene():
    return tiny(width=40, height=36, spectral_bins=4)


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def alone():
    return render(scene(), spp=200, aovs=("depth", "shape_index"), threads=2)


def assert_same_picture(film, other):
    assert film.sample_count == other.sample_count and film.extra_samples is None
    for name in ("mean_xyz", "variance_of_mean", "mean_alpha"):
        a, b = (getattr(f, name)().astype(np.float32) for f in (film, other))
        assert np.array_equal(a, b), name
    assert np.allclose(film.spectral_radiance(), other.spectral_radiance(), rtol=1e-6)
    assert np.allclose(film.aovs["depth"], other.aovs["depth"], rtol=1e-5)
    assert np.array_equal(film.aovs["shape_index"], other.aovs["shape_index"])


def test_the_same_picture_as_alone(cluster, alone, tmp_path):
    address = cluster.scheduler_address
    film = render(scene(), spp=200, aovs=("depth", "shape_index"), dask=address)
    assert_same_picture(film, alone)


def test_a_worker_dies(cluster, alone):
    session = Session(overrides={"aovs": ("depth", "shape_index")})
    session.read(scene())
    session.compile()
    killed = []

    def kill(done, total):
        if not killed:
            with distributed.Client(cluster.scheduler_address) as client:
                (pid, *_) = client.run(os.getpid).values()
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    session.render(Job(on_progress=kill), Plan(samples=200), cluster.scheduler_address)
    assert killed
    assert_same_picture(session.film, alone)


def test_all_workers_die_at_once(cluster, alone):
    session = Session(overrides={"aovs": ("depth", "shape_index")})
    session.read(scene())
    session.compile()
    killed = []

    def kill(done, total):
        if not killed:
            with distributed.Client(cluster.scheduler_address) as client:
                client.wait_for_workers(2)
                killed.extend(client.run(os.getpid).values())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    session.render(Job(on_progress=kill), Plan(samples=200), cluster.scheduler_address)
    assert len(killed) == 2
    assert_same_picture(session.film, alone)


def test_two_renders_at_the_same_time(cluster):
    def rendered(seed, **where):
        return render(scene(), spp=130, seed=seed, **where).mean_xyz()

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda seed: rendered(seed, dask=cluster.scheduler_address), (1, 2)))
    for seed, picture in zip((1, 2), both, strict=True):
        assert np.array_equal(picture, rendered(seed))


def test_files_are_named_from_the_folder_of_the_caller(cluster, tmp_path, monkeypatch):
    (tmp_path / "grey.csv").write_text("360 0.5\n830 0.5\n")
    made = scene()
    made.shapes[0].material.reflectance = d.SpectrumSpec(file="grey.csv")
    (tmp_path / "cam.csv").write_text("nm,r,g,b\n400,0,0,1\n500,0,1,0\n600,1,0,0\n700,0,0,0\n")
    monkeypatch.chdir(tmp_path)
    render(made, spp=2, dask=cluster.scheduler_address, observer="cam.csv")
    assert made.shapes[0].material.reflectance.file == "grey.csv"


def test_a_file_that_a_worker_has_not(cluster, tmp_path):
    (tmp_path / "grey.csv").write_text("360 0.5\n830 0.5\n")
    made = scene()
    made.shapes[0].material.reflectance = d.SpectrumSpec(file=str(tmp_path / "grey.csv"))
    session = Session()
    session.read(made)
    session.compile()
    (tmp_path / "grey.csv").unlink()
    with pytest.raises(InputError, match=r"^on the worker .* of the cluster: .*grey\.csv"):
        session.render(None, Plan(samples=2), cluster.scheduler_address)


def test_stopped_and_resumed_elsewhere(cluster, alone, tmp_path):
    session = Session(overrides={"aovs": ("depth", "shape_index")})
    session.read(scene())
    session.compile()
    stop = threading.Event()
    job = Job(on_progress=lambda done, total: done > total / 3 and stop.set(), stop=stop)
    session.render(job, Plan(samples=200), cluster.scheduler_address)
    assert session.stats.interrupted and 0 < session.film.total_samples() < 200 * 40 * 36
    session.render(None, Plan(samples=190))
    session.render(None, Plan(samples=200), cluster.scheduler_address)
    assert_same_picture(session.film, alone)


def test_refusals():
    started = time.monotonic()
    with pytest.raises(InputError, match="give --spp"):
        render(tiny(), noise=0.1, dask="tcp://127.0.0.1:1")
    with pytest.raises(SpecrenderError, match="cannot reach a dask scheduler"):
        import specrender.cluster

        specrender.cluster.TIMEOUT = 1
        render(tiny(), spp=1, dask="tcp://127.0.0.1:1")
    assert time.monotonic() - started < 60
