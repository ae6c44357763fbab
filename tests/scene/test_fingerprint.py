"""What tells one render from another."""

import copy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny

import specrender
from specrender.errors import InputError
from specrender.scene import description as d
from specrender.scene.fingerprint import SOURCES, fingerprint, sources_digest


def changed(scene, path, value):
    scene = copy.deepcopy(scene)
    node = scene
    *parents, name = path
    for step in parents:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    setattr(node, name, value)
    return scene


@pytest.mark.parametrize(
    "path, value, names",
    [
        (("name",), "other", set()),
        (("sampler", "sample_count"), 99, set()),
        (("film", "pixel_format"), "xyz", set()),
        (("film", "component_format"), "float32", set()),
        (("sampler", "seed"), 9, {"sampler"}),
        (("film", "width"), 17, {"size"}),
        (("film", "rfilter"), d.BoxFilter(), {"film"}),
        (("integrator", "max_depth"), 3, {"integrator"}),
        (("camera", "fov"), 41.0, {"camera"}),
        (("shapes", 0, "radius"), 0.51, {"scene"}),
        (("shapes", 0, "material", "reflectance"), 0.51, {"scene"}),
        (("lights", 0, "radiance"), "D65", {"scene"}),
        (("wavelengths", "lambda_max"), 800.0, {"scene"}),
    ],
)
def test_what_changes_samples_changes_the_fingerprint(path, value, names):
    before, after = fingerprint(tiny()), fingerprint(changed(tiny(), path, value))
    assert {name for name in before if before[name] != after[name]} == names


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2.0), np.float32(2.0), np.int64(2)])
def test_numbers_from_python_count_by_their_values(number):
    """A scene file's 2 is read as 2.0; one that is set in Python stays an integer."""
    path = ("shapes", 0, "radius")
    assert fingerprint(changed(tiny(), path, number)) == fingerprint(changed(tiny(), path, 2.0))


def test_files_count_by_their_contents(tmp_path):
    def scene(name):
        return tiny_with(d.SpectrumSpec(file=str(tmp_path / name)))

    def tiny_with(reflectance):
        return changed(tiny(), ("shapes", 0, "material", "reflectance"), reflectance)

    (tmp_path / "a.csv").write_text("400 0.1\n700 0.2\n")
    (tmp_path / "b.csv").write_text("400 0.1\n700 0.2\n")
    before = fingerprint(scene("a.csv"))
    assert before == fingerprint(scene("b.csv"))
    (tmp_path / "a.csv").write_text("400 0.1\n700 0.3\n")
    assert before != fingerprint(scene("a.csv"))
    with pytest.raises(InputError, match=r"c\.csv"):
        fingerprint(scene("c.csv"))


def test_transforms_count():
    matrix = [[1, 0, 0, 1e-9], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    moved = changed(tiny(), ("camera", "to_world"), d.Transform(matrix))
    still = changed(tiny(), ("camera", "to_world"), d.Transform())
    assert fingerprint(moved) != fingerprint(still)


@pytest.mark.parametrize(
    "name, counts",
    [
        ("scene/compile/wavelengths.py", True),
        ("scene/readers/mesh_obj.py", True),
        ("spectra/uplift.py", True),
        ("spectra/data/illuminants.npz", True),
        ("spectra/data/glasses.csv", True),
        ("image_files.py", True),
        ("spectra/data/SOURCES.md", False),
        ("cli/render.py", False),
    ],
)
def test_code_and_data_that_decide_on_samples_count(tmp_path, name, counts):
    package = Path(specrender.__file__).parent
    shutil.copytree(package, tmp_path / "specrender", ignore=shutil.ignore_patterns("__pycache__"))
    with open(tmp_path / "specrender" / name, "ab") as file:
        file.write(b"\n")
    code = "from specrender.scene.fingerprint import sources_digest; print(sources_digest())"
    command = [sys.executable, "-c", code]
    changed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
    assert (changed != sources_digest()) == counts
    assert all((package / source).exists() for source in SOURCES)
