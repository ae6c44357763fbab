"""The compilation cache: it is used, and it never gives code of older sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import specrender

#: An entry point and a function that it calls, in files of their own.
ENTRY = """
from specrender.kernel.jit import kernel
from specrender.kernel.leaf import leaf


@kernel(entry=True)
def root(x):
    return leaf(x) + 1
"""
LEAF = """
from specrender.kernel.jit import kernel


@kernel
def leaf(x):
    return {value} * x
"""
RUN = """
from specrender.kernel.jit import Compilation
from specrender.{folder}.probe import root
print(int(root({argument})), int(Compilation.seconds > 0))
"""


@pytest.fixture
def package(tmp_path):
    """A copy of the package, so that sources can be edited."""
    source = Path(specrender.__file__).parent
    (tmp_path / "specrender").mkdir()
    shutil.copy(source / "__init__.py", tmp_path / "specrender")
    shutil.copytree(source / "kernel", tmp_path / "specrender" / "kernel", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "specrender" / "kernel" / "probe.py").write_text(ENTRY)
    return tmp_path


def run(package, folder="kernel", argument="1"):
    """(result, whether something had to be compiled) of a new process; the entry point is in specrender/`folder`."""
    environment = {**os.environ, "PYTHONPATH": str(package), "SPECRENDER_CACHE": str(package / "cache")}
    command = [sys.executable, "-B", "-c", RUN.format(folder=folder, argument=argument)]
    out = subprocess.run(command, env=environment, cwd=package, capture_output=True, text=True, check=True).stdout
    return tuple(int(word) for word in out.split())


def test_edited_callee_is_compiled_anew(package):
    leaf = package / "specrender" / "kernel" / "leaf.py"
    leaf.write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    assert run(package) == (11, 0)
    # of the same length and age: only the content tells
    before = leaf.stat()
    leaf.write_text(LEAF.format(value=20))
    os.utime(leaf, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(package) == (21, 1)
    assert run(package) == (21, 0)


def test_entry_points_elsewhere_are_stamped_with_their_own_folder(package):
    """A kernel of the benchmarks is not below specrender/kernel; an edit in a file beside it must be seen, too."""
    bench = package / "specrender" / "bench"
    bench.mkdir()
    (package / "specrender" / "kernel" / "probe.py").unlink()
    (bench / "probe.py").write_text(ENTRY.replace("kernel.leaf", "bench.leaf"))
    (bench / "leaf.py").write_text(LEAF.format(value=10))
    assert run(package, "bench") == (11, 1)
    assert run(package, "bench") == (11, 0)
    (bench / "leaf.py").write_text(LEAF.format(value=20))
    assert run(package, "bench") == (21, 1)


def test_unwritable_cache_is_no_error(package, monkeypatch):
    leaf = package / "specrender" / "kernel" / "leaf.py"
    leaf.write_text(LEAF.format(value=10))
    (package / "cache").write_text("a file where the folder should be")
    temporary = package / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    assert run(package) == (11, 1)
    assert not list(temporary.iterdir())


def test_a_cache_that_can_only_be_read_is_used(package, monkeypatch):
    """That of an image of a container: what it has is not compiled again, what it lacks is, and it stays as it is."""
    leaf = package / "specrender" / "kernel" / "leaf.py"
    leaf.write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    temporary = package / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    files = {path: path.read_bytes() for path in (package / "cache" / "kernels").iterdir()}

    # permission bits do not stop root
    (package / "sitecustomize.py").write_text(
        "import tempfile\ndef refuse(*_, **__):\n    raise PermissionError\ntempfile.TemporaryFile = refuse\n"
    )
    assert run(package) == (11, 0)
    assert run(package, argument="1.0") == (11, 1)
    assert not list(temporary.iterdir())
    assert {path: path.read_bytes() for path in (package / "cache" / "kernels").iterdir()} == files


def test_cache_that_takes_no_file_is_no_error(package):
    """As where no space is left."""
    (package / "specrender" / "kernel" / "leaf.py").write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    for path in (package / "cache" / "kernels").iterdir():
        path.unlink()
        path.mkdir()
    assert run(package) == (11, 1)


@pytest.mark.parametrize("suffix", [".nbc", ".nbi"])
def test_damaged_cache_is_compiled_anew(package, suffix):
    (package / "specrender" / "kernel" / "leaf.py").write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    damaged = list((package / "cache" / "kernels").glob(f"*{suffix}"))
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[:50])
    assert run(package) == (11, 1)
    assert run(package) == (11, 0)


def test_changed_bytes_are_compiled_anew(package):
    (package / "specrender" / "kernel" / "leaf.py").write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    (path,) = (package / "cache" / "kernels").glob("*.nbc")
    good = path.read_bytes()
    for start in range(100, len(good) - 100, len(good) // 4):
        path.write_bytes(good[:start] + bytes(100) + good[start + 100 :])
        assert run(package) == (11, 1)
    assert run(package) == (11, 0)


def test_code_of_older_sources_below_a_new_index(package):
    """What a process leaves that ends between writing the index and writing the code."""
    leaf = package / "specrender" / "kernel" / "leaf.py"
    leaf.write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    (path,) = (package / "cache" / "kernels").glob("*.nbc")
    old = path.read_bytes()
    leaf.write_text(LEAF.format(value=20))
    assert run(package) == (21, 1)
    path.write_bytes(old)
    assert run(package) == (21, 1)
    assert run(package) == (21, 0)


def test_code_for_other_types_in_the_place_of_the_right_one(package):
    """What two processes may leave that compile for different types at once."""
    (package / "specrender" / "kernel" / "leaf.py").write_text(LEAF.format(value=10))
    assert run(package) == (11, 1)
    assert run(package, argument="1.0") == (11, 1)
    integers, numbers = sorted((package / "cache" / "kernels").glob("*.nbc"))
    numbers.write_bytes(integers.read_bytes())
    assert run(package, argument="1.0") == (11, 1)
    assert [run(package), run(package, argument="1.0")] == [(11, 0), (11, 0)]


def test_a_user_is_told_when_kernels_are_not_kept(tmp_path, monkeypatch, capsys):
    from specrender.cli.progress import announce_compiling
    from specrender.kernel import jit

    monkeypatch.setattr(jit.Compilation, "on_begin", jit.Compilation.on_begin)
    monkeypatch.setenv("SPECRENDER_CACHE", str(tmp_path))
    for folder, lines in ((tmp_path, 1), (tmp_path / "private", 2)):
        monkeypatch.setattr(jit, "usable_cache_folder", lambda folder=folder: folder)
        announce_compiling(quiet=False)
        jit.Compilation.on_begin()
        said = capsys.readouterr().err
        assert said.count("\n") == lines and ("SPECRENDER_CACHE" in said) == (lines == 2)
