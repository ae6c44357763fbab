"""The Python API, as `import specrender` gives it."""

import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from tiny import tiny

import specrender
from specrender.driver import Job
from specrender.scene import description as d


def test_names():
    assert set(specrender.__all__) <= set(dir(specrender))
    for name in specrender.__all__:
        assert getattr(specrender, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'rendr'"):
        specrender.rendr  # noqa: B018


def test_no_module_hides_a_name_of_the_api():
    """Importing a submodule sets an attribute of the package: `specrender.render` must stay the function."""
    import specrender.cli.render
    import specrender.driver
    import specrender.session

    assert callable(specrender.render) and callable(specrender.load) and callable(specrender.write)


def imported_by(code):
    """Modules in a new process after running some code."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_costs_nothing():
    assert not imported_by("import specrender") & {"numpy", "numba", "msgspec", "lxml", "OpenImageIO", "argparse"}


def test_reading_needs_no_compiler(tmp_path):
    (tmp_path / "a.toml").write_text("")
    modules = imported_by(f"import specrender; specrender.load({str(tmp_path / 'a.toml')!r})")
    assert not modules & {"numba", "OpenImageIO", "scipy", "colour"}


def test_render_a_scene_and_write_it(tmp_path):
    film = specrender.render(tiny(component_format="float32"), spp=2)
    assert isinstance(film, specrender.Film)
    assert film.shape == (12, 16) and film.sample_count == 2
    assert film.metadata["mode"] == "spectral" and film.metadata["integrator"] == "path"
    assert specrender.write(film, tmp_path / "a.exr").clamped == 0
    image = specrender.read_image(tmp_path / "a.exr")
    assert image.formats["R"] == "float"
    assert image.channels["G"].mean() > 0.1


def test_render_a_file(tmp_path):
    (tmp_path / "a.toml").write_text("[film]\nwidth = 4\nheight = 3\n[sampler]\ntype = 'sobol'\nsample_count = 1\n")
    assert specrender.render(tmp_path / "a.toml").shape == (3, 4)
    with pytest.raises(specrender.SceneError, match="there is no such file"):
        specrender.render(tmp_path / "b.toml")


def test_scene_is_left_as_it_was():
    scene = tiny()
    specrender.render(scene, spp=1, size=(8, 6), crop=(1, 1, 3, 3), seed=3, max_depth=2, sampler="independent")
    assert scene == tiny()


def test_keywords_reach_the_film():
    film = specrender.render(tiny(), spp=1, size=(8, 6), crop=(1, 2, 4, 6), aovs=["depth"], spectral_film=True, seed=7)
    assert (film.width, film.height, film.crop) == (8, 6, (1, 2, 4, 6))
    assert list(film.aovs) == ["depth"] and len(film.bin_edges_nm) == 95
    assert film.metadata["seed"] == 7
    assert len(film.metadata["sceneHash"]) == 16 and int(film.metadata["sceneHash"], 16) > 0
    assert film.metadata["observer"] == "cie1931-2"


def test_same_samples_in_one_crop_and_in_the_whole():
    whole = specrender.render(tiny(), spp=3)
    part = specrender.render(tiny(), spp=3, crop=(5, 4, 11, 9), threads=1)
    assert np.array_equal(whole.xyz[4:9, 5:11], part.xyz)


@pytest.mark.parametrize("keywords", [{"spp": 0}, {"threads": 0}, {"mode": "rbg"}, {"seed": -1}, {"size": (0, 4)},
                                      {"aovs": ["dept"]}, {"max_depth": -2}, {"rgb_space": "xyz"},
                                      {"defines": {"a": "1"}}])  # fmt: skip
def test_wrong_keywords(keywords):
    with pytest.raises(specrender.InputError):
        specrender.render(tiny(), **keywords)


def test_wrong_output_option(tmp_path):
    film = specrender.render(tiny(), spp=1)
    with pytest.raises(specrender.InputError, match="did you mean 'gamut'"):
        specrender.write(film, tmp_path / "a.exr", gamot="srgb")


def test_dropped_parameters_are_told():
    scene = tiny()
    scene.integrator = d.PathIntegrator(max_depth=3, hide_emitters=True)
    with pytest.warns(specrender.SpecrenderWarning, match="'direct'.*'path'.* max_depth: dropped"):
        film = specrender.render(scene, spp=1, integrator="direct")
    assert film.metadata["integrator"] == "direct"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        specrender.render(scene, spp=1, integrator="path")


def test_wrappers_stay_around_a_new_integrator():
    scene = tiny()
    scene.integrator = d.MomentIntegrator(integrator=d.AovIntegrator(aovs=["d:depth"], integrator=d.PathIntegrator()))
    film = specrender.render(scene, spp=1, integrator="direct", aovs=["depth", "uv"])
    assert film.metadata["integrator"] == "aov(moment(aov(direct)))"
    assert set(film.aovs) == {"depth", "uv"} and film.metadata["moments"]


def test_progress(capsys):
    calls = []
    job = Job(on_progress=lambda done, total: calls.append((done, total)))
    specrender.render(tiny(), spp=2, progress=True, job=job)
    assert calls[-1] == (16 * 12 * 2, 16 * 12 * 2)
    assert "100%" in capsys.readouterr().err


def test_stopped_before_it_began():
    stop = threading.Event()
    stop.set()
    film = specrender.render(tiny(), job=Job(stop=stop))
    assert film.sample_count == 0 and not film.weight.any()


@pytest.mark.parametrize(
    "keywords, message",
    [
        ({"spp": 2.5}, "samples per pixel must be a whole number"),
        ({"seed": 1.5}, "the seed must be a whole number"),
        ({"spp": 1, "aovs": "depth"}, r"give \['depth'\]"),
        ({"spp": 1, "aovs": "depth", "denoise": True}, r"give \['depth'\]"),
        ({"noise": "0.1"}, "the noise target must be a positive number, got '0.1'"),
        ({"samples": (0, 4, 8)}, r"two whole numbers, \(FIRST, LAST\)"),
        ({"samples": 4}, r"two whole numbers, \(FIRST, LAST\)"),
        ({"spp": 1, "camera": 1}, "no camera '1'"),
        ({"spp": 1, "size": (8.5, 8)}, r"two whole numbers, \(WIDTH, HEIGHT\)"),
        ({"spp": 1, "size": 8}, r"two whole numbers, \(WIDTH, HEIGHT\)"),
        ({"spp": 1, "crop": (0, 0, 1.5, 1)}, "a crop is four whole numbers"),
        ({"spp": 1, "max_depth": 2.5}, "max_depth must be a whole number"),
        ({"spp": 1, "threads": "2"}, "threads must be a whole number"),
        ({"spp": 1, "clamp_indirect": "1"}, "clamp_indirect must be a number"),
        ({"samples": (2**31, 2**31 + 2)}, "LAST <= 2147483647"),
    ],
)
def test_values_of_another_kind(keywords, message):
    with pytest.raises(specrender.InputError, match=message):
        specrender.render(tiny(), **keywords)


def test_a_camera_by_its_number():
    assert specrender.render(tiny(), spp=1, camera=0).sample_count == 1


def test_a_job_can_watch_one_render_after_the_other(tmp_path):
    """Else the second render would write its film to the checkpoint of the first."""
    calls = []
    job = Job(on_progress=lambda done, total: calls.append(done))
    watcher = job.on_progress
    for name in "ab":
        specrender.render(tiny(), spp=2, job=job, checkpoint=tmp_path / name, progress=True)
        assert calls and job.stats.samples > 0
        assert job.regulars == [] and job.on_progress is watcher
        calls.clear()


def test_the_bar_goes_when_the_render_fails():
    def fail(done, total):
        raise RuntimeError("no more")

    job = Job(on_progress=fail)
    with pytest.raises(RuntimeError, match="no more"):
        specrender.render(tiny(), spp=2, job=job, progress=True)
    assert job.on_progress is fail
