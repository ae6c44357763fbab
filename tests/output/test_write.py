"""The front door: what is refused before rendering, and that failing leaves the old file."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from specrender.errors import InputError, SpecrenderError
from specrender.film import Film, aov_layout
from specrender.output import FORMATS, OutputOptions, check_output, read_image, write_image


@pytest.fixture
def noise():
    """Incompressible enough to exceed any small limit of file size."""
    film = Film.create(200, 200)
    film.weight[...] = 1.0
    film.xyz[...] = np.random.default_rng(0).random(film.xyz.shape)
    return film


@pytest.fixture
def small_files():
    """As a full disk: no file may grow beyond 20 kB."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_replaces_the_old_file(noise, tmp_path, extension):
    path = tmp_path / f"a{extension}"
    path.write_bytes(b"old")
    check_output(path)
    assert path.read_bytes() == b"old"  # checking touches nothing
    write_image(noise, path)
    assert read_image(path).size == (200, 200)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("extension", FORMATS)
def test_a_failing_write_leaves_the_old_file(noise, tmp_path, small_files, extension):
    path = tmp_path / f"a{extension}"
    path.write_bytes(b"old")
    with pytest.raises(SpecrenderError, match="cannot write") as caught:
        write_image(noise, path)
    assert str(caught.value) == f"cannot write '{path}': the file would be larger than " + (
        "the system or a limit of this process (ulimit -f) allows"
    )
    assert caught.value.exit_code == 1
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == [path.name]


def test_a_failing_rename_leaves_nothing(noise, tmp_path, monkeypatch):
    def fail(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SpecrenderError, match="Permission denied"):
        write_image(noise, tmp_path / "a.exr")
    assert os.listdir(tmp_path) == []


def test_an_interrupt_leaves_nothing(noise, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_image(noise, tmp_path / "a.exr")
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(noise, tmp_path):
    (tmp_path / "real.exr").write_bytes(b"old")
    link = tmp_path / "link.exr"
    try:
        link.symlink_to("real.exr")
    except OSError:
        pytest.skip("no symbolic links here")
    write_image(noise, link)
    assert link.is_symlink() and read_image(tmp_path / "real.exr").size == (200, 200)


def test_bad_paths(tmp_path):
    (tmp_path / "folder.exr").mkdir()
    (tmp_path / "file").write_bytes(b"")
    cases = {
        "a.hdr": r"unknown extension '.hdr'; allowed: .exr .png .jpg",
        "a": "no extension; allowed: .exr",
        "folder.exr": "is a folder",
        "missing/a.exr": "the folder '.*missing' does not exist",
        "file/a.exr": "the folder '.*file' is not a folder",
        "x" * 300 + ".exr": "too long",
        "a\0.exr": "null",
    }
    for name, message in cases.items():
        with pytest.raises(InputError, match=message) as caught:
            check_output(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_unwritable_folder(tmp_path):
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        folder = Path("/proc")  # root may write everywhere but in such places
        if not folder.is_dir():
            pytest.skip("no folder that root cannot write to")
    else:
        folder = tmp_path
        folder.chmod(0o500)
    with pytest.raises(InputError, match="cannot write"):
        check_output(folder / "a.exr")


def test_write_checks_too(noise, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_image(noise, tmp_path / "missing" / "a.exr")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"gamut": "sRGBB"}, "did you mean 'srgb'"),
        ({"adapt": "cat17"}, "chromatic adaptation"),
        ({"exposure": float("nan")}, "exposure"),
        ({"exposure": 2000.0}, "exposure"),
        ({"pixel_type": "hafl"}, "did you mean 'half'"),
        ({"bit_depth": 9}, "8, 10, 12 or 16 bits or half or float, not 9"),
        ({"white_balance": "D56"}, "did you mean 'D50'|did you mean"),
        ({"white_balance": "400"}, "1000 to 25000"),
        ({"white_balance": "3,4,5"}, "a pixel to balance for is X,Y"),
        ({"white_balance": "D50", "adapt": "none"}, "cannot go with --adapt none"),
        ({"white_balance": "D50", "gamut": "raw"}, "raw responses have no white balance"),
        ({"out_of_gamut": "clp"}, "did you mean 'clip'"),
        ({"encoding": "rec709"}, "there is no encoding"),
        ({"encoding": "pq", "view": "Raw"}, "a view has its own encoding"),
        ({"reference_white": 0.0}, "above 0 and at most 10000"),
        ({"vision": "protanopa"}, "did you mean 'protanopia'"),
        ({"exposure": "f/8,1/125"}, "f/8,1/125,iso100, got"),
        ({"exposure": "auto:0"}, "percentile"),
        ({"jpeg_quality": 0}, "1 to 100"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        OutputOptions(**options)


def test_import_is_cheap():
    code = "import sys, specrender.output; print({'OpenImageIO', 'colour', 'scipy', 'matplotlib'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_large_films_are_written_in_bands_to_the_same_file(tmp_path, monkeypatch):
    from specrender.output import write

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    big = Film.create(20, 70, (1, 5, 18, 67), bin_edges_nm=[400, 500, 600], aov_layout=aov_layout(["albedo", "depth"]))
    big.sample_count, big.weight[...] = 4, 2.0
    rng = np.random.default_rng(0)
    for array in (big.xyz, big.xyz_squared, big.alpha, big.bins, big.radiance, big.layers):
        array[...] = rng.random(array.shape)
    big.xyz[3, 3] = np.nan
    big.xyz[40:] = 1e9
    big.extra_samples = rng.integers(0, 2, big.shape).astype(np.int32)
    options = OutputOptions(variance=True, moments=True, alpha=True)
    for name in ("whole.exr", "whole.spectral.exr"):
        whole = write_image(big, tmp_path / name, options)
        with monkeypatch.context() as patch:
            patch.setattr(write, "BAND_PIXELS", 17 * 20)
            bands = write_image(big, tmp_path / f"b.{name}", options)
        assert (bands.nonfinite, bands.clamped) == (whole.nonfinite, whole.clamped)
        assert bands.outside == pytest.approx(whole.outside)
        assert (tmp_path / name).read_bytes() == (tmp_path / f"b.{name}").read_bytes()


@pytest.mark.parametrize("suffix", [".exr", ".png", ".jxl", ".tif"])
def test_cut_files_are_noticed(tmp_path, suffix):
    """Libraries that do not tell that the end of a file was lost: the last row is read back."""
    import OpenImageIO as oiio

    from specrender.output.picture import _has_end

    path = tmp_path / f"whole{suffix}"
    kind = np.float32 if suffix == ".exr" else np.uint8
    pixels = (np.random.default_rng(1).random((40, 30, 3)) * 200).astype(kind)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), oiio.ImageSpec(30, 40, 3, str(np.dtype(kind)))) and output.write_image(pixels)
    output.close()
    assert _has_end(oiio, path)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    assert not _has_end(oiio, cut)
